// Commit markers: which batches were committed last. A batch may carry a marker, a number by which
// its writer knows it, so that an outcome that was unknown can be resolved after the next opening.
//
//   in the log     an operation of the batch (write_batch.h)
//   in memory      CommitMarkers, until the memtable of that time is frozen; after a replay, rows
//   in tables      rows: key FF FF 6D slot(u16 BE), value marker(u64 LE)
//
// The slot follows from the batch's sequence number, so the last kCommitMarkerSlots batches have
// theirs on record, and a frozen memtable has no more rows of markers than that: a row for each
// commit would cost the time and the memory of another row of its transaction.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/kv_store.h"
#include "engine/memtable/memtable.h"

namespace shale::engine {

inline constexpr uint32_t kCommitMarkerSlots = 4096;
// All rows of markers lie in between.
inline constexpr std::string_view kCommitMarkersBegin = "\xff\xffm";
inline constexpr std::string_view kCommitMarkersEnd = "\xff\xffn";

std::string CommitMarkerKey(uint32_t slot);
void AddCommitMarkerRow(SequenceNumber sequence, uint64_t marker, MemTable* memtable);

// Note and AddRows: one thread at a time, who has the turn to write. Contains: any thread.
class CommitMarkers {
 public:
  void Note(SequenceNumber sequence, uint64_t marker);
  // Adds the rows of what was noted since the last call. Before the memtable is frozen.
  void AddRows(MemTable* memtable);
  // Of the batches noted that nothing newer took the slot of.
  bool Contains(uint64_t marker) const;

 private:
  struct Slot {
    std::atomic<uint64_t> marker{0};
    SequenceNumber sequence = 0;  // 0: none
  };

  std::array<Slot, kCommitMarkerSlots> slots_;
  SequenceNumber first_noted_ = 0;  // since the last AddRows; 0: none
};

}  // namespace shale::engine
