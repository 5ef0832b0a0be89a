#include "sql/expr/subquery_host.h"

#include <algorithm>

#include "sql/expr/evaluate_internal.h"
#include "sql/expr/lock_wait.h"

namespace shale::sql {
namespace {

constexpr char kSubqueryWaitRoutine[] = "subquery_wait";

}  // namespace

// Who sees the text: a client whose subquery stands where nobody runs it.
Status MustRunSubquery() {
  ErrorFields fields;
  fields.sqlstate = sqlstate::kFeatureNotSupported;
  fields.message = "subqueries in this part of a statement are not supported";
  fields.routine = kSubqueryWaitRoutine;
  return Status(std::move(fields));
}

bool IsSubqueryWait(const Status& status) {
  return !status.ok() && status.error().routine == kSubqueryWaitRoutine;
}

Status EvaluateSubquery(EvalContext& context, const SubqueryExpr& expr, const Batch& batch,
                        RowSet rows, Vector* out) {
  if (context.subqueries == nullptr || expr.info->number < 0) {
    return NotSupported("subqueries in this part of a statement");
  }
  Batch values;
  values.row_count = batch.row_count;
  auto add = [&](const Expr& value) {
    return Evaluate(context, value, batch, rows, &values.columns.emplace_back());
  };
  for (const SubqueryExpr::Outer& outer : expr.outer) RETURN_IF_ERROR(add(*outer.value));
  for (const ExprPtr& left : expr.left) RETURN_IF_ERROR(add(*left));

  // What takes nothing from around it runs once, as PostgreSQL's InitPlans do, volatile or not.
  const bool runs_per_row = expr.info->is_volatile && !expr.outer.empty();
  const bool is_constant =
      !runs_per_row &&
      std::ranges::all_of(values.columns, [](const Vector& v) { return v.is_constant(); });
  if (is_constant) {
    values.row_count = 1;
    *out = Vector::ConstantRoom(expr.type, context.arena);
    return context.subqueries->Answer(context, expr, values, {nullptr, 1}, out);
  }
  *out = Vector::Flat(expr.type, batch.row_count, context.arena);
  if (!runs_per_row || context.journal == nullptr) {
    return context.subqueries->Answer(context, expr, values, rows, out);
  }
  return context.journal->Compute(&expr, rows.count, context.arena, rows, out, [&](RowSet part) {
    return context.subqueries->Answer(context, expr, values, part, out);
  });
}

}  // namespace shale::sql
