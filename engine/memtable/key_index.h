// KeyIndex: where the newest version of each key lies in a skip list: a hash table with open
// addressing, lock-free. A search of the list costs a dozen or two cache misses; this costs two.
//
//   slot (8 bytes): upper 16 bits of the key's hash | address of the node; 0: empty
//
// Slots are filled and never emptied, and a filled slot stays with its key: only the node changes,
// to that of a newer version. So a search that comes to an empty slot knows that the key is absent.
// A key whose places are all taken is not in the index, and overflowed_ says that there are such
// keys: then an absent key has to be looked up in the list.
//
// What a reader may rely on: the version that it finds is the newest one added before it asked, or
// a newer one. Publication (memtable.h) orders that: a version's slot is set before its sequence
// number is published.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/base/checksum.h"
#include "engine/base/page_memory.h"

namespace shale::engine {

// Access has static std::string_view user_key(const Node&) and static uint64_t trailer(const
// Node&), larger for newer versions. Nodes outlive the index. Thread-safe.
template <typename Node, typename Access>
class KeyIndex {
 public:
  explicit KeyIndex(size_t slots)
      : mask_(std::bit_ceil(std::max(slots, kSlotsMin)) - 1), memory_((mask_ + 1) * sizeof(Slot)) {}

  // The hash that Insert takes. Begins to fetch the key's slot: there is time until then.
  uint64_t Prepare(std::string_view user_key) const {
    uint64_t hash = Checksum(user_key);
    __builtin_prefetch(&slot(hash));
    return hash;
  }

  // The node is in the list.
  void Insert(uint64_t hash, const Node* node) {
    const uint64_t wanted = Pack(hash, node);
    const std::string_view user_key = Access::user_key(*node);
    for (size_t i = 0; i < places(); ++i) {
      Slot& place = slot(hash + i);
      uint64_t found = place.load(std::memory_order_acquire);
      while (found == 0 || IsOf(found, hash, user_key)) {
        if (found != 0 && Access::trailer(*NodeOf(found)) >= Access::trailer(*node)) return;
        if (place.compare_exchange_weak(found, wanted, std::memory_order_acq_rel)) return;
      }
    }
    Overflow();
  }

  // True: *node is the key's newest, or null as there is none. False: the index does not know.
  bool Find(std::string_view user_key, const Node** node) const {
    const uint64_t hash = Checksum(user_key);
    for (size_t i = 0; i < places(); ++i) {
      const uint64_t found = slot(hash + i).load(std::memory_order_acquire);
      if (found == 0) {
        *node = nullptr;
        return true;
      }
      if (!IsOf(found, hash, user_key)) continue;
      *node = NodeOf(found);
      return true;
    }
    *node = nullptr;
    return !overflowed_.load(std::memory_order_acquire);
  }

 private:
  using Slot = std::atomic<uint64_t>;
  static constexpr size_t kSlotsMin = 16;
  // That a key may be in: enough for a table that is two thirds full.
  static constexpr size_t kPlacesMax = 64;
  static constexpr uint64_t kAddressMask = (uint64_t{1} << 48) - 1;

  // Programs have the first 256 TiB of addresses, unless they ask for more.
  static uint64_t Pack(uint64_t hash, const Node* node) {
    CHECK((reinterpret_cast<uintptr_t>(node) & ~kAddressMask) == 0);
    return (hash & ~kAddressMask) ^ reinterpret_cast<uintptr_t>(node);
  }
  static const Node* NodeOf(uint64_t packed) {
    return reinterpret_cast<const Node*>(packed & kAddressMask);
  }
  static bool IsOf(uint64_t packed, uint64_t hash, std::string_view user_key) {
    return ((packed ^ hash) & ~kAddressMask) == 0 && Access::user_key(*NodeOf(packed)) == user_key;
  }
  size_t places() const { return std::min(kPlacesMax, mask_ + 1); }
  Slot& slot(uint64_t number) const {
    return reinterpret_cast<Slot*>(memory_.data())[number & mask_];
  }
  void Overflow() { overflowed_.store(true, std::memory_order_release); }

  const size_t mask_;
  const PageMemory memory_;  // zeroed: all slots empty
  std::atomic<bool> overflowed_{false};
};

}  // namespace shale::engine
