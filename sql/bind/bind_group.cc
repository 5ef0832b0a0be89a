// GROUP BY, and the check that what stands ungrouped may do so.
#include <algorithm>

#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

namespace {

bool Contains(const std::vector<ExprPtr>& exprs, const sql::Expr& expr) {
  for (const ExprPtr& one : exprs) {
    if (Equal(*one, expr)) return true;
  }
  return false;
}

// -1: it is not among them.
int PlaceOfColumn(const std::vector<ExprPtr>& exprs, int relation, int column) {
  for (size_t i = 0; i < exprs.size(); ++i) {
    if (exprs[i]->kind != ExprKind::kColumn) continue;
    const auto& reference = static_cast<const ColumnExpr&>(*exprs[i]);
    if (reference.relation == relation && reference.column == column) return static_cast<int>(i);
  }
  return -1;
}

// Whether each grouping set has the whole primary key of the table, so that its other columns have
// one value in each group.
bool GroupsByPrimaryKey(const BoundSelect& bound, int relation) {
  const catalog::TableDesc* table = bound.range_table[relation].table.get();
  if (table == nullptr || table->primary_key.empty()) return false;
  for (int column : table->primary_key) {
    const int place = PlaceOfColumn(bound.group_by, relation, column);
    if (place < 0) return false;
    for (const std::vector<int>& set : bound.grouping_sets) {
      if (std::ranges::find(set, place) == set.end()) return false;
    }
  }
  return true;
}

}  // namespace

Status StatementBinder::GroupBy(const ast::Select& select, const Namespace& names,
                                BoundSelect& bound) {
  const bool has_sets = std::ranges::any_of(select.group_by, [](const ast::Expr* item) {
    return item->kind == ast::ExprKind::kGroupingSet;
  });
  if (!has_sets) {
    for (const ast::Expr* item : select.group_by) {
      RETURN_IF_ERROR(GroupList(*item, names, bound).status());
    }
    return Status::Ok();
  }
  std::vector<std::vector<std::vector<int>>> items;
  for (const ast::Expr* item : select.group_by) {
    ASSIGN_OR_RETURN(auto sets, GroupingSets(*item, names, bound));
    items.push_back(std::move(sets));
  }
  return ExpandGroupingSets(select, items, bound);
}

Result<int> StatementBinder::GroupItem(const ast::Expr& item, const Namespace& names,
                                       BoundSelect& bound) {
  ASSIGN_OR_RETURN(int target, TargetByNameOrPosition(item, "GROUP BY", bound.targets, &names));
  ExprPtr expr;
  if (target >= 0) {
    BoundTarget& chosen = bound.targets[static_cast<size_t>(target)];
    bool has_aggregate = false;
    Walk(*chosen.expr, [&](const sql::Expr& node) {
      has_aggregate |= node.kind == ExprKind::kAggregate;
      return !has_aggregate;
    });
    if (has_aggregate) {
      return Error(sqlstate::kGroupingError, "aggregate functions are not allowed in GROUP BY")
          .Position(chosen.expr->position);
    }
    RETURN_IF_ERROR(RefuseWindowCalls(*chosen.expr, sqlstate::kWindowingError,
                                      "window functions are not allowed in GROUP BY"));
    RETURN_IF_ERROR(ResolveUnknownTarget(chosen));
    expr = chosen.expr->Clone();
  } else {
    ExprScope scope;
    scope.clause = Clause::kGroupBy;
    scope.names = &names;
    ASSIGN_OR_RETURN(expr, Expr(item, scope));
    if (expr->type.oid == type_oid::kUnknown) {
      ASSIGN_OR_RETURN(expr,
                       Coerce(std::move(expr), {type_oid::kText, -1}, CastContext::kImplicit));
    }
  }
  if (EqualityOf(expr->type.oid) == nullptr) {
    return ErrorAt(item.location, sqlstate::kUndefinedFunction,
                   "could not identify an equality operator for type {}", TypeName(expr->type.oid));
  }
  for (size_t i = 0; i < bound.group_by.size(); ++i) {
    if (Equal(*bound.group_by[i], *expr)) return static_cast<int>(i);
  }
  bound.group_by.push_back(std::move(expr));
  return static_cast<int>(bound.group_by.size()) - 1;
}

Status StatementBinder::CheckGrouping(BoundSelect& bound) {
  AddDependentColumns(bound);
  for (const BoundTarget& target : bound.targets) {
    RETURN_IF_ERROR(CheckGroupedExpr(*target.expr, bound));
  }
  Status windows;
  ForEachWindowExpr(bound.windows, [&](const ExprPtr& expr) {
    if (windows.ok()) windows = CheckGroupedExpr(*expr, bound);
  });
  RETURN_IF_ERROR(windows);
  if (bound.having != nullptr) RETURN_IF_ERROR(CheckGroupedExpr(*bound.having, bound));
  return Status::Ok();
}

Status StatementBinder::CheckGroupedExpr(const sql::Expr& expr, const BoundSelect& bound) {
  return CheckGroupedExpr(expr, bound, /*in_subquery=*/false);
}

Status StatementBinder::CheckGroupedExpr(const sql::Expr& expr, const BoundSelect& bound,
                                         bool in_subquery) {
  Status status;
  Walk(expr, [&](const sql::Expr& node) {
    if (!status.ok()) return false;
    if (node.kind == ExprKind::kAggregate) {
      const auto& call = static_cast<const AggregateExpr&>(node);
      if (call.aggregate->form != Aggregate::Form::kPlain) status = CheckDirectArgs(call, bound);
      return false;
    }
    if (node.kind == ExprKind::kGrouping) {
      status = CheckGroupingCall(static_cast<const GroupingExpr&>(node), bound);
      return false;
    }
    if (Contains(bound.group_by, node)) return false;
    if (node.kind == ExprKind::kSubquery) {
      const auto& subquery = static_cast<const SubqueryExpr&>(node);
      for (const ExprPtr& left : subquery.left) {
        if (status.ok()) status = CheckGroupedExpr(*left, bound, in_subquery);
      }
      for (const SubqueryExpr::Outer& outer : subquery.outer) {
        if (status.ok()) status = CheckGroupedExpr(*outer.value, bound, /*in_subquery=*/true);
      }
      return false;
    }
    if (node.kind != ExprKind::kColumn) return true;
    const auto& column = static_cast<const ColumnExpr&>(node);
    const RangeEntry& entry = bound.range_table[column.relation];
    const std::string& name = entry.columns[column.column].name;
    status =
        in_subquery
            ? Error(sqlstate::kGroupingError,
                    "subquery uses ungrouped column \"{}.{}\" from outer query", entry.alias, name)
            : Error(sqlstate::kGroupingError,
                    "column \"{}.{}\" must appear in the GROUP BY clause or be used in an "
                    "aggregate function",
                    entry.alias, name);
    status = std::move(status).Position(column.position);
    return false;
  });
  return status;
}

Status StatementBinder::CheckDirectArgs(const AggregateExpr& call, const BoundSelect& bound) {
  for (const ExprPtr& arg : call.args) {
    Status status = CheckGroupedExpr(*arg, bound);
    if (status.ok()) continue;
    return std::move(status).Detail(
        "Direct arguments of an ordered-set aggregate must use only grouped columns.");
  }
  return Status::Ok();
}

Status StatementBinder::CheckGroupingCall(const GroupingExpr& call, const BoundSelect& bound) {
  for (const ExprPtr& arg : call.args) {
    if (Contains(bound.group_by, *arg)) continue;
    return Error(sqlstate::kGroupingError,
                 "arguments to GROUPING must be grouping expressions of the associated query level")
        .Position(arg->position);
  }
  return Status::Ok();
}

// Columns that depend on a grouped primary key join the grouping: the groups stay the same.
void StatementBinder::AddDependentColumns(BoundSelect& bound) {
  std::vector<bool> whole_key(bound.range_table.size());
  bool any = false;
  for (size_t i = 0; i < bound.range_table.size(); ++i) {
    whole_key[i] = GroupsByPrimaryKey(bound, static_cast<int>(i));
    any |= whole_key[i];
  }
  if (!any) return;
  auto add = [&](const sql::Expr& expr) {
    Walk(expr, [&](const sql::Expr& node) {
      if (node.kind == ExprKind::kAggregate || Contains(bound.group_by, node)) return false;
      if (node.kind == ExprKind::kColumn) {
        const auto& column = static_cast<const ColumnExpr&>(node);
        bool groupable = EqualityOf(column.type.oid) != nullptr;
        if (whole_key[column.relation] && groupable) {
          const int place = static_cast<int>(bound.group_by.size());
          bound.group_by.push_back(node.Clone());
          for (std::vector<int>& set : bound.grouping_sets) set.push_back(place);
        }
      }
      return true;
    });
  };
  for (const BoundTarget& target : bound.targets) add(*target.expr);
  ForEachWindowExpr(bound.windows, [&](const ExprPtr& expr) { add(*expr); });
  if (bound.having != nullptr) add(*bound.having);
}

}  // namespace shale::sql
