// Keys of enum labels: always room between two, in the order of bytes, wherever labels are put in;
// and their values in text and binary form, with names at hand and without.
#include "catalog/types/enum_labels.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "catalog/types/array.h"
#include "catalog/types/type_io.h"
#include "catalog/types/user_type.h"

namespace shale::catalog {
namespace {

std::vector<std::string> Numbered(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

void ExpectInOrder(const EnumLabels& labels) {
  for (size_t i = 0; i < labels.all().size(); ++i) {
    const EnumLabel& label = labels.all()[i];
    ASSERT_TRUE(IsEnumKey(label.key));
    ASSERT_EQ(labels.Find(label.name), &label);
    ASSERT_EQ(labels.OfKey(label.key), &label);
    if (i == 0) continue;
    ASSERT_LT(labels.all()[i - 1].key, label.key);
    ASSERT_LT(labels.all()[i - 1].sort_order, label.sort_order);
  }
}

TEST(EnumLabels, OfANewTypeAreSpread) {
  for (size_t count : {0, 1, 2, 3, 100, 125, 126, 127, 1000, 33000}) {
    const EnumLabels labels = EnumLabels::Make(Numbered(count));
    ASSERT_EQ(labels.all().size(), count);
    ExpectInOrder(labels);
    if (count == 0) continue;
    EXPECT_EQ(labels.all()[0].key.size(), count <= 126 ? 1u : count <= 32000 ? 2u : 3u);
  }
  EXPECT_EQ(EnumLabels::Make({"a"}).Find("b"), nullptr);
  EXPECT_EQ(EnumLabels::Make({"a"}).OfKey("\x02"), nullptr);
}

TEST(EnumLabels, FindRoomAnywhere) {
  ASSERT_TRUE(rc::check([] {
    EnumLabels labels = EnumLabels::Make(Numbered(*rc::gen::inRange<size_t>(0, 4)));
    const int count = *rc::gen::inRange(1, 300);
    const int manner = *rc::gen::inRange(0, 5);
    for (int i = 0; i < count; ++i) {
      const size_t size = labels.all().size();
      const size_t place = manner == 0   ? 0
                           : manner == 1 ? size
                           : manner == 2 ? size / 2
                           : manner == 3 ? std::min(size, size / 2 + static_cast<size_t>(i % 2))
                                         : *rc::gen::inRange<size_t>(0, size + 1);
      std::vector<std::string> before;
      for (const EnumLabel& label : labels.all()) before.push_back(label.key);
      labels.Insert(place, "new" + std::to_string(i), 20000);
      for (const std::string& key : before) RC_ASSERT(labels.OfKey(key) != nullptr);
      RC_ASSERT(labels.all()[place].name == "new" + std::to_string(i));
    }
    ExpectInOrder(labels);
  }));
}

TEST(EnumLabels, RenamedOnesKeepTheirKeys) {
  EnumLabels labels = EnumLabels::Make({"a", "b"});
  const std::string key = labels.Find("a")->key;
  labels.Rename(0, "c");
  EXPECT_EQ(labels.Find("a"), nullptr);
  EXPECT_EQ(labels.Find("c")->key, key);
}

TEST(EnumLabels, DamagedOnesAreNotRestored) {
  EnumLabels restored;
  auto label = [](std::string key, std::string name) {
    return EnumLabel{20000, 1, std::move(key), std::move(name)};
  };
  EXPECT_TRUE(EnumLabels::Restore({label("\x05", "a"), label("\x05\x02", "b")}, &restored));
  EXPECT_FALSE(EnumLabels::Restore({label("", "a")}, &restored));
  EXPECT_FALSE(EnumLabels::Restore({label("\x01", "a")}, &restored));
  EXPECT_FALSE(EnumLabels::Restore({label(std::string("\x05\0\x05", 3), "a")}, &restored));
  EXPECT_FALSE(EnumLabels::Restore({label("\x06", "a"), label("\x05", "b")}, &restored));
  EXPECT_FALSE(EnumLabels::Restore({label("\x05", "a"), label("\x05", "b")}, &restored));
  EXPECT_FALSE(EnumLabels::Restore({label("\x05", "a"), label("\x06", "a")}, &restored));
}

class EnumValues : public testing::Test, public ObjectNames {
 protected:
  static constexpr Oid kEnum = 30000;
  static constexpr Oid kArray = 30001;

  EnumValues() {
    EXPECT_TRUE(RegisterEnum(kEnum, kArray));
    type_.oid = kEnum;
    type_.array_oid = kArray;
    type_.name = "mood";
    type_.labels = EnumLabels::Make({"sad", "so, so", "happy"});
    named_.object_names = this;
  }
  bool AppendName(Oid, Oid, std::string*) const override { return false; }
  const TypeDesc* FindUserType(Oid type) const override { return type == kEnum ? &type_ : nullptr; }
  bool IsUncommitted(const TypeDesc&, const EnumLabel& label) const override {
    return label.name == "happy" && is_new_;
  }

  TypeDesc type_;
  FormatSettings named_;
  FormatSettings bare_;
  Arena arena_;
  bool is_new_ = false;
};

TEST_F(EnumValues, TypesAreRegistered) {
  const TypeInfo* info = FindType(kEnum);
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->category, 'E');
  EXPECT_EQ(ArrayOf(kEnum), kArray);
  EXPECT_EQ(ElementOf(kArray), kEnum);
  EXPECT_TRUE(IsEnum(kEnum));
  EXPECT_FALSE(IsEnum(kArray));
  EXPECT_EQ(FindType(30002), nullptr);
  EXPECT_TRUE(RegisterEnum(kEnum, kArray));
  EXPECT_FALSE(RegisterEnum(kEnum, 30003));
  EXPECT_FALSE(RegisterEnum(kArray, 30003));
  EXPECT_FALSE(RegisterEnum(30003, kEnum));
  EXPECT_FALSE(RegisterEnum(23, 30003));
  for (Oid oid = 40000; oid < 42000; oid += 2) ASSERT_TRUE(RegisterEnum(oid, oid + 1));
  for (Oid oid = 40000; oid < 42000; ++oid) ASSERT_EQ(FindType(oid)->oid, oid);
}

TEST_F(EnumValues, AreReadAndWrittenByLabels) {
  auto value = ParseText({kEnum, -1}, "so, so", named_, &arena_);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->bytes, type_.labels.all()[1].key);
  std::string text;
  AppendText({kEnum, -1}, *value, named_, &text);
  EXPECT_EQ(text, "so, so");
  std::string wire;
  AppendBinary({kEnum, -1}, *value, named_, &wire);
  EXPECT_EQ(wire, "so, so");
  EXPECT_EQ(ParseBinary({kEnum, -1}, wire, named_, &arena_)->bytes, value->bytes);
  EXPECT_TRUE(ParseText({kEnum, -1}, "none", named_, &arena_)
                  .status()
                  .Is(sqlstate::kInvalidTextRepresentation));
  EXPECT_LT(Compare({kEnum, -1}, *ParseText({kEnum, -1}, "sad", named_, &arena_), *value), 0);
  is_new_ = true;
  EXPECT_TRUE(ParseText({kEnum, -1}, "happy", named_, &arena_)
                  .status()
                  .Is(sqlstate::kUnsafeNewEnumValueUsage));
}

TEST_F(EnumValues, AreReadAndWrittenByKeysWithoutNames) {
  const Datum value = Datum::Bytes(type_.labels.all()[2].key);
  std::string mark;
  AppendText({kEnum, -1}, value, bare_, &mark);
  EXPECT_TRUE(ReadMark(mark).has_value());
  EXPECT_TRUE(MentionsType("x" + mark, kEnum));
  EXPECT_FALSE(MentionsType("x" + mark, kEnum + 1));
  for (const FormatSettings* settings : {&bare_, &named_}) {
    EXPECT_EQ(ParseText({kEnum, -1}, mark, *settings, &arena_)->bytes, value.bytes);
  }
  std::string stored;
  AppendBinary({kEnum, -1}, value, &stored);
  EXPECT_EQ(stored, value.bytes);
  EXPECT_EQ(ParseBinary({kEnum, -1}, stored, bare_, &arena_)->bytes, value.bytes);
  EXPECT_FALSE(ParseText({kEnum, -1}, "happy", bare_, &arena_).ok());
  EXPECT_FALSE(ParseBinary({kEnum, -1}, "\x01", bare_, &arena_).ok());
  EXPECT_FALSE(ParseText({kEnum, -1},
                         "\x01"
                         "30000:7777",
                         named_, &arena_)
                   .ok());
  EXPECT_FALSE(ParseText({kEnum, -1},
                         "\x01"
                         "30001:80",
                         bare_, &arena_)
                   .ok());
}

TEST_F(EnumValues, OfArraysAreQuotedAsTheyNeed) {
  auto array = ParseText({kArray, -1}, "{sad,\"so, so\",NULL}", named_, &arena_);
  ASSERT_TRUE(array.ok()) << array.status().ToString();
  std::string text;
  AppendText({kArray, -1}, *array, named_, &text);
  EXPECT_EQ(text, "{sad,\"so, so\",NULL}");
  std::string mark;
  AppendText({kArray, -1}, *array, bare_, &mark);
  auto again = ParseText({kArray, -1}, mark, named_, &arena_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(Compare({kArray, -1}, *again, *array), 0);
  std::string wire;
  AppendBinary({kArray, -1}, *array, named_, &wire);
  EXPECT_NE(wire.find("so, so"), std::string::npos);
  EXPECT_EQ(ParseBinary({kArray, -1}, wire, named_, &arena_)->bytes, array->bytes);
}

TEST(Marks, AreReadStrictly) {
  ASSERT_TRUE(RegisterEnum(30000, 30001));
  EXPECT_EQ(TypeOfMark("\x01"
                       "30000"),
            30000u);
  EXPECT_EQ(TypeOfMark("\x01"
                       "30000x"),
            kInvalidOid);
  EXPECT_EQ(TypeOfMark("\x01"
                       "30000:80"),
            kInvalidOid);
  EXPECT_EQ(TypeOfMark("\x01"
                       "39999"),
            kInvalidOid);
  EXPECT_EQ(TypeOfMark("mood"), kInvalidOid);
  EXPECT_FALSE(ReadMark("\x01").has_value());
  EXPECT_FALSE(ReadMark("\x01"
                        "99999999999")
                   .has_value());
  const std::optional<Mark> mark = ReadMark(
      "\x01"
      "30000:80ff' and more");
  ASSERT_TRUE(mark.has_value());
  EXPECT_EQ(mark->key, "\x80\xff");
  EXPECT_EQ(mark->length, 11u);
  EXPECT_EQ(FormatType({30001, -1}),
            "\"\x01"
            "30000\"[]");
}

}  // namespace
}  // namespace shale::catalog
