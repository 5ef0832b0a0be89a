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
//
// Snapshots of the past (AcquireAt): who cleans first raises the oldest sequence number that may
// still be asked for, then scans; who asks stores its slot first and checks that number after. So
// a snapshot that the scan missed is either at or after the number, where nothing is dropped, or
// refused.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/base/status.h"
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
  // Moves on to what is visible now, or at_least, keeping the slot: cheaper than release and
  // acquire.
  void Refresh(SequenceNumber at_least = 0);
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
  // Later snapshots lie at or after this: what was visible, or before it what is retained.
  SequenceNumber visible = 0;

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

  // At what is visible, or beyond: at_least must have been given out.
  Snapshot Acquire(SequenceNumber at_least = 0);
  // At a sequence number of the past; 72000 where versions may have been dropped that it needs,
  // 22023 where it has not been given out yet.
  Result<Snapshot> AcquireAt(SequenceNumber sequence);
  // For dropping versions: keeps all that snapshots at retained_from and later would see, which
  // then can still be acquired.
  LiveSnapshots CollectToClean(SequenceNumber retained_from = kSequenceMax);
  // The same as of now, for decisions that need not be right.
  LiveSnapshots Collect(SequenceNumber retained_from = kSequenceMax) const;
  // No snapshot before this one can be acquired any more.
  SequenceNumber history_floor() const { return history_floor_.load(); }
  void RaiseHistoryFloor(SequenceNumber floor);
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

  std::atomic<uint64_t>* TakeSlot(SequenceNumber sequence);
  LiveSnapshots Scan(SequenceNumber visible) const;
  // Stores the visible sequence, or at_least, in a slot that this reader owns, and gives it.
  SequenceNumber Settle(std::atomic<uint64_t>* slot, SequenceNumber sequence,
                        SequenceNumber at_least) const;

  const std::atomic<SequenceNumber>* visible_;
  std::atomic<SequenceNumber> history_floor_{0};
  Block head_;
  std::mutex grow_mutex_;  // serializes the adding of blocks
};

}  // namespace shale::engine
