// RowBuffer: rows kept by an operator, in columns: the inner side of a join, what is to be sorted,
// the keys of groups, RETURNING rows.
//
// Row n lies in chunk n / kBatchRows at place n % kBatchRows. Appended bytes are copied. Rows stay
// where they are, but the first chunk's columns move while it grows.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sql/exec/execution_state.h"
#include "sql/vector/row_set.h"
#include "sql/vector/vector.h"

namespace shale::sql {

class RowBuffer {
 public:
  // memory may be null: no limit.
  RowBuffer(std::vector<catalog::Type> types, WorkMemory* memory);

  // The rows of the set; columns of these types in this order.
  Status Append(std::span<const Vector> columns, RowSet rows);
  Status Append(const Batch& batch);

  uint32_t row_count() const { return row_count_; }
  size_t chunk_count() const { return chunks_.size(); }
  // Flat columns, all rows counting.
  const Batch& chunk(size_t index) const { return *chunks_[index]; }
  const Batch& ChunkOf(uint32_t row) const { return *chunks_[row / kBatchRows]; }
  static uint32_t PlaceOf(uint32_t row) { return row % kBatchRows; }

  // A flat vector of the column's values in these rows; kNoRow gives NULL. Bytes are shared.
  Vector Gather(size_t column, const uint32_t* rows, uint32_t count, Arena* arena) const;

  uint64_t bytes() const { return arena_->bytes_allocated(); }
  // Forgets all rows.
  void Clear();

 private:
  void AddChunk();
  void GrowFirstChunk();

  std::vector<catalog::Type> types_;
  WorkMemory* memory_;
  std::unique_ptr<Arena> arena_;
  std::vector<std::unique_ptr<Batch>> chunks_;
  uint32_t capacity_ = 0;  // of the last chunk
  uint32_t row_count_ = 0;
};

// Hands out the rows of a buffer chunk by chunk.
class BufferReader {
 public:
  explicit BufferReader(const RowBuffer* buffer) : buffer_(buffer) {}
  // Null at the end.
  const Batch* Next() {
    return next_ < buffer_->chunk_count() ? &buffer_->chunk(next_++) : nullptr;
  }

 private:
  const RowBuffer* buffer_;
  size_t next_ = 0;
};

}  // namespace shale::sql
