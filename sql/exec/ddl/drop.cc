// DROP TABLE, SEQUENCE and SCHEMA.
#include <algorithm>
#include <set>

#include "sql/exec/ddl/index_internal.h"

namespace shale::sql::ddl {
namespace {

std::string_view WordOf(ast::ObjectType type) {
  switch (type) {
    case ast::ObjectType::kTable:
      return "table";
    case ast::ObjectType::kSequence:
      return "sequence";
    case ast::ObjectType::kSchema:
      return "schema";
    case ast::ObjectType::kIndex:
    case ast::ObjectType::kConstraint:
      return "index";
  }
  return "";
}

std::string TagOf(ast::ObjectType type) {
  switch (type) {
    case ast::ObjectType::kTable:
      return "DROP TABLE";
    case ast::ObjectType::kSequence:
      return "DROP SEQUENCE";
    case ast::ObjectType::kSchema:
      return "DROP SCHEMA";
    case ast::ObjectType::kIndex:
    case ast::ObjectType::kConstraint:
      return "DROP INDEX";
  }
  return "";
}

std::string FullName(const ast::QualifiedName& name) {
  return name.schema.empty() ? std::string(name.name)
                             : fmt::format("{}.{}", name.schema, name.name);
}

Status Missing(const ast::Drop& command, const ast::QualifiedName& name) {
  SqlState state = command.object == ast::ObjectType::kSchema ? sqlstate::kInvalidSchemaName
                                                              : sqlstate::kUndefinedTable;
  return Error(state, "{} \"{}\" does not exist", WordOf(command.object), FullName(name));
}

Status WrongKind(const ast::Drop& command, const ast::QualifiedName& name,
                 std::string_view actual) {
  return Error(sqlstate::kWrongObjectType, "\"{}\" is not a {}", name.name, WordOf(command.object))
      .Hint(actual == "index" ? "Use DROP INDEX to remove an index."
                              : fmt::format("Use DROP {} to remove a {}.",
                                            actual == "table" ? "TABLE" : "SEQUENCE", actual));
}

// The table of the name, locked with it; null where there is none and IF EXISTS allows that.
Task<Result<catalog::TableRef>> LockForDrop(const ast::Drop& command,
                                            const ast::QualifiedName& name, DdlContext& context) {
  catalog::TableRef table = FindTable(Binding(context), name);
  if (table == nullptr) {
    if (FindSequence(Binding(context), name) != nullptr) {
      co_return WrongKind(command, name, "sequence");
    }
    if (FindIndex(Binding(context), name)) co_return WrongKind(command, name, "index");
    if (!command.if_exists) co_return Missing(command, name);
    Notice(context, fmt::format("table \"{}\" does not exist, skipping", FullName(name)));
    co_return catalog::TableRef();
  }
  auto locked = co_await LockTableByName(context, name, engine::LockMode::kTableAccessExclusive,
                                         command.if_exists);
  if (!locked.ok()) co_return std::move(locked).status();
  if (*locked == nullptr) {
    Notice(context, fmt::format("table \"{}\" does not exist, skipping", FullName(name)));
    co_return catalog::TableRef();
  }
  table = *locked;
  Status named = co_await LockName(context, table->schema_oid, table->name);
  if (!named.ok()) co_return named;
  CO_RETURN_IF_ERROR(CheckNotPending(*table, "DROP TABLE", context));
  co_return table;
}

bool HasTable(const std::vector<catalog::TableRef>& tables, catalog::Oid oid) {
  return std::ranges::any_of(tables, [oid](const auto& table) { return table->oid == oid; });
}

// Foreign keys to the tables from others than these.
std::vector<ForeignKeyName> ForeignKeysFromOthers(const std::vector<catalog::TableRef>& tables,
                                                  const DdlContext& context) {
  std::vector<ForeignKeyName> dependents;
  for (const catalog::TableRef& table : tables) {
    for (const ForeignKeyName& name : ForeignKeysTo(*table, catalog::kInvalidOid, context)) {
      if (!HasTable(tables, name.table)) dependents.push_back(name);
    }
  }
  return dependents;
}

Status DependentsExist(const std::vector<catalog::TableRef>& tables,
                       const std::vector<ForeignKeyName>& dependents, const DdlContext& context) {
  std::string detail;
  for (const ForeignKeyName& name : dependents) {
    catalog::TableRef table = View(context).FindTable(name.table);
    for (const catalog::ForeignKeyDesc& key : table->foreign_keys) {
      if (key.oid != name.key) continue;
      if (!detail.empty()) detail += '\n';
      catalog::TableRef referenced = View(context).FindTable(key.referenced_table);
      detail += fmt::format("{} depends on table {}", DescribeForeignKey(name, context),
                            ShownName(referenced->schema_oid, referenced->name, context));
    }
  }
  return Error(sqlstate::kDependentObjectsStillExist, "{}",
               tables.size() == 1
                   ? fmt::format("cannot drop table {} because other objects depend on it",
                                 ShownName(tables[0]->schema_oid, tables[0]->name, context))
                   : "cannot drop desired object(s) because other objects depend on them")
      .Detail(detail)
      .Hint("Use DROP ... CASCADE to drop the dependent objects too.");
}

// The tables that their foreign keys refer to are locked as well: they are rid of something.
Task<Status> LockReferenced(const catalog::TableDesc& table, DdlContext& context) {
  for (const catalog::ForeignKeyDesc& key : table.foreign_keys) {
    Status locked =
        co_await LockTable(context, key.referenced_table, engine::LockMode::kTableAccessExclusive);
    if (!locked.ok()) co_return locked;
  }
  co_return Status::Ok();
}

Task<Status> DropTables(const ast::Drop& command, DdlContext& context) {
  std::vector<catalog::TableRef> tables;
  for (const ast::QualifiedName& name : command.names) {
    auto lock = LockForDrop(command, name, context);
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    if (*locked != nullptr && !HasTable(tables, (*locked)->oid)) tables.push_back(*locked);
  }
  std::vector<ForeignKeyName> dependents = ForeignKeysFromOthers(tables, context);
  if (!dependents.empty() && !command.cascade) {
    co_return DependentsExist(tables, dependents, context);
  }
  auto drop = DropForeignKeys(std::move(dependents), /*tells=*/true, context);
  Status dropped = co_await drop;
  if (!dropped.ok()) co_return dropped;
  for (const catalog::TableRef& table : tables) {
    auto lock = LockReferenced(*table, context);
    Status locked = co_await lock;
    if (!locked.ok()) co_return locked;
    catalog::TableRef current = View(context).FindTable(table->oid);
    CO_RETURN_IF_ERROR(DropTableWithSequences(*current, context));
  }
  co_return Status::Ok();
}

Task<Status> DropOneSequence(const ast::Drop& command, const ast::QualifiedName& name,
                             DdlContext& context) {
  catalog::SequenceRef sequence = FindSequence(Binding(context), name);
  if (sequence == nullptr) {
    if (FindTable(Binding(context), name) != nullptr) co_return WrongKind(command, name, "table");
    if (!command.if_exists) co_return Missing(command, name);
    Notice(context, fmt::format("sequence \"{}\" does not exist, skipping", FullName(name)));
    co_return Status::Ok();
  }
  Status locked = co_await LockName(context, sequence->schema_oid, sequence->name);
  if (!locked.ok()) co_return locked;
  catalog::TableRef owner = View(context).FindTable(sequence->owner_table);
  if (owner != nullptr && sequence->owner_column >= 0) {
    const catalog::ColumnDesc& column = owner->columns[sequence->owner_column];
    if (sequence->owner_is_identity) {
      co_return Error(sqlstate::kDependentObjectsStillExist,
                      "cannot drop sequence {} because column {} of table {} requires it",
                      sequence->name, column.name, owner->name)
          .Hint(
              fmt::format("You can drop column {} of table {} instead.", column.name, owner->name));
    }
    if (column.owned_sequence == sequence->oid && column.default_sql) {
      if (!command.cascade) {
        co_return Error(sqlstate::kDependentObjectsStillExist,
                        "cannot drop sequence {} because other objects depend on it",
                        sequence->name)
            .Detail(fmt::format("default value for column {} of table {} depends on sequence {}",
                                column.name, owner->name, sequence->name))
            .Hint("Use DROP ... CASCADE to drop the dependent objects too.");
      }
      Status table_locked =
          co_await LockTable(context, owner->oid, engine::LockMode::kTableAccessExclusive);
      if (!table_locked.ok()) co_return table_locked;
      catalog::TableDesc altered = *View(context).FindTable(owner->oid);
      altered.columns[sequence->owner_column].default_sql.reset();
      altered.columns[sequence->owner_column].owned_sequence = catalog::kInvalidOid;
      Notice(context, fmt::format("drop cascades to default value for column {} of table {}",
                                  column.name, owner->name));
      CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(altered)));
    }
  }
  co_return Changes(context).DropSequence(sequence->oid);
}

std::vector<catalog::TableRef> TablesOf(catalog::Oid schema, const DdlContext& context) {
  std::vector<catalog::TableRef> tables;
  for (const auto& [oid, table] : View(context).tables()) {
    if (table->schema_oid == schema) tables.push_back(table);
  }
  return tables;
}

// Locks the schema's tables, to drop them; *tables: as they are then.
Task<Status> LockTablesOf(catalog::Oid schema, std::vector<catalog::TableRef>* tables,
                          DdlContext& context) {
  std::set<catalog::Oid> locked;
  while (true) {
    *tables = TablesOf(schema, context);
    // While one was waited for, others may have come.
    auto next = std::ranges::find_if(
        *tables, [&](const catalog::TableRef& table) { return !locked.contains(table->oid); });
    if (next == tables->end()) break;
    const catalog::Oid oid = (*next)->oid;
    Status status = co_await LockTable(context, oid, engine::LockMode::kTableAccessExclusive);
    if (!status.ok()) co_return status;
    locked.insert(oid);
  }
  co_return Status::Ok();
}

Task<Status> DropOneSchema(const ast::Drop& command, const ast::QualifiedName& name,
                           DdlContext& context) {
  Status locked = co_await LockName(context, catalog::kInvalidOid, std::string(name.name));
  if (!locked.ok()) co_return locked;
  catalog::SchemaRef schema = View(context).FindSchema(name.name);
  if (schema == nullptr) {
    if (!command.if_exists) co_return Missing(command, name);
    Notice(context, fmt::format("schema \"{}\" does not exist, skipping", name.name));
    co_return Status::Ok();
  }
  if (schema->oid < catalog::kFirstUserOid && schema->oid != catalog::kPublicSchemaOid) {
    co_return Error(sqlstate::kDependentObjectsStillExist,
                    "cannot drop schema {} because it is required by the database system",
                    schema->name);
  }
  std::vector<catalog::TableRef> tables = TablesOf(schema->oid, context);
  std::vector<catalog::SequenceRef> sequences;
  for (const auto& [oid, sequence] : View(context).sequences()) {
    const bool owned = sequence->owner_table != catalog::kInvalidOid;
    if (sequence->schema_oid == schema->oid && !owned) sequences.push_back(sequence);
  }
  if (!command.cascade && (!tables.empty() || !sequences.empty())) {
    std::string detail;
    auto add = [&](std::string_view kind, const std::string& object) {
      if (!detail.empty()) detail += '\n';
      detail +=
          fmt::format("{} {}.{} depends on schema {}", kind, schema->name, object, schema->name);
    };
    for (const auto& table : tables) add("table", table->name);
    for (const auto& sequence : sequences) add("sequence", sequence->name);
    co_return Error(sqlstate::kDependentObjectsStillExist,
                    "cannot drop schema {} because other objects depend on it", schema->name)
        .Detail(detail)
        .Hint("Use DROP ... CASCADE to drop the dependent objects too.");
  }
  auto lock_all = LockTablesOf(schema->oid, &tables, context);
  Status all_locked = co_await lock_all;
  if (!all_locked.ok()) co_return all_locked;
  // No more can come now: whoever adds a foreign key locks the table that it is to.
  std::vector<ForeignKeyName> dependents = ForeignKeysFromOthers(tables, context);
  std::string cascaded;
  auto tell = [&cascaded](std::string what) {
    cascaded += (cascaded.empty() ? "drop cascades to " : "\ndrop cascades to ") + what;
  };
  for (const auto& table : tables) {
    tell("table " + ShownName(schema->oid, table->name, context));
  }
  for (const ForeignKeyName& name : dependents) tell(DescribeForeignKey(name, context));
  for (const auto& one : sequences) {
    tell("sequence " + ShownName(schema->oid, one->name, context));
  }
  const size_t dropped = tables.size() + sequences.size() + dependents.size();
  if (dropped == 1) {
    Notice(context, cascaded);
  } else if (dropped > 1) {
    ErrorFields fields;
    fields.sqlstate = sqlstate::kSuccess;
    fields.message = fmt::format("drop cascades to {} other objects", dropped);
    fields.detail = cascaded;
    if (context.notice) context.notice("NOTICE", std::move(fields));
  }
  auto drop = DropForeignKeys(std::move(dependents), /*tells=*/false, context);
  Status rid = co_await drop;
  if (!rid.ok()) co_return rid;
  for (const auto& table : tables) {
    auto lock = LockReferenced(*table, context);
    Status referenced_locked = co_await lock;
    if (!referenced_locked.ok()) co_return referenced_locked;
    CO_RETURN_IF_ERROR(CheckNotPending(*table, "DROP TABLE", context));
    CO_RETURN_IF_ERROR(DropTableWithSequences(*View(context).FindTable(table->oid), context));
  }
  for (const auto& sequence : sequences) {
    CO_RETURN_IF_ERROR(Changes(context).DropSequence(sequence->oid));
  }
  co_return Changes(context).DropSchema(schema->oid);
}

}  // namespace

Status DropTableWithSequences(const catalog::TableDesc& table, DdlContext& context) {
  std::vector<catalog::Oid> owned;
  for (const auto& [oid, sequence] : View(context).sequences()) {
    if (sequence->owner_table == table.oid) owned.push_back(oid);
  }
  for (catalog::Oid oid : owned) RETURN_IF_ERROR(Changes(context).DropSequence(oid));
  return Changes(context).DropTable(table.oid);
}

Task<Result<std::string>> DropObjects(const ast::Drop& command, DdlContext& context) {
  if (command.object == ast::ObjectType::kTable) {
    auto drop = DropTables(command, context);
    Status dropped = co_await drop;
    if (!dropped.ok()) co_return dropped;
    co_return TagOf(command.object);
  }
  for (const ast::QualifiedName& name : command.names) {
    Task<Status> step =
        command.object == ast::ObjectType::kSequence ? DropOneSequence(command, name, context)
        : command.object == ast::ObjectType::kIndex  ? DropOneIndex(command, name, context)
                                                     : DropOneSchema(command, name, context);
    Status dropped = co_await step;
    if (!dropped.ok()) co_return dropped;
  }
  co_return TagOf(command.object);
}

}  // namespace shale::sql::ddl
