// Goal: the byte form of records. Method: fields of each kind of type there and back, bytes cut off
// anywhere, the forms and order that PostgreSQL gives.
#include "catalog/types/record.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shale::catalog {
namespace {

RecordField FieldOf(std::string_view name, const Value& value) {
  RecordField field;
  field.name = name;
  field.type = value.type();
  field.is_null = value.is_null();
  if (!field.is_null) field.datum = value.datum();
  return field;
}

Value Int(int32_t number) { return {{type_oid::kInt4, -1}, Datum::Int32(number)}; }

std::string Made(const std::vector<Value>& values) {
  std::vector<RecordField> fields;
  for (const Value& value : values) fields.push_back(FieldOf("f", value));
  Arena arena;
  return std::string(*MakeRecord(fields, &arena));
}

std::string TextOf(const std::vector<Value>& values) {
  std::string text;
  AppendRecordText(Made(values), FormatSettings(), &text);
  return text;
}

TEST(RecordTest, FieldsComeBack) {
  const std::vector<Value> values{Int(-7), Value({type_oid::kBool, -1}, Datum::Bool(true)),
                                  Value::Text(""), Value::Null({type_oid::kText, -1}),
                                  Value({type_oid::kInt8, -1}, Datum::Int64(1))};
  std::vector<RecordField> fields;
  const std::vector<std::string> names{"a", "", "a long name", "d", "e"};
  for (size_t i = 0; i < values.size(); ++i) fields.push_back(FieldOf(names[i], values[i]));
  Arena arena;
  RecordReader reader(*MakeRecord(fields, &arena));
  EXPECT_EQ(reader.left(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    RecordField field;
    ASSERT_TRUE(reader.Next(&field));
    EXPECT_EQ(field.name, names[i]);
    EXPECT_EQ(field.type, values[i].type());
    ASSERT_EQ(field.is_null, values[i].is_null());
    if (field.is_null) continue;
    EXPECT_EQ(Compare(field.type, field.datum, values[i].datum()), 0);
  }
  RecordField field;
  EXPECT_FALSE(reader.Next(&field));
}

TEST(RecordTest, TextIsPostgreSQLs) {
  EXPECT_EQ(TextOf({}), "()");
  EXPECT_EQ(TextOf({Value::Null({type_oid::kInt4, -1})}), "()");
  EXPECT_EQ(TextOf({Int(1), Value::Text("a"), Value::Null({type_oid::kText, -1})}), "(1,a,)");
  EXPECT_EQ(TextOf({Value::Text(""), Value::Text("a b"), Value::Text("q\"\\"), Value::Text("(")}),
            "(\"\",\"a b\",\"q\"\"\\\\\",\"(\")");
}

TEST(RecordTest, OrderIsByFields) {
  EXPECT_EQ(CompareRecords(Made({Int(1), Int(2)}), Made({Int(1), Int(2)})), 0);
  EXPECT_LT(CompareRecords(Made({Int(1), Int(2)}), Made({Int(1), Int(3)})), 0);
  EXPECT_GT(CompareRecords(Made({Value::Null({type_oid::kInt4, -1})}), Made({Int(3)})), 0);
  EXPECT_TRUE(
      CheckComparable(Made({Int(1)}), Made({Value::Text("1")})).Is(sqlstate::kDatatypeMismatch));
  EXPECT_FALSE(CheckComparable(Made({Int(1)}), Made({Int(1), Int(2)})).ok());
  EXPECT_TRUE(CheckComparable(Made({Int(1)}), Made({Int(2), Int(2)})).ok());
}

TEST(RecordTest, NullTestsAskAllFields) {
  const Value null = Value::Null({type_oid::kInt4, -1});
  EXPECT_TRUE(AllFieldsNull(Made({null, null})));
  EXPECT_FALSE(AllFieldsNull(Made({null, Int(1)})));
  EXPECT_FALSE(NoFieldNull(Made({null, Int(1)})));
  EXPECT_TRUE(NoFieldNull(Made({Int(2), Int(1)})));
}

TEST(RecordTest, DamagedBytesAreNotReadPastTheirEnd) {
  const std::string record = Made({Int(1), Value::Text("some text"), Int(2)});
  for (size_t length = 0; length <= record.size(); ++length) {
    const std::string cut = record.substr(0, length);
    RecordReader reader(cut);
    RecordField field;
    int fields = 0;
    while (reader.Next(&field)) ++fields;
    EXPECT_EQ(fields == 3, length == record.size());
    for (size_t at = 0; at < cut.size(); ++at) {
      std::string flipped = cut;
      flipped[at] = static_cast<char>(flipped[at] ^ 0x80);
      RecordReader other(flipped);
      while (other.Next(&field)) {
      }
      HashRecord(flipped);
      CompareRecords(flipped, record);
    }
  }
}

}  // namespace
}  // namespace shale::catalog
