#include "sql/bind/walk_bound.h"

namespace shale::sql {

namespace {

using Visit = std::function<void(const Expr&)>;

void VisitConditions(const FromNode* from, const Visit& visit) {
  if (from == nullptr) return;
  if (from->condition != nullptr) visit(*from->condition);
  VisitConditions(from->left.get(), visit);
  VisitConditions(from->right.get(), visit);
}

}  // namespace

void WalkOwnExprs(const BoundSelect& select, const Visit& visit) {
  for (const BoundTarget& target : select.targets) visit(*target.expr);
  VisitConditions(select.from.get(), visit);
  for (const ExprPtr* expr : {&select.where, &select.having, &select.limit, &select.offset}) {
    if (*expr != nullptr) visit(**expr);
  }
  for (const ExprPtr& group : select.group_by) visit(*group);
  for (const RangeEntry& entry : select.range_table) {
    for (const BoundTableFunction& function : entry.functions) visit(*function.call);
    for (const std::vector<ExprPtr>& row : entry.values) {
      for (const ExprPtr& expr : row) visit(*expr);
    }
    for (const OuterBinding& binding : entry.outer) visit(*binding.expr);
  }
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
