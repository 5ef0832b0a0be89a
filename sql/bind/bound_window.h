// Windows as they are bound: what OVER stands for, over the columns of the query, which are the
// grouped ones where it is grouped.
#pragma once

#include <vector>

#include "sql/expr/in_range.h"
#include "sql/expr/window_expr.h"
#include "sql/parse/ast_window.h"

namespace shale::sql {

struct WindowFrame {
  ast::FrameMode mode = ast::FrameMode::kRange;
  ast::FrameBound start = ast::FrameBound::kUnboundedPreceding;
  ast::FrameBound end = ast::FrameBound::kCurrentRow;
  ast::FrameExclusion exclusion = ast::FrameExclusion::kNone;
  // Of kOffsetPreceding and kOffsetFollowing, without columns: int8, or in RANGE mode of the type
  // that in_range takes.
  ExprPtr start_offset;
  ExprPtr end_offset;
  const InRange* start_in_range = nullptr;
  const InRange* end_in_range = nullptr;
};

struct BoundWindow {
  struct Order {
    ExprPtr expr;
    bool descending = false;
    bool nulls_first = false;
  };
  std::vector<ExprPtr> partition_by;
  std::vector<Order> order_by;
  WindowFrame frame;
};

// Calls visit on each expression over the query's columns.
template <typename Windows, typename Visit>
void ForEachExpr(Windows& windows, const Visit& visit) {
  for (auto& window : windows) {
    for (auto& expr : window.partition_by) visit(expr);
    for (auto& order : window.order_by) visit(order.expr);
  }
}

}  // namespace shale::sql
