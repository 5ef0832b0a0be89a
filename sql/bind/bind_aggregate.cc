// Calls of aggregates, ordered-set and hypothetical-set ones among them.
#include "sql/bind/refuse_sets.h"
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

namespace {

std::string Signature(std::string_view name, const std::vector<catalog::Type>& types) {
  std::string text;
  for (const catalog::Type& type : types) {
    text += (text.empty() ? "" : ", ") + TypeName(type.oid);
  }
  return fmt::format("{}({})", name, text);
}

}  // namespace

Status StatementBinder::CheckForm(const ast::FunctionCall& call, const Aggregate& aggregate,
                                  const std::vector<catalog::Type>& types) {
  std::string_view name = call.name.name;
  if (aggregate.form == Aggregate::Form::kPlain) {
    if (!call.within_group) return Status::Ok();
    return ErrorAt(call.location, sqlstate::kWrongObjectType,
                   "{} is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name);
  }
  if (!call.within_group) {
    return ErrorAt(call.location, sqlstate::kWrongObjectType,
                   "WITHIN GROUP is required for ordered-set aggregate {}", name);
  }
  if (call.over != nullptr) {
    return UnsupportedAt(call.location,
                         fmt::format("OVER is not supported for ordered-set aggregate {}", name));
  }
  const size_t direct = call.arguments.size();
  const size_t ordered = call.order_by.size();
  const bool is_hypothetical = aggregate.form == Aggregate::Form::kHypotheticalSet;
  if (direct == (is_hypothetical ? ordered : aggregate.direct_args)) return Status::Ok();
  Status error =
      Error(sqlstate::kUndefinedFunction, "function {} does not exist", Signature(name, types));
  if (is_hypothetical) {
    error = std::move(error).Hint(fmt::format(
        "To use the hypothetical-set aggregate {}, the number of hypothetical direct arguments "
        "(here {}) must match the number of ordering columns (here {}).",
        name, direct, ordered));
  } else {
    error = std::move(error).Hint(fmt::format(
        "There is an ordered-set aggregate {}, but it requires {} direct argument{}, not {}.", name,
        aggregate.direct_args, aggregate.direct_args == 1 ? "" : "s", direct));
  }
  return At(std::move(error), call.location);
}

Status StatementBinder::CheckAggregateAllowed(ast::Location location, const ExprScope& scope) {
  switch (scope.clause) {
    case Clause::kSelect:
    case Clause::kHaving:
    case Clause::kOrderBy:
    case Clause::kDistinctOn:
    case Clause::kWindowPartition:
    case Clause::kWindowOrder:
      return Status::Ok();
    default:
      return ErrorAt(location, sqlstate::kGroupingError,
                     "aggregate functions are not allowed in {}", ClauseName(scope.clause));
  }
}

Status StatementBinder::CheckNesting(const ast::FunctionCall& call,
                                     const std::vector<ExprPtr>& args, const ExprScope& scope,
                                     bool args_aggregate) {
  for (const ExprPtr& arg : args) {
    RETURN_IF_ERROR(
        RefuseWindowCalls(*arg, sqlstate::kGroupingError,
                          "aggregate function calls cannot contain window function calls"));
  }
  if (!args_aggregate && !scope.in_aggregate) return Status::Ok();
  // The inner one is to blame.
  int position = Position(call.location);
  for (const ExprPtr& arg : args) {
    Walk(*arg, [&](const sql::Expr& node) {
      const bool is_inner = node.kind == ExprKind::kAggregate || node.kind == ExprKind::kGrouping;
      if (is_inner) position = node.position;
      return true;
    });
  }
  return Error(sqlstate::kGroupingError, "aggregate function calls cannot be nested")
      .Position(position);
}

Result<ExprPtr> StatementBinder::AggregateCall(const ast::FunctionCall& call,
                                               const ResolvedFunction& resolved,
                                               std::vector<ExprPtr> args, ExprPtr filter,
                                               ExprScope& scope, bool args_aggregate) {
  RETURN_IF_ERROR(CheckNesting(call, args, scope, args_aggregate));
  if (args.empty() && !call.star) {
    return ErrorAt(call.location, sqlstate::kWrongObjectType,
                   "{}(*) must be used to call a parameterless aggregate function", call.name.name);
  }
  for (const ExprPtr& arg : args) {
    RETURN_IF_ERROR(
        RefuseSets(*arg, "aggregate function calls cannot contain set-returning function calls"));
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
      return Error(sqlstate::kUndefinedFunction,
                   "could not identify an equality operator for type {}", TypeName(arg->type.oid))
          .Position(arg->position);
    }
  }
  if (call.within_group) {
    RETURN_IF_ERROR(OrderedArguments(call, aggregate.get()));
  } else {
    RETURN_IF_ERROR(AggregateOrder(call, scope, aggregate.get()));
  }
  aggregate->filter = std::move(filter);
  return PlaceAggregate(std::move(aggregate), call, scope);
}

Status StatementBinder::AggregateOrder(const ast::FunctionCall& call, const ExprScope& scope,
                                       AggregateExpr* aggregate) {
  ExprScope inner = scope;
  inner.in_aggregate = true;
  for (const ast::SortItem& item : call.order_by) {
    AggregateExpr::Order order;
    ASSIGN_OR_RETURN(order.expr, Expr(*item.value, inner));
    RETURN_IF_ERROR(
        RefuseWindowCalls(*order.expr, sqlstate::kGroupingError,
                          "aggregate function calls cannot contain window function calls"));
    if (order.expr->type.oid == type_oid::kUnknown) {
      ASSIGN_OR_RETURN(
          order.expr, Coerce(std::move(order.expr), {type_oid::kText, -1}, CastContext::kImplicit));
    }
    ASSIGN_OR_RETURN(SortDirection direction, DirectionOf(item, order.expr->type));
    order.descending = direction.descending;
    order.nulls_first = direction.nulls_first;
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
  return Status::Ok();
}

Status StatementBinder::OrderedArguments(const ast::FunctionCall& call, AggregateExpr* aggregate) {
  std::vector<ExprPtr>& args = aggregate->args;
  const size_t direct = call.arguments.size();
  const bool is_hypothetical = aggregate->aggregate->form == Aggregate::Form::kHypotheticalSet;
  for (size_t i = 0; i < call.order_by.size(); ++i) {
    ExprPtr& value = args[direct + i];
    if (is_hypothetical) {
      catalog::Type common;
      RETURN_IF_ERROR(CoerceToCommon({&value, &args[i]}, "WITHIN GROUP", call.location, &common));
    }
    ASSIGN_OR_RETURN(SortDirection direction, DirectionOf(call.order_by[i], value->type));
    aggregate->order_by.push_back({std::move(value), direction.descending, direction.nulls_first});
  }
  args.resize(direct);
  return Status::Ok();
}

}  // namespace shale::sql
