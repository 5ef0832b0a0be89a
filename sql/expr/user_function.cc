#include "sql/expr/user_function.h"

#include "sql/expr/polymorphic.h"
#include "sql/expr/set_function.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

struct UserFunction : Function {
  catalog::FunctionRef description;
  SetFunction rows;  // of one that gives sets
};

Volatility VolatilityOfLetter(char letter) {
  return letter == 'i'   ? Volatility::kImmutable
         : letter == 's' ? Volatility::kStable
                         : Volatility::kVolatile;
}

catalog::Oid ElementOfVariadic(catalog::Oid array) {
  if (array == type_oid::kAnyarray) return type_oid::kAnyelement;
  if (array == type_oid::kAnycompatiblearray) return type_oid::kAnycompatible;
  return catalog::ElementOf(array);
}

}  // namespace

std::shared_ptr<const Function> MakeUserFunction(catalog::FunctionRef description) {
  auto function = std::make_shared<UserFunction>();
  const catalog::FunctionDesc& desc = *description;
  function->oid = desc.oid;
  function->name = desc.name;
  function->result = desc.result;
  function->strict = desc.strict;
  function->volatility = VolatilityOfLetter(desc.volatility);
  // What it does is seen by the calls after it, so that rows go one by one.
  function->takes_locks = function->volatility == Volatility::kVolatile;
  function->routine = &desc;
  bool has_names = false;
  for (const catalog::FunctionArgument& argument : desc.arguments) {
    // CALL names what comes out as well.
    if (!argument.is_input() && !desc.is_procedure) continue;
    function->args.push_back(argument.type);
    function->arg_names.push_back(argument.name);
    has_names |= !argument.name.empty();
    if (argument.default_sql) function->defaults.push_back(*argument.default_sql);
    if (argument.mode == catalog::ArgumentMode::kVariadic) {
      function->variadic_element = ElementOfVariadic(argument.type);
    }
  }
  if (!has_names) function->arg_names.clear();
  if (desc.gives_set || desc.is_procedure) {
    function->rows.oid = desc.oid;
    function->rows.name = desc.name;
    function->rows.args = function->args;
    function->rows.result = desc.result;
    function->rows.strict = desc.strict;
    function->rows.volatility = function->volatility;
    for (const catalog::FunctionArgument* output : desc.Outputs()) {
      function->rows.columns.push_back({output->name, output->type});
    }
    function->set = &function->rows;
  }
  function->description = std::move(description);
  return function;
}

const catalog::FunctionDesc* RoutineOf(const Expr& expr) {
  if (expr.kind != ExprKind::kCall) return nullptr;
  return static_cast<const CallExpr&>(expr).function->routine;
}

bool GivesRows(const Expr& expr) {
  if (expr.kind != ExprKind::kCall) return false;
  if (static_cast<const CallExpr&>(expr).function->set != nullptr) return true;
  const bool is_row = expr.type.oid == type_oid::kRecord || catalog::IsComposite(expr.type.oid);
  return is_row && RoutineOf(expr) != nullptr;
}

Result<std::vector<RoutineColumn>> ColumnsOf(const catalog::FunctionDesc& function,
                                             std::span<const catalog::Type> given) {
  const std::vector<catalog::Oid> wanted = function.InputTypes();
  std::vector<RoutineColumn> columns;
  auto add = [&](std::string name, catalog::Oid type) -> Status {
    ASSIGN_OR_RETURN(ConcreteTypes concrete, MakeConcrete(given, wanted, type));
    columns.push_back({std::move(name), {concrete.result.oid, -1}});
    return Status::Ok();
  };
  size_t number = 0;
  for (const catalog::FunctionArgument* output : function.Outputs()) {
    ++number;
    RETURN_IF_ERROR(
        add(output->name.empty() ? fmt::format("column{}", number) : output->name, output->type));
  }
  if (columns.size() == 1 && function.Outputs()[0]->name.empty()) columns[0].name = function.name;
  if (columns.empty() && function.result != type_oid::kRecord && !function.is_procedure) {
    RETURN_IF_ERROR(add(function.name, function.result));
  }
  return columns;
}

}  // namespace shale::sql
