// BlockCache: verified, decompressed blocks in memory under a hard byte limit, shared by all
// tables.
//
// Sharded by key hash. Each shard is an S3-FIFO (Yang et al., "FIFO queues are all you need for
// cache eviction", SOSP 2023): new blocks enter a small queue and move to the main one only if they
// are asked for again, so a scan passes through without washing out what is hot; a list of what was
// lately evicted lets a block that comes back enter the main queue at once. Into a full one it only
// comes in place of a block that has not been asked for for longer than itself, as in LIRS (Jiang
// and Zhang, SIGMETRICS 2002): of a scan larger than the cache that is repeated, a part stays. Use
// counts saturate at 3 and decay as the queues turn: old fame does not last. A hit counts with two
// stores and moves nothing.
//
// A pin is a shared_ptr to the block. A block in use by others is passed over by eviction; where
// everything is in use, an inserted block is not kept (its reader has it). So what the cache holds,
// overhead included, never exceeds the limit. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/table/block.h"
#include "engine/table/table_format.h"

namespace shale::engine {

class BlockCache {
 public:
  explicit BlockCache(size_t bytes_max);
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  // The block of the file at this offset, or null; counted as a hit or a miss of the kind. No
  // allocation.
  BlockPin Lookup(BlockKind kind, uint64_t file_number, uint64_t offset);
  // For who looks for several blocks at a time: first one of these for each of them, then the
  // other, then Lookup; each begins to fetch what the next one reads.
  void FetchBucket(uint64_t file_number, uint64_t offset) const;
  void FetchBlock(uint64_t file_number, uint64_t offset) const;
  // Keeps the block if there is room. Where the key is there already, the older block stays.
  void Insert(uint64_t file_number, uint64_t offset, BlockPin block);
  // Drops a block that lookups shall not find again (of a deleted file); readers keep their pins.
  void Erase(uint64_t file_number, uint64_t offset);

  // Counts memory of a reader's own (its index and filter) against the limit, evicting for it.
  // Reserving more than the limit is allowed: the cache then keeps nothing.
  void Reserve(size_t bytes);
  void Release(size_t bytes);
  // The same for blocks that a reader keeps pinned for faster access. False, and nothing is
  // counted, where such blocks would take more than a quarter of the limit.
  bool ReservePinned(size_t bytes);
  void ReleasePinned(size_t bytes);

  size_t bytes_max() const;
  void set_bytes_max(size_t bytes_max);
  // Held now, reservations and overhead included.
  size_t bytes_used() const;

  struct Counters {
    uint64_t hits = 0;
    uint64_t misses = 0;
  };
  Counters counters(BlockKind kind) const;
  uint64_t evictions() const;

 private:
  class Queue;
  class Shard;

  Shard& ShardOf(uint64_t hash) const;
  void SpreadLimit();  // under limit_mutex_

  mutable std::mutex limit_mutex_;  // taken before a shard's
  size_t bytes_max_;                // guarded by limit_mutex_
  size_t bytes_reserved_ = 0;       // guarded by limit_mutex_; those pinned included
  size_t bytes_pinned_ = 0;         // guarded by limit_mutex_
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace shale::engine
