// What is one per server: pg_database, pg_roles, pg_tablespace.
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;

constexpr int32_t kUtf8Encoding = 6;
constexpr catalog::Oid kDefaultTablespace = 1663;

Status ScanDatabase(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  for (auto [oid, name] : {std::pair(kPostgresDatabase, "postgres"), {kShaleDatabase, "shale"}}) {
    RETURN_IF_ERROR(
        row({OidCell(oid), NameCell(name), OidCell(catalog::kBootstrapRoleOid),
             IntCell(kUtf8Encoding), CharCell('c'), BoolCell(false), BoolCell(true), IntCell(-1),
             OidCell(kDefaultTablespace), TextCell("C"), TextCell("C.UTF-8"),
             NullCell(catalog::type_oid::kText), NullCell(kTextArrayType.oid)}));
  }
  return Status::Ok();
}

Status ScanRoles(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  return row({NameCell(catalog::kBootstrapRoleName), BoolCell(true), BoolCell(true), BoolCell(true),
              BoolCell(true), BoolCell(true), BoolCell(false), IntCell(-1), TextCell("********"),
              NullCell(catalog::type_oid::kTimestamptz), BoolCell(true),
              NullCell(kTextArrayType.oid), OidCell(catalog::kBootstrapRoleOid)});
}

Status ScanTablespace(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  return row({OidCell(kDefaultTablespace), NameCell("pg_default"),
              OidCell(catalog::kBootstrapRoleOid), NullCell(kTextArrayType.oid),
              NullCell(kTextArrayType.oid)});
}

}  // namespace

void RegisterServer() {
  RegisterVirtualTable({1262,
                        "pg_catalog",
                        "pg_database",
                        {{"oid", kOidType},
                         {"datname", kNameType},
                         {"datdba", kOidType},
                         {"encoding", kIntType},
                         {"datlocprovider", kCharType},
                         {"datistemplate", kBoolType},
                         {"datallowconn", kBoolType},
                         {"datconnlimit", kIntType},
                         {"dattablespace", kOidType},
                         {"datcollate", kTextType},
                         {"datctype", kTextType},
                         {"daticulocale", kTextType},
                         {"datacl", kTextArrayType}},
                        ScanDatabase});
  RegisterVirtualTable({12001,
                        "pg_catalog",
                        "pg_roles",
                        {{"rolname", kNameType},
                         {"rolsuper", kBoolType},
                         {"rolinherit", kBoolType},
                         {"rolcreaterole", kBoolType},
                         {"rolcreatedb", kBoolType},
                         {"rolcanlogin", kBoolType},
                         {"rolreplication", kBoolType},
                         {"rolconnlimit", kIntType},
                         {"rolpassword", kTextType},
                         {"rolvaliduntil", {catalog::type_oid::kTimestamptz, -1}},
                         {"rolbypassrls", kBoolType},
                         {"rolconfig", kTextArrayType},
                         {"oid", kOidType}},
                        ScanRoles});
  RegisterVirtualTable({1213,
                        "pg_catalog",
                        "pg_tablespace",
                        {{"oid", kOidType},
                         {"spcname", kNameType},
                         {"spcowner", kOidType},
                         {"spcacl", kTextArrayType},
                         {"spcoptions", kTextArrayType}},
                        ScanTablespace});
}

}  // namespace shale::sql::system
