// Hashing, equality and order of rows across vectors: what hash joins, grouping, DISTINCT and
// sorting ask of their keys. Values of one type only: casts come before.
#pragma once

#include <cstdint>
#include <span>

#include "sql/vector/row_set.h"
#include "sql/vector/vector.h"

namespace shale::sql {

// hashes[row] for the rows of the set, over the columns with these numbers. Equal keys have equal
// hashes, NULL being equal to NULL. All 64 bits are mixed: low bits for buckets, high bits for
// partitions and tags. The same in every process.
void HashColumns(const Batch& batch, std::span<const uint32_t> columns, RowSet rows,
                 uint64_t* hashes);

// By the type's = operator, NULLs alike (GROUP BY, DISTINCT). The vectors are of one type.
bool ValuesEqual(const Vector& left, uint32_t left_row, const Vector& right, uint32_t right_row);
bool RowsEqual(const Batch& left, std::span<const uint32_t> left_columns, uint32_t left_row,
               const Batch& right, std::span<const uint32_t> right_columns, uint32_t right_row);

struct RowOrder {
  uint32_t column = 0;
  bool descending = false;
  bool nulls_first = false;
};
// Negative where the left row sorts first, 0 where no key tells them apart.
int CompareRows(std::span<const RowOrder> keys, const Batch& left, uint32_t left_row,
                const Batch& right, uint32_t right_row);
// By the type's btree order, without NULLs.
int CompareValues(const Vector& left, uint32_t left_row, const Vector& right, uint32_t right_row);

}  // namespace shale::sql
