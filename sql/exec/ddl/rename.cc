// ALTER ... RENAME of tables, columns and sequences.
#include "sql/exec/ddl/alter_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"

namespace shale::sql::ddl {
namespace {

Task<Status> ClaimName(DdlContext& context, catalog::Oid schema, std::string_view name) {
  Status locked = co_await LockName(context, schema, std::string(name));
  if (!locked.ok()) co_return locked;
  if (View(context).FindRelation(schema, name) != catalog::kInvalidOid) {
    co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists", name);
  }
  co_return Status::Ok();
}

}  // namespace

Task<Result<std::string>> RenameObject(const ast::Rename& command, DdlContext& context) {
  if (command.object == ast::ObjectType::kSchema) {
    auto renamed = co_await RenameSchema(command, context);
    co_return renamed;
  }
  if (command.object == ast::ObjectType::kDomainConstraint) {
    auto renaming = RenameDomainConstraint(command, context);
    auto renamed = co_await renaming;
    co_return renamed;
  }
  if (command.object == ast::ObjectType::kAttribute) {
    auto renaming = RenameAttribute(command, context);
    auto renamed = co_await renaming;
    co_return renamed;
  }
  if (command.object == ast::ObjectType::kType || command.object == ast::ObjectType::kDomain) {
    auto renamed = co_await RenameType(command, context);
    co_return renamed;
  }
  if (command.object == ast::ObjectType::kConstraint) {
    auto renamed = co_await RenameConstraint(command, context);
    co_return renamed;
  }
  if (catalog::ViewRef view = FindView(Binding(context), command.name)) {
    auto renaming = RenameView(command, std::move(view), context);
    auto renamed = co_await renaming;
    co_return renamed;
  }
  // ALTER INDEX renames tables, too, and ALTER TABLE indexes.
  const std::string_view tag =
      command.object == ast::ObjectType::kIndex ? "ALTER INDEX" : "ALTER TABLE";
  const bool is_table = FindTable(Binding(context), command.name) != nullptr;
  if (command.column.empty() && !is_table &&
      (command.object == ast::ObjectType::kIndex || FindIndex(Binding(context), command.name))) {
    auto renamed = co_await RenameIndex(command, context);
    if (!renamed.ok()) co_return renamed;
    co_return std::string(tag);
  }
  if (catalog::SequenceRef found = FindSequence(Binding(context), command.name);
      found != nullptr && command.column.empty()) {
    Status claimed = co_await ClaimName(context, found->schema_oid, command.new_name);
    if (!claimed.ok()) co_return claimed;
    // The default of the column that owns it names it as text.
    if (found->owner_table != catalog::kInvalidOid) {
      Status owner_locked =
          co_await LockTable(context, found->owner_table, engine::LockMode::kTableAccessExclusive);
      if (!owner_locked.ok()) co_return owner_locked;
      catalog::TableDesc owner = *View(context).FindTable(found->owner_table);
      RenameInDefault(*found, found->schema_name, command.new_name, &owner);
      CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(owner)));
    }
    catalog::SequenceDesc sequence = *found;
    sequence.name = command.new_name;
    auto store = StoreSequence(found, std::move(sequence), context);
    Status stored = co_await store;
    if (!stored.ok()) co_return stored;
    co_return std::string(command.object == ast::ObjectType::kTable ? "ALTER TABLE"
                                                                    : "ALTER SEQUENCE");
  }
  const bool of_sequence = command.object == ast::ObjectType::kSequence;
  auto locked = co_await LockTableByName(
      context, command.name, engine::LockMode::kTableAccessExclusive, command.if_exists);
  if (!locked.ok()) co_return std::move(locked).status();
  if (*locked == nullptr) {
    Notice(context, fmt::format("relation \"{}\" does not exist, skipping", command.name.name));
    if (of_sequence) co_return std::string("ALTER SEQUENCE");
    co_return std::string(command.object == ast::ObjectType::kView ? "ALTER VIEW"
                          : command.object == ast::ObjectType::kMaterializedView
                              ? "ALTER MATERIALIZED VIEW"
                              : "ALTER TABLE");
  }
  if (of_sequence) {
    co_return Error(sqlstate::kWrongObjectType, "\"{}\" is not a sequence", command.name.name);
  }
  catalog::TableDesc table = **locked;
  if (command.column.empty()) {
    Status claimed = co_await ClaimName(context, table.schema_oid, command.new_name);
    if (!claimed.ok()) co_return claimed;
    CO_RETURN_IF_ERROR(ClaimTypeName(table.schema_oid, command.new_name, context));
    table.name = command.new_name;
  } else {
    const int column = table.FindColumn(command.column);
    if (column < 0) {
      co_return Error(sqlstate::kUndefinedColumn, "column \"{}\" does not exist", command.column);
    }
    if (table.FindColumn(command.new_name) >= 0) {
      co_return Error(sqlstate::kDuplicateColumn, "column \"{}\" of relation \"{}\" already exists",
                      command.new_name, table.name);
    }
    CO_ASSIGN_OR_RETURN(std::vector<int> users, GeneratedFrom(*locked, column, context));
    if (!users.empty()) co_return NotSupported("renaming a column that a generated column uses");
    CO_RETURN_IF_ERROR(CheckRowTypeNotWritten(table.oid, context));
    CO_RETURN_IF_ERROR(RenameInIndexes(*locked, column, command.new_name, context));
    CO_RETURN_IF_ERROR(RenameInChecks(column, command.new_name, &table, context));
    table.columns[column].name = command.new_name;
  }
  if (catalog::ViewRef view = View(context).FindView(table.oid)) {
    catalog::ViewDesc renamed = *view;
    renamed.name = table.name;
    for (size_t i = 0; i < renamed.columns.size(); ++i) {
      renamed.columns[i].name = table.columns[i].name;
    }
    CO_RETURN_IF_ERROR(Changes(context).SetView(std::move(renamed)));
  }
  CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(table)));
  co_return std::string(
      command.object == ast::ObjectType::kMaterializedView ? "ALTER MATERIALIZED VIEW" : tag);
}

}  // namespace shale::sql::ddl
