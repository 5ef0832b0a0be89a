// Goal: the table of types and the errors of modifiers. Method: a few facts of each kind.
#include "catalog/types/type.h"

#include <gtest/gtest.h>

#include "catalog/types/datum.h"
#include "catalog/types/text_encoding.h"
#include "catalog/types/time_zone.h"
#include "catalog/types/type_io.h"

namespace shale::catalog {
namespace {

std::string TypmodError(Oid oid, std::vector<int32_t> parts) {
  Result<int32_t> typmod = MakeTypmod(oid, parts);
  return typmod.ok() ? "" : typmod.status().ToString();
}

TEST(TypeTest, TableIsOrderedAndFound) {
  Oid last = 0;
  for (const TypeInfo& info : AllTypes()) {
    EXPECT_GT(info.oid, last);
    last = info.oid;
    EXPECT_EQ(FindType(info.oid), &info);
    EXPECT_EQ(FindTypeByName(info.name), &info);
  }
  EXPECT_EQ(FindType(0), nullptr);
  EXPECT_EQ(FindType(UINT32_MAX), nullptr);
  EXPECT_EQ(FindTypeByName("timestamp with time zone")->oid, type_oid::kTimestamptz);
  EXPECT_EQ(FindTypeByName("double precision")->oid, type_oid::kFloat8);
  EXPECT_EQ(FindTypeByName("int")->oid, type_oid::kInt4);
  EXPECT_EQ(FindTypeByName("nothing"), nullptr);
}

TEST(TypeTest, ArraysAreNamedByBrackets) {
  EXPECT_EQ(FindTypeByName("integer[]")->oid, ArrayOf(type_oid::kInt4));
  EXPECT_EQ(FindTypeByName("integer[][]")->oid, ArrayOf(type_oid::kInt4));
  EXPECT_EQ(FindTypeByName("nothing[]"), nullptr);
  // As long as a query may be.
  std::string brackets;
  for (int i = 0; i < 1'000'000; ++i) brackets += "[]";
  EXPECT_EQ(FindTypeByName(brackets), nullptr);
}

TEST(TypeTest, ModifiersAreChecked) {
  EXPECT_EQ(TypmodError(type_oid::kVarchar, {0}),
            "22023: length for type varchar must be at least 1");
  EXPECT_EQ(TypmodError(type_oid::kBpchar, {10485761}),
            "22023: length for type char cannot exceed 10485760");
  EXPECT_EQ(TypmodError(type_oid::kVarchar, {1, 2}), "22023: invalid type modifier");
  EXPECT_EQ(TypmodError(type_oid::kNumeric, {1001}),
            "22023: NUMERIC precision 1001 must be between 1 and 1000");
  EXPECT_EQ(TypmodError(type_oid::kNumeric, {5, -1001}),
            "22023: NUMERIC scale -1001 must be between -1000 and 1000");
  EXPECT_EQ(TypmodError(type_oid::kTimestamptz, {-1}),
            "22023: TIMESTAMP(-1) WITH TIME ZONE precision must not be negative");
  EXPECT_EQ(TypmodError(type_oid::kInt4, {3}),
            "42601: type modifier is not allowed for type \"int4\"");
  EXPECT_EQ(*MakeTypmod(type_oid::kTimestamp, std::vector<int32_t>{9}), 6);
  EXPECT_EQ(*MakeTypmod(type_oid::kNumeric, std::vector<int32_t>{10, 2}), 655366);
}

TEST(TypeTest, NoTextButUtf8) {
  Arena arena;
  auto error = [&arena](Oid oid, std::string_view text) {
    Result<Datum> datum = ParseText({oid, -1}, text, FormatSettings(), &arena);
    return datum.ok() ? "" : datum.status().ToString();
  };
  std::string_view nul("a\0b", 3);
  EXPECT_EQ(error(type_oid::kText, "\xff"),
            "22021: invalid byte sequence for encoding \"UTF8\": 0xff");
  EXPECT_EQ(error(type_oid::kText, "a\xe2\x28\xa1"),
            "22021: invalid byte sequence for encoding \"UTF8\": 0xe2 0x28 0xa1");
  EXPECT_EQ(error(type_oid::kText, nul),
            "22021: invalid byte sequence for encoding \"UTF8\": 0x00");
  EXPECT_EQ(error(type_oid::kInt4, "1\xc3"),
            "22021: invalid byte sequence for encoding \"UTF8\": 0xc3");
  EXPECT_EQ(error(type_oid::kJson, "\"\xed\xa0\x80\""),
            "22021: invalid byte sequence for encoding \"UTF8\": 0xed 0xa0 0x80");
  EXPECT_EQ(ClipToBytes("aé", 2), "a");
  EXPECT_EQ(CountCharacters("日本x"), 3u);
}

TEST(TypeTest, BinaryFormsOfWrongSizeAreRefused) {
  Arena arena;
  Result<Datum> value = ParseBinary({type_oid::kInt4, -1}, "abc", FormatSettings(), &arena);
  EXPECT_EQ(value.status().ToString(), "08P01: insufficient data left in message");
  value = ParseBinary({type_oid::kInt4, -1}, "abcde", FormatSettings(), &arena);
  EXPECT_EQ(value.status().ToString(), "22P03: incorrect binary data format");
}

TEST(TypeTest, NowIsTheTransactionsStart) {
  Arena arena;
  FormatSettings settings;
  settings.transaction_timestamp_us = 86'400'000'000 + 1;
  settings.time_zone = FindTimeZone("America/New_York");
  auto text = [&](Oid oid, std::string_view input) {
    Result<Datum> datum = ParseText({oid, -1}, input, settings, &arena);
    std::string out;
    if (datum.ok()) AppendText({oid, -1}, *datum, settings, &out);
    return out;
  };
  EXPECT_EQ(text(type_oid::kTimestamptz, "now"), "2000-01-01 19:00:00.000001-05");
  EXPECT_EQ(text(type_oid::kTimestamp, "now"), "2000-01-01 19:00:00.000001");
  EXPECT_EQ(text(type_oid::kDate, "today"), "2000-01-01");
  EXPECT_EQ(text(type_oid::kDate, "yesterday"), "1999-12-31");
  EXPECT_EQ(text(type_oid::kTimestamptz, "tomorrow"), "2000-01-02 00:00:00-05");
  EXPECT_EQ(text(type_oid::kTimestamptz, "tomorrow 12:00"), "2000-01-02 12:00:00-05");
  EXPECT_EQ(text(type_oid::kTime, "now"), "19:00:00.000001");
}

TEST(TypeTest, ZonesAreNamedAsTheyAreShown) {
  EXPECT_EQ((*ParseTimeZoneSetting("europe/berlin"))->name(), "Europe/Berlin");
  EXPECT_EQ((*ParseTimeZoneSetting("-3.5"))->name(), "<-03:30>+03:30");
  EXPECT_EQ((*ParseTimeZoneSetting("2"))->name(), "<+02>-02");
  EXPECT_EQ(*ParseTimeZoneSetting("utc"), &UtcTimeZone());
  EXPECT_EQ(ParseTimeZoneSetting("Nowhere/Land").status().ToString(),
            "22023: invalid value for parameter \"TimeZone\": \"Nowhere/Land\"");
}

TEST(TypeTest, ValuesOwnTheirBytes) {
  Value copy;
  {
    std::string text = "a text that is too long to lie within a string object";
    Value value = Value::Text(text);
    copy = value;
  }
  Value moved = std::move(copy);
  EXPECT_EQ(moved.datum().bytes, "a text that is too long to lie within a string object");
}

}  // namespace
}  // namespace shale::catalog
