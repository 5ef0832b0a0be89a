#include "sql/exec/join_rows.h"

#include "sql/vector/selection.h"

namespace shale::sql {

RowSet MatchedRows::Unmatched(RowSet rows, Arena* arena) const {
  return SelectWhere(rows, arena, [this](uint32_t row) { return matched_[row] == 0; });
}

void ExtendWithNulls(const Batch& left, RowSet rows, std::span<const catalog::Type> right_types,
                     Arena* arena, Batch* out) {
  out->columns = left.columns;
  for (catalog::Type type : right_types) out->columns.push_back(Vector::ConstantNull(type, arena));
  out->row_count = left.row_count;
  SetSelection(out, rows);
}

bool UnmatchedRight::Next(const RowBuffer& right, std::span<const catalog::Type> left_types,
                          size_t right_count, Arena* arena, Batch* out) {
  uint32_t* rows = arena->AllocateArray<uint32_t>(kBatchRows);
  uint32_t count = 0;
  for (; next_ < matched_.size() && count < kBatchRows; ++next_) {
    if (matched_[next_] == 0) rows[count++] = next_;
  }
  if (count == 0) return false;
  out->columns.clear();
  for (catalog::Type type : left_types) out->columns.push_back(Vector::ConstantNull(type, arena));
  for (size_t column = 0; column < right_count; ++column) {
    out->columns.push_back(right.Gather(column, rows, count, arena));
  }
  out->row_count = count;
  out->selection = nullptr;
  return true;
}

}  // namespace shale::sql
