// ROLLUP, CUBE, GROUPING SETS and GROUPING: from what is written to a list of sets (SQL:2016, part
// 2, 7.13).
//
// Each item of GROUP BY stands for a list of sets: an expression for one of itself, ROLLUP (a, b)
// for (a, b), (a) and (). The query's sets are all unions of one of each item.
#include <algorithm>

#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace {

constexpr size_t kGroupingSetsMax = 4096;
constexpr size_t kCubeItemsMax = 12;
constexpr size_t kGroupingArgumentsMax = 31;

using Sets = std::vector<std::vector<int>>;

void AddTo(std::vector<int>* set, const std::vector<int>& members) {
  for (int member : members) {
    if (std::ranges::find(*set, member) == set->end()) set->push_back(member);
  }
}

// The sets of all of the parts together, from the longest to the empty one.
Sets Rollup(const Sets& parts) {
  Sets sets;
  for (size_t count = parts.size() + 1; count-- > 0;) {
    std::vector<int>& set = sets.emplace_back();
    for (size_t i = 0; i < count; ++i) AddTo(&set, parts[i]);
  }
  return sets;
}

// Of all subsets of the parts.
Sets Cube(const Sets& parts) {
  Sets sets;
  for (size_t left_out = 0; left_out < size_t{1} << parts.size(); ++left_out) {
    std::vector<int>& set = sets.emplace_back();
    for (size_t i = 0; i < parts.size(); ++i) {
      const size_t bit = parts.size() - 1 - i;
      if ((left_out >> bit & 1) == 0) AddTo(&set, parts[i]);
    }
  }
  return sets;
}

void DropRepeated(Sets* sets) {
  Sets seen;
  std::erase_if(*sets, [&](std::vector<int> set) {
    std::ranges::sort(set);
    if (std::ranges::find(seen, set) != seen.end()) return true;
    seen.push_back(std::move(set));
    return false;
  });
}

}  // namespace

Result<std::vector<int>> StatementBinder::GroupList(const ast::Expr& item, const Namespace& names,
                                                    BoundSelect& bound) {
  std::vector<int> members;
  const auto* row = ast::Cast<ast::RowExpr>(&item);
  if (row == nullptr || row->explicit_row) {
    ASSIGN_OR_RETURN(int member, GroupItem(item, names, bound));
    members.push_back(member);
    return members;
  }
  for (const ast::Expr* field : row->fields) {
    ASSIGN_OR_RETURN(std::vector<int> inner, GroupList(*field, names, bound));
    AddTo(&members, inner);
  }
  return members;
}

Result<std::vector<std::vector<int>>> StatementBinder::GroupingSets(const ast::Expr& item,
                                                                    const Namespace& names,
                                                                    BoundSelect& bound) {
  const auto* set = ast::Cast<ast::GroupingSet>(&item);
  if (set == nullptr) {
    ASSIGN_OR_RETURN(std::vector<int> members, GroupList(item, names, bound));
    return Sets{std::move(members)};
  }
  using Form = ast::GroupingSet::Form;
  if (set->form == Form::kCube && set->items.size() > kCubeItemsMax) {
    return ErrorAt(item.location, sqlstate::kTooManyColumns, "CUBE is limited to {} elements",
                   kCubeItemsMax);
  }
  Sets sets;
  for (const ast::Expr* inner : set->items) {
    ASSIGN_OR_RETURN(Sets of_item, GroupingSets(*inner, names, bound));
    std::ranges::move(of_item, std::back_inserter(sets));
  }
  switch (set->form) {
    case Form::kEmpty:
      return Sets{{}};
    case Form::kRollup:
      return Rollup(sets);
    case Form::kCube:
      return Cube(sets);
    case Form::kSets:
      break;
  }
  return sets;
}

Status StatementBinder::ExpandGroupingSets(const ast::Select& select,
                                           const std::vector<Sets>& items, BoundSelect& bound) {
  Sets product{{}};
  for (const Sets& item : items) {
    if (product.size() * item.size() > kGroupingSetsMax) {
      return Error(sqlstate::kStatementTooComplex, "too many grouping sets present (maximum {})",
                   kGroupingSetsMax);
    }
    Sets next;
    for (const std::vector<int>& set : product) {
      for (const std::vector<int>& more : item) AddTo(&next.emplace_back(set), more);
    }
    product = std::move(next);
  }
  if (select.group_distinct) DropRepeated(&product);
  bound.grouping_sets = std::move(product);
  return Status::Ok();
}

Result<ExprPtr> StatementBinder::GroupingCall(const ast::Grouping& call, ExprScope& scope) {
  if (call.arguments.size() > kGroupingArgumentsMax) {
    return ErrorAt(call.location, sqlstate::kTooManyArguments,
                   "GROUPING must have fewer than 32 arguments");
  }
  ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Exprs(call.arguments, scope));
  if (!CheckAggregateAllowed(call.location, scope).ok()) {
    return ErrorAt(call.location, sqlstate::kGroupingError,
                   "grouping operations are not allowed in {}", ClauseName(scope.clause));
  }
  scope.found_aggregate = true;
  return Placed(std::make_unique<GroupingExpr>(std::move(args)), call.location);
}

}  // namespace shale::sql
