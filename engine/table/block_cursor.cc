#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/table/block.h"

namespace shale::engine {
namespace {

// Of a run of entries that begins at a restart.
constexpr uint32_t kRunBytesPrefetched = 256;

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

// Gives where the rest of the key begins, or null. The key lies wholly before the end.
inline const char* ReadEntryHead(const char* from, const char* end, EntryHead* head) {
  if (end - from >= 3) [[likely]] {
    auto shared = static_cast<uint8_t>(from[0]);
    auto rest = static_cast<uint8_t>(from[1]);
    auto value_bytes = static_cast<uint8_t>(from[2]);
    if ((shared | rest | value_bytes) < 0x80) {
      *head = {shared, rest, value_bytes};
      from += 3;
      return static_cast<size_t>(end - from) < size_t{rest} ? nullptr : from;
    }
  }
  if ((from = ReadVarint32(from, end, &head->shared)) == nullptr ||
      (from = ReadVarint32(from, end, &head->rest)) == nullptr ||
      (from = ReadVarint32(from, end, &head->value_bytes)) == nullptr) {
    return nullptr;
  }
  return static_cast<size_t>(end - from) < size_t{head->rest} ? nullptr : from;
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
  keys_end_ = 0;
  values_end_ = 0;
  restart_count_ = 0;
  if (payload.empty()) return true;
  if (payload.size() < kSortedBlockTailBytes || payload.size() > kBlockBytesMax) return false;
  size_t before_tail = payload.size() - kSortedBlockTailBytes;
  const char* tail = payload.data() + before_tail;
  uint32_t keys_bytes = LoadFixed<uint32_t>(tail);
  uint32_t common_bytes = LoadFixed<uint32_t>(tail + sizeof(uint32_t));
  uint32_t count = LoadFixed<uint32_t>(tail + 2 * sizeof(uint32_t));
  if (count > before_tail / kRestartBytes) return false;
  if (count == 0) return before_tail == 0 && keys_bytes == 0 && common_bytes == 0;
  size_t values_end = before_tail - count * kRestartBytes;
  if (keys_bytes > values_end) return false;
  payload_ = payload;
  restart_count_ = count;
  common_bytes_ = common_bytes;
  keys_end_ = keys_bytes;
  values_end_ = static_cast<uint32_t>(values_end);
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

bool BlockCursor::ParseAt(uint32_t offset, size_t value_offset) {
  if (offset >= keys_end_) {
    Invalidate();
    return false;
  }
  EntryHead head;
  const char* rest = ReadEntryHead(payload_.data() + offset, payload_.data() + keys_end_, &head);
  if (!IsSound(rest, head, key_) || value_offset + head.value_bytes > values_end_) {
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
  value_ = {payload_.data() + value_offset, head.value_bytes};
  entry_offset_ = offset;
  next_offset_ = static_cast<uint32_t>(rest + head.rest - payload_.data());
  valid_ = true;
  return true;
}

void BlockCursor::SeekToRestart(uint32_t index) {
  run_.clear();
  key_ = {};
  if (index >= restart_count_) return Invalidate();
  uint32_t offset = RestartOffset(index);
  if (offset >= keys_end_) {
    SetDamaged();
    return;
  }
  ParseAt(offset, RestartValueOffset(index));
}

std::string_view BlockCursor::RestartKey(uint32_t index) {
  uint32_t offset = RestartOffset(index);
  EntryHead head;
  const char* rest = offset >= keys_end_ ? nullptr
                                         : ReadEntryHead(payload_.data() + offset,
                                                         payload_.data() + keys_end_, &head);
  if (rest == nullptr || head.shared != 0 || head.rest < kTrailerBytes) {
    SetDamaged();
    return {};
  }
  return {rest, head.rest};
}

uint32_t BlockCursor::SearchRestarts(std::string_view internal_key, uint32_t low, uint32_t high) {
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    std::string_view key = RestartKey(middle);
    if (damaged_) return 0;
    if (CompareInternalKeys(key, internal_key) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The prefixes lie side by side: searching them touches a cache line or two, where every restart's
// key would cost one.
uint32_t BlockCursor::GuessRestartsBefore(std::string_view internal_key) {
  uint32_t prefix = RestartPrefix(UserKey(internal_key), common_bytes_);
  uint32_t low = 0;
  for (uint32_t count = restart_count_; count > 1;) {
    uint32_t half = count / 2;
    low += RestartPrefixAt(low + half - 1) < prefix ? half : 0;
    count -= half;
  }
  low += RestartPrefixAt(low) < prefix ? 1 : 0;
  uint32_t high = low;
  for (uint32_t step = 1; high < restart_count_ && RestartPrefixAt(high) == prefix; step *= 2) {
    high = std::min(high + step, restart_count_);
  }
  return SearchRestarts(internal_key, low, high);
}

uint32_t BlockCursor::CountRestartsBefore(std::string_view internal_key) {
  if (damaged_ || restart_count_ == 0) return 0;
  uint32_t count = GuessRestartsBefore(internal_key);
  auto is_before = [&](uint32_t index) {
    std::string_view key = RestartKey(index);
    return !damaged_ && CompareInternalKeys(key, internal_key) < 0;
  };
  bool right = (count == 0 || is_before(count - 1)) &&
               (count == restart_count_ || (!is_before(count) && !damaged_));
  if (right && !damaged_) return count;
  return damaged_ ? 0 : SearchRestarts(internal_key, 0, restart_count_);
}

void BlockCursor::Seek(std::string_view internal_key) {
  PrepareSeek(internal_key);
  FinishSeek(internal_key);
}

// The search walks over a run from the restart on: a line or a few, which come together.
void BlockCursor::PrepareSeek(std::string_view internal_key) {
  if (damaged_ || restart_count_ == 0) return;
  seek_count_ = GuessRestartsBefore(internal_key);
  if (damaged_) return;
  const uint32_t offset = RestartOffset(seek_count_ == 0 ? 0 : seek_count_ - 1);
  if (offset >= keys_end_) return;
  const char* run = payload_.data() + offset;
  const uint32_t run_bytes = std::min(keys_end_ - offset, kRunBytesPrefetched);
  for (uint32_t i = 0; i < run_bytes; i += 64) __builtin_prefetch(run + i);
}

void BlockCursor::FinishSeek(std::string_view internal_key) {
  run_.clear();
  if (damaged_ || restart_count_ == 0) return Invalidate();
  uint32_t count = seek_count_;
  SeekToRestart(count == 0 ? 0 : count - 1);
  if (count > 1 && valid_ && CompareInternalKeys(key_, internal_key) >= 0) {
    count = SearchRestarts(internal_key, 0, count - 1);
    if (damaged_) return;
    SeekToRestart(count == 0 ? 0 : count - 1);
  }
  ScanTo(internal_key);
}

// Walks without putting keys together: from how much of the key the entry before matched and how
// much the next one shares with that entry follows what is left to compare, mostly nothing.
//
// With P the entry before (P < target, its user key equal to the target's in exactly `matched`
// bytes and different in the next one) and K the entry that shares `shared` bytes with P:
//   shared > matched: K differs from the target where P does, in the same byte: K < target
//   shared <= matched: K begins with the target's first `shared` bytes; the rest decides
// Where P's user key is the target's or its beginning, whole keys are compared from there on.
void BlockCursor::ScanTo(std::string_view internal_key) {
  if (!valid_ || CompareInternalKeys(key_, internal_key) >= 0) return;
  const std::string_view target = UserKey(internal_key);
  const char* const end = payload_.data() + keys_end_;
  size_t user_bytes = UserKey(key_).size();  // of the entry before
  size_t matched =
      CommonPrefixBytes(key_.data(), target.data(), std::min(user_bytes, target.size()));
  uint32_t whole_key_offset = entry_offset_;  // of the last entry that shares nothing
  size_t whole_key_value_offset = value_.data() - payload_.data();
  uint32_t offset = next_offset_;
  size_t value_offset = NextValueOffset();
  while (matched < user_bytes && matched < target.size()) {
    if (offset >= keys_end_) return Invalidate();
    EntryHead head;
    const char* rest = ReadEntryHead(payload_.data() + offset, end, &head);
    if (rest == nullptr || head.shared > user_bytes + kTrailerBytes ||
        size_t{head.shared} + head.rest < kTrailerBytes) {
      return SetDamaged();
    }
    if (head.shared == 0) {
      whole_key_offset = offset;
      whole_key_value_offset = value_offset;
    }
    user_bytes = size_t{head.shared} + head.rest - kTrailerBytes;
    if (head.shared > matched) {
      if (user_bytes <= matched) break;
    } else {
      if (user_bytes < head.shared) break;
      size_t common = std::min(user_bytes, target.size()) - head.shared;
      size_t same = CommonPrefixBytes(rest, target.data() + head.shared, common);
      matched = head.shared + same;
      bool found;
      if (same < common) {
        found = static_cast<uint8_t>(rest[same]) > static_cast<uint8_t>(target[matched]);
      } else if (user_bytes == target.size()) {
        found = LoadFixed<uint64_t>(rest + head.rest - kTrailerBytes) <= Trailer(internal_key);
      } else {
        found = user_bytes > target.size();
      }
      if (found) return ParseSharing(internal_key, offset, value_offset, head.shared);
    }
    offset = static_cast<uint32_t>(rest + head.rest - payload_.data());
    value_offset += head.value_bytes;
  }
  key_ = {};
  ParseAt(whole_key_offset, whole_key_value_offset);
  ScanWholeKeysTo(internal_key);
}

void BlockCursor::ParseSharing(std::string_view key, uint32_t offset, size_t value_offset,
                               size_t shared) {
  if (shared > 0) {
    if (shared > key_buffer_bytes_) GrowKeyBuffer(shared);
    std::memcpy(key_buffer_.get(), key.data(), shared);
  }
  key_ = {key_buffer_.get(), shared};
  ParseAt(offset, value_offset);
}

void BlockCursor::ScanWholeKeysTo(std::string_view internal_key) {
  while (valid_ && CompareInternalKeys(key_, internal_key) < 0) {
    ParseAt(next_offset_, NextValueOffset());
  }
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
  while (valid_ && has_next()) ParseAt(next_offset_, NextValueOffset());
}

void BlockCursor::Next() {
  DCHECK(valid_);
  run_.clear();
  ParseAt(next_offset_, NextValueOffset());
}

// Entries can only be read forward. So the run in front of the current entry, back to its restart,
// is read once and kept; walking back then takes entries off its end.
void BlockCursor::Prev() {
  DCHECK(valid_);
  if (entry_offset_ == 0) return Invalidate();
  if (run_.empty() && !LoadRunBefore(entry_offset_)) return SetDamaged();
  RunEntry entry = run_.back();
  run_.pop_back();
  key_ = RunKey(entry);
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
  run_.clear();
  run_keys_.clear();
  const char* const end = payload_.data() + keys_end_;
  uint32_t at = RestartOffset(low);
  size_t value_at = RestartValueOffset(low);
  size_t last_key_offset = 0;
  while (at < offset) {
    EntryHead head;
    const char* rest = ReadEntryHead(payload_.data() + at, end, &head);
    size_t key_offset = run_keys_.size();
    if (!IsSound(rest, head, std::string_view(run_keys_).substr(last_key_offset)) ||
        value_at + head.value_bytes > values_end_) {
      break;
    }
    run_keys_.resize(key_offset + head.shared + head.rest);
    char* key = run_keys_.data() + key_offset;
    if (head.shared > 0) std::memcpy(key, run_keys_.data() + last_key_offset, head.shared);
    std::memcpy(key + head.shared, rest, head.rest);
    auto next = static_cast<uint32_t>(rest + head.rest - payload_.data());
    run_.push_back({at,
                    next,
                    static_cast<uint32_t>(key_offset),
                    head.shared + head.rest,
                    {payload_.data() + value_at, head.value_bytes}});
    last_key_offset = key_offset;
    at = next;
    value_at += head.value_bytes;
  }
  // The run must lead exactly to where the cursor stands.
  if (at == offset && !run_.empty()) return true;
  run_.clear();
  return false;
}

void BlockCursor::OwnKey() {
  if (IsInBlock(key_) || key_.data() == key_buffer_.get()) return;
  std::string_view key = key_;
  key_ = {};
  if (key.size() > key_buffer_bytes_) GrowKeyBuffer(key.size());
  std::memcpy(key_buffer_.get(), key.data(), key.size());
  key_ = {key_buffer_.get(), key.size()};
}

// Runs are decoded as a whole; their keys are copied into the arena as a whole too.
void BlockCursor::AppendRunBackward(std::string_view limit, EntryBatch* batch) {
  DCHECK(valid_);
  batch->Add(IsInBlock(key_) ? key_ : batch->arena().Copy(key_), value_);
  OwnKey();
  while (!batch->full() && entry_offset_ > 0) {
    // A malformed run shows at the Prev that follows.
    if (run_.empty() && !LoadRunBefore(entry_offset_)) return;
    std::string_view keys = batch->arena().Copy(
        std::string_view(run_keys_).substr(0, run_.back().key_offset + run_.back().key_bytes));
    bool stopped = false;
    while (!run_.empty() && !batch->full()) {
      const RunEntry& entry = run_.back();
      std::string_view key = keys.substr(entry.key_offset, entry.key_bytes);
      stopped = !limit.empty() && CompareInternalKeys(key, limit) <= 0;
      if (stopped) break;
      key_ = key;
      value_ = entry.value;
      entry_offset_ = entry.offset;
      next_offset_ = entry.next_offset;
      batch->Add(key, value_);
      run_.pop_back();
    }
    OwnKey();
    if (stopped) return;
  }
}

// Keys that share bytes with the one before are put together in the batch's arena, from there on
// the cursor needs no copy of its own until the run ends.
void BlockCursor::AppendRun(std::string_view limit, EntryBatch* batch) {
  DCHECK(valid_);
  run_.clear();
  std::string_view key = IsInBlock(key_) ? key_ : batch->arena().Copy(key_);
  const char* const end = payload_.data() + keys_end_;
  while (true) {
    batch->Add(key, value_);
    if (batch->full() || !has_next()) break;
    EntryHead head;
    const char* rest = ReadEntryHead(payload_.data() + next_offset_, end, &head);
    size_t value_offset = NextValueOffset();
    if (!IsSound(rest, head, key) || value_offset + head.value_bytes > values_end_) {
      break;  // Next() will find the same and report it
    }
    std::string_view next_key(rest, head.rest);
    if (head.shared > 0) {
      char* bytes = batch->arena().Allocate(size_t{head.shared} + head.rest);
      std::memcpy(bytes, key.data(), head.shared);
      std::memcpy(bytes + head.shared, rest, head.rest);
      next_key = {bytes, size_t{head.shared} + head.rest};
    }
    if (!limit.empty() && CompareInternalKeys(next_key, limit) >= 0) break;
    key = next_key;
    value_ = {payload_.data() + value_offset, head.value_bytes};
    entry_offset_ = next_offset_;
    next_offset_ = static_cast<uint32_t>(rest + head.rest - payload_.data());
  }
  key_ = key;
  OwnKey();
}

// Whether an entry has the user key of the one before follows from how long the two are and how
// much they share, but at a restart, which says that it shares nothing: there what the entry before
// did not share with its own predecessor is compared, and what looks alike counts as the same.
bool BlockCursor::AppendPlainRun(SequenceNumber snapshot, EntryBatch* batch) {
  DCHECK(valid_);
  auto is_plain = [snapshot](uint64_t trailer) {
    return TrailerType(trailer) == ValueType::kValue && TrailerSequence(trailer) <= snapshot;
  };
  if (!is_plain(Trailer(key_))) return false;
  run_.clear();
  batch->AddValue(value_);
  const char* const begin = payload_.data();
  const char* const end = begin + keys_end_;
  const char* const values_end = begin + values_end_;
  // Of the last entry appended, and of the last one that shares nothing.
  std::string_view rest = key_;
  size_t shared = 0;
  size_t user_bytes = key_.size() - kTrailerBytes;
  const char* entry = begin + entry_offset_;
  const char* next = begin + next_offset_;
  const char* value = value_.data();
  const char* next_value = value + value_.size();
  const char* whole_entry = nullptr;
  const char* whole_value = nullptr;
  while (next < end && !batch->full()) {
    EntryHead head;
    const char* next_rest = ReadEntryHead(next, end, &head);
    if (next_rest == nullptr || head.shared > user_bytes + kTrailerBytes ||
        head.rest < kTrailerBytes ||
        static_cast<size_t>(values_end - next_value) < head.value_bytes) {
      break;  // Next() will find the same and report it
    }
    const size_t next_user_bytes = size_t{head.shared} + head.rest - kTrailerBytes;
    if (next_user_bytes == user_bytes) {
      const bool is_other =
          head.shared > 0 ? head.shared < user_bytes
                          : shared < user_bytes && std::memcmp(next_rest + shared, rest.data(),
                                                               user_bytes - shared) != 0;
      if (!is_other) break;
    }
    if (!is_plain(LoadFixed<uint64_t>(next_rest + head.rest - kTrailerBytes))) break;
    rest = {next_rest, head.rest};
    shared = head.shared;
    user_bytes = next_user_bytes;
    entry = next;
    next = next_rest + head.rest;
    value = next_value;
    next_value = value + head.value_bytes;
    if (shared == 0) {
      whole_entry = entry;
      whole_value = value;
    }
    batch->AddValue({value, head.value_bytes});
  }
  if (whole_entry != nullptr) {
    key_ = {};
    ParseAt(static_cast<uint32_t>(whole_entry - begin), whole_value - begin);
  }
  const uint32_t last = static_cast<uint32_t>(entry - begin);
  while (valid_ && entry_offset_ < last) ParseAt(next_offset_, NextValueOffset());
  return true;
}

}  // namespace shale::engine
