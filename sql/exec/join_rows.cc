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

}  // namespace shale::sql
