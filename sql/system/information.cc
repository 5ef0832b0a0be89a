// information_schema: the standard's view of tables and columns.
#include <algorithm>

#include "catalog/unique_key.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;

constexpr std::string_view kYes = "YES";
constexpr std::string_view kNo = "NO";

std::string_view YesNo(bool value) { return value ? kYes : kNo; }

Status ScanCatalogName(const CatalogSnapshot&, FunctionHost& host, const RowSink& row) {
  return row({NameCell(host.CurrentDatabase())});
}

Status ScanSchemata(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  std::string database = host.CurrentDatabase();
  for (const auto& [oid, schema] : snapshot.schemas()) {
    RETURN_IF_ERROR(row({NameCell(database), NameCell(schema->name), NameCell("shale")}));
  }
  return Status::Ok();
}

Status ScanInformationTables(const CatalogSnapshot& snapshot, FunctionHost& host,
                             const RowSink& row) {
  std::string database = host.CurrentDatabase();
  for (const VirtualTable* table : AllVirtualTables()) {
    RETURN_IF_ERROR(
        row({NameCell(database), NameCell(table->schema), NameCell(table->name),
             TextCell(table->kind == 'r' ? "BASE TABLE" : "VIEW"), TextCell(kNo), TextCell(kNo)}));
  }
  for (const auto& [oid, table] : snapshot.tables()) {
    if (snapshot.FindView(oid) != nullptr) continue;
    if (!IsShownIn(table->schema_name, table->schema_oid, host)) continue;
    const bool is_temporary = catalog::IsTemporarySchema(table->schema_name);
    RETURN_IF_ERROR(row({NameCell(database), NameCell(table->schema_name), NameCell(table->name),
                         TextCell(is_temporary ? "LOCAL TEMPORARY" : "BASE TABLE"), TextCell(kYes),
                         TextCell(kNo)}));
  }
  for (const auto& [oid, view] : snapshot.views()) {
    if (view->materialized || !IsShownIn(view->schema_name, view->schema_oid, host)) continue;
    const bool is_temporary = catalog::IsTemporarySchema(view->schema_name);
    RETURN_IF_ERROR(row({NameCell(database), NameCell(view->schema_name), NameCell(view->name),
                         TextCell(is_temporary ? "LOCAL TEMPORARY" : "VIEW"),
                         TextCell(YesNo(host.IsViewUpdatable(oid))), TextCell(kNo)}));
  }
  return Status::Ok();
}

struct ColumnRow {
  std::string_view schema;
  std::string_view relation;
  std::string_view name;
  int number = 0;
  catalog::Type type;
  const catalog::ColumnDesc* stored = nullptr;  // of a table; null: of a view
  bool updatable = true;
};

Status GiveColumn(const CatalogSnapshot& snapshot, const std::string& database,
                  const ColumnRow& column, const RowSink& row) {
  const catalog::TypeRef domain =
      catalog::IsDomain(column.type.oid) ? snapshot.FindType(column.type.oid) : nullptr;
  const catalog::Type type = TypeBelow(snapshot, column.type);
  const catalog::ColumnDesc* stored = column.stored;
  const bool not_null =
      (stored != nullptr && stored->not_null) || (domain != nullptr && domain->not_null);
  const bool identity = stored != nullptr && stored->identity != catalog::Identity::kNone;
  const bool has_default =
      stored != nullptr && stored->default_sql && !identity && !stored->generated;
  auto of_domain = [&](std::string_view name) {
    return domain != nullptr ? NameCell(name) : NullCell(catalog::type_oid::kName);
  };
  return row(
      {NameCell(database), NameCell(column.schema), NameCell(column.relation),
       NameCell(column.name), IntCell(column.number),
       has_default ? TextCell(*stored->default_sql) : NullCell(catalog::type_oid::kText),
       TextCell(YesNo(!not_null)), TextCell(DataTypeName(type.oid)), LengthCell(type),
       of_domain(database), of_domain(domain != nullptr ? domain->schema_name : ""),
       of_domain(domain != nullptr ? domain->name : ""), NameCell(UdtName(snapshot, type.oid)),
       TextCell(YesNo(identity)),
       identity ? TextCell(stored->identity == catalog::Identity::kAlways ? "ALWAYS" : "BY DEFAULT")
                : NullCell(catalog::type_oid::kText),
       TextCell(YesNo(column.updatable))});
}

Status ScanColumns(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  std::string database = host.CurrentDatabase();
  for (const auto& [oid, table] : snapshot.tables()) {
    if (snapshot.FindView(oid) != nullptr) continue;
    if (!IsShownIn(table->schema_name, table->schema_oid, host)) continue;
    int number = 0;
    for (const catalog::ColumnDesc& column : table->columns) {
      ++number;
      if (column.dropped) continue;
      RETURN_IF_ERROR(GiveColumn(
          snapshot, database,
          {table->schema_name, table->name, column.name, number, column.type, &column, true}, row));
    }
  }
  for (const auto& [oid, view] : snapshot.views()) {
    if (view->materialized || !IsShownIn(view->schema_name, view->schema_oid, host)) continue;
    const bool updatable = host.IsViewUpdatable(oid);
    int number = 0;
    for (const catalog::ViewColumn& column : view->columns) {
      RETURN_IF_ERROR(GiveColumn(
          snapshot, database,
          {view->schema_name, view->name, column.name, ++number, column.type, nullptr, updatable},
          row));
    }
  }
  return Status::Ok();
}

Status ScanSequences(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  std::string database = host.CurrentDatabase();
  for (const auto& [oid, sequence] : snapshot.sequences()) {
    if (sequence->owner_is_identity) continue;
    if (!IsShownIn(sequence->schema_name, sequence->schema_oid, host)) continue;
    RETURN_IF_ERROR(
        row({NameCell(database), NameCell(sequence->schema_name), NameCell(sequence->name),
             TextCell(catalog::GetType(sequence->type_oid).display_name),
             TextCell(std::to_string(sequence->start)), TextCell(std::to_string(sequence->minimum)),
             TextCell(std::to_string(sequence->maximum)),
             TextCell(std::to_string(sequence->increment)), TextCell(YesNo(sequence->cycle))}));
  }
  return Status::Ok();
}

Status ScanTableConstraints(const CatalogSnapshot& snapshot, FunctionHost& host,
                            const RowSink& row) {
  std::string database = host.CurrentDatabase();
  auto give = [&](const catalog::TableDesc& table, std::string_view name, std::string_view type,
                  bool deferrable = false, bool deferred = false) {
    return row({NameCell(database), NameCell(table.schema_name), NameCell(name), NameCell(database),
                NameCell(table.schema_name), NameCell(table.name), TextCell(type),
                TextCell(YesNo(deferrable)), TextCell(YesNo(deferred))});
  };
  for (const auto& [oid, table] : snapshot.tables()) {
    if (!IsShownIn(table->schema_name, table->schema_oid, host)) continue;
    if (!table->primary_key.empty()) {
      RETURN_IF_ERROR(give(*table, table->primary_key_name, "PRIMARY KEY"));
    }
    for (const catalog::IndexRef& index : table->indexes) {
      if (index->constraint_oid == catalog::kInvalidOid) continue;
      RETURN_IF_ERROR(give(*table, index->name, index->primary ? "PRIMARY KEY" : "UNIQUE",
                           index->deferrable, index->initially_deferred));
    }
    for (const catalog::CheckDesc& check : table->checks) {
      RETURN_IF_ERROR(give(*table, check.name, "CHECK"));
    }
    for (const catalog::ForeignKeyDesc& key : table->foreign_keys) {
      RETURN_IF_ERROR(
          give(*table, key.name, "FOREIGN KEY", key.deferrable, key.initially_deferred));
    }
    for (size_t i = 0; i < table->columns.size(); ++i) {
      if (table->columns[i].dropped || !table->columns[i].not_null) continue;
      const std::string name =
          fmt::format("{}_{}_{}_not_null", table->schema_oid, table->oid, i + 1);
      RETURN_IF_ERROR(give(*table, name, "CHECK"));
    }
  }
  return Status::Ok();
}

// Where the i-th column's referenced one stands in the unique key.
int PositionInUnique(const catalog::ForeignKeyDesc& key, size_t i,
                     const CatalogSnapshot& snapshot) {
  catalog::TableRef referenced = snapshot.FindTable(key.referenced_table);
  if (referenced == nullptr) return 0;
  for (const catalog::UniqueKey& unique : catalog::UniqueKeysOf(*referenced)) {
    if (unique.index != key.referenced_index) continue;
    auto found = std::ranges::find(unique.columns, key.referenced_columns[i]);
    return static_cast<int>(found - unique.columns.begin()) + 1;
  }
  return 0;
}

Status ScanKeyColumns(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  std::string database = host.CurrentDatabase();
  auto give = [&](const catalog::TableDesc& table, std::string_view name, int position, int number,
                  catalog::Value in_unique = NullCell(catalog::type_oid::kInt4)) {
    return row({NameCell(database), NameCell(table.schema_name), NameCell(name), NameCell(database),
                NameCell(table.schema_name), NameCell(table.name),
                NameCell(table.columns[static_cast<size_t>(position)].name), IntCell(number),
                std::move(in_unique)});
  };
  for (const auto& [oid, table] : snapshot.tables()) {
    if (!IsShownIn(table->schema_name, table->schema_oid, host)) continue;
    int number = 1;
    for (int position : table->primary_key) {
      RETURN_IF_ERROR(give(*table, table->primary_key_name, position, number++));
    }
    for (const catalog::IndexRef& index : table->indexes) {
      if (index->constraint_oid == catalog::kInvalidOid) continue;
      number = 1;
      for (const catalog::IndexKey& key : index->keys) {
        RETURN_IF_ERROR(give(*table, index->name, key.column, number++));
      }
    }
    for (const catalog::ForeignKeyDesc& key : table->foreign_keys) {
      for (size_t i = 0; i < key.columns.size(); ++i) {
        RETURN_IF_ERROR(give(*table, key.name, key.columns[i], static_cast<int>(i) + 1,
                             IntCell(PositionInUnique(key, i, snapshot))));
      }
    }
  }
  return Status::Ok();
}

}  // namespace

bool IsShownIn(std::string_view schema_name, catalog::Oid schema, FunctionHost& host) {
  return !catalog::IsTemporarySchema(schema_name) || schema == host.TemporarySchema();
}

void RegisterInformation() {
  AddToInformation("information_schema_catalog_name", ScanCatalogName);
  AddToInformation("schemata", {"catalog_name", "schema_name", "schema_owner"}, ScanSchemata);
  AddToInformation("tables",
                   {"table_catalog", "table_schema", "table_name", "table_type",
                    "is_insertable_into", "is_typed"},
                   ScanInformationTables);
  AddToInformation("columns",
                   {"table_catalog", "table_schema", "table_name", "column_name",
                    "ordinal_position", "column_default", "is_nullable", "data_type",
                    "character_maximum_length", "domain_catalog", "domain_schema", "domain_name",
                    "udt_name", "is_identity", "identity_generation", "is_updatable"},
                   ScanColumns);
  AddToInformation("sequences",
                   {"sequence_catalog", "sequence_schema", "sequence_name", "data_type",
                    "start_value", "minimum_value", "maximum_value", "increment", "cycle_option"},
                   ScanSequences);
  AddToInformation(
      "table_constraints",
      {"constraint_catalog", "constraint_schema", "constraint_name", "table_catalog",
       "table_schema", "table_name", "constraint_type", "is_deferrable", "initially_deferred"},
      ScanTableConstraints);
  AddToInformation("key_column_usage", ScanKeyColumns);
}

}  // namespace shale::sql::system
