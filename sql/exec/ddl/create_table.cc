// CREATE TABLE.
#include "sql/exec/ddl/index_internal.h"

namespace shale::sql::ddl {
namespace {

constexpr size_t kColumnsMax = 1600;

std::vector<std::string> NamesOf(const ast::Constraint& constraint) {
  std::vector<std::string> names;
  for (const ast::Name& column : constraint.columns) names.emplace_back(column.text);
  return names;
}

}  // namespace

Task<Result<std::string>> CreateTable(const ast::CreateTable& command, DdlContext& context) {
  CO_ASSIGN_OR_RETURN(catalog::SchemaRef schema,
                      ResolveCreationSchema(Binding(context), command.name));
  if (schema->oid == catalog::kPgCatalogSchemaOid ||
      schema->oid == catalog::kInformationSchemaOid) {
    co_return Error(sqlstate::kInsufficientPrivilege, "permission denied to create \"{}.{}\"",
                    schema->name, command.name.name)
        .Detail("System catalog modifications are currently disallowed.");
  }
  std::string name(command.name.name);
  auto lock_schema = LockSchema(context, schema);
  Status locked = co_await lock_schema;
  if (!locked.ok()) co_return locked;
  auto lock_name = LockName(context, schema->oid, name);
  locked = co_await lock_name;
  if (!locked.ok()) co_return locked;
  if (View(context).FindRelation(schema->oid, name) != catalog::kInvalidOid) {
    if (!command.if_not_exists) {
      co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists", name);
    }
    Notice(context, fmt::format("relation \"{}\" already exists, skipping", name),
           sqlstate::kDuplicateTable);
    co_return std::string("CREATE TABLE");
  }
  if (command.columns.size() > kColumnsMax) {
    co_return Error(sqlstate::kTooManyColumns, "tables can have at most {} columns", kColumnsMax);
  }

  catalog::TableDesc table;
  table.schema_oid = schema->oid;
  table.schema_name = schema->name;
  table.name = name;
  CO_ASSIGN_OR_RETURN(table.options, StorageOptions(command.storage));
  auto allocate_oid = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate_oid;
  if (!oid.ok()) co_return std::move(oid).status();
  table.oid = *oid;
  auto allocate_storage = context.execution->catalog->AllocateStorageId();
  auto storage = co_await allocate_storage;
  if (!storage.ok()) co_return std::move(storage).status();
  table.storage_id = *storage;

  std::vector<catalog::SequenceDesc> sequences;
  std::vector<std::string> taken = {name};
  std::vector<std::pair<const ast::Constraint*, std::vector<std::string>>> keys;
  std::vector<UniqueKey> uniques;
  for (const ast::ColumnDefinition& definition : command.columns) {
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
    table.columns.push_back(std::move(described->column));
  }
  CO_RETURN_IF_ERROR(CheckGenerated(command.columns, table, context));
  for (const ast::Constraint& constraint : command.constraints) {
    if (constraint.kind == ast::Constraint::Kind::kUnique) {
      uniques.push_back({&constraint, NamesOf(constraint)});
    } else {
      keys.emplace_back(&constraint, NamesOf(constraint));
    }
  }
  for (auto& [constraint, columns] : keys) {
    Status set = co_await SetPrimaryKey(*constraint, columns, &table, context);
    if (!set.ok()) co_return set;
  }
  for (catalog::SequenceDesc& sequence : sequences) {
    CO_RETURN_IF_ERROR(Changes(context).SetSequence(std::move(sequence)));
  }
  const catalog::Oid table_oid = table.oid;
  CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(table)));
  Status unique = co_await AddUniqueKeys(uniques, table_oid, context);
  if (!unique.ok()) co_return unique;
  co_return std::string("CREATE TABLE");
}

}  // namespace shale::sql::ddl
