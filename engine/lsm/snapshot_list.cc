#include "engine/lsm/snapshot_list.h"

#include <algorithm>
#include <thread>

#include "engine/base/check.h"

namespace shale::engine {
namespace {

// Where this thread looks for a free slot first: the one it used last, as a rule.
thread_local size_t slot_hint = std::hash<std::thread::id>{}(std::this_thread::get_id());

}  // namespace

Snapshot& Snapshot::operator=(Snapshot&& other) noexcept {
  if (this != &other) {
    Release();
    list_ = std::exchange(other.list_, nullptr);
    slot_ = std::exchange(other.slot_, nullptr);
    sequence_ = std::exchange(other.sequence_, 0);
  }
  return *this;
}

void Snapshot::Refresh(SequenceNumber at_least) {
  CHECK(held());
  sequence_ = list_->Settle(slot_, std::max(list_->visible_->load(), at_least), at_least);
}

void Snapshot::Release() {
  if (slot_ == nullptr) return;
  slot_->store(0, std::memory_order_release);
  slot_ = nullptr;
  list_ = nullptr;
  sequence_ = 0;
}

bool LiveSnapshots::Sees(SequenceNumber version, SequenceNumber next_newer) const {
  if (next_newer > visible) return true;
  auto first = std::lower_bound(sequences.begin(), sequences.end(), version);
  return first != sequences.end() && *first < next_newer;
}

SnapshotList::SnapshotList(const std::atomic<SequenceNumber>* visible) : visible_(visible) {}

SnapshotList::~SnapshotList() {
  CHECK(live_count() == 0);
  Block* block = head_.next.load();
  while (block != nullptr) {
    Block* next = block->next.load();
    delete block;
    block = next;
  }
}

SequenceNumber SnapshotList::Settle(std::atomic<uint64_t>* slot, SequenceNumber sequence,
                                    SequenceNumber at_least) const {
  slot->store(sequence + 1);
  while (true) {
    SequenceNumber now = std::max(visible_->load(), at_least);
    if (now == sequence) return sequence;
    sequence = now;
    slot->store(sequence + 1);
  }
}

// A slot with the sequence in it.
std::atomic<uint64_t>* SnapshotList::TakeSlot(SequenceNumber sequence) {
  for (Block* block = &head_;;) {
    for (size_t i = 0; i < kSlotsPerBlock; ++i) {
      size_t index = (slot_hint + i) % kSlotsPerBlock;
      std::atomic<uint64_t>& slot = block->slots[index].value;
      uint64_t free = 0;
      if (slot.load(std::memory_order_relaxed) == 0 &&
          slot.compare_exchange_strong(free, sequence + 1)) {
        slot_hint = index;
        return &slot;
      }
    }
    Block* next = block->next.load();
    if (next == nullptr) {
      std::lock_guard lock(grow_mutex_);
      next = block->next.load();
      if (next == nullptr) {
        next = new Block;
        block->next.store(next);
      }
    }
    block = next;
  }
}

Snapshot SnapshotList::Acquire(SequenceNumber at_least) {
  Snapshot snapshot;
  snapshot.list_ = this;
  SequenceNumber sequence = std::max(visible_->load(), at_least);
  snapshot.slot_ = TakeSlot(sequence);
  snapshot.sequence_ = Settle(snapshot.slot_, sequence, at_least);
  return snapshot;
}

Result<Snapshot> SnapshotList::AcquireAt(SequenceNumber sequence) {
  SequenceNumber visible = visible_->load();
  if (sequence > visible) {
    return Error(sqlstate::kInvalidParameterValue,
                 "sequence number {} lies in the future: the last one is {}", sequence, visible);
  }
  Snapshot snapshot;
  snapshot.list_ = this;
  snapshot.slot_ = TakeSlot(sequence);
  snapshot.sequence_ = sequence;
  SequenceNumber floor = history_floor_.load();
  if (sequence < floor) {
    return Error(sqlstate::kSnapshotTooOld, "snapshot too old")
        .Detail(fmt::format("Sequence number {} was asked for, {} is the oldest that is kept.",
                            sequence, floor));
  }
  return snapshot;
}

LiveSnapshots SnapshotList::Scan(SequenceNumber visible) const {
  LiveSnapshots live;
  live.visible = visible;
  for (const Block* block = &head_; block != nullptr; block = block->next.load()) {
    for (const Slot& slot : block->slots) {
      uint64_t value = slot.value.load();
      // What lies beyond is kept anyway.
      if (value != 0 && value - 1 < live.visible) live.sequences.push_back(value - 1);
    }
  }
  live.sequences.push_back(live.visible);
  std::sort(live.sequences.begin(), live.sequences.end());
  live.sequences.erase(std::unique(live.sequences.begin(), live.sequences.end()),
                       live.sequences.end());
  return live;
}

LiveSnapshots SnapshotList::Collect(SequenceNumber retained_from) const {
  return Scan(std::min(visible_->load(), retained_from));
}

void SnapshotList::RaiseHistoryFloor(SequenceNumber floor) {
  SequenceNumber seen = history_floor_.load();
  while (seen < floor && !history_floor_.compare_exchange_weak(seen, floor)) {
  }
}

LiveSnapshots SnapshotList::CollectToClean(SequenceNumber retained_from) {
  SequenceNumber floor = std::min(visible_->load(), retained_from);
  RaiseHistoryFloor(floor);
  return Scan(floor);
}

size_t SnapshotList::live_count() const {
  size_t count = 0;
  for (const Block* block = &head_; block != nullptr; block = block->next.load()) {
    for (const Slot& slot : block->slots) count += slot.value.load() != 0;
  }
  return count;
}

}  // namespace shale::engine
