// Expressions that take each row's value from one of several: CASE, COALESCE, NULLIF, GREATEST.
#include "catalog/types/type_io.h"
#include "sql/expr/evaluate_internal.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

// The rows of the set that are not in the subset, both ascending.
RowSet Without(RowSet rows, RowSet subset, Arena* arena) {
  uint32_t next = 0;
  return SelectWhere(rows, arena, [&](uint32_t row) {
    if (next < subset.count && subset[next] == row) {
      ++next;
      return false;
    }
    return true;
  });
}

// A result put together from pieces for disjoint rows; the first piece that covers all is taken as
// it is.
class Pieces {
 public:
  Pieces(EvalContext& context, catalog::Type type, uint32_t capacity, RowSet rows, Vector* out)
      : context_(context), type_(type), capacity_(capacity), rows_(rows), out_(out) {}

  void Add(const Vector& piece, RowSet rows) {
    if (rows.count == rows_.count) {
      *out_ = piece;
      out_->set_type(type_);
      return;
    }
    if (!started_) {
      *out_ = Vector::Flat(type_, capacity_, context_.arena);
      started_ = true;
    }
    CopyRows(piece, rows, out_, context_.arena);
  }

 private:
  EvalContext& context_;
  catalog::Type type_;
  uint32_t capacity_;
  RowSet rows_;
  Vector* out_;
  bool started_ = false;
};

}  // namespace

Status EvaluateCase(EvalContext& context, const CaseExpr& expr, const Batch& batch, RowSet rows,
                    Vector* out) {
  Pieces pieces(context, expr.type, batch.row_count, rows, out);
  RowSet remaining = rows;
  auto take = [&](const Expr& result, RowSet taken) -> Status {
    if (taken.count == 0) return Status::Ok();
    Vector value;
    RETURN_IF_ERROR(Evaluate(context, result, batch, taken, &value));
    pieces.Add(value, taken);
    return Status::Ok();
  };
  for (const CaseExpr::Branch& branch : expr.branches) {
    if (remaining.count == 0) return Status::Ok();
    Vector condition;
    RETURN_IF_ERROR(Evaluate(context, *branch.condition, batch, remaining, &condition));
    RowSet taken = SelectTrue(condition, remaining, context.arena);
    RETURN_IF_ERROR(take(*branch.result, taken));
    if (taken.count == remaining.count) return Status::Ok();
    if (taken.count > 0) remaining = Without(remaining, taken, context.arena);
  }
  return take(*expr.otherwise, remaining);
}

Status EvaluateCoalesce(EvalContext& context, const CoalesceExpr& expr, const Batch& batch,
                        RowSet rows, Vector* out) {
  Pieces pieces(context, expr.type, batch.row_count, rows, out);
  RowSet remaining = rows;
  for (size_t i = 0; i < expr.args.size() && remaining.count > 0; ++i) {
    Vector value;
    RETURN_IF_ERROR(Evaluate(context, *expr.args[i], batch, remaining, &value));
    // The last argument serves whatever is left, NULL or not.
    RowSet taken =
        i + 1 == expr.args.size() ? remaining : SelectNotNull(value, remaining, context.arena);
    if (taken.count == 0) continue;
    pieces.Add(value, taken);
    if (taken.count == remaining.count) return Status::Ok();
    remaining = Without(remaining, taken, context.arena);
  }
  return Status::Ok();
}

Status EvaluateNullIf(EvalContext& context, const NullIfExpr& expr, const Batch& batch, RowSet rows,
                      Vector* out) {
  Vector args[2];
  RETURN_IF_ERROR(Evaluate(context, *expr.left, batch, rows, &args[0]));
  RETURN_IF_ERROR(Evaluate(context, *expr.right, batch, rows, &args[1]));
  Vector equal;
  RETURN_IF_ERROR(CallFunction(context, *expr.equals, {catalog::type_oid::kBool, -1}, args, 2,
                               batch.row_count, rows, &equal));
  RowSet equal_rows = SelectTrue(equal, rows, context.arena);
  if (equal_rows.count == 0) {
    *out = args[0];
    return Status::Ok();
  }
  if (equal_rows.count == rows.count) {
    *out = Vector::ConstantNull(expr.type, context.arena);
    return Status::Ok();
  }
  *out = Vector::Flat(expr.type, batch.row_count, context.arena);
  CopyRows(args[0], rows, out, context.arena);
  for (uint32_t i = 0; i < equal_rows.count; ++i) out->SetNull(equal_rows[i], context.arena);
  return Status::Ok();
}

Status EvaluateMinMax(EvalContext& context, const MinMaxExpr& expr, const Batch& batch, RowSet rows,
                      Vector* out) {
  Vector result = Vector::Flat(expr.type, batch.row_count, context.arena);
  // Seen: rows that have had a value; NULL arguments do not count.
  uint8_t* seen = context.arena->AllocateArray<uint8_t>(batch.row_count);
  std::fill_n(seen, batch.row_count, uint8_t{0});
  for (const ExprPtr& arg : expr.args) {
    Vector value;
    RETURN_IF_ERROR(Evaluate(context, *arg, batch, rows, &value));
    for (uint32_t i = 0; i < rows.count; ++i) {
      uint32_t row = rows[i];
      if (value.IsNull(row)) continue;
      catalog::Datum datum = value.GetDatum(row);
      if (seen[row] != 0) {
        int order = catalog::Compare(expr.type, datum, result.GetDatum(row));
        if (expr.greatest ? order <= 0 : order >= 0) continue;
      }
      result.SetDatum(row, datum);
      seen[row] = 1;
    }
  }
  for (uint32_t i = 0; i < rows.count; ++i) {
    if (seen[rows[i]] == 0) result.SetNull(rows[i], context.arena);
  }
  *out = result;
  return Status::Ok();
}

}  // namespace shale::sql
