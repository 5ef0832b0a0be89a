// UNIQUE constraints, and deferrable primary keys: each stands for an index of the same name.
#include <algorithm>

#include "sql/exec/ddl/index_internal.h"
#include "sql/exec/rewrite_table.h"

namespace shale::sql::ddl {
namespace {

bool SaysTheSame(const UniqueKey& left, const UniqueKey& right) {
  auto same_name = [](const ast::Name& a, const ast::Name& b) { return a.text == b.text; };
  return left.columns == right.columns &&
         left.constraint->nulls_not_distinct == right.constraint->nulls_not_distinct &&
         left.constraint->deferrable == right.constraint->deferrable &&
         left.constraint->initially_deferred == right.constraint->initially_deferred &&
         std::ranges::equal(left.constraint->include, right.constraint->include, same_name);
}

bool IsPrimaryKey(const UniqueKey& key, const catalog::TableDesc& table) {
  std::vector<std::string> columns;
  for (int column : table.primary_key) {
    columns.push_back(table.columns[static_cast<size_t>(column)].name);
  }
  return columns == key.columns && key.constraint->include.empty() &&
         !key.constraint->nulls_not_distinct && !key.constraint->deferrable;
}

Status NotFit(const ast::Constraint& constraint, const DdlContext& context, SqlState code,
              std::string message) {
  return Error(code, "{}", message).Position(PositionOf(context, constraint.location));
}

// The index that ADD UNIQUE USING INDEX names, fit to be a constraint's.
Result<catalog::IndexRef> IndexToUse(const ast::Constraint& constraint,
                                     const catalog::TableDesc& table, const DdlContext& context) {
  const std::string_view name = constraint.using_index;
  catalog::IndexRef index = View(context).FindIndex(table.schema_oid, name);
  const bool is_key = name == table.primary_key_name && !table.primary_key.empty();
  if (is_key || (index != nullptr && index->constraint_oid != catalog::kInvalidOid)) {
    return NotFit(constraint, context, sqlstate::kObjectNotInPrerequisiteState,
                  fmt::format("index \"{}\" is already associated with a constraint", name));
  }
  if (index == nullptr) {
    return NotFit(constraint, context, sqlstate::kUndefinedObject,
                  fmt::format("index \"{}\" does not exist", name));
  }
  if (index->table_oid != table.oid) {
    return NotFit(constraint, context, sqlstate::kObjectNotInPrerequisiteState,
                  fmt::format("index \"{}\" does not belong to table \"{}\"", name, table.name));
  }
  if (index->state != catalog::IndexState::kValid) {
    return NotFit(constraint, context, sqlstate::kObjectNotInPrerequisiteState,
                  fmt::format("index \"{}\" is not valid", name));
  }
  constexpr std::string_view kSuchAnIndex =
      "Cannot create a primary key or unique constraint using such an index.";
  if (!index->unique) {
    return NotFit(constraint, context, sqlstate::kWrongObjectType,
                  fmt::format("\"{}\" is not a unique index", name))
        .Detail(std::string(kSuchAnIndex));
  }
  auto is_expression = [](const catalog::IndexKey& key) { return key.column < 0; };
  if (std::ranges::any_of(index->keys, is_expression)) {
    return NotFit(constraint, context, sqlstate::kWrongObjectType,
                  fmt::format("index \"{}\" contains expressions", name))
        .Detail(std::string(kSuchAnIndex));
  }
  if (index->predicate_sql) {
    return NotFit(constraint, context, sqlstate::kWrongObjectType,
                  fmt::format("\"{}\" is a partial index", name))
        .Detail(std::string(kSuchAnIndex));
  }
  for (size_t i = 0; i < index->keys.size(); ++i) {
    if (!index->keys[i].descending && !index->keys[i].nulls_first) continue;
    return NotFit(
               constraint, context, sqlstate::kWrongObjectType,
               fmt::format("index \"{}\" column number {} does not have default sorting behavior",
                           name, i + 1))
        .Detail(std::string(kSuchAnIndex));
  }
  return index;
}

Task<Status> UseIndex(const ast::Constraint& constraint, catalog::TableRef table,
                      DdlContext& context) {
  CO_ASSIGN_OR_RETURN(catalog::IndexRef index, IndexToUse(constraint, *table, context));
  catalog::IndexDesc used = *index;
  if (!constraint.name.empty() && constraint.name != used.name) {
    Notice(
        context,
        fmt::format("ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index \"{}\" to \"{}\"",
                    used.name, constraint.name));
    Status locked = co_await LockName(context, used.schema_oid, std::string(constraint.name));
    if (!locked.ok()) co_return locked;
    if (View(context).FindRelation(used.schema_oid, constraint.name) != catalog::kInvalidOid) {
      co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists", constraint.name);
    }
    used.name = constraint.name;
  }
  auto allocate = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate;
  if (!oid.ok()) co_return std::move(oid).status();
  used.constraint_oid = *oid;
  used.deferrable = constraint.deferrable;
  used.initially_deferred = constraint.initially_deferred;
  CO_RETURN_IF_ERROR(Changes(context).SetIndex(std::move(used)));
  // The entries of a deferrable constraint are others.
  if (!constraint.deferrable) co_return Status::Ok();
  Status rebuilt = co_await RebuildIndexes(table->oid, context);
  co_return rebuilt;
}

}  // namespace

std::vector<std::string> NamesOf(const ast::Constraint& constraint) {
  std::vector<std::string> names;
  for (const ast::Name& column : constraint.columns) names.emplace_back(column.text);
  return names;
}

Task<Status> AddUniqueKeys(const std::vector<UniqueKey>& keys, catalog::Oid table,
                           DdlContext& context) {
  for (size_t i = 0; i < keys.size(); ++i) {
    catalog::TableRef description = View(context).FindTable(table);
    if (IsPrimaryKey(keys[i], *description) ||
        std::any_of(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const UniqueKey& earlier) { return SaysTheSame(earlier, keys[i]); })) {
      continue;
    }
    CO_ASSIGN_OR_RETURN(catalog::IndexDesc index,
                        DescribeUnique(*keys[i].constraint, keys[i].columns, *description, context,
                                       KeyTable::kNew));
    // Of those that say the same the first that has a name gives it.
    for (size_t later = i + 1; keys[i].constraint->name.empty() && later < keys.size(); ++later) {
      if (!SaysTheSame(keys[i], keys[later]) || keys[later].constraint->name.empty()) continue;
      index.name = keys[later].constraint->name;
      break;
    }
    auto added = co_await AddIndex(std::move(index), /*is_constraint=*/true, context);
    if (!added.ok()) co_return std::move(added).status();
  }
  co_return Status::Ok();
}

Task<Status> AddUniqueConstraint(const ast::Constraint& constraint, catalog::TableRef table,
                                 DdlContext& context) {
  if (!constraint.using_index.empty()) {
    Status used = co_await UseIndex(constraint, table, context);
    co_return used;
  }
  CO_ASSIGN_OR_RETURN(catalog::IndexDesc index, DescribeUnique(constraint, NamesOf(constraint),
                                                               *table, context, KeyTable::kOld));
  auto added = co_await AddIndex(std::move(index), /*is_constraint=*/true, context);
  if (!added.ok()) co_return std::move(added).status();
  Status filled = co_await FillIndex(*added, context);
  co_return filled;
}

Status MultiplePrimaryKeys(const catalog::TableDesc& table) {
  return Error(sqlstate::kInvalidTableDefinition,
               "multiple primary keys for table \"{}\" are not allowed", table.name);
}

Status CheckNoPrimaryKey(const catalog::TableDesc& table) {
  auto is_primary = [](const catalog::IndexRef& index) { return index->primary; };
  if (table.primary_key.empty() && std::ranges::none_of(table.indexes, is_primary)) {
    return Status::Ok();
  }
  return MultiplePrimaryKeys(table);
}

void SetNotNull(const std::vector<std::string>& columns, catalog::TableDesc* table) {
  for (const std::string& name : columns) {
    const int column = table->FindColumn(name);
    if (column >= 0) table->columns[static_cast<size_t>(column)].not_null = true;
  }
}

Task<Status> AddDeferrablePrimaryKey(const ast::Constraint& constraint, catalog::TableRef table,
                                     DdlContext& context) {
  CO_RETURN_IF_ERROR(CheckNoPrimaryKey(*table));
  auto add = AddUniqueConstraint(constraint, table, context);
  Status added = co_await add;
  if (!added.ok()) co_return added;
  table = View(context).FindTable(table->oid);
  for (const ast::Name& name : constraint.columns) {
    const int column = table->FindColumn(name.text);
    auto look = ColumnHasNulls(table, column, context.execution);
    auto has_nulls = co_await look;
    if (!has_nulls.ok()) co_return std::move(has_nulls).status();
    if (*has_nulls) co_return ContainsNulls(*table, column);
  }
  catalog::TableDesc altered = *table;
  SetNotNull(NamesOf(constraint), &altered);
  co_return Changes(context).SetTable(std::move(altered));
}

}  // namespace shale::sql::ddl
