// RowTable: distinct rows, numbered in the order in which they were first seen: groups, DISTINCT,
// set operations. NULLs are alike.
//
// Open addressing with linear probing over row numbers; rows lie in a RowBuffer beside it.
#pragma once

#include <vector>

#include "sql/exec/row_buffer.h"

namespace shale::sql {

class RowTable {
 public:
  explicit RowTable(std::vector<catalog::Type> types);

  // numbers[row] for each row of the set; rows not seen before are added.
  Status FindOrAdd(const Batch& keys, RowSet rows, uint32_t* numbers);
  // The same without adding: kNoRow where the row is not there.
  void Find(const Batch& keys, RowSet rows, uint32_t* numbers);
  // Of the rows of the call before, by row.
  const uint64_t* hashes() const { return batch_hashes_.data(); }
  // Forgets all rows.
  void Clear();
  uint64_t bytes() const;

  uint32_t size() const { return rows_.row_count(); }
  const RowBuffer& rows() const { return rows_; }

 private:
  // For most rows that the table has: their numbers; kNoRow where a second look is needed.
  void FindFirst(const Batch& keys, RowSet rows, uint32_t* numbers) const;
  uint32_t FindOne(const Batch& keys, uint32_t row, uint64_t hash, size_t* slot) const;
  void HashRows(const Batch& keys, RowSet rows);
  void Grow();

  std::vector<uint32_t> columns_;  // 0 .. n-1
  RowBuffer rows_;
  std::vector<uint64_t> hashes_;  // by row number
  std::vector<uint32_t> slots_;   // row number + 1; 0: free. A power of two
  std::vector<uint64_t> batch_hashes_;
};

}  // namespace shale::sql
