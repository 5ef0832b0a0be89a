#include "engine/mvcc/prepared_record.h"

#include "engine/base/coding.h"
#include "engine/mvcc/reserved_keys.h"
#include "engine/txn/lock_modes.h"

namespace shale::engine {
namespace {

constexpr uint8_t kPreparedVersion = 2;
constexpr size_t kLocksEach = 32'768;
constexpr size_t kPartBytes = sizeof(uint32_t);

}  // namespace

std::string PreparedKey(std::string_view name, uint32_t part) {
  std::string key(kPreparedBegin);
  key += name;
  key.push_back('\0');
  PutBigEndian32(&key, part);
  return key;
}

bool DecodePreparedKey(std::string_view key, std::string* name, uint32_t* part) {
  if (!key.starts_with(kPreparedBegin)) return false;
  key.remove_prefix(kPreparedBegin.size());
  const size_t end = key.find('\0');
  if (end == std::string_view::npos || key.size() - end != 1 + kPartBytes) return false;
  *name = key.substr(0, end);
  *part = LoadBigEndian32(key.data() + end + 1);
  return true;
}

std::string EncodePreparedRecord(const PreparedRecord& record) {
  std::string bytes(1, static_cast<char>(kPreparedVersion));
  bytes.push_back(record.serializable ? 1 : 0);
  PutFixed64(&bytes, record.id);
  PutFixed64(&bytes, static_cast<uint64_t>(record.prepared_us));
  PutFixed32(&bytes, record.chunks);
  PutFixed32(&bytes, record.lock_chunks);
  PutLengthPrefixed(&bytes, record.payload);
  PutVarint64(&bytes, record.locks.size());
  for (const auto& [mode, key] : record.locks) {
    bytes.push_back(static_cast<char>(mode));
    PutLengthPrefixed(&bytes, key);
  }
  for (const KeyRange& range : record.reads) {
    PutLengthPrefixed(&bytes, range.begin);
    PutLengthPrefixed(&bytes, range.end);
  }
  return bytes;
}

Result<PreparedRecord> DecodePreparedRecord(std::string_view name, std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.ReadByte();
  if (reader.ok() && (version < 1 || version > kPreparedVersion)) {
    return NotSupported(
        fmt::format("prepared transaction \"{}\" of format version {}", name, version));
  }
  PreparedRecord record;
  record.serializable = reader.ReadByte() != 0;
  record.id = reader.ReadFixed64();
  record.prepared_us = static_cast<int64_t>(reader.ReadFixed64());
  record.chunks = reader.ReadFixed32();
  if (version > 1) record.lock_chunks = reader.ReadFixed32();
  record.payload = reader.ReadLengthPrefixed();
  for (uint64_t locks = reader.ReadVarint64(); reader.ok() && locks > 0; --locks) {
    const uint8_t mode = reader.ReadByte();
    std::string_view key = reader.ReadLengthPrefixed();
    if (mode >= kLockModeCount) return DamagedPrepared(name, "unknown lock mode");
    record.locks.emplace_back(static_cast<LockMode>(mode), key);
  }
  while (reader.ok() && !reader.empty()) {
    std::string_view begin = reader.ReadLengthPrefixed();
    std::string_view end = reader.ReadLengthPrefixed();
    record.reads.push_back({std::string(begin), std::string(end)});
  }
  if (!reader.ok()) return DamagedPrepared(name, "record cut off");
  return record;
}

std::vector<std::string> EncodeLockChunks(std::span<const uint64_t> locks) {
  std::vector<std::string> chunks;
  for (size_t i = 0; i < locks.size(); ++i) {
    if (i % kLocksEach == 0) chunks.emplace_back();
    PutFixed64(&chunks.back(), locks[i]);
  }
  return chunks;
}

std::vector<uint64_t> DecodeLockChunk(std::string_view chunk) {
  std::vector<uint64_t> locks(chunk.size() / sizeof(uint64_t));
  for (size_t i = 0; i < locks.size(); ++i) {
    locks[i] = LoadFixed<uint64_t>(chunk.data() + i * sizeof(uint64_t));
  }
  return locks;
}

Status DamagedPrepared(std::string_view name, std::string_view what) {
  return Error(sqlstate::kDataCorrupted, "prepared transaction \"{}\": {}", name, what);
}

}  // namespace shale::engine
