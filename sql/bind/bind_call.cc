// Calls of functions, and the functions that look like names.
#include "sql/bind/resolve_name.h"
#include "sql/bind/statement_binder.h"
#include "sql/expr/evaluate.h"
#include "sql/expr/set_function.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;
using catalog::Type;

Result<ExprPtr> StatementBinder::Call(const ast::FunctionCall& call, ExprScope& scope) {
  std::string_view name = call.name.name;
  // Arguments of an aggregate may hold no other; which this is, shows only afterwards.
  ExprScope args_scope = scope;
  args_scope.found_aggregate = false;
  args_scope.is_from_item = false;
  ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Exprs(call.arguments, args_scope));
  if (call.within_group) {
    for (const ast::SortItem& item : call.order_by) {
      ASSIGN_OR_RETURN(ExprPtr value, Expr(*item.value, args_scope));
      args.push_back(std::move(value));
    }
  }
  ExprPtr filter;
  if (call.filter != nullptr) {
    ExprScope filter_scope = scope;
    filter_scope.clause = Clause::kFilter;
    ASSIGN_OR_RETURN(filter, Expr(*call.filter, filter_scope));
    ASSIGN_OR_RETURN(filter, CoerceToBoolean(std::move(filter), "FILTER"));
  }
  std::vector<Type> types;
  types.reserve(args.size());
  for (const ExprPtr& arg : args) types.push_back(arg->type);
  Result<Callables> found = CallablesOf(context_, call.name);
  if (!found.ok()) return At(found.status(), call.location);
  const Callables& callables = *found;
  Result<ResolvedFunction> resolved = ResolveCall(call, types, callables);
  if (!resolved.ok()) {
    const bool may_be_field = args.size() == 1 && call.name.schema.empty() &&
                              call.over == nullptr && call.argument_names.empty() &&
                              CheckPlainCall(call).ok();
    if (may_be_field) {
      ExprPtr field = FieldNamed(*args[0], name, scope);
      if (field != nullptr) return Placed(std::move(field), call.location);
    }
    // mood('happy'): a cast.
    const catalog::Oid type =
        types.size() == 1 ? FindTypeOid(context_, {}, name) : catalog::kInvalidOid;
    if (type >= catalog::kFirstUserOid && CanCast(types[0].oid, type, CastContext::kExplicit)) {
      NoteName(context_, {}, name, type);
      return Coerce(std::move(args[0]), {type, -1}, CastContext::kExplicit);
    }
    // What a polymorphic argument stands for is found out without a position in PostgreSQL.
    if (resolved.status().Is(sqlstate::kDatatypeMismatch)) return resolved.status();
    Status error = resolved.status();
    if (error.Is(sqlstate::kUndefinedFunction) && call.order_by.size() > 1 && !call.within_group) {
      error = std::move(error).Hint(
          "No aggregate function matches the given name and argument types. Perhaps you misplaced "
          "ORDER BY; ORDER BY must appear after all regular arguments of the aggregate.");
    }
    return At(std::move(error), call.location);
  }
  const bool args_aggregate = args_scope.found_aggregate;
  scope.found_aggregate |= args_aggregate;
  if (resolved->aggregate != nullptr) {
    RETURN_IF_ERROR(CheckForm(call, *resolved->aggregate, types));
    if (call.over != nullptr) {
      return WindowCall(call, *resolved, std::move(args), std::move(filter), scope);
    }
    return AggregateCall(call, *resolved, std::move(args), std::move(filter), scope,
                         args_aggregate);
  }
  if (resolved->window != nullptr) {
    if (call.over == nullptr) {
      return ErrorAt(call.location, sqlstate::kWrongObjectType,
                     "window function {} requires an OVER clause", name);
    }
    if (call.within_group) {
      return ErrorAt(call.location, sqlstate::kWrongObjectType,
                     "window function {} cannot have WITHIN GROUP", name);
    }
    return WindowCall(call, *resolved, std::move(args), std::move(filter), scope);
  }

  return ResolvedCall(call, *resolved, callables, std::move(args), scope);
}

Result<ExprPtr> StatementBinder::CallOn(std::string_view name, const sql::Expr& row,
                                        ast::Location location, ExprScope& scope) {
  const bool is_row = row.type.oid == type_oid::kRecord || catalog::IsComposite(row.type.oid);
  if (!is_row) return ExprPtr();
  ast::FunctionCall call;
  call.name.name = name;
  call.location = location;
  Result<Callables> callables = CallablesOf(context_, call.name);
  if (!callables.ok()) return ExprPtr();
  const Type types[] = {row.type};
  Result<ResolvedFunction> resolved = ResolveCall(call, types, *callables);
  if (!resolved.ok()) return ExprPtr();
  std::vector<ExprPtr> args;
  args.push_back(row.Clone());
  if (resolved->aggregate != nullptr) {
    scope.found_aggregate = true;
    return AggregateCall(call, *resolved, std::move(args), nullptr, scope, false);
  }
  if (resolved->window != nullptr) return ExprPtr();
  return ResolvedCall(call, *resolved, *callables, std::move(args), scope);
}

Result<ExprPtr> StatementBinder::ResolvedCall(const ast::FunctionCall& call,
                                              const ResolvedFunction& resolved,
                                              const Callables& callables, std::vector<ExprPtr> args,
                                              ExprScope& scope) {
  const std::string_view name = call.name.name;
  if (Status plain = CheckPlainCall(call); !plain.ok()) return At(std::move(plain), call.location);
  if (resolved.function != nullptr && resolved.function->set != nullptr) {
    std::vector<Type> types;
    for (const ExprPtr& arg : args) types.push_back(arg->type);
    Status callable = CheckNoProcedure(call, resolved, types);
    if (!callable.ok()) return At(std::move(callable), call.location);
    const bool is_open = resolved.result.oid == type_oid::kRecord &&
                         resolved.function->routine == nullptr &&
                         resolved.function->set->columns.empty();
    if (scope.clause != Clause::kFromFunction && is_open) {
      return Error(sqlstate::kFeatureNotSupported, "could not determine row type for result of {}",
                   name)
          .Hint("Call the function in the FROM clause using a column definition list.");
    }
    RETURN_IF_ERROR(CheckSetAllowed(call, scope));
  }
  if (resolved.function != nullptr && resolved.function->routine != nullptr) {
    return RoutineCall(call, resolved, callables, std::move(args));
  }
  if (resolved.is_cast) {
    ASSIGN_OR_RETURN(ExprPtr cast, Coerce(std::move(args[0]), resolved.result,
                                          CastContext::kExplicit, Position(call.location)));
    return cast;
  }
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(args[i],
                     Coerce(std::move(args[i]), resolved.arg_types[i], CastContext::kImplicit));
  }
  ASSIGN_OR_RETURN(args, CompleteArguments(resolved, std::move(args), settings()));
  if (resolved.packs && scope.clause != Clause::kCheck) FoldConstants(args.back(), settings());
  int position = Leftmost(Position(call.location), args);
  auto bound = std::make_unique<CallExpr>(resolved.function, resolved.result, std::move(args));
  bound->name = name;
  bound->spreads = resolved.spreads;
  bound->position = position;
  return ExprPtr(std::move(bound));
}

Result<ExprPtr> StatementBinder::CallNamed(std::string_view name, std::vector<ExprPtr> args,
                                           ast::Location location) {
  std::vector<Type> types;
  for (const ExprPtr& arg : args) types.push_back(arg->type);
  Result<ResolvedFunction> resolved = ResolveFunction(name, types);
  if (!resolved.ok()) return At(resolved.status(), location);
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(args[i],
                     Coerce(std::move(args[i]), resolved->arg_types[i], CastContext::kImplicit));
  }
  ASSIGN_OR_RETURN(args, CompleteArguments(*resolved, std::move(args), settings()));
  if (resolved->packs) FoldConstants(args.back(), settings());
  auto bound = std::make_unique<CallExpr>(resolved->function, resolved->result, std::move(args));
  bound->name = name;
  return Placed(std::move(bound), location);
}

Status StatementBinder::CheckSetAllowed(const ast::FunctionCall& call, const ExprScope& scope) {
  switch (scope.clause) {
    case Clause::kSelect:
    case Clause::kGroupBy:
    case Clause::kOrderBy:
    case Clause::kDistinctOn:
    case Clause::kValuesRow:
      return Status::Ok();
    case Clause::kFromFunction:
      if (scope.is_from_item) return Status::Ok();
      return ErrorAt(call.location, sqlstate::kFeatureNotSupported,
                     "set-returning functions must appear at top level of FROM");
    default:
      return ErrorAt(call.location, sqlstate::kFeatureNotSupported,
                     "set-returning functions are not allowed in {}", ClauseName(scope.clause));
  }
}

Result<ExprPtr> StatementBinder::SqlValue(const ast::SqlValue& value) {
  using Function = ast::SqlValue::Function;
  std::string_view function;
  Type type{type_oid::kText, -1};
  switch (value.function) {
    case Function::kCurrentDate:
      function = "now";
      type = {type_oid::kDate, -1};
      break;
    case Function::kLocalTime:
      function = "now";
      type = {type_oid::kTime, value.precision};
      break;
    case Function::kCurrentTimestamp:
      function = "now";
      type = {type_oid::kTimestamptz, value.precision};
      break;
    case Function::kLocalTimestamp:
      function = "now";
      type = {type_oid::kTimestamp, value.precision};
      break;
    case Function::kCurrentTime:
      function = "now";
      type = {type_oid::kTimetz, value.precision};
      break;
    case Function::kCurrentRole:
    case Function::kCurrentUser:
    case Function::kUser:
      function = "current_user";
      type = {type_oid::kName, -1};
      break;
    case Function::kSessionUser:
      function = "session_user";
      type = {type_oid::kName, -1};
      break;
    case Function::kCurrentCatalog:
      function = "current_database";
      type = {type_oid::kName, -1};
      break;
    case Function::kCurrentSchema:
      function = "current_schema";
      type = {type_oid::kName, -1};
      break;
  }
  ASSIGN_OR_RETURN(ExprPtr call, CallNamed(function, {}, value.location));
  return Coerce(std::move(call), type, CastContext::kExplicit);
}

}  // namespace shale::sql
