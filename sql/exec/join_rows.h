// What all joins share: the combined row, and which rows of either side have found a partner.
#pragma once

#include <vector>

#include "sql/exec/row_buffer.h"
#include "sql/vector/selection.h"

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

// Walks the rows of a kept right side that never matched, giving them with NULLs on the left.
class UnmatchedRight {
 public:
  void Start(uint32_t row_count) {
    matched_.assign(row_count, 0);
    next_chunk_ = 0;
  }
  void Mark(uint32_t row) { matched_[row] = 1; }
  // Those of the next chunk that has any, the first right_count columns; false at the end. Right is
  // a RowBuffer or PagedRows.
  template <typename Right>
  bool Next(Right* right, std::span<const catalog::Type> left_types, size_t right_count,
            Arena* arena, Batch* out) {
    while (next_chunk_ < right->chunk_count()) {
      const size_t first = next_chunk_ * kBatchRows;
      const Batch& chunk = right->chunk(next_chunk_++);
      const RowSet rows = SelectWhere(RowsOf(chunk), arena,
                                      [&](uint32_t row) { return matched_[first + row] == 0; });
      if (rows.count == 0) continue;
      out->columns.clear();
      for (catalog::Type type : left_types) {
        out->columns.push_back(Vector::ConstantNull(type, arena));
      }
      for (size_t i = 0; i < right_count; ++i) out->columns.push_back(chunk.columns[i]);
      out->row_count = chunk.row_count;
      SetSelection(out, rows);
      return true;
    }
    return false;
  }

 private:
  std::vector<uint8_t> matched_;
  size_t next_chunk_ = 0;
};

}  // namespace shale::sql
