// pg_constraint, and information_schema's views of foreign keys and checks.
#include <span>

#include "catalog/types/array.h"
#include "catalog/unique_key.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;
using catalog::Oid;
using catalog::Value;

// Attnums of columns; NULL of none.
Value NumbersCell(std::span<const int> positions) {
  if (positions.empty()) return NullCell(kSmallArrayType.oid);
  catalog::ArrayBuilder numbers(catalog::type_oid::kInt2);
  for (int position : positions) {
    numbers.Add(catalog::Datum::Int16(static_cast<int16_t>(position + 1)));
  }
  Arena arena;
  return Value(kSmallArrayType, catalog::Datum::Bytes(*numbers.Finish(&arena)));
}

struct ConstraintRow {
  Oid schema = catalog::kInvalidOid;
  Oid table = catalog::kInvalidOid;  // one of the two
  Oid domain = catalog::kInvalidOid;
  Oid oid = catalog::kInvalidOid;
  std::string_view name;
  char type = 'c';
  bool deferrable = false;
  bool deferred = false;
  bool validated = true;
  Oid index = catalog::kInvalidOid;
  Oid referenced = catalog::kInvalidOid;
  char on_update = ' ';
  char on_delete = ' ';
  char match = ' ';
  bool no_inherit = true;
  std::span<const int> columns;
  std::span<const int> referenced_columns;
  std::span<const int> set_columns;
  std::optional<std::string_view> expression;
};

std::vector<Value> CellsOf(const ConstraintRow& row) {
  return {OidCell(row.oid),
          NameCell(row.name),
          OidCell(row.schema),
          CharCell(row.type),
          BoolCell(row.deferrable),
          BoolCell(row.deferred),
          BoolCell(row.validated),
          OidCell(row.table),
          OidCell(row.domain),
          OidCell(row.index),
          OidCell(0),
          OidCell(row.referenced),
          CharCell(row.on_update),
          CharCell(row.on_delete),
          CharCell(row.match),
          BoolCell(true),
          IntCell(0),
          BoolCell(row.no_inherit),
          NumbersCell(row.columns),
          NumbersCell(row.referenced_columns),
          NumbersCell(row.set_columns),
          row.expression ? TextCell(*row.expression) : NullCell(catalog::type_oid::kText)};
}

Status ScanConstraint(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const auto& [oid, table] : snapshot.tables()) {
    if (!table->primary_key.empty()) {
      RETURN_IF_ERROR(row(CellsOf({.schema = table->schema_oid,
                                   .table = oid,
                                   .oid = table->primary_key_oid,
                                   .name = table->primary_key_name,
                                   .type = 'p',
                                   .index = table->primary_key_index_oid,
                                   .columns = table->primary_key})));
    }
    for (const catalog::IndexRef& index : table->indexes) {
      if (index->constraint_oid == catalog::kInvalidOid) continue;
      std::vector<int> columns;
      for (const catalog::IndexKey& key : index->keys) columns.push_back(key.column);
      RETURN_IF_ERROR(row(CellsOf({.schema = table->schema_oid,
                                   .table = oid,
                                   .oid = index->constraint_oid,
                                   .name = index->name,
                                   .type = index->primary ? 'p' : 'u',
                                   .deferrable = index->deferrable,
                                   .deferred = index->initially_deferred,
                                   .index = index->oid,
                                   .columns = columns})));
    }
    for (const catalog::CheckDesc& check : table->checks) {
      RETURN_IF_ERROR(row(CellsOf({.schema = table->schema_oid,
                                   .table = oid,
                                   .oid = check.oid,
                                   .name = check.name,
                                   .type = 'c',
                                   .validated = check.validated,
                                   .no_inherit = check.no_inherit,
                                   .columns = check.columns,
                                   .expression = check.expression})));
    }
    for (const catalog::ForeignKeyDesc& key : table->foreign_keys) {
      RETURN_IF_ERROR(row(CellsOf({.schema = table->schema_oid,
                                   .table = oid,
                                   .oid = key.oid,
                                   .name = key.name,
                                   .type = 'f',
                                   .deferrable = key.deferrable,
                                   .deferred = key.initially_deferred,
                                   .validated = key.validated,
                                   .index = key.referenced_index,
                                   .referenced = key.referenced_table,
                                   .on_update = static_cast<char>(key.on_update),
                                   .on_delete = static_cast<char>(key.on_delete),
                                   .match = key.match_full ? 'f' : 's',
                                   .columns = key.columns,
                                   .referenced_columns = key.referenced_columns,
                                   .set_columns = key.set_columns})));
    }
  }
  for (const auto& [oid, type] : snapshot.types()) {
    for (const catalog::DomainCheck& check : type->checks) {
      RETURN_IF_ERROR(row(CellsOf({.schema = type->schema_oid,
                                   .domain = oid,
                                   .oid = check.oid,
                                   .name = check.name,
                                   .validated = check.validated,
                                   .no_inherit = false,
                                   .expression = check.expression})));
    }
  }
  return Status::Ok();
}

std::string_view RuleName(catalog::ReferenceAction action) {
  switch (action) {
    case catalog::ReferenceAction::kNoAction:
      return "NO ACTION";
    case catalog::ReferenceAction::kRestrict:
      return "RESTRICT";
    case catalog::ReferenceAction::kCascade:
      return "CASCADE";
    case catalog::ReferenceAction::kSetNull:
      return "SET NULL";
    case catalog::ReferenceAction::kSetDefault:
      return "SET DEFAULT";
  }
  return {};
}

Status ScanReferentialConstraints(const CatalogSnapshot& snapshot, FunctionHost& host,
                                  const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  for (const auto& [oid, table] : snapshot.tables()) {
    for (const catalog::ForeignKeyDesc& key : table->foreign_keys) {
      catalog::TableRef referenced = snapshot.FindTable(key.referenced_table);
      if (referenced == nullptr) continue;
      const auto unique = catalog::FindUniqueKey(*referenced, key.referenced_index);
      // A unique index that is no constraint's has no name here.
      auto of_constraint = [&](std::string_view name) {
        const bool is_constraint = unique.has_value() && unique->is_constraint;
        return is_constraint ? NameCell(name) : NullCell(catalog::type_oid::kName);
      };
      RETURN_IF_ERROR(row({NameCell(database), NameCell(table->schema_name), NameCell(key.name),
                           of_constraint(database), of_constraint(referenced->schema_name),
                           of_constraint(unique.has_value() ? unique->name : ""),
                           TextCell(key.match_full ? "FULL" : "NONE"),
                           TextCell(RuleName(key.on_update)), TextCell(RuleName(key.on_delete))}));
    }
  }
  return Status::Ok();
}

Status ScanCheckConstraints(const CatalogSnapshot& snapshot, FunctionHost& host,
                            const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  for (const auto& [oid, table] : snapshot.tables()) {
    for (const catalog::CheckDesc& check : table->checks) {
      RETURN_IF_ERROR(row({NameCell(database), NameCell(table->schema_name), NameCell(check.name),
                           TextCell(fmt::format("({})", check.expression))}));
    }
    for (size_t i = 0; i < table->columns.size(); ++i) {
      const catalog::ColumnDesc& column = table->columns[i];
      if (column.dropped || !column.not_null) continue;
      RETURN_IF_ERROR(
          row({NameCell(database), NameCell(table->schema_name),
               NameCell(fmt::format("{}_{}_{}_not_null", table->schema_oid, table->oid, i + 1)),
               TextCell(fmt::format("{} IS NOT NULL", column.name))}));
    }
  }
  for (const auto& [oid, type] : snapshot.types()) {
    for (const catalog::DomainCheck& check : type->checks) {
      RETURN_IF_ERROR(row({NameCell(database), NameCell(type->schema_name), NameCell(check.name),
                           TextCell(fmt::format("({})", check.expression))}));
    }
  }
  return Status::Ok();
}

}  // namespace

void RegisterConstraints() {
  AddToCatalog("pg_constraint", {"oid",          "conname",       "connamespace",
                                 "contype",      "condeferrable", "condeferred",
                                 "convalidated", "conrelid",      "contypid",
                                 "conindid",     "conparentid",   "confrelid",
                                 "confupdtype",  "confdeltype",   "confmatchtype",
                                 "conislocal",   "coninhcount",   "connoinherit",
                                 "conkey",       "confkey",       "confdelsetcols",
                                 "conbin"},
               ScanConstraint);
  AddToInformation("referential_constraints", ScanReferentialConstraints);
  AddToInformation("check_constraints", ScanCheckConstraints);
}

}  // namespace shale::sql::system
