// SELECT DISTINCT and DISTINCT ON.
#include <algorithm>

#include "sql/bind/statement_binder.h"

namespace shale::sql {

Status StatementBinder::Distinct(const ast::Select& select, const Namespace& names,
                                 BoundSelect& bound, bool* found_aggregate) {
  if (!select.distinct) return Status::Ok();
  bound.distinct = true;
  if (!select.distinct_on.empty()) return DistinctOn(select, names, bound, found_aggregate);
  for (const BoundTarget& target : bound.targets) {
    if (target.hidden) {
      return Error(sqlstate::kInvalidColumnReference,
                   "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
          .Position(target.expr->position);
    }
    if (EqualityOf(target.expr->type.oid) == nullptr) {
      return Error(sqlstate::kUndefinedFunction,
                   "could not identify an equality operator for type {}",
                   TypeName(target.expr->type.oid))
          .Position(target.expr->position);
    }
  }
  return Status::Ok();
}

// ORDER BY must begin with the expressions of DISTINCT ON, in any order, as far as it goes; those
// that it does not name are sorted by behind it.
Status StatementBinder::DistinctOn(const ast::Select& select, const Namespace& names,
                                   BoundSelect& bound, bool* found_aggregate) {
  std::vector<int> targets;
  for (const ast::Expr* item : select.distinct_on) {
    ASSIGN_OR_RETURN(int target,
                     SortTarget(*item, Clause::kDistinctOn, names, bound, found_aggregate));
    targets.push_back(target);
  }
  auto mismatch = [&](size_t item) {
    return ErrorAt(select.distinct_on[item]->location, sqlstate::kInvalidColumnReference,
                   "SELECT DISTINCT ON expressions must match initial ORDER BY expressions");
  };
  bool skipped = false;
  for (const BoundSortKey& sort : bound.order_by) {
    const auto found = std::ranges::find(targets, sort.target);
    if (found == targets.end()) {
      skipped = true;
      continue;
    }
    if (skipped) return mismatch(static_cast<size_t>(found - targets.begin()));
    bound.distinct_on.push_back(sort);
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    auto is_target = [&](const BoundSortKey& key) { return key.target == targets[i]; };
    if (std::ranges::any_of(bound.distinct_on, is_target)) continue;
    if (skipped) return mismatch(i);
    BoundTarget& target = bound.targets[static_cast<size_t>(targets[i])];
    RETURN_IF_ERROR(ResolveUnknownTarget(target));
    if (EqualityOf(target.expr->type.oid) == nullptr) {
      return ErrorAt(select.distinct_on[i]->location, sqlstate::kUndefinedFunction,
                     "could not identify an equality operator for type {}",
                     TypeName(target.expr->type.oid));
    }
    bound.distinct_on.push_back({targets[i]});
  }
  return Status::Ok();
}

}  // namespace shale::sql
