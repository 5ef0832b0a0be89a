#include "catalog/keys.h"

#include <utility>

#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

// Kinds of keys in the lock family.
constexpr char kTableLock = 1;
constexpr char kNameLock = 2;
constexpr char kAdvisoryLock = 3;
constexpr char kDatabaseLock = 4;
constexpr char kDatabaseNameLock = 5;  // of names in other databases than the default one
constexpr size_t kLockPrefixBytes = 2;
constexpr size_t kAdvisoryBytes = 9;
// In place of a storage id.
constexpr uint32_t kTemporarySequences = 0xffff'ffff;

// What follows the prefix of a lock's key of the kind; nothing: it is none.
std::optional<std::string_view> LockBody(std::string_view key, char kind) {
  if (key.size() < kLockPrefixBytes || key[0] != kLockFamily || key[1] != kind) return std::nullopt;
  return key.substr(kLockPrefixBytes);
}

// Keys of the default database are as they were before there were others: locks of prepared
// transactions are stored, as records are.
bool IsDefault(Oid database) { return database == kDefaultDatabaseOid; }

void AppendOtherDatabase(Oid database, std::string* key) {
  if (!IsDefault(database)) PutBigEndian32(key, database);
}

// The database behind `bytes` bytes of a lock's body; nothing: it has another size.
std::optional<Oid> DatabaseBehind(std::string_view body, size_t bytes) {
  if (body.size() == bytes) return kDefaultDatabaseOid;
  if (body.size() != bytes + sizeof(Oid)) return std::nullopt;
  return LoadBigEndian32(body.data() + bytes);
}

}  // namespace

std::string RecordPrefix(Oid database) {
  std::string key(1, IsDefault(database) ? kRecordFamily : kDatabaseRecordFamily);
  AppendOtherDatabase(database, &key);
  return key;
}

std::string RecordPrefix(Oid database, ObjectKind kind) {
  std::string key = RecordPrefix(database);
  key.push_back(static_cast<char>(kind));
  return key;
}

std::string RecordKey(Oid database, ObjectKind kind, Oid oid) {
  std::string key = RecordPrefix(database, kind);
  PutBigEndian32(&key, oid);
  return key;
}

std::string SequenceKey(Oid database, const SequenceDesc& sequence) {
  std::string key;
  if (IsTemporarySchema(sequence.schema_name)) {
    AppendRowPrefix(kTemporarySequences, &key);
  } else {
    key.push_back(IsDefault(database) ? kSequenceFamily : kDatabaseSequenceFamily);
    AppendOtherDatabase(database, &key);
  }
  PutBigEndian32(&key, sequence.oid);
  return key;
}

engine::KeyRange SequenceRange(Oid database) {
  std::string prefix(1, IsDefault(database) ? kSequenceFamily : kDatabaseSequenceFamily);
  AppendOtherDatabase(database, &prefix);
  return PrefixRange(std::move(prefix));
}

std::string CounterKey(std::string_view name) {
  std::string key(1, kCounterFamily);
  key += name;
  return key;
}

std::string RowCounterKey(uint32_t storage_id) {
  std::string name = "row";
  PutBigEndian32(&name, storage_id);
  return CounterKey(name);
}

std::string NameLockKey(Oid database, Oid schema, std::string_view name) {
  std::string key = {kLockFamily, IsDefault(database) ? kNameLock : kDatabaseNameLock};
  AppendOtherDatabase(database, &key);
  PutBigEndian32(&key, schema);
  key += name;
  return key;
}

std::string TableLockKey(Oid database, Oid table) {
  std::string key = {kLockFamily, kTableLock};
  PutBigEndian32(&key, table);
  AppendOtherDatabase(database, &key);
  return key;
}

std::string DatabaseLockKey(Oid database) {
  std::string key = {kLockFamily, kDatabaseLock};
  PutBigEndian32(&key, database);
  return key;
}

std::string AdvisoryLockKey(Oid database, const AdvisoryKey& advisory) {
  std::string key = {kLockFamily, kAdvisoryLock};
  PutBigEndian32(&key, advisory.class_id);
  PutBigEndian32(&key, advisory.object_id);
  key.push_back(static_cast<char>(advisory.kind));
  AppendOtherDatabase(database, &key);
  return key;
}

std::optional<LockedTable> TableOfLockKey(std::string_view key) {
  const std::optional<std::string_view> body = LockBody(key, kTableLock);
  if (!body) return std::nullopt;
  const std::optional<Oid> database = DatabaseBehind(*body, sizeof(Oid));
  if (!database) return std::nullopt;
  return LockedTable{*database, LoadBigEndian32(body->data())};
}

std::optional<LockedAdvisory> AdvisoryOfLockKey(std::string_view key) {
  const std::optional<std::string_view> body = LockBody(key, kAdvisoryLock);
  if (!body) return std::nullopt;
  const std::optional<Oid> database = DatabaseBehind(*body, kAdvisoryBytes);
  if (!database) return std::nullopt;
  const char* data = body->data();
  return LockedAdvisory{*database, AdvisoryKey{LoadBigEndian32(data), LoadBigEndian32(data + 4),
                                               static_cast<uint8_t>(data[8])}};
}

std::optional<Oid> DatabaseOfLockKey(std::string_view key) {
  const std::optional<std::string_view> body = LockBody(key, kDatabaseLock);
  if (!body || body->size() != sizeof(Oid)) return std::nullopt;
  return LoadBigEndian32(body->data());
}

std::optional<uint32_t> StorageOfRowKey(std::string_view key) {
  if (key.size() < kRowPrefixBytes || key[0] != kRowFamily) return std::nullopt;
  return LoadBigEndian32(key.data() + 1);
}

void AppendRowPrefix(uint32_t storage_id, std::string* out) {
  out->push_back(kRowFamily);
  PutBigEndian32(out, storage_id);
}

engine::KeyRange RowRange(uint32_t storage_id) {
  std::string prefix;
  AppendRowPrefix(storage_id, &prefix);
  return PrefixRange(std::move(prefix));
}

const engine::KeyRange& TemporaryRange() {
  static const engine::KeyRange range = [] {
    engine::KeyRange whole;
    AppendRowPrefix(kTemporaryStorage, &whole.begin);
    whole.end = PrefixEnd(std::string(1, kRowFamily));
    return whole;
  }();
  return range;
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty()) {
    if (static_cast<unsigned char>(end.back()) != 0xff) {
      ++end.back();
      return end;
    }
    end.pop_back();
  }
  return end;
}

engine::KeyRange PrefixRange(std::string prefix) {
  engine::KeyRange range;
  range.end = PrefixEnd(prefix);
  range.begin = std::move(prefix);
  return range;
}

}  // namespace shale::catalog
