// What a prepared transaction is on disk: rows under reserved keys, written with one batch when it
// is prepared and deleted with the batch of its outcome. Integers are little-endian.
//
//   key    FF FF 70 | name | 00 | part (u32, big-endian)
//   part 0 format version u8, 2 | at SERIALIZABLE u8, 0 or 1 | transaction id u64 | prepared at,
//   microseconds since 1970, u64 |
//          number of further parts with writes u32 | of those with locks, after these, u32 (not in
//          version 1) | payload, length-prefixed |
//          number of locks varint | each: mode u8 | key, length-prefixed |
//          at SERIALIZABLE, to the end, ranges read: begin | end, length-prefixed
//   others a chunk each of what it writes, as a WriteBatch encodes it; then of locks that it has
//          compactly: numbers u64, up to 32,768 (engine/txn/compact_holds.h)
//
// Lengths are varints. The name has no byte 00.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/kv_store.h"

namespace shale::engine {

struct PreparedRecord {
  bool serializable = false;
  uint64_t id = 0;
  int64_t prepared_us = 0;
  uint32_t chunks = 0;
  uint32_t lock_chunks = 0;
  std::string payload;
  std::vector<std::pair<LockMode, std::string>> locks;
  std::vector<KeyRange> reads;

  uint32_t parts() const { return 1 + chunks + lock_chunks; }
};

std::string PreparedKey(std::string_view name, uint32_t part);
// False where the bytes are no such key.
bool DecodePreparedKey(std::string_view key, std::string* name, uint32_t* part);

std::string EncodePreparedRecord(const PreparedRecord& record);
// XX001 where the bytes are no record, 0A000 for one of a later version.
Result<PreparedRecord> DecodePreparedRecord(std::string_view name, std::string_view bytes);

// The chunks of locks, in their order; and one's locks, those that are whole.
std::vector<std::string> EncodeLockChunks(std::span<const uint64_t> locks);
std::vector<uint64_t> DecodeLockChunk(std::string_view chunk);

// XX001: `prepared transaction "NAME": WHAT`.
Status DamagedPrepared(std::string_view name, std::string_view what);

}  // namespace shale::engine
