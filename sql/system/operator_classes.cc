// pg_opclass, pg_opfamily, pg_amop, pg_amproc: what PostgreSQL 15 has for B-trees, of types and
// operators that Shale has. The tables are facts, taken from a PostgreSQL 15.
#include "sql/system/operator_classes.h"

#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

namespace type_oid = catalog::type_oid;
using catalog::CatalogSnapshot;
using catalog::Oid;

constexpr Oid kTreeMethod = 403;

struct Family {
  Oid oid;
  std::string_view name;
};
constexpr Family kFamilies[] = {
#include "sql/system/opfamily_table.inc"
};

struct Class {
  Oid oid;
  std::string_view name;
  Oid family;
  Oid input_type;
  bool is_default;
  Oid key_type;
};
constexpr Class kClasses[] = {
#include "sql/system/opclass_table.inc"
};

struct Member {
  Oid oid;
  Oid family;
  Oid left_type;
  Oid right_type;
  int16_t number;  // strategy, or number of the support function
  Oid member;      // operator, or function
};
constexpr Member kOperators[] = {
#include "sql/system/amop_table.inc"
};
constexpr Member kFunctions[] = {
#include "sql/system/amproc_table.inc"
};

Status ScanFamilies(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  for (const Family& family : kFamilies) {
    RETURN_IF_ERROR(
        row({OidCell(family.oid), OidCell(kTreeMethod), NameCell(family.name),
             OidCell(catalog::kPgCatalogSchemaOid), OidCell(catalog::kBootstrapRoleOid)}));
  }
  return Status::Ok();
}

Status ScanClasses(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  for (const Class& each : kClasses) {
    RETURN_IF_ERROR(row({OidCell(each.oid), OidCell(kTreeMethod), NameCell(each.name),
                         OidCell(catalog::kPgCatalogSchemaOid), OidCell(catalog::kBootstrapRoleOid),
                         OidCell(each.family), OidCell(each.input_type), BoolCell(each.is_default),
                         OidCell(each.key_type)}));
  }
  return Status::Ok();
}

Status ScanOperators(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  for (const Member& each : kOperators) {
    RETURN_IF_ERROR(
        row({OidCell(each.oid), OidCell(each.family), OidCell(each.left_type),
             OidCell(each.right_type), SmallCell(each.number), CharCell('s'), OidCell(each.member),
             OidCell(kTreeMethod), OidCell(catalog::kInvalidOid)}));
  }
  return Status::Ok();
}

Status ScanFunctions(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  for (const Member& each : kFunctions) {
    RETURN_IF_ERROR(row({OidCell(each.oid), OidCell(each.family), OidCell(each.left_type),
                         OidCell(each.right_type), SmallCell(each.number), OidCell(each.member)}));
  }
  return Status::Ok();
}

// The type by which PostgreSQL finds the class of one that has none of its own.
Oid KindOfType(Oid type) {
  if (type == type_oid::kVarchar) return type_oid::kText;
  if (type == type_oid::kCidr) return type_oid::kInet;
  if (catalog::IsEnum(type)) return type_oid::kAnyenum;
  if (catalog::IsComposite(type)) return type_oid::kRecord;
  if (catalog::BoundsOfRange(type) != catalog::kInvalidOid) return type_oid::kAnyrange;
  if (catalog::RangeOfMultirange(type) != catalog::kInvalidOid) return type_oid::kAnymultirange;
  return catalog::ElementOf(type) != catalog::kInvalidOid ? type_oid::kAnyarray : type;
}

Oid DefaultClassOfExactly(Oid type) {
  for (const Class& each : kClasses) {
    if (each.is_default && each.input_type == type) return each.oid;
  }
  return catalog::kInvalidOid;
}

}  // namespace

Oid DefaultOperatorClass(Oid type) {
  type = catalog::BaseOf(type);
  const Oid own = DefaultClassOfExactly(type);
  return own != catalog::kInvalidOid ? own : DefaultClassOfExactly(KindOfType(type));
}

void RegisterOperatorClasses() {
  AddToCatalog("pg_opfamily", ScanFamilies);
  AddToCatalog("pg_opclass", ScanClasses);
  AddToCatalog("pg_amop", ScanOperators);
  AddToCatalog("pg_amproc", ScanFunctions);
}

}  // namespace shale::sql::system
