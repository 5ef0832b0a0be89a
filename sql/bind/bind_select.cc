// SELECT without set operations.
#include <utility>

#include "engine/base/cleanup.h"
#include "sql/bind/statement_binder.h"

namespace shale::sql {

Result<std::unique_ptr<BoundSelect>> StatementBinder::Select(const ast::Select& select,
                                                             SelectOptions options) {
  if (select.with != nullptr) {
    return UnsupportedAt(select.with->location, "WITH queries are not supported");
  }
  if (select.set_operation != ast::SetOperation::kNone) return SetOperation(select);
  if (!select.values.empty()) return Values(select, options);
  return PlainSelect(select, options);
}

Result<std::unique_ptr<BoundSelect>> StatementBinder::PlainSelect(const ast::Select& select,
                                                                  SelectOptions options) {
  auto bound = std::make_unique<BoundSelect>();
  Namespace names(&bound->range_table);
  std::vector<const ast::Window*> windows;
  for (const ast::Window& window : select.windows) windows.push_back(&window);
  Cleanup restore_windows(
      [this, around = std::exchange(windows_, &windows)] { windows_ = around; });
  RETURN_IF_ERROR(From(select.from, *bound, names));

  ExprScope target_scope;
  target_scope.clause = Clause::kSelect;
  target_scope.names = &names;
  RETURN_IF_ERROR(Targets(select.targets, target_scope, *bound, &bound->targets));

  if (select.where != nullptr) {
    ExprScope scope;
    scope.clause = Clause::kWhere;
    scope.names = &names;
    ASSIGN_OR_RETURN(ExprPtr where, Expr(*select.where, scope));
    ASSIGN_OR_RETURN(bound->where, CoerceToBoolean(std::move(where), "WHERE"));
  }
  ExprScope having_scope;
  having_scope.clause = Clause::kHaving;
  having_scope.names = &names;
  if (select.having != nullptr) {
    ASSIGN_OR_RETURN(ExprPtr having, Expr(*select.having, having_scope));
    ASSIGN_OR_RETURN(bound->having, CoerceToBoolean(std::move(having), "HAVING"));
  }
  bool order_aggregate = false;
  RETURN_IF_ERROR(OrderBy(select, names, *bound, &order_aggregate));
  RETURN_IF_ERROR(GroupBy(select, names, *bound));
  if (!options.keep_unknown) RETURN_IF_ERROR(ResolveUnknownTargets(bound->targets));
  RETURN_IF_ERROR(Distinct(select, names, *bound, &order_aggregate));
  RETURN_IF_ERROR(Limits(select, *bound));
  bool window_aggregate = false;
  RETURN_IF_ERROR(Windows(names, *bound, &window_aggregate));

  bound->grouped = !bound->group_by.empty() || !bound->grouping_sets.empty() ||
                   bound->having != nullptr || order_aggregate || window_aggregate ||
                   target_scope.found_aggregate;
  RETURN_IF_ERROR(Locking(select, names, *bound));
  if (bound->grouped) RETURN_IF_ERROR(CheckGrouping(*bound));
  return bound;
}

Status StatementBinder::Limits(const ast::Select& select, BoundSelect& bound) {
  bound.with_ties = select.with_ties;
  if (const auto* literal = ast::Cast<ast::Literal>(select.limit);
      select.with_ties && literal != nullptr && literal->type == ast::Literal::Type::kNull) {
    return Error(sqlstate::kInvalidRowCountInLimitClause,
                 "row count cannot be null in FETCH FIRST ... WITH TIES clause");
  }
  auto bind = [&](const ast::Expr* expr, Clause clause, ExprPtr* result) -> Status {
    if (expr == nullptr) return Status::Ok();
    ExprScope scope;
    scope.clause = clause;
    ASSIGN_OR_RETURN(ExprPtr value, Expr(*expr, scope));
    ASSIGN_OR_RETURN(*result, CoerceToBigint(std::move(value), ClauseName(clause)));
    return Status::Ok();
  };
  RETURN_IF_ERROR(bind(select.offset, Clause::kOffset, &bound.offset));
  return bind(select.limit, Clause::kLimit, &bound.limit);
}

}  // namespace shale::sql
