// Relations of pg_catalog that describe what Shale does not have: they are there, with PostgreSQL's
// columns, and hold nothing, which is the truth. Clients' describe commands join them.
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

Status ScanAbsent(const catalog::CatalogSnapshot&, FunctionHost&, const RowSink&) {
  return Status::Ok();
}

void Register(catalog::Oid oid, std::string_view name, std::vector<VirtualColumn> columns) {
  RegisterVirtualTable({oid, "pg_catalog", name, std::move(columns), ScanAbsent});
}

void RegisterSecurity() {
  Register(3256, "pg_policy",
           {{"oid", kOidType},
            {"polname", kNameType},
            {"polrelid", kOidType},
            {"polcmd", kCharType},
            {"polpermissive", kBoolType},
            {"polroles", kOidArrayType},
            {"polqual", kTextType},
            {"polwithcheck", kTextType}});
  Register(1261, "pg_auth_members",
           {{"roleid", kOidType},
            {"member", kOidType},
            {"grantor", kOidType},
            {"admin_option", kBoolType}});
  Register(826, "pg_default_acl",
           {{"oid", kOidType},
            {"defaclrole", kOidType},
            {"defaclnamespace", kOidType},
            {"defaclobjtype", kCharType},
            {"defaclacl", kTextArrayType}});
}

void RegisterReplication() {
  Register(6104, "pg_publication",
           {{"oid", kOidType},
            {"pubname", kNameType},
            {"pubowner", kOidType},
            {"puballtables", kBoolType},
            {"pubinsert", kBoolType},
            {"pubupdate", kBoolType},
            {"pubdelete", kBoolType},
            {"pubtruncate", kBoolType},
            {"pubviaroot", kBoolType}});
  Register(6237, "pg_publication_namespace",
           {{"oid", kOidType}, {"pnpubid", kOidType}, {"pnnspid", kOidType}});
  Register(6106, "pg_publication_rel",
           {{"oid", kOidType},
            {"prpubid", kOidType},
            {"prrelid", kOidType},
            {"prqual", kTextType},
            {"prattrs", kSmallArrayType}});
}

void RegisterObjects() {
  Register(3381, "pg_statistic_ext",
           {{"oid", kOidType},
            {"stxrelid", kOidType},
            {"stxname", kNameType},
            {"stxnamespace", kOidType},
            {"stxowner", kOidType},
            {"stxstattarget", kIntType},
            {"stxkeys", kSmallArrayType},
            {"stxkind", kCharArrayType},
            {"stxexprs", kTextType}});
  Register(2620, "pg_trigger",
           {{"oid", kOidType},
            {"tgrelid", kOidType},
            {"tgparentid", kOidType},
            {"tgname", kNameType},
            {"tgfoid", kOidType},
            {"tgtype", kSmallType},
            {"tgenabled", kCharType},
            {"tgisinternal", kBoolType},
            {"tgconstrrelid", kOidType},
            {"tgconstrindid", kOidType},
            {"tgconstraint", kOidType},
            {"tgdeferrable", kBoolType},
            {"tginitdeferred", kBoolType},
            {"tgnargs", kSmallType}});
  Register(2618, "pg_rewrite",
           {{"oid", kOidType},
            {"rulename", kNameType},
            {"ev_class", kOidType},
            {"ev_type", kCharType},
            {"ev_enabled", kCharType},
            {"is_instead", kBoolType},
            {"ev_qual", kTextType},
            {"ev_action", kTextType}});
  Register(3079, "pg_extension",
           {{"oid", kOidType},
            {"extname", kNameType},
            {"extowner", kOidType},
            {"extnamespace", kOidType},
            {"extrelocatable", kBoolType},
            {"extversion", kTextType},
            {"extconfig", kOidArrayType},
            {"extcondition", kTextArrayType}});
  Register(3118, "pg_foreign_table",
           {{"ftrelid", kOidType}, {"ftserver", kOidType}, {"ftoptions", kTextArrayType}});
  Register(1417, "pg_foreign_server",
           {{"oid", kOidType},
            {"srvname", kNameType},
            {"srvowner", kOidType},
            {"srvfdw", kOidType},
            {"srvtype", kTextType},
            {"srvversion", kTextType},
            {"srvacl", kTextArrayType},
            {"srvoptions", kTextArrayType}});
}

}  // namespace

void RegisterAbsent() {
  RegisterSecurity();
  RegisterReplication();
  RegisterObjects();
}

}  // namespace shale::sql::system
