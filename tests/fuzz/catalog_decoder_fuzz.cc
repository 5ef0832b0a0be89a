// What is read from the store: the first byte chooses what the rest is taken for. A value that
// comes out of damaged bytes must still be one that can be printed and encoded.
#include <cstdint>
#include <memory>
#include <string>

#include "catalog/catalog_format.h"
#include "catalog/comments_format.h"
#include "catalog/constraint_format.h"
#include "catalog/database_format.h"
#include "catalog/function_format.h"
#include "catalog/index_codec.h"
#include "catalog/key_codec.h"
#include "catalog/row_codec.h"
#include "catalog/statistics_format.h"
#include "catalog/types/array.h"
#include "catalog/types/type_io.h"
#include "engine/base/check.h"

namespace shale::catalog {
namespace {

constexpr Oid kTypes[] = {
    type_oid::kBool,   type_oid::kInt2,    type_oid::kInt4,    type_oid::kInt8,   type_oid::kOid,
    type_oid::kDate,   type_oid::kText,    type_oid::kBytea,   type_oid::kFloat8, type_oid::kUuid,
    type_oid::kBpchar, type_oid::kNumeric, type_oid::kInterval};

void CheckStatus(const Status& status) {
  CHECK(status.ok() || status.sqlstate() == sqlstate::kDataCorrupted ||
        status.sqlstate() == sqlstate::kFeatureNotSupported);
}

template <typename T>
void CheckRecord(const Result<T>& record, std::string (*encode)(const T&)) {
  CheckStatus(record.status());
  if (record.ok()) (void)encode(*record);
}

void RunKey(uint8_t choice, std::string_view bytes) {
  const Type type{kTypes[choice % std::size(kTypes)], -1};
  std::string_view rest = bytes;
  CheckStatus(SkipKey(type, &rest));
  if (!KeyIsExact(type.oid)) return;
  Arena arena;
  rest = bytes;
  auto datum = ReadKey(type, &rest, &arena);
  CheckStatus(datum.status());
  if (!datum.ok()) return;
  std::string again;
  AppendKey(type, *datum, &again);
  CHECK(again == bytes.substr(0, bytes.size() - rest.size()));
}

std::shared_ptr<const TableDesc> Table() {
  auto table = std::make_shared<TableDesc>();
  table->name = "t";
  table->storage_id = 7;
  for (Oid type : kTypes) {
    ColumnDesc column;
    column.type = {type, -1};
    table->columns.push_back(column);
  }
  table->columns[3].dropped = true;
  table->primary_key = {2, 6};
  return table;
}

void RunRow(std::string_view bytes) {
  static const RowCodec codec(Table());
  if (bytes.empty()) return;
  const size_t key_bytes = std::min<size_t>(static_cast<uint8_t>(bytes[0]), bytes.size() - 1);
  const std::string_view key = bytes.substr(1, key_bytes);
  const std::string_view value = bytes.substr(1 + key_bytes);
  Arena arena;
  size_t bytes_seen = 0;
  for (size_t i = 0; i < codec.table().columns.size(); ++i) {
    Datum datum;
    bool is_null = false;
    Status decoded = codec.DecodeDatum(key, value, static_cast<int>(i), &datum, &is_null, &arena);
    CheckStatus(decoded);
    if (!decoded.ok() || is_null) continue;
    if (KindOf(codec.table().columns[i].type) == PhysicalKind::kBytes) {
      bytes_seen += std::string(datum.bytes).size();  // reads them all
    }
  }
  CHECK(bytes_seen <= bytes.size() * std::size(kTypes));
}

// An index on columns of the table above, with and without the order turned, and with others in it.
void RunEntry(std::string_view bytes) {
  static const IndexCodec codec(Table(), [] {
    auto index = std::make_shared<IndexDesc>();
    index->name = "i";
    index->storage_id = 8;
    for (int column : {0, 5, 9, 2}) {
      IndexKey key;
      key.column = column;
      key.type = {kTypes[column], -1};
      key.descending = column % 2 == 1;
      index->keys.push_back(key);
    }
    index->include = {1, 4};
    return index;
  }());
  if (bytes.empty()) return;
  const size_t key_bytes = std::min<size_t>(static_cast<uint8_t>(bytes[0]), bytes.size() - 1);
  const engine::KeyValue entry{bytes.substr(1, key_bytes), bytes.substr(1 + key_bytes)};
  std::string row_key;
  CheckStatus(codec.RowKey(entry, &row_key));
  Arena arena;
  for (int column : {0, 5, 9, 2, 1, 4}) {
    alignas(16) char value[64];
    uint64_t validity = 1;
    uint32_t null_count = 0;
    CheckStatus(codec.DecodeColumn({&entry, 1}, column, value, &validity, &null_count, &arena));
  }
}

const Oid kArrayTypes[] = {type_oid::kInt4Array,     type_oid::kTextArray,
                           type_oid::kNameArray,     ArrayOf(type_oid::kNumeric),
                           ArrayOf(type_oid::kBool), ArrayOf(type_oid::kInterval)};

// What is read as an array can be written and read again as the same one.
void CheckArray(Type type, const Result<Datum>& array, Arena* arena) {
  if (!array.ok()) return;
  const FormatSettings settings;
  std::string binary;
  AppendBinary(type, *array, &binary);
  Result<Datum> again = ParseBinary(type, binary, settings, arena);
  CHECK(again.ok() && Compare(type, *array, *again) == 0);
  CHECK(Hash(type, *array) == Hash(type, *again));
  std::string text;
  AppendText(type, *array, settings, &text);
  // The shortest interval's text is one that is not read.
  if (ElementOf(type.oid) != type_oid::kInterval)
    CHECK(ParseText(type, text, settings, arena).ok());
}

void CheckConstraints(std::string_view bytes) {
  TableDesc table;
  table.columns.resize(4);
  if (!DecodeConstraints(bytes, &table).ok()) return;
  TableDesc again;
  again.columns.resize(4);
  CHECK(DecodeConstraints(EncodeConstraints(table), &again).ok());
  CHECK(again.foreign_keys == table.foreign_keys);
}

// The text form, the wire form and the stored form of arrays.
void RunArray(uint8_t choice, std::string_view bytes) {
  const Type type{kArrayTypes[choice % std::size(kArrayTypes)], -1};
  const FormatSettings settings;
  Arena arena;
  CheckArray(type, ParseText(type, bytes, settings, &arena), &arena);
  CheckArray(type, ParseBinary(type, bytes, settings, &arena), &arena);
  if (type.oid != type_oid::kTextArray && type.oid != type_oid::kInt4Array) return;
  std::string text;
  AppendText(type, Datum::Bytes(bytes), settings, &text);
}

}  // namespace
}  // namespace shale::catalog

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace shale::catalog;
  if (size < 2) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 15) {
    case 0:
      CheckRecord(DecodeTable(bytes), &EncodeTable);
      CheckConstraints(bytes);
      break;
    case 1:
      CheckRecord(DecodeSchema(bytes), &EncodeSchema);
      break;
    case 2:
      CheckRecord(DecodeSequence(bytes), &EncodeSequence);
      break;
    case 3:
      CheckRecord(DecodeProgress(bytes), &EncodeProgress);
      break;
    case 4:
      RunKey(data[1], bytes.substr(1));
      break;
    case 5:
      RunArray(data[1], bytes.substr(1));
      break;
    case 7:
      CheckRecord(DecodeIndex(bytes), &EncodeIndex);
      break;
    case 8:
      RunEntry(bytes);
      break;
    case 9:
      CheckRecord(DecodeView(bytes), &EncodeView);
      break;
    case 11:
      CheckRecord(DecodeType(bytes), &EncodeType);
      break;
    case 10:
      CheckRecord(DecodeStatistics(bytes), &EncodeStatistics);
      break;
    case 12:
      CheckRecord(DecodeComments(bytes), &EncodeComments);
      break;
    case 13:
      CheckRecord(DecodeFunction(bytes), &EncodeFunction);
      break;
    case 14:
      CheckRecord(DecodeDatabase(bytes), &EncodeDatabase);
      break;
    default:
      RunRow(bytes);
  }
  return 0;
}
