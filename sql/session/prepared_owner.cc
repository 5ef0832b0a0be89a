#include "sql/session/prepared_owner.h"

#include <algorithm>

#include "engine/base/coding.h"

namespace shale::sql {
namespace {

constexpr uint8_t kVersion = 1;

Status DamagedOwner() {
  return Status(sqlstate::kDataCorrupted, "damaged owner of a prepared transaction");
}

catalog::Oid DatabaseNamed(std::string_view name, const catalog::DatabaseMap& databases) {
  if (name == "postgres") return catalog::kDefaultDatabaseOid;
  auto found = std::ranges::find_if(
      databases, [name](const auto& entry) { return entry.second->name == name; });
  return found != databases.end() ? found->first : catalog::kDefaultDatabaseOid;
}

// Up to the next zero, which is taken off, or the end.
std::string_view TakeText(std::string_view* bytes) {
  const size_t end = std::min(bytes->find('\0'), bytes->size());
  const std::string_view text = bytes->substr(0, end);
  bytes->remove_prefix(std::min(end + 1, bytes->size()));
  return text;
}

}  // namespace

std::string PreparedOwner::Encode() const {
  std::string payload(1, '\0');
  payload.push_back(static_cast<char>(kVersion));
  PutFixed32(&payload, database);
  return payload + role + '\0' + changes;
}

Result<PreparedOwner> PreparedOwner::Decode(std::string_view payload,
                                            const catalog::DatabaseMap& databases) {
  PreparedOwner owner;
  if (!payload.starts_with('\0')) {
    owner.role = TakeText(&payload);
    owner.database = DatabaseNamed(TakeText(&payload), databases);
    owner.changes = payload;
    return owner;
  }
  ByteReader reader(payload.substr(1));
  const uint8_t version = reader.ReadByte();
  if (version > kVersion) {
    return Error(sqlstate::kFeatureNotSupported,
                 "prepared transaction of format {} is not supported", version)
        .Hint("The data directory was written by a newer server.");
  }
  owner.database = reader.ReadFixed32();
  if (version == 0 || !reader.ok() || reader.rest().find('\0') == std::string_view::npos) {
    return DamagedOwner();
  }
  std::string_view rest = reader.rest();
  owner.role = TakeText(&rest);
  owner.changes = rest;
  return owner;
}

}  // namespace shale::sql
