#include "engine/table/packed_block.h"

#include <algorithm>
#include <cstring>

#include "engine/base/coding.h"
#include "engine/base/packed_column.h"
#include "engine/format/internal_key.h"
#include "engine/table/block_builder.h"
#include "engine/table/table_format.h"

namespace shale::engine {
namespace {

// Keys that are longer than a thread's buffer keeps are rare.
constexpr size_t kKeyBytesKept = 64 << 10;

}  // namespace

// What it reads was built in this process, yet a block that does not fit is left as it is.
bool BlockPacker::Split(std::string_view block) {
  for (std::vector<uint64_t>& column : columns_) column.clear();
  rests_.clear();
  last_key_.clear();
  if (block.size() < kSortedBlockTailBytes) return false;
  const size_t before_tail = block.size() - kSortedBlockTailBytes;
  const size_t keys_bytes = LoadFixed<uint32_t>(block.data() + before_tail);
  const size_t restarts = LoadFixed<uint32_t>(block.data() + before_tail + 2 * sizeof(uint32_t));
  if (restarts == 0 || restarts > before_tail / kRestartBytes) return false;
  const size_t values_end = before_tail - restarts * kRestartBytes;
  if (keys_bytes > values_end) return false;
  values_ = block.substr(keys_bytes, values_end - keys_bytes);

  const char* restart_offsets = block.data() + values_end + restarts * sizeof(uint32_t);
  auto restart_offset = [&](size_t index) {
    return LoadFixed<uint32_t>(restart_offsets + index * sizeof(uint32_t));
  };
  size_t restart = 0;  // the next one
  entries_per_restart_ = 0;
  ByteReader reader(block.substr(0, keys_bytes));
  while (!reader.empty()) {
    const size_t count = columns_[kShared].size();
    const size_t offset = keys_bytes - reader.rest().size();
    if (restart < restarts && restart_offset(restart) == offset) {
      if (restart == 1) entries_per_restart_ = count;
      if (restart > 0 && count != restart * entries_per_restart_) return false;
      ++restart;
    }
    const uint64_t shared = reader.ReadVarint32();
    const uint64_t rest = reader.ReadVarint32();
    const uint64_t value_bytes = reader.ReadVarint32();
    const std::string_view rest_of_key = reader.ReadBytes(rest);
    if (!reader.ok() || shared > last_key_.size() || shared + rest < kTrailerBytes) return false;
    last_key_.resize(shared);
    last_key_ += rest_of_key;
    const uint64_t user_bytes = last_key_.size() - kTrailerBytes;
    const uint64_t user_shared = std::min(shared, user_bytes);
    const uint64_t trailer = Trailer(last_key_);
    columns_[kShared].push_back(user_shared);
    columns_[kRest].push_back(user_bytes - user_shared);
    columns_[kValueBytes].push_back(value_bytes);
    columns_[kType].push_back(static_cast<uint64_t>(TrailerType(trailer)));
    columns_[kSequence].push_back(TrailerSequence(trailer));
    rests_ += std::string_view(last_key_).substr(user_shared, user_bytes - user_shared);
  }
  if (restart != restarts) return false;
  if (restarts == 1) entries_per_restart_ = columns_[kShared].size();
  return true;
}

std::string_view BlockPacker::Pack(std::string_view block) {
  if (!Split(block)) return {};
  packed_.clear();
  PutVarint64(&packed_, columns_[kShared].size());
  PutVarint64(&packed_, entries_per_restart_);
  for (const std::vector<uint64_t>& column : columns_) AppendPackedColumn(column, &packed_);
  packed_ += rests_;
  packed_ += values_;
  if (packed_.size() >= block.size()) return {};
  return packed_;
}

bool UnpackBlock(std::string_view packed, std::span<char> block) {
  ByteReader reader(packed);
  const uint64_t entries = reader.ReadVarint64();
  const uint64_t entries_per_restart = reader.ReadVarint64();
  // Each entry has a head, of three bytes at least.
  if (!reader.ok() || entries == 0 || entries > block.size() / 3 || entries_per_restart == 0) {
    return false;
  }
  PackedColumn shared_bytes;
  PackedColumn rest_bytes;
  PackedColumn value_bytes;
  PackedColumn types;
  PackedColumn sequences;
  for (PackedColumn* column : {&shared_bytes, &rest_bytes, &value_bytes, &types, &sequences}) {
    if (!column->Open(entries, &reader)) return false;
  }
  const uint64_t restarts = (entries - 1) / entries_per_restart + 1;
  uint64_t values_bytes = 0;
  for (uint64_t i = 0; i < entries && values_bytes <= block.size(); ++i) {
    values_bytes += value_bytes[i];
  }
  const uint64_t behind_keys = values_bytes + restarts * kRestartBytes + kSortedBlockTailBytes;
  if (behind_keys > block.size() || values_bytes > reader.rest().size()) return false;
  const size_t keys_bytes = block.size() - behind_keys;
  std::string_view rests = reader.rest();
  const std::string_view values = rests.substr(rests.size() - values_bytes);
  rests.remove_suffix(values_bytes);

  thread_local std::string key;  // of the entry before
  thread_local std::vector<BlockRestart> restart_list;
  restart_list.clear();
  size_t key_bytes = 0;
  char* at = block.data();
  char* const keys_end = block.data() + keys_bytes;
  uint64_t value_offset = 0;
  uint64_t until_restart = 0;
  for (uint64_t i = 0; i < entries; ++i) {
    const bool is_restart = until_restart == 0;
    until_restart = (is_restart ? entries_per_restart : until_restart) - 1;
    const uint64_t user_shared = shared_bytes[i];
    const uint64_t user_rest = rest_bytes[i];
    if (user_shared > (is_restart ? 0 : key_bytes) || user_rest > rests.size()) return false;
    const uint64_t trailer = sequences[i] << 8 | types[i];
    const size_t user_bytes = user_shared + user_rest;
    if (key.size() < user_bytes + kTrailerBytes) key.resize(user_bytes + kTrailerBytes);
    size_t shared = user_shared;
    if (user_rest == 0 && !is_restart) {
      // Trailers may begin as the bytes there do.
      shared += CommonPrefixBytes(reinterpret_cast<const char*>(&trailer), key.data() + user_bytes,
                                  std::min(kTrailerBytes, key_bytes - user_bytes));
    }
    std::memcpy(key.data() + user_shared, rests.data(), user_rest);
    std::memcpy(key.data() + user_bytes, &trailer, kTrailerBytes);
    rests.remove_prefix(user_rest);
    key_bytes = user_bytes + kTrailerBytes;

    const size_t rest = key_bytes - shared;
    const auto offset = static_cast<uint32_t>(at - block.data());
    char head[3 * kVarint64BytesMax];
    char* head_end = StoreVarint(head, shared);
    head_end = StoreVarint(head_end, rest);
    head_end = StoreVarint(head_end, value_bytes[i]);
    const size_t head_bytes = head_end - head;
    if (head_bytes + rest > static_cast<size_t>(keys_end - at)) return false;
    std::memcpy(at, head, head_bytes);
    at += head_bytes;
    if (is_restart) {
      restart_list.push_back({offset, static_cast<uint32_t>(value_offset),
                              static_cast<uint32_t>(at - block.data()),
                              static_cast<uint32_t>(user_bytes)});
    }
    std::memcpy(at, key.data() + shared, rest);
    at += rest;
    value_offset += value_bytes[i];
  }
  if (key.size() > kKeyBytesKept) std::string().swap(key);
  if (at != keys_end || !rests.empty()) return false;
  std::memcpy(at, values.data(), values.size());
  StoreBlockTail(block.data(), static_cast<uint32_t>(keys_bytes), restart_list, at + values.size());
  return true;
}

}  // namespace shale::engine
