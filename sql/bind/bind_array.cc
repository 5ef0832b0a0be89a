// Arrays: ARRAY[...], subscripts, and comparison with all elements.
#include <algorithm>
#include <span>

#include "catalog/types/array.h"
#include "sql/bind/statement_binder.h"
#include "sql/expr/evaluate.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;
using catalog::Type;

namespace {

std::string BareTypeText(Type type) { return TypeName(type.oid); }

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
  // A constraint is kept as it is written.
  if (scope.clause != Clause::kCheck) FoldConstants(bound, settings());
  return Placed(std::move(bound), expr.location);
}

// The bounds that are given, as integers, in their order; slices say which, where any step is one.
// Beside a slice, [n] is [1:n].
Status StatementBinder::Subscripts(std::span<const ast::SubscriptExpr* const> steps,
                                   ExprScope& scope, std::vector<ExprPtr>* subscripts,
                                   std::vector<SubscriptExpr::Slice>* slices) {
  RETURN_IF_ERROR(catalog::CheckDimensionCount(static_cast<int>(steps.size())));
  const bool is_slice = std::ranges::any_of(steps, &ast::SubscriptExpr::slice);
  const Type integer{type_oid::kInt4, -1};
  for (const ast::SubscriptExpr* step : steps) {
    if (is_slice)
      slices->push_back({!step->slice || step->lower != nullptr, step->upper != nullptr});
    if (is_slice && !step->slice) {
      subscripts->push_back(
          std::make_unique<ConstantExpr>(catalog::Value(integer, catalog::Datum::Int32(1))));
    }
    for (const ast::Expr* written : {step->lower, step->upper}) {
      if (written == nullptr) continue;
      ASSIGN_OR_RETURN(ExprPtr index, Expr(*written, scope));
      if (!CanCast(index->type.oid, type_oid::kInt4, CastContext::kAssignment)) {
        return Error(sqlstate::kDatatypeMismatch, "array subscript must have type integer")
            .Position(index->position);
      }
      ASSIGN_OR_RETURN(index, Coerce(std::move(index), integer, CastContext::kAssignment));
      subscripts->push_back(std::move(index));
    }
  }
  return Status::Ok();
}

Status StatementBinder::JsonbKeys(std::span<const ast::SubscriptExpr* const> steps,
                                  ExprScope& scope, std::vector<ExprPtr>* keys, bool* is_number) {
  if (std::ranges::any_of(steps, &ast::SubscriptExpr::slice)) {
    const ast::SubscriptExpr& first = *steps.front();
    return ErrorAt((first.upper != nullptr ? first.upper : first.lower)->location,
                   sqlstate::kDatatypeMismatch, "jsonb subscript does not support slices");
  }
  for (const ast::SubscriptExpr* step : steps) {
    ASSIGN_OR_RETURN(ExprPtr key, Expr(*step->upper, scope));
    const catalog::Oid type = key->type.oid;
    const bool is_integer = type != type_oid::kUnknown && type != type_oid::kText &&
                            CanCast(type, type_oid::kInt4, CastContext::kImplicit);
    if (!is_integer && !CanCast(type, type_oid::kText, CastContext::kImplicit)) {
      return Error(sqlstate::kDatatypeMismatch, "subscript type {} is not supported",
                   BareTypeText(key->type))
          .Hint("jsonb subscript must be coercible to either integer or text.")
          .Position(key->position);
    }
    if (step == steps.front()) *is_number = is_integer;
    ASSIGN_OR_RETURN(key, Coerce(std::move(key), {type_oid::kText, -1}, CastContext::kExplicit));
    keys->push_back(std::move(key));
  }
  return Status::Ok();
}

namespace {

// A step of an assignment that is no subscript has a FieldSelect in the place of what is
// subscripted.
bool IsFieldStep(const ast::SubscriptExpr& step) { return step.argument != nullptr; }

}  // namespace

Status StatementBinder::CheckPartValue(ast::List<const ast::SubscriptExpr*> part,
                                       const ast::Expr& value, ast::Location location) {
  if (value.kind != ast::ExprKind::kDefault || part.empty()) return Status::Ok();
  return ErrorAt(location, sqlstate::kFeatureNotSupported, "cannot set {} to DEFAULT",
                 IsFieldStep(*part[0]) ? "a subfield" : "an array element");
}

Result<ExprPtr> StatementBinder::AssignPart(const ast::Assignment& assignment, size_t step,
                                            ExprPtr before, ExprPtr value, ExprScope& scope) {
  if (before->kind == ExprKind::kCoerceDomain) {
    before = std::move(static_cast<CoerceDomainExpr&>(*before).arg);
  }
  before = BelowDomain(std::move(before));
  if (IsFieldStep(*assignment.subscripts[step])) {
    return AssignField(assignment, step, std::move(before), std::move(value), scope);
  }
  const Type type = before->type;
  const catalog::Oid element = catalog::ElementOf(type.oid);
  const bool is_jsonb = type.oid == type_oid::kJsonb;
  if (element == catalog::kInvalidOid && !is_jsonb) {
    return ErrorAt(assignment.location, sqlstate::kDatatypeMismatch,
                   "cannot subscript type {} because it does not support subscripting",
                   BareTypeText(type));
  }
  size_t end = step;
  while (end < assignment.subscripts.size() && !IsFieldStep(*assignment.subscripts[end])) ++end;
  const std::vector<const ast::SubscriptExpr*> steps(
      assignment.subscripts.begin() + static_cast<ptrdiff_t>(step),
      assignment.subscripts.begin() + static_cast<ptrdiff_t>(end));
  std::vector<ExprPtr> subscripts;
  std::vector<SubscriptExpr::Slice> slices;
  bool is_number = false;
  if (is_jsonb) {
    RETURN_IF_ERROR(JsonbKeys(steps, scope, &subscripts, &is_number));
  } else {
    RETURN_IF_ERROR(Subscripts(steps, scope, &subscripts, &slices));
  }
  const Type wanted = slices.empty() && !is_jsonb ? Type{element, type.typmod} : type;
  if (end < assignment.subscripts.size()) {
    // A field of the element; values within a jsonb have none.
    if (is_jsonb) {
      return AssignField(assignment, end, std::move(before), std::move(value), scope);
    }
    auto part = std::make_unique<SubscriptExpr>(before->Clone(), wanted, CloneAll(subscripts));
    part->slices = slices;
    ASSIGN_OR_RETURN(value, AssignPart(assignment, end, std::move(part), std::move(value), scope));
  }
  if (!CanCast(value->type.oid, wanted.oid, CastContext::kAssignment)) {
    return Error(sqlstate::kDatatypeMismatch,
                 "subscripted assignment to \"{}\" requires type {} but expression is of type {}",
                 assignment.column, BareTypeText(wanted), BareTypeText(value->type))
        .Hint("You will need to rewrite or cast the expression.")
        .Position(Position(assignment.location));
  }
  ASSIGN_OR_RETURN(value, Coerce(std::move(value), wanted, CastContext::kAssignment));
  // Which bounds are given: a letter each.
  std::string shape;
  for (const SubscriptExpr::Slice& slice : slices) {
    shape += slice.lower ? 'l' : '-';
    shape += slice.upper ? 'u' : '-';
  }
  std::vector<ExprPtr> args;
  args.push_back(std::move(before));
  args.push_back(std::move(value));
  args.push_back(std::make_unique<ConstantExpr>(
      is_jsonb ? catalog::Value({type_oid::kBool, -1}, catalog::Datum::Bool(is_number))
               : catalog::Value::Text(shape)));
  for (ExprPtr& subscript : subscripts) args.push_back(std::move(subscript));
  const Function* assign = FindFunction(is_jsonb ? kAssignJsonbPart : kAssignArrayPart);
  auto bound = std::make_unique<CallExpr>(assign, type, std::move(args));
  bound->name = bound->function->name;
  return Placed(std::move(bound), assignment.location);
}

// A row of all attributes but the one that is assigned, which comes from the value.
Result<ExprPtr> StatementBinder::AssignField(const ast::Assignment& assignment, size_t step,
                                             ExprPtr before, ExprPtr value, ExprScope& scope) {
  const std::string_view name =
      ast::As<ast::FieldSelect>(*assignment.subscripts[step]->argument).field;
  const catalog::Oid type = before->type.oid;
  if (!catalog::IsComposite(type)) {
    return ErrorAt(assignment.location, sqlstate::kDatatypeMismatch,
                   "cannot assign to field \"{}\" of column \"{}\" because its type {} is not a "
                   "composite type",
                   name, assignment.column, TypeName(type));
  }
  std::vector<ExprPtr> fields;
  bool is_there = false;
  for (MergedColumn& one : Attributes(*before)) {
    if (one.name == name) {
      is_there = true;
      const Type wanted = one.expr->type;
      if (step + 1 < assignment.subscripts.size()) {
        ASSIGN_OR_RETURN(
            value, AssignPart(assignment, step + 1, std::move(one.expr), std::move(value), scope));
      }
      if (!CanCast(value->type.oid, wanted.oid, CastContext::kAssignment)) {
        return Error(sqlstate::kDatatypeMismatch,
                     "subfield \"{}\" is of type {} but expression is of type {}", name,
                     BareTypeText(wanted), BareTypeText(value->type))
            .Hint("You will need to rewrite or cast the expression.")
            .Position(Position(assignment.location));
      }
      ASSIGN_OR_RETURN(one.expr, Coerce(std::move(value), wanted, CastContext::kAssignment));
    }
    fields.push_back(std::move(one.expr));
  }
  if (!is_there) {
    return ErrorAt(assignment.location, sqlstate::kUndefinedColumn,
                   "cannot assign to field \"{}\" of column \"{}\" because there is no such column "
                   "in data type {}",
                   name, assignment.column, TypeName(type));
  }
  std::vector<std::string> names(fields.size());
  auto row = std::make_unique<RowExpr>(std::move(fields), std::move(names));
  row->type = {type, -1};
  return Placed(std::move(row), assignment.location);
}

namespace {

ExprPtr ByteOfName(ExprPtr name, ExprPtr place) {
  std::vector<ExprPtr> args;
  args.push_back(std::move(name));
  args.push_back(std::move(place));
  auto byte = std::make_unique<CallExpr>(FindFunction(kSubscriptName), Type{type_oid::kChar, -1},
                                         std::move(args));
  byte->name = byte->function->name;
  return byte;
}

}  // namespace

Result<ExprPtr> StatementBinder::Subscript(const ast::SubscriptExpr& expr, ExprScope& scope) {
  std::vector<const ast::SubscriptExpr*> chain;  // from the last to the first
  const ast::Expr* base = &expr;
  while (const auto* subscript = ast::Cast<ast::SubscriptExpr>(base)) {
    chain.push_back(subscript);
    base = subscript->argument;
    if (!subscript->continues) break;
  }
  ASSIGN_OR_RETURN(ExprPtr array, Expr(*base, scope));
  array = BelowDomain(std::move(array));
  const catalog::Oid element = catalog::ElementOf(array->type.oid);
  if (array->type.oid == type_oid::kJsonb) {
    // What lies at the path of the subscripts' texts.
    std::ranges::reverse(chain);
    const int position = array->position;
    std::vector<ExprPtr> args;
    args.push_back(std::move(array));
    bool is_number = false;
    RETURN_IF_ERROR(JsonbKeys(chain, scope, &args, &is_number));
    ASSIGN_OR_RETURN(ExprPtr found,
                     CallNamed("jsonb_extract_path", std::move(args), ast::kNoLocation));
    found->position = position;
    return found;
  }
  const bool is_name = array->type.oid == type_oid::kName;
  if (element == catalog::kInvalidOid && !is_name) {
    return Error(sqlstate::kDatatypeMismatch,
                 "cannot subscript type {} because it does not support subscripting",
                 BareTypeText(array->type))
        .Position(array->position);
  }
  std::ranges::reverse(chain);
  std::vector<ExprPtr> subscripts;
  std::vector<SubscriptExpr::Slice> slices;
  RETURN_IF_ERROR(Subscripts(chain, scope, &subscripts, &slices));
  const int position = array->position;
  if (is_name) {
    if (!slices.empty() || subscripts.size() != 1) {
      return NotSupported("slices of names").Position(position);
    }
    return Placed(ByteOfName(std::move(array), std::move(subscripts[0])), position);
  }
  const Type type{slices.empty() ? element : array->type.oid, array->type.typmod};
  auto bound = std::make_unique<SubscriptExpr>(std::move(array), type, std::move(subscripts));
  bound->slices = std::move(slices);
  bound->position = position;
  return ExprPtr(std::move(bound));
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
  array = BelowDomain(std::move(array));
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
