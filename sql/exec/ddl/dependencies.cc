// What depends on tables and their keys: foreign keys of other tables.
#include <algorithm>

#include "sql/exec/ddl/ddl_internal.h"
#include "sql/exec/key_event_queue.h"
#include "sql/parse/deparse.h"

namespace shale::sql::ddl {

std::string ShownName(catalog::Oid schema, std::string_view name, const DdlContext& context) {
  for (catalog::Oid searched : context.bind.search_path) {
    if (searched == schema) return QuoteIdentifier(name);
    if (View(context).FindRelation(searched, name) != catalog::kInvalidOid) break;
  }
  catalog::SchemaRef found = View(context).FindSchema(schema);
  return QuoteIdentifier(found != nullptr ? found->name : "") + "." + QuoteIdentifier(name);
}

std::vector<ForeignKeyName> ForeignKeysTo(const catalog::TableDesc& table, catalog::Oid index,
                                          const DdlContext& context) {
  std::vector<ForeignKeyName> names;
  for (const catalog::TableRef& referencing : View(context).ReferencingTables(table.oid)) {
    if (referencing->oid == table.oid && index == catalog::kInvalidOid) continue;
    for (const catalog::ForeignKeyDesc& key : referencing->foreign_keys) {
      if (key.referenced_table != table.oid) continue;
      if (index != catalog::kInvalidOid && key.referenced_index != index) continue;
      names.push_back({referencing->oid, key.oid});
    }
  }
  std::ranges::sort(names, {}, &ForeignKeyName::key);
  return names;
}

std::string DescribeForeignKey(const ForeignKeyName& name, const DdlContext& context) {
  catalog::TableRef table = View(context).FindTable(name.table);
  for (const catalog::ForeignKeyDesc& key : table->foreign_keys) {
    if (key.oid != name.key) continue;
    return fmt::format("constraint {} on table {}", key.name,
                       ShownName(table->schema_oid, table->name, context));
  }
  return {};
}

Task<Status> DropForeignKeys(std::vector<ForeignKeyName> names, bool tells, DdlContext& context) {
  if (tells && names.size() == 1) {
    Notice(context, "drop cascades to " + DescribeForeignKey(names[0], context));
  } else if (tells && names.size() > 1) {
    ErrorFields fields;
    fields.sqlstate = sqlstate::kSuccess;
    fields.message = fmt::format("drop cascades to {} other objects", names.size());
    for (const ForeignKeyName& name : names) {
      if (!fields.detail.empty()) fields.detail += '\n';
      fields.detail += "drop cascades to " + DescribeForeignKey(name, context);
    }
    if (context.notice) context.notice("NOTICE", std::move(fields));
  }
  for (const ForeignKeyName& name : names) {
    Status locked =
        co_await LockTable(context, name.table, engine::LockMode::kTableAccessExclusive);
    if (!locked.ok()) co_return locked;
    catalog::TableRef table = View(context).FindTable(name.table);
    if (table == nullptr) continue;
    CO_RETURN_IF_ERROR(CheckNotPending(*table, "ALTER TABLE", context));
    catalog::TableDesc altered = *table;
    std::erase_if(altered.foreign_keys,
                  [&](const catalog::ForeignKeyDesc& key) { return key.oid == name.key; });
    CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(altered)));
  }
  co_return Status::Ok();
}

Task<Status> DropForeignKeysTo(const catalog::TableDesc& table, const DroppedKeys& dropped,
                               bool cascade, DdlContext& context) {
  std::vector<ForeignKeyName> dependents;
  for (catalog::Oid index : dropped.indexes) {
    std::vector<ForeignKeyName> names = ForeignKeysTo(table, index, context);
    dependents.insert(dependents.end(), names.begin(), names.end());
  }
  if (dependents.empty()) co_return Status::Ok();
  std::ranges::sort(dependents, {}, &ForeignKeyName::key);
  if (!cascade) {
    std::string detail;
    for (const ForeignKeyName& name : dependents) {
      if (!detail.empty()) detail += '\n';
      detail +=
          fmt::format("{} depends on {}", DescribeForeignKey(name, context), dropped.depended_on);
    }
    co_return Error(sqlstate::kDependentObjectsStillExist,
                    "cannot drop {} because other objects depend on it", dropped.object)
        .Detail(detail)
        .Hint("Use DROP ... CASCADE to drop the dependent objects too.");
  }
  auto drop = DropForeignKeys(std::move(dependents), /*tells=*/true, context);
  Status status = co_await drop;
  co_return status;
}

Status CheckNotPending(const catalog::TableDesc& table, std::string_view command,
                       const DdlContext& context) {
  const KeyEventQueue* queue = context.execution->key_events;
  if (queue == nullptr || !queue->HasDeferredOn(table.oid)) return Status::Ok();
  return Error(sqlstate::kObjectInUse, "cannot {} \"{}\" because it has pending trigger events",
               command, table.name);
}

}  // namespace shale::sql::ddl
