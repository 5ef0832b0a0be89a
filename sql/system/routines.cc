// information_schema's routines and parameters: functions and procedures of users.
#include "sql/expr/routine_text.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::ArgumentMode;
using catalog::CatalogSnapshot;
using catalog::FunctionArgument;

std::string SpecificName(const catalog::FunctionDesc& function) {
  return fmt::format("{}_{}", function.name, function.oid);
}

std::string_view DataType(catalog::Oid oid) {
  const catalog::TypeInfo& type = catalog::GetType(oid);
  return type.element != 0 ? "ARRAY" : type.display_name;
}

std::string_view YesNoOf(bool value) { return value ? "YES" : "NO"; }

Status ScanRoutines(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  for (const auto& [oid, function] : *snapshot.functions()) {
    const bool is_function = !function->is_procedure;
    RETURN_IF_ERROR(row(
        {NameCell(database), NameCell(function->schema_name), NameCell(SpecificName(*function)),
         NameCell(database), NameCell(function->schema_name), NameCell(function->name),
         TextCell(is_function ? "FUNCTION" : "PROCEDURE"),
         is_function ? TextCell(DataType(function->result)) : NullCell(kTextType.oid),
         is_function ? NameCell(catalog::GetType(function->result).name) : NullCell(kNameType.oid),
         TextCell("SQL"),
         function->is_sql_body ? NullCell(kTextType.oid) : TextCell(function->body),
         NullCell(kTextType.oid), TextCell("SQL"), TextCell("GENERAL"),
         TextCell(YesNoOf(function->volatility == 'i')), TextCell("MODIFIES"),
         is_function ? TextCell(YesNoOf(function->strict)) : NullCell(kTextType.oid),
         TextCell(function->security_definer ? "DEFINER" : "INVOKER")}));
  }
  return Status::Ok();
}

std::string_view ModeText(ArgumentMode mode) {
  switch (mode) {
    case ArgumentMode::kIn:
    case ArgumentMode::kVariadic:
      return "IN";
    case ArgumentMode::kInOut:
      return "INOUT";
    case ArgumentMode::kOut:
    case ArgumentMode::kTable:
      return "OUT";
  }
  return {};
}

Status ScanParameters(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  for (const auto& [oid, function] : *snapshot.functions()) {
    int number = 0;
    for (const FunctionArgument& argument : function->arguments) {
      RETURN_IF_ERROR(row(
          {NameCell(database), NameCell(function->schema_name), NameCell(SpecificName(*function)),
           IntCell(++number), TextCell(ModeText(argument.mode)), TextCell("NO"), TextCell("NO"),
           argument.name.empty() ? NullCell(kNameType.oid) : NameCell(argument.name),
           TextCell(DataType(argument.type)), NameCell(catalog::GetType(argument.type).name),
           argument.default_sql ? TextCell(*argument.default_sql) : NullCell(kTextType.oid)}));
    }
  }
  return Status::Ok();
}

}  // namespace

void RegisterRoutines() {
  AddToInformation(
      "routines",
      {"specific_catalog", "specific_schema", "specific_name", "routine_catalog", "routine_schema",
       "routine_name", "routine_type", "data_type", "type_udt_name", "routine_body",
       "routine_definition", "external_name", "external_language", "parameter_style",
       "is_deterministic", "sql_data_access", "is_null_call", "security_type"},
      ScanRoutines);
  AddToInformation(
      "parameters",
      {"specific_catalog", "specific_schema", "specific_name", "ordinal_position", "parameter_mode",
       "is_result", "as_locator", "parameter_name", "data_type", "udt_name", "parameter_default"},
      ScanParameters);
}

}  // namespace shale::sql::system
