// What is one per server: pg_database, pg_roles.
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;

constexpr int32_t kUtf8Encoding = 6;
constexpr catalog::Oid kPostgresDatabase = 5;
constexpr catalog::Oid kShaleDatabase = 16383;

Status ScanDatabase(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  for (auto [oid, name] : {std::pair(kPostgresDatabase, "postgres"), {kShaleDatabase, "shale"}}) {
    RETURN_IF_ERROR(row({OidCell(oid), NameCell(name), OidCell(catalog::kBootstrapRoleOid),
                         IntCell(kUtf8Encoding), CharCell('c'), BoolCell(false), BoolCell(true),
                         IntCell(-1), OidCell(1663), TextCell("C"), TextCell("C.UTF-8")}));
  }
  return Status::Ok();
}

Status ScanRoles(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  return row({NameCell("shale"), BoolCell(true), BoolCell(true), BoolCell(true), BoolCell(true),
              BoolCell(true), BoolCell(false), IntCell(-1), TextCell("********"), BoolCell(true),
              OidCell(catalog::kBootstrapRoleOid)});
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
                         {"datctype", kTextType}},
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
                         {"rolbypassrls", kBoolType},
                         {"oid", kOidType}},
                        ScanRoles});
}

}  // namespace shale::sql::system
