// Calls of functions and aggregates, and the functions that look like names.
#include "sql/bind/statement_binder.h"
#include "sql/expr/set_function.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;
using catalog::Type;

Result<ExprPtr> StatementBinder::Call(const ast::FunctionCall& call, ExprScope& scope) {
  std::string_view name = call.name.name;
  if (!call.name.schema.empty() && call.name.schema != "pg_catalog") {
    return NoSuchFunction(call, scope);
  }
  if (call.variadic) {
    return UnsupportedAt(call.location, "VARIADIC arguments are not supported");
  }

  // Arguments of an aggregate may hold no other; which this is, shows only afterwards.
  ExprScope args_scope = scope;
  args_scope.found_aggregate = false;
  args_scope.is_from_item = false;
  ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Exprs(call.arguments, args_scope));
  std::vector<Type> types;
  types.reserve(args.size());
  for (const ExprPtr& arg : args) types.push_back(arg->type);
  Result<ResolvedFunction> resolved = ResolveFunction(name, types);
  if (!resolved.ok()) {
    // What a polymorphic argument stands for is found out without a position in PostgreSQL.
    if (resolved.status().Is(sqlstate::kDatatypeMismatch)) return resolved.status();
    return At(resolved.status(), call.location);
  }
  scope.found_aggregate |= args_scope.found_aggregate;
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
  if (resolved->function != nullptr && resolved->function->set != nullptr) {
    RETURN_IF_ERROR(CheckSetAllowed(call, scope));
    if (scope.clause != Clause::kFromFunction && resolved->result.oid == type_oid::kRecord) {
      return UnsupportedAt(call.location, "functions that give records are supported in FROM only");
    }
  }
  if (resolved->is_cast) {
    ASSIGN_OR_RETURN(ExprPtr cast, Coerce(std::move(args[0]), resolved->result,
                                          CastContext::kExplicit, Position(call.location)));
    return cast;
  }
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(args[i],
                     Coerce(std::move(args[i]), resolved->arg_types[i], CastContext::kImplicit));
  }
  int position = Leftmost(Position(call.location), args);
  auto bound = std::make_unique<CallExpr>(resolved->function, resolved->result, std::move(args));
  bound->name = name;
  bound->position = position;
  return ExprPtr(std::move(bound));
}

Status StatementBinder::NoSuchFunction(const ast::FunctionCall& call, ExprScope& scope) {
  ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Exprs(call.arguments, scope));
  std::string types;
  for (const ExprPtr& arg : args) {
    types += (types.empty() ? "" : ", ") + catalog::FormatType({arg->type.oid, -1});
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
  auto bound = std::make_unique<CallExpr>(resolved->function, resolved->result, std::move(args));
  bound->name = name;
  return Placed(std::move(bound), location);
}

Status StatementBinder::CheckSetAllowed(const ast::FunctionCall& call, const ExprScope& scope) {
  switch (scope.clause) {
    case Clause::kSelect:
    case Clause::kGroupBy:
    case Clause::kOrderBy:
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

Status StatementBinder::CheckNoSet(const sql::Expr& expr, std::string_view construct) {
  const sql::Expr* found = nullptr;
  Walk(expr, [&](const sql::Expr& node) {
    const bool is_set =
        node.kind == ExprKind::kCall && static_cast<const CallExpr&>(node).function->set != nullptr;
    if (is_set && found == nullptr) found = &node;
    return found == nullptr;
  });
  if (found == nullptr) return Status::Ok();
  return Error(sqlstate::kFeatureNotSupported, "set-returning functions are not allowed in {}",
               construct)
      .Hint("You might be able to move the set-returning function into a LATERAL FROM item.")
      .Position(found->position);
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
  for (const ExprPtr& arg : args) {
    if (!GivesSet(*arg)) continue;
    return Error(sqlstate::kFeatureNotSupported,
                 "aggregate function calls cannot contain set-returning function calls")
        .Hint("You might be able to move the set-returning function into a LATERAL FROM item.")
        .Position(arg->position);
  }
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
                     catalog::FormatType({arg->type.oid, -1}));
    }
  }
  ExprScope inner = scope;
  inner.in_aggregate = true;
  for (const ast::SortItem& item : call.order_by) {
    AggregateExpr::Order order;
    ASSIGN_OR_RETURN(order.expr, Expr(*item.value, inner));
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
      return UnsupportedAt(value.location, "CURRENT_TIME is not supported");
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
