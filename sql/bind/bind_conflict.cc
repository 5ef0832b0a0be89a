// ON CONFLICT's target: which unique keys it means (PostgreSQL's infer_arbiter_indexes).
#include <algorithm>
#include <set>

#include "sql/bind/bind_index.h"
#include "sql/bind/statement_binder.h"
#include "sql/expr/implication.h"

namespace shale::sql {
namespace {

// What is between the parentheses, in any order.
struct ConflictColumns {
  std::set<int> columns;
  std::vector<ExprPtr> exprs;
  ExprPtr where;  // may be null
};

bool AmongExprs(const std::vector<ExprPtr>& exprs, const Expr& wanted) {
  return std::ranges::any_of(
      exprs, [&](const ExprPtr& expr) { return expr != nullptr && Equal(*expr, wanted); });
}

bool MatchesIndex(const catalog::IndexDesc& index, const BoundIndex& bound,
                  const ConflictColumns& target) {
  if (!index.unique || index.state != catalog::IndexState::kValid) return false;
  std::set<int> columns;
  for (const catalog::IndexKey& key : index.keys) {
    if (key.column >= 0) columns.insert(key.column);
  }
  if (columns != target.columns) return false;
  for (const ExprPtr& expr : target.exprs) {
    if (!AmongExprs(bound.keys, *expr)) return false;
  }
  for (const ExprPtr& key : bound.keys) {
    if (key != nullptr && !AmongExprs(target.exprs, *key)) return false;
  }
  if (bound.predicate == nullptr) return true;
  std::vector<const Expr*> given;
  if (target.where) given.push_back(target.where.get());
  return Implies(given, *bound.predicate);
}

}  // namespace

Result<Arbiters> StatementBinder::ConflictTarget(const ast::OnConflict& conflict,
                                                 const ChangeTarget& written,
                                                 const Namespace& names) {
  const catalog::TableRef& table = written.table;
  Arbiters arbiters;
  // Constraints are the table's, not the view's.
  if (!conflict.constraint.empty() && written.view) {
    return Error(sqlstate::kUndefinedObject, "constraint \"{}\" for table \"{}\" does not exist",
                 conflict.constraint, written.view->name);
  }
  if (!conflict.constraint.empty()) {
    for (const catalog::IndexRef& index : table->indexes) {
      if (index->constraint_oid == catalog::kInvalidOid || index->name != conflict.constraint) {
        continue;
      }
      arbiters.indexes.push_back(index->oid);
      return arbiters;
    }
    if (table->primary_key.empty() || conflict.constraint != table->primary_key_name) {
      return Error(sqlstate::kUndefinedObject, "constraint \"{}\" for table \"{}\" does not exist",
                   conflict.constraint, table->name);
    }
    arbiters.primary_key = true;
    return arbiters;
  }
  if (conflict.elements.empty()) {  // any
    arbiters.primary_key = !table->primary_key.empty();
    for (const catalog::IndexRef& index : table->indexes) {
      if (index->unique) arbiters.indexes.push_back(index->oid);
    }
    return arbiters;
  }

  ConflictColumns target;
  ExprScope scope;
  scope.clause = Clause::kIndexExpression;
  scope.names = &names;
  for (const ast::IndexElement& element : conflict.elements) {
    ExprPtr expr;
    if (element.expr == nullptr) {
      names.FindInItem(names.items()[0], element.column, &expr);
      if (expr == nullptr) {
        return ErrorAt(element.location, sqlstate::kUndefinedColumn, "column \"{}\" does not exist",
                       element.column);
      }
    } else {
      ASSIGN_OR_RETURN(expr, Expr(*element.expr, scope));
    }
    // A column in parentheses is that column.
    if (expr->kind == ExprKind::kColumn) {
      target.columns.insert(static_cast<const ColumnExpr&>(*expr).column);
    } else {
      target.exprs.push_back(std::move(expr));
    }
  }
  if (conflict.arbiter_where != nullptr) {
    scope.clause = Clause::kWhere;
    ASSIGN_OR_RETURN(ExprPtr where, Expr(*conflict.arbiter_where, scope));
    ASSIGN_OR_RETURN(target.where, CoerceToBoolean(std::move(where), "WHERE"));
  }
  const std::vector<int>& key = table->primary_key;
  arbiters.primary_key = !key.empty() && target.exprs.empty() &&
                         target.columns == std::set<int>(key.begin(), key.end());
  for (const catalog::IndexRef& index : table->indexes) {
    ASSIGN_OR_RETURN(auto bound, BindIndex(*context_.catalog, table, index));
    if (MatchesIndex(*index, *bound, target)) arbiters.indexes.push_back(index->oid);
  }
  if (!arbiters.primary_key && arbiters.indexes.empty()) {
    return Error(sqlstate::kInvalidColumnReference,
                 "there is no unique or exclusion constraint matching the ON CONFLICT "
                 "specification");
  }
  return arbiters;
}

}  // namespace shale::sql
