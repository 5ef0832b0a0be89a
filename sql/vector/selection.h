// Selections: which rows of a batch count. Made by filters, cut by LIMIT, joined by nobody: a
// narrower selection is always a new array in an arena.
#pragma once

#include <cstdint>

#include "engine/base/arena.h"
#include "sql/vector/row_set.h"
#include "sql/vector/vector.h"

namespace shale::sql {

// The rows that count in a batch.
inline RowSet RowsOf(const Batch& batch) { return {batch.selection, batch.size()}; }

// 0, 1, ... kBatchRows - 1: what a selection of consecutive rows points into.
const uint16_t* AllRows();

// The rows of the set where the boolean vector is true (not false, not NULL), in order.
RowSet SelectTrue(const Vector& condition, RowSet rows, Arena* arena);
// The rows of the set where the vector is not NULL; the set itself where it has no NULLs.
RowSet SelectNotNull(const Vector& vector, RowSet rows, Arena* arena);

// The rows of the set for which the test holds, a callable of a row number.
template <typename Test>
RowSet SelectWhere(RowSet rows, Arena* arena, Test test) {
  uint16_t* selection = arena->AllocateArray<uint16_t>(rows.count);
  uint32_t count = 0;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    selection[count] = static_cast<uint16_t>(row);
    count += test(row) ? 1 : 0;
  }
  return {selection, count};
}

// Makes the rows the selection of the batch.
inline void SetSelection(Batch* batch, RowSet rows) {
  if (rows.selection == nullptr) {
    batch->row_count = rows.count;
    batch->selection = nullptr;
    batch->selected_count = 0;
    return;
  }
  batch->selection = rows.selection;
  batch->selected_count = rows.count;
}

// Keeps count of the batch's selected rows from the offset-th on (fewer where there are fewer):
// LIMIT and OFFSET. Columns stay where they are.
void SliceBatch(Batch* batch, uint32_t offset, uint32_t count, Arena* arena);

}  // namespace shale::sql
