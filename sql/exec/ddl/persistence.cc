// SET LOGGED and SET UNLOGGED. What is unlogged is said so and logged all the same: a crash loses
// nothing of it. The rules are PostgreSQL's: what is logged refers to nothing that is not.
#include "sql/exec/ddl/alter_internal.h"

namespace shale::sql::ddl {
namespace {

// key: of the one of the two tables that refers to the other.
Status CannotChange(const catalog::TableDesc& table, bool unlogged, const catalog::TableDesc& other,
                    const catalog::ForeignKeyDesc& key) {
  return Error(sqlstate::kInvalidTableDefinition,
               "could not change table \"{}\" to {} because it references {} table \"{}\"",
               table.name, unlogged ? "unlogged" : "logged", unlogged ? "logged" : "unlogged",
               other.name)
      .Table(table.schema_name, table.name)
      .Constraint(key.name);
}

Status CheckReferences(const catalog::TableDesc& table, bool unlogged, const DdlContext& context) {
  if (unlogged) {
    for (const catalog::TableRef& other : View(context).ReferencingTables(table.oid)) {
      if (other->oid == table.oid || other->unlogged) continue;
      for (const catalog::ForeignKeyDesc& key : other->foreign_keys) {
        if (key.referenced_table == table.oid) return CannotChange(table, unlogged, *other, key);
      }
    }
    return Status::Ok();
  }
  for (const catalog::ForeignKeyDesc& key : table.foreign_keys) {
    const catalog::TableRef other = View(context).FindTable(key.referenced_table);
    const bool is_other = other->oid != table.oid && other->unlogged;
    if (is_other) return CannotChange(table, unlogged, *other, key);
  }
  return Status::Ok();
}

}  // namespace

Task<Status> SetPersistence(bool unlogged, catalog::TableRef table, DdlContext& context) {
  if (catalog::IsTemporarySchema(table->schema_name)) {
    co_return Error(sqlstate::kInvalidTableDefinition,
                    "cannot change logged status of table \"{}\" because it is temporary",
                    table->name)
        .Table(table->schema_name, table->name);
  }
  if (table->unlogged == unlogged) co_return Status::Ok();
  CO_RETURN_IF_ERROR(CheckReferences(*table, unlogged, context));
  for (const catalog::ColumnDesc& column : table->columns) {
    const catalog::SequenceRef sequence = View(context).FindSequence(column.owned_sequence);
    if (sequence == nullptr) continue;
    catalog::SequenceDesc changed = *sequence;
    changed.unlogged = unlogged;
    auto store = StoreSequence(sequence, std::move(changed), context);
    Status stored = co_await store;
    if (!stored.ok()) co_return stored;
  }
  catalog::TableDesc changed = *table;
  changed.unlogged = unlogged;
  co_return Changes(context).SetTable(std::move(changed));
}

}  // namespace shale::sql::ddl
