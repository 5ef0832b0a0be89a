// InternalIterator: ordered access to internal keys, implemented by memtable, table, level and
// merge.
//
// Position and state are plain members that implementations set, so that Valid(), key() and value()
// cost no virtual call. A new iterator is not positioned. A moving call ends in one of these
// states:
//
//   valid        key() and value() are there
//   end          before the first or behind the last entry; only a seek leads back
//   would block  read tier kCacheOnly, and the cache lacks a block. The position has not changed:
//   the same
//                call made again (set_read_tier(kBlocking) first, possibly on another thread) does
//                what the first one would have done; any other call but a seek or the same is an
//                error of the caller
//   failed       status() says why; only a seek leads on
//
// An iterator belongs to one thread at a time and keeps what it reads from alive.
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/format/internal_key.h"
#include "engine/format/point_lookup.h"

namespace shale::engine {

// Entries handed out many at a time; keys are internal keys. Keys and values stay valid until
// Clear, however the iterators move or end: bytes are copied into the arena or pinned where they
// lie.
class EntryBatch {
 public:
  explicit EntryBatch(size_t entries_max = 1024, size_t bytes_max = 1 << 20)
      : entries_max_(entries_max), bytes_max_(bytes_max) {
    entries_.reserve(entries_max);
  }

  const std::vector<KeyValue>& entries() const { return entries_; }
  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  // A run stops at the first of: entries_max entries, bytes_max bytes (overshot by at most one
  // entry).
  bool full() const { return entries_.size() >= entries_max_ || bytes_ >= bytes_max_; }
  size_t bytes() const { return bytes_; }
  // Not beyond entries_max, unless it is more already.
  void DoubleEntriesMax(size_t entries_max) {
    entries_max_ = std::max(entries_max_, std::min(2 * entries_max_, entries_max));
  }

  void Clear() {
    entries_.clear();
    pins_.clear();
    arena_.Reset();
    bytes_ = 0;
  }

  // For iterators. Both bytes must be pinned or in arena().
  void Add(std::string_view key, std::string_view value) {
    entries_.push_back({key, value});
    bytes_ += key.size() + value.size();
  }
  // Entries of values only, without keys, as AppendPlainRun gives them.
  void AddValue(std::string_view value) {
    entries_.push_back({{}, value});
    bytes_ += value.size();
  }
  // The same bytes elsewhere, or of the same order.
  void ReplaceKey(size_t index, std::string_view key) { entries_[index].key = key; }
  // Takes all entries out, in exchange for an empty vector.
  void SwapEntries(std::vector<KeyValue>* entries) { entries_.swap(*entries); }
  // Keeps what it points to until Clear.
  void AddPin(std::shared_ptr<const void> pin) {
    if (pin != nullptr && (pins_.empty() || pins_.back() != pin)) pins_.push_back(std::move(pin));
  }
  Arena& arena() { return arena_; }

 private:
  size_t entries_max_;
  size_t bytes_max_;
  std::vector<KeyValue> entries_;
  std::vector<std::shared_ptr<const void>> pins_;
  Arena arena_;
  size_t bytes_ = 0;
};

class InternalIterator {
 public:
  InternalIterator() = default;
  InternalIterator(const InternalIterator&) = delete;
  InternalIterator& operator=(const InternalIterator&) = delete;
  virtual ~InternalIterator() = default;

  // To the first entry at or after the internal key.
  virtual void Seek(std::string_view internal_key) = 0;
  // To the last entry at or before the internal key.
  virtual void SeekForPrev(std::string_view internal_key) = 0;
  virtual void SeekToFirst() = 0;
  virtual void SeekToLast() = 0;
  // Only when Valid, or again after would_block.
  virtual void Next() = 0;
  virtual void Prev() = 0;

  bool Valid() const { return state_ == State::kValid; }
  bool would_block() const { return state_ == State::kWouldBlock; }
  // Not ok only in the failed state. Check it when Valid and would_block are both false.
  const Status& status() const { return status_; }

  // Of a valid iterator; both stay until it moves.
  std::string_view key() const {
    DCHECK(Valid());
    return key_;
  }
  std::string_view value() const {
    DCHECK(Valid());
    return value_;
  }

  // Keeps value() valid (not key()) beyond the iterator's moves and end, without allocation. Null:
  // the value has no pin, copy it.
  virtual std::shared_ptr<const void> PinValue() const { return nullptr; }

  // Appends the current entry and those after it that are at hand without waiting, as long as they
  // are below limit (an internal key; empty: none) and the batch is not full; at least the current
  // entry. The iterator then stands at the last entry appended, so that Next() leads on. Only when
  // Valid. The loop of a scan, where Next may report would_block and be called again:
  //   for (; iterator->Valid() && !batch.full(); iterator->Next()) iterator->AppendRun(limit,
  //   &batch);
  // A failure met on the way shows at that Next.
  virtual void AppendRun(std::string_view limit, EntryBatch* batch) { AppendEntry(batch); }

  // AppendRun of values only, with empty keys, for a scan as of a snapshot: of entries that are the
  // rows of their user keys (values that the snapshot sees, none a version of the key of the entry
  // before), while that can be told without putting keys together. The caller has made sure that
  // the current entry's user key is not that of the entry before, and that nothing deletes ranges.
  // False: not even the current entry, and nothing has changed.
  virtual bool AppendPlainRun(std::string_view /*limit*/, SequenceNumber /*snapshot*/,
                              EntryBatch* /*batch*/) {
    return false;
  }

  // The same as AppendRun for descending scans: entries before the current one as long as they are
  // above limit.
  virtual void AppendRunBackward(std::string_view limit, EntryBatch* batch) { AppendEntry(batch); }

  virtual void set_read_tier(ReadTier tier) { read_tier_ = tier; }
  ReadTier read_tier() const { return read_tier_; }

 protected:
  enum class State : uint8_t { kEnd, kValid, kWouldBlock, kFailed };

  // The current entry alone.
  void AppendEntry(EntryBatch* batch) const;

  void SetEnd() { state_ = State::kEnd; }
  void SetWouldBlock() { state_ = State::kWouldBlock; }
  void SetFailed(Status status) {
    state_ = State::kFailed;
    status_ = std::move(status);
  }
  void SetValid(std::string_view key, std::string_view value) {
    state_ = State::kValid;
    key_ = key;
    value_ = value;
  }
  // Seeks begin with it.
  void ClearFailure() {
    if (state_ == State::kFailed) status_ = Status();
    state_ = State::kEnd;
  }

  std::string_view key_;
  std::string_view value_;
  State state_ = State::kEnd;
  ReadTier read_tier_ = ReadTier::kBlocking;
  Status status_;
};

// Over nothing, or over nothing but a failure.
std::unique_ptr<InternalIterator> NewEmptyIterator(Status status = Status());

}  // namespace shale::engine
