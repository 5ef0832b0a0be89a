// Comparison of rows by their order.
#include "sql/expr/evaluate_internal.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {

// Each pair is looked at for the rows that were equal in all pairs before.
Status EvaluateRowCompare(EvalContext& context, const RowCompareExpr& expr, const Batch& batch,
                          RowSet rows, Vector* out) {
  Vector result = Vector::Flat(kBoolType, batch.row_count, context.arena);
  RowSet undecided = rows;
  for (size_t i = 0; i < expr.pairs.size() && undecided.count > 0; ++i) {
    const RowCompareExpr::Pair& pair = expr.pairs[i];
    Vector sides[2];
    RETURN_IF_ERROR(Evaluate(context, *pair.left, batch, undecided, &sides[0]));
    RETURN_IF_ERROR(Evaluate(context, *pair.right, batch, undecided, &sides[1]));
    RowSet differing = undecided;
    RowSet equal{nullptr, 0};
    if (i + 1 < expr.pairs.size()) {
      Vector equals;
      RETURN_IF_ERROR(CallFunction(context, *pair.equals, kBoolType, sides, 2, batch.row_count,
                                   undecided, &equals));
      equal = SelectTrue(equals, undecided, context.arena);
      differing = SelectWhere(undecided, context.arena, [&](uint32_t row) {
        return equals.IsNull(row) || !equals.at<bool>(row);
      });
    }
    if (differing.count > 0) {
      Vector decided;
      RETURN_IF_ERROR(CallFunction(context, *pair.compares, kBoolType, sides, 2, batch.row_count,
                                   differing, &decided));
      CopyRows(decided, differing, &result, context.arena);
    }
    undecided = equal;
  }
  *out = result;
  return Status::Ok();
}

}  // namespace shale::sql
