#include "engine/lsm/commit_markers.h"

#include "engine/base/coding.h"

namespace shale::engine {

std::string CommitMarkerKey(uint32_t slot) {
  std::string key(kCommitMarkersBegin);
  PutBigEndian16(&key, static_cast<uint16_t>(slot));
  return key;
}

void AddCommitMarkerRow(SequenceNumber sequence, uint64_t marker, MemTable* memtable) {
  std::string value;
  PutFixed64(&value, marker);
  memtable->Add(sequence, ValueType::kValue,
                CommitMarkerKey(static_cast<uint32_t>(sequence % kCommitMarkerSlots)), value);
}

void CommitMarkers::Note(SequenceNumber sequence, uint64_t marker) {
  Slot& slot = slots_[sequence % kCommitMarkerSlots];
  slot.sequence = sequence;
  slot.marker.store(marker, std::memory_order_release);
  if (first_noted_ == 0) first_noted_ = sequence;
}

void CommitMarkers::AddRows(MemTable* memtable) {
  if (first_noted_ == 0) return;
  for (const Slot& slot : slots_) {
    if (slot.sequence < first_noted_) continue;
    AddCommitMarkerRow(slot.sequence, slot.marker.load(std::memory_order_relaxed), memtable);
  }
  first_noted_ = 0;
}

bool CommitMarkers::Contains(uint64_t marker) const {
  if (marker == 0) return false;  // that of a slot never used
  for (const Slot& slot : slots_) {
    if (slot.marker.load(std::memory_order_acquire) == marker) return true;
  }
  return false;
}

}  // namespace shale::engine
