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
  const catalog::Value none = NullCell(catalog::type_oid::kInt8);
  const catalog::Value no_time = NullCell(catalog::type_oid::kFloat8);
  const catalog::Value never = NullCell(catalog::type_oid::kTimestamptz);
  for (const auto& [oid, database] : *snapshot.databases()) {
    const DatabaseActivity counts = host.ActivityOf(oid);
    RETURN_IF_ERROR(row({OidCell(oid),
                         NameCell(database->name),
                         IntCell(sessions[oid]),
                         BigCell(static_cast<int64_t>(counts.commits)),
                         BigCell(static_cast<int64_t>(counts.rollbacks)),
                         none,
                         none,
                         none,
                         none,
                         none,
                         none,
                         none,
                         none,
                         none,
                         none,
                         none,
                         none,
                         never,
                         no_time,
                         no_time,
                         no_time,
                         no_time,
                         no_time,
                         none,
                         none,
                         none,
                         none,
                         never}));
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
                         {"datfrozenxid", kXidType},
                         {"datminmxid", kXidType},
                         {"dattablespace", kOidType},
                         {"datcollate", kTextType},
                         {"datctype", kTextType},
                         {"daticulocale", kTextType},
                         {"datcollversion", kTextType},
                         {"datacl", kTextArrayType}},
                        ScanDatabase});
  RegisterVirtualTable(
      {2964,
       "pg_catalog",
       "pg_db_role_setting",
       {{"setdatabase", kOidType}, {"setrole", kOidType}, {"setconfig", kTextArrayType}},
       ScanSettings});
  const catalog::Type real = {catalog::type_oid::kFloat8, -1};
  RegisterVirtualTable({12255,
                        "pg_catalog",
                        "pg_stat_database",
                        {{"datid", kOidType},
                         {"datname", kNameType},
                         {"numbackends", kIntType},
                         {"xact_commit", kBigType},
                         {"xact_rollback", kBigType},
                         {"blks_read", kBigType},
                         {"blks_hit", kBigType},
                         {"tup_returned", kBigType},
                         {"tup_fetched", kBigType},
                         {"tup_inserted", kBigType},
                         {"tup_updated", kBigType},
                         {"tup_deleted", kBigType},
                         {"conflicts", kBigType},
                         {"temp_files", kBigType},
                         {"temp_bytes", kBigType},
                         {"deadlocks", kBigType},
                         {"checksum_failures", kBigType},
                         {"checksum_last_failure", kTimeType},
                         {"blk_read_time", real},
                         {"blk_write_time", real},
                         {"session_time", real},
                         {"active_time", real},
                         {"idle_in_transaction_time", real},
                         {"sessions", kBigType},
                         {"sessions_abandoned", kBigType},
                         {"sessions_fatal", kBigType},
                         {"sessions_killed", kBigType},
                         {"stats_reset", kTimeType}},
                        ScanActivityOfDatabases});
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
