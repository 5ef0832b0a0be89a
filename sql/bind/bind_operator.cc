// Operators and what PostgreSQL makes of operators: IN, BETWEEN, LIKE, row comparisons.
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;
using catalog::Type;

namespace {

bool IsNullLiteral(const ast::Expr& expr) {
  const auto* literal = ast::Cast<ast::Literal>(&expr);
  return literal != nullptr && literal->type == ast::Literal::Type::kNull;
}

}  // namespace

Result<ExprPtr> StatementBinder::Operator(const ast::OperatorExpr& expr, ExprScope& scope) {
  if (!expr.schema.empty() && expr.schema != "pg_catalog") {
    return ErrorAt(expr.location, sqlstate::kUndefinedFunction, "operator does not exist: {}.{}",
                   expr.schema, expr.name);
  }
  if (expr.left != nullptr) {
    return Compare(expr.name, *expr.left, *expr.right, expr.location, scope);
  }
  ASSIGN_OR_RETURN(ExprPtr right, Expr(*expr.right, scope));
  return Operate(expr.name, nullptr, std::move(right), expr.location);
}

Result<ExprPtr> StatementBinder::Compare(std::string_view name, const ast::Expr& left,
                                         const ast::Expr& right, ast::Location location,
                                         ExprScope& scope) {
  if (const auto* left_row = ast::Cast<ast::RowExpr>(&left)) {
    if (const auto* right_row = ast::Cast<ast::RowExpr>(&right)) {
      return RowComparison(name, *left_row, *right_row, location, scope);
    }
    const auto* subquery = ast::Cast<ast::Subquery>(&right);
    if (subquery != nullptr && subquery->form == ast::Subquery::Form::kScalar) {
      return RowSubquery(name, *left_row, *subquery, location, scope);
    }
  }
  ASSIGN_OR_RETURN(ExprPtr bound_left, Expr(left, scope));
  ASSIGN_OR_RETURN(ExprPtr bound_right, Expr(right, scope));
  return Operate(name, std::move(bound_left), std::move(bound_right), location);
}

Result<ExprPtr> StatementBinder::Distinct(const ast::DistinctFrom& expr, ExprScope& scope) {
  // Against a plain NULL it is a null test.
  if (IsNullLiteral(*expr.right) || IsNullLiteral(*expr.left)) {
    const ast::Expr& other = IsNullLiteral(*expr.right) ? *expr.left : *expr.right;
    if (const auto* row = ast::Cast<ast::RowExpr>(&other)) {
      // A row, whatever is in it, is not NULL itself.
      RETURN_IF_ERROR(Exprs(row->fields, scope).status());
      catalog::Value differs({type_oid::kBool, -1}, catalog::Datum::Bool(!expr.negated));
      return Placed(std::make_unique<ConstantExpr>(std::move(differs)), expr.location);
    }
    ASSIGN_OR_RETURN(ExprPtr argument, Expr(other, scope));
    const catalog::Type type = argument->type;
    if (catalog::IsComposite(catalog::BaseOf(type.oid))) {
      // Not of its fields, as IS NULL is.
      ExprPtr null = std::make_unique<ConstantExpr>(catalog::Value::Null(type));
      return Placed(std::make_unique<DistinctExpr>(std::move(argument), std::move(null),
                                                   EqualityOf(type.oid), expr.negated),
                    expr.location);
    }
    return Placed(std::make_unique<NullTestExpr>(std::move(argument), !expr.negated),
                  expr.location);
  }
  const auto* left_row = ast::Cast<ast::RowExpr>(expr.left);
  const auto* right_row = ast::Cast<ast::RowExpr>(expr.right);
  if (left_row != nullptr && right_row != nullptr) {
    return RowDistinct(expr, *left_row, *right_row, scope);
  }
  ASSIGN_OR_RETURN(ExprPtr left, Expr(*expr.left, scope));
  ASSIGN_OR_RETURN(ExprPtr right, Expr(*expr.right, scope));
  ASSIGN_OR_RETURN(const Function* equals, Equality(left, right, expr.location));
  int position = Leftmost(Position(expr.location), left);
  ExprPtr bound =
      std::make_unique<DistinctExpr>(std::move(left), std::move(right), equals, expr.negated);
  bound->position = position;
  return bound;
}

Result<ExprPtr> StatementBinder::In(const ast::InExpr& expr, ExprScope& scope) {
  if (ast::Cast<ast::RowExpr>(expr.argument) != nullptr) return InOfParts(expr, scope);
  ASSIGN_OR_RETURN(ExprPtr argument, Expr(*expr.argument, scope));
  ASSIGN_OR_RETURN(std::vector<ExprPtr> items, Exprs(expr.list, scope));

  std::vector<Type> types{argument->type};
  for (const ExprPtr& item : items) types.push_back(item->type);
  Result<Type> common = CommonType(types, "IN");
  if (common.ok()) {
    Result<ResolvedFunction> resolved = ResolveOperator("=", argument->type, *common);
    if (!resolved.ok()) return At(resolved.status(), expr.location);
    ASSIGN_OR_RETURN(argument,
                     Coerce(std::move(argument), resolved->arg_types[0], CastContext::kImplicit));
    for (ExprPtr& item : items) {
      ASSIGN_OR_RETURN(item, Coerce(std::move(item), *common, CastContext::kImplicit));
      ASSIGN_OR_RETURN(item,
                       Coerce(std::move(item), resolved->arg_types[1], CastContext::kImplicit));
    }
    int position = Leftmost(Position(expr.location), argument);
    ExprPtr bound = std::make_unique<InListExpr>(std::move(argument), std::move(items),
                                                 resolved->function, expr.negated);
    bound->position = position;
    return bound;
  }

  // Without a common type each item is compared in its own way.
  std::vector<ExprPtr> parts;
  for (ExprPtr& item : items) {
    ASSIGN_OR_RETURN(ExprPtr copy, Copy(*argument));
    ASSIGN_OR_RETURN(ExprPtr part, Operate(expr.negated ? "<>" : "=", std::move(copy),
                                           std::move(item), expr.location));
    parts.push_back(std::move(part));
  }
  if (parts.size() == 1) return std::move(parts[0]);
  auto op = expr.negated ? LogicExpr::Op::kAnd : LogicExpr::Op::kOr;
  return Logic(op, std::move(parts), expr.location);
}

// Of rows: each is compared in its own way.
Result<ExprPtr> StatementBinder::InOfParts(const ast::InExpr& expr, ExprScope& scope) {
  std::vector<ExprPtr> parts;
  for (const ast::Expr* item : expr.list) {
    ASSIGN_OR_RETURN(ExprPtr part, Compare(expr.negated ? "<>" : "=", *expr.argument, *item,
                                           expr.location, scope));
    parts.push_back(std::move(part));
  }
  if (parts.size() == 1) return std::move(parts[0]);
  auto op = expr.negated ? LogicExpr::Op::kAnd : LogicExpr::Op::kOr;
  return Logic(op, std::move(parts), expr.location);
}

Result<ExprPtr> StatementBinder::Between(const ast::BetweenExpr& expr, ExprScope& scope) {
  // a BETWEEN b AND c is a >= b AND a <= c, with a bound once per use as PostgreSQL does.
  auto range = [&](const ast::Expr& low, const ast::Expr& high) -> Result<ExprPtr> {
    std::vector<ExprPtr> parts;
    ASSIGN_OR_RETURN(ExprPtr from,
                     Compare(expr.negated ? "<" : ">=", *expr.argument, low, expr.location, scope));
    ASSIGN_OR_RETURN(
        ExprPtr to, Compare(expr.negated ? ">" : "<=", *expr.argument, high, expr.location, scope));
    parts.push_back(std::move(from));
    parts.push_back(std::move(to));
    auto op = expr.negated ? LogicExpr::Op::kOr : LogicExpr::Op::kAnd;
    return Logic(op, std::move(parts), expr.location);
  };
  ASSIGN_OR_RETURN(ExprPtr forward, range(*expr.low, *expr.high));
  if (!expr.symmetric) return forward;
  ASSIGN_OR_RETURN(ExprPtr backward, range(*expr.high, *expr.low));
  std::vector<ExprPtr> parts;
  parts.push_back(std::move(forward));
  parts.push_back(std::move(backward));
  auto op = expr.negated ? LogicExpr::Op::kAnd : LogicExpr::Op::kOr;
  return Logic(op, std::move(parts), expr.location);
}

Result<ExprPtr> StatementBinder::Like(const ast::LikeExpr& expr, ExprScope& scope) {
  using Form = ast::LikeExpr::Form;
  std::string_view name = expr.form == Form::kLike    ? (expr.negated ? "!~~" : "~~")
                          : expr.form == Form::kILike ? (expr.negated ? "!~~*" : "~~*")
                                                      : (expr.negated ? "!~" : "~");
  ASSIGN_OR_RETURN(ExprPtr argument, Expr(*expr.argument, scope));
  ASSIGN_OR_RETURN(ExprPtr pattern, Expr(*expr.pattern, scope));
  if (expr.escape != nullptr || expr.form == Form::kSimilar) {
    std::vector<ExprPtr> args;
    args.push_back(std::move(pattern));
    if (expr.escape != nullptr) {
      ASSIGN_OR_RETURN(ExprPtr escape, Expr(*expr.escape, scope));
      args.push_back(std::move(escape));
    }
    std::string_view function = expr.form == Form::kSimilar ? "similar_to_escape" : "like_escape";
    ASSIGN_OR_RETURN(pattern, CallNamed(function, std::move(args), expr.location));
  }
  return Operate(name, std::move(argument), std::move(pattern), expr.location);
}

}  // namespace shale::sql
