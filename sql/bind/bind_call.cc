// Calls of functions and aggregates, and the functions that look like names.
#include "sql/bind/statement_binder.h"
#include "sql/bind/table_function.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;
using catalog::Type;

Result<ExprPtr> StatementBinder::Call(const ast::FunctionCall& call, ExprScope& scope) {
  std::string_view name = call.name.name;
  if (!call.name.schema.empty() && call.name.schema != "pg_catalog") {
    return NoSuchFunction(call, scope);
  }
  if (name == "unnest") return UnsupportedAt(call.location, "unnest is not supported");
  if (IsTableFunction(name)) {
    return UnsupportedAt(call.location, "set-returning functions are supported as FROM items only");
  }

  // Arguments of an aggregate may hold no other; which this is, shows only afterwards.
  ExprScope args_scope = scope;
  args_scope.found_aggregate = false;
  ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Exprs(call.arguments, args_scope));
  if (call.within_group) {
    for (const ast::SortItem& item : call.order_by) {
      ASSIGN_OR_RETURN(ExprPtr ordered, Expr(*item.value, args_scope));
      args.push_back(std::move(ordered));
    }
  }
  std::vector<Type> types;
  types.reserve(args.size());
  for (const ExprPtr& arg : args) types.push_back(arg->type);
  const CallForm form{{call.argument_names.begin(), call.argument_names.end()}, call.variadic};
  Result<ResolvedFunction> resolved = ResolveFunction(name, types, form);
  if (!resolved.ok()) {
    // What a polymorphic argument stands for is found out without a position in PostgreSQL.
    if (resolved.status().Is(sqlstate::kDatatypeMismatch)) return resolved.status();
    return At(resolved.status(), call.location);
  }
  scope.found_aggregate |= args_scope.found_aggregate;
  const bool is_ordered_set = resolved->aggregate != nullptr && resolved->aggregate->ordered_set;
  if (call.within_group && resolved->aggregate == nullptr) {
    return ErrorAt(call.location, sqlstate::kWrongObjectType,
                   "WITHIN GROUP specified, but {} is not an aggregate function", name);
  }
  if (call.within_group && !is_ordered_set) {
    return ErrorAt(call.location, sqlstate::kWrongObjectType,
                   "{} is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name);
  }
  if (is_ordered_set && !call.within_group) {
    return ErrorAt(call.location, sqlstate::kWrongObjectType,
                   "WITHIN GROUP is required for ordered-set aggregate {}", name);
  }
  if (resolved->aggregate != nullptr) {
    ASSIGN_OR_RETURN(ExprPtr aggregate, AggregateCall(call, *resolved, std::move(args), scope,
                                                      args_scope.found_aggregate));
    scope.found_aggregate = true;
    return aggregate;
  }

  auto not_aggregate = [&](std::string_view what) {
    return ErrorAt(call.location, sqlstate::kWrongObjectType,
                   "{} specified, but {} is not an aggregate function", what, name);
  };
  if (call.star) return not_aggregate(fmt::format("{}(*)", name));
  if (call.distinct) return not_aggregate("DISTINCT");
  if (!call.order_by.empty()) return not_aggregate("ORDER BY");
  if (call.filter != nullptr) return not_aggregate("FILTER");
  if (resolved->is_cast) {
    ASSIGN_OR_RETURN(ExprPtr cast, Coerce(std::move(args[0]), resolved->result,
                                          CastContext::kExplicit, Position(call.location)));
    return cast;
  }
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(args[i],
                     Coerce(std::move(args[i]), resolved->arg_types[i], CastContext::kImplicit));
  }
  ASSIGN_OR_RETURN(args, CompleteArguments(*resolved, std::move(args), settings()));
  int position = Leftmost(Position(call.location), args);
  auto bound = std::make_unique<CallExpr>(resolved->function, resolved->result, std::move(args));
  bound->name = name;
  bound->spreads = resolved->spreads;
  bound->position = position;
  return ExprPtr(std::move(bound));
}

Status StatementBinder::NoSuchFunction(const ast::FunctionCall& call, ExprScope& scope) {
  ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Exprs(call.arguments, scope));
  std::string types;
  for (const ExprPtr& arg : args) {
    types += (types.empty() ? "" : ", ") + TypeName(arg->type.oid);
  }
  Status error = Error(sqlstate::kUndefinedFunction, "function {}.{}({}) does not exist",
                       call.name.schema, call.name.name, types)
                     .Hint(
                         "No function matches the given name and argument types. "
                         "You might need to add explicit type casts.");
  return At(std::move(error), call.location);
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
  auto bound = std::make_unique<CallExpr>(resolved->function, resolved->result, std::move(args));
  bound->name = name;
  return Placed(std::move(bound), location);
}

Status StatementBinder::CheckAggregateAllowed(const ast::FunctionCall& call,
                                              const ExprScope& scope) {
  switch (scope.clause) {
    case Clause::kSelect:
    case Clause::kHaving:
    case Clause::kOrderBy:
      return Status::Ok();
    default:
      return ErrorAt(call.location, sqlstate::kGroupingError,
                     "aggregate functions are not allowed in {}", ClauseName(scope.clause));
  }
}

Result<ExprPtr> StatementBinder::AggregateCall(const ast::FunctionCall& call,
                                               const ResolvedFunction& resolved,
                                               std::vector<ExprPtr> args, ExprScope& scope,
                                               bool args_aggregate) {
  std::string_view name = call.name.name;
  if (args_aggregate || scope.in_aggregate) {
    // The inner one is to blame.
    int position = Position(call.location);
    for (const ExprPtr& arg : args) {
      Walk(*arg, [&](const sql::Expr& node) {
        if (node.kind == ExprKind::kAggregate) position = node.position;
        return true;
      });
    }
    return Error(sqlstate::kGroupingError, "aggregate function calls cannot be nested")
        .Position(position);
  }
  if (args.empty() && !call.star) {
    return ErrorAt(call.location, sqlstate::kWrongObjectType,
                   "{}(*) must be used to call a parameterless aggregate function", name);
  }
  RETURN_IF_ERROR(CheckAggregateAllowed(call, scope));
  // One of columns of the query around only is that query's, which cannot have it in FROM.
  bool has_outer = false;
  bool has_own = false;
  for (const ExprPtr& arg : args) {
    Walk(*arg, [&](const sql::Expr& node) {
      has_outer |= node.kind == ExprKind::kOuter;
      has_own |= node.kind == ExprKind::kColumn;
      return true;
    });
  }
  if (has_outer && !has_own) {
    return ErrorAt(call.location, sqlstate::kGroupingError,
                   "aggregate functions are not allowed in FROM clause of their own query level");
  }
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(args[i],
                     Coerce(std::move(args[i]), resolved.arg_types[i], CastContext::kImplicit));
  }
  // The result of min(x) and the like has the type of x, modifier included.
  auto aggregate =
      std::make_unique<AggregateExpr>(resolved.aggregate, resolved.result, std::move(args));
  aggregate->distinct = call.distinct;
  if (call.distinct) {
    for (const ExprPtr& arg : aggregate->args) {
      if (EqualityOf(arg->type.oid) != nullptr) continue;
      return ErrorAt(call.location, sqlstate::kUndefinedFunction,
                     "could not identify an equality operator for type {}",
                     TypeName(arg->type.oid));
    }
  }
  ExprScope inner = scope;
  inner.in_aggregate = true;
  for (const ast::SortItem& item : call.order_by) {
    AggregateExpr::Order order;
    if (call.within_group) {
      order.expr = aggregate->args.back()->Clone();
    } else {
      ASSIGN_OR_RETURN(order.expr, Expr(*item.value, inner));
    }
    if (order.expr->type.oid == type_oid::kUnknown) {
      ASSIGN_OR_RETURN(
          order.expr, Coerce(std::move(order.expr), {type_oid::kText, -1}, CastContext::kImplicit));
    }
    order.descending =
        item.direction == ast::SortItem::Direction::kDescending || item.using_operator == ">";
    order.nulls_first = item.nulls == ast::SortItem::Nulls::kDefault
                            ? order.descending
                            : item.nulls == ast::SortItem::Nulls::kFirst;
    if (call.distinct) {
      bool is_argument = false;
      for (const ExprPtr& arg : aggregate->args) is_argument |= Equal(*arg, *order.expr);
      if (!is_argument) {
        return ErrorAt(item.value->location, sqlstate::kInvalidColumnReference,
                       "in an aggregate with DISTINCT, ORDER BY expressions must appear in "
                       "argument list");
      }
    }
    aggregate->order_by.push_back(std::move(order));
  }
  if (call.filter != nullptr) {
    inner.clause = Clause::kFilter;
    ASSIGN_OR_RETURN(ExprPtr filter, Expr(*call.filter, inner));
    ASSIGN_OR_RETURN(aggregate->filter, CoerceToBoolean(std::move(filter), "FILTER"));
  }
  return Placed(std::move(aggregate), call.location);
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
