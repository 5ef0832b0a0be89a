// ChangeOperator: what INSERT, UPDATE, DELETE and MERGE share: all work is done in the first Next,
// then come the RETURNING rows.
#pragma once

#include "sql/exec/operator.h"
#include "sql/exec/row_buffer.h"
#include "sql/vector/selection.h"

namespace shale::sql {

class ChangeOperator : public PhysicalOperator {
 public:
  Async<NextBatch> Next() final;

 protected:
  // returning outlives the operator.
  ChangeOperator(const std::vector<ExprPtr>& returning, ExecutionState* state);

  virtual Task<Status> Run() = 0;

  bool has_returning() const { return !returning_.empty(); }
  // Where the keys of changed rows are noted: for all of the statement, where parts of it change
  // rows beside each other; else `own`, where a row may come twice; else nowhere.
  KeySet* ChangedKeys(bool repeats_rows, KeySet* own) const {
    if (KeySet* shared = state_->changed_keys()) return shared;
    return repeats_rows ? own : nullptr;
  }
  // Keeps the RETURNING expressions of the rows; one column per column position of the table.
  Task<Status> AddReturning(const Batch& rows, RowSet set);

  // Looks at what foreign keys and deferrable constraints have noted, where that is very much.
  Async<Status> RelieveEvents();

  // 44000 where a row, one column per column position of the table, does not meet a check.
  Task<Status> CheckRows(const std::vector<RowCheck>& checks, const catalog::TableDesc& table,
                         const Batch& rows, RowSet set);

  // Evaluates the expressions over the rows into columns of out, with the values that nextval needs
  // leased, and locks awaited; null ones are left as they are.
  Task<Status> EvaluateRows(const std::vector<ExprPtr>& exprs, const Batch& input, Batch* out) {
    return EvaluateRows(exprs, input, RowsOf(input), out);
  }
  Task<Status> EvaluateRows(const std::vector<ExprPtr>& exprs, const Batch& input, RowSet rows,
                            Batch* out);

  ExecutionState* state_;
  Arena arena_;  // of the current input

 private:
  Task<NextBatch> RunAndGive();
  NextBatch GiveReturning() { return given_ != nullptr ? given_->reader.Next() : nullptr; }

  // The RETURNING rows.
  struct Given {
    Given(const std::vector<ExprPtr>& returning, ExecutionState* state);
    WorkMemory memory;
    RowBuffer rows;
    BufferReader reader;
  };

  const std::vector<ExprPtr>& returning_;
  EvalContext evaluator_;
  std::unique_ptr<Given> given_;  // null: there are none
  bool ran_ = false;
};

// Whether the plan may give one row of a table more than once.
bool RepeatsRows(const PlanNode& node);
// Whether the plan reads rows by key while it runs, so that it would see what is written meanwhile.
bool ReadsWhileRunning(const PlanNode& node);
// A child of a data-modifying operator, read to its end first where it has to be.
Result<OperatorPtr> MakeChangeInput(const PlanNode& node, ExecutionState* state);
// The same for an INSERT with rows from elsewhere.
Result<OperatorPtr> MakeInsertInput(const InsertNode& node, ExecutionState* state);

}  // namespace shale::sql
