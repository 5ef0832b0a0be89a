// CREATE VIEW, and what ALTER VIEW can do.
#include "sql/exec/ddl/temporary.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"

namespace shale::sql::ddl {
namespace {

catalog::CheckOption CheckOptionOf(ast::CreateView::CheckOption option) {
  switch (option) {
    case ast::CreateView::CheckOption::kLocal:
      return catalog::CheckOption::kLocal;
    case ast::CreateView::CheckOption::kCascaded:
      return catalog::CheckOption::kCascaded;
    case ast::CreateView::CheckOption::kNone:
      break;
  }
  return catalog::CheckOption::kNone;
}

// OR REPLACE may add columns, and change nothing of those that are there.
Status CheckReplacement(const catalog::ViewDesc& old, const catalog::ViewDesc& fresh) {
  if (fresh.columns.size() < old.columns.size()) {
    return Error(sqlstate::kInvalidTableDefinition, "cannot drop columns from view");
  }
  for (size_t i = 0; i < old.columns.size(); ++i) {
    const catalog::ViewColumn& before = old.columns[i];
    const catalog::ViewColumn& after = fresh.columns[i];
    if (before.name != after.name) {
      return Error(sqlstate::kInvalidTableDefinition,
                   "cannot change name of view column \"{}\" to \"{}\"", before.name, after.name)
          .Hint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.");
    }
    if (before.type != after.type) {
      return Error(sqlstate::kInvalidTableDefinition,
                   "cannot change data type of view column \"{}\" from {} to {}", before.name,
                   catalog::FormatType(before.type), catalog::FormatType(after.type));
    }
  }
  return Status::Ok();
}

// Describes the query while what it reads is locked.
Task<Result<ViewParts>> DescribeLocked(const ast::CreateView& command, DdlContext& context) {
  while (true) {
    CO_ASSIGN_OR_RETURN(ViewParts parts,
                        DescribeView(Binding(context), *command.query, command.columns));
    const uint64_t version = View(context).version();
    Status locked = co_await LockRelations(parts.relations, context);
    if (!locked.ok()) co_return locked;
    if (View(context).version() == version) co_return parts;
  }
}

std::string_view ActionName(ast::AlterTableAction::Kind kind) {
  using Kind = ast::AlterTableAction::Kind;
  switch (kind) {
    case Kind::kAddColumn:
      return "ADD COLUMN";
    case Kind::kDropColumn:
      return "DROP COLUMN";
    case Kind::kAddConstraint:
      return "ADD CONSTRAINT";
    case Kind::kDropConstraint:
      return "DROP CONSTRAINT";
    case Kind::kSetNotNull:
      return "ALTER COLUMN ... SET NOT NULL";
    case Kind::kDropNotNull:
      return "ALTER COLUMN ... DROP NOT NULL";
    case Kind::kSetStatistics:
      return "ALTER COLUMN ... SET STATISTICS";
    case Kind::kValidateConstraint:
      return "VALIDATE CONSTRAINT";
    case Kind::kAlterConstraint:
      return "ALTER CONSTRAINT";
    case Kind::kSetDefault:
    case Kind::kDropDefault:
      return "ALTER COLUMN ... SET DEFAULT";
    case Kind::kSetType:
      return "ALTER COLUMN ... SET DATA TYPE";
    case Kind::kSetLogged:
      return "SET LOGGED";
    case Kind::kSetUnlogged:
      return "SET UNLOGGED";
    case Kind::kAddIdentity:
      return "ALTER COLUMN ... ADD IDENTITY";
    case Kind::kSetIdentity:
      return "ALTER COLUMN ... SET";
    case Kind::kDropIdentity:
      return "ALTER COLUMN ... DROP IDENTITY";
    case Kind::kDropExpression:
      return "ALTER COLUMN ... DROP EXPRESSION";
  }
  return {};
}

// PostgreSQL keeps defaults and, in name, identities of a view's columns.
bool IsOfDefaults(ast::AlterTableAction::Kind kind) {
  using Kind = ast::AlterTableAction::Kind;
  return kind == Kind::kSetDefault || kind == Kind::kDropDefault || kind == Kind::kAddIdentity ||
         kind == Kind::kSetIdentity || kind == Kind::kDropIdentity;
}

}  // namespace

Status RefuseOfView(const ast::AlterTable& command, bool materialized) {
  CHECK(!command.actions.empty());
  const auto kind = command.actions[0].kind;
  if (!materialized && IsOfDefaults(kind)) return NotSupported("defaults of view columns");
  return Error(sqlstate::kWrongObjectType, "ALTER action {} cannot be performed on relation \"{}\"",
               ActionName(kind), command.table.name)
      .Detail(fmt::format("This operation is not supported for {}views.",
                          materialized ? "materialized " : ""));
}

Task<Status> LockRelations(const std::vector<catalog::ViewRelation>& relations,
                           DdlContext& context) {
  for (const catalog::ViewRelation& relation : relations) {
    if (relation.oid < catalog::kFirstUserOid) continue;
    const catalog::Oid of_row = catalog::RelationOfRow(relation.oid);
    const catalog::Oid locks = of_row != catalog::kInvalidOid ? of_row : relation.oid;
    Status locked = co_await LockTable(context, locks, engine::LockMode::kTableAccessShare);
    if (!locked.ok()) co_return locked;
  }
  co_return Status::Ok();
}

ast::QualifiedName Unplaced(ast::QualifiedName name) {
  name.location = ast::kNoLocation;
  return name;
}

Result<catalog::SchemaRef> CreationSchema(const ast::QualifiedName& name, DdlContext& context) {
  ASSIGN_OR_RETURN(catalog::SchemaRef schema, ResolveCreationSchema(Binding(context), name));
  if (schema->oid == catalog::kPgCatalogSchemaOid ||
      schema->oid == catalog::kInformationSchemaOid) {
    return Error(sqlstate::kInsufficientPrivilege, "permission denied to create \"{}.{}\"",
                 schema->name, name.name)
        .Detail("System catalog modifications are currently disallowed.");
  }
  return schema;
}

Result<catalog::SchemaRef> LastingSchema(const ast::QualifiedName& name, std::string_view what,
                                         DdlContext& context) {
  const bool is_temporary =
      name.schema == catalog::kTemporaryAlias || catalog::IsTemporarySchema(name.schema);
  if (is_temporary) {
    return Error(sqlstate::kFeatureNotSupported, "{} in temporary schemas are not supported", what);
  }
  return CreationSchema(name, context);
}

Task<Result<std::string>> CreateView(const ast::CreateView& command, DdlContext& context) {
  auto describing = DescribeLocked(command, context);
  auto described = co_await describing;
  if (!described.ok()) co_return std::move(described).status();
  catalog::ViewDesc view;
  view.name = command.name.name;
  view.columns = std::move(described->columns);
  view.query = std::move(described->query);
  view.relations = std::move(described->relations);
  view.functions = std::move(described->functions);
  view.uses = std::move(described->uses);
  bool temporary = command.temporary;
  if (!temporary && UsesTemporary(view, context)) {
    Notice(context, fmt::format("view \"{}\" will be a temporary view", command.name.name));
    temporary = true;
  }
  auto placing = PlaceRelation(Unplaced(command.name), temporary, context);
  auto place = co_await placing;
  if (!place.ok()) co_return std::move(place).status();
  const catalog::SchemaRef schema = place->schema;
  view.schema_oid = schema->oid;
  view.check_option = CheckOptionOf(command.check_option);
  view.security_barrier = command.security_barrier;
  view.security_invoker = command.security_invoker;
  if (view.check_option != catalog::CheckOption::kNone) {
    CO_RETURN_IF_ERROR(CheckUpdatable(Binding(context), view));
  }

  auto lock_name = LockName(context, schema->oid, view.name);
  Status locked = co_await lock_name;
  if (!locked.ok()) co_return locked;
  const catalog::Oid existing = View(context).FindRelation(schema->oid, view.name);
  if (existing == catalog::kInvalidOid) {
    auto allocate = context.execution->catalog->AllocateOid();
    auto oid = co_await allocate;
    if (!oid.ok()) co_return std::move(oid).status();
    CO_RETURN_IF_ERROR(ClaimRowType(schema->oid, view.name, context));
    view.oid = *oid;
  } else {
    if (!command.or_replace) {
      co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists", view.name);
    }
    catalog::ViewRef old = View(context).FindView(schema->oid, view.name);
    if (old == nullptr) {
      co_return Error(sqlstate::kWrongObjectType, "\"{}\" is not a view", view.name);
    }
    Status exclusive =
        co_await LockTable(context, existing, engine::LockMode::kTableAccessExclusive);
    if (!exclusive.ok()) co_return exclusive;
    old = View(context).FindView(existing);
    CO_RETURN_IF_ERROR(CheckReplacement(*old, view));
    for (const catalog::ViewColumn& column : view.columns) {
      CO_RETURN_IF_ERROR(CheckNotWithin(existing, column.type, context));
    }
    for (size_t i = old->columns.size(); i < view.columns.size(); ++i) {
      CO_RETURN_IF_ERROR(
          CheckRowTypeNotInTexts(existing, "CREATE OR REPLACE VIEW with more columns", context));
      auto change = ChangeStoredRows(existing, -1, view.columns[i].type, context);
      Status changed = co_await change;
      if (!changed.ok()) co_return changed;
    }
    view.oid = existing;
  }
  CO_RETURN_IF_ERROR(Changes(context).SetView(std::move(view)));
  co_return std::string("CREATE VIEW");
}

Task<Result<std::string>> RenameView(const ast::Rename& command, catalog::ViewRef view,
                                     DdlContext& context) {
  const std::string tag = command.object == ast::ObjectType::kTable ? "ALTER TABLE" : "ALTER VIEW";
  Status locked = co_await LockTable(context, view->oid, engine::LockMode::kTableAccessExclusive);
  if (!locked.ok()) co_return locked;
  view = View(context).FindView(view->oid);
  if (view == nullptr) {
    co_return Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", command.name.name);
  }
  catalog::ViewDesc renamed = *view;
  if (command.column.empty()) {
    Status named = co_await LockName(context, view->schema_oid, std::string(command.new_name));
    if (!named.ok()) co_return named;
    if (View(context).FindRelation(view->schema_oid, command.new_name) != catalog::kInvalidOid) {
      co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists",
                      command.new_name);
    }
    CO_RETURN_IF_ERROR(ClaimTypeName(view->schema_oid, command.new_name, context));
    renamed.name = command.new_name;
  } else {
    catalog::ViewColumn* found = nullptr;
    for (catalog::ViewColumn& column : renamed.columns) {
      if (column.name == command.column) found = &column;
      if (column.name != command.new_name) continue;
      co_return Error(sqlstate::kDuplicateColumn, "column \"{}\" of relation \"{}\" already exists",
                      command.new_name, view->name);
    }
    if (found == nullptr) {
      co_return Error(sqlstate::kUndefinedColumn, "column \"{}\" does not exist", command.column);
    }
    CO_RETURN_IF_ERROR(CheckRowTypeNotWritten(view->oid, context));
    found->name = command.new_name;
  }
  CO_RETURN_IF_ERROR(Changes(context).SetView(std::move(renamed)));
  co_return tag;
}

Task<Result<std::string>> SetViewSchema(const ast::SetSchema& command, DdlContext& context) {
  catalog::ViewRef view = FindView(Binding(context), command.name);
  if (view == nullptr) {
    if (FindTable(Binding(context), command.name) != nullptr ||
        FindSequence(Binding(context), command.name) != nullptr) {
      co_return Error(sqlstate::kWrongObjectType, "\"{}\" is not a view", command.name.name);
    }
    if (!command.if_exists) {
      co_return Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist",
                      command.name.name);
    }
    Notice(context, fmt::format("relation \"{}\" does not exist, skipping", command.name.name));
    co_return std::string("ALTER VIEW");
  }
  Status locked = co_await LockTable(context, view->oid, engine::LockMode::kTableAccessExclusive);
  if (!locked.ok()) co_return locked;
  CO_ASSIGN_OR_RETURN(catalog::SchemaRef schema,
                      TargetSchema(command.schema, view->schema_name, context));
  Status named = co_await LockName(context, schema->oid, view->name);
  if (!named.ok()) co_return named;
  view = View(context).FindView(view->oid);
  if (view == nullptr) {
    co_return Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", command.name.name);
  }
  if (view->schema_oid == schema->oid) co_return std::string("ALTER VIEW");
  if (View(context).FindRelation(schema->oid, view->name) != catalog::kInvalidOid) {
    co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists in schema \"{}\"",
                    view->name, schema->name);
  }
  CO_RETURN_IF_ERROR(ClaimTypeNameIn(*schema, view->name, context));
  catalog::ViewDesc moved = *view;
  moved.schema_oid = schema->oid;
  CO_RETURN_IF_ERROR(Changes(context).SetView(std::move(moved)));
  co_return std::string("ALTER VIEW");
}

}  // namespace shale::sql::ddl
