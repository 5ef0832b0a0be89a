// Entries of indexes: byte order is the order asked for, DESC and NULLS FIRST included; entries
// lead back to their rows and give their columns back; unique ones meet; damaged bytes are an
// error.
#include "catalog/index_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <optional>

#include "catalog/key_codec.h"
#include "catalog/keys.h"
#include "catalog/types/type_io.h"
#include "tests/catalog/random_values.h"

namespace shale::catalog {
namespace {

int SignOf(int value) { return (value > 0) - (value < 0); }

std::optional<Value> ValueOrNull(Oid type) {
  if (*rc::gen::inRange(0, 4) == 0) return std::nullopt;
  return RandomValue(type);
}

std::string CodeOfKey(const IndexKey& key, const std::optional<Value>& value) {
  std::string code;
  if (value) {
    const Datum datum = value->datum();
    AppendIndexKey(key, &datum, &code);
  } else {
    AppendIndexKey(key, nullptr, &code);
  }
  return code;
}

// The order that ORDER BY with the key's options gives.
int OrderOf(const IndexKey& key, const std::optional<Value>& left,
            const std::optional<Value>& right) {
  if (!left || !right) {
    if (!left && !right) return 0;
    return (!left) == key.nulls_first ? -1 : 1;
  }
  const int order = SignOf(Compare(key.type, left->datum(), right->datum()));
  return key.descending ? -order : order;
}

class IndexKeyOrder : public testing::TestWithParam<Oid> {};

TEST_P(IndexKeyOrder, IsTheOneAskedFor) {
  ASSERT_TRUE(rc::check([this] {
    IndexKey key;
    key.type = {GetParam(), -1};
    key.descending = *rc::gen::arbitrary<bool>();
    key.nulls_first = *rc::gen::arbitrary<bool>();
    const auto left = ValueOrNull(GetParam());
    const auto right = ValueOrNull(GetParam());
    const std::string left_code = CodeOfKey(key, left);
    const std::string right_code = CodeOfKey(key, right);
    RC_ASSERT(SignOf(left_code.compare(right_code)) == OrderOf(key, left, right));
    RC_ASSERT(left_code == right_code || !right_code.starts_with(left_code));
  }));
}

TEST_P(IndexKeyOrder, IsThatOfTheValuesCode) {
  ASSERT_TRUE(rc::check([this] {
    IndexKey key;
    key.type = {GetParam(), -1};
    key.descending = *rc::gen::arbitrary<bool>();
    const Value value = RandomValue(GetParam());
    const Datum datum = value.datum();
    std::string code;
    AppendKey(key.type, datum, &code);
    std::string from_value;
    AppendIndexKey(key, &datum, &from_value);
    std::string from_code;
    AppendIndexCode(key, code, &from_code);
    RC_ASSERT(from_code == from_value);
  }));
}

std::vector<Oid> AllKeyTypes() { return KeyTypes(); }
INSTANTIATE_TEST_SUITE_P(Types, IndexKeyOrder, testing::ValuesIn(AllKeyTypes()));

// A table of random columns, and an index on some of them that includes the others.
struct RandomIndex {
  std::shared_ptr<TableDesc> table = std::make_shared<TableDesc>();
  std::shared_ptr<IndexDesc> index = std::make_shared<IndexDesc>();

  RandomIndex() {
    table->name = "t";
    table->storage_id = 3;
    index->name = "i";
    index->storage_id = 9;
    index->unique = *rc::gen::arbitrary<bool>();
    index->nulls_not_distinct = index->unique && *rc::gen::arbitrary<bool>();
    index->deferrable = index->unique && *rc::gen::arbitrary<bool>();
    const int columns = *rc::gen::inRange(1, 6);
    for (int i = 0; i < columns; ++i) {
      ColumnDesc column;
      column.name = "c" + std::to_string(i);
      column.type = {*rc::gen::elementOf(KeyTypes()), -1};
      column.missing = Value::Null(column.type);
      table->columns.push_back(column);
      if (i == 0 || *rc::gen::arbitrary<bool>()) {
        IndexKey key;
        key.column = i;
        key.type = column.type;
        key.descending = *rc::gen::arbitrary<bool>();
        key.nulls_first = *rc::gen::arbitrary<bool>();
        index->keys.push_back(key);
      } else {
        index->include.push_back(i);
      }
    }
  }
};

struct RandomRow {
  std::vector<std::optional<Value>> values;
  std::vector<Datum> datums;
  std::unique_ptr<bool[]> nulls;
  std::vector<Datum> keys;
  std::unique_ptr<bool[]> key_nulls;

  explicit RandomRow(const RandomIndex& random) {
    nulls = std::make_unique<bool[]>(random.table->columns.size());
    for (size_t i = 0; i < random.table->columns.size(); ++i) {
      values.push_back(ValueOrNull(random.table->columns[i].type.oid));
    }
    for (size_t i = 0; i < values.size(); ++i) {
      nulls[i] = !values[i];
      datums.push_back(values[i] ? values[i]->datum() : Datum());
    }
    key_nulls = std::make_unique<bool[]>(random.index->keys.size());
    for (size_t i = 0; i < random.index->keys.size(); ++i) {
      const auto column = static_cast<size_t>(random.index->keys[i].column);
      keys.push_back(datums[column]);
      key_nulls[i] = nulls[column];
    }
  }
};

std::string RowKeyOf(uint64_t row_id) {
  std::string key;
  AppendRowPrefix(3, &key);
  key += std::to_string(row_id);
  return key;
}

TEST(IndexCodec, EntriesLeadToTheirRowsAndGiveTheirColumnsBack) {
  ASSERT_TRUE(rc::check([] {
    const RandomIndex random;
    const RandomRow row(random);
    const IndexCodec codec(random.table, random.index);
    const std::string row_key = RowKeyOf(*rc::gen::arbitrary<uint64_t>());
    IndexEntry entry;
    Status encoded = codec.Encode(row.keys.data(), row.key_nulls.get(), row.datums.data(),
                                  row.nulls.get(), row_key, &entry);
    RC_PRE(encoded.ok());  // random texts may be too long for a key
    const engine::KeyValue stored{entry.key, entry.value};
    std::string found;
    RC_ASSERT(codec.RowKey(stored, &found).ok());
    RC_ASSERT(found == row_key);
    for (size_t i = 0; i < row.values.size(); ++i) {
      const int column = static_cast<int>(i);
      RC_ASSERT(codec.Covers(column));
      alignas(16) char value[64] = {};
      uint64_t validity = 1;
      uint32_t null_count = 0;
      Arena arena;
      RC_ASSERT(
          codec.DecodeColumn({&stored, 1}, column, value, &validity, &null_count, &arena).ok());
      RC_ASSERT((null_count == 1) == !row.values[i].has_value());
      if (!row.values[i]) continue;
      Datum datum;
      const PhysicalKind kind = KindOf(random.table->columns[i].type);
      std::memcpy(&datum, value,
                  kind == PhysicalKind::kBytes ? sizeof(std::string_view) : PhysicalWidth(kind));
      std::string before;
      std::string after;
      AppendBinary(random.table->columns[i].type, row.values[i]->datum(), &before);
      AppendBinary(random.table->columns[i].type, datum, &after);
      RC_ASSERT(before == after);
    }
  }));
}

TEST(IndexCodec, OnlyUniqueEntriesOfEqualKeysMeet) {
  ASSERT_TRUE(rc::check([] {
    const RandomIndex random;
    const RandomRow row(random);
    const IndexCodec codec(random.table, random.index);
    IndexEntry first;
    IndexEntry second;
    RC_PRE(codec
               .Encode(row.keys.data(), row.key_nulls.get(), row.datums.data(), row.nulls.get(),
                       RowKeyOf(1), &first)
               .ok());
    RC_ASSERT(codec
                  .Encode(row.keys.data(), row.key_nulls.get(), row.datums.data(), row.nulls.get(),
                          RowKeyOf(2), &second)
                  .ok());
    bool has_null = false;
    for (size_t i = 0; i < row.keys.size(); ++i) has_null |= row.key_nulls[i];
    const bool is_unique = random.index->unique && (!has_null || random.index->nulls_not_distinct);
    const bool guards = is_unique && !random.index->deferrable;
    RC_ASSERT(first.guards == guards);
    RC_ASSERT((first.key == second.key) == guards);
    RC_ASSERT((first.unique_bytes > 0) == (is_unique && !guards));
    RC_ASSERT(first.unique_bytes == second.unique_bytes);
    RC_ASSERT(second.key.starts_with(first.key.substr(0, first.unique_bytes)));
  }));
}

TEST(IndexCodec, AnyBytesGiveAnAnswer) {
  ASSERT_TRUE(rc::check([](const std::string& tail, const std::string& value) {
    const RandomIndex random;
    const IndexCodec codec(random.table, random.index);
    std::string key;
    AppendRowPrefix(9, &key);
    key += tail;
    const engine::KeyValue entry{key, value};
    std::string row_key;
    Status status = codec.RowKey(entry, &row_key);
    RC_ASSERT(status.ok() || status.Is(sqlstate::kDataCorrupted));
    alignas(16) char decoded[64];
    uint64_t validity = 1;
    uint32_t null_count = 0;
    Arena arena;
    status = codec.DecodeColumn({&entry, 1}, 0, decoded, &validity, &null_count, &arena);
    RC_ASSERT(status.ok() || status.Is(sqlstate::kDataCorrupted));
  }));
}

}  // namespace
}  // namespace shale::catalog
