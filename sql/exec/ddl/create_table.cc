// CREATE TABLE.
#include "catalog/type_uses.h"
#include "sql/exec/ddl/index_internal.h"
#include "sql/exec/ddl/table_like.h"
#include "sql/exec/ddl/temporary.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"

namespace shale::sql::ddl {
namespace {

constexpr size_t kColumnsMax = 1600;

// Those of columns, then the table's own.
Task<Status> AddChecks(const ast::CreateTable& command, const std::vector<NewColumn>& columns,
                       catalog::TableDesc* table, DdlContext& context) {
  std::vector<const ast::Constraint*> checks;
  for (const NewColumn& column : columns) {
    checks.insert(checks.end(), column.checks.begin(), column.checks.end());
  }
  for (const ast::Constraint& constraint : command.constraints) {
    if (constraint.kind == ast::Constraint::Kind::kCheck) checks.push_back(&constraint);
  }
  for (const ast::Constraint* constraint : checks) {
    std::string name;
    auto add = AddCheck(*constraint, table, context, &name);
    Status added = co_await add;
    if (!added.ok()) co_return added;
  }
  co_return Status::Ok();
}

Task<Status> AddForeignKeys(const ast::CreateTable& command, const std::vector<NewColumn>& columns,
                            catalog::TableDesc* table, DdlContext& context) {
  catalog::Oid oid = catalog::kInvalidOid;
  for (const NewColumn& column : columns) {
    for (const ast::Constraint* constraint : column.foreign_keys) {
      std::vector<std::string> own{column.column.name};
      auto add = AddForeignKey(*constraint, std::move(own), table, context, &oid);
      Status added = co_await add;
      if (!added.ok()) co_return added;
    }
  }
  for (const ast::Constraint& constraint : command.constraints) {
    if (constraint.kind != ast::Constraint::Kind::kForeignKey) continue;
    auto add = AddForeignKey(constraint, {}, table, context, &oid);
    Status added = co_await add;
    if (!added.ok()) co_return added;
  }
  co_return Status::Ok();
}

}  // namespace

Task<Result<std::string>> CreateTable(const ast::CreateTable& command, DdlContext& context) {
  auto placing = PlaceRelation(command.name, command.temporary, context);
  auto place = co_await placing;
  if (!place.ok()) co_return std::move(place).status();
  if (command.unlogged && place->temporary) {
    co_return Error(sqlstate::kInvalidTableDefinition,
                    "only temporary relations may be created in temporary schemas")
        .Position(PositionOf(context, command.name.location));
  }
  const catalog::SchemaRef schema = place->schema;
  std::string name(command.name.name);
  auto lock_name = LockName(context, schema->oid, name);
  Status locked = co_await lock_name;
  if (!locked.ok()) co_return locked;
  if (View(context).FindRelation(schema->oid, name) != catalog::kInvalidOid) {
    if (!command.if_not_exists) {
      co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists", name);
    }
    Notice(context, fmt::format("relation \"{}\" already exists, skipping", name),
           sqlstate::kDuplicateTable);
    co_return std::string("CREATE TABLE");
  }
  CO_RETURN_IF_ERROR(ClaimRowType(schema->oid, name, context));

  catalog::TableDesc table;
  table.schema_oid = schema->oid;
  table.schema_name = schema->name;
  table.name = name;
  table.unlogged = command.unlogged;
  CO_ASSIGN_OR_RETURN(table.options, StorageOptions(command.storage));
  auto allocate_oid = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate_oid;
  if (!oid.ok()) co_return std::move(oid).status();
  table.oid = *oid;
  CO_RETURN_IF_ERROR(SetOnCommit(command.on_commit, table, context));
  auto allocate_storage = context.execution->catalog->AllocateStorageId(schema->name);
  auto storage = co_await allocate_storage;
  if (!storage.ok()) co_return std::move(storage).status();
  table.storage_id = *storage;

  std::vector<catalog::SequenceDesc> sequences;
  std::vector<std::string> taken = {name};
  std::vector<std::pair<const ast::Constraint*, std::vector<std::string>>> keys;
  std::vector<NewColumn> described_columns;
  std::vector<UniqueKey> uniques;
  TableLikes likes(command, context);
  for (size_t i = 0; i < command.columns.size(); ++i) {
    Status added = co_await likes.AddColumns(i, &table, &sequences, &taken);
    if (!added.ok()) co_return added;
    const ast::ColumnDefinition& definition = command.columns[i];
    if (table.FindColumn(definition.name) >= 0) {
      co_return Error(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once",
                      definition.name);
    }
    auto described = co_await DescribeColumn(definition, table, context, &taken);
    if (!described.ok()) co_return std::move(described).status();
    if (described->sequence) {
      described->sequence->owner_column = static_cast<int>(table.columns.size());
      sequences.push_back(std::move(*described->sequence));
    }
    if (described->primary_key != nullptr) {
      keys.emplace_back(described->primary_key,
                        std::vector<std::string>{std::string(definition.name)});
    }
    for (const ast::Constraint* unique : described->uniques) {
      uniques.push_back({unique, {std::string(definition.name)}});
    }
    table.columns.push_back(described->column);
    described_columns.push_back(std::move(*described));
  }
  Status appended = co_await likes.AddColumns(command.columns.size(), &table, &sequences, &taken);
  if (!appended.ok()) co_return appended;
  if (table.columns.size() > kColumnsMax) {
    co_return Error(sqlstate::kTooManyColumns, "tables can have at most {} columns", kColumnsMax);
  }
  CO_RETURN_IF_ERROR(CheckGenerated(command.columns, context, &table));
  for (const ast::Constraint& constraint : command.constraints) {
    if (constraint.kind == ast::Constraint::Kind::kUnique) {
      uniques.push_back({&constraint, NamesOf(constraint)});
    } else if (constraint.kind == ast::Constraint::Kind::kPrimaryKey) {
      keys.emplace_back(&constraint, NamesOf(constraint));
    }
  }
  auto check = AddChecks(command, described_columns, &table, context);
  Status checked = co_await check;
  if (!checked.ok()) co_return checked;
  Status likewise = co_await likes.AddChecks(&table);
  if (!likewise.ok()) co_return likewise;
  for (auto& [constraint, columns] : keys) {
    if (constraint != keys[0].first) {
      co_return MultiplePrimaryKeys(table).Position(PositionOf(context, constraint->location));
    }
    if (constraint->deferrable) {
      SetNotNull(columns, &table);
      uniques.insert(uniques.begin(), {constraint, columns});
      continue;
    }
    Status set = co_await SetPrimaryKey(*constraint, columns, &table, context);
    if (!set.ok()) co_return set;
  }
  Status key_set = co_await likes.SetKey(&table);
  if (!key_set.ok()) co_return key_set;
  auto use = UseTypes(catalog::TypesOf(table), context);
  Status used = co_await use;
  if (!used.ok()) co_return used;
  for (catalog::SequenceDesc& sequence : sequences) {
    CO_RETURN_IF_ERROR(Changes(context).SetSequence(std::move(sequence)));
  }
  CO_RETURN_IF_ERROR(Changes(context).SetTable(table));
  Status unique = co_await AddUniqueKeys(uniques, table.oid, context);
  if (!unique.ok()) co_return unique;
  Status indexed = co_await likes.AddIndexes(table.oid);
  if (!indexed.ok()) co_return indexed;
  CO_RETURN_IF_ERROR(likes.AddComments(table));
  // Foreign keys come last, when the table is there to be referred to by itself.
  table = *View(context).FindTable(table.oid);
  auto refer = AddForeignKeys(command, described_columns, &table, context);
  Status referred = co_await refer;
  if (!referred.ok()) co_return referred;
  if (!table.foreign_keys.empty()) {
    CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(table)));
  }
  co_return std::string("CREATE TABLE");
}

}  // namespace shale::sql::ddl
