// Subqueries in expressions.
#include <algorithm>
#include <set>

#include "sql/bind/binder_guards.h"
#include "sql/bind/bound_subquery.h"
#include "sql/bind/statement_binder.h"
#include "sql/parse/deparse.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

namespace {

// The clauses that may hold none, in the words of the error; empty: one may.
std::string_view ClauseWithoutSubqueries(Clause clause) {
  switch (clause) {
    case Clause::kScalar:
      return "DEFAULT expression";
    case Clause::kExecuteParameter:
      return "EXECUTE parameter";
    case Clause::kCall:
      return "CALL argument";
    case Clause::kCopyWhere:
      return "COPY FROM WHERE condition";
    case Clause::kCheck:
      return "check constraint";
    case Clause::kGenerated:
      return "column generation expression";
    case Clause::kTransform:
      return "transform expression";
    case Clause::kIndexExpression:
      return "index expression";
    case Clause::kIndexPredicate:
      return "index predicate";
    default:
      return {};
  }
}

// Slots noted for what has become an argument of another query's aggregate are not used any more.
std::set<int> UsedSlots(const BoundSelect& select, const BoundCtes& ctes) {
  std::set<int> slots;
  WalkQuery(select, ctes, [&slots](const Expr& node) {
    if (node.kind == ExprKind::kOuter) slots.insert(static_cast<const OuterExpr&>(node).slot);
  });
  return slots;
}

}  // namespace

Status StatementBinder::CheckSubqueryAllowed(ast::Location location, const ExprScope& scope) {
  const std::string_view clause = ClauseWithoutSubqueries(scope.clause);
  if (clause.empty()) return Status::Ok();
  return ErrorAt(location, sqlstate::kFeatureNotSupported, "cannot use subquery in {}", clause);
}

Result<std::unique_ptr<SubqueryExpr>> StatementBinder::NewSubquery(const ast::Subquery& subquery,
                                                                   SubqueryExpr::Form form,
                                                                   ExprScope& scope) {
  RETURN_IF_ERROR(CheckSubqueryAllowed(subquery.location, scope));
  auto body = std::make_unique<BoundSubquery>();
  const size_t first_cte = ctes_.size();
  std::vector<OuterBinding> bindings;
  {
    LevelGuard guard(this, &scope, &bindings);
    ASSIGN_OR_RETURN(body->select, Select(*subquery.select, {}));
  }
  const BoundSelect& select = *body->select;
  if (ColumnCount(select) > 0) subquery_names_[&subquery] = ColumnOf(select, 0).name;
  auto info = std::make_shared<SubqueryInfo>();
  info->text = Deparse(subquery);
  NoteCalls(select, ctes_, info.get());
  for (size_t i = first_cte; i < ctes_.size(); ++i) {
    NoteCalls(*ctes_[i]->select, ctes_, info.get());
  }
  const std::set<int> used = UsedSlots(select, ctes_);
  info->body = std::move(body);
  auto result =
      std::make_unique<SubqueryExpr>(form, catalog::Type{type_oid::kBool, -1}, std::move(info));
  for (OuterBinding& binding : bindings) {
    if (used.contains(binding.slot)) {
      result->outer.push_back({binding.slot, std::move(binding.expr)});
    }
  }
  result->position = Position(subquery.location);
  return result;
}

Result<ExprPtr> StatementBinder::Subquery(const ast::Subquery& subquery, ExprScope& scope) {
  using Written = ast::Subquery::Form;
  using Form = SubqueryExpr::Form;
  switch (subquery.form) {
    case Written::kExists: {
      ASSIGN_OR_RETURN(auto bound, NewSubquery(subquery, Form::kExists, scope));
      return ExprPtr(std::move(bound));
    }
    case Written::kScalar:
    case Written::kArray: {
      const bool is_array = subquery.form == Written::kArray;
      ASSIGN_OR_RETURN(auto bound,
                       NewSubquery(subquery, is_array ? Form::kArray : Form::kScalar, scope));
      const BoundSelect& select = *BodyOf(*bound).select;
      if (ColumnCount(select) != 1) {
        return ErrorAt(subquery.location, sqlstate::kSyntaxError,
                       "subquery must return only one column");
      }
      const catalog::Type column = ColumnOf(select, 0).type;
      bound->type = column;
      if (is_array && catalog::ElementOf(column.oid) == catalog::kInvalidOid) {
        bound->type = {catalog::ArrayOf(column.oid), column.typmod};
        if (bound->type.oid == catalog::kInvalidOid) {
          return ErrorAt(subquery.location, sqlstate::kUndefinedObject,
                         "could not find array type for data type {}", TypeName(column.oid));
        }
      }
      return ExprPtr(std::move(bound));
    }
    case Written::kAny:
    case Written::kAll:
      break;
  }
  if (!subquery.operator_schema.empty() && subquery.operator_schema != "pg_catalog") {
    return ErrorAt(subquery.location, sqlstate::kUndefinedFunction,
                   "operator does not exist: {}.{}", subquery.operator_schema,
                   subquery.operator_name);
  }
  const Form form = subquery.form == Written::kAny ? Form::kAny : Form::kAll;
  ASSIGN_OR_RETURN(auto bound, NewSubquery(subquery, form, scope));
  const auto* row = ast::Cast<ast::RowExpr>(subquery.left);
  const ast::Expr* one[] = {subquery.left};
  ast::List<const ast::Expr*> left =
      row != nullptr ? row->fields : ast::List<const ast::Expr*>(one, 1);
  return TestedSubquery(std::move(bound), subquery.operator_name, left, subquery.location, scope);
}

Result<ExprPtr> StatementBinder::RowSubquery(std::string_view name, const ast::RowExpr& left,
                                             const ast::Subquery& right, ast::Location location,
                                             ExprScope& scope) {
  ASSIGN_OR_RETURN(auto bound, NewSubquery(right, SubqueryExpr::Form::kRowCompare, scope));
  bound->position = Position(location);
  return TestedSubquery(std::move(bound), name, left.fields, location, scope);
}

// The comparison is bound over the left side itself, which may be a parameter that it gives a type,
// and over stand-ins for the query's columns; then the left side, with its casts, moves to `left`.
Result<ExprPtr> StatementBinder::TestedSubquery(std::unique_ptr<SubqueryExpr> subquery,
                                                std::string_view name,
                                                ast::List<const ast::Expr*> left,
                                                ast::Location location, ExprScope& scope) {
  const BoundSelect& select = *BodyOf(*subquery).select;
  const size_t width = ColumnCount(select);
  ASSIGN_OR_RETURN(std::vector<ExprPtr> values, Exprs(left, scope));
  if (values.size() != width) {
    return ErrorAt(location, sqlstate::kSyntaxError, "subquery has too {} columns",
                   values.size() < width ? "many" : "few");
  }
  auto stand_in = [](size_t slot, catalog::Type type, std::string column_name) {
    auto column =
        std::make_unique<ColumnExpr>(-1, static_cast<int>(slot), type, std::move(column_name));
    column->slot = static_cast<int>(slot);
    return column;
  };
  std::vector<ExprPtr> comparisons;
  for (size_t i = 0; i < width; ++i) {
    const OutputColumn& column = ColumnOf(select, i);
    ExprPtr right = stand_in(i, column.type, column.name);
    right->position = subquery->position;
    ASSIGN_OR_RETURN(ExprPtr comparison,
                     Operate(name, std::move(values[i]), std::move(right), location));
    RETURN_IF_ERROR(CheckComparison(*comparison, location));
    ExprPtr& operand = static_cast<CallExpr&>(*comparison).args[0];
    subquery->position = Leftmost(subquery->position, operand);
    ExprPtr place = stand_in(width + i, operand->type, ToString(*operand));
    subquery->left.push_back(std::exchange(operand, std::move(place)));
    comparisons.push_back(std::move(comparison));
  }
  ASSIGN_OR_RETURN(subquery->test, CombineComparisons(name, std::move(comparisons), location));
  return ExprPtr(std::move(subquery));
}

Result<ExprPtr> StatementBinder::SubqueryOfColumns(const ast::Subquery& subquery, int columns,
                                                   ExprScope& scope) {
  ASSIGN_OR_RETURN(auto bound, NewSubquery(subquery, SubqueryExpr::Form::kScalar, scope));
  const BoundSelect& select = *BodyOf(*bound).select;
  if (ColumnCount(select) != static_cast<size_t>(columns)) {
    return ErrorAt(subquery.location, sqlstate::kSyntaxError,
                   "number of columns does not match number of values");
  }
  bound->type = ColumnOf(select, 0).type;
  return ExprPtr(std::move(bound));
}

}  // namespace shale::sql
