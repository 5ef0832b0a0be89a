#include "engine/txn/lock_entry.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "engine/base/check.h"

namespace shale::engine::internal {

LockShard::~LockShard() {
  CHECK(entry_count == 0 && compact.empty() && expanded.empty());
  for (LockContention* wait : free_waits_) delete wait;
}

LockEntry* LockShard::Find(std::string_view key, uint64_t hash) const {
  if (buckets.empty()) return nullptr;
  auto low = static_cast<uint32_t>(hash);
  for (LockEntry* entry = buckets[low & (buckets.size() - 1)]; entry != nullptr;
       entry = entry->next) {
    if (entry->hash == low && entry->key() == key) return entry;
  }
  return nullptr;
}

LockEntry* LockShard::Insert(std::string_view key, uint64_t hash, uint8_t shard_index) {
  if (entry_count >= buckets.size()) SetBucketCount(std::max(kBucketsMin, buckets.size() * 2));
  size_t size_class = (sizeof(LockEntry) + key.size() + kClassBytes - 1) / kClassBytes;
  char* memory = nullptr;
  if (size_class >= kClassCount) {
    size_class = 0;
    memory = static_cast<char*>(::operator new(sizeof(LockEntry) + key.size()));
  } else if (free_[size_class] != nullptr) {
    memory = reinterpret_cast<char*>(free_[size_class]);
    free_[size_class] = free_[size_class]->next;
  } else {
    size_t bytes = size_class * kClassBytes;
    if (slab_used_ + bytes > kSlabBytes) {
      slabs_.push_back(std::make_unique_for_overwrite<char[]>(kSlabBytes));
      slab_used_ = 0;
    }
    memory = slabs_.back().get() + slab_used_;
    slab_used_ += bytes;
  }
  auto* entry = new (memory) LockEntry;
  if (!key.empty()) std::memcpy(memory + sizeof(LockEntry), key.data(), key.size());
  entry->hash = static_cast<uint32_t>(hash);
  entry->key_length = static_cast<uint32_t>(key.size());
  entry->shard = shard_index;
  entry->size_class = static_cast<uint8_t>(size_class);
  LockEntry*& bucket = buckets[entry->hash & (buckets.size() - 1)];
  entry->next = bucket;
  bucket = entry;
  ++entry_count;
  return entry;
}

void LockShard::Remove(LockEntry* entry) {
  DCHECK(entry->idle());
  LockEntry** link = &buckets[entry->hash & (buckets.size() - 1)];
  while (*link != entry) link = &(*link)->next;
  *link = entry->next;
  if (entry->wait != nullptr) free_waits_.push_back(entry->wait);
  if (entry->size_class == 0) {
    ::operator delete(entry);
  } else {
    entry->next = free_[entry->size_class];
    free_[entry->size_class] = entry;
  }
  if (--entry_count == 0 && slabs_.size() > 1) FreeSlabs();
}

void LockShard::AddHold(LockEntry* entry, LockOwner* owner, LockMode mode) {
  if (entry->wait == nullptr) {
    if (entry->sole_owner == nullptr || entry->sole_owner == owner) {
      entry->sole_owner = owner;
      entry->sole_modes |= MaskOf(mode);
      return;
    }
    WaitOf(entry);
  }
  for (LockHold& hold : entry->wait->holds) {
    if (hold.owner == owner) {
      hold.modes |= MaskOf(mode);
      return;
    }
  }
  entry->wait->holds.push_back({owner, MaskOf(mode)});
}

void LockShard::DropHold(LockEntry* entry, LockOwner* owner, LockMode mode) {
  if (entry->wait == nullptr) {
    DCHECK(entry->sole_owner == owner);
    entry->sole_modes &= ~MaskOf(mode);
    if (entry->sole_modes == 0) entry->sole_owner = nullptr;
    return;
  }
  std::vector<LockHold>& holds = entry->wait->holds;
  for (LockHold& hold : holds) {
    if (hold.owner != owner) continue;
    hold.modes &= ~MaskOf(mode);
    if (hold.modes == 0) {
      hold = holds.back();
      holds.pop_back();
    }
    return;
  }
  CHECK(false);
}

LockContention* LockShard::WaitOf(LockEntry* entry) {
  if (entry->wait != nullptr) return entry->wait;
  if (free_waits_.empty()) {
    auto made = std::make_unique<LockContention>();
    made->holds.reserve(2);
    // Its way back must not fail.
    free_waits_.reserve(waits_made_ + 1);
    ++waits_made_;
    entry->wait = made.release();
  } else {
    entry->wait = free_waits_.back();
    free_waits_.pop_back();
  }
  if (entry->sole_owner != nullptr) {
    entry->wait->holds.push_back({entry->sole_owner, entry->sole_modes});
    entry->sole_owner = nullptr;
    entry->sole_modes = 0;
  }
  return entry->wait;
}

void LockShard::SetBucketCount(size_t count) {
  std::vector<LockEntry*> others(count);
  for (LockEntry* entry : buckets) {
    while (entry != nullptr) {
      LockEntry* next = entry->next;
      LockEntry*& bucket = others[entry->hash & (count - 1)];
      entry->next = bucket;
      bucket = entry;
      entry = next;
    }
  }
  buckets = std::move(others);
}

void LockShard::FitBuckets() {
  const size_t fitting = std::bit_ceil(std::max(kBucketsMin, entry_count * 2));
  if (fitting * 4 > buckets.size()) return;
  try {
    SetBucketCount(fitting);
  } catch (const std::bad_alloc&) {  // then they stay
  }
}

// A burst of locks, a million rows inserted, gives its memory back when it is over.
void LockShard::FreeSlabs() {
  slabs_.resize(1);
  slabs_.shrink_to_fit();
  slab_used_ = 0;
  for (LockEntry*& list : free_) list = nullptr;
  if (buckets.size() > kBucketsKept) {
    buckets = std::vector<LockEntry*>();
  }
}

}  // namespace shale::engine::internal
