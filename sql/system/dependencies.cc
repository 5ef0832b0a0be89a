// pg_depend: what goes with what. Of the dependencies that the catalog has, those of sequences on
// the columns that own them are shown, and those of columns and views on users' types: clients look
// for them.
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;

constexpr catalog::Oid kClassRelation = 1259;
constexpr catalog::Oid kClassType = 1247;
constexpr catalog::Oid kClassNamespace = 2615;

// Of columns, and of a view's columns.
Status GiveUses(const CatalogSnapshot& snapshot, const catalog::TypeDesc& type,
                const RowSink& row) {
  auto give = [&](catalog::Oid class_oid, catalog::Oid object, int column, catalog::Oid class_used,
                  catalog::Oid used, char kind) {
    return row({OidCell(class_oid), OidCell(object), IntCell(column), OidCell(class_used),
                OidCell(used), IntCell(0), CharCell(kind)});
  };
  RETURN_IF_ERROR(give(kClassType, type.oid, 0, kClassNamespace, type.schema_oid, 'n'));
  RETURN_IF_ERROR(give(kClassType, type.array_oid, 0, kClassType, type.oid, 'i'));
  auto give_column = [&](catalog::Oid relation, int column, catalog::Oid used) {
    const bool is_used = used == type.oid || used == type.array_oid;
    return is_used ? give(kClassRelation, relation, column, kClassType, used, 'n') : Status::Ok();
  };
  for (const auto& [oid, other] : snapshot.types()) {
    const bool is_over = other->kind == catalog::TypeClass::kDomain &&
                         (other->base.oid == type.oid || other->base.oid == type.array_oid);
    if (is_over) RETURN_IF_ERROR(give(kClassType, oid, 0, kClassType, other->base.oid, 'n'));
  }
  for (const auto& [oid, table] : snapshot.tables()) {
    int number = 0;
    for (const catalog::ColumnDesc& column : table->columns) {
      ++number;
      if (column.dropped) continue;
      RETURN_IF_ERROR(give_column(oid, number, column.type.oid));
    }
  }
  for (const auto& [oid, view] : snapshot.views()) {
    if (view->materialized) continue;
    int number = 0;
    for (const catalog::ViewColumn& column : view->columns) {
      RETURN_IF_ERROR(give_column(oid, ++number, column.type.oid));
    }
  }
  return Status::Ok();
}

Status ScanDepend(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const auto& [oid, sequence] : snapshot.sequences()) {
    if (sequence->owner_table == catalog::kInvalidOid) continue;
    RETURN_IF_ERROR(row({OidCell(kClassRelation), OidCell(oid), IntCell(0), OidCell(kClassRelation),
                         OidCell(sequence->owner_table), IntCell(sequence->owner_column + 1),
                         CharCell(sequence->owner_is_identity ? 'i' : 'a')}));
  }
  for (const auto& [oid, type] : snapshot.types()) RETURN_IF_ERROR(GiveUses(snapshot, *type, row));
  return Status::Ok();
}

}  // namespace

void RegisterDependencies() { AddToCatalog("pg_depend", ScanDepend); }

}  // namespace shale::sql::system
