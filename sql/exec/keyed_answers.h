// KeyedAnswers: the answers of a subquery for all values at once (KeyedSubplan).
#pragma once

#include "sql/exec/row_table.h"
#include "sql/plan/plan.h"

namespace shale::sql {

class KeyedAnswers {
 public:
  KeyedAnswers(const KeyedSubplan& subplan, ExecutionState* state);

  // Rows of the subplan.
  Status Append(const Batch& rows);
  // out, as SubqueryHost::Answer has it, from the outer values.
  Status Answer(EvalContext& context, const Batch& outer, RowSet rows, Vector* out);

 private:
  Status FillAggregates(EvalContext& context, const uint32_t* numbers, RowSet rows, Batch* batch);

  const KeyedSubplan& subplan_;
  WorkMemory key_memory_;
  WorkMemory memory_;
  RowTable keys_;
  RowBuffer aggregates_;  // by the number of their key
};

}  // namespace shale::sql
