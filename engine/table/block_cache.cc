#include "engine/table/block_cache.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <mutex>
#include <utility>

#include "engine/base/checksum.h"

namespace shale::engine {
namespace {

constexpr size_t kShardsMax = 32;
constexpr size_t kShardBytesMin = 1 << 20;
constexpr uint8_t kUsesMax = 3;
// Places for evicted hashes per bucket.
constexpr size_t kGhostsPerBucket = 1;
// Buckets for each block, at least: every other block in a bucket is a miss of the processor's
// caches for a lookup that walks over it.
constexpr size_t kBucketsPerBlock = 2;
// Steps of a shard's time while as many blocks come as it has buckets.
constexpr size_t kTicksPerTurn = 256;
// So many blocks in use are passed over before an insertion gives up.
constexpr int kPassesMax = 32;
constexpr int kPinnedPassesMax = 64;
constexpr int kTailLines = 3;

}  // namespace

// First in, first out; blocks are linked through themselves.
class BlockCache::Queue {
 public:
  const Block* oldest() const { return oldest_; }
  bool empty() const { return oldest_ == nullptr; }
  size_t bytes() const { return bytes_; }

  void PushNewest(const Block* block) {
    block->older_ = newest_;
    block->newer_ = nullptr;
    (newest_ != nullptr ? newest_->newer_ : oldest_) = block;
    newest_ = block;
    bytes_ += block->memory_bytes();
  }
  void Remove(const Block* block) {
    (block->older_ != nullptr ? block->older_->newer_ : oldest_) = block->newer_;
    (block->newer_ != nullptr ? block->newer_->older_ : newest_) = block->older_;
    bytes_ -= block->memory_bytes();
  }
  void MoveToNewest(const Block* block) {
    Remove(block);
    PushNewest(block);
  }

 private:
  const Block* oldest_ = nullptr;
  const Block* newest_ = nullptr;
  size_t bytes_ = 0;
};

class alignas(Block::kCacheLineBytes) BlockCache::Shard {
 public:
  ~Shard() {
    while (count_ > 0) Drop(small_.empty() ? main_.oldest() : small_.oldest());
  }

  // Without the mutex: an old array's address does no harm.
  void FetchBucket(uint64_t hash) const {
    if (const Block** buckets = this->buckets()) __builtin_prefetch(buckets + (hash & mask()));
  }

  void FetchBlock(uint64_t hash) const {
    std::lock_guard lock(mutex_);
    if (const Block** buckets = this->buckets()) __builtin_prefetch(buckets[hash & mask()]);
  }

  BlockPin Lookup(BlockKind kind, uint64_t file_number, uint64_t offset, uint64_t hash) {
    std::lock_guard lock(mutex_);
    const Block* block = buckets() == nullptr ? nullptr : *FindLink(file_number, offset, hash);
    if (block == nullptr) {
      ++misses_[KindIndex(kind)];
      return nullptr;
    }
    // What a search of a block of usual size begins with comes while the pin is taken.
    const char* tail = block->bytes() + block->size() - 1;
    for (int i = 0; i < kTailLines; ++i) __builtin_prefetch(tail - i * Block::kCacheLineBytes);
    ++hits_[KindIndex(kind)];
    if (block->uses_ < kUsesMax) ++block->uses_;
    block->used_at_ = now_;
    return block->in_cache_;
  }

  void Insert(uint64_t file_number, uint64_t offset, uint64_t hash, BlockPin pin) {
    std::lock_guard lock(mutex_);
    const Block* block = pin.get();
    if (block->in_cache_ != nullptr) return;
    if (buckets() != nullptr && *FindLink(file_number, offset, hash) != nullptr) return;
    size_t bytes = block->memory_bytes();
    if (bytes > bytes_max_) return;
    const bool comes_back = TakeGhost(hash, bytes);
    if (!MakeRoom(bytes)) return;
    if (count_ * kBucketsPerBlock >= bucket_count() && !Grow(bytes)) return;

    block->file_number_ = file_number;
    block->offset_ = offset;
    block->hash_ = hash;
    block->uses_ = 0;
    block->used_at_ = now_;
    block->in_cache_ = std::move(pin);
    block->in_main_ = comes_back;
    (block->in_main_ ? main_ : small_).PushNewest(block);
    const Block** bucket = &buckets()[hash & mask()];
    block->next_in_bucket_ = std::exchange(*bucket, block);
    ++count_;
    Tick();
  }

  void Erase(uint64_t file_number, uint64_t offset, uint64_t hash) {
    std::lock_guard lock(mutex_);
    if (buckets() == nullptr) return;
    if (const Block* block = *FindLink(file_number, offset, hash)) Drop(block);
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
      SetBuckets(nullptr, 1);
      ghosts_ = {};
    }
  }

  size_t bytes_used() const {
    std::lock_guard lock(mutex_);
    return used();
  }
  Counters counters(BlockKind kind) const {
    std::lock_guard lock(mutex_);
    return {hits_[KindIndex(kind)], misses_[KindIndex(kind)]};
  }
  uint64_t evictions() const {
    std::lock_guard lock(mutex_);
    return evictions_;
  }

 private:
  // Kinds count from 1.
  static size_t KindIndex(BlockKind kind) { return static_cast<size_t>(kind) - 1; }

  const Block** buckets() const { return buckets_.load(std::memory_order_relaxed); }
  uint32_t mask() const { return bucket_mask_.load(std::memory_order_relaxed); }
  void SetBuckets(std::unique_ptr<const Block*[]> buckets, size_t count) {
    bucket_memory_ = std::move(buckets);
    buckets_.store(bucket_memory_.get(), std::memory_order_relaxed);
    bucket_mask_.store(static_cast<uint32_t>(count - 1), std::memory_order_relaxed);
  }
  size_t bucket_count() const { return buckets() == nullptr ? 0 : size_t{mask()} + 1; }
  size_t used() const {
    return small_.bytes() + main_.bytes() + bucket_count() * sizeof(const Block*) +
           ghosts_.size() * sizeof(Ghost);
  }

  // The link that points, or would point, to the block.
  const Block** FindLink(uint64_t file_number, uint64_t offset, uint64_t hash) {
    const Block** link = &buckets()[hash & mask()];
    while (*link != nullptr &&
           ((*link)->offset_ != offset || (*link)->file_number_ != file_number)) {
      link = &(*link)->next_in_bucket_;
    }
    return link;
  }

  // The small queue is kept to a tenth of the shard.
  size_t main_bytes_max() const {
    const size_t others = used() - main_.bytes() - small_.bytes() + bytes_max_ / 10;
    return bytes_max_ - std::min(bytes_max_, others);
  }

  // Of a block that was asked for since it came to where it is.
  void PassOver(const Block* block) {
    if (block->in_main_) {
      --block->uses_;
      main_.MoveToNewest(block);
      return;
    }
    small_.Remove(block);
    block->in_main_ = true;
    block->uses_ = 0;
    main_.PushNewest(block);
  }

  // Evicts until so many bytes fit; false where too much is in use.
  bool MakeRoom(size_t bytes) {
    int passes = kPinnedPassesMax;
    while (used() + bytes > bytes_max_) {
      if (count_ == 0) return false;
      Queue& queue = small_.empty() || main_.bytes() > main_bytes_max() ? main_ : small_;
      const Block* block = queue.oldest();
      if (block->uses_ > 0) {
        PassOver(block);
      } else if (block->in_cache_.use_count() > 1) {
        // New pins come only from Lookup, under this mutex, or from a pin: a count of 1 is final.
        if (--passes == 0) return false;
        queue.MoveToNewest(block);
      } else {
        AddGhost(block);
        Drop(block);
        ++evictions_;
      }
    }
    return true;
  }

  // Doubles the buckets, if there is room for them besides what is about to be inserted.
  bool Grow(size_t reserved_bytes) {
    size_t count = std::max<size_t>(16, bucket_count() * 2);
    size_t bucket_bytes = sizeof(const Block*) + kGhostsPerBucket * sizeof(Ghost);
    size_t more_bytes = (count - bucket_count()) * bucket_bytes;
    if (!MakeRoom(reserved_bytes + more_bytes)) return false;
    auto grown = std::make_unique<const Block*[]>(count);
    ghosts_.assign(count * kGhostsPerBucket, Ghost());
    for (size_t i = 0; i < bucket_count(); ++i) {
      const Block* block = buckets()[i];
      while (block != nullptr) {
        const Block* next = block->next_in_bucket_;
        const Block** bucket = &grown[block->hash_ & (count - 1)];
        block->next_in_bucket_ = std::exchange(*bucket, block);
        block = next;
      }
    }
    SetBuckets(std::move(grown), count);
    return true;
  }

  void Drop(const Block* block) {
    *FindLink(block->file_number_, block->offset_, block->hash_) = block->next_in_bucket_;
    (block->in_main_ ? main_ : small_).Remove(block);
    --count_;
    BlockPin last = std::move(block->in_cache_);  // may end the block
  }

  // What is known of an evicted block.
  struct Ghost {
    uint16_t mark = 0;  // of its hash; 0: none
    uint16_t used_at = 0;
  };

  // They are kept at one place each, where later ones overwrite them.
  static uint16_t GhostMark(uint64_t hash) { return static_cast<uint16_t>(hash >> 32) | 1; }
  void AddGhost(const Block* block) {
    if (ghosts_.empty()) return;
    ghosts_[block->hash_ % ghosts_.size()] = {GhostMark(block->hash_), block->used_at_};
  }

  // Whether the block was evicted lately and shall enter the main queue now. Where that is full, it
  // takes the place of one that has not been asked for for longer than the block itself.
  bool TakeGhost(uint64_t hash, size_t bytes) {
    if (ghosts_.empty()) return false;
    Ghost& place = ghosts_[hash % ghosts_.size()];
    if (place.mark != GhostMark(hash)) return false;
    const Ghost ghost = std::exchange(place, Ghost());
    if (main_.empty() || main_.bytes() + bytes <= main_bytes_max()) return true;
    // Not for long, with the mutex: where all are in use, none gives way.
    for (int passed = 0; main_.oldest()->uses_ > 0; ++passed) {
      if (passed == kPassesMax) return false;
      PassOver(main_.oldest());
    }
    return Age(main_.oldest()->used_at_) > Age(ghost.used_at);
  }

  // Time goes on with what is inserted, and begins anew after as much as fills the shard hundreds
  // of times: who has not been asked for for so long may pass for young.
  void Tick() {
    if (++ticks_ * kTicksPerTurn < bucket_count()) return;
    ticks_ = 0;
    ++now_;
  }
  uint16_t Age(uint16_t used_at) const { return now_ - used_at; }

  mutable std::mutex mutex_;  // guards all below; what FetchBucket reads is changed under it
  // A power of two of them, or none. What a hit of a data block needs shares the mutex's line.
  std::atomic<const Block**> buckets_{nullptr};  // bucket_memory_'s
  std::atomic<uint32_t> bucket_mask_{0};
  uint16_t now_ = 0;
  std::array<uint64_t, kBlockKindCount - 1> hits_{};
  std::array<uint64_t, kBlockKindCount - 1> misses_{};
  size_t bytes_max_ = 0;
  std::unique_ptr<const Block*[]> bucket_memory_;
  std::vector<Ghost> ghosts_;
  size_t ticks_ = 0;  // insertions since now_
  Queue small_;
  Queue main_;
  size_t count_ = 0;
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

void BlockCache::FetchBucket(uint64_t file_number, uint64_t offset) const {
  const uint64_t hash = HashOf(file_number, offset);
  ShardOf(hash).FetchBucket(hash);
}

void BlockCache::FetchBlock(uint64_t file_number, uint64_t offset) const {
  const uint64_t hash = HashOf(file_number, offset);
  ShardOf(hash).FetchBlock(hash);
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
