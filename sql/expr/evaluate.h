// Evaluation of bound expressions over batches, one vector at a time.
#pragma once

#include "sql/expr/expr.h"
#include "sql/vector/vector.h"

namespace shale::sql {

// Computes the expression for the rows of the set, with ColumnExpr slots referring to columns of
// the batch. The result vector refers to the batch, the context's arena, or the expression's
// constants. The first error in row order of any call stops it; rows outside the set are never
// evaluated.
Status Evaluate(EvalContext& context, const Expr& expr, const Batch& batch, RowSet rows,
                Vector* out);

// Narrows the batch's selection to the rows where the boolean expression is true; the new selection
// lies in the context's arena.
Status Filter(EvalContext& context, const Expr& predicate, Batch* batch);

// One value, no columns: constants, parameters, defaults, LIMIT. The result's bytes lie in the
// arena.
Result<catalog::Value> EvaluateScalar(EvalContext& context, const Expr& expr);

// Replaces foldable subexpressions by constants; an error at folding leaves the call for run time.
void FoldConstants(ExprPtr& expr, const catalog::FormatSettings& settings);

}  // namespace shale::sql
