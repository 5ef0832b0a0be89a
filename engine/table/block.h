// Block: a verified, decompressed payload in memory, and BlockCursor, which walks a sorted one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/format/internal_iterator.h"
#include "engine/format/internal_key.h"
#include "engine/table/table_format.h"

namespace shale::engine {

class Block;
using BlockPin = std::shared_ptr<const Block>;

// Immutable once filled; shared by the cache, cursors and whoever pinned a value in it. Its counts,
// what the cache keeps of it and its bytes are one allocation: a lookup that hits finds all but the
// bytes in one cache line.
class Block {
  struct PrivateTag {};

 public:
  static constexpr size_t kCacheLineBytes = 64;
  // What a block takes beside its bytes, room for an allocator to align it included: bytes that are
  // so many less than a power of two fill what allocators hand out.
  static constexpr size_t kOverheadBytes = 3 * kCacheLineBytes;

  // Bytes of a block that takes about this much memory; where that is little, as many.
  static constexpr size_t BytesIn(size_t memory_bytes) {
    return memory_bytes > 4 * kOverheadBytes ? memory_bytes - kOverheadBytes : memory_bytes;
  }

  // Of so many bytes, less than 4 GiB; uninitialized.
  static std::shared_ptr<Block> Make(size_t bytes);
  Block(PrivateTag, size_t bytes) : size_(static_cast<uint32_t>(bytes)) {}
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  std::string_view payload() const { return {bytes(), size_}; }
  char* data() { return const_cast<char*>(bytes()); }
  // Shortens the payload, while the block is being filled.
  void Truncate(size_t bytes) { size_ = static_cast<uint32_t>(bytes); }
  size_t size() const { return size_; }
  // What it holds of memory, allocation overhead included.
  size_t memory_bytes() const { return memory_bytes_; }

 private:
  friend class BlockCache;

  // In the same allocation, see block.cc; at the beginning of a cache line.
  const char* bytes() const {
    auto end = reinterpret_cast<uintptr_t>(this + 1);
    return reinterpret_cast<const char*>((end + kCacheLineBytes - 1) & ~(kCacheLineBytes - 1));
  }

  uint32_t size_;

  // The cache's, guarded by the mutex of its shard; a lookup needs those down to in_cache_.
  mutable uint8_t uses_ = 0;
  mutable bool in_main_ = false;
  mutable uint16_t used_at_ = 0;  // the shard's time when it was asked for last
  mutable uint64_t file_number_ = 0;
  mutable uint64_t offset_ = 0;
  mutable BlockPin in_cache_;  // the cache's pin; null where it is in none
  mutable const Block* next_in_bucket_ = nullptr;
  mutable const Block* newer_ = nullptr;
  mutable const Block* older_ = nullptr;
  mutable uint64_t hash_ = 0;
  uint64_t memory_bytes_ = 0;
};

// Walks a sorted block of internal keys; concrete, without virtual calls. Not positioned at first.
// The block is checksummed, yet its lengths are never trusted: what does not fit makes the cursor
// damaged().
class BlockCursor {
 public:
  BlockCursor() = default;
  BlockCursor(const BlockCursor&) = delete;
  BlockCursor& operator=(const BlockCursor&) = delete;

  // False where the block's tail is malformed. The payload must outlive the cursor's use; keeps
  // key buffers. Keys must be internal keys: shorter ones are damage.
  bool Open(std::string_view payload);
  void Close() { Open({}); }

  void SeekToFirst();
  void SeekToLast();
  void Seek(std::string_view internal_key);  // first at or after
  // Seek in two halves, of which the first begins to fetch what the second reads. Prepared for one
  // key, the cursor does nothing else before that.
  void PrepareSeek(std::string_view internal_key);
  void FinishSeek(std::string_view internal_key);
  void SeekForPrev(std::string_view internal_key);  // last at or before
  // Of a valid cursor. Beyond the ends it is not valid.
  void Next();
  void Prev();

  bool Valid() const { return valid_; }
  bool damaged() const { return damaged_; }
  // Of the keys stored whole; in an index block every entry's is.
  uint32_t restart_count() const { return restart_count_; }
  // The key of a restart, empty and damaged() where it is malformed; the cursor does not move
  // otherwise.
  std::string_view RestartKey(uint32_t index);
  // To the entry of a restart; not valid when there is none of that index.
  void SeekToRestart(uint32_t index);
  // How many restarts' keys lie before the key; 0 and damaged() where one is malformed. In an index
  // block that is the entry at or after the key.
  uint32_t CountRestartsBefore(std::string_view internal_key);

  // Whether Next would lead to an entry (or to damage).
  bool has_next() const { return next_offset_ < keys_end_; }
  bool has_prev() const { return entry_offset_ > 0; }
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }

  // InternalIterator::AppendRun within the block; the caller pins the block.
  void AppendRun(std::string_view limit, EntryBatch* batch);
  void AppendRunBackward(std::string_view limit, EntryBatch* batch);
  // InternalIterator::AppendPlainRun to the block's end.
  bool AppendPlainRun(SequenceNumber snapshot, EntryBatch* batch);

 private:
  struct RunEntry {  // an entry of the restart run that Prev walks back through
    uint32_t offset;
    uint32_t next_offset;
    uint32_t key_offset;  // into run_keys_
    uint32_t key_bytes;
    std::string_view value;
  };

  std::string_view RunKey(const RunEntry& entry) const {
    return {run_keys_.data() + entry.key_offset, entry.key_bytes};
  }

  uint32_t RestartPrefixAt(uint32_t index) const {
    return LoadFixed<uint32_t>(payload_.data() + values_end_ + index * sizeof(uint32_t));
  }
  uint32_t RestartOffset(uint32_t index) const { return RestartPrefixAt(restart_count_ + index); }
  // In the payload, as all offsets here; may lie beyond the values.
  size_t RestartValueOffset(uint32_t index) const {
    return size_t{keys_end_} + RestartPrefixAt(2 * restart_count_ + index);
  }
  size_t NextValueOffset() const { return value_.data() + value_.size() - payload_.data(); }
  bool IsInBlock(std::string_view key) const {
    return key.data() >= payload_.data() && key.data() < payload_.data() + payload_.size();
  }
  void Invalidate();
  void SetDamaged();
  // Reads the entry at offset, whose predecessor's key is in key_ where it shares bytes with it.
  bool ParseAt(uint32_t offset, size_t value_offset);
  void GrowKeyBuffer(size_t bytes);
  // As CountRestartsBefore by the prefixes, which may mislead where the key does not begin as all
  // of the block's do.
  uint32_t GuessRestartsBefore(std::string_view internal_key);
  // The same by whole keys, between two counts.
  uint32_t SearchRestarts(std::string_view internal_key, uint32_t low, uint32_t high);
  // From the current entry, a restart, to the first one at or after the key.
  void ScanTo(std::string_view internal_key);
  // The same by comparing whole keys.
  void ScanWholeKeysTo(std::string_view internal_key);
  // Reads the entry at offset, which shares so many bytes with this key.
  void ParseSharing(std::string_view key, uint32_t offset, size_t value_offset, size_t shared);
  // Loads the run that ends right before the entry at offset into run_; the cursor stays. False
  // where the block is malformed.
  bool LoadRunBefore(uint32_t offset);
  // Puts key_ where only this cursor changes it.
  void OwnKey();

  std::string_view payload_;
  uint32_t seek_count_ = 0;  // PrepareSeek's guess of the restarts before the key
  uint32_t keys_end_ = 0;    // where the values begin
  uint32_t values_end_ = 0;  // where the restart prefixes begin
  uint32_t restart_count_ = 0;
  uint32_t common_bytes_ = 0;  // of the restarts' user keys
  uint32_t entry_offset_ = 0;  // of the current entry
  uint32_t next_offset_ = 0;
  bool valid_ = false;
  bool damaged_ = false;
  // In the block where nothing is shared, else in key_buffer_ or run_keys_.
  std::string_view key_;
  std::string_view value_;
  std::unique_ptr<char[]> key_buffer_;
  size_t key_buffer_bytes_ = 0;
  std::vector<RunEntry> run_;  // entries in front of the current one, nearest last
  std::string run_keys_;
};

}  // namespace shale::engine
