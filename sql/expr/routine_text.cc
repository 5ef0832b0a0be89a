#include "sql/expr/routine_text.h"

#include <algorithm>

#include "sql/expr/registry.h"
#include "sql/expr/resolve.h"
#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

using catalog::ArgumentMode;
using catalog::FunctionArgument;

std::string_view WordOfMode(ArgumentMode mode) {
  switch (mode) {
    case ArgumentMode::kOut:
      return "OUT ";
    case ArgumentMode::kInOut:
      return "INOUT ";
    case ArgumentMode::kVariadic:
      return "VARIADIC ";
    case ArgumentMode::kIn:
    case ArgumentMode::kTable:
      break;
  }
  return {};
}

std::string ArgumentText(const FunctionArgument& argument, bool with_default) {
  std::string text(WordOfMode(argument.mode));
  if (!argument.name.empty()) text += QuoteIdentifier(argument.name) + " ";
  text += TypeName(argument.type);
  if (with_default && argument.default_sql) text += " DEFAULT " + *argument.default_sql;
  return text;
}

bool HasBuiltin(std::string_view name, const std::vector<catalog::Oid>& types) {
  return std::ranges::any_of(FunctionsByName(name), [&](const FunctionCandidate& candidate) {
    return candidate.args() == types;
  });
}

// A delimiter that the body does not have in it, as PostgreSQL chooses it.
std::string DollarQuoted(std::string_view body, bool is_procedure) {
  std::string tag = is_procedure ? "$procedure" : "$function";
  while (body.find(tag) != std::string_view::npos) tag += 'x';
  tag += '$';
  return tag + std::string(body) + tag;
}

}  // namespace

bool IsRoutineVisible(const catalog::CatalogSnapshot& catalog,
                      std::span<const catalog::Oid> search_path,
                      const catalog::FunctionDesc& function) {
  const std::vector<catalog::Oid> types = function.InputTypes();
  for (catalog::Oid schema : search_path) {
    if (schema == function.schema_oid) return true;
    if (schema == catalog::kPgCatalogSchemaOid && HasBuiltin(function.name, types)) return false;
    for (const catalog::FunctionRef& other : catalog.FunctionsOf(schema, function.name)) {
      if (other->InputTypes() == types) return false;
    }
  }
  return false;
}

std::string RoutineName(const catalog::CatalogSnapshot& catalog,
                        std::span<const catalog::Oid> search_path,
                        const catalog::FunctionDesc& function) {
  std::string text;
  if (!IsRoutineVisible(catalog, search_path, function)) {
    text = QuoteIdentifier(function.schema_name) + ".";
  }
  text += QuoteIdentifier(function.name) + "(";
  bool first = true;
  for (catalog::Oid type : function.InputTypes()) {
    if (!first) text += ',';
    first = false;
    text += TypeName(type);
  }
  return text + ")";
}

std::string RoutineArguments(const catalog::FunctionDesc& function, ArgumentStyle style) {
  std::string text;
  for (const FunctionArgument& argument : function.arguments) {
    if (argument.mode == ArgumentMode::kTable) continue;
    if (!text.empty()) text += ", ";
    std::string one = ArgumentText(argument, style == ArgumentStyle::kFull);
    // Of procedures, whose names may stand in either place, IN is written.
    if (function.is_procedure && argument.mode == ArgumentMode::kIn) one = "IN " + one;
    text += one;
  }
  return text;
}

std::string RoutineResultText(const catalog::FunctionDesc& function) {
  if (function.is_procedure) return {};
  std::string columns;
  for (const FunctionArgument& argument : function.arguments) {
    if (argument.mode != ArgumentMode::kTable) continue;
    if (!columns.empty()) columns += ", ";
    columns += ArgumentText(argument, false);
  }
  if (!columns.empty()) return "TABLE(" + columns + ")";
  return (function.gives_set ? "SETOF " : "") + TypeName(function.result);
}

std::string RoutineBodyText(const catalog::FunctionDesc& function) {
  if (!function.returns_expr) return "BEGIN ATOMIC\n " + function.body + ";\nEND";
  constexpr std::string_view kSelect = "SELECT ";
  const std::string_view body = function.body;
  return "RETURN " + std::string(body.starts_with(kSelect) ? body.substr(kSelect.size()) : body);
}

std::string RoutineDefinition(const catalog::FunctionDesc& function) {
  std::string text = fmt::format(
      "CREATE OR REPLACE {} {}.{}({})\n", function.is_procedure ? "PROCEDURE" : "FUNCTION",
      QuoteIdentifier(function.schema_name), QuoteIdentifier(function.name),
      RoutineArguments(function, ArgumentStyle::kFull));
  if (!function.is_procedure) text += " RETURNS " + RoutineResultText(function) + "\n";
  text += " LANGUAGE sql\n";
  std::string options;
  if (function.volatility == 'i') options += " IMMUTABLE";
  if (function.volatility == 's') options += " STABLE";
  if (function.parallel == 's') options += " PARALLEL SAFE";
  if (function.parallel == 'r') options += " PARALLEL RESTRICTED";
  if (function.strict) options += " STRICT";
  if (function.security_definer) options += " SECURITY DEFINER";
  if (function.leakproof) options += " LEAKPROOF";
  if (function.cost != "100") options += " COST " + function.cost;
  const std::string_view usual_rows = function.gives_set ? "1000" : "0";
  if (function.rows != usual_rows) options += " ROWS " + function.rows;
  if (!options.empty()) text += options + "\n";
  if (!function.is_sql_body) {
    return text + "AS " + DollarQuoted(function.body, function.is_procedure) + "\n";
  }
  return text + RoutineBodyText(function) + "\n";
}

}  // namespace shale::sql
