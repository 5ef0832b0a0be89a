// Functions and procedures back to text.
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {
namespace {

std::string_view WordOf(ast::RoutineKind kind) {
  switch (kind) {
    case ast::RoutineKind::kFunction:
      return "FUNCTION";
    case ast::RoutineKind::kProcedure:
      return "PROCEDURE";
    case ast::RoutineKind::kRoutine:
      return "ROUTINE";
  }
  return {};
}

std::string_view ModeWord(ast::FunctionParameter::Mode mode) {
  using Mode = ast::FunctionParameter::Mode;
  switch (mode) {
    case Mode::kOut:
      return "OUT ";
    case Mode::kInOut:
      return "INOUT ";
    case Mode::kVariadic:
      return "VARIADIC ";
    case Mode::kIn:
    case Mode::kTable:
      break;
  }
  return {};
}

}  // namespace

void Deparser::FunctionParameter(const ast::FunctionParameter& parameter) {
  Add(ModeWord(parameter.mode));
  if (!parameter.name.empty()) {
    Identifier(parameter.name);
    Add(" ");
  }
  Type(*parameter.type);
  if (parameter.default_value == nullptr) return;
  Add(" DEFAULT ");
  Expr(*parameter.default_value);
}

void Deparser::FunctionOptions(const ast::FunctionOptions& options) {
  if (options.volatility) {
    Add(*options.volatility == 'i'   ? " IMMUTABLE"
        : *options.volatility == 's' ? " STABLE"
                                     : " VOLATILE");
  }
  if (options.strict) Add(*options.strict ? " STRICT" : " CALLED ON NULL INPUT");
  if (options.security_definer) {
    Add(*options.security_definer ? " SECURITY DEFINER" : " SECURITY INVOKER");
  }
  if (options.leakproof) Add(*options.leakproof ? " LEAKPROOF" : " NOT LEAKPROOF");
  if (options.parallel) {
    Add(" PARALLEL ");
    Identifier(*options.parallel);
  }
  if (options.cost) Add(" COST {}", *options.cost);
  if (options.rows) Add(" ROWS {}", *options.rows);
}

void Deparser::CreateFunction(const ast::CreateFunction& create) {
  using Mode = ast::FunctionParameter::Mode;
  Add("CREATE {}{} ", create.or_replace ? "OR REPLACE " : "",
      create.procedure ? "PROCEDURE" : "FUNCTION");
  Name(create.name);
  size_t table = 0;
  while (table < create.parameters.size() && create.parameters[table].mode != Mode::kTable) ++table;
  Add("(");
  Commas(create.parameters.first(table), [&](const auto& one) { FunctionParameter(one); });
  Add(")");
  if (table < create.parameters.size()) {
    Add(" RETURNS TABLE(");
    Commas(create.parameters.subspan(table), [&](const auto& one) { FunctionParameter(one); });
    Add(")");
  } else if (create.returns != nullptr) {
    Add(" RETURNS {}", create.returns->set_of ? "SETOF " : "");
    ast::TypeName type = *create.returns;
    type.set_of = false;
    Type(type);
  }
  if (create.language) {
    Add(" LANGUAGE ");
    Identifier(*create.language);
  }
  FunctionOptions(create.options);
  if (create.body) Add(" AS {}", QuoteLiteral(*create.body));
  if (!create.sql_body) return;
  if (create.returns_expr) {
    Add(" RETURN ");
    return Expr(*ast::As<ast::Select>(*create.statements[0]).targets[0].value);
  }
  Add(" BEGIN ATOMIC");
  for (const ast::Statement* statement : create.statements) {
    Add(" ");
    Statement(*statement);
    Add(";");
  }
  Add(" END");
}

void Deparser::Routine(const ast::RoutineName& routine) {
  Name(routine.name);
  if (!routine.has_parameters) return;
  Add("(");
  Commas(routine.parameters, [&](const auto& one) { FunctionParameter(one); });
  Add(")");
}

void Deparser::DropFunction(const ast::DropFunction& drop) {
  Add("DROP {} {}", WordOf(drop.routine), drop.if_exists ? "IF EXISTS " : "");
  Commas(drop.names, [&](const auto& one) { Routine(one); });
  if (drop.cascade) Add(" CASCADE");
}

void Deparser::AlterFunction(const ast::AlterFunction& alter) {
  using Action = ast::AlterFunction::Action;
  Add("ALTER {} ", WordOf(alter.routine));
  Routine(alter.name);
  switch (alter.action) {
    case Action::kOptions:
      return FunctionOptions(alter.options);
    case Action::kRename:
      Add(" RENAME TO ");
      break;
    case Action::kSetSchema:
      Add(" SET SCHEMA ");
      break;
    case Action::kOwner:
      Add(" OWNER TO ");
      break;
  }
  Identifier(alter.target);
}

}  // namespace shale::sql
