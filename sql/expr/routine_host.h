// How a call of a function written in SQL is answered where its body does not stand in its place.
// As with subqueries (subquery_host.h): the body's queries take I/O, so the evaluation ends with a
// status, the executor runs what was asked for, and the evaluation is repeated.
#pragma once

#include "sql/expr/expr.h"

namespace shale::sql {

class RoutineHost {
 public:
  virtual ~RoutineHost() = default;
  // Fills out for the rows: a flat vector with room for arguments.row_count rows, or, with the one
  // row 0, a constant one. The columns are the call's arguments, none of them NULL where the
  // function is strict. MustRunRoutine() where answers are missing; those are noted, to be run.
  virtual Status Answer(EvalContext& context, const CallExpr& call, const Batch& arguments,
                        RowSet rows, Vector* out) = 0;
};

Status MustRunRoutine();
bool IsRoutineWait(const Status& status);

// Of a call whose function has a body in SQL.
Status EvaluateRoutine(EvalContext& context, const CallExpr& call, const Vector* args,
                       uint32_t capacity, RowSet rows, Vector* out);

}  // namespace shale::sql
