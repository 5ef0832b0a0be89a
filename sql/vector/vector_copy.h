// Copying rows between vectors: gathering (joins, sorts), scattering (CASE), and building batches
// row by row.
//
// Byte values (text, numeric, ...) are shared by default: the copy refers to where the source's
// bytes lie. ByteCopy::kDeep copies them into the arena, for rows that outlive their batch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/arena.h"
#include "sql/vector/row_set.h"
#include "sql/vector/vector.h"

namespace shale::sql {

enum class ByteCopy : uint8_t { kShared, kDeep };

// to[row] = from[row] for the rows of the set. `to` is flat, of the same kind, with room.
void CopyRows(const Vector& from, RowSet rows, Vector* to, Arena* arena);

// A flat vector of count rows: result[i] = from[rows[i]]; the rows in any order, with repeats.
// kNoRow gives NULL: the missing side of an outer join.
inline constexpr uint32_t kNoRow = ~uint32_t{0};
Vector Gather(const Vector& from, const uint32_t* rows, uint32_t count, ByteCopy copy,
              Arena* arena);

// One value between vectors of the same kind; to is flat and to_row lies in its capacity.
void CopyRow(const Vector& from, uint32_t from_row, Vector* to, uint32_t to_row, ByteCopy copy,
             Arena* arena);

// The batch with only its selected rows and no selection.
Batch Compact(const Batch& batch, ByteCopy copy, Arena* arena);

// Collects rows into a batch of flat columns of kBatchRows capacity.
class BatchBuilder {
 public:
  // Columns and copied bytes lie in the arena.
  BatchBuilder(std::span<const catalog::Type> types, Arena* arena);

  bool full() const { return row_count_ == kBatchRows; }
  uint32_t row_count() const { return row_count_; }

  // Appends a row of the batch to columns first_column ...; call FinishRow once all columns are
  // set.
  void SetFrom(const Batch& batch, uint32_t row, uint32_t first_column, ByteCopy copy);
  void Set(uint32_t column, const catalog::Datum& datum) {
    columns_[column].SetDatum(row_count_, datum);
  }
  void SetNull(uint32_t column) { columns_[column].SetNull(row_count_, arena_); }
  void Set(uint32_t column, const catalog::Value& value);
  void FinishRow() { ++row_count_; }

  // The batch of the rows so far; the builder starts anew with fresh columns.
  Batch Finish();

 private:
  void Start();

  std::vector<catalog::Type> types_;
  Arena* arena_;
  std::vector<Vector> columns_;
  uint32_t row_count_ = 0;
};

}  // namespace shale::sql
