#include "sql/vector/vector_copy.h"

#include <string_view>
#include <utility>

#include "engine/base/check.h"

namespace shale::sql {
namespace {

using catalog::PhysicalKind;

struct Bytes16 {
  uint64_t low, high;
};

// Calls function with a value of the type that has the kind's size: copying needs no more.
template <typename Function>
void WithSizeType(PhysicalKind kind, Function function) {
  switch (ValueBytes(kind)) {
    case 1:
      return function(uint8_t{});
    case 2:
      return function(uint16_t{});
    case 4:
      return function(uint32_t{});
    case 8:
      return function(uint64_t{});
    default:
      return function(Bytes16{});
  }
}

}  // namespace

void CopyRows(const Vector& from, RowSet rows, Vector* to, Arena* arena) {
  WithSizeType(from.kind(), [&]<typename T>(T) {
    T* target = to->values<T>();
    for (uint32_t i = 0; i < rows.count; ++i) {
      uint32_t row = rows[i];
      target[row] = from.at<T>(row);
    }
  });
  if (!from.may_have_nulls()) return;
  for (uint32_t i = 0; i < rows.count; ++i) {
    if (from.IsNull(rows[i])) to->SetNull(rows[i], arena);
  }
}

void CopyRow(const Vector& from, uint32_t from_row, Vector* to, uint32_t to_row, ByteCopy copy,
             Arena* arena) {
  if (from.IsNull(from_row)) {
    to->SetNull(to_row, arena);
    return;
  }
  if (from.kind() == PhysicalKind::kBytes && copy == ByteCopy::kDeep) {
    to->values<std::string_view>()[to_row] = arena->Copy(from.at<std::string_view>(from_row));
    return;
  }
  WithSizeType(from.kind(), [&]<typename T>(T) { to->values<T>()[to_row] = from.at<T>(from_row); });
}

Vector Gather(const Vector& from, const uint32_t* rows, uint32_t count, ByteCopy copy,
              Arena* arena) {
  Vector to = Vector::Flat(from.type(), count, arena);
  if (from.kind() == PhysicalKind::kBytes && copy == ByteCopy::kDeep) {
    for (uint32_t i = 0; i < count; ++i) {
      if (rows[i] == kNoRow) {
        to.SetNull(i, arena);
      } else {
        CopyRow(from, rows[i], &to, i, copy, arena);
      }
    }
    return to;
  }
  WithSizeType(from.kind(), [&]<typename T>(T) {
    T* target = to.values<T>();
    for (uint32_t i = 0; i < count; ++i) {
      if (rows[i] != kNoRow && !from.IsNull(rows[i])) {
        target[i] = from.at<T>(rows[i]);
      } else {
        target[i] = T{};
        to.SetNull(i, arena);
      }
    }
  });
  return to;
}

Batch Compact(const Batch& batch, ByteCopy copy, Arena* arena) {
  Batch result;
  result.row_count = batch.size();
  if (copy == ByteCopy::kShared) result.pin = batch.pin;
  uint32_t* rows = arena->AllocateArray<uint32_t>(batch.size());
  for (uint32_t i = 0; i < batch.size(); ++i) rows[i] = batch.RowAt(i);
  result.columns.reserve(batch.columns.size());
  for (const Vector& column : batch.columns) {
    result.columns.push_back(Gather(column, rows, batch.size(), copy, arena));
  }
  return result;
}

BatchBuilder::BatchBuilder(std::span<const catalog::Type> types, Arena* arena)
    : types_(types.begin(), types.end()), arena_(arena) {
  Start();
}

void BatchBuilder::Start() {
  columns_.clear();
  columns_.reserve(types_.size());
  for (catalog::Type type : types_) columns_.push_back(Vector::Flat(type, kBatchRows, arena_));
  row_count_ = 0;
}

void BatchBuilder::SetFrom(const Batch& batch, uint32_t row, uint32_t first_column, ByteCopy copy) {
  DCHECK(first_column + batch.columns.size() <= columns_.size());
  for (uint32_t i = 0; i < batch.columns.size(); ++i) {
    CopyRow(batch.columns[i], row, &columns_[first_column + i], row_count_, copy, arena_);
  }
}

void BatchBuilder::Set(uint32_t column, const catalog::Value& value) {
  if (value.is_null()) {
    SetNull(column);
    return;
  }
  catalog::Datum datum = value.datum();
  if (columns_[column].kind() == PhysicalKind::kBytes) datum.bytes = arena_->Copy(datum.bytes);
  Set(column, datum);
}

Batch BatchBuilder::Finish() {
  Batch batch;
  batch.columns = std::move(columns_);
  batch.row_count = row_count_;
  Start();
  return batch;
}

}  // namespace shale::sql
