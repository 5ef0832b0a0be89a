#include "sql/bind/walk_bound.h"

#include "sql/bind/bound_subquery.h"

namespace shale::sql {

using Visit = std::function<void(const Expr&)>;

void WalkOwnExprs(const BoundSelect& select, const Visit& visit) {
  auto& query = const_cast<BoundSelect&>(select);  // nothing is changed
  ForEachExpr(query, [&](ExprPtr& expr) { visit(*expr); });
}

void WalkExprs(const BoundSelect& select, const Visit& visit) {
  WalkOwnExprs(select, visit);
  for (const RangeEntry& entry : select.range_table) {
    if (entry.subquery != nullptr) WalkExprs(*entry.subquery, visit);
  }
  if (select.left != nullptr) WalkExprs(*select.left, visit);
  if (select.right != nullptr) WalkExprs(*select.right, visit);
}

bool HasVolatile(const BoundSelect& select) {
  bool found = false;
  WalkExprs(select, [&](const Expr& expr) { found |= IsVolatile(expr); });
  return found;
}

}  // namespace shale::sql
