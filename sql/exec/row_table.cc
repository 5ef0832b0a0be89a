#include "sql/exec/row_table.h"

#include <algorithm>
#include <numeric>

#include "sql/vector/row_compare.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

constexpr size_t kFirstSlots = 64;
static_assert(static_cast<uint32_t>(0) - 1 == kNoRow);

// Leaves of numbers[row], which name rows of the buffer, those whose value in the column is the
// row's; the others become kNoRow. Asked of NULLs, it may give up.
template <typename T>
void KeepEqualOf(const Vector& keys, RowSet rows, const RowBuffer& buffer, size_t column,
                 uint32_t* numbers) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t& number = numbers[rows[i]];
    if (number == kNoRow) continue;
    const Vector& known = buffer.ChunkOf(number).columns[column];
    const uint32_t place = RowBuffer::PlaceOf(number);
    const bool is_equal =
        !keys.IsNull(rows[i]) && !known.IsNull(place) && keys.at<T>(rows[i]) == known.at<T>(place);
    if (!is_equal) number = kNoRow;
  }
}

void KeepEqual(const Vector& keys, RowSet rows, const RowBuffer& buffer, size_t column,
               uint32_t* numbers) {
  switch (keys.kind()) {
    case catalog::PhysicalKind::kBool:
      return KeepEqualOf<bool>(keys, rows, buffer, column, numbers);
    case catalog::PhysicalKind::kInt16:
      return KeepEqualOf<int16_t>(keys, rows, buffer, column, numbers);
    case catalog::PhysicalKind::kInt32:
      return KeepEqualOf<int32_t>(keys, rows, buffer, column, numbers);
    case catalog::PhysicalKind::kInt64:
      return KeepEqualOf<int64_t>(keys, rows, buffer, column, numbers);
    default:
      break;
  }
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t& number = numbers[rows[i]];
    if (number == kNoRow) continue;
    const Vector& known = buffer.ChunkOf(number).columns[column];
    if (!ValuesEqual(keys, rows[i], known, RowBuffer::PlaceOf(number))) number = kNoRow;
  }
}

}  // namespace

RowTable::RowTable(std::vector<catalog::Type> types)
    : columns_(types.size()), rows_(std::move(types), nullptr), slots_(kFirstSlots, 0) {
  std::iota(columns_.begin(), columns_.end(), 0);
}

void RowTable::Clear() {
  rows_.Clear();
  std::vector<uint64_t>().swap(hashes_);
  slots_.assign(kFirstSlots, 0);
  slots_.shrink_to_fit();
}

uint64_t RowTable::bytes() const {
  return rows_.bytes() + hashes_.capacity() * sizeof(uint64_t) + slots_.size() * sizeof(uint32_t);
}

void RowTable::HashRows(const Batch& keys, RowSet rows) {
  batch_hashes_.resize(std::max<size_t>(batch_hashes_.size(), keys.row_count));
  if (columns_.empty()) {
    std::fill(batch_hashes_.begin(), batch_hashes_.end(), 0);
    return;
  }
  HashColumns(keys, columns_, rows, batch_hashes_.data());
}

uint32_t RowTable::FindOne(const Batch& keys, uint32_t row, uint64_t hash, size_t* slot) const {
  size_t mask = slots_.size() - 1;
  for (*slot = hash & mask;; *slot = (*slot + 1) & mask) {
    if (slots_[*slot] == 0) return kNoRow;
    uint32_t number = slots_[*slot] - 1;
    if (hashes_[number] == hash && RowsEqual(keys, columns_, row, rows_.ChunkOf(number), columns_,
                                             RowBuffer::PlaceOf(number))) {
      return number;
    }
  }
}

// Column by column, so that a value's kind is looked at once for all rows.
void RowTable::FindFirst(const Batch& keys, RowSet rows, uint32_t* numbers) const {
  const size_t mask = slots_.size() - 1;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const uint32_t number = slots_[batch_hashes_[row] & mask] - 1;  // free: kNoRow
    numbers[row] = number != kNoRow && hashes_[number] == batch_hashes_[row] ? number : kNoRow;
  }
  for (uint32_t column : columns_) KeepEqual(keys.columns[column], rows, rows_, column, numbers);
}

Status RowTable::FindOrAdd(const Batch& keys, RowSet rows, uint32_t* numbers) {
  HashRows(keys, rows);
  FindFirst(keys, rows, numbers);
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint16_t row = static_cast<uint16_t>(rows[i]);
    if (numbers[row] != kNoRow) continue;
    size_t slot;
    uint32_t number = FindOne(keys, row, batch_hashes_[row], &slot);
    if (number == kNoRow) {
      number = size();
      RETURN_IF_ERROR(rows_.Append(keys.columns, {&row, 1}));
      hashes_.push_back(batch_hashes_[row]);
      slots_[slot] = number + 1;
      if (hashes_.size() * 2 > slots_.size()) Grow();
    }
    numbers[row] = number;
  }
  return Status::Ok();
}

void RowTable::Find(const Batch& keys, RowSet rows, uint32_t* numbers) {
  HashRows(keys, rows);
  FindFirst(keys, rows, numbers);
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    if (numbers[row] != kNoRow) continue;
    size_t slot;
    numbers[row] = FindOne(keys, row, batch_hashes_[row], &slot);
  }
}

void RowTable::Grow() {
  slots_.assign(slots_.size() * 2, 0);
  size_t mask = slots_.size() - 1;
  for (uint32_t number = 0; number < hashes_.size(); ++number) {
    size_t slot = hashes_[number] & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = number + 1;
  }
}

}  // namespace shale::sql
