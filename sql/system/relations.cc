// pg_class and what hangs on it. OIDs of the relations are PostgreSQL's own.
#include <algorithm>

#include "sql/expr/index_definition.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;
using catalog::Oid;
using catalog::Value;

constexpr Oid kHeapMethod = 2;
constexpr Oid kBtreeMethod = 403;

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
};

std::vector<Value> ClassRow(const Relation& relation) {
  return {OidCell(relation.oid),
          NameCell(relation.name),
          OidCell(relation.schema),
          OidCell(0),
          OidCell(0),
          OidCell(catalog::kBootstrapRoleOid),
          OidCell(relation.access_method),
          OidCell(relation.oid),
          OidCell(0),
          IntCell(0),
          FloatCell(-1),
          IntCell(0),
          OidCell(0),
          BoolCell(relation.has_index),
          BoolCell(false),
          CharCell(relation.persistence),
          CharCell(relation.kind),
          SmallCell(static_cast<int16_t>(relation.attribute_count)),
          SmallCell(static_cast<int16_t>(relation.check_count)),
          BoolCell(false),
          BoolCell(false),
          BoolCell(false),
          BoolCell(false),
          BoolCell(false),
          BoolCell(true),
          CharCell('d'),
          BoolCell(false),
          OidCell(0),
          NullCell(kTextArrayType.oid),
          NullCell(kTextArrayType.oid),
          NullCell(catalog::type_oid::kText)};
}

Oid VirtualSchema(const VirtualTable& table) {
  return table.schema == "pg_catalog" ? catalog::kPgCatalogSchemaOid
                                      : catalog::kInformationSchemaOid;
}

Status ScanClass(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const VirtualTable* table : AllVirtualTables()) {
    RETURN_IF_ERROR(row(ClassRow({table->oid, table->name, VirtualSchema(*table), kHeapMethod,
                                  static_cast<int>(table->columns.size()), false,
                                  table->schema == "pg_catalog" ? 'r' : 'v'})));
  }
  for (const auto& [oid, table] : snapshot.tables()) {
    const bool has_key = !table->primary_key.empty();
    RETURN_IF_ERROR(row(ClassRow(
        {oid, table->name, table->schema_oid, kHeapMethod, static_cast<int>(table->columns.size()),
         has_key || !table->indexes.empty(), 'r', 'p', static_cast<int>(table->checks.size())})));
    for (const catalog::IndexRef& index : table->indexes) {
      const auto columns = static_cast<int>(index->keys.size() + index->include.size());
      RETURN_IF_ERROR(row(ClassRow(
          {index->oid, index->name, index->schema_oid, kBtreeMethod, columns, false, 'i'})));
    }
    if (has_key) {
      RETURN_IF_ERROR(
          row(ClassRow({table->primary_key_index_oid, table->primary_key_name, table->schema_oid,
                        kBtreeMethod, static_cast<int>(table->primary_key.size()), false, 'i'})));
    }
  }
  for (const auto& [oid, sequence] : snapshot.sequences()) {
    RETURN_IF_ERROR(
        row(ClassRow({oid, sequence->name, sequence->schema_oid, kHeapMethod, 3, false, 'S'})));
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
          IntCell(info.element != 0 ? 1 : 0),
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
      RETURN_IF_ERROR(row(AttributeRow(table->oid, column.name, column.type, number++, false, false,
                                       0, false, false)));
    }
  }
  for (const auto& [oid, table] : snapshot.tables()) {
    int number = 1;
    for (const catalog::ColumnDesc& column : table->columns) {
      const bool identity = column.identity != catalog::Identity::kNone;
      RETURN_IF_ERROR(row(AttributeRow(oid, column.name, column.type, number++, column.not_null,
                                       column.default_sql.has_value() && !identity,
                                       static_cast<char>(column.identity), column.dropped,
                                       !column.missing.is_null(), column.generated ? 's' : '\0')));
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

Status ScanTables(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  for (const VirtualTable* table : AllVirtualTables()) {
    if (table->schema != "pg_catalog") continue;
    RETURN_IF_ERROR(row({NameCell(table->schema), NameCell(table->name),
                         NameCell(catalog::kBootstrapRoleName), NullCell(catalog::type_oid::kName),
                         BoolCell(false), BoolCell(false), BoolCell(false), BoolCell(false)}));
  }
  for (const auto& [oid, table] : snapshot.tables()) {
    RETURN_IF_ERROR(row({NameCell(table->schema_name), NameCell(table->name),
                         NameCell(catalog::kBootstrapRoleName), NullCell(catalog::type_oid::kName),
                         BoolCell(!table->primary_key.empty() || !table->indexes.empty()),
                         BoolCell(false), BoolCell(false), BoolCell(false)}));
  }
  return Status::Ok();
}

Status ScanNothing(const CatalogSnapshot&, FunctionHost&, const RowSink&) { return Status::Ok(); }

}  // namespace

void RegisterRelations() {
  RegisterVirtualTable({1259,
                        "pg_catalog",
                        "pg_class",
                        {{"oid", kOidType},
                         {"relname", kNameType},
                         {"relnamespace", kOidType},
                         {"reltype", kOidType},
                         {"reloftype", kOidType},
                         {"relowner", kOidType},
                         {"relam", kOidType},
                         {"relfilenode", kOidType},
                         {"reltablespace", kOidType},
                         {"relpages", kIntType},
                         {"reltuples", kFloatType},
                         {"relallvisible", kIntType},
                         {"reltoastrelid", kOidType},
                         {"relhasindex", kBoolType},
                         {"relisshared", kBoolType},
                         {"relpersistence", kCharType},
                         {"relkind", kCharType},
                         {"relnatts", kSmallType},
                         {"relchecks", kSmallType},
                         {"relhasrules", kBoolType},
                         {"relhastriggers", kBoolType},
                         {"relhassubclass", kBoolType},
                         {"relrowsecurity", kBoolType},
                         {"relforcerowsecurity", kBoolType},
                         {"relispopulated", kBoolType},
                         {"relreplident", kCharType},
                         {"relispartition", kBoolType},
                         {"relrewrite", kOidType},
                         {"relacl", kTextArrayType},
                         {"reloptions", kTextArrayType},
                         {"relpartbound", kTextType}},
                        ScanClass});
  RegisterVirtualTable(
      {1249,
       "pg_catalog",
       "pg_attribute",
       {{"attrelid", kOidType},        {"attname", kNameType},     {"atttypid", kOidType},
        {"attstattarget", kIntType},   {"attlen", kSmallType},     {"attnum", kSmallType},
        {"attndims", kIntType},        {"attcacheoff", kIntType},  {"atttypmod", kIntType},
        {"attbyval", kBoolType},       {"attalign", kCharType},    {"attstorage", kCharType},
        {"attcompression", kCharType}, {"attnotnull", kBoolType},  {"atthasdef", kBoolType},
        {"atthasmissing", kBoolType},  {"attidentity", kCharType}, {"attgenerated", kCharType},
        {"attisdropped", kBoolType},   {"attislocal", kBoolType},  {"attinhcount", kIntType},
        {"attcollation", kOidType},    {"attacl", kTextArrayType}, {"attoptions", kTextArrayType}},
       ScanAttribute});
  RegisterVirtualTable(
      {2604,
       "pg_catalog",
       "pg_attrdef",
       {{"oid", kOidType}, {"adrelid", kOidType}, {"adnum", kSmallType}, {"adbin", kTextType}},
       ScanAttrdef});
  RegisterVirtualTable({2224,
                        "pg_catalog",
                        "pg_sequence",
                        {{"seqrelid", kOidType},
                         {"seqtypid", kOidType},
                         {"seqstart", kBigType},
                         {"seqincrement", kBigType},
                         {"seqmax", kBigType},
                         {"seqmin", kBigType},
                         {"seqcache", kBigType},
                         {"seqcycle", kBoolType}},
                        ScanSequence});
  RegisterVirtualTable({12082,
                        "pg_catalog",
                        "pg_tables",
                        {{"schemaname", kNameType},
                         {"tablename", kNameType},
                         {"tableowner", kNameType},
                         {"tablespace", kNameType},
                         {"hasindexes", kBoolType},
                         {"hasrules", kBoolType},
                         {"hastriggers", kBoolType},
                         {"rowsecurity", kBoolType}},
                        ScanTables});
  RegisterVirtualTable({2611,
                        "pg_catalog",
                        "pg_inherits",
                        {{"inhrelid", kOidType},
                         {"inhparent", kOidType},
                         {"inhseqno", kIntType},
                         {"inhdetachpending", kBoolType}},
                        ScanNothing});
  RegisterVirtualTable({3350,
                        "pg_catalog",
                        "pg_partitioned_table",
                        {{"partrelid", kOidType},
                         {"partstrat", kCharType},
                         {"partnatts", kSmallType},
                         {"partdefid", kOidType},
                         {"partattrs", kSmallArrayType},
                         {"partclass", kOidArrayType},
                         {"partcollation", kOidArrayType},
                         {"partexprs", kTextType}},
                        ScanNothing});
  RegisterVirtualTable({2609,
                        "pg_catalog",
                        "pg_description",
                        {{"objoid", kOidType},
                         {"classoid", kOidType},
                         {"objsubid", kIntType},
                         {"description", kTextType}},
                        ScanNothing});
}

}  // namespace shale::sql::system
