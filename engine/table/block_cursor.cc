#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/table/block.h"

namespace shale::engine {
namespace {

// Reads a varint of up to 32 bits; null where it is malformed or passes the end.
const char* ReadVarint32(const char* from, const char* end, uint32_t* value) {
  uint64_t result = 0;
  for (int shift = 0; shift < 35 && from < end; shift += 7) {
    auto byte = static_cast<uint8_t>(*from++);
    result |= uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) {
      *value = static_cast<uint32_t>(result);
      return result > UINT32_MAX ? nullptr : from;
    }
  }
  return nullptr;
}

struct EntryHead {
  uint32_t shared;
  uint32_t rest;
  uint32_t value_bytes;
};

// Gives where the rest of the key begins, or null. What it gives lies wholly before the end.
inline const char* ReadEntryHead(const char* from, const char* end, EntryHead* head) {
  if (end - from >= 3) [[likely]] {
    auto shared = static_cast<uint8_t>(from[0]);
    auto rest = static_cast<uint8_t>(from[1]);
    auto value_bytes = static_cast<uint8_t>(from[2]);
    if ((shared | rest | value_bytes) < 0x80) {
      *head = {shared, rest, value_bytes};
      from += 3;
      return static_cast<size_t>(end - from) < size_t{rest} + value_bytes ? nullptr : from;
    }
  }
  if ((from = ReadVarint32(from, end, &head->shared)) == nullptr ||
      (from = ReadVarint32(from, end, &head->rest)) == nullptr ||
      (from = ReadVarint32(from, end, &head->value_bytes)) == nullptr) {
    return nullptr;
  }
  return static_cast<size_t>(end - from) < size_t{head->rest} + head->value_bytes ? nullptr : from;
}

// Whether what ReadEntryHead gave can follow an entry with this key.
inline bool IsSound(const char* rest, const EntryHead& head, std::string_view key_before) {
  return rest != nullptr && head.shared <= key_before.size() &&
         size_t{head.shared} + head.rest >= kTrailerBytes;
}

}  // namespace

bool BlockCursor::Open(std::string_view payload) {
  Invalidate();
  damaged_ = false;
  run_.clear();
  payload_ = {};
  entries_end_ = 0;
  restart_count_ = 0;
  if (payload.empty()) return true;
  if (payload.size() < sizeof(uint32_t) || payload.size() > kBlockBytesMax) return false;
  uint32_t count = LoadFixed<uint32_t>(payload.data() + payload.size() - sizeof(uint32_t));
  if (count > payload.size() / sizeof(uint32_t) - 1) return false;
  if (count == 0) return payload.size() == sizeof(uint32_t);
  payload_ = payload;
  restart_count_ = count;
  entries_end_ = static_cast<uint32_t>(payload.size() - (size_t{count} + 1) * sizeof(uint32_t));
  return true;
}

void BlockCursor::Invalidate() {
  valid_ = false;
  entry_offset_ = 0;
  next_offset_ = 0;
  key_ = {};
  value_ = {};
}

void BlockCursor::SetDamaged() {
  Invalidate();
  damaged_ = true;
}

// Keeps the key if it lies in the buffer.
void BlockCursor::GrowKeyBuffer(size_t bytes) {
  size_t grown_bytes = std::max(bytes, 2 * key_buffer_bytes_ + 64);
  auto grown = std::make_unique_for_overwrite<char[]>(grown_bytes);
  if (key_.data() == key_buffer_.get() && !key_.empty()) {
    std::memcpy(grown.get(), key_.data(), key_.size());
    key_ = {grown.get(), key_.size()};
  }
  key_buffer_ = std::move(grown);
  key_buffer_bytes_ = grown_bytes;
}

bool BlockCursor::ParseAt(uint32_t offset) {
  if (offset >= entries_end_) {
    Invalidate();
    return false;
  }
  EntryHead head;
  const char* rest = ReadEntryHead(payload_.data() + offset, payload_.data() + entries_end_, &head);
  if (!IsSound(rest, head, key_)) {
    SetDamaged();
    return false;
  }
  if (head.shared == 0) {
    key_ = {rest, head.rest};
  } else {
    size_t key_bytes = size_t{head.shared} + head.rest;
    if (key_bytes > key_buffer_bytes_) GrowKeyBuffer(key_bytes);
    if (key_.data() != key_buffer_.get()) std::memcpy(key_buffer_.get(), key_.data(), head.shared);
    std::memcpy(key_buffer_.get() + head.shared, rest, head.rest);
    key_ = {key_buffer_.get(), key_bytes};
  }
  value_ = {rest + head.rest, head.value_bytes};
  entry_offset_ = offset;
  next_offset_ = static_cast<uint32_t>(rest + head.rest + head.value_bytes - payload_.data());
  valid_ = true;
  return true;
}

void BlockCursor::SeekToRestart(uint32_t index) {
  run_.clear();
  key_ = {};
  if (index >= restart_count_) return Invalidate();
  uint32_t offset = RestartOffset(index);
  if (offset >= entries_end_) {
    SetDamaged();
    return;
  }
  ParseAt(offset);
}

std::string_view BlockCursor::RestartKey(uint32_t index) {
  uint32_t offset = RestartOffset(index);
  EntryHead head;
  const char* rest = offset >= entries_end_ ? nullptr
                                            : ReadEntryHead(payload_.data() + offset,
                                                            payload_.data() + entries_end_, &head);
  if (rest == nullptr || head.shared != 0 || head.rest < kTrailerBytes) {
    SetDamaged();
    return {};
  }
  return {rest, head.rest};
}

uint32_t BlockCursor::FindRestart(std::string_view internal_key) {
  uint32_t low = 0;
  uint32_t high = restart_count_ - 1;
  while (low < high) {
    uint32_t middle = low + (high - low + 1) / 2;
    std::string_view key = RestartKey(middle);
    if (damaged_) return 0;
    if (CompareInternalKeys(key, internal_key) < 0) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

void BlockCursor::Seek(std::string_view internal_key) {
  run_.clear();
  if (damaged_ || restart_count_ == 0) return Invalidate();
  uint32_t restart = FindRestart(internal_key);
  if (damaged_) return;
  SeekToRestart(restart);
  while (valid_ && CompareInternalKeys(key_, internal_key) < 0) ParseAt(next_offset_);
}

void BlockCursor::SeekForPrev(std::string_view internal_key) {
  Seek(internal_key);
  if (damaged_) return;
  if (!valid_) {
    SeekToLast();
  } else if (CompareInternalKeys(key_, internal_key) > 0) {
    Prev();
  }
}

void BlockCursor::SeekToFirst() {
  run_.clear();
  if (damaged_ || restart_count_ == 0) return Invalidate();
  SeekToRestart(0);
}

void BlockCursor::SeekToLast() {
  run_.clear();
  if (damaged_ || restart_count_ == 0) return Invalidate();
  SeekToRestart(restart_count_ - 1);
  while (valid_ && has_next()) ParseAt(next_offset_);
}

void BlockCursor::Next() {
  DCHECK(valid_);
  run_.clear();
  ParseAt(next_offset_);
}

// Entries can only be read forward. So the run in front of the current entry, back to its restart,
// is read once and kept; walking back then takes entries off its end.
void BlockCursor::Prev() {
  DCHECK(valid_);
  if (entry_offset_ == 0) return Invalidate();
  if (run_.empty() && !LoadRunBefore(entry_offset_)) return;
  RunEntry entry = run_.back();
  run_.pop_back();
  key_ = {run_keys_.data() + entry.key_offset, entry.key_bytes};
  value_ = entry.value;
  entry_offset_ = entry.offset;
  next_offset_ = entry.next_offset;
}

bool BlockCursor::LoadRunBefore(uint32_t offset) {
  uint32_t low = 0;  // the last restart below offset
  uint32_t high = restart_count_ - 1;
  while (low < high) {
    uint32_t middle = low + (high - low + 1) / 2;
    if (RestartOffset(middle) < offset) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  SeekToRestart(low);
  run_keys_.clear();
  while (valid_ && entry_offset_ < offset) {
    run_.push_back({entry_offset_, next_offset_, static_cast<uint32_t>(run_keys_.size()),
                    static_cast<uint32_t>(key_.size()), value_});
    run_keys_.append(key_);
    if (next_offset_ >= offset) break;
    ParseAt(next_offset_);
  }
  // The run must lead exactly to where the cursor stood.
  if (!valid_ || next_offset_ != offset) {
    run_.clear();
    SetDamaged();
    return false;
  }
  return true;
}

// Keys that share bytes with the one before are put together in the batch's arena, from there on
// the cursor needs no copy of its own until the run ends.
void BlockCursor::AppendRun(std::string_view limit, EntryBatch* batch) {
  DCHECK(valid_);
  run_.clear();
  std::string_view key = IsInBlock(key_) ? key_ : batch->arena().Copy(key_);
  const char* const end = payload_.data() + entries_end_;
  while (true) {
    batch->Add(key, value_);
    if (batch->full() || !has_next()) break;
    EntryHead head;
    const char* rest = ReadEntryHead(payload_.data() + next_offset_, end, &head);
    if (!IsSound(rest, head, key)) break;  // Next() will find the same and report it
    std::string_view next_key(rest, head.rest);
    if (head.shared > 0) {
      char* bytes = batch->arena().Allocate(size_t{head.shared} + head.rest);
      std::memcpy(bytes, key.data(), head.shared);
      std::memcpy(bytes + head.shared, rest, head.rest);
      next_key = {bytes, size_t{head.shared} + head.rest};
    }
    if (!limit.empty() && CompareInternalKeys(next_key, limit) >= 0) break;
    key = next_key;
    value_ = {rest + head.rest, head.value_bytes};
    entry_offset_ = next_offset_;
    next_offset_ = static_cast<uint32_t>(rest + head.rest + head.value_bytes - payload_.data());
  }
  if (!IsInBlock(key)) {
    key_ = {};
    if (key.size() > key_buffer_bytes_) GrowKeyBuffer(key.size());
    std::memcpy(key_buffer_.get(), key.data(), key.size());
    key = {key_buffer_.get(), key.size()};
  }
  key_ = key;
}

}  // namespace shale::engine
