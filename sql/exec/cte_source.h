// CteSource: the rows of a WITH query, made as far as they are read, once, and kept for all who
// scan them.
//
// Scans read `rows` from their own place on and call Fill for more. One coroutine at a time, as all
// of an execution.
#pragma once

#include <memory>

#include "sql/exec/operator.h"
#include "sql/exec/row_buffer.h"

namespace shale::sql {

class CteSource {
 public:
  // The plan outlives it.
  CteSource(const PlanNode& plan, ExecutionState* state)
      : plan_(plan), state_(state), memory_(state, "CTE scan"), rows_(plan.output, &memory_) {}

  // Makes the query's operators, which read the state of this moment.
  Status Open();
  // Adds a batch to the rows, or finds that there is none: at_end.
  Async<Status> Fill();
  bool at_end() const { return operator_ == nullptr; }
  const RowBuffer& rows() const { return rows_; }

 private:
  Task<Status> FillLater(Async<NextBatch> next);
  Status Take(NextBatch batch);

  const PlanNode& plan_;
  ExecutionState* state_;
  WorkMemory memory_;
  RowBuffer rows_;
  OperatorPtr operator_;
};

}  // namespace shale::sql
