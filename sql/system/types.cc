// pg_type, pg_enum, pg_namespace, pg_am, pg_collation.
#include <tuple>

#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;

char KindLetter(const catalog::TypeInfo& type) {
  if (type.pseudo) return 'p';
  if (type.base != catalog::kInvalidOid) return 'd';
  if (type.category == 'E') return 'e';
  if (catalog::IsComposite(type.oid)) return 'c';
  if (type.bounds == catalog::kInvalidOid) return 'b';
  return catalog::BoundsOfRange(type.oid) != catalog::kInvalidOid ? 'r' : 'm';
}

// user: the description of one of users', but for arrays; null of others.
Status GiveType(const catalog::TypeInfo& type, std::string_view name, catalog::Oid schema,
                const catalog::TypeDesc* user, const RowSink& row) {
  const bool by_value = type.length > 0 && type.length <= 8;
  const bool is_domain = user != nullptr && user->kind == catalog::TypeClass::kDomain;
  const bool is_composite = user != nullptr && user->kind == catalog::TypeClass::kComposite;
  const catalog::Oid element =
      type.oid == catalog::type_oid::kName ? catalog::type_oid::kChar : type.element;
  const catalog::Oid relation = catalog::RelationOfRow(type.oid);
  return row({OidCell(type.oid),
              NameCell(name),
              OidCell(schema),
              OidCell(catalog::kBootstrapRoleOid),
              SmallCell(type.length),
              BoolCell(by_value),
              CharCell(KindLetter(type)),
              CharCell(type.category),
              BoolCell(type.preferred),
              BoolCell(true),
              CharCell(','),
              OidCell(relation != catalog::kInvalidOid ? relation
                      : is_composite                   ? type.oid
                                                       : catalog::kInvalidOid),
              OidCell(is_domain ? catalog::kInvalidOid : element),
              OidCell(type.array_oid),
              CharCell(type.length == 8   ? 'd'
                       : type.length == 2 ? 's'
                       : type.length == 1 ? 'c'
                                          : 'i'),
              CharCell(type.length > 0 ? 'p' : 'x'),
              BoolCell(is_domain && user->not_null),
              OidCell(is_domain ? user->base.oid : catalog::kInvalidOid),
              IntCell(is_domain ? user->base.typmod : -1),
              IntCell(is_domain ? user->dimensions : 0),
              OidCell(is_domain ? user->collation : CollationOf(type)),
              is_domain && user->default_sql ? TextCell(*user->default_sql)
                                             : NullCell(catalog::type_oid::kText),
              NullCell(kTextArrayType.oid)});
}

Status ScanType(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const catalog::TypeInfo& type : catalog::AllTypes()) {
    RETURN_IF_ERROR(GiveType(type, type.name, catalog::kPgCatalogSchemaOid, nullptr, row));
  }
  for (const auto& [oid, type] : snapshot.types()) {
    RETURN_IF_ERROR(GiveType(catalog::GetType(oid), type->name, type->schema_oid, type.get(), row));
    RETURN_IF_ERROR(GiveType(catalog::GetType(type->array_oid), type->array_name, type->schema_oid,
                             nullptr, row));
  }
  for (const auto& [oid, type] : snapshot.row_types()) {
    RETURN_IF_ERROR(
        GiveType(catalog::GetType(type->oid), type->name, type->schema_oid, type.get(), row));
    RETURN_IF_ERROR(GiveType(catalog::GetType(type->array_oid), snapshot.RowArrayName(*type),
                             type->schema_oid, nullptr, row));
  }
  return Status::Ok();
}

Status ScanEnum(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const auto& [oid, type] : snapshot.types()) {
    for (const catalog::EnumLabel& label : type->labels.all()) {
      RETURN_IF_ERROR(row(
          {OidCell(label.oid), OidCell(oid), FloatCell(label.sort_order), NameCell(label.name)}));
    }
  }
  return Status::Ok();
}

Status ScanNamespace(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const auto& [oid, schema] : snapshot.schemas()) {
    RETURN_IF_ERROR(row({OidCell(oid), NameCell(schema->name), OidCell(catalog::kBootstrapRoleOid),
                         NullCell(kTextArrayType.oid)}));
  }
  return Status::Ok();
}

// Text is compared by its bytes whatever the collation is called.
Status ScanCollation(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  for (auto [oid, name, provider] : {std::tuple(catalog::kDefaultCollationOid, "default", 'd'),
                                     {catalog::kCCollationOid, "C", 'c'}}) {
    const bool is_c = oid == catalog::kCCollationOid;
    RETURN_IF_ERROR(row({OidCell(oid), NameCell(name), OidCell(catalog::kPgCatalogSchemaOid),
                         OidCell(catalog::kBootstrapRoleOid), CharCell(provider), BoolCell(true),
                         IntCell(-1), is_c ? TextCell("C") : NullCell(catalog::type_oid::kText),
                         is_c ? TextCell("C") : NullCell(catalog::type_oid::kText),
                         NullCell(catalog::type_oid::kText), NullCell(catalog::type_oid::kText)}));
  }
  return Status::Ok();
}

Status ScanAccessMethod(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  RETURN_IF_ERROR(row({OidCell(2), NameCell("heap"), CharCell('t')}));
  return row({OidCell(403), NameCell("btree"), CharCell('i')});
}

}  // namespace

void RegisterTypes() {
  AddToCatalog(
      "pg_type",
      {"oid",       "typname",     "typnamespace",   "typowner",     "typlen",     "typbyval",
       "typtype",   "typcategory", "typispreferred", "typisdefined", "typdelim",   "typrelid",
       "typelem",   "typarray",    "typalign",       "typstorage",   "typnotnull", "typbasetype",
       "typtypmod", "typndims",    "typcollation",   "typdefault",   "typacl"},
      ScanType);
  AddToCatalog("pg_enum", ScanEnum);
  AddToCatalog("pg_namespace", ScanNamespace);
  AddToCatalog("pg_collation", ScanCollation);
  AddToCatalog("pg_am", {"oid", "amname", "amtype"}, ScanAccessMethod);
}

}  // namespace shale::sql::system
