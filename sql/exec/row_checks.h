// RowChecks: the CHECK constraints of a table, looked at for rows that are to be written.
//
// All rows of a batch are looked at together; where one of them fails, or cannot be evaluated, each
// is looked at by itself when its turn comes, so that errors are met in the order of rows.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sql/exec/execution_state.h"
#include "sql/vector/selection.h"

namespace shale::sql {

class RowChecks {
 public:
  // Null: the table has none.
  static Result<std::unique_ptr<RowChecks>> Of(const catalog::TableRef& table,
                                               ExecutionState* state);

  // Looks at rows that Test will be asked about: one column per column position of the table.
  void LookAhead(const Batch& rows, RowSet set);
  // 23514, or what evaluating gave. The rows of LookAhead, or any others.
  Status Test(const Batch& rows, uint32_t row);

  explicit RowChecks(const catalog::TableRef& table, ExecutionState* state);

 private:
  Status Bind();
  // The first that some row of the set does not satisfy; -1: none.
  Result<int> FindFailed(const Batch& rows, RowSet set);
  Status Violation(const catalog::CheckDesc& check, const Batch& rows, uint32_t row) const;

  const catalog::TableRef table_;
  ExecutionState* state_;
  Arena arena_;
  EvalContext evaluator_;
  std::shared_ptr<const std::vector<ExprPtr>> conditions_;  // in the order of the table's checks
  const Batch* passed_ = nullptr;  // the rows looked at ahead, where none fails
};

// Calls the function with all rows of the table, batch by batch: its columns at the positions.
using RowLook = std::function<Status(EvalContext& evaluator, const Batch& rows)>;
Task<Status> LookAtRows(catalog::TableRef table, std::vector<int> columns, RowLook look,
                        ExecutionContext* context);
// Whether the condition is true or NULL for all rows of the batch.
Result<bool> HoldsForAll(EvalContext& evaluator, const Expr& condition, const Batch& rows);
// Whether all rows of the table satisfy the check, which is one of its: 23514 where not. The caller
// has locked others out of changing it.
Task<Status> ValidateCheck(const catalog::TableRef& table, const catalog::CheckDesc& check,
                           ExecutionContext* context);

}  // namespace shale::sql
