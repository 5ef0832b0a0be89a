#include "catalog/constraint_format.h"

#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

void PutColumns(const std::vector<int>& columns, std::string* out) {
  PutVarint64(out, columns.size());
  for (int column : columns) PutVarint64(out, static_cast<uint64_t>(column));
}

// Reads fields; once one of them cannot be, is_ok() is false.
class FieldReader {
 public:
  explicit FieldReader(std::string_view record) : reader_(record) {}
  uint8_t Byte() { return reader_.ReadByte(); }
  bool Flag() { return reader_.ReadByte() != 0; }
  Oid ReadOid() { return reader_.ReadVarint32(); }
  std::string String() { return std::string(reader_.ReadLengthPrefixed()); }
  // Of things that take at least a byte each, so a damaged one cannot ask for much memory.
  size_t Count() {
    const uint64_t count = reader_.ReadVarint64();
    is_ok_ &= count <= reader_.rest().size();
    return is_ok_ ? count : 0;
  }
  // Of the table's, or of one that is not known here.
  std::vector<int> Columns(const TableDesc* table) {
    std::vector<int> columns(Count());
    for (int& column : columns) {
      const uint32_t position = reader_.ReadVarint32();
      is_ok_ &= position < (table != nullptr ? table->columns.size() : kColumnsMax);
      column = static_cast<int>(position & 0xffff);
    }
    return columns;
  }
  ReferenceAction Action() {
    const auto action = static_cast<ReferenceAction>(reader_.ReadByte());
    switch (action) {
      case ReferenceAction::kNoAction:
      case ReferenceAction::kRestrict:
      case ReferenceAction::kCascade:
      case ReferenceAction::kSetNull:
      case ReferenceAction::kSetDefault:
        return action;
    }
    is_ok_ = false;
    return ReferenceAction::kNoAction;
  }
  bool is_ok() const { return is_ok_; }
  bool AtEnd() const { return reader_.AtEnd(); }
  void Refuse() { is_ok_ = false; }

 private:
  static constexpr size_t kColumnsMax = 1600;
  ByteReader reader_;
  bool is_ok_ = true;
};

void PutFlag(bool flag, std::string* out) { out->push_back(flag ? 1 : 0); }

}  // namespace

std::string EncodeConstraints(const TableDesc& table) {
  std::string record(1, static_cast<char>(kConstraintFormatVersion));
  PutVarint64(&record, table.checks.size());
  for (const CheckDesc& check : table.checks) {
    PutVarint64(&record, check.oid);
    PutLengthPrefixed(&record, check.name);
    PutLengthPrefixed(&record, check.expression);
    PutLengthPrefixed(&record, check.pretty_expression);
    PutColumns(check.columns, &record);
    PutFlag(check.no_inherit, &record);
    PutFlag(check.validated, &record);
  }
  PutVarint64(&record, table.foreign_keys.size());
  for (const ForeignKeyDesc& key : table.foreign_keys) {
    PutVarint64(&record, key.oid);
    PutLengthPrefixed(&record, key.name);
    PutColumns(key.columns, &record);
    PutVarint64(&record, key.referenced_table);
    PutColumns(key.referenced_columns, &record);
    PutVarint64(&record, key.referenced_index);
    PutFlag(key.match_full, &record);
    record.push_back(static_cast<char>(key.on_update));
    record.push_back(static_cast<char>(key.on_delete));
    PutColumns(key.set_columns, &record);
    PutFlag(key.deferrable, &record);
    PutFlag(key.initially_deferred, &record);
    PutFlag(key.validated, &record);
  }
  return record;
}

Status DecodeConstraints(std::string_view record, TableDesc* table) {
  FieldReader reader(record);
  const uint8_t version = reader.Byte();
  if (version > kConstraintFormatVersion) {
    return Error(sqlstate::kFeatureNotSupported, "catalog record of format {} is not supported",
                 version)
        .Hint("The data directory was written by a newer server.");
  }
  if (version == 0) reader.Refuse();
  table->checks.resize(reader.Count());
  for (CheckDesc& check : table->checks) {
    check.oid = reader.ReadOid();
    check.name = reader.String();
    check.expression = reader.String();
    check.pretty_expression = reader.String();
    check.columns = reader.Columns(table);
    check.no_inherit = reader.Flag();
    check.validated = reader.Flag();
  }
  table->foreign_keys.resize(reader.Count());
  for (ForeignKeyDesc& key : table->foreign_keys) {
    key.oid = reader.ReadOid();
    key.name = reader.String();
    key.columns = reader.Columns(table);
    key.referenced_table = reader.ReadOid();
    key.referenced_columns = reader.Columns(nullptr);
    key.referenced_index = reader.ReadOid();
    key.match_full = reader.Flag();
    key.on_update = reader.Action();
    key.on_delete = reader.Action();
    key.set_columns = reader.Columns(table);
    key.deferrable = reader.Flag();
    key.initially_deferred = reader.Flag();
    key.validated = reader.Flag();
    if (key.columns.size() != key.referenced_columns.size()) reader.Refuse();
  }
  if (!reader.is_ok() || !reader.AtEnd()) {
    return Status(sqlstate::kDataCorrupted, "damaged catalog record");
  }
  return Status::Ok();
}

}  // namespace shale::catalog
