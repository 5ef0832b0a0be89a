// Composite types: their values from text and from the wire, in the store and in order.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "catalog/types/array.h"
#include "catalog/types/record.h"
#include "catalog/types/record_change.h"
#include "catalog/types/user_type.h"

namespace shale::catalog {
namespace {

constexpr Oid kPair = 32000;

class Names : public ObjectNames {
 public:
  Names() {
    type_.oid = kPair;
    type_.array_oid = kPair + 1;
    type_.kind = TypeClass::kComposite;
    type_.attributes = {{"a", {type_oid::kInt4, -1}},
                        {"gone", {type_oid::kInt8, -1}, true},
                        {"b", {type_oid::kText, -1}}};
  }
  bool AppendName(Oid, Oid, std::string*) const override { return false; }
  const TypeDesc* FindUserType(Oid type) const override { return type == kPair ? &type_ : nullptr; }
  const TypeDesc& type() const { return type_; }

 private:
  TypeDesc type_;
};

class CompositeTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(RegisterType(names_.type()));
    settings_.object_names = &names_;
  }
  Result<Datum> Parse(std::string_view text) { return ParseText(kType, text, settings_, &arena_); }
  std::string Text(const Datum& datum) {
    std::string text;
    AppendText(kType, datum, settings_, &text);
    return text;
  }

  static constexpr Type kType{kPair, -1};
  Names names_;
  FormatSettings settings_;
  Arena arena_;
};

TEST_F(CompositeTest, TextIsReadAndWritten) {
  for (std::string_view text :
       {"(1,x)", "(,)", "(1,\"\")", "(-5,\"a,b\")", "(1,\"q\"\"q\\\\\")", "(1,\" \")"}) {
    auto value = Parse(text);
    ASSERT_TRUE(value.ok()) << text;
    EXPECT_EQ(Text(*value), text);
  }
  EXPECT_EQ(Text(*Parse("  (1,a b)  ")), "(1,\"a b\")");
  for (std::string_view text :
       {"", "1,2", "(1", "(1)", "(1,2,3)", "(1,\"2)", "(1,2) x", "(x,2)", "(1,2\\"}) {
    EXPECT_TRUE(Parse(text).status().Is(sqlstate::kInvalidTextRepresentation)) << text;
  }
}

TEST_F(CompositeTest, WireAndStoreComeBack) {
  const Datum value = *Parse("(7,\"a b\")");
  std::string wire;
  AppendBinary(kType, value, settings_, &wire);
  auto from_wire = ParseBinary(kType, wire, settings_, &arena_);
  ASSERT_TRUE(from_wire.ok());
  EXPECT_EQ(Compare(kType, value, *from_wire), 0);
  EXPECT_EQ(Hash(kType, value), Hash(kType, *from_wire));
  std::string stored;
  AppendBinary(kType, value, &stored);
  EXPECT_EQ(stored, value.bytes);
  auto read = ParseBinary(kType, stored, FormatSettings(), &arena_);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(Text(*read), "(7,\"a b\")");
  for (size_t cut = 0; cut < wire.size(); ++cut) {
    EXPECT_FALSE(ParseBinary(kType, wire.substr(0, cut), settings_, &arena_).ok());
  }
  for (size_t cut = 0; cut < stored.size(); ++cut) {
    EXPECT_FALSE(ParseBinary(kType, stored.substr(0, cut), FormatSettings(), &arena_).ok());
  }
}

TEST_F(CompositeTest, OrderIsThatOfFields) {
  const std::vector<std::string_view> ordered = {"(1,a)", "(1,b)", "(1,)", "(2,a)", "(,a)", "(,)"};
  for (size_t i = 0; i < ordered.size(); ++i) {
    for (size_t j = 0; j < ordered.size(); ++j) {
      const int order = Compare(kType, *Parse(ordered[i]), *Parse(ordered[j]));
      EXPECT_EQ(order < 0, i < j) << ordered[i] << ordered[j];
      EXPECT_EQ(order == 0, i == j);
    }
  }
}

TEST_F(CompositeTest, NoInputEndsTheProcess) {
  ASSERT_TRUE(rc::check([&] {
    const std::string bytes = *rc::gen::arbitrary<std::string>();
    (void)Parse("(" + bytes);
    (void)ParseBinary(kType, bytes, settings_, &arena_);
    (void)ParseBinary(kType, bytes, FormatSettings(), &arena_);
  }));
}

// An attribute comes or goes wherever records of the type are.
TEST_F(CompositeTest, RecordsChangeWithinValues) {
  TypeDesc outer;
  outer.oid = kPair + 10;
  outer.array_oid = kPair + 11;
  outer.kind = TypeClass::kComposite;
  ASSERT_TRUE(RegisterType(outer));
  const Datum pair = *Parse("(7,x)");
  ArrayBuilder pairs(kPair);
  pairs.Add(pair);
  pairs.AddNull();
  const Datum array = Datum::Bytes(*pairs.Finish(&arena_));
  const RecordField fields[] = {{{}, kType, false, pair}, {{}, {kPair + 1, -1}, false, array}};
  const std::string_view value = *MakeRecord(fields, &arena_);
  auto count = [](std::string_view record) {
    RecordReader reader(record);
    return reader.left();
  };
  for (const auto& [removed, expected] : {std::pair(-1, 3u), {0, 1u}, {5, 2u}}) {
    const AttributeChange change{.type = kPair, .removed = removed, .added = {type_oid::kDate, -1}};
    const auto changed = ChangeRecords(outer.oid, value, change, &arena_);
    ASSERT_TRUE(changed.ok());
    RecordReader reader(*changed);
    RecordField field;
    ASSERT_TRUE(reader.Next(&field));
    EXPECT_EQ(count(field.datum.bytes), expected);
    ASSERT_TRUE(reader.Next(&field));
    const ArrayView elements(kPair, field.datum.bytes);
    EXPECT_EQ(elements.size(), 2u);
    EXPECT_EQ(count(elements.At(0).bytes), expected);
    EXPECT_TRUE(elements.IsNull(1));
    EXPECT_TRUE(reader.at_end());
  }
  const AttributeChange other{.type = kPair + 20, .removed = 0, .added = {}};
  EXPECT_EQ(*ChangeRecords(outer.oid, value, other, &arena_), value);
}

}  // namespace
}  // namespace shale::catalog
