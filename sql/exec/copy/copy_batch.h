// CopyBatch: rows of a COPY FROM between their lines and the table: fields parsed, defaults and
// WHERE evaluated, checked, ready to be inserted.
//
// Keeps each row's line, so that an error names it as PostgreSQL does, though many rows go through
// together. The order in which errors are met is PostgreSQL's too: a row's fields, defaults, WHERE
// and NOT NULL before those of the next row; keys when the buffered rows are inserted.
// Not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/exec/copy/copy_input.h"
#include "sql/exec/row_checks.h"
#include "sql/expr/evaluate.h"
#include "sql/expr/expr.h"

namespace shale::sql {

class CopyBatch {
 public:
  // columns: positions that the fields of a line go to. defaults: per column position of the table,
  // null where the COPY gives the value; of generated columns over the table's column positions.
  // where: over the table's column positions; may be null. The input outlives the batch.
  CopyBatch(catalog::TableRef table, std::vector<int> columns, std::vector<ExprPtr> defaults,
            ExprPtr where, const CopyInput* input);

  // Empties the batch; what batch() gave is gone.
  void Start();
  // As many rows as PostgreSQL buffers.
  bool full() const;
  uint32_t row_count() const { return batch_.row_count; }
  const Batch& batch() const { return batch_; }
  // Something volatile is evaluated per row: PostgreSQL then inserts each row before it reads the
  // next, and its line is known when a key is in the way.
  bool inserts_singly() const { return inserts_singly_; }

  // The row that the input gave last.
  Status AddRow(const std::vector<CopyField>& fields, const catalog::FormatSettings& settings);
  // Fills the columns that the COPY does not name, and drops the rows that WHERE does not want. May
  // be called again when it failed for want of leased sequence values.
  Status Complete(EvalContext& eval);
  // NOT NULL and CHECK of all rows that are left; checks: of the table, null where it has none.
  Status CheckRows(RowChecks* checks, const catalog::FormatSettings& settings) const;
  // CONTEXT of an error met while the row was inserted.
  std::string InsertContext(uint32_t row) const;

 private:
  struct Line {
    uint64_t number;
    std::string_view text;
  };
  std::string LineContext(uint32_t row) const;
  // A column that the COPY does not name.
  Status Compute(EvalContext& eval, size_t column, RowSet rows);
  // The context of an error that evaluating an expression over all rows gave.
  std::string EvaluationContext(EvalContext& eval, const Expr& expr);

  const catalog::TableRef table_;
  const std::vector<int> columns_;
  const std::vector<ExprPtr> defaults_;
  const ExprPtr where_;
  const CopyInput& input_;
  bool inserts_singly_ = false;
  Arena arena_;
  Batch batch_;
  std::vector<Line> lines_;
  size_t line_bytes_ = 0;
};

}  // namespace shale::sql
