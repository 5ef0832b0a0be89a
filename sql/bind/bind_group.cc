// GROUP BY, and the check that what stands ungrouped may do so.
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

bool HasColumn(const std::vector<ExprPtr>& exprs, int relation, int column) {
  for (const ExprPtr& one : exprs) {
    if (one->kind != ExprKind::kColumn) continue;
    const auto& reference = static_cast<const ColumnExpr&>(*one);
    if (reference.relation == relation && reference.column == column) return true;
  }
  return false;
}

// Whether the grouping has the whole primary key of the table, so that its other columns have one
// value in each group.
bool GroupsByPrimaryKey(const BoundSelect& bound, int relation) {
  const catalog::TableDesc* table = bound.range_table[relation].table.get();
  if (table == nullptr || table->primary_key.empty()) return false;
  for (int column : table->primary_key) {
    if (!HasColumn(bound.group_by, relation, column)) return false;
  }
  return true;
}

}  // namespace

Status StatementBinder::GroupBy(const ast::Select& select, const Namespace& names,
                                BoundSelect& bound) {
  for (const ast::Expr* item : select.group_by) {
    if (ast::Cast<ast::RowExpr>(item) != nullptr) {
      return UnsupportedAt(item->location, "rows in GROUP BY are not supported");
    }
    ASSIGN_OR_RETURN(int target, TargetByNameOrPosition(*item, "GROUP BY", bound.targets, &names));
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
      if (chosen.expr->type.oid == type_oid::kUnknown) {
        ASSIGN_OR_RETURN(chosen.expr, Coerce(std::move(chosen.expr), {type_oid::kText, -1},
                                             CastContext::kImplicit));
        chosen.column.type = chosen.expr->type;
      }
      expr = chosen.expr->Clone();
    } else {
      ExprScope scope;
      scope.clause = Clause::kGroupBy;
      scope.names = &names;
      ASSIGN_OR_RETURN(expr, Expr(*item, scope));
      if (expr->type.oid == type_oid::kUnknown) {
        ASSIGN_OR_RETURN(expr,
                         Coerce(std::move(expr), {type_oid::kText, -1}, CastContext::kImplicit));
      }
    }
    if (EqualityOf(expr->type.oid) == nullptr) {
      return ErrorAt(item->location, sqlstate::kUndefinedFunction,
                     "could not identify an equality operator for type {}",
                     catalog::FormatType({expr->type.oid, -1}));
    }
    if (!Contains(bound.group_by, *expr)) bound.group_by.push_back(std::move(expr));
  }
  return Status::Ok();
}

Status StatementBinder::CheckGrouping(BoundSelect& bound) {
  AddDependentColumns(bound);
  for (const BoundTarget& target : bound.targets) {
    RETURN_IF_ERROR(CheckGroupedExpr(*target.expr, bound));
  }
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
    if (!status.ok() || node.kind == ExprKind::kAggregate) return false;
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
        if (whole_key[column.relation] && groupable) bound.group_by.push_back(node.Clone());
      }
      return true;
    });
  };
  for (const BoundTarget& target : bound.targets) add(*target.expr);
  if (bound.having != nullptr) add(*bound.having);
}

}  // namespace shale::sql
