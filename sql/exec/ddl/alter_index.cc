// DROP INDEX, renaming of indexes, and what becomes of indexes when a column goes or is renamed.
#include <algorithm>

#include "catalog/keys.h"
#include "sql/bind/bind_index.h"
#include "sql/exec/ddl/index_internal.h"
#include "sql/parse/parser.h"

namespace shale::sql::ddl {
namespace {

Status NotAnIndex(const ast::QualifiedName& name, const DdlContext& context) {
  const bool is_table = FindTable(Binding(context), name) != nullptr;
  if (!is_table && FindSequence(Binding(context), name) == nullptr) {
    return MissingToDrop("index", name, sqlstate::kUndefinedObject, context);
  }
  return Error(sqlstate::kWrongObjectType, "\"{}\" is not an index", name.name)
      .Hint(fmt::format("Use DROP {} to remove a {}.", is_table ? "TABLE" : "SEQUENCE",
                        is_table ? "table" : "sequence"));
}

// The index, with its table locked in the mode; nothing: there is none.
Task<Result<std::optional<FoundIndex>>> LockIndex(const ast::QualifiedName& name,
                                                  engine::LockMode mode, DdlContext& context) {
  catalog::Oid locked = catalog::kInvalidOid;
  while (true) {
    std::optional<FoundIndex> found = FindIndex(Binding(context), name);
    if (!found || found->table->oid == locked) co_return found;
    Status status = co_await LockTable(context, found->table->oid, mode);
    if (!status.ok()) co_return status;
    locked = found->table->oid;
  }
}

// Gives an index, or a primary key, another name.
Task<Status> GiveName(const FoundIndex& found, std::string_view name, DdlContext& context) {
  const catalog::Oid schema = found.table->schema_oid;
  Status locked = co_await LockName(context, schema, std::string(name));
  if (!locked.ok()) co_return locked;
  if (View(context).FindRelation(schema, name) != catalog::kInvalidOid) {
    co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists", name);
  }
  if (found.index != nullptr) {
    catalog::IndexDesc index = *found.index;
    index.name = name;
    co_return Changes(context).SetIndex(std::move(index));
  }
  catalog::TableDesc table = *View(context).FindTable(found.table->oid);
  table.primary_key_name = name;
  co_return Changes(context).SetTable(std::move(table));
}

Status RenameInText(const BindContext& context, const catalog::TableRef& table, int column,
                    std::string_view new_name, IndexExprKind kind, std::string* sql) {
  ASSIGN_OR_RETURN(ParsedExpression parsed, ParseExpression(*sql));
  ASSIGN_OR_RETURN(ExprPtr bound, BindIndexExpr(context, table, *parsed.expression, kind));
  bool found = false;
  Rewrite(bound, [&](ExprPtr& node) {
    if (node->kind == ExprKind::kColumn && static_cast<ColumnExpr&>(*node).column == column) {
      static_cast<ColumnExpr&>(*node).name = new_name;
      found = true;
    }
    return true;
  });
  if (!found) return Status::Ok();
  std::string renamed = ToString(*bound);
  catalog::TableDesc after = *table;
  after.columns[static_cast<size_t>(column)].name = new_name;
  auto after_table = std::make_shared<const catalog::TableDesc>(std::move(after));
  auto again = ParseExpression(renamed);
  if (again.ok()) {
    auto rebound = BindIndexExpr(context, after_table, *again->expression, kind);
    if (rebound.ok() && Equal(**rebound, *bound)) {
      *sql = std::move(renamed);
      return Status::Ok();
    }
  }
  return NotSupported("renaming a column that such an index expression uses");
}

}  // namespace

Status DropIndex(const catalog::IndexDesc& index, DdlContext& context) {
  catalog::TableRef table = View(context).FindTable(index.table_oid);
  // Who has read of the index has read of the table.
  RETURN_IF_ERROR(context.execution->transaction->CarryReads(catalog::RowRange(index.storage_id),
                                                             catalog::RowRange(table->storage_id)));
  return Changes(context).DropIndex(index.oid);
}

Task<Status> DropOneIndex(const ast::Drop& command, const ast::QualifiedName& name,
                          DdlContext& context) {
  auto locked = co_await LockIndex(name, engine::LockMode::kTableAccessExclusive, context);
  if (!locked.ok()) co_return std::move(locked).status();
  if (!*locked) {
    Status status = NotAnIndex(name, context);
    if (!command.if_exists || !status.Is(sqlstate::kUndefinedObject)) co_return status;
    NoticeMissing("index", name, context);
    co_return Status::Ok();
  }
  const FoundIndex& found = **locked;
  if (found.index == nullptr || found.index->constraint_oid != catalog::kInvalidOid) {
    const std::string& own =
        found.index == nullptr ? found.table->primary_key_name : found.index->name;
    co_return Error(sqlstate::kDependentObjectsStillExist,
                    "cannot drop index {} because constraint {} on table {} requires it", own, own,
                    found.table->name)
        .Hint(
            fmt::format("You can drop constraint {} on table {} instead.", own, found.table->name));
  }
  Status named = co_await LockName(context, found.index->schema_oid, found.index->name);
  if (!named.ok()) co_return named;
  DroppedKeys keys;
  keys.indexes = {found.index->oid};
  keys.object = keys.depended_on =
      "index " + ShownName(found.index->schema_oid, found.index->name, context);
  auto drop = DropForeignKeysTo(*found.table, keys, command.cascade, context);
  Status dropped = co_await drop;
  if (!dropped.ok()) co_return dropped;
  co_return DropIndex(*found.index, context);
}

Task<Result<std::string>> RenameIndex(const ast::Rename& command, DdlContext& context) {
  auto locked =
      co_await LockIndex(command.name, engine::LockMode::kTableShareUpdateExclusive, context);
  if (!locked.ok()) co_return std::move(locked).status();
  if (!*locked) {
    auto resolved = ResolveIndex(Binding(context), command.name);
    if (resolved.ok()) co_return NotSupported("renaming an index that is being replaced");
    if (!command.if_exists || !resolved.status().Is(sqlstate::kUndefinedTable)) {
      co_return std::move(resolved).status();
    }
    Notice(context, fmt::format("relation \"{}\" does not exist, skipping", command.name.name));
    co_return std::string("ALTER INDEX");
  }
  Status named = co_await GiveName(**locked, command.new_name, context);
  if (!named.ok()) co_return named;
  co_return std::string("ALTER INDEX");
}

Task<Result<std::string>> RenameConstraint(const ast::Rename& command, DdlContext& context) {
  auto locked = co_await LockTableByName(
      context, command.name, engine::LockMode::kTableAccessExclusive, command.if_exists);
  if (!locked.ok()) co_return std::move(locked).status();
  if (*locked == nullptr) {
    Notice(context, fmt::format("relation \"{}\" does not exist, skipping", command.name.name));
    co_return std::string("ALTER TABLE");
  }
  FoundIndex found;
  found.table = *locked;
  bool exists =
      !found.table->primary_key.empty() && found.table->primary_key_name == command.column;
  for (const catalog::IndexRef& index : found.table->indexes) {
    if (index->constraint_oid == catalog::kInvalidOid || index->name != command.column) continue;
    found.index = index;
    exists = true;
  }
  if (!exists) {
    catalog::TableDesc renamed = **locked;
    CO_RETURN_IF_ERROR(RenameConstraint(command.column, command.new_name, &renamed));
    CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(renamed)));
    co_return std::string("ALTER TABLE");
  }
  if (View(context).FindRelation((*locked)->schema_oid, command.new_name) == catalog::kInvalidOid) {
    CO_RETURN_IF_ERROR(CheckConstraintName(**locked, command.new_name));
  }
  Status named = co_await GiveName(found, command.new_name, context);
  if (!named.ok()) co_return named;
  co_return std::string("ALTER TABLE");
}

Status DropIndexesOf(const catalog::TableRef& table, int column, DdlContext& context) {
  for (const catalog::IndexRef& index : table->indexes) {
    ASSIGN_OR_RETURN(auto bound, BindIndex(View(context), table, index));
    if (std::ranges::binary_search(bound->columns, column)) {
      RETURN_IF_ERROR(DropIndex(*index, context));
    }
  }
  return Status::Ok();
}

Status RenameInIndexes(const catalog::TableRef& before, int column, std::string_view new_name,
                       DdlContext& context) {
  const BindContext bind = Binding(context);
  for (const catalog::IndexRef& index : before->indexes) {
    catalog::IndexDesc renamed = *index;
    for (catalog::IndexKey& key : renamed.keys) {
      if (key.column >= 0) continue;
      RETURN_IF_ERROR(
          RenameInText(bind, before, column, new_name, IndexExprKind::kKey, &key.expression_sql));
    }
    if (renamed.predicate_sql) {
      RETURN_IF_ERROR(RenameInText(bind, before, column, new_name, IndexExprKind::kPredicate,
                                   &*renamed.predicate_sql));
    }
    RETURN_IF_ERROR(Changes(context).SetIndex(std::move(renamed)));
  }
  return Status::Ok();
}

}  // namespace shale::sql::ddl
