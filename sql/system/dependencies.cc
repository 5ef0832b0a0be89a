// pg_depend: what goes with what. Of the dependencies that the catalog has, those of sequences on
// the columns that own them are shown: clients look for them.
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;

constexpr catalog::Oid kClassRelation = 1259;

Status ScanDepend(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const auto& [oid, sequence] : snapshot.sequences()) {
    if (sequence->owner_table == catalog::kInvalidOid) continue;
    RETURN_IF_ERROR(row({OidCell(kClassRelation), OidCell(oid), IntCell(0), OidCell(kClassRelation),
                         OidCell(sequence->owner_table), IntCell(sequence->owner_column + 1),
                         CharCell(sequence->owner_is_identity ? 'i' : 'a')}));
  }
  return Status::Ok();
}

}  // namespace

void RegisterDependencies() {
  RegisterVirtualTable({2608,
                        "pg_catalog",
                        "pg_depend",
                        {{"classid", kOidType},
                         {"objid", kOidType},
                         {"objsubid", kIntType},
                         {"refclassid", kOidType},
                         {"refobjid", kOidType},
                         {"refobjsubid", kIntType},
                         {"deptype", kCharType}},
                        ScanDepend});
}

}  // namespace shale::sql::system
