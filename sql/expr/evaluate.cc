#include "sql/expr/evaluate.h"

#include <algorithm>

#include "engine/base/check.h"
#include "sql/expr/evaluate_internal.h"
#include "sql/expr/lock_wait.h"
#include "sql/expr/routine_host.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

constexpr size_t kInlineArgs = 4;

Status EvaluateParameter(EvalContext& context, const ParameterExpr& expr, Vector* out) {
  size_t index = static_cast<size_t>(expr.index);
  if (index >= context.parameter_count) {
    return Error(sqlstate::kUndefinedParameter, "there is no parameter ${}", index + 1);
  }
  const catalog::Value& value = context.parameters[index];
  *out = value.is_null() ? Vector::ConstantNull(expr.type, context.arena)
                         : Vector::ConstantReference(expr.type, value.datum());
  return Status::Ok();
}

Status EvaluateCall(EvalContext& context, const CallExpr& expr, const Batch& batch, RowSet rows,
                    Vector* out) {
  size_t count = expr.args.size();
  Vector inline_args[kInlineArgs];
  Vector* args = inline_args;
  if (count > kInlineArgs) {
    args = context.arena->AllocateArray<Vector>(count);
    std::uninitialized_default_construct_n(args, count);
  }
  for (size_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(Evaluate(context, *expr.args[i], batch, rows, &args[i]));
  }
  if (expr.function->routine != nullptr) {
    return EvaluateRoutine(context, expr, args, batch.row_count, rows, out);
  }
  if (expr.spreads) {
    return CallWithElements(context, expr, args, batch.row_count, rows, out);
  }
  return CallFunction(context, *expr.function, expr.type, args, count, batch.row_count, rows, out);
}

// Narrows the rows to those without a NULL argument and makes the others' results NULL.
RowSet ExcludeNulls(const Vector* args, size_t arg_count, uint32_t capacity, RowSet rows,
                    Arena* arena, Vector* out) {
  size_t words = (capacity + 63) / 64;
  uint64_t* validity = arena->AllocateArray<uint64_t>(words);
  std::fill_n(validity, words, ~uint64_t{0});
  for (size_t i = 0; i < arg_count; ++i) {
    if (!args[i].may_have_nulls() || args[i].is_constant()) continue;
    const uint64_t* bits = args[i].validity();
    for (size_t w = 0; w < words; ++w) validity[w] &= bits[w];
  }
  out->SetValidity(validity);
  return SelectWhere(rows, arena,
                     [validity](uint32_t row) { return (validity[row >> 6] >> (row & 63)) & 1; });
}

Status FilterRows(EvalContext& context, const Expr& predicate, const Batch& batch, RowSet* rows) {
  if (rows->count == 0) return Status::Ok();
  // A row that one condition of an AND makes false or NULL is out, whatever the others say.
  if (predicate.kind == ExprKind::kLogic) {
    const auto& logic = static_cast<const LogicExpr&>(predicate);
    if (logic.op == LogicExpr::Op::kAnd) {
      for (const ExprPtr& arg : logic.args) {
        RETURN_IF_ERROR(FilterRows(context, *arg, batch, rows));
      }
      return Status::Ok();
    }
  }
  Vector condition;
  RETURN_IF_ERROR(Evaluate(context, predicate, batch, *rows, &condition));
  *rows = SelectTrue(condition, *rows, context.arena);
  return Status::Ok();
}

}  // namespace

Result<bool> PrepareCall(EvalContext& context, const Function& function, catalog::Type type,
                         std::span<const Vector> args, uint32_t capacity, RowSet* rows,
                         Vector* out) {
  bool all_constant = function.volatility != Volatility::kVolatile;
  bool may_have_nulls = false;
  for (const Vector& arg : args) {
    if (function.strict && arg.IsConstantNull()) {
      *out = Vector::ConstantNull(type, context.arena);
      return true;
    }
    all_constant &= arg.is_constant();
    may_have_nulls |= arg.may_have_nulls();
  }
  if (all_constant) {
    *out = Vector::ConstantRoom(type, context.arena);
    *rows = {nullptr, 1};
    return false;
  }
  *out = Vector::Flat(type, capacity, context.arena);
  if (function.strict && may_have_nulls) {
    *rows = ExcludeNulls(args.data(), args.size(), capacity, *rows, context.arena, out);
  }
  return rows->count == 0;
}

Status CallFunction(EvalContext& context, const Function& function, catalog::Type type,
                    const Vector* args, size_t arg_count, uint32_t capacity, RowSet rows,
                    Vector* out) {
  ASSIGN_OR_RETURN(const bool is_done,
                   PrepareCall(context, function, type, {args, arg_count}, capacity, &rows, out));
  if (is_done) return Status::Ok();
  if (context.journal != nullptr && function.volatility != Volatility::kImmutable) {
    return context.journal->Call(context, function, args, arg_count, rows, out);
  }
  return function.kernel(context, args, arg_count, rows, out);
}

Status Evaluate(EvalContext& context, const Expr& expr, const Batch& batch, RowSet rows,
                Vector* out) {
  if (rows.count == 0) {
    *out = Vector::ConstantNull(expr.type, context.arena);
    return Status::Ok();
  }
  switch (expr.kind) {
    case ExprKind::kConstant: {
      const auto& constant = static_cast<const ConstantExpr&>(expr);
      *out = constant.value.is_null()
                 ? Vector::ConstantNull(expr.type, context.arena)
                 : Vector::ConstantReference(expr.type, constant.value.datum());
      return Status::Ok();
    }
    case ExprKind::kColumn: {
      int slot = static_cast<const ColumnExpr&>(expr).slot;
      CHECK(slot >= 0 && static_cast<size_t>(slot) < batch.columns.size());
      *out = batch.columns[static_cast<size_t>(slot)];
      return Status::Ok();
    }
    case ExprKind::kParameter:
      return EvaluateParameter(context, static_cast<const ParameterExpr&>(expr), out);
    case ExprKind::kCall:
      return EvaluateCall(context, static_cast<const CallExpr&>(expr), batch, rows, out);
    case ExprKind::kLogic:
      return EvaluateLogic(context, static_cast<const LogicExpr&>(expr), batch, rows, out);
    case ExprKind::kCase:
      return EvaluateCase(context, static_cast<const CaseExpr&>(expr), batch, rows, out);
    case ExprKind::kCoalesce:
      return EvaluateCoalesce(context, static_cast<const CoalesceExpr&>(expr), batch, rows, out);
    case ExprKind::kNullTest:
      return EvaluateNullTest(context, static_cast<const NullTestExpr&>(expr), batch, rows, out);
    case ExprKind::kBooleanTest:
      return EvaluateBooleanTest(context, static_cast<const BooleanTestExpr&>(expr), batch, rows,
                                 out);
    case ExprKind::kInList:
      return EvaluateInList(context, static_cast<const InListExpr&>(expr), batch, rows, out);
    case ExprKind::kDistinct:
      return EvaluateDistinct(context, static_cast<const DistinctExpr&>(expr), batch, rows, out);
    case ExprKind::kNullIf:
      return EvaluateNullIf(context, static_cast<const NullIfExpr&>(expr), batch, rows, out);
    case ExprKind::kMinMax:
      return EvaluateMinMax(context, static_cast<const MinMaxExpr&>(expr), batch, rows, out);
    case ExprKind::kCoerceText:
      return EvaluateCoerceText(context, static_cast<const CoerceTextExpr&>(expr), batch, rows,
                                out);
    case ExprKind::kRelabel: {
      RETURN_IF_ERROR(
          Evaluate(context, *static_cast<const RelabelExpr&>(expr).arg, batch, rows, out));
      out->set_type(expr.type);
      return Status::Ok();
    }
    case ExprKind::kCoerceDomain:
      return EvaluateCoerceDomain(context, static_cast<const CoerceDomainExpr&>(expr), batch, rows,
                                  out);
    case ExprKind::kArray:
      return EvaluateArray(context, static_cast<const ArrayExpr&>(expr), batch, rows, out);
    case ExprKind::kArrayCoerce:
      return EvaluateArrayCoerce(context, static_cast<const ArrayCoerceExpr&>(expr), batch, rows,
                                 out);
    case ExprKind::kSubscript:
      return EvaluateSubscript(context, static_cast<const SubscriptExpr&>(expr), batch, rows, out);
    case ExprKind::kAnyAll:
      return EvaluateAnyAll(context, static_cast<const AnyAllExpr&>(expr), batch, rows, out);
    case ExprKind::kOuter: {
      CHECK(context.outer != nullptr);
      const catalog::Value& value = context.outer[static_cast<const OuterExpr&>(expr).slot];
      *out = value.is_null() ? Vector::ConstantNull(expr.type, context.arena)
                             : Vector::ConstantReference(expr.type, value.datum());
      return Status::Ok();
    }
    case ExprKind::kRow:
      return EvaluateRow(context, static_cast<const RowExpr&>(expr), batch, rows, out);
    case ExprKind::kField:
      return EvaluateField(context, static_cast<const FieldExpr&>(expr), batch, rows, out);
    case ExprKind::kRowCompare:
      return EvaluateRowCompare(context, static_cast<const RowCompareExpr&>(expr), batch, rows,
                                out);
    case ExprKind::kSubquery:
      return EvaluateSubquery(context, static_cast<const SubqueryExpr&>(expr), batch, rows, out);
    case ExprKind::kAggregate:
    case ExprKind::kWindow:
    case ExprKind::kGrouping:
      break;
  }
  return Error(sqlstate::kInternalError, "{} was not planned", ToString(expr));
}

Status Filter(EvalContext& context, const Expr& predicate, Batch* batch) {
  RowSet rows = RowsOf(*batch);
  RETURN_IF_ERROR(FilterRows(context, predicate, *batch, &rows));
  SetSelection(batch, rows);
  return Status::Ok();
}

Result<catalog::Value> EvaluateScalar(EvalContext& context, const Expr& expr) {
  Batch batch;
  batch.row_count = 1;
  Vector result;
  RETURN_IF_ERROR(Evaluate(context, expr, batch, {nullptr, 1}, &result));
  if (result.IsNull(0)) return catalog::Value::Null(expr.type);
  return catalog::Value(expr.type, result.GetDatum(0));
}

}  // namespace shale::sql
