// pg_index and pg_indexes: primary keys and secondary indexes.
#include "catalog/types/array.h"
#include "sql/expr/index_definition.h"
#include "sql/parse/deparse.h"
#include "sql/system/operator_classes.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;
using catalog::Oid;
using catalog::Value;

Value SmallArrayCell(const std::vector<int>& values) {
  catalog::ArrayBuilder builder(catalog::type_oid::kInt2);
  for (int value : values) builder.Add(catalog::Datum::Int16(static_cast<int16_t>(value)));
  Arena arena;
  return Value(kSmallArrayType, catalog::Datum::Bytes(*builder.Finish(&arena)));
}

Value OidArrayCell(const std::vector<Oid>& values) {
  catalog::ArrayBuilder builder(catalog::type_oid::kOid);
  for (Oid value : values) builder.Add(catalog::Datum::FromOid(value));
  Arena arena;
  return Value(kOidArrayType, catalog::Datum::Bytes(*builder.Finish(&arena)));
}

Value OptionalTextCell(const std::optional<std::string>& text) {
  return text ? TextCell(*text) : NullCell(catalog::type_oid::kText);
}

Status GivePrimaryKey(const catalog::TableDesc& table, const RowSink& row) {
  std::vector<int> columns;
  std::vector<Oid> collations;
  std::vector<Oid> classes;
  for (int position : table.primary_key) {
    columns.push_back(position + 1);
    const catalog::Type type = table.columns[static_cast<size_t>(position)].type;
    collations.push_back(CollationOf(catalog::GetType(type.oid)));
    classes.push_back(DefaultOperatorClass(type.oid));
  }
  const auto count = static_cast<int16_t>(columns.size());
  return row({OidCell(table.primary_key_index_oid),
              OidCell(table.oid),
              SmallCell(count),
              SmallCell(count),
              BoolCell(true),
              BoolCell(false),
              BoolCell(true),
              BoolCell(false),
              BoolCell(true),
              BoolCell(false),
              BoolCell(true),
              BoolCell(false),
              BoolCell(true),
              BoolCell(true),
              BoolCell(false),
              SmallArrayCell(columns),
              OidArrayCell(collations),
              OidArrayCell(classes),
              SmallArrayCell(std::vector<int>(columns.size(), 0)),
              NullCell(catalog::type_oid::kText),
              NullCell(catalog::type_oid::kText)});
}

Status GiveIndex(const catalog::IndexDesc& index, const RowSink& row) {
  constexpr int kDescending = 1;
  constexpr int kNullsFirst = 2;
  std::vector<int> columns;
  std::vector<int> options;
  std::vector<Oid> collations;
  std::vector<Oid> classes;
  std::optional<std::string> expressions;
  for (const catalog::IndexKey& key : index.keys) {
    columns.push_back(key.column + 1);  // 0: an expression
    options.push_back((key.descending ? kDescending : 0) | (key.nulls_first ? kNullsFirst : 0));
    collations.push_back(CollationOf(catalog::GetType(key.type.oid)));
    classes.push_back(DefaultOperatorClass(key.type.oid));
    if (key.column >= 0) continue;
    expressions = expressions ? *expressions + ", " + key.expression_sql : key.expression_sql;
  }
  for (int column : index.include) columns.push_back(column + 1);
  const bool valid = index.state == catalog::IndexState::kValid;
  const bool live = index.state != catalog::IndexState::kDead;
  return row({OidCell(index.oid),
              OidCell(index.table_oid),
              SmallCell(static_cast<int16_t>(columns.size())),
              SmallCell(static_cast<int16_t>(index.keys.size())),
              BoolCell(index.unique),
              BoolCell(index.nulls_not_distinct),
              BoolCell(index.primary),
              BoolCell(false),
              BoolCell(!index.deferrable),
              BoolCell(false),
              BoolCell(valid),
              BoolCell(false),
              BoolCell(live),
              BoolCell(live),
              BoolCell(false),
              SmallArrayCell(columns),
              OidArrayCell(collations),
              OidArrayCell(classes),
              SmallArrayCell(options),
              OptionalTextCell(expressions),
              OptionalTextCell(index.predicate_sql)});
}

Status ScanIndex(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const auto& [oid, table] : snapshot.tables()) {
    if (!table->primary_key.empty()) RETURN_IF_ERROR(GivePrimaryKey(*table, row));
    for (const catalog::IndexRef& index : table->indexes) RETURN_IF_ERROR(GiveIndex(*index, row));
  }
  return Status::Ok();
}

Status ScanIndexes(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  auto give = [&](const catalog::TableDesc& table, const std::string& name,
                  const std::string& definition) {
    return row({NameCell(table.schema_name), NameCell(table.name), NameCell(name),
                NullCell(catalog::type_oid::kName), TextCell(definition)});
  };
  for (const auto& [oid, table] : snapshot.tables()) {
    const std::string name =
        QuoteIdentifier(table->schema_name) + "." + QuoteIdentifier(table->name);
    if (!table->primary_key.empty()) {
      RETURN_IF_ERROR(
          give(*table, table->primary_key_name,
               IndexDefinition(*table, PrimaryKeyIndex(*table), name, DefinitionStyle::kPlain)));
    }
    for (const catalog::IndexRef& index : table->indexes) {
      RETURN_IF_ERROR(give(*table, index->name,
                           IndexDefinition(*table, *index, name, DefinitionStyle::kPlain)));
    }
  }
  return Status::Ok();
}

}  // namespace

void RegisterIndexes() {
  AddToCatalog("pg_index", ScanIndex);
  AddToCatalog("pg_indexes", ScanIndexes);
}

}  // namespace shale::sql::system
