// KeptRows: the rows that a portal may have to give again, or give only later: those behind a
// cursor that scrolls, and all that is left of one that outlives its transaction.
//
// Rows have numbers from 0, those of the query. Beyond the limit of memory the oldest go, which is
// what a cursor that goes forward only needs; who asks for one that is gone is told so. Not
// thread-safe.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/memory_account.h"
#include "sql/exec/row_buffer.h"

namespace shale::sql {

class KeptRows {
 public:
  // first: the number of the row that comes first.
  KeptRows(std::vector<catalog::Type> types, uint64_t first, uint64_t bytes_max,
           MemoryAccount* memory);

  // Keeps the rows behind those kept; of the older ones some may go. 53200 where not even these
  // have room.
  Status Append(const Batch& rows);

  uint64_t first() const { return first_; }
  uint64_t end() const { return end_; }
  // Some rows have gone.
  bool has_dropped() const { return has_dropped_; }

  // Rows of [from, from + count) as far as they lie together, at least one; first() <= from <
  // end(). Valid until the next call.
  const Batch& Slice(uint64_t from, uint64_t count);
  // The same backward: from, from - 1, ...
  const Batch& SliceBackward(uint64_t from, uint64_t count);

 private:
  struct Chunk {
    uint64_t first;
    RowBuffer rows;
  };
  const Chunk& ChunkOf(uint64_t row) const;
  uint64_t bytes() const;
  Status MakeRoom();

  const std::vector<catalog::Type> types_;
  const uint64_t bytes_max_;
  MemoryReservation reservation_;
  std::deque<Chunk> chunks_;
  uint64_t full_bytes_ = 0;  // of all chunks but the last
  uint64_t first_;
  uint64_t end_;
  bool has_dropped_ = false;
  Arena arena_;
  Batch slice_;
};

}  // namespace shale::sql
