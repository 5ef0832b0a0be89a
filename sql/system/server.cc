// What is one per server: pg_database and what is of databases, pg_roles, pg_tablespace.
#include <map>

#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;

constexpr int32_t kUtf8Encoding = 6;
constexpr catalog::Oid kDefaultTablespace = 1663;

constexpr uint64_t kNormalTransaction = 3;  // PostgreSQL's first one

Status ScanDatabase(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const auto& [oid, database] : *snapshot.databases()) {
    RETURN_IF_ERROR(row({OidCell(oid), NameCell(database->name),
                         OidCell(catalog::kBootstrapRoleOid), IntCell(kUtf8Encoding), CharCell('c'),
                         BoolCell(database->is_template), BoolCell(database->allows_connections),
                         IntCell(database->connection_limit), XidCell(kNormalTransaction),
                         XidCell(1), OidCell(kDefaultTablespace), TextCell(database->collate),
                         TextCell(database->ctype), NullCell(catalog::type_oid::kText),
                         NullCell(catalog::type_oid::kText), NullCell(kTextArrayType.oid)}));
  }
  return Status::Ok();
}

Status ScanSettings(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const auto& [oid, database] : *snapshot.databases()) {
    if (database->settings.empty()) continue;
    std::vector<std::string> texts;
    for (const auto& [name, text] : database->settings) texts.push_back(name + "=" + text);
    RETURN_IF_ERROR(row({OidCell(oid), OidCell(catalog::kInvalidOid), TextsCell(texts)}));
  }
  return Status::Ok();
}

// What Shale does not count is NULL.
Status ScanActivityOfDatabases(const CatalogSnapshot& snapshot, FunctionHost& host,
                               const RowSink& row) {
  std::map<catalog::Oid, int32_t> sessions;
  for (const SessionActivity& session : host.Activity()) ++sessions[session.database_oid];
  for (const auto& [oid, database] : *snapshot.databases()) {
    const DatabaseActivity counts = host.ActivityOf(oid);
    RETURN_IF_ERROR(row({OidCell(oid), NameCell(database->name), IntCell(sessions[oid]),
                         BigCell(static_cast<int64_t>(counts.commits)),
                         BigCell(static_cast<int64_t>(counts.rollbacks))}));
  }
  return Status::Ok();
}

Status ScanRoles(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  return row({NameCell(catalog::kBootstrapRoleName), BoolCell(true), BoolCell(true), BoolCell(true),
              BoolCell(true), BoolCell(true), BoolCell(false), IntCell(-1), TextCell("********"),
              NullCell(catalog::type_oid::kTimestamptz), BoolCell(true),
              NullCell(kTextArrayType.oid), OidCell(catalog::kBootstrapRoleOid)});
}

// Of roles that may log in: pg_user, pg_shadow. Nobody sees a password.
Status ScanUsers(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  return row({NameCell(catalog::kBootstrapRoleName), OidCell(catalog::kBootstrapRoleOid),
              BoolCell(true), BoolCell(true), BoolCell(false), BoolCell(true)});
}

Status ScanAuthid(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  return row({OidCell(catalog::kBootstrapRoleOid), NameCell(catalog::kBootstrapRoleName),
              BoolCell(true), BoolCell(true), BoolCell(true), BoolCell(true), BoolCell(true),
              BoolCell(false), BoolCell(true), IntCell(-1)});
}

Status ScanTablespace(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  return row({OidCell(kDefaultTablespace), NameCell("pg_default"),
              OidCell(catalog::kBootstrapRoleOid), NullCell(kTextArrayType.oid),
              NullCell(kTextArrayType.oid)});
}

}  // namespace

void RegisterServer() {
  AddToCatalog("pg_database", ScanDatabase);
  AddToCatalog("pg_db_role_setting", ScanSettings);
  AddToCatalog("pg_stat_database",
               {"datid", "datname", "numbackends", "xact_commit", "xact_rollback"},
               ScanActivityOfDatabases);
  AddToCatalog("pg_roles", ScanRoles);
  AddToCatalog("pg_authid",
               {"oid", "rolname", "rolsuper", "rolinherit", "rolcreaterole", "rolcreatedb",
                "rolcanlogin", "rolreplication", "rolbypassrls", "rolconnlimit"},
               ScanAuthid);
  for (std::string_view name : {"pg_user", "pg_shadow"}) {
    AddToCatalog(name,
                 {"usename", "usesysid", "usecreatedb", "usesuper", "userepl", "usebypassrls"},
                 ScanUsers);
  }
  AddToCatalog("pg_tablespace", ScanTablespace);
}

}  // namespace shale::sql::system
