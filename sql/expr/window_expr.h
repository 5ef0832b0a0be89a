// Expressions that one level of a query computes over many rows: calls over a window, and GROUPING.
// The planner takes them out of targets and leaves a ColumnExpr in their place.
#pragma once

#include <vector>

#include "sql/expr/expr.h"
#include "sql/expr/window_function.h"

namespace shale::sql {

struct WindowExpr : Expr {
  WindowExpr(catalog::Type type_in, std::vector<ExprPtr> args_in)
      : Expr(ExprKind::kWindow, type_in), args(std::move(args_in)) {}
  ExprPtr Clone() const override;
  const WindowFunction* function = nullptr;  // one of the two
  const Aggregate* aggregate = nullptr;
  std::vector<ExprPtr> args;
  ExprPtr filter;   // of an aggregate; may be null
  int window = -1;  // index into the query's windows
};

// A bit for each argument, the last one's lowest: set where the grouping set is without it.
struct GroupingExpr : Expr {
  explicit GroupingExpr(std::vector<ExprPtr> args_in)
      : Expr(ExprKind::kGrouping, {catalog::type_oid::kInt4, -1}), args(std::move(args_in)) {}
  ExprPtr Clone() const override;
  std::vector<ExprPtr> args;
};

}  // namespace shale::sql
