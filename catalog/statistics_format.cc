#include "catalog/statistics_format.h"

#include <bit>

#include "catalog/types/type_io.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

void PutSigned(int64_t value, std::string* out) {
  PutVarint64(out, (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}

int64_t ReadSigned(ByteReader* reader) {
  const uint64_t value = reader->ReadVarint64();
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

void PutDouble(double value, std::string* out) { PutFixed64(out, std::bit_cast<uint64_t>(value)); }

double ReadDouble(ByteReader* reader) { return std::bit_cast<double>(reader->ReadFixed64()); }

void PutValues(Type type, const std::vector<Value>& values, std::string* out) {
  PutVarint64(out, values.size());
  std::string binary;
  for (const Value& value : values) {
    binary.clear();
    AppendBinary(type, value.datum(), &binary);
    PutLengthPrefixed(out, binary);
  }
}

// A list's items take at least a byte each: false where a damaged count asks for more.
bool ReadCount(ByteReader* reader, size_t* count) {
  *count = reader->ReadVarint64();
  return reader->ok() && *count <= reader->rest().size();
}

bool ReadValues(Type type, ByteReader* reader, std::vector<Value>* values) {
  size_t count = 0;
  if (!ReadCount(reader, &count)) return false;
  Arena arena;
  for (size_t i = 0; i < count; ++i) {
    auto datum = ParseBinary(type, reader->ReadLengthPrefixed(), FormatSettings{}, &arena);
    if (!reader->ok() || !datum.ok()) return false;
    values->emplace_back(type, *datum);
  }
  return true;
}

void PutColumn(int position, const ColumnStatistics& column, std::string* out) {
  PutVarint64(out, static_cast<uint64_t>(position));
  PutVarint64(out, column.type.oid);
  PutSigned(column.type.typmod, out);
  PutDouble(column.null_fraction, out);
  PutDouble(column.width, out);
  PutDouble(column.distinct, out);
  PutValues(column.type, column.common, out);
  PutVarint64(out, column.frequencies.size());
  for (double frequency : column.frequencies) PutDouble(frequency, out);
  PutValues(column.type, column.histogram, out);
  out->push_back(column.correlation ? 1 : 0);
  if (column.correlation) PutDouble(*column.correlation, out);
}

bool ReadColumnStatistics(ByteReader* reader, TableStatistics* statistics) {
  const auto position = static_cast<int>(reader->ReadVarint32());
  ColumnStatistics column;
  column.type.oid = reader->ReadVarint32();
  column.type.typmod = static_cast<int32_t>(ReadSigned(reader));
  if (!reader->ok()) return false;
  // Of a user's type that has been dropped since, with the column: what was known of it is skipped.
  const bool is_known = FindType(column.type.oid) != nullptr;
  if (!is_known && column.type.oid < kFirstUserOid) return false;
  if (!is_known) column.type = {type_oid::kBytea, -1};
  column.null_fraction = ReadDouble(reader);
  column.width = ReadDouble(reader);
  column.distinct = ReadDouble(reader);
  if (!ReadValues(column.type, reader, &column.common)) return false;
  size_t count = 0;
  if (!ReadCount(reader, &count) || count != column.common.size()) return false;
  for (size_t i = 0; i < count; ++i) column.frequencies.push_back(ReadDouble(reader));
  if (!ReadValues(column.type, reader, &column.histogram)) return false;
  if (reader->ReadByte() != 0) column.correlation = ReadDouble(reader);
  if (is_known) statistics->columns.emplace(position, std::move(column));
  return reader->ok();
}

Status DamagedStatistics() { return Status(sqlstate::kDataCorrupted, "damaged statistics record"); }

}  // namespace

std::string EncodeStatistics(const TableStatistics& statistics) {
  std::string record(1, static_cast<char>(kStatisticsFormatVersion));
  PutVarint64(&record, statistics.table_oid);
  record.push_back(statistics.analyzed ? 1 : 0);
  PutDouble(statistics.rows, &record);
  PutVarint64(&record, statistics.bytes);
  PutSigned(statistics.analyzed_us, &record);
  PutVarint64(&record, statistics.columns.size());
  for (const auto& [position, column] : statistics.columns) PutColumn(position, column, &record);
  PutVarint64(&record, statistics.targets.size());
  for (const auto& [position, target] : statistics.targets) {
    PutVarint64(&record, static_cast<uint64_t>(position));
    PutSigned(target, &record);
  }
  return record;
}

Result<TableStatistics> DecodeStatistics(std::string_view record) {
  ByteReader reader(record);
  const uint8_t version = reader.ReadByte();
  if (version > kStatisticsFormatVersion) {
    return Error(sqlstate::kFeatureNotSupported, "statistics record of format {} is not supported",
                 version)
        .Hint("The data directory was written by a newer server.");
  }
  TableStatistics statistics;
  statistics.table_oid = reader.ReadVarint32();
  statistics.analyzed = reader.ReadByte() != 0;
  statistics.rows = ReadDouble(&reader);
  statistics.bytes = reader.ReadVarint64();
  statistics.analyzed_us = ReadSigned(&reader);
  size_t count = 0;
  if (version == 0 || !ReadCount(&reader, &count)) return DamagedStatistics();
  for (size_t i = 0; i < count; ++i) {
    if (!ReadColumnStatistics(&reader, &statistics)) return DamagedStatistics();
  }
  if (!ReadCount(&reader, &count)) return DamagedStatistics();
  for (size_t i = 0; i < count; ++i) {
    const auto position = static_cast<int>(reader.ReadVarint32());
    statistics.targets[position] = static_cast<int>(ReadSigned(&reader));
  }
  if (!reader.AtEnd()) return DamagedStatistics();
  return statistics;
}

}  // namespace shale::catalog
