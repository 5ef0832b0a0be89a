// CompactHolds: locks in eight bytes each, of keys that nobody but their holder wants: 48 bits of
// the key's hash, the mode, and the number of the slot that names the holder (LockTable). A hash
// table with linear probing, one per shard and guarded by its mutex.
//
// Keys of one shard (six more bits) with the same 48 are one here: who asks for the other one waits
// without need, which is rare (once in 2^54 pairs) and does no harm.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/txn/lock_modes.h"

namespace shale::engine::internal {

class CompactHolds {
 public:
  static constexpr uint16_t kSlotMax = 2047;  // 0 is nobody's

  struct Hold {
    uint16_t slot = 0;
    LockMode mode = LockMode::kUpdate;
  };

  bool empty() const { return count_ == 0; }
  size_t size() const { return count_; }
  std::optional<Hold> Find(uint64_t hash) const;
  // Asks for the memory that a look-up of the hash will read. Thread-safe, needs no mutex: where
  // the table moves meanwhile, it asks in vain.
  void Prefetch(uint64_t hash) const {
    const size_t home = HomeIn(size_.load(std::memory_order_relaxed), FingerprintOf(hash));
    const uintptr_t at = words_at_.load(std::memory_order_relaxed) + home * sizeof(uint64_t);
    __builtin_prefetch(reinterpret_cast<const void*>(at), /*rw=*/1);
    __builtin_prefetch(reinterpret_cast<const void*>(at + kLookUpBytes), /*rw=*/1);
  }
  // False: the hash is there. May throw std::bad_alloc; then nothing has changed.
  bool Add(uint64_t hash, Hold hold) {
    return AddWord((FingerprintOf(hash) << kFingerprintShift) |
                   (uint64_t{hold.slot} << kSlotShift) | static_cast<uint64_t>(hold.mode));
  }
  // Of a hash that is there.
  void Remove(uint64_t hash);
  void RemoveSlot(uint16_t slot);

  // The slot's holds as numbers to be stored, which name the shard in its place; and back.
  void AppendStored(uint16_t slot, uint16_t shard, std::vector<uint64_t>* stored) const;
  bool AddStored(uint64_t stored, uint16_t slot) {
    return AddWord((stored & ~kSlotMask) | (uint64_t{slot} << kSlotShift));
  }
  static uint16_t ShardOfStored(uint64_t stored) { return SlotOf(stored); }
  // May be none that there is.
  static LockMode ModeOf(uint64_t word) { return static_cast<LockMode>(word & kModeMask); }

 private:
  // A word: fingerprint 48 | slot 11 | mode 5 bits; 0: free.
  static constexpr int kFingerprintShift = 16;
  static constexpr int kSlotShift = 5;
  static constexpr uint64_t kSlotMask = uint64_t{kSlotMax} << kSlotShift;
  static constexpr uint64_t kModeMask = 31;
  static_assert(kLockModeCount <= kModeMask + 1);
  static constexpr size_t kLookUpBytes = 64;  // at most, most often

  // Without the shard's bits.
  static uint64_t FingerprintOf(uint64_t hash) { return (hash << 6) >> kFingerprintShift; }
  static uint16_t SlotOf(uint64_t word) {
    return static_cast<uint16_t>((word & kSlotMask) >> kSlotShift);
  }
  static size_t HomeIn(size_t size, uint64_t fingerprint) {
    return static_cast<size_t>(((fingerprint >> 16) * size) >> 32);
  }
  size_t HomeOf(uint64_t fingerprint) const { return HomeIn(words_.size(), fingerprint); }
  size_t After(size_t place) const { return place + 1 == words_.size() ? 0 : place + 1; }
  // Where the fingerprint is, or the free place where it would be.
  size_t PlaceOf(uint64_t fingerprint) const;
  bool AddWord(uint64_t word);
  void RemoveAt(size_t place);
  void Resize(size_t size);
  // Those that there were.
  std::vector<uint64_t> ReplaceWords(std::vector<uint64_t> words);

  std::vector<uint64_t> words_;  // one is always free, unless there are none
  size_t count_ = 0;
  // Where words_ are, and how many, for who has no mutex.
  std::atomic<uintptr_t> words_at_{0};
  std::atomic<size_t> size_{0};
};

}  // namespace shale::engine::internal
