// ORDER BY: by position, by output name, by expression.
#include "sql/bind/statement_binder.h"

namespace shale::sql {

Result<int> StatementBinder::TargetByNameOrPosition(const ast::Expr& expr, std::string_view clause,
                                                    const std::vector<BoundTarget>& targets,
                                                    const Namespace* columns_first) {
  if (const auto* literal = ast::Cast<ast::Literal>(&expr)) {
    if (literal->type != ast::Literal::Type::kInteger) {
      return ErrorAt(expr.location, sqlstate::kSyntaxError, "non-integer constant in {}", clause);
    }
    int visible = 0;
    for (size_t i = 0; i < targets.size(); ++i) {
      if (!targets[i].hidden && ++visible == literal->integer) return static_cast<int>(i);
    }
    return ErrorAt(expr.location, sqlstate::kInvalidColumnReference,
                   "{} position {} is not in select list", clause, literal->integer);
  }
  const auto* column = ast::Cast<ast::ColumnRef>(&expr);
  if (column == nullptr || column->star || column->names.size() != 1) return -1;
  std::string_view name = column->names[0];
  // GROUP BY prefers a column of FROM over an output name, as the standard asks.
  if (columns_first != nullptr && columns_first->HasColumn(name)) return -1;
  int found = -1;
  for (size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].hidden || targets[i].column.name != name) continue;
    if (found >= 0 && !Equal(*targets[static_cast<size_t>(found)].expr, *targets[i].expr)) {
      return ErrorAt(expr.location, sqlstate::kAmbiguousColumn, "{} \"{}\" is ambiguous", clause,
                     name);
    }
    if (found < 0) found = static_cast<int>(i);
  }
  return found;
}

Result<int> StatementBinder::SortTarget(const ast::Expr& item, Clause clause,
                                        const Namespace& names, BoundSelect& bound,
                                        bool* found_aggregate) {
  ASSIGN_OR_RETURN(int named,
                   TargetByNameOrPosition(item, ClauseName(clause), bound.targets, nullptr));
  if (named >= 0) return named;
  ExprScope scope;
  scope.clause = clause;
  scope.names = &names;
  ASSIGN_OR_RETURN(ExprPtr expr, Expr(item, scope));
  *found_aggregate |= scope.found_aggregate;
  for (size_t i = 0; i < bound.targets.size(); ++i) {
    if (Equal(*bound.targets[i].expr, *expr)) return static_cast<int>(i);
  }
  BoundTarget target;
  target.column = OutputOf(*expr, "", bound);
  target.expr = std::move(expr);
  target.hidden = true;
  bound.targets.push_back(std::move(target));
  return static_cast<int>(bound.targets.size()) - 1;
}

Status StatementBinder::AddSortKey(const ast::SortItem& item, int target, BoundSelect& bound) {
  BoundTarget& sorted = bound.targets[static_cast<size_t>(target)];
  RETURN_IF_ERROR(ResolveUnknownTarget(sorted));
  ASSIGN_OR_RETURN(SortDirection direction, DirectionOf(item, sorted.expr->type));
  for (const BoundSortKey& earlier : bound.order_by) {
    if (earlier.target == target) return Status::Ok();  // decided before
  }
  bound.order_by.push_back({target, direction.descending, direction.nulls_first});
  return Status::Ok();
}

Result<SortDirection> StatementBinder::DirectionOf(const ast::SortItem& item, catalog::Type type) {
  if (LessOf(type.oid) == nullptr) {
    Status error = Error(sqlstate::kUndefinedFunction,
                         "could not identify an ordering operator for type {}", TypeName(type.oid))
                       .Hint("Use an explicit ordering operator or modify the query.");
    return At(std::move(error), item.value->location);
  }
  SortDirection key;
  key.descending = item.direction == ast::SortItem::Direction::kDescending;
  if (!item.using_operator.empty()) {
    if (item.using_operator != "<" && item.using_operator != ">") {
      Status error = Error(sqlstate::kWrongObjectType,
                           "operator {} is not a valid ordering operator", item.using_operator)
                         .Hint(
                             "Ordering operators must be \"<\" or \">\" members of btree operator "
                             "families.");
      return At(std::move(error), item.location);
    }
    key.descending = item.using_operator == ">";
  }
  key.nulls_first = item.nulls == ast::SortItem::Nulls::kDefault
                        ? key.descending
                        : item.nulls == ast::SortItem::Nulls::kFirst;
  return key;
}

Status StatementBinder::OrderBy(const ast::Select& select, const Namespace& names,
                                BoundSelect& bound, bool* found_aggregate) {
  for (const ast::SortItem& item : select.order_by) {
    ASSIGN_OR_RETURN(int target,
                     SortTarget(*item.value, Clause::kOrderBy, names, bound, found_aggregate));
    RETURN_IF_ERROR(AddSortKey(item, target, bound));
  }
  return Status::Ok();
}

}  // namespace shale::sql
