// ALTER TABLE ... ADD, DROP, VALIDATE, ALTER and RENAME CONSTRAINT, and the constraints that come
// with columns. Primary keys are set in columns.cc and alter_table.cc.
#include <algorithm>

#include "sql/exec/ddl/index_internal.h"
#include "sql/exec/foreign_keys.h"
#include "sql/exec/row_checks.h"

namespace shale::sql::ddl {
namespace {

Status UndefinedConstraint(std::string_view name, const catalog::TableDesc& table) {
  return Error(sqlstate::kUndefinedObject, "constraint \"{}\" of relation \"{}\" does not exist",
               name, table.name);
}

catalog::CheckDesc* FindCheck(catalog::TableDesc* table, std::string_view name) {
  auto found = std::ranges::find(table->checks, name, &catalog::CheckDesc::name);
  return found != table->checks.end() ? &*found : nullptr;
}

catalog::ForeignKeyDesc* FindForeignKey(catalog::TableDesc* table, std::string_view name) {
  auto found = std::ranges::find(table->foreign_keys, name, &catalog::ForeignKeyDesc::name);
  return found != table->foreign_keys.end() ? &*found : nullptr;
}

// The index of a UNIQUE constraint, or of a deferrable primary key.
catalog::IndexRef FindUnique(const catalog::TableDesc& table, std::string_view name) {
  for (const catalog::IndexRef& index : table.indexes) {
    if (index->constraint_oid != catalog::kInvalidOid && index->name == name) return index;
  }
  return nullptr;
}

// Adds it to the description in the catalog. Rows that are there are looked at where validate says.
Task<Status> StoreCheck(const ast::Constraint& constraint, catalog::Oid oid, bool validate,
                        DdlContext& context) {
  catalog::TableDesc altered = *View(context).FindTable(oid);
  std::string name;
  auto add = AddCheck(constraint, &altered, context, &name);
  Status added = co_await add;
  if (!added.ok()) co_return added;
  catalog::CheckDesc* check = FindCheck(&altered, name);
  check->validated = !validate || !constraint.not_valid;
  const catalog::CheckDesc described = *check;
  CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(altered)));
  if (!validate || constraint.not_valid) co_return Status::Ok();
  catalog::TableRef table = View(context).FindTable(oid);
  auto look = ValidateCheck(table, described, context.execution);
  Status valid = co_await look;
  co_return valid;
}

Task<Status> StoreForeignKey(const ast::Constraint& constraint, std::vector<std::string> columns,
                             catalog::Oid oid, bool validate, DdlContext& context) {
  catalog::TableDesc altered = *View(context).FindTable(oid);
  catalog::Oid key_oid = catalog::kInvalidOid;
  auto add = AddForeignKey(constraint, std::move(columns), &altered, context, &key_oid);
  Status added = co_await add;
  if (!added.ok()) co_return added;
  catalog::ForeignKeyDesc& key = altered.foreign_keys.back();
  CO_RETURN_IF_ERROR(
      CheckNotPending(*View(context).FindTable(key.referenced_table), "ALTER TABLE", context));
  key.validated = !validate || !constraint.not_valid;
  CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(altered)));
  if (!validate || constraint.not_valid) co_return Status::Ok();
  auto look = ValidateForeignKey(oid, key_oid, context.execution);
  Status valid = co_await look;
  co_return valid;
}

}  // namespace

bool NamesConstraint(const catalog::TableDesc& table, std::string_view name) {
  if (!table.primary_key.empty() && table.primary_key_name == name) return true;
  auto named = [name](const auto& constraint) { return constraint.name == name; };
  if (FindUnique(table, name) != nullptr) return true;
  return std::ranges::any_of(table.checks, named) || std::ranges::any_of(table.foreign_keys, named);
}

Status CheckConstraintName(const catalog::TableDesc& table, std::string_view name) {
  if (!NamesConstraint(table, name)) return Status::Ok();
  return Error(sqlstate::kDuplicateObject, "constraint \"{}\" for relation \"{}\" already exists",
               name, table.name);
}

Task<Status> AddConstraint(const ast::Constraint& constraint, catalog::Oid oid,
                           DdlContext& context) {
  if (constraint.kind == ast::Constraint::Kind::kCheck) {
    return StoreCheck(constraint, oid, /*validate=*/true, context);
  }
  return StoreForeignKey(constraint, {}, oid, /*validate=*/true, context);
}

Task<Status> AddColumnConstraints(const NewColumn& described, std::string_view column,
                                  catalog::Oid oid, bool is_new_table, DdlContext& context) {
  for (const ast::Constraint* constraint : described.checks) {
    auto store = StoreCheck(*constraint, oid, !is_new_table, context);
    Status stored = co_await store;
    if (!stored.ok()) co_return stored;
  }
  for (const ast::Constraint* constraint : described.foreign_keys) {
    std::vector<std::string> columns{std::string(column)};
    auto store = StoreForeignKey(*constraint, std::move(columns), oid, !is_new_table, context);
    Status stored = co_await store;
    if (!stored.ok()) co_return stored;
  }
  co_return Status::Ok();
}

Task<Status> DropConstraint(const ast::AlterTableAction& action, catalog::Oid oid,
                            DdlContext& context) {
  catalog::TableRef table = View(context).FindTable(oid);
  catalog::TableDesc altered = *table;
  if (catalog::ForeignKeyDesc* key = FindForeignKey(&altered, action.column)) {
    Status locked =
        co_await LockTable(context, key->referenced_table, engine::LockMode::kTableAccessExclusive);
    if (!locked.ok()) co_return locked;
    catalog::TableRef referenced = View(context).FindTable(key->referenced_table);
    if (referenced != nullptr) {
      CO_RETURN_IF_ERROR(CheckNotPending(*referenced, "ALTER TABLE", context));
    }
    const catalog::Oid dropped = key->oid;
    std::erase_if(altered.foreign_keys,
                  [dropped](const catalog::ForeignKeyDesc& one) { return one.oid == dropped; });
    co_return Changes(context).SetTable(std::move(altered));
  }
  if (FindCheck(&altered, action.column) != nullptr) {
    std::erase_if(altered.checks,
                  [&](const catalog::CheckDesc& check) { return check.name == action.column; });
    co_return Changes(context).SetTable(std::move(altered));
  }
  const catalog::IndexRef index = FindUnique(*table, action.column);
  const bool is_key = !table->primary_key.empty() && table->primary_key_name == action.column;
  if (index != nullptr || is_key) {
    DroppedKeys keys;
    keys.indexes = {index != nullptr ? index->oid : table->primary_key_index_oid};
    keys.object = fmt::format("constraint {} on table {}", action.column,
                              ShownName(table->schema_oid, table->name, context));
    keys.depended_on = "index " + ShownName(table->schema_oid, action.column, context);
    auto drop = DropForeignKeysTo(*table, keys, action.cascade, context);
    Status rid = co_await drop;
    if (!rid.ok()) co_return rid;
    if (index != nullptr) co_return DropIndex(*index, context);
    auto drop_key = DropPrimaryKey(View(context).FindTable(oid), context);
    Status dropped = co_await drop_key;
    co_return dropped;
  }
  if (!action.missing_ok) co_return UndefinedConstraint(action.column, *table);
  Notice(context, fmt::format("constraint \"{}\" of relation \"{}\" does not exist, skipping",
                              action.column, table->name));
  co_return Status::Ok();
}

Task<Status> ValidateConstraint(const ast::AlterTableAction& action, catalog::Oid oid,
                                DdlContext& context) {
  catalog::TableRef table = View(context).FindTable(oid);
  catalog::TableDesc altered = *table;
  if (catalog::ForeignKeyDesc* key = FindForeignKey(&altered, action.column)) {
    if (key->validated) co_return Status::Ok();
    Status locked =
        co_await LockTable(context, key->referenced_table, engine::LockMode::kTableRowShare);
    if (!locked.ok()) co_return locked;
    auto look = ValidateForeignKey(oid, key->oid, context.execution);
    Status valid = co_await look;
    if (!valid.ok()) co_return valid;
    key->validated = true;
    co_return Changes(context).SetTable(std::move(altered));
  }
  if (catalog::CheckDesc* check = FindCheck(&altered, action.column)) {
    if (check->validated) co_return Status::Ok();
    const catalog::CheckDesc described = *check;
    auto look = ValidateCheck(table, described, context.execution);
    Status valid = co_await look;
    if (!valid.ok()) co_return valid;
    check->validated = true;
    co_return Changes(context).SetTable(std::move(altered));
  }
  if (!NamesConstraint(*table, action.column)) co_return UndefinedConstraint(action.column, *table);
  co_return Error(sqlstate::kWrongObjectType,
                  "constraint \"{}\" of relation \"{}\" is not a foreign key or check constraint",
                  action.column, table->name);
}

Task<Status> AlterConstraint(const ast::AlterTableAction& action, catalog::Oid oid,
                             DdlContext& context) {
  catalog::TableRef table = View(context).FindTable(oid);
  catalog::TableDesc altered = *table;
  catalog::ForeignKeyDesc* key = FindForeignKey(&altered, action.column);
  if (key == nullptr) {
    if (!NamesConstraint(*table, action.column)) {
      co_return UndefinedConstraint(action.column, *table);
    }
    co_return Error(sqlstate::kWrongObjectType,
                    "constraint \"{}\" of relation \"{}\" is not a foreign key constraint",
                    action.column, table->name);
  }
  key->deferrable = action.constraint->deferrable;
  key->initially_deferred = action.constraint->initially_deferred;
  co_return Changes(context).SetTable(std::move(altered));
}

Status RenameConstraint(std::string_view name, std::string_view new_name,
                        catalog::TableDesc* table) {
  if (!NamesConstraint(*table, name)) {
    return Error(sqlstate::kUndefinedObject, "constraint \"{}\" for table \"{}\" does not exist",
                 name, table->name);
  }
  RETURN_IF_ERROR(CheckConstraintName(*table, new_name));
  if (catalog::ForeignKeyDesc* key = FindForeignKey(table, name)) key->name = new_name;
  if (catalog::CheckDesc* check = FindCheck(table, name)) {
    check->name = new_name;
    std::ranges::sort(table->checks, {}, &catalog::CheckDesc::name);
  }
  return Status::Ok();
}

}  // namespace shale::sql::ddl
