// pg_class and what hangs on it. OIDs of the relations are PostgreSQL's own.
#include <algorithm>
#include <unordered_set>

#include "catalog/types/array.h"
#include "sql/expr/index_definition.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;
using catalog::Oid;
using catalog::Value;

constexpr Oid kHeapAccess = 2;
constexpr Oid kBtreeAccess = 403;

struct Relation {
  Oid oid;
  std::string_view name;
  Oid schema;
  Oid access_method;
  int attribute_count;
  bool has_index;
  char kind;
  char persistence = 'p';
  int check_count = 0;
  bool populated = true;
  std::vector<std::string> options = {};
  float tuples = -1;  // -1: never analyzed
  int32_t pages = 0;
  bool has_triggers = false;
};

std::vector<std::string> OptionsOf(const catalog::ViewDesc& view) {
  std::vector<std::string> options;
  if (view.security_barrier) options.emplace_back("security_barrier=true");
  if (view.security_invoker) options.emplace_back("security_invoker=true");
  if (view.check_option == catalog::CheckOption::kLocal) options.emplace_back("check_option=local");
  if (view.check_option == catalog::CheckOption::kCascaded) {
    options.emplace_back("check_option=cascaded");
  }
  return options;
}

// Those of system relations are not there.
Oid RowTypeOfRelation(const Relation& relation) {
  if (relation.kind == 'c') return relation.oid;
  const bool has_rows = relation.kind == 'r' || relation.kind == 'v' || relation.kind == 'm';
  const bool is_own = relation.oid >= catalog::kFirstUserOid;
  return has_rows && is_own ? catalog::RowTypeOf(relation.oid) : catalog::kInvalidOid;
}

std::vector<Value> ClassRow(const Relation& relation) {
  return {OidCell(relation.oid),
          NameCell(relation.name),
          OidCell(relation.schema),
          OidCell(RowTypeOfRelation(relation)),
          OidCell(0),
          OidCell(catalog::kBootstrapRoleOid),
          OidCell(relation.access_method),
          OidCell(relation.oid),
          OidCell(0),
          IntCell(relation.pages),
          FloatCell(relation.tuples),
          IntCell(0),
          OidCell(0),
          BoolCell(relation.has_index),
          BoolCell(false),
          CharCell(relation.persistence),
          CharCell(relation.kind),
          SmallCell(static_cast<int16_t>(relation.attribute_count)),
          SmallCell(static_cast<int16_t>(relation.check_count)),
          BoolCell(relation.kind == 'v' || relation.kind == 'm'),
          BoolCell(relation.has_triggers),
          BoolCell(false),
          BoolCell(false),
          BoolCell(false),
          BoolCell(relation.populated),
          CharCell(relation.kind == 'v' ? 'n' : 'd'),
          BoolCell(false),
          OidCell(0),
          NullCell(kTextArrayType.oid),
          TextsCell(relation.options),
          NullCell(catalog::type_oid::kText)};
}

Oid VirtualSchema(const VirtualTable& table) {
  return table.schema == "pg_catalog" ? catalog::kPgCatalogSchemaOid
                                      : catalog::kInformationSchemaOid;
}

// The tables at either end of a foreign key, which PostgreSQL enforces by triggers: a client asks
// for foreign keys only where it hears of triggers.
std::unordered_set<Oid> TablesWithTriggers(const CatalogSnapshot& snapshot) {
  std::unordered_set<Oid> found;
  for (const auto& [oid, table] : snapshot.tables()) {
    for (const catalog::ForeignKeyDesc& key : table->foreign_keys) {
      found.insert(oid);
      found.insert(key.referenced_table);
    }
  }
  return found;
}

// view: whose rows they are; null: a plain table.
Relation TableRelation(const catalog::TableDesc& table, const catalog::ViewDesc* view) {
  Relation relation{table.oid,
                    table.name,
                    table.schema_oid,
                    kHeapAccess,
                    static_cast<int>(table.columns.size()),
                    !table.primary_key.empty() || !table.indexes.empty(),
                    view != nullptr ? 'm' : 'r'};
  if (table.unlogged) relation.persistence = 'u';
  relation.check_count = static_cast<int>(table.checks.size());
  relation.populated = view == nullptr || view->populated;
  if (table.statistics != nullptr && table.statistics->analyzed) {
    constexpr uint64_t kPageBytes = 8192;  // PostgreSQL's
    relation.tuples = static_cast<float>(table.statistics->rows);
    relation.pages = static_cast<int32_t>((table.statistics->bytes + kPageBytes - 1) / kPageBytes);
    // What is in memory yet has no bytes.
    if (table.statistics->rows > 0) relation.pages = std::max(relation.pages, 1);
  }
  return relation;
}

int StatisticsTarget(const catalog::TableDesc& table, int position) {
  if (table.statistics == nullptr) return -1;
  auto found = table.statistics->targets.find(position);
  return found != table.statistics->targets.end() ? found->second : -1;
}

Status ScanClass(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  auto give = [&](Relation relation) {
    const catalog::SchemaRef schema = snapshot.FindSchema(relation.schema);
    if (schema != nullptr && catalog::IsTemporarySchema(schema->name)) relation.persistence = 't';
    return row(ClassRow(relation));
  };
  for (const VirtualTable* table : AllVirtualTables()) {
    RETURN_IF_ERROR(give({table->oid, table->name, VirtualSchema(*table), kHeapAccess,
                          static_cast<int>(table->columns.size()), false, table->kind}));
  }
  const std::unordered_set<Oid> with_triggers = TablesWithTriggers(snapshot);
  for (const auto& [oid, table] : snapshot.tables()) {
    const bool has_key = !table->primary_key.empty();
    const catalog::ViewRef view = snapshot.FindView(oid);
    Relation relation = TableRelation(*table, view.get());
    relation.has_triggers = with_triggers.contains(oid);
    const char persistence = relation.persistence;
    RETURN_IF_ERROR(give(std::move(relation)));
    for (const catalog::IndexRef& index : table->indexes) {
      const auto columns = static_cast<int>(index->keys.size() + index->include.size());
      RETURN_IF_ERROR(give({index->oid, index->name, index->schema_oid, kBtreeAccess, columns,
                            false, 'i', persistence}));
    }
    if (has_key) {
      RETURN_IF_ERROR(give({table->primary_key_index_oid, table->primary_key_name,
                            table->schema_oid, kBtreeAccess,
                            static_cast<int>(table->primary_key.size()), false, 'i', persistence}));
    }
  }
  for (const auto& [oid, view] : snapshot.views()) {
    if (view->materialized) continue;
    RETURN_IF_ERROR(
        give({oid, view->name, view->schema_oid, 0, static_cast<int>(view->columns.size()), false,
              'v', 'p', 0, true, OptionsOf(*view)}));
  }
  for (const auto& [oid, type] : snapshot.types()) {
    if (type->kind != catalog::TypeClass::kComposite) continue;
    RETURN_IF_ERROR(give({oid, type->name, type->schema_oid, 0,
                          static_cast<int>(type->attributes.size()), false, 'c'}));
  }
  for (const auto& [oid, sequence] : snapshot.sequences()) {
    RETURN_IF_ERROR(give({oid, sequence->name, sequence->schema_oid, kHeapAccess, 3, false, 'S',
                          sequence->unlogged ? 'u' : 'p'}));
  }
  return Status::Ok();
}

std::vector<Value> AttributeRow(Oid relation, std::string_view name, catalog::Type type, int number,
                                bool not_null, bool has_default, char identity, bool dropped,
                                bool has_missing, char generated = 0) {
  const catalog::TypeInfo& info = catalog::GetType(type.oid);
  const bool by_value = info.length > 0 && info.length <= 8;
  return {OidCell(relation),
          NameCell(name),
          OidCell(dropped ? 0 : type.oid),
          IntCell(-1),
          SmallCell(info.length),
          SmallCell(static_cast<int16_t>(number)),
          IntCell(catalog::ArrayElementOf(type.oid) != 0 ? 1 : 0),
          IntCell(-1),
          IntCell(type.typmod),
          BoolCell(by_value),
          CharCell(info.length == 8   ? 'd'
                   : info.length == 2 ? 's'
                   : info.length == 1 ? 'c'
                                      : 'i'),
          CharCell(info.length > 0                           ? 'p'
                   : type.oid == catalog::type_oid::kNumeric ? 'm'
                                                             : 'x'),
          CharCell(0),
          BoolCell(not_null),
          BoolCell(has_default),
          BoolCell(has_missing),
          CharCell(identity),
          CharCell(generated),
          BoolCell(dropped),
          BoolCell(true),
          IntCell(0),
          OidCell(CollationOf(info)),
          NullCell(kTextArrayType.oid),
          NullCell(kTextArrayType.oid)};
}

Status ScanAttribute(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const VirtualTable* table : AllVirtualTables()) {
    int number = 1;
    for (const VirtualColumn& column : table->columns) {
      RETURN_IF_ERROR(row(AttributeRow(table->oid, column.name, column.type, number++,
                                       column.not_null, false, 0, false, false)));
    }
  }
  for (const auto& [oid, view] : snapshot.views()) {
    if (view->materialized) continue;
    int number = 1;
    for (const catalog::ViewColumn& column : view->columns) {
      RETURN_IF_ERROR(row(
          AttributeRow(oid, column.name, column.type, number++, false, false, 0, false, false)));
    }
  }
  for (const auto& [oid, type] : snapshot.types()) {
    int number = 1;
    for (const catalog::TypeAttribute& attribute : type->attributes) {
      const std::string name =
          attribute.dropped ? fmt::format("........pg.dropped.{}........", number) : attribute.name;
      RETURN_IF_ERROR(row(AttributeRow(oid, name, attribute.type, number++, false, false, 0,
                                       attribute.dropped, false)));
    }
  }
  for (const auto& [oid, table] : snapshot.tables()) {
    int number = 1;
    for (const catalog::ColumnDesc& column : table->columns) {
      const bool identity = column.identity != catalog::Identity::kNone;
      std::vector<Value> cells = AttributeRow(
          oid, column.name, column.type, number, column.not_null,
          column.default_sql.has_value() && !identity, static_cast<char>(column.identity),
          column.dropped, !column.missing.is_null(), column.generated ? 's' : '\0');
      cells[3] = IntCell(StatisticsTarget(*table, number - 1));
      RETURN_IF_ERROR(row(cells));
      ++number;
    }
    number = 1;
    for (int position : table->primary_key) {
      const catalog::ColumnDesc& column = table->columns[position];
      RETURN_IF_ERROR(row(AttributeRow(table->primary_key_index_oid, column.name, column.type,
                                       number++, false, false, 0, false, false)));
    }
    for (const catalog::IndexRef& index : table->indexes) {
      number = 1;
      auto give = [&](catalog::Type type) {
        const std::string name = IndexColumnName(*table, *index, number);
        return row(AttributeRow(index->oid, name, type, number++, false, false, 0, false, false));
      };
      for (const catalog::IndexKey& key : index->keys) RETURN_IF_ERROR(give(key.type));
      for (int column : index->include) RETURN_IF_ERROR(give(table->columns[column].type));
    }
  }
  return Status::Ok();
}

Status ScanAttrdef(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const auto& [oid, table] : snapshot.tables()) {
    for (size_t i = 0; i < table->columns.size(); ++i) {
      const catalog::ColumnDesc& column = table->columns[i];
      if (!column.default_sql || column.identity != catalog::Identity::kNone) continue;
      RETURN_IF_ERROR(row({OidCell(oid), OidCell(oid), SmallCell(static_cast<int16_t>(i + 1)),
                           TextCell(*column.default_sql)}));
    }
  }
  return Status::Ok();
}

Status ScanSequence(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const auto& [oid, sequence] : snapshot.sequences()) {
    RETURN_IF_ERROR(
        row({OidCell(oid), OidCell(sequence->type_oid), BigCell(sequence->start),
             BigCell(sequence->increment), BigCell(sequence->maximum), BigCell(sequence->minimum),
             BigCell(sequence->cache), BoolCell(sequence->cycle)}));
  }
  return Status::Ok();
}

Status ScanSequencesView(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const auto& [oid, sequence] : snapshot.sequences()) {
    RETURN_IF_ERROR(
        row({NameCell(sequence->schema_name), NameCell(sequence->name),
             NameCell(catalog::kBootstrapRoleName), OidCell(sequence->type_oid),
             BigCell(sequence->start), BigCell(sequence->minimum), BigCell(sequence->maximum),
             BigCell(sequence->increment), BoolCell(sequence->cycle), BigCell(sequence->cache)}));
  }
  return Status::Ok();
}

Status ScanTables(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  for (const VirtualTable* table : AllVirtualTables()) {
    if (table->kind != 'r') continue;
    RETURN_IF_ERROR(row({NameCell(table->schema), NameCell(table->name),
                         NameCell(catalog::kBootstrapRoleName), NullCell(catalog::type_oid::kName),
                         BoolCell(false), BoolCell(false), BoolCell(false), BoolCell(false)}));
  }
  const std::unordered_set<Oid> with_triggers = TablesWithTriggers(snapshot);
  for (const auto& [oid, table] : snapshot.tables()) {
    if (snapshot.FindView(oid) != nullptr) continue;
    RETURN_IF_ERROR(row({NameCell(table->schema_name), NameCell(table->name),
                         NameCell(catalog::kBootstrapRoleName), NullCell(catalog::type_oid::kName),
                         BoolCell(!table->primary_key.empty() || !table->indexes.empty()),
                         BoolCell(false), BoolCell(with_triggers.contains(oid)), BoolCell(false)}));
  }
  return Status::Ok();
}

Status ScanNothing(const CatalogSnapshot&, FunctionHost&, const RowSink&) { return Status::Ok(); }

}  // namespace

void RegisterRelations() {
  AddToCatalog("pg_class",
               {"oid",
                "relname",
                "relnamespace",
                "reltype",
                "reloftype",
                "relowner",
                "relam",
                "relfilenode",
                "reltablespace",
                "relpages",
                "reltuples",
                "relallvisible",
                "reltoastrelid",
                "relhasindex",
                "relisshared",
                "relpersistence",
                "relkind",
                "relnatts",
                "relchecks",
                "relhasrules",
                "relhastriggers",
                "relhassubclass",
                "relrowsecurity",
                "relforcerowsecurity",
                "relispopulated",
                "relreplident",
                "relispartition",
                "relrewrite",
                "relacl",
                "reloptions",
                "relpartbound"},
               ScanClass);
  AddToCatalog("pg_attribute",
               {"attrelid",      "attname",      "atttypid",       "attstattarget", "attlen",
                "attnum",        "attndims",     "attcacheoff",    "atttypmod",     "attbyval",
                "attalign",      "attstorage",   "attcompression", "attnotnull",    "atthasdef",
                "atthasmissing", "attidentity",  "attgenerated",   "attisdropped",  "attislocal",
                "attinhcount",   "attcollation", "attacl",         "attoptions"},
               ScanAttribute);
  AddToCatalog("pg_attrdef", ScanAttrdef);
  AddToCatalog("pg_sequence", ScanSequence);
  AddToCatalog("pg_sequences",
               {"schemaname", "sequencename", "sequenceowner", "data_type", "start_value",
                "min_value", "max_value", "increment_by", "cycle", "cache_size"},
               ScanSequencesView);
  AddToCatalog("pg_tables", ScanTables);
  AddToCatalog("pg_inherits", ScanNothing);
  AddToCatalog("pg_partitioned_table", ScanNothing);
}

}  // namespace shale::sql::system
