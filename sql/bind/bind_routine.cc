// Calls of functions and procedures written in SQL: which of them a name may mean, their arguments
// and their defaults, and the names of arguments in a body.
#include <algorithm>

#include "sql/bind/statement_binder.h"
#include "sql/expr/evaluate.h"
#include "sql/expr/user_function.h"
#include "sql/parse/parser.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;
using catalog::Type;

namespace {

// The arguments in the function's order, with the defaults of those that are not given.
Result<std::vector<ExprPtr>> InPlaces(const BindContext& context, const ResolvedFunction& resolved,
                                      std::vector<ExprPtr> args) {
  if (resolved.packs || resolved.parameters.empty()) {
    return CompleteArguments(resolved, std::move(args), *context.settings);
  }
  const catalog::FunctionDesc& routine = *resolved.function->routine;
  BindContext unplaced = context;
  unplaced.source = {};
  unplaced.routine = nullptr;
  std::vector<ExprPtr> complete(resolved.parameters.size());
  for (size_t i = 0; i < args.size(); ++i) complete[resolved.places[i]] = std::move(args[i]);
  size_t place = 0;
  for (const catalog::FunctionArgument& argument : routine.arguments) {
    if (!argument.is_input() && !routine.is_procedure) continue;
    ExprPtr& value = complete[place++];
    if (value != nullptr) continue;
    CHECK(argument.default_sql.has_value());
    ASSIGN_OR_RETURN(ParsedExpression parsed, ParseExpression(*argument.default_sql));
    const Type type{argument.type, -1};
    const bool is_polymorphic = catalog::GetType(argument.type).pseudo;
    ASSIGN_OR_RETURN(value,
                     BindScalar(unplaced, *parsed.expression, is_polymorphic ? nullptr : &type));
    value->position = 0;
  }
  return complete;
}

}  // namespace

Result<ExprPtr> StatementBinder::RoutineCall(const ast::FunctionCall& call,
                                             const ResolvedFunction& resolved,
                                             const Callables& callables,
                                             std::vector<ExprPtr> args) {
  const catalog::FunctionDesc& routine = *resolved.function->routine;
  if (context_.function_uses != nullptr) {
    const bool is_known = std::ranges::any_of(*context_.function_uses, [&](const auto& use) {
      return use.oid == routine.oid && use.schema == call.name.schema;
    });
    if (!is_known) {
      context_.function_uses->push_back({std::string(call.name.schema), routine.name, routine.oid});
    }
  }
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(args[i],
                     Coerce(std::move(args[i]), resolved.arg_types[i], CastContext::kImplicit));
  }
  ASSIGN_OR_RETURN(args, InPlaces(context_, resolved, std::move(args)));
  int position = Leftmost(Position(call.location), args);
  auto bound = std::make_unique<CallExpr>(resolved.function, resolved.result, std::move(args));
  bound->name = routine.name;
  bound->position = position;
  const auto owner = std::ranges::find(callables.owners, resolved.function,
                                       [](const auto& one) { return one.get(); });
  CHECK(owner != callables.owners.end());
  bound->owner = *owner;
  return ExprPtr(std::move(bound));
}

ExprPtr StatementBinder::RoutineArgument(const ast::ColumnRef& reference) {
  if (context_.routine == nullptr || reference.star) return nullptr;
  const size_t count = reference.names.size();
  const bool is_own = count == 1 || (count == 2 && reference.names[0] == context_.routine->name);
  if (!is_own && count != 2) return nullptr;
  int index = 0;
  for (const catalog::FunctionArgument& argument : context_.routine->arguments) {
    if (!argument.is_input()) continue;
    const catalog::Oid given = parameter_types_[static_cast<size_t>(index)];
    if (count == 2 && argument.name == reference.names[0] && catalog::IsComposite(given)) {
      for (MergedColumn& one : Attributes(ParameterExpr(index, {given, -1}))) {
        if (one.name == reference.names[1]) return Placed(std::move(one.expr), reference.location);
      }
    }
    if (is_own && argument.name == reference.names.back()) {
      const Type type{parameter_types_[static_cast<size_t>(index)], -1};
      return Placed(std::make_unique<ParameterExpr>(index, type), reference.location);
    }
    ++index;
  }
  return nullptr;
}

// The arguments of what only comes out are not computed.
Result<std::unique_ptr<BoundSelect>> StatementBinder::CallProcedure(const ast::Call& command) {
  const ast::FunctionCall& call = *command.call;
  ExprScope scope;
  scope.clause = Clause::kCall;
  ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Exprs(call.arguments, scope));
  std::vector<Type> types;
  for (const ExprPtr& arg : args) types.push_back(arg->type);
  Result<Callables> found = CallablesOf(context_, call.name);
  if (!found.ok()) return At(found.status(), call.location);
  const Callables& callables = *found;
  Result<ResolvedFunction> resolved = ResolveProcedure(call, types, callables);
  if (!resolved.ok()) return At(resolved.status(), call.location);
  ASSIGN_OR_RETURN(ExprPtr bound, RoutineCall(call, *resolved, callables, std::move(args)));
  const catalog::FunctionDesc& routine = *resolved->function->routine;
  std::vector<ExprPtr>& all = static_cast<CallExpr&>(*bound).args;
  std::vector<ExprPtr> inputs;
  for (size_t i = 0; i < all.size(); ++i) {
    if (routine.arguments[i].is_input()) inputs.push_back(std::move(all[i]));
  }
  all = std::move(inputs);

  auto select = std::make_unique<BoundSelect>();
  RangeEntry entry;
  entry.kind = RangeEntry::Kind::kFunction;
  entry.alias = routine.name;
  std::vector<Type> given;
  for (const ExprPtr& arg : all) given.push_back(arg->type);
  ASSIGN_OR_RETURN(std::vector<RoutineColumn> columns, ColumnsOf(routine, given));
  for (size_t i = 0; i < columns.size(); ++i) {
    OutputColumn output{columns[i].name, columns[i].type, catalog::kInvalidOid, 0};
    BoundTarget target;
    target.expr = std::make_unique<ColumnExpr>(0, static_cast<int>(i), output.type, output.name);
    target.column = output;
    select->targets.push_back(std::move(target));
    entry.columns.push_back(std::move(output));
  }
  BoundTableFunction function;
  function.call = std::move(bound);
  function.columns = entry.columns;
  entry.functions.push_back(std::move(function));
  select->range_table.push_back(std::move(entry));
  select->from = std::make_unique<FromNode>();
  select->from->relation = 0;
  return select;
}

}  // namespace shale::sql
