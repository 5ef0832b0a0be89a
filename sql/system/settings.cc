// What a session has set and prepared: pg_settings, pg_prepared_statements.
#include "catalog/types/array.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;
using catalog::Value;

constexpr catalog::Type kRegtypeArrayType{2211, -1};

Value OptionalText(const std::optional<std::string>& text) {
  return text ? TextCell(*text) : NullCell(catalog::type_oid::kText);
}

Status ScanPgSettings(const CatalogSnapshot&, FunctionHost& host, const RowSink& row) {
  for (const SettingActivity& setting : host.Settings()) {
    RETURN_IF_ERROR(
        row({TextCell(setting.name), TextCell(setting.text), OptionalText(setting.unit),
             TextCell(setting.description), TextCell(setting.context), TextCell(setting.kind),
             TextCell(setting.source), OptionalText(setting.minimum), OptionalText(setting.maximum),
             setting.values.empty() ? NullCell(kTextArrayType.oid) : TextsCell(setting.values),
             TextCell(setting.default_text), TextCell(setting.reset_text), BoolCell(false)}));
  }
  return Status::Ok();
}

Value TypesCell(const std::vector<catalog::Oid>& types) {
  catalog::ArrayBuilder builder(catalog::type_oid::kRegtype);
  for (catalog::Oid type : types) builder.Add(catalog::Datum::FromOid(type));
  Arena arena;
  return Value(kRegtypeArrayType, catalog::Datum::Bytes(*builder.Finish(&arena)));
}

Status ScanPreparedStatements(const CatalogSnapshot&, FunctionHost& host, const RowSink& row) {
  for (const StatementActivity& statement : host.Statements()) {
    RETURN_IF_ERROR(
        row({TextCell(statement.name), TextCell(statement.text), TimeCell(statement.prepared_us),
             TypesCell(statement.parameter_types), BoolCell(statement.from_sql)}));
  }
  return Status::Ok();
}

}  // namespace

void RegisterSettings() {
  AddToCatalog("pg_settings",
               {"name", "setting", "unit", "short_desc", "context", "vartype", "source", "min_val",
                "max_val", "enumvals", "boot_val", "reset_val", "pending_restart"},
               ScanPgSettings);
  // Plans are not counted by their kind.
  AddToCatalog("pg_prepared_statements",
               {"name", "statement", "prepare_time", "parameter_types", "from_sql"},
               ScanPreparedStatements);
}

}  // namespace shale::sql::system
