// Arrays: ARRAY[...], subscripts, and comparison with all elements.
#include "catalog/types/array.h"
#include "sql/bind/statement_binder.h"
#include "sql/expr/evaluate.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;
using catalog::Type;

namespace {

std::string BareTypeText(Type type) { return catalog::FormatType({type.oid, -1}); }

}  // namespace

// Elements that are arrays become the rows of one array. With a target, ARRAY[...]::type, they are
// cast to what it holds; else they get the type that they have in common.
Result<ExprPtr> StatementBinder::Array(const ast::ArrayExpr& expr, ExprScope& scope,
                                       const Type* target) {
  std::vector<ExprPtr> elements;
  bool nested = false;
  for (const ast::Expr* element : expr.elements) {
    ExprPtr bound;
    if (const auto* inner = ast::Cast<ast::ArrayExpr>(element)) {
      ASSIGN_OR_RETURN(bound, Array(*inner, scope, target));
      nested = true;
    } else {
      ASSIGN_OR_RETURN(bound, Expr(*element, scope));
      nested |= catalog::ElementOf(bound->type.oid) != catalog::kInvalidOid;
    }
    elements.push_back(std::move(bound));
  }
  Type type;
  if (target != nullptr) {
    type = *target;
    const Type element_type = nested ? type : Type{catalog::ElementOf(type.oid), type.typmod};
    for (ExprPtr& element : elements) {
      ASSIGN_OR_RETURN(element, Coerce(std::move(element), element_type, CastContext::kExplicit));
    }
  } else {
    if (elements.empty()) {
      return At(Error(sqlstate::kIndeterminateDatatype, "cannot determine type of empty array")
                    .Hint("Explicitly cast to the desired type, for example ARRAY[]::integer[]."),
                expr.location);
    }
    std::vector<ExprPtr*> all;
    for (ExprPtr& element : elements) all.push_back(&element);
    Type common;
    RETURN_IF_ERROR(CoerceToCommon(std::move(all), "ARRAY", expr.location, &common));
    type = {nested ? common.oid : catalog::ArrayOf(common.oid), common.typmod};
    if (catalog::ElementOf(type.oid) == catalog::kInvalidOid) {
      return ErrorAt(expr.location, sqlstate::kUndefinedObject,
                     "could not find {} type for data type {}", nested ? "element" : "array",
                     BareTypeText(common));
    }
  }
  ExprPtr bound = std::make_unique<ArrayExpr>(type, std::move(elements), nested);
  FoldConstants(bound, settings());
  return Placed(std::move(bound), expr.location);
}

Result<ExprPtr> StatementBinder::Subscript(const ast::SubscriptExpr& expr, ExprScope& scope) {
  std::vector<const ast::SubscriptExpr*> chain;  // from the last to the first
  const ast::Expr* base = &expr;
  while (const auto* subscript = ast::Cast<ast::SubscriptExpr>(base)) {
    if (subscript->slice) return UnsupportedAt(expr.location, "array slices are not supported");
    chain.push_back(subscript);
    base = subscript->argument;
  }
  ASSIGN_OR_RETURN(ExprPtr array, Expr(*base, scope));
  const catalog::Oid element = catalog::ElementOf(array->type.oid);
  if (array->type.oid == type_oid::kJsonb) {
    return UnsupportedAt(expr.location, "subscripts of type jsonb are not supported");
  }
  if (element == catalog::kInvalidOid) {
    return Error(sqlstate::kDatatypeMismatch,
                 "cannot subscript type {} because it does not support subscripting",
                 BareTypeText(array->type))
        .Position(array->position);
  }
  RETURN_IF_ERROR(catalog::CheckDimensionCount(static_cast<int>(chain.size())));
  std::vector<ExprPtr> subscripts;
  for (auto subscript = chain.rbegin(); subscript != chain.rend(); ++subscript) {
    ASSIGN_OR_RETURN(ExprPtr index, Expr(*(*subscript)->upper, scope));
    if (!CanCast(index->type.oid, type_oid::kInt4, CastContext::kAssignment)) {
      return Error(sqlstate::kDatatypeMismatch, "array subscript must have type integer")
          .Position(index->position);
    }
    ASSIGN_OR_RETURN(index,
                     Coerce(std::move(index), {type_oid::kInt4, -1}, CastContext::kAssignment));
    subscripts.push_back(std::move(index));
  }
  const int position = array->position;
  const Type type{element, array->type.typmod};
  ExprPtr bound = std::make_unique<SubscriptExpr>(std::move(array), type, std::move(subscripts));
  bound->position = position;
  return bound;
}

// The operator is resolved for the left side and an element; an array without a type becomes one
// of what the operator takes, which is how `= ANY ($1)` learns the type of its parameter.
Result<ExprPtr> StatementBinder::AnyAll(const ast::AnyAllExpr& expr, ExprScope& scope) {
  if (!expr.operator_schema.empty() && expr.operator_schema != "pg_catalog") {
    return ErrorAt(expr.location, sqlstate::kUndefinedFunction, "operator does not exist: {}.{}",
                   expr.operator_schema, expr.operator_name);
  }
  ASSIGN_OR_RETURN(ExprPtr left, Expr(*expr.left, scope));
  ASSIGN_OR_RETURN(ExprPtr array, Expr(*expr.array, scope));
  Type element{type_oid::kUnknown, -1};
  if (array->type.oid != type_oid::kUnknown) {
    element = {catalog::ElementOf(array->type.oid), array->type.typmod};
    if (element.oid == catalog::kInvalidOid) {
      return ErrorAt(expr.location, sqlstate::kWrongObjectType,
                     "op ANY/ALL (array) requires array on right side");
    }
  }
  Result<ResolvedFunction> resolved = ResolveOperator(expr.operator_name, left->type, element);
  if (!resolved.ok()) return At(resolved.status(), expr.location);
  if (resolved->result.oid != type_oid::kBool) {
    return ErrorAt(expr.location, sqlstate::kWrongObjectType,
                   "op ANY/ALL (array) requires operator to yield boolean");
  }
  const Type wanted{catalog::ArrayOf(resolved->arg_types[1].oid), -1};
  if (wanted.oid == catalog::kInvalidOid || wanted.oid == resolved->arg_types[1].oid) {
    return ErrorAt(expr.location, sqlstate::kUndefinedObject,
                   "could not find array type for data type {}",
                   BareTypeText(resolved->arg_types[1]));
  }
  ASSIGN_OR_RETURN(left, Coerce(std::move(left), resolved->arg_types[0], CastContext::kImplicit));
  if (array->type.oid != wanted.oid) {
    ASSIGN_OR_RETURN(array, Coerce(std::move(array), wanted, CastContext::kImplicit));
  }
  const int position = Leftmost(Position(expr.location), left);
  std::string name(expr.operator_name == "!=" ? "<>" : expr.operator_name);
  ExprPtr bound = std::make_unique<AnyAllExpr>(std::move(left), std::move(array),
                                               resolved->function, std::move(name), expr.all);
  bound->position = position;
  return bound;
}

}  // namespace shale::sql
