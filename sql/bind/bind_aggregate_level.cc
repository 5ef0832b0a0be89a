// Which query an aggregate is of. In a subquery, one whose arguments have columns of queries around
// it only is computed by the innermost of those: `(SELECT max(t.a))` is a column of t's groups.
#include <set>

#include "sql/bind/statement_binder.h"

namespace shale::sql {
namespace {

std::set<int> OuterSlotsIn(const Expr& aggregate, bool* has_own) {
  std::set<int> slots;
  Walk(aggregate, [&](const Expr& node) {
    *has_own |= node.kind == ExprKind::kColumn;
    if (node.kind == ExprKind::kOuter) slots.insert(static_cast<const OuterExpr&>(node).slot);
    return true;
  });
  return slots;
}

const OuterBinding* BindingOf(const std::vector<OuterBinding>& bindings, int slot) {
  for (const OuterBinding& binding : bindings) {
    if (binding.slot == slot) return &binding;
  }
  return nullptr;
}

}  // namespace

// The inner one is to blame.
Status StatementBinder::NestedAggregate(const sql::Expr& aggregate, const ast::FunctionCall& call) {
  int position = Position(call.location);
  Walk(aggregate, [&](const sql::Expr& node) {
    if (&node != &aggregate && node.kind == ExprKind::kAggregate) position = node.position;
    return true;
  });
  return Error(sqlstate::kGroupingError, "aggregate function calls cannot be nested")
      .Position(position);
}

Result<ExprPtr> StatementBinder::PlaceAggregate(std::unique_ptr<AggregateExpr> aggregate,
                                                const ast::FunctionCall& call, ExprScope& scope) {
  bool has_own = false;
  const std::set<int> slots = OuterSlotsIn(*aggregate, &has_own);
  if (has_own || slots.empty()) {
    if (scope.in_aggregate) return NestedAggregate(*aggregate, call);
    RETURN_IF_ERROR(CheckAggregateAllowed(call.location, scope));
    scope.found_aggregate = true;
    return Placed(std::move(aggregate), call.location);
  }
  // What is of a query further out is only passed on by those before it.
  auto gives_one = [&](const OuterLevel& level) {
    for (int slot : slots) {
      const OuterBinding* binding = BindingOf(*level.bindings, slot);
      if (binding != nullptr && binding->expr->kind != ExprKind::kOuter) return true;
    }
    return false;
  };
  const OuterLevel* owner = outer_;
  while (!gives_one(*owner)) owner = owner->parent;
  if (owner->scope == nullptr) {
    return ErrorAt(call.location, sqlstate::kGroupingError,
                   "aggregate functions are not allowed in FROM clause of their own query level");
  }
  ExprPtr moved = Placed(std::move(aggregate), call.location);
  Rewrite(moved, [&](ExprPtr& node) {
    if (node->kind != ExprKind::kOuter) return true;
    node = BindingOf(*owner->bindings, static_cast<const OuterExpr&>(*node).slot)->expr->Clone();
    return false;
  });
  bool is_nested = owner->scope->in_aggregate;
  Walk(*moved, [&](const sql::Expr& node) {
    is_nested |= &node != moved.get() && node.kind == ExprKind::kAggregate;
    return !is_nested;
  });
  if (is_nested) return NestedAggregate(*moved, call);
  RETURN_IF_ERROR(CheckAggregateAllowed(call.location, *owner->scope));
  owner->scope->found_aggregate = true;
  return Placed(OuterSlot(*owner, std::move(moved)), call.location);
}

}  // namespace shale::sql
