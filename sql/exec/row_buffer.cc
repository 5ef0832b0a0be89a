#include "sql/exec/row_buffer.h"

#include <algorithm>
#include <string_view>

#include "sql/exec/size_type.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

// Most buffers hold few rows: the first chunk starts small.
constexpr uint32_t kFirstCapacity = 16;
constexpr uint32_t kGrowthFactor = 8;

}  // namespace

RowBuffer::RowBuffer(std::vector<catalog::Type> types, WorkMemory* memory)
    : types_(std::move(types)), memory_(memory), arena_(std::make_unique<Arena>()) {}

void RowBuffer::Clear() {
  arena_ = std::make_unique<Arena>();
  chunks_.clear();
  capacity_ = 0;
  row_count_ = 0;
}

void RowBuffer::AddChunk() {
  capacity_ = chunks_.empty() ? kFirstCapacity : kBatchRows;
  auto chunk = std::make_unique<Batch>();
  for (catalog::Type type : types_) {
    chunk->columns.push_back(Vector::Flat(type, capacity_, arena_.get()));
  }
  chunks_.push_back(std::move(chunk));
}

void RowBuffer::GrowFirstChunk() {
  Batch& chunk = *chunks_.front();
  capacity_ = std::min(capacity_ * kGrowthFactor, kBatchRows);
  for (Vector& column : chunk.columns) {
    Vector larger = Vector::Flat(column.type(), capacity_, arena_.get());
    CopyRows(column, {nullptr, chunk.row_count}, &larger, arena_.get());
    column = larger;
  }
}

Status RowBuffer::Append(std::span<const Vector> columns, RowSet rows) {
  for (uint32_t from = 0; from < rows.count;) {
    if (chunks_.empty() || chunks_.back()->row_count == kBatchRows) AddChunk();
    if (chunks_.back()->row_count == capacity_) GrowFirstChunk();
    Batch& chunk = *chunks_.back();
    uint32_t count = std::min(capacity_ - chunk.row_count, rows.count - from);
    for (size_t c = 0; c < types_.size(); ++c) {
      const Vector& source = columns[c];
      Vector& target = chunk.columns[c];
      uint32_t place = chunk.row_count;
      if (source.kind() == catalog::PhysicalKind::kBytes) {
        std::string_view* values = target.values<std::string_view>();
        for (uint32_t i = 0; i < count; ++i) {
          uint32_t row = rows[from + i];
          if (source.IsNull(row)) {
            values[place + i] = {};
            target.SetNull(place + i, arena_.get());
          } else {
            values[place + i] = arena_->Copy(source.at<std::string_view>(row));
          }
        }
        continue;
      }
      WithSizeType(source.kind(), [&]<typename T>(T) {
        T* values = target.values<T>();
        for (uint32_t i = 0; i < count; ++i) values[place + i] = source.at<T>(rows[from + i]);
      });
      if (!source.may_have_nulls()) continue;
      for (uint32_t i = 0; i < count; ++i) {
        if (source.IsNull(rows[from + i])) target.SetNull(place + i, arena_.get());
      }
    }
    chunk.row_count += count;
    row_count_ += count;
    from += count;
  }
  return memory_ != nullptr ? memory_->Use(bytes()) : Status::Ok();
}

Status RowBuffer::Append(const Batch& batch) { return Append(batch.columns, RowsOf(batch)); }

Vector RowBuffer::Gather(size_t column, const uint32_t* rows, uint32_t count, Arena* arena) const {
  Vector result = Vector::Flat(types_[column], count, arena);
  WithSizeType(result.kind(), [&]<typename T>(T) {
    T* values = result.values<T>();
    for (uint32_t i = 0; i < count; ++i) {
      if (rows[i] == kNoRow) {
        values[i] = T{};
        result.SetNull(i, arena);
        continue;
      }
      const Vector& source = ChunkOf(rows[i]).columns[column];
      uint32_t place = PlaceOf(rows[i]);
      values[i] = source.values<T>()[place];
      if (source.IsNull(place)) result.SetNull(i, arena);
    }
  });
  return result;
}

}  // namespace shale::sql
