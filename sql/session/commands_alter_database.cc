// ALTER DATABASE. See commands_database.cc.
#include "sql/exec/ddl/ddl.h"
#include "sql/session/commands.h"
#include "sql/session/session_impl.h"
#include "sql/session/setting_text.h"

namespace shale::sql {

Status SessionImpl::ChangeDatabaseOptions(const ast::AlterDatabase& command,
                                          catalog::DatabaseDesc* database) {
  const ast::DatabaseOptions& options = command.options;
  if (options.allows_connections == false && database->oid == catalog_->database()) {
    return Status(sqlstate::kInvalidParameterValue,
                  "cannot disallow connections for current database");
  }
  if (!options.tablespace.empty() && options.tablespace != "pg_default") {
    return Error(sqlstate::kUndefinedObject, "tablespace \"{}\" does not exist",
                 options.tablespace);
  }
  if (options.is_template) database->is_template = *options.is_template;
  if (options.allows_connections) database->allows_connections = *options.allows_connections;
  if (options.connection_limit) database->connection_limit = *options.connection_limit;
  return Status::Ok();
}

Status SessionImpl::ChangeDatabaseSetting(const ast::SetVariable& command,
                                          catalog::DatabaseDesc* database) {
  using Command = ast::SetVariable::Command;
  if (command.command == Command::kResetAll) {
    database->settings.clear();
    return Status::Ok();
  }
  Settings check(database_->setting_defaults());
  const SettingDefinition* definition = FindSetting(LowerSettingName(command.name));
  const std::string name =
      definition != nullptr ? std::string(definition->name) : LowerSettingName(command.name);
  switch (command.command) {
    case Command::kSet: {
      ASSIGN_OR_RETURN(std::string text, SettingTextOf(command, settings_.fields().format));
      RETURN_IF_ERROR(check.Set(command.name, text, false));
      database->settings[name] = std::move(text);
      return Status::Ok();
    }
    case Command::kSetDefault:
    case Command::kReset:
      RETURN_IF_ERROR(check.Reset(command.name));
      database->settings.erase(name);
      return Status::Ok();
    default:
      return NotSupported("ALTER DATABASE ... SET TRANSACTION");
  }
}

Task<Result<std::string>> SessionImpl::RunAlterDatabase(const ast::AlterDatabase& command,
                                                        ReplySink& sink) {
  using Action = ast::AlterDatabase::Action;
  const std::string tag = "ALTER DATABASE";
  auto start = StartDatabaseCommand(
      tag, command.options.tablespace.empty() ? "" : "ALTER DATABASE SET TABLESPACE");
  Status status = co_await start;
  if (!status.ok()) co_return status;
  const bool renames = command.action == Action::kRename;
  if (renames) {
    // PostgreSQL's order: the lock of what is renamed, then the name that it takes.
    const catalog::DatabaseRef named = CatalogView()->FindDatabase(command.name);
    if (named != nullptr && named->oid == catalog_->database()) {
      if (CatalogView()->FindDatabase(command.target) != nullptr) {
        co_return Error(sqlstate::kDuplicateDatabase, "database \"{}\" already exists",
                        command.target);
      }
      co_return Status(sqlstate::kFeatureNotSupported, "current database cannot be renamed");
    }
    auto lock = LockDatabase(command.name, engine::LockMode::kTableAccessExclusive);
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    auto lock_target = LockDatabaseName(command.target);
    status = co_await lock_target;
    if (!status.ok()) co_return status;
  }
  auto lock_name = LockDatabaseName(command.name);
  status = co_await lock_name;
  if (!status.ok()) co_return status;
  const catalog::DatabaseRef database = CatalogView()->FindDatabase(command.name);
  if (database == nullptr) {
    co_return Error(sqlstate::kInvalidCatalogName, "database \"{}\" does not exist", command.name);
  }
  catalog::DatabaseDesc changed = *database;
  switch (command.action) {
    case Action::kOptions:
      CO_RETURN_IF_ERROR(ChangeDatabaseOptions(command, &changed));
      break;
    case Action::kRename: {
      if (CatalogView()->FindDatabase(command.target) != nullptr) {
        co_return Error(sqlstate::kDuplicateDatabase, "database \"{}\" already exists",
                        command.target);
      }
      auto await = AwaitUnused(*database, "database");
      status = co_await await;
      if (!status.ok()) co_return status;
      changed.name = command.target;
      break;
    }
    case Action::kOwner:
      CO_RETURN_IF_ERROR(ddl::CheckOwner(command.target, user_));
      co_return tag;
    case Action::kSetting:
      CO_RETURN_IF_ERROR(ChangeDatabaseSetting(*command.setting, &changed));
      break;
    case Action::kRefreshCollation: {
      // The collations of bytes have no versions.
      ErrorFields notice;
      notice.sqlstate = sqlstate::kSuccess;
      notice.message = "version has not changed";
      Notice(sink, "NOTICE", std::move(notice));
      co_return tag;
    }
  }
  CO_RETURN_IF_ERROR(transaction_.catalog_transaction()->SetDatabase(std::move(changed)));
  co_return tag;
}

}  // namespace shale::sql
