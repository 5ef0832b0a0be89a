#include "sql/vector/selection.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace shale::sql {
namespace {

// A null selection would stand for all rows of a batch.
constexpr uint16_t kNoRows[1] = {};

RowSet AllOrNone(RowSet rows, bool all) { return all ? rows : RowSet{kNoRows, 0}; }

}  // namespace

const uint16_t* AllRows() {
  static const std::array<uint16_t, kBatchRows> rows = [] {
    std::array<uint16_t, kBatchRows> numbers;
    std::iota(numbers.begin(), numbers.end(), uint16_t{0});
    return numbers;
  }();
  return rows.data();
}

RowSet SelectTrue(const Vector& condition, RowSet rows, Arena* arena) {
  if (condition.is_constant()) {
    bool keep = !condition.IsNull(0) && condition.at<bool>(0);
    return AllOrNone(rows, keep);
  }
  const bool* values = condition.values<bool>();
  if (condition.may_have_nulls()) {
    return SelectWhere(rows, arena,
                       [&](uint32_t row) { return !condition.IsNull(row) && values[row]; });
  }
  return SelectWhere(rows, arena, [values](uint32_t row) { return values[row]; });
}

RowSet SelectNotNull(const Vector& vector, RowSet rows, Arena* arena) {
  if (!vector.may_have_nulls()) return rows;
  if (vector.is_constant()) return AllOrNone(rows, !vector.IsNull(0));
  return SelectWhere(rows, arena, [&](uint32_t row) { return !vector.IsNull(row); });
}

void SliceBatch(Batch* batch, uint32_t offset, uint32_t count, Arena* arena) {
  uint32_t size = batch->size();
  offset = std::min(offset, size);
  count = std::min(count, size - offset);
  if (batch->selection != nullptr) {
    batch->selection += offset;
    batch->selected_count = count;
    return;
  }
  if (offset == 0 && count == size) return;
  uint16_t* selection = arena->AllocateArray<uint16_t>(count);
  for (uint32_t i = 0; i < count; ++i) selection[i] = static_cast<uint16_t>(offset + i);
  batch->selection = selection;
  batch->selected_count = count;
}

}  // namespace shale::sql
