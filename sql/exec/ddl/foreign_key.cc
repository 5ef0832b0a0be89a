// Foreign keys of new and altered tables.
#include <algorithm>

#include "catalog/unique_key.h"
#include "sql/exec/ddl/temporary.h"
#include "sql/exec/foreign_key_codec.h"
#include "sql/expr/resolve.h"

namespace shale::sql::ddl {
namespace {

constexpr size_t kKeyColumnsMax = 32;

std::vector<std::string> TextsOf(ast::List<ast::Name> names) {
  std::vector<std::string> texts;
  for (const ast::Name& name : names) texts.emplace_back(name.text);
  return texts;
}

Result<std::vector<int>> FindColumns(const std::vector<std::string>& names,
                                     const catalog::TableDesc& table) {
  std::vector<int> columns;
  for (const std::string& name : names) {
    const int column = table.FindColumn(name);
    if (column < 0) {
      return Error(sqlstate::kUndefinedColumn,
                   "column \"{}\" referenced in foreign key constraint does not exist", name);
    }
    if (columns.size() >= kKeyColumnsMax) {
      return Error(sqlstate::kTooManyColumns, "cannot have more than {} keys in a foreign key",
                   kKeyColumnsMax);
    }
    columns.push_back(column);
  }
  return columns;
}

// What the key refers to where no columns are named.
Status FindPrimaryKey(const catalog::TableDesc& referenced, catalog::ForeignKeyDesc* key) {
  for (const catalog::UniqueKey& unique : catalog::UniqueKeysOf(referenced)) {
    if (!unique.is_primary) continue;
    if (unique.deferrable) {
      return Error(sqlstate::kObjectNotInPrerequisiteState,
                   "cannot use a deferrable primary key for referenced table \"{}\"",
                   referenced.name);
    }
    key->referenced_columns = unique.columns;
    key->referenced_index = unique.index;
    return Status::Ok();
  }
  return Error(sqlstate::kUndefinedObject, "there is no primary key for referenced table \"{}\"",
               referenced.name);
}

// The unique key that is referred to.
Status FindReferencedKey(const ast::References& references, const catalog::TableDesc& referenced,
                         catalog::ForeignKeyDesc* key) {
  if (references.columns.empty()) return FindPrimaryKey(referenced, key);
  ASSIGN_OR_RETURN(key->referenced_columns, FindColumns(TextsOf(references.columns), referenced));
  std::vector<int> wanted = key->referenced_columns;
  std::ranges::sort(wanted);
  if (std::ranges::adjacent_find(wanted) != wanted.end()) {
    return Status(sqlstate::kInvalidForeignKey,
                  "foreign key referenced-columns list must not contain duplicates");
  }
  bool is_deferrable = false;
  for (const catalog::UniqueKey& unique : catalog::UniqueKeysOf(referenced)) {
    std::vector<int> columns = unique.columns;
    std::ranges::sort(columns);
    if (columns != wanted) continue;
    is_deferrable |= unique.deferrable;
    if (unique.deferrable) continue;
    key->referenced_index = unique.index;
    return Status::Ok();
  }
  if (is_deferrable) {
    return Error(sqlstate::kObjectNotInPrerequisiteState,
                 "cannot use a deferrable unique constraint for referenced table \"{}\"",
                 referenced.name);
  }
  return Error(sqlstate::kInvalidForeignKey,
               "there is no unique constraint matching given keys for referenced table \"{}\"",
               referenced.name);
}

// What is computed from other columns cannot be given a value.
Status CheckGeneratedColumns(const catalog::ForeignKeyDesc& key, const catalog::TableDesc& table) {
  using Action = catalog::ReferenceAction;
  if (std::ranges::none_of(key.columns,
                           [&](int column) { return table.columns[column].generated; })) {
    return Status::Ok();
  }
  auto sets = [](Action action) {
    return action == Action::kSetNull || action == Action::kSetDefault;
  };
  const bool updates = key.on_update == Action::kCascade || sets(key.on_update);
  if (!updates && !sets(key.on_delete)) return Status::Ok();
  return Error(sqlstate::kSyntaxError,
               "invalid {} action for foreign key constraint containing generated column",
               updates ? "ON UPDATE" : "ON DELETE");
}

Status CheckTypes(const catalog::ForeignKeyDesc& key, const catalog::TableDesc& table,
                  const catalog::TableDesc& referenced) {
  for (size_t i = 0; i < key.columns.size(); ++i) {
    const catalog::ColumnDesc& from = table.columns[key.columns[i]];
    const catalog::ColumnDesc& to = referenced.columns[key.referenced_columns[i]];
    if (DependsOnTimeZone(from.type, to.type)) {
      return NotSupported("a foreign key between timestamp with time zone and a type without");
    }
    if (CanRefer(from.type, to.type)) continue;
    return Error(sqlstate::kDatatypeMismatch, "foreign key constraint \"{}\" cannot be implemented",
                 key.name)
        .Detail(fmt::format("Key columns \"{}\" and \"{}\" are of incompatible types: {} and {}.",
                            from.name, to.name, TypeName(from.type.oid), TypeName(to.type.oid)));
  }
  return Status::Ok();
}

Result<std::vector<int>> SetColumns(const ast::References& references,
                                    const catalog::ForeignKeyDesc& key,
                                    const catalog::TableDesc& table) {
  ASSIGN_OR_RETURN(std::vector<int> columns, FindColumns(TextsOf(references.set_columns), table));
  for (size_t i = 0; i < columns.size(); ++i) {
    if (std::ranges::find(key.columns, columns[i]) == key.columns.end()) {
      return Error(sqlstate::kInvalidColumnReference,
                   "column \"{}\" referenced in ON DELETE SET action must be part of foreign key",
                   references.set_columns[i].text);
    }
  }
  return columns;
}

std::string JoinedNames(const catalog::ForeignKeyDesc& key, const catalog::TableDesc& table) {
  std::string names;
  for (int column : key.columns) {
    if (!names.empty()) names += '_';
    names += table.columns[column].name;
  }
  return names;
}

}  // namespace

Task<Status> AddForeignKey(const ast::Constraint& constraint, std::vector<std::string> columns,
                           catalog::TableDesc* table, DdlContext& context, catalog::Oid* added) {
  const ast::References& references = *constraint.references;
  ast::QualifiedName name = references.table;
  name.location = ast::kNoLocation;  // PostgreSQL's error has none
  const Status not_table =
      Error(sqlstate::kWrongObjectType, "referenced relation \"{}\" is not a table", name.name);
  if (FindView(Binding(context), name) != nullptr) co_return not_table;
  auto locked =
      co_await LockTableByName(context, name, engine::LockMode::kTableShareRowExclusive, false);
  if (!locked.ok()) co_return std::move(locked).status();
  if (View(context).FindView((*locked)->oid) != nullptr) co_return not_table;
  // Of itself: as it is to be.
  const catalog::TableDesc& referenced = (*locked)->oid == table->oid ? *table : **locked;
  CO_RETURN_IF_ERROR(CheckForeignKeyTables(*table, referenced));
  if (columns.empty()) columns = TextsOf(constraint.columns);
  catalog::ForeignKeyDesc key;
  key.referenced_table = referenced.oid;
  key.match_full = references.match_full;
  key.on_update = static_cast<catalog::ReferenceAction>(references.on_update);
  key.on_delete = static_cast<catalog::ReferenceAction>(references.on_delete);
  key.deferrable = constraint.deferrable;
  key.initially_deferred = constraint.initially_deferred;
  CO_ASSIGN_OR_RETURN(key.columns, FindColumns(columns, *table));
  CO_ASSIGN_OR_RETURN(key.set_columns, SetColumns(references, key, *table));
  CO_RETURN_IF_ERROR(FindReferencedKey(references, referenced, &key));
  CO_RETURN_IF_ERROR(CheckGeneratedColumns(key, *table));
  if (key.columns.size() != key.referenced_columns.size()) {
    co_return Status(sqlstate::kInvalidForeignKey,
                     "number of referencing and referenced columns for foreign key disagree");
  }
  if (constraint.name.empty()) {
    key.name = ChooseConstraintName(context, *table, JoinedNames(key, *table), "fkey");
  } else {
    key.name = constraint.name;
    CO_RETURN_IF_ERROR(CheckConstraintName(*table, key.name));
  }
  CO_RETURN_IF_ERROR(CheckTypes(key, *table, referenced));
  auto allocate = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate;
  if (!oid.ok()) co_return std::move(oid).status();
  key.oid = *added = *oid;
  table->foreign_keys.push_back(std::move(key));
  co_return Status::Ok();
}

}  // namespace shale::sql::ddl
