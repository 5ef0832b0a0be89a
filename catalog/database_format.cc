#include "catalog/database_format.h"

#include <utility>

#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

constexpr uint8_t kTemplateFlag = 1;
constexpr uint8_t kConnectionsFlag = 2;

Status DamagedDatabase() {
  return Status(sqlstate::kDataCorrupted, "damaged record of a database");
}

}  // namespace

std::string EncodeDatabase(const DatabaseDesc& database) {
  std::string record(1, static_cast<char>(kDatabaseFormatVersion));
  PutVarint64(&record, database.oid);
  PutLengthPrefixed(&record, database.name);
  record.push_back(static_cast<char>((database.is_template ? kTemplateFlag : 0) |
                                     (database.allows_connections ? kConnectionsFlag : 0)));
  PutVarint64(&record, static_cast<uint64_t>(database.connection_limit + int64_t{1}));
  PutLengthPrefixed(&record, database.collate);
  PutLengthPrefixed(&record, database.ctype);
  PutLengthPrefixed(&record, database.comment);
  PutVarint64(&record, database.settings.size());
  for (const auto& [name, text] : database.settings) {
    PutLengthPrefixed(&record, name);
    PutLengthPrefixed(&record, text);
  }
  return record;
}

Result<DatabaseDesc> DecodeDatabase(std::string_view record) {
  ByteReader reader(record);
  const uint8_t version = reader.ReadByte();
  if (version > kDatabaseFormatVersion) {
    return Error(sqlstate::kFeatureNotSupported,
                 "record of a database of format {} is not supported", version)
        .Hint("The data directory was written by a newer server.");
  }
  if (version == 0) return DamagedDatabase();
  DatabaseDesc database;
  database.oid = reader.ReadVarint32();
  database.name = reader.ReadLengthPrefixed();
  const uint8_t flags = reader.ReadByte();
  database.is_template = (flags & kTemplateFlag) != 0;
  database.allows_connections = (flags & kConnectionsFlag) != 0;
  const uint64_t limit = reader.ReadVarint64();
  database.connection_limit = static_cast<int32_t>(static_cast<int64_t>(limit) - 1);
  database.collate = reader.ReadLengthPrefixed();
  database.ctype = reader.ReadLengthPrefixed();
  database.comment = reader.ReadLengthPrefixed();
  const uint64_t count = reader.ReadVarint64();
  // Each takes two bytes at least, so a damaged count cannot ask for much.
  if (!reader.ok() || count > reader.rest().size() / 2) return DamagedDatabase();
  for (uint64_t i = 0; i < count; ++i) {
    std::string name(reader.ReadLengthPrefixed());
    database.settings[std::move(name)] = reader.ReadLengthPrefixed();
  }
  const bool is_whole = reader.ok() && reader.AtEnd() && database.settings.size() == count;
  if (!is_whole || database.oid == kInvalidOid || database.name.empty() ||
      limit > uint64_t{INT32_MAX} + 1 || flags > (kTemplateFlag | kConnectionsFlag)) {
    return DamagedDatabase();
  }
  return database;
}

}  // namespace shale::catalog
