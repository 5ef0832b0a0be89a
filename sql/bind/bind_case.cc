// CASE, NULLIF, COALESCE, GREATEST and LEAST.
#include "sql/bind/refuse_sets.h"
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;
using catalog::Type;

Result<ExprPtr> StatementBinder::Case(const ast::CaseExpr& expr, ExprScope& scope) {
  auto result = std::make_unique<CaseExpr>(Type{type_oid::kUnknown, -1});
  ExprPtr argument;
  if (expr.argument != nullptr) {
    ASSIGN_OR_RETURN(argument, Expr(*expr.argument, scope));
    if (argument->type.oid == type_oid::kUnknown) {
      ASSIGN_OR_RETURN(argument,
                       Coerce(std::move(argument), {type_oid::kText, -1}, CastContext::kImplicit));
    }
  }
  for (const ast::CaseWhen& when : expr.whens) {
    CaseExpr::Branch branch;
    ASSIGN_OR_RETURN(branch.condition, Expr(*when.condition, scope));
    if (argument != nullptr) {
      ASSIGN_OR_RETURN(ExprPtr copy, Copy(*argument));
      ASSIGN_OR_RETURN(branch.condition,
                       Operate("=", std::move(copy), std::move(branch.condition), when.location));
    }
    ASSIGN_OR_RETURN(branch.condition, CoerceToBoolean(std::move(branch.condition), "CASE/WHEN"));
    ASSIGN_OR_RETURN(branch.result, Expr(*when.result, scope));
    result->branches.push_back(std::move(branch));
  }
  if (expr.otherwise != nullptr) {
    ASSIGN_OR_RETURN(result->otherwise, Expr(*expr.otherwise, scope));
  } else {
    result->otherwise =
        std::make_unique<ConstantExpr>(catalog::Value::Null({type_oid::kUnknown, -1}));
  }
  for (const CaseExpr::Branch& branch : result->branches) {
    RETURN_IF_ERROR(CheckNoSet(*branch.condition, "CASE"));
    RETURN_IF_ERROR(CheckNoSet(*branch.result, "CASE"));
  }
  RETURN_IF_ERROR(CheckNoSet(*result->otherwise, "CASE"));
  // ELSE comes first where the common type is sought.
  std::vector<ExprPtr*> results{&result->otherwise};
  for (CaseExpr::Branch& branch : result->branches) results.push_back(&branch.result);
  RETURN_IF_ERROR(CoerceToCommon(std::move(results), "CASE", expr.location, &result->type));
  return Placed(std::move(result), expr.location);
}

Result<ExprPtr> StatementBinder::NullIf(const ast::NullIf& expr, ExprScope& scope) {
  ASSIGN_OR_RETURN(ExprPtr left, Expr(*expr.left, scope));
  ASSIGN_OR_RETURN(ExprPtr right, Expr(*expr.right, scope));
  ASSIGN_OR_RETURN(const Function* equals, Equality(left, right, expr.location));
  return Placed(std::make_unique<NullIfExpr>(std::move(left), std::move(right), equals),
                expr.location);
}

Result<ExprPtr> StatementBinder::CoalesceOf(const ast::CoalesceExpr& expr, ExprScope& scope) {
  ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Exprs(expr.arguments, scope));
  std::vector<ExprPtr*> pointers;
  for (ExprPtr& arg : args) {
    RETURN_IF_ERROR(CheckNoSet(*arg, "COALESCE"));
    pointers.push_back(&arg);
  }
  Type common;
  RETURN_IF_ERROR(CoerceToCommon(std::move(pointers), "COALESCE", expr.location, &common));
  return Placed(std::make_unique<CoalesceExpr>(common, std::move(args)), expr.location);
}

Result<ExprPtr> StatementBinder::MinMax(const ast::MinMaxExpr& expr, ExprScope& scope) {
  ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Exprs(expr.arguments, scope));
  std::vector<ExprPtr*> pointers;
  for (ExprPtr& arg : args) pointers.push_back(&arg);
  Type common;
  RETURN_IF_ERROR(CoerceToCommon(std::move(pointers), expr.greatest ? "GREATEST" : "LEAST",
                                 expr.location, &common));
  if (LessOf(common.oid) == nullptr) {
    return ErrorAt(expr.location, sqlstate::kUndefinedFunction,
                   "could not identify a comparison function for type {}", TypeName(common.oid));
  }
  return Placed(std::make_unique<MinMaxExpr>(common, std::move(args), expr.greatest),
                expr.location);
}

}  // namespace shale::sql
