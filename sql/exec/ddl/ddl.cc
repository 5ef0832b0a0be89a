#include "sql/exec/ddl/ddl.h"

#include "catalog/keys.h"
#include "sql/exec/ddl/ddl_internal.h"
#include "sql/exec/ddl/function_internal.h"
#include "sql/exec/ddl/index_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"
#include "sql/parse/parser.h"

namespace shale::sql {

Task<Result<std::string>> ExecuteDdl(const ast::Statement& statement, DdlContext& context) {
  switch (statement.kind) {
    case ast::StatementKind::kCreateTable:
      return ddl::CreateTable(ast::As<ast::CreateTable>(statement), context);
    case ast::StatementKind::kAlterTable:
      return ddl::AlterTable(ast::As<ast::AlterTable>(statement), context);
    case ast::StatementKind::kCreateIndex:
      return ddl::CreateIndex(ast::As<ast::CreateIndex>(statement), context);
    case ast::StatementKind::kReindex:
      return ddl::Reindex(ast::As<ast::Reindex>(statement), context);
    case ast::StatementKind::kDrop:
      return ddl::DropObjects(ast::As<ast::Drop>(statement), context);
    case ast::StatementKind::kRename:
      return ddl::RenameObject(ast::As<ast::Rename>(statement), context);
    case ast::StatementKind::kCreateView:
      return ddl::CreateView(ast::As<ast::CreateView>(statement), context);
    case ast::StatementKind::kSetSchema: {
      const auto& set = ast::As<ast::SetSchema>(statement);
      const bool is_type =
          set.object == ast::ObjectType::kType || set.object == ast::ObjectType::kDomain;
      if (is_type) return ddl::SetTypeSchema(set, context);
      return set.object == ast::ObjectType::kView ? ddl::SetViewSchema(set, context)
                                                  : ddl::SetSchema(set, context);
    }
    case ast::StatementKind::kCreateSchema:
      return ddl::CreateSchema(ast::As<ast::CreateSchema>(statement), context);
    case ast::StatementKind::kCreateSequence:
      return ddl::CreateSequence(ast::As<ast::CreateSequence>(statement), context);
    case ast::StatementKind::kAlterSequence:
      return ddl::AlterSequence(ast::As<ast::AlterSequence>(statement), context);
    case ast::StatementKind::kCreateEnum:
      return ddl::CreateEnum(ast::As<ast::CreateEnum>(statement), context);
    case ast::StatementKind::kAlterEnum:
      return ddl::AlterEnum(ast::As<ast::AlterEnum>(statement), context);
    case ast::StatementKind::kCreateDomain:
      return ddl::CreateDomain(ast::As<ast::CreateDomain>(statement), context);
    case ast::StatementKind::kAlterDomain:
      return ddl::AlterDomain(ast::As<ast::AlterDomain>(statement), context);
    case ast::StatementKind::kCreateComposite:
      return ddl::CreateComposite(ast::As<ast::CreateComposite>(statement), context);
    case ast::StatementKind::kAlterComposite:
      return ddl::AlterComposite(ast::As<ast::AlterComposite>(statement), context);
    case ast::StatementKind::kAlterTypeOwner:
      return ddl::AlterTypeOwner(ast::As<ast::AlterTypeOwner>(statement), context);
    case ast::StatementKind::kTruncate:
      return ddl::TruncateTables(ast::As<ast::Truncate>(statement), context);
    case ast::StatementKind::kLock:
      return ddl::LockTables(ast::As<ast::Lock>(statement), context);
    case ast::StatementKind::kCreateTableAs:
      return ddl::CreateTableAs(ast::As<ast::CreateTableAs>(statement), context);
    case ast::StatementKind::kRefreshView:
      return ddl::RefreshView(ast::As<ast::RefreshView>(statement), context);
    case ast::StatementKind::kComment:
      return ddl::SetComment(ast::As<ast::Comment>(statement), context);
    case ast::StatementKind::kCreateFunction:
      return ddl::CreateFunction(ast::As<ast::CreateFunction>(statement), context);
    case ast::StatementKind::kAlterFunction:
      return ddl::AlterFunction(ast::As<ast::AlterFunction>(statement), context);
    case ast::StatementKind::kDropFunction:
      return ddl::DropFunctions(ast::As<ast::DropFunction>(statement), context);
    default:
      break;
  }
  auto refuse = []() -> Task<Result<std::string>> { co_return NotSupported("this statement"); };
  return refuse();
}

namespace ddl {

const catalog::CatalogSnapshot& View(const DdlContext& context) {
  return *context.execution->catalog_transaction->view();
}

BindContext Binding(const DdlContext& context) {
  BindContext bind = context.bind;
  bind.catalog = &View(context);
  return bind;
}

BindContext BindingFor(const catalog::TableDesc& table, const DdlContext& context) {
  BindContext bind = Binding(context);
  if (View(context).FindTable(table.oid) != nullptr) bind.source = {};
  return bind;
}

catalog::CatalogTransaction& Changes(const DdlContext& context) {
  return *context.execution->catalog_transaction;
}

namespace {

void Tell(const DdlContext& context, std::string_view severity, std::string message,
          SqlState code) {
  ErrorFields fields;
  fields.sqlstate = code;
  fields.message = std::move(message);
  if (context.notice) context.notice(severity, std::move(fields));
}

}  // namespace

void Notice(const DdlContext& context, std::string message, SqlState code) {
  Tell(context, "NOTICE", std::move(message), code);
}

void Warn(const DdlContext& context, std::string message, SqlState code) {
  Tell(context, "WARNING", std::move(message), code);
}

int PositionOf(const DdlContext& context, ast::Location location) {
  return CharacterPosition(context.bind.source, location);
}

namespace {

Task<Status> Lock(DdlContext& context, std::string key, engine::LockMode mode,
                  engine::LockWait wait) {
  engine::LockOptions options = context.execution->LockOptionsOf(mode);
  options.wait = wait;
  auto lock = context.execution->transaction->Lock(key, options);
  auto outcome = co_await lock;
  if (!outcome.ok()) co_return std::move(outcome).status();
  Changes(context).Refresh();
  co_return Status::Ok();
}

}  // namespace

Task<Status> LockName(DdlContext& context, catalog::Oid schema, std::string name,
                      engine::LockWait wait) {
  return Lock(context, catalog::NameLockKey(context.execution->catalog->database(), schema, name),
              engine::LockMode::kUpdate, wait);
}

Task<Status> LockDatabaseName(DdlContext& context, std::string_view name) {
  return Lock(context,
              catalog::NameLockKey(catalog::kSharedDatabaseOid, catalog::kInvalidOid, name),
              engine::LockMode::kUpdate, engine::LockWait::kWait);
}

Task<Status> LockSchema(DdlContext& context, catalog::SchemaRef schema) {
  auto lock = Lock(context,
                   catalog::NameLockKey(context.execution->catalog->database(),
                                        catalog::kInvalidOid, schema->name),
                   engine::LockMode::kShare, engine::LockWait::kWait);
  Status locked = co_await lock;
  if (!locked.ok()) co_return locked;
  catalog::SchemaRef now = View(context).FindSchema(schema->name);
  if (now != nullptr && now->oid == schema->oid) co_return Status::Ok();
  co_return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", schema->name);
}

Task<Status> LockTable(DdlContext& context, catalog::Oid table, engine::LockMode mode,
                       engine::LockWait wait) {
  return Lock(context, catalog::TableLockKey(context.execution->catalog->database(), table), mode,
              wait);
}

Task<Result<catalog::TableRef>> LockTableByName(DdlContext& context,
                                                const ast::QualifiedName& written,
                                                engine::LockMode mode, bool missing_ok) {
  ast::QualifiedName name = written;
  name.location = ast::kNoLocation;  // errors of such commands have no position
  catalog::Oid locked = catalog::kInvalidOid;
  while (true) {
    if (missing_ok && FindTable(Binding(context), name) == nullptr &&
        FindSequence(Binding(context), name) == nullptr) {
      co_return catalog::TableRef();
    }
    CO_ASSIGN_OR_RETURN(catalog::TableRef table, ResolveTable(Binding(context), name));
    if (table->oid == locked) co_return table;
    Status status = co_await LockTable(context, table->oid, mode);
    if (!status.ok()) co_return status;
    locked = table->oid;
  }
}

}  // namespace ddl
}  // namespace shale::sql
