// DROP SEQUENCE, INDEX and SCHEMA.
#include <algorithm>
#include <set>

#include "sql/exec/ddl/index_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"
#include "sql/parse/deparse.h"

namespace shale::sql::ddl {
namespace {

std::string_view WordOf(ast::ObjectType type) {
  switch (type) {
    case ast::ObjectType::kSequence:
      return "sequence";
    case ast::ObjectType::kSchema:
      return "schema";
    default:
      return "index";
  }
}

std::string TagOf(ast::ObjectType type) {
  switch (type) {
    case ast::ObjectType::kSequence:
      return "DROP SEQUENCE";
    case ast::ObjectType::kSchema:
      return "DROP SCHEMA";
    default:
      return "DROP INDEX";
  }
}

Status WrongKind(const ast::Drop& command, const ast::QualifiedName& name,
                 std::string_view actual) {
  return Error(sqlstate::kWrongObjectType, "\"{}\" is not a {}", name.name, WordOf(command.object))
      .Hint(
          fmt::format("Use DROP {} to remove a {}.", actual == "table" ? "TABLE" : "VIEW", actual));
}

Task<Status> DropOneSequence(const ast::Drop& command, const ast::QualifiedName& name,
                             DdlContext& context) {
  catalog::SequenceRef sequence = FindSequence(Binding(context), name);
  if (sequence == nullptr) {
    if (FindTable(Binding(context), name) != nullptr) co_return WrongKind(command, name, "table");
    if (FindView(Binding(context), name) != nullptr) co_return WrongKind(command, name, "view");
    if (!command.if_exists) {
      co_return MissingToDrop("sequence", name, sqlstate::kUndefinedTable, context);
    }
    NoticeMissing("sequence", name, context);
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
  DropRequest request;
  request.relations = {sequence->oid};
  request.what = DescribeRelation(context, sequence->oid);
  request.cascade = command.cascade;
  auto dropping = DropDependents(request, context);
  Status dependents = co_await dropping;
  if (!dependents.ok()) co_return dependents;
  co_return Changes(context).DropSequence(sequence->oid);
}

// What a schema holds, in the order in which it was made; sequences of columns go with their
// tables.
std::vector<catalog::Oid> RelationsIn(catalog::Oid schema, const DdlContext& context) {
  std::vector<catalog::Oid> relations;
  for (const auto& [oid, table] : View(context).tables()) {
    if (table->schema_oid == schema) relations.push_back(oid);
  }
  for (const auto& [oid, view] : View(context).views()) {
    if (view->schema_oid == schema && !view->materialized) relations.push_back(oid);
  }
  for (const auto& [oid, sequence] : View(context).sequences()) {
    const bool owned = sequence->owner_table != catalog::kInvalidOid;
    if (sequence->schema_oid == schema && !owned) relations.push_back(oid);
  }
  for (const auto& [oid, function] : *View(context).functions()) {
    if (function->schema_oid == schema) relations.push_back(oid);
  }
  std::ranges::sort(relations);
  return relations;
}

std::vector<SchemaContents> ContentsOf(const std::vector<catalog::SchemaRef>& schemas,
                                       const DdlContext& context) {
  std::vector<SchemaContents> contents;
  for (const catalog::SchemaRef& schema : schemas) {
    contents.push_back({schema->name, RelationsIn(schema->oid, context)});
  }
  return contents;
}

// Dropped with the schemas; whoever adds a dependent locks what it depends on, so that once all are
// locked no more can come.
Task<Result<std::vector<Dependent>>> LockDependentsOf(std::vector<catalog::SchemaRef> schemas,
                                                      DdlContext& context) {
  std::set<catalog::Oid> locked;
  while (true) {
    std::vector<Dependent> dependents = DependentsOfSchemas(context, ContentsOf(schemas, context));
    auto next = std::ranges::find_if(
        dependents, [&](const Dependent& one) { return !locked.contains(one.relation); });
    if (next == dependents.end()) co_return dependents;
    const catalog::Oid oid = next->relation;
    Status status = co_await LockTable(context, oid, engine::LockMode::kTableAccessExclusive);
    if (!status.ok()) co_return status;
    locked.insert(oid);
  }
}

Task<Status> DropDependentOf(const Dependent& dependent, DdlContext& context) {
  const catalog::Oid oid = dependent.relation;
  if (dependent.foreign_key != catalog::kInvalidOid) {
    std::vector<ForeignKeyName> one{{oid, dependent.foreign_key}};
    auto drop = DropForeignKeys(std::move(one), /*tells=*/false, context);
    Status dropped = co_await drop;
    co_return dropped;
  }
  if (dependent.part != Dependent::Part::kNone) co_return DropPart(dependent, context);
  if (View(context).FindFunction(oid) != nullptr) co_return Changes(context).DropFunction(oid);
  if (View(context).FindView(oid) != nullptr) co_return Changes(context).DropView(oid);
  if (View(context).FindTable(oid) != nullptr) {
    auto drop = DropTable(oid, context);
    Status dropped = co_await drop;
    co_return dropped;
  }
  co_return Changes(context).DropSequence(oid);
}

Task<Status> EmptySchemas(const std::vector<catalog::SchemaRef>& schemas, bool cascade,
                          DdlContext& context) {
  std::vector<Dependent> dependents = DependentsOfSchemas(context, ContentsOf(schemas, context));
  std::vector<catalog::TypeRef> types;
  std::string type_lines;
  for (const catalog::SchemaRef& schema : schemas) {
    for (catalog::TypeRef& type : TypesIn(schema->oid, context)) {
      type_lines += fmt::format("{}{} depends on schema {}", type_lines.empty() ? "" : "\n",
                                DescribeType(*type), QuoteIdentifier(schema->name));
      types.push_back(std::move(type));
    }
  }
  if (dependents.empty() && types.empty()) co_return Status::Ok();
  if (!cascade) {
    const bool many = schemas.size() > 1;
    std::string list = ListOf(context, dependents);
    if (!list.empty() && !type_lines.empty()) list += '\n';
    list += type_lines;
    co_return Error(sqlstate::kDependentObjectsStillExist,
                    "cannot drop {} because other objects depend on {}",
                    many ? "desired object(s)" : "schema " + QuoteIdentifier(schemas[0]->name),
                    many ? "them" : "it")
        .Detail(std::move(list))
        .Hint("Use DROP ... CASCADE to drop the dependent objects too.");
  }
  auto locking = LockDependentsOf(schemas, context);
  auto locked = co_await locking;
  if (!locked.ok()) co_return std::move(locked).status();
  dependents = std::move(locked).value();
  std::vector<std::string> dropped;
  for (const Dependent& one : dependents) {
    dropped.push_back("drop cascades to " + DescribeDependent(context, one));
  }
  for (const catalog::TypeRef& type : types) {
    dropped.push_back("drop cascades to " + DescribeType(*type));
  }
  NoticeCascade(context, dropped);
  for (size_t i = dependents.size(); i-- > 0;) {
    auto dropping = DropDependentOf(dependents[i], context);
    Status status = co_await dropping;
    if (!status.ok()) co_return status;
  }
  for (const catalog::TypeRef& type : types) {
    auto dropping = DropTypeWithUsers(type->oid, context);
    Status status = co_await dropping;
    if (!status.ok()) co_return status;
  }
  co_return Status::Ok();
}

// All of them before any is dropped, each once.
Task<Result<std::vector<catalog::SchemaRef>>> LockSchemas(const ast::Drop& command,
                                                          DdlContext& context) {
  std::vector<catalog::SchemaRef> schemas;
  for (const ast::QualifiedName& name : command.names) {
    Status locked = co_await LockName(context, catalog::kInvalidOid, std::string(name.name));
    if (!locked.ok()) co_return locked;
    catalog::SchemaRef schema = View(context).FindSchema(name.name);
    if (schema == nullptr) {
      if (!command.if_exists) {
        co_return MissingToDrop("schema", name, sqlstate::kInvalidSchemaName, context);
      }
      NoticeMissing("schema", name, context);
      continue;
    }
    if (std::ranges::find(schemas, schema) == schemas.end()) schemas.push_back(std::move(schema));
  }
  co_return schemas;
}

Task<Status> DropSchemas(const ast::Drop& command, DdlContext& context) {
  auto locking = LockSchemas(command, context);
  auto schemas = co_await locking;
  if (!schemas.ok()) co_return std::move(schemas).status();
  for (const catalog::SchemaRef& schema : *schemas) {
    if (schema->oid < catalog::kFirstUserOid && schema->oid != catalog::kPublicSchemaOid) {
      co_return Error(sqlstate::kDependentObjectsStillExist,
                      "cannot drop schema {} because it is required by the database system",
                      schema->name);
    }
  }
  auto emptying = EmptySchemas(*schemas, command.cascade, context);
  Status emptied = co_await emptying;
  if (!emptied.ok()) co_return emptied;
  for (const catalog::SchemaRef& schema : *schemas) {
    CO_RETURN_IF_ERROR(Changes(context).DropSchema(schema->oid));
  }
  co_return Status::Ok();
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
  if (command.object == ast::ObjectType::kTable || command.object == ast::ObjectType::kView ||
      command.object == ast::ObjectType::kMaterializedView) {
    auto relations = DropRelations(command, context);
    auto dropped = co_await relations;
    co_return dropped;
  }
  if (command.object == ast::ObjectType::kType || command.object == ast::ObjectType::kDomain) {
    auto types = DropTypes(command, context);
    auto dropped = co_await types;
    co_return dropped;
  }
  if (command.object == ast::ObjectType::kSchema) {
    auto schemas = DropSchemas(command, context);
    Status dropped = co_await schemas;
    if (!dropped.ok()) co_return dropped;
    co_return TagOf(command.object);
  }
  for (const ast::QualifiedName& name : command.names) {
    Task<Status> step = command.object == ast::ObjectType::kSequence
                            ? DropOneSequence(command, name, context)
                            : DropOneIndex(command, name, context);
    Status dropped = co_await step;
    if (!dropped.ok()) co_return dropped;
  }
  co_return TagOf(command.object);
}

}  // namespace shale::sql::ddl
