#include "engine/table/block_cache.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <utility>

#include "engine/base/checksum.h"

namespace shale::engine {
namespace {

constexpr size_t kShardsMax = 16;
constexpr size_t kShardBytesMin = 1 << 20;
constexpr uint8_t kUsesMax = 3;
// Places for evicted hashes per bucket.
constexpr size_t kGhostsPerBucket = 2;
// So many blocks in use are passed over before an insertion gives up.
constexpr int kPinnedPassesMax = 64;
constexpr size_t kEntryOverhead = 16;
constexpr size_t kTailBytes = 64;

struct Entry {
  uint64_t file_number = 0;
  uint64_t offset = 0;
  uint64_t hash = 0;
  BlockPin block;
  const char* tail = nullptr;  // of its payload
  size_t charge = 0;
  Entry* next_in_bucket = nullptr;
  Entry* newer = nullptr;
  Entry* older = nullptr;
  uint8_t uses = 0;
  bool in_main = false;
};

// First in, first out; entries are linked through themselves.
class Queue {
 public:
  Entry* oldest() const { return oldest_; }
  bool empty() const { return oldest_ == nullptr; }
  size_t bytes() const { return bytes_; }

  void PushNewest(Entry* entry) {
    entry->older = newest_;
    entry->newer = nullptr;
    (newest_ != nullptr ? newest_->newer : oldest_) = entry;
    newest_ = entry;
    bytes_ += entry->charge;
  }
  void Remove(Entry* entry) {
    (entry->older != nullptr ? entry->older->newer : oldest_) = entry->newer;
    (entry->newer != nullptr ? entry->newer->older : newest_) = entry->older;
    bytes_ -= entry->charge;
  }
  void MoveToNewest(Entry* entry) {
    Remove(entry);
    PushNewest(entry);
  }

 private:
  Entry* oldest_ = nullptr;
  Entry* newest_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace

class BlockCache::Shard {
 public:
  ~Shard() {
    for (Entry* entry : buckets_) {
      while (entry != nullptr) delete std::exchange(entry, entry->next_in_bucket);
    }
  }

  BlockPin Lookup(BlockKind kind, uint64_t file_number, uint64_t offset, uint64_t hash) {
    std::lock_guard lock(mutex_);
    Counters& counters = counters_[static_cast<size_t>(kind)];
    Entry* entry = buckets_.empty() ? nullptr : *FindLink(file_number, offset, hash);
    if (entry == nullptr) {
      ++counters.misses;
      return nullptr;
    }
    // The block's tail, which a search begins with, comes while the pin is taken.
    __builtin_prefetch(entry->tail);
    ++counters.hits;
    if (entry->uses < kUsesMax) ++entry->uses;
    return entry->block;
  }

  void Insert(uint64_t file_number, uint64_t offset, uint64_t hash, BlockPin block) {
    std::lock_guard lock(mutex_);
    if (!buckets_.empty() && *FindLink(file_number, offset, hash) != nullptr) return;
    size_t charge = block->memory_bytes() + sizeof(Entry) + kEntryOverhead;
    if (charge > bytes_max_ || !MakeRoom(charge)) return;
    if (count_ >= buckets_.size() && !Grow(charge)) return;

    const char* tail =
        block->payload().data() + block->size() - std::min(block->size(), kTailBytes);
    auto* entry = new Entry{file_number, offset, hash, std::move(block), tail, charge};
    entry->in_main = TakeGhost(hash);
    (entry->in_main ? main_ : small_).PushNewest(entry);
    Entry** bucket = &buckets_[hash & (buckets_.size() - 1)];
    entry->next_in_bucket = std::exchange(*bucket, entry);
    ++count_;
  }

  void Erase(uint64_t file_number, uint64_t offset, uint64_t hash) {
    std::lock_guard lock(mutex_);
    if (buckets_.empty()) return;
    if (Entry* entry = *FindLink(file_number, offset, hash)) Drop(entry);
  }

  void SetLimit(size_t bytes_max) {
    std::lock_guard lock(mutex_);
    bytes_max_ = bytes_max;
    MakeRoom(0);
    // Blocks in use cannot be waited for: they leave the count with the cache's reference to them.
    while (used() > bytes_max_ && count_ > 0) {
      Drop(small_.empty() ? main_.oldest() : small_.oldest());
    }
    if (count_ == 0 && used() > bytes_max_) {
      buckets_ = {};
      ghosts_ = {};
    }
  }

  size_t bytes_used() const {
    std::lock_guard lock(mutex_);
    return used();
  }
  Counters counters(BlockKind kind) const {
    std::lock_guard lock(mutex_);
    return counters_[static_cast<size_t>(kind)];
  }
  uint64_t evictions() const {
    std::lock_guard lock(mutex_);
    return evictions_;
  }

 private:
  size_t used() const {
    return small_.bytes() + main_.bytes() + buckets_.size() * sizeof(Entry*) +
           ghosts_.size() * sizeof(uint32_t);
  }

  // The link that points, or would point, to the entry.
  Entry** FindLink(uint64_t file_number, uint64_t offset, uint64_t hash) {
    Entry** link = &buckets_[hash & (buckets_.size() - 1)];
    while (*link != nullptr && ((*link)->offset != offset || (*link)->file_number != file_number)) {
      link = &(*link)->next_in_bucket;
    }
    return link;
  }

  // Evicts until so many bytes fit; false where too much is in use.
  bool MakeRoom(size_t bytes) {
    int passes = kPinnedPassesMax;
    while (used() + bytes > bytes_max_) {
      if (count_ == 0) return false;
      // The small queue is kept to a tenth of the shard.
      bool from_small = main_.empty() || small_.bytes() > bytes_max_ / 10;
      Queue& queue = from_small && !small_.empty() ? small_ : main_;
      Entry* entry = queue.oldest();
      if (entry->uses > 0) {
        if (!entry->in_main) {
          small_.Remove(entry);
          entry->in_main = true;
          entry->uses = 0;
          main_.PushNewest(entry);
        } else {
          --entry->uses;
          main_.MoveToNewest(entry);
        }
      } else if (entry->block.use_count() > 1) {
        // New pins come only from Lookup, under this mutex, or from a pin: a count of 1 is final.
        if (--passes == 0) return false;
        queue.MoveToNewest(entry);
      } else {
        AddGhost(entry->hash);
        Drop(entry);
        ++evictions_;
      }
    }
    return true;
  }

  // Doubles the buckets, if there is room for them besides what is about to be inserted.
  bool Grow(size_t reserved_bytes) {
    size_t count = std::max<size_t>(16, buckets_.size() * 2);
    size_t bucket_bytes = sizeof(Entry*) + kGhostsPerBucket * sizeof(uint32_t);
    size_t more_bytes = (count - buckets_.size()) * bucket_bytes;
    if (!MakeRoom(reserved_bytes + more_bytes)) return false;
    std::vector<Entry*> buckets(count, nullptr);
    ghosts_.assign(count * kGhostsPerBucket, 0);
    std::vector<Entry*> old = std::exchange(buckets_, std::move(buckets));
    for (Entry* entry : old) {
      while (entry != nullptr) {
        Entry* next = entry->next_in_bucket;
        Entry** bucket = &buckets_[entry->hash & (count - 1)];
        entry->next_in_bucket = std::exchange(*bucket, entry);
        entry = next;
      }
    }
    return true;
  }

  void Drop(Entry* entry) {
    *FindLink(entry->file_number, entry->offset, entry->hash) = entry->next_in_bucket;
    (entry->in_main ? main_ : small_).Remove(entry);
    --count_;
    delete entry;
  }

  // Evicted hashes are kept at one place each, where later ones overwrite them.
  static uint32_t GhostMark(uint64_t hash) { return static_cast<uint32_t>(hash >> 20) | 1; }
  void AddGhost(uint64_t hash) {
    if (!ghosts_.empty()) ghosts_[hash % ghosts_.size()] = GhostMark(hash);
  }
  bool TakeGhost(uint64_t hash) {
    if (ghosts_.empty() || ghosts_[hash % ghosts_.size()] != GhostMark(hash)) return false;
    ghosts_[hash % ghosts_.size()] = 0;
    return true;
  }

  mutable std::mutex mutex_;  // guards all below
  size_t bytes_max_ = 0;
  std::vector<Entry*> buckets_;  // a power of two of them, or none
  std::vector<uint32_t> ghosts_;
  Queue small_;
  Queue main_;
  size_t count_ = 0;
  std::array<Counters, kBlockKindCount> counters_;
  uint64_t evictions_ = 0;
};

BlockCache::BlockCache(size_t bytes_max) : bytes_max_(bytes_max) {
  size_t count = std::bit_floor(std::clamp(bytes_max / kShardBytesMin, size_t{1}, kShardsMax));
  for (size_t i = 0; i < count; ++i) shards_.push_back(std::make_unique<Shard>());
  SpreadLimit();
}

BlockCache::~BlockCache() = default;

namespace {
uint64_t HashOf(uint64_t file_number, uint64_t offset) { return ChecksumSeed(file_number, offset); }
}  // namespace

// Buckets take the low bits, shards the high ones.
BlockCache::Shard& BlockCache::ShardOf(uint64_t hash) const {
  return *shards_[(hash >> 56) & (shards_.size() - 1)];
}

BlockPin BlockCache::Lookup(BlockKind kind, uint64_t file_number, uint64_t offset) {
  uint64_t hash = HashOf(file_number, offset);
  return ShardOf(hash).Lookup(kind, file_number, offset, hash);
}

void BlockCache::Insert(uint64_t file_number, uint64_t offset, BlockPin block) {
  uint64_t hash = HashOf(file_number, offset);
  ShardOf(hash).Insert(file_number, offset, hash, std::move(block));
}

void BlockCache::Erase(uint64_t file_number, uint64_t offset) {
  uint64_t hash = HashOf(file_number, offset);
  ShardOf(hash).Erase(file_number, offset, hash);
}

void BlockCache::Reserve(size_t bytes) {
  std::lock_guard lock(limit_mutex_);
  bytes_reserved_ += bytes;
  SpreadLimit();
}

void BlockCache::Release(size_t bytes) {
  std::lock_guard lock(limit_mutex_);
  CHECK(bytes <= bytes_reserved_);
  bytes_reserved_ -= bytes;
  SpreadLimit();
}

bool BlockCache::ReservePinned(size_t bytes) {
  std::lock_guard lock(limit_mutex_);
  if (bytes_pinned_ + bytes > bytes_max_ / 4) return false;
  bytes_pinned_ += bytes;
  bytes_reserved_ += bytes;
  SpreadLimit();
  return true;
}

void BlockCache::ReleasePinned(size_t bytes) {
  std::lock_guard lock(limit_mutex_);
  CHECK(bytes <= bytes_pinned_ && bytes <= bytes_reserved_);
  bytes_pinned_ -= bytes;
  bytes_reserved_ -= bytes;
  SpreadLimit();
}

void BlockCache::set_bytes_max(size_t bytes_max) {
  std::lock_guard lock(limit_mutex_);
  bytes_max_ = bytes_max;
  SpreadLimit();
}

void BlockCache::SpreadLimit() {
  size_t free_bytes = bytes_max_ - std::min(bytes_max_, bytes_reserved_);
  for (const auto& shard : shards_) shard->SetLimit(free_bytes / shards_.size());
}

size_t BlockCache::bytes_max() const {
  std::lock_guard lock(limit_mutex_);
  return bytes_max_;
}

size_t BlockCache::bytes_used() const {
  std::lock_guard lock(limit_mutex_);
  size_t bytes = bytes_reserved_;
  for (const auto& shard : shards_) bytes += shard->bytes_used();
  return bytes;
}

BlockCache::Counters BlockCache::counters(BlockKind kind) const {
  Counters sum;
  for (const auto& shard : shards_) {
    Counters counters = shard->counters(kind);
    sum.hits += counters.hits;
    sum.misses += counters.misses;
  }
  return sum;
}

uint64_t BlockCache::evictions() const {
  uint64_t sum = 0;
  for (const auto& shard : shards_) sum += shard->evictions();
  return sum;
}

}  // namespace shale::engine
