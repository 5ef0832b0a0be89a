// The inner structures of LockTable: entries, their shards and the requests that wait. Private to
// engine/txn.
#pragma once

#include <chrono>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "engine/txn/compact_holds.h"
#include "engine/txn/lock_table.h"

namespace shale::engine::internal {

// A request that waits; it lives in the frame of the coroutine that made it.
struct LockRequest {
  LockOwner* owner = nullptr;
  LockMode mode = LockMode::kUpdate;
  LockEntry* entry = nullptr;                          // while queued
  uint64_t number = 0;                                 // tells waits apart
  std::chrono::steady_clock::time_point deadlock_due;  // see LockOptions::deadlock_timeout
  int64_t started_us = 0;                              // since 1970
  Status status;                                       // why it was interrupted
  Event done;
};

struct LockHold {
  LockOwner* owner;
  LockModeMask modes;
};

// What an entry with a second holder or a waiter has besides: exists from then on until the entry
// goes.
struct LockContention {
  std::vector<LockHold> holds;      // all of them, in no order
  std::vector<LockRequest*> queue;  // the first one is the next to be served
};

// One locked key. Exists while it is held or waited for. Its holders are in sole_*, or all in wait.
struct LockEntry {
  LockEntry* next = nullptr;  // in its bucket
  uint32_t hash = 0;          // the lower half
  uint32_t key_length = 0;
  LockOwner* sole_owner = nullptr;
  LockContention* wait = nullptr;
  LockModeMask sole_modes = 0;
  uint8_t shard = 0;
  uint8_t size_class = 0;

  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_length}; }
  bool idle() const {
    return wait == nullptr ? sole_owner == nullptr : wait->holds.empty() && wait->queue.empty();
  }
  bool has_queue() const { return wait != nullptr && !wait->queue.empty(); }

  LockModeMask ModesOf(const LockOwner* owner) const {
    if (wait == nullptr) return sole_owner == owner ? sole_modes : LockModeMask{0};
    for (const LockHold& hold : wait->holds) {
      if (hold.owner == owner) return hold.modes;
    }
    return 0;
  }
  LockModeMask ModesOfGroup(const LockGroup& group) const {
    if (wait == nullptr) return HeldBy(group) ? sole_modes : LockModeMask{0};
    LockModeMask modes = 0;
    for (const LockHold& hold : wait->holds) {
      if (&hold.owner->group() == &group) modes |= hold.modes;
    }
    return modes;
  }
  LockModeMask ModesOfOthers(const LockGroup& group) const {
    if (wait == nullptr) return HeldBy(group) ? LockModeMask{0} : sole_modes;
    LockModeMask modes = 0;
    for (const LockHold& hold : wait->holds) {
      if (&hold.owner->group() != &group) modes |= hold.modes;
    }
    return modes;
  }
  LockModeMask WaitingModes() const {
    LockModeMask modes = 0;
    if (wait != nullptr) {
      for (const LockRequest* request : wait->queue) modes |= MaskOf(request->mode);
    }
    return modes;
  }

 private:
  bool HeldBy(const LockGroup& group) const {
    return sole_owner != nullptr && &sole_owner->group() == &group;
  }
};

// A compact hold that somebody has asked for is one of an entry; its owner still has it by the
// slot.
struct ExpandedHold {
  LockEntry* entry;
  LockMode mode;
  uint16_t slot;
};

// A part of the hash table, with the pool its entries come from.
struct alignas(64) LockShard {
  std::mutex mutex;
  // All below guarded by mutex.
  std::vector<LockEntry*> buckets;  // a power of two; empty at first
  size_t entry_count = 0;
  CompactHolds compact;
  std::vector<ExpandedHold> expanded;

  LockEntry* Find(std::string_view key, uint64_t hash) const;
  // An entry without holder, linked in.
  LockEntry* Insert(std::string_view key, uint64_t hash, uint8_t shard_index);
  void Remove(LockEntry* entry);
  // Gives back buckets that many entries, now gone, have left: the others are found without misses
  // of the cache.
  void FitBuckets();
  // Adds the mode to what the owner holds.
  void AddHold(LockEntry* entry, LockOwner* owner, LockMode mode);
  // Takes it away again; the entry may become idle.
  void DropHold(LockEntry* entry, LockOwner* owner, LockMode mode);
  LockContention* WaitOf(LockEntry* entry);

  ~LockShard();

 private:
  // Entries of one size class are a multiple of 32 bytes; larger ones come from the heap.
  static constexpr size_t kClassBytes = 32;
  static constexpr size_t kClassCount = 16;
  static constexpr size_t kSlabBytes = 16 << 10;
  static constexpr size_t kBucketsMin = 16;
  static constexpr size_t kBucketsKept = 1024;

  // A power of two.
  void SetBucketCount(size_t count);
  void FreeSlabs();

  LockEntry* free_[kClassCount] = {};
  std::vector<std::unique_ptr<char[]>> slabs_;
  size_t slab_used_ = kSlabBytes;
  std::vector<LockContention*> free_waits_;
  size_t waits_made_ = 0;  // freed only at the end
};

}  // namespace shale::engine::internal
