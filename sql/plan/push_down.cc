// Conditions on a subquery in FROM, a view or an inlined WITH query, moved into it: there they may
// be bounds of a scan.
#include <algorithm>

#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// Whether leaving out rows above the query is the same as leaving out those that they are made of.
bool TakesConditions(const BoundSelect& select) {
  const bool locks_rows = !std::ranges::all_of(select.locks, &BoundRowLock::from_above);
  const bool counts_rows = select.grouped || select.distinct || select.limit != nullptr ||
                           select.offset != nullptr || locks_rows || !select.windows.empty() ||
                           select.set_operation != BoundSetOperation::kNone;
  return !counts_rows && std::ranges::none_of(select.targets, [](const BoundTarget& target) {
    return GivesSet(*target.expr);
  });
}

// Whether what the condition asks for is the same each time it is computed.
bool IsOverStable(const Expr& condition, const BoundSelect& select) {
  bool stable = true;
  Walk(condition, [&](const Expr& node) {
    if (node.kind == ExprKind::kColumn) {
      const int column = static_cast<const ColumnExpr&>(node).column;
      stable &= !IsVolatile(*select.targets[static_cast<size_t>(column)].expr);
    }
    return stable;
  });
  return stable;
}

}  // namespace

void PushIntoSubquery(BoundSelect* select, std::vector<Conjunct>* conjuncts) {
  // A row of expressions is computed beside others as it is (plan_lateral.cc).
  if (select->from == nullptr || !TakesConditions(*select)) return;
  std::vector<ExprPtr> conditions;
  if (select->where != nullptr) conditions.push_back(std::move(select->where));
  std::vector<Conjunct> left;
  for (Conjunct& conjunct : *conjuncts) {
    if (IsVolatile(*conjunct.expr) || HasSubquery(*conjunct.expr) ||
        !IsOverStable(*conjunct.expr, *select)) {
      left.push_back(std::move(conjunct));
      continue;
    }
    Rewrite(conjunct.expr, [&](ExprPtr& node) {
      if (node->kind != ExprKind::kColumn) return true;
      const int column = static_cast<const ColumnExpr&>(*node).column;
      node = select->targets[static_cast<size_t>(column)].expr->Clone();
      return false;
    });
    conditions.push_back(std::move(conjunct.expr));
  }
  *conjuncts = std::move(left);
  select->where = JoinConjuncts(std::move(conditions));
}

}  // namespace shale::sql
