// What all joins share: the combined row, and which rows of either side have found a partner.
#pragma once

#include <vector>

#include "sql/exec/row_buffer.h"

namespace shale::sql {

// Which rows of one input batch have matched.
class MatchedRows {
 public:
  void Start(uint32_t row_count) { matched_.assign(row_count, 0); }
  void Mark(uint32_t row) { matched_[row] = 1; }
  // The rows of the set that have not, in the arena.
  RowSet Unmatched(RowSet rows, Arena* arena) const;

 private:
  std::vector<uint8_t> matched_;
};

// The left rows of the set with NULLs on the right. Refers to the input's columns.
void ExtendWithNulls(const Batch& left, RowSet rows, std::span<const catalog::Type> right_types,
                     Arena* arena, Batch* out);

// Walks the rows of a buffered right side that never matched, giving them with NULLs on the left.
class UnmatchedRight {
 public:
  void Start(uint32_t row_count) { matched_.assign(row_count, 0); }
  void Mark(uint32_t row) { matched_[row] = 1; }
  // Up to a batch more of them, the first right_count columns of the buffer; false at the end.
  bool Next(const RowBuffer& right, std::span<const catalog::Type> left_types, size_t right_count,
            Arena* arena, Batch* out);

 private:
  std::vector<uint8_t> matched_;
  uint32_t next_ = 0;
};

}  // namespace shale::sql
