#include "catalog/keys.h"

#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

// Kinds of keys in the lock family.
constexpr char kTableLock = 1;
constexpr char kNameLock = 2;
constexpr char kAdvisoryLock = 3;
constexpr size_t kLockPrefixBytes = 2;
// In place of a storage id.
constexpr uint32_t kTemporarySequences = 0xffff'ffff;

bool HasLockPrefix(std::string_view key, char kind, size_t bytes) {
  return key.size() == bytes && key[0] == kLockFamily && key[1] == kind;
}

}  // namespace

std::string RecordKey(ObjectKind kind, Oid oid) {
  std::string key = {kRecordFamily, static_cast<char>(kind)};
  PutBigEndian32(&key, oid);
  return key;
}

std::string SequenceKey(const SequenceDesc& sequence) {
  std::string key;
  if (IsTemporarySchema(sequence.schema_name)) {
    AppendRowPrefix(kTemporarySequences, &key);
  } else {
    key.push_back(kSequenceFamily);
  }
  PutBigEndian32(&key, sequence.oid);
  return key;
}

std::string CounterKey(std::string_view name) {
  std::string key(1, kCounterFamily);
  key += name;
  return key;
}

std::string NameLockKey(Oid schema, std::string_view name) {
  std::string key = {kLockFamily, kNameLock};
  PutBigEndian32(&key, schema);
  key += name;
  return key;
}

std::string TableLockKey(Oid table) {
  std::string key = {kLockFamily, kTableLock};
  PutBigEndian32(&key, table);
  return key;
}

std::string AdvisoryLockKey(const AdvisoryKey& advisory) {
  std::string key = {kLockFamily, kAdvisoryLock};
  PutBigEndian32(&key, advisory.class_id);
  PutBigEndian32(&key, advisory.object_id);
  key.push_back(static_cast<char>(advisory.kind));
  return key;
}

std::optional<Oid> TableOfLockKey(std::string_view key) {
  if (!HasLockPrefix(key, kTableLock, kLockPrefixBytes + 4)) return std::nullopt;
  return LoadBigEndian32(key.data() + kLockPrefixBytes);
}

std::optional<AdvisoryKey> AdvisoryOfLockKey(std::string_view key) {
  if (!HasLockPrefix(key, kAdvisoryLock, kLockPrefixBytes + 9)) return std::nullopt;
  const char* data = key.data() + kLockPrefixBytes;
  return AdvisoryKey{LoadBigEndian32(data), LoadBigEndian32(data + 4),
                     static_cast<uint8_t>(data[8])};
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
  engine::KeyRange range;
  AppendRowPrefix(storage_id, &range.begin);
  range.end = PrefixEnd(range.begin);
  return range;
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

}  // namespace shale::catalog
