// Views as pg_catalog and information_schema show them.
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;

// NULL where the definition cannot be made out: one damaged view does not hide the others.
catalog::Value DefinitionCell(FunctionHost& host, catalog::Oid view) {
  auto text = host.ViewDefinition(view);
  if (!text.ok() || !text->has_value()) return NullCell(catalog::type_oid::kText);
  return TextCell(**text);
}

Status ScanViews(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  for (const auto& [oid, view] : snapshot.views()) {
    if (view->materialized) continue;
    RETURN_IF_ERROR(row({NameCell(view->schema_name), NameCell(view->name),
                         NameCell(catalog::kBootstrapRoleName), DefinitionCell(host, oid)}));
  }
  return Status::Ok();
}

Status ScanMaterializedViews(const CatalogSnapshot& snapshot, FunctionHost& host,
                             const RowSink& row) {
  for (const auto& [oid, view] : snapshot.views()) {
    catalog::TableRef table = snapshot.FindTable(oid);
    if (!view->materialized || table == nullptr) continue;
    RETURN_IF_ERROR(row({NameCell(view->schema_name), NameCell(view->name),
                         NameCell(catalog::kBootstrapRoleName), NullCell(catalog::type_oid::kName),
                         BoolCell(!table->indexes.empty()), BoolCell(view->populated),
                         DefinitionCell(host, oid)}));
  }
  return Status::Ok();
}

Status ScanInformationViews(const CatalogSnapshot& snapshot, FunctionHost& host,
                            const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  for (const auto& [oid, view] : snapshot.views()) {
    if (view->materialized || !IsShownIn(view->schema_name, view->schema_oid, host)) continue;
    const std::string_view check = view->check_option == catalog::CheckOption::kNone ? "NONE"
                                   : view->check_option == catalog::CheckOption::kLocal
                                       ? "LOCAL"
                                       : "CASCADED";
    const std::string_view updatable = host.IsViewUpdatable(oid) ? "YES" : "NO";
    RETURN_IF_ERROR(row({NameCell(database), NameCell(view->schema_name), NameCell(view->name),
                         DefinitionCell(host, oid), TextCell(check), TextCell(updatable),
                         TextCell(updatable), TextCell("NO"), TextCell("NO"), TextCell("NO")}));
  }
  return Status::Ok();
}

}  // namespace

void RegisterViews() {
  AddToCatalog("pg_views", ScanViews);
  AddToCatalog("pg_matviews", ScanMaterializedViews);
  AddToInformation("views", ScanInformationViews);
}

}  // namespace shale::sql::system
