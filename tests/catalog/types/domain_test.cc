// Domains: what their facts are taken from, and that values are their base type's everywhere.
#include <gtest/gtest.h>

#include "catalog/types/array.h"
#include "catalog/types/type_io.h"
#include "catalog/types/user_type.h"

namespace shale::catalog {
namespace {

constexpr Oid kMoney2 = 31000;  // over numeric(8,2)
constexpr Oid kSmall = 31002;   // over kMoney2
constexpr Oid kList = 31004;    // over integer[]
constexpr Oid kComposite = 31006;

TypeDesc Described(Oid oid, TypeClass kind, Type base = {}) {
  TypeDesc type;
  type.oid = oid;
  type.array_oid = oid + 1;
  type.kind = kind;
  type.base = base;
  return type;
}

// Refuses what a flag says, and counts.
class Checks : public ObjectNames {
 public:
  bool AppendName(Oid, Oid, std::string*) const override { return false; }
  Status CheckDomain(Oid domain, const Datum* value) const override {
    ++calls;
    if (value != nullptr) return Status::Ok();
    return Error(sqlstate::kNotNullViolation, "no nulls in {}", domain);
  }
  mutable int calls = 0;
};

class DomainTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(RegisterType(Described(kMoney2, TypeClass::kDomain, kNumeric82)));
    ASSERT_TRUE(RegisterType(Described(kSmall, TypeClass::kDomain, {kMoney2, -1})));
    ASSERT_TRUE(RegisterType(Described(kList, TypeClass::kDomain, {type_oid::kInt4Array, -1})));
    ASSERT_TRUE(RegisterType(Described(kComposite, TypeClass::kComposite)));
    settings_.object_names = &checks_;
  }

  static constexpr Type kNumeric82{type_oid::kNumeric, (8 << 16 | 2) + 4};
  Arena arena_;
  Checks checks_;
  FormatSettings settings_;
};

TEST_F(DomainTest, FactsAreThoseOfTheBase) {
  EXPECT_TRUE(IsDomain(kSmall));
  EXPECT_FALSE(IsDomain(kSmall + 1));
  EXPECT_FALSE(IsDomain(type_oid::kNumeric));
  EXPECT_EQ(BaseOf(Type{kSmall, -1}), kNumeric82);
  EXPECT_EQ(BaseOf(Type{type_oid::kInt4, -1}), (Type{type_oid::kInt4, -1}));
  EXPECT_EQ(KindOf({kSmall, -1}), PhysicalKind::kBytes);
  EXPECT_EQ(CategoryOf(kSmall), 'N');
  EXPECT_EQ(ArrayOf(kSmall), kSmall + 1);
  EXPECT_EQ(ElementOf(kSmall + 1), kSmall);
  EXPECT_EQ(FormatType({kSmall + 1, -1}), FormatType({kSmall, -1}) + "[]");
  EXPECT_EQ(ElementOf(kList), type_oid::kInt4);
  EXPECT_EQ(ArrayElementOf(kList), kInvalidOid);
  EXPECT_EQ(ArrayOf(kList), kList + 1);
  EXPECT_EQ(ArrayElementOf(kList + 1), kList);
  EXPECT_TRUE(IsComposite(kComposite));
  EXPECT_FALSE(IsComposite(kSmall));
  EXPECT_FALSE(IsEnum(kSmall));
}

TEST_F(DomainTest, IsRegisteredOnce) {
  EXPECT_TRUE(RegisterType(Described(kSmall, TypeClass::kDomain, {kMoney2, -1})));
  EXPECT_FALSE(RegisterType(Described(kSmall, TypeClass::kDomain, {type_oid::kInt4, -1})));
  EXPECT_FALSE(RegisterEnum(kSmall, kSmall + 1));
  EXPECT_FALSE(RegisterType(Described(31050, TypeClass::kDomain, {31060, -1})));
  EXPECT_FALSE(RegisterType(Described(31050, TypeClass::kDomain, {type_oid::kRecord, -1})));
}

TEST_F(DomainTest, ValuesAreReadAndWrittenAsTheBase) {
  auto value = ParseText({kSmall, -1}, "1.239", settings_, &arena_);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(checks_.calls, 1);
  std::string text;
  AppendText({kSmall, -1}, *value, settings_, &text);
  EXPECT_EQ(text, "1.24");
  std::string binary;
  AppendBinary({kSmall, -1}, *value, &binary);
  auto again = ParseBinary({kSmall, -1}, binary, FormatSettings(), &arena_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(checks_.calls, 1);  // what is stored is not checked
  EXPECT_EQ(Compare({kSmall, -1}, *value, *again), 0);
  EXPECT_EQ(Hash({kSmall, -1}, *value), Hash(kNumeric82, *again));
}

TEST_F(DomainTest, ElementsOfArraysAreChecked) {
  const Type array{kSmall + 1, -1};
  ASSERT_TRUE(ParseText(array, "{1,2,3}", settings_, &arena_).ok());
  EXPECT_EQ(checks_.calls, 3);
  EXPECT_TRUE(
      ParseText(array, "{1,NULL}", settings_, &arena_).status().Is(sqlstate::kNotNullViolation));
  auto plain = ParseText(array, "{1,NULL}", FormatSettings(), &arena_);
  ASSERT_TRUE(plain.ok());
  std::string binary;
  AppendBinary(array, *plain, settings_, &binary);
  EXPECT_TRUE(
      ParseBinary(array, binary, settings_, &arena_).status().Is(sqlstate::kNotNullViolation));
}

}  // namespace
}  // namespace shale::catalog
