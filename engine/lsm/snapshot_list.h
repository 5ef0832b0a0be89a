// SnapshotList: the sequence numbers that live readers see the store at. Flush and compaction keep
// every version that one of them sees and drop the rest, also between two snapshots.
//
// Taking a snapshot costs one compare-and-swap on a slot of the thread's own and a load; no mutex.
// Thread- safe throughout.
//
// Proof sketch. A reader stores a sequence in its slot and then reads the visible sequence again;
// only if it is unchanged is the snapshot taken. Collect reads the visible sequence first and scans
// the slots after. All of it is sequentially consistent. If the scan misses a slot, the reader's
// store came after the scan's load, so its second read of the visible sequence came after Collect's
// and gave at least Collect's value: the missed snapshot lies at or after `visible`, and nothing
// newer than `visible` is ever dropped.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/kv_store.h"

namespace shale::engine {

class SnapshotList;

// A reader's hold on one sequence number. Movable; belongs to one thread at a time. Must not
// outlive its store.
class Snapshot {
 public:
  Snapshot() = default;  // holds nothing
  Snapshot(Snapshot&& other) noexcept { *this = std::move(other); }
  Snapshot& operator=(Snapshot&& other) noexcept;
  ~Snapshot() { Release(); }

  bool held() const { return slot_ != nullptr; }
  SequenceNumber sequence() const { return sequence_; }
  // Moves on to what is visible now, keeping the slot: cheaper than release and acquire.
  void Refresh();
  void Release();

 private:
  friend class SnapshotList;
  SnapshotList* list_ = nullptr;
  std::atomic<uint64_t>* slot_ = nullptr;
  SequenceNumber sequence_ = 0;
};

// What a flush or compaction must keep, as of one moment.
struct LiveSnapshots {
  std::vector<SequenceNumber> sequences;  // ascending, distinct; the last one is `visible`
  SequenceNumber visible = 0;             // later snapshots lie at or after this

  // True where some snapshot, present or to come, sees a version committed at `version` whose next
  // newer version, tombstone or covering range tombstone was committed at `next_newer` (above
  // version).
  bool Sees(SequenceNumber version, SequenceNumber next_newer) const;
  // True where every snapshot, present and to come, sees what was committed at `version`.
  bool AllSee(SequenceNumber version) const { return version <= sequences.front(); }
};

class SnapshotList {
 public:
  // Watches the visible sequence of the store, which only grows.
  explicit SnapshotList(const std::atomic<SequenceNumber>* visible);
  ~SnapshotList();
  SnapshotList(const SnapshotList&) = delete;
  SnapshotList& operator=(const SnapshotList&) = delete;

  Snapshot Acquire();
  LiveSnapshots Collect() const;
  size_t live_count() const;

 private:
  friend class Snapshot;
  static constexpr size_t kSlotsPerBlock = 256;
  struct alignas(64) Slot {
    std::atomic<uint64_t> value{0};  // sequence + 1; 0: free
  };
  struct Block {
    Slot slots[kSlotsPerBlock];
    std::atomic<Block*> next{nullptr};
  };

  // Stores the visible sequence in a slot that this reader owns, and gives it.
  SequenceNumber Settle(std::atomic<uint64_t>* slot, SequenceNumber sequence) const;

  const std::atomic<SequenceNumber>* visible_;
  Block head_;
  std::mutex grow_mutex_;  // serializes the adding of blocks
};

}  // namespace shale::engine
