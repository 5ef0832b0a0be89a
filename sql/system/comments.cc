// pg_description and pg_shdescription: comments on what is in a database, and on databases.
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

Status ScanDescription(const catalog::CatalogSnapshot& snapshot, FunctionHost&,
                       const RowSink& row) {
  for (const auto& [oid, comments] : snapshot.comments()) {
    for (const auto& [column, text] : comments->texts) {
      RETURN_IF_ERROR(
          row({OidCell(oid), OidCell(comments->class_oid), IntCell(column), TextCell(text)}));
    }
  }
  return Status::Ok();
}

Status ScanSharedDescription(const catalog::CatalogSnapshot& snapshot, FunctionHost&,
                             const RowSink& row) {
  for (const auto& [oid, database] : *snapshot.databases()) {
    if (database->comment.empty()) continue;
    RETURN_IF_ERROR(
        row({OidCell(oid), OidCell(catalog::kPgDatabaseOid), TextCell(database->comment)}));
  }
  return Status::Ok();
}

}  // namespace

void RegisterComments() {
  AddToCatalog("pg_description", ScanDescription);
  AddToCatalog("pg_shdescription", ScanSharedDescription);
}

}  // namespace shale::sql::system
