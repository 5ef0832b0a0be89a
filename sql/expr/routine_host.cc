#include "sql/expr/routine_host.h"

#include <algorithm>

#include "sql/expr/evaluate_internal.h"
#include "sql/expr/lock_wait.h"

namespace shale::sql {
namespace {

constexpr char kRoutineWaitRoutine[] = "routine_wait";

}  // namespace

// Who sees the text: a client whose call stands where nobody runs it.
Status MustRunRoutine() {
  ErrorFields fields;
  fields.sqlstate = sqlstate::kFeatureNotSupported;
  fields.message = "calls of functions in SQL in this part of a statement are not supported";
  fields.routine = kRoutineWaitRoutine;
  return Status(std::move(fields));
}

bool IsRoutineWait(const Status& status) {
  return !status.ok() && status.error().routine == kRoutineWaitRoutine;
}

Status EvaluateRoutine(EvalContext& context, const CallExpr& call, const Vector* args,
                       uint32_t capacity, RowSet rows, Vector* out) {
  const Function& function = *call.function;
  ASSIGN_OR_RETURN(const bool is_done, PrepareCall(context, function, call.type,
                                                   {args, call.args.size()}, capacity, &rows, out));
  if (is_done) return Status::Ok();
  if (context.routines == nullptr) {
    return Error(sqlstate::kFeatureNotSupported,
                 "calling function {} in this part of a statement is not supported", function.name);
  }
  Batch arguments;
  arguments.row_count = out->is_constant() ? 1 : capacity;
  arguments.columns.assign(args, args + call.args.size());
  if (function.volatility != Volatility::kVolatile || context.journal == nullptr) {
    return context.routines->Answer(context, call, arguments, rows, out);
  }
  return context.journal->Compute(&call, 1, context.arena, rows, out, [&](RowSet part) {
    return context.routines->Answer(context, call, arguments, part, out);
  });
}

}  // namespace shale::sql
