// KeptRowsCall: rows that are there already, as a call that gives them (sql/expr/set_function.h).
#pragma once

#include <memory>
#include <utility>

#include "sql/exec/paged_rows.h"
#include "sql/expr/set_function.h"

namespace shale::sql {

// Blocks where the rows are paged.
class KeptRowsCall : public SetCall {
 public:
  explicit KeptRowsCall(std::shared_ptr<PagedRows> rows) : rows_(std::move(rows)) {}

  Result<bool> Next(catalog::Datum* values, bool* nulls) override {
    if (row_ == rows_->row_count()) return false;
    const Batch& chunk = rows_->ChunkOf(row_);
    RETURN_IF_ERROR(rows_->status());
    const uint32_t place = row_++ % kBatchRows;
    for (size_t i = 0; i < chunk.columns.size(); ++i) {
      nulls[i] = chunk.columns[i].IsNull(place);
      if (!nulls[i]) values[i] = chunk.columns[i].GetDatum(place);
    }
    return true;
  }

 private:
  std::shared_ptr<PagedRows> rows_;
  uint32_t row_ = 0;
};

}  // namespace shale::sql
