// Rows: what is encoded comes back column by column, for tables of any types, with columns added
// and dropped since, narrow and wide; damaged bytes are XX001, never a read beyond the row.
#include "catalog/row_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "catalog/key_codec.h"
#include "catalog/keys.h"
#include "catalog/row_format.h"
#include "catalog/types/type_io.h"
#include "tests/catalog/random_values.h"

namespace shale::catalog {
namespace {

struct Row {
  std::vector<Value> values;
  std::string key;
  std::string value;
};

std::shared_ptr<TableDesc> RandomRowTable() {
  auto table = std::make_shared<TableDesc>();
  table->name = "t";
  table->storage_id = 7;
  const int columns = *rc::gen::inRange(1, 12);
  for (int i = 0; i < columns; ++i) {
    ColumnDesc column;
    column.name = "c" + std::to_string(i);
    column.type = {*rc::gen::elementOf(ColumnTypes()), -1};
    column.dropped = *rc::gen::inRange(0, 6) == 0;
    if (!column.dropped && CanBeKey(column.type.oid) && *rc::gen::inRange(0, 3) == 0) {
      table->primary_key.push_back(i);
    }
    table->columns.push_back(column);
  }
  return table;
}

Row RandomRow(const RowCodec& codec, bool may_be_wide) {
  Row row;
  std::vector<Datum> datums;
  std::unique_ptr<bool[]> nulls(new bool[codec.table().columns.size()]);
  for (size_t i = 0; i < codec.table().columns.size(); ++i) {
    const ColumnDesc& column = codec.table().columns[i];
    const auto& key = codec.table().primary_key;
    const bool in_key = std::find(key.begin(), key.end(), static_cast<int>(i)) != key.end();
    Value value = RandomValue(column.type.oid);
    if (may_be_wide && column.type.oid == type_oid::kText && *rc::gen::inRange(0, 4) == 0) {
      value = Value(column.type, Datum::Bytes(std::string(70'000, 'w')));
    }
    if (column.dropped || (!in_key && *rc::gen::inRange(0, 4) == 0)) {
      value = Value::Null(column.type);
    }
    row.values.push_back(value);
    nulls[i] = value.is_null();
  }
  for (const Value& value : row.values) {
    datums.push_back(value.is_null() ? Datum() : value.datum());
  }
  if (codec.has_row_id())
    codec.EncodeRowId(42, &row.key);
  else
    codec.EncodeKey(datums.data(), &row.key);
  Status encoded = codec.EncodeValue(datums.data(), nulls.get(), &row.value);
  RC_ASSERT(encoded.ok());
  return row;
}

bool SameDatum(Type type, const Datum& left, const Datum& right) {
  std::string left_text, right_text;
  AppendBinary(type, left, &left_text);
  AppendBinary(type, right, &right_text);
  return left_text == right_text;
}

// Every column by DecodeDatum, compared with the expected values.
void ExpectRow(const RowCodec& codec, const Row& row, const std::vector<Value>& expected) {
  Arena arena;
  for (size_t i = 0; i < expected.size(); ++i) {
    Datum datum;
    bool is_null = false;
    Status decoded =
        codec.DecodeDatum(row.key, row.value, static_cast<int>(i), &datum, &is_null, &arena);
    RC_ASSERT(decoded.ok());
    RC_ASSERT(is_null == expected[i].is_null());
    if (!is_null) RC_ASSERT(SameDatum(expected[i].type(), datum, expected[i].datum()));
  }
}

TEST(RowCodec, RowsComeBack) {
  ASSERT_TRUE(rc::check([] {
    RowCodec codec(RandomRowTable());
    Row row = RandomRow(codec, true);
    RC_ASSERT(row.key.starts_with(RowRange(7).begin));
    ExpectRow(codec, row, row.values);
  }));
}

TEST(RowCodec, ColumnsOfManyRowsComeBack) {
  ASSERT_TRUE(rc::check([] {
    RowCodec codec(RandomRowTable());
    std::vector<Row> rows;
    for (int i = *rc::gen::inRange(1, 100); i > 0; --i) rows.push_back(RandomRow(codec, false));
    std::vector<engine::KeyValue> stored;
    for (const Row& row : rows) stored.push_back({row.key, row.value});
    for (size_t column = 0; column < codec.table().columns.size(); ++column) {
      const Type type = codec.table().columns[column].type;
      // Arrays of the column's C type, as large as the largest.
      std::vector<Datum> room(rows.size());
      uint64_t validity[2] = {~0ull, ~0ull};
      uint32_t null_count = 0;
      Arena arena;
      Status decoded = codec.DecodeColumn(stored, static_cast<int>(column), room.data(), validity,
                                          &null_count, &arena);
      RC_ASSERT(decoded.ok());
      uint32_t nulls = 0;
      const size_t width = [&] {
        switch (KindOf(type)) {
          case PhysicalKind::kBool:
            return size_t{1};
          case PhysicalKind::kInt16:
            return size_t{2};
          case PhysicalKind::kInt32:
          case PhysicalKind::kFloat32:
            return size_t{4};
          case PhysicalKind::kInt64:
          case PhysicalKind::kFloat64:
            return size_t{8};
          default:
            return size_t{16};
        }
      }();
      for (size_t i = 0; i < rows.size(); ++i) {
        const bool valid = ((validity[i >> 6] >> (i & 63)) & 1) != 0;
        RC_ASSERT(valid == !rows[i].values[column].is_null());
        nulls += !valid;
        if (!valid) continue;
        Datum datum;
        std::memcpy(static_cast<void*>(&datum),
                    reinterpret_cast<const char*>(room.data()) + i * width, width);
        RC_ASSERT(SameDatum(type, datum, rows[i].values[column].datum()));
      }
      RC_ASSERT(null_count == nulls);
    }
  }));
}

TEST(RowCodec, AddedColumnsReadAsTheirMissingValue) {
  ASSERT_TRUE(rc::check([] {
    auto before = RandomRowTable();
    RowCodec old_codec(before);
    Row row = RandomRow(old_codec, false);
    auto after = std::make_shared<TableDesc>(*before);
    std::vector<Value> expected = row.values;
    for (int i = *rc::gen::inRange(1, 10); i > 0; --i) {
      ColumnDesc column;
      column.type = {*rc::gen::elementOf(ColumnTypes()), -1};
      column.missing =
          *rc::gen::arbitrary<bool>() ? RandomValue(column.type.oid) : Value::Null(column.type);
      expected.push_back(column.missing);
      after->columns.push_back(column);
    }
    ExpectRow(RowCodec(after), row, expected);
  }));
}

TEST(RowCodec, WideOnlyWhereNeeded) {
  auto table = std::make_shared<TableDesc>();
  table->columns.resize(2);
  for (ColumnDesc& column : table->columns) column.type = {type_oid::kText, -1};
  RowCodec codec(table);
  const bool nulls[] = {false, false};
  for (size_t bytes : {size_t{0}, kNarrowVariableBytesMax - 1, kNarrowVariableBytesMax,
                       kNarrowVariableBytesMax + 1}) {
    const std::string text(bytes, 'x');
    const Datum values[] = {Datum::Bytes(text), Datum::Bytes("")};
    std::string row;
    ASSERT_TRUE(codec.EncodeValue(values, nulls, &row).ok());
    EXPECT_EQ(row[0], bytes > kNarrowVariableBytesMax ? kRowFormatWide : kRowFormatNarrow);
    Datum datum;
    bool is_null = true;
    Arena arena;
    ASSERT_TRUE(codec.DecodeDatum("", row, 0, &datum, &is_null, &arena).ok());
    EXPECT_EQ(datum.bytes, text);
  }
}

TEST(RowCodec, DamagedRowsAreFound) {
  ASSERT_TRUE(rc::check([] {
    RowCodec codec(RandomRowTable());
    Row row = RandomRow(codec, false);
    std::string& bytes = *rc::gen::arbitrary<bool>() ? row.value : row.key;
    if (*rc::gen::arbitrary<bool>()) {
      bytes.resize(*rc::gen::inRange<size_t>(0, bytes.size() + 1));
    } else if (!bytes.empty()) {
      bytes[*rc::gen::inRange<size_t>(0, bytes.size())] = *rc::gen::arbitrary<char>();
    }
    Arena arena;
    for (size_t i = 0; i < codec.table().columns.size(); ++i) {
      Datum datum;
      bool is_null = false;
      Status decoded =
          codec.DecodeDatum(row.key, row.value, static_cast<int>(i), &datum, &is_null, &arena);
      RC_ASSERT(decoded.ok() || decoded.sqlstate() == sqlstate::kDataCorrupted);
      if (!decoded.ok() || is_null) continue;
      // What is given lies within the row: reading it all shows it to the sanitizers.
      if (KindOf(codec.table().columns[i].type) == PhysicalKind::kBytes) {
        RC_ASSERT(std::string(datum.bytes).size() == datum.bytes.size());
      }
    }
  }));
}

TEST(RowCodec, GoldenRow) {
  using namespace std::string_literals;
  auto table = std::make_shared<TableDesc>();
  table->storage_id = 0x01020304;
  table->columns.resize(4);
  const Oid types[] = {type_oid::kInt4, type_oid::kText, type_oid::kInt2, type_oid::kText};
  for (int i = 0; i < 4; ++i) table->columns[i].type = {types[i], -1};
  table->primary_key = {0};
  RowCodec codec(table);
  const Datum values[] = {Datum::Int32(5), Datum::Bytes("ab"), Datum::Int16(7), Datum()};
  const bool nulls[] = {false, false, false, true};
  std::string key, value;
  codec.EncodeKey(values, &key);
  ASSERT_TRUE(codec.EncodeValue(values, nulls, &value).ok());
  EXPECT_EQ(key, "\x10\1\2\3\4\x80\0\0\5"s);
  // format, columns, null bits; end of "ab", 7, end of the NULL; the bytes
  EXPECT_EQ(value, "\1\4\0\x08\2\0\7\0\2\0ab"s);
}

}  // namespace
}  // namespace shale::catalog
