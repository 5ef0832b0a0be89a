// CREATE and DROP DATABASE, and what they share with ALTER DATABASE (commands_alter_database.cc):
// changes of the list of databases, under PostgreSQL's locks (catalog/keys.h): a name that is taken
// or given up, and the databases that nobody may begin a session in meanwhile.
#include <algorithm>

#include "catalog/keys.h"
#include "sql/exec/ddl/ddl.h"
#include "sql/session/session_impl.h"
#include "sql/session/setting_text.h"

namespace shale::sql {
namespace {

// Sessions that end need a moment. PostgreSQL waits as long for them.
constexpr std::chrono::milliseconds kUnusedPollInterval{100};
constexpr int kUnusedPolls = 50;

Status NoSuchDatabase(std::string_view name) {
  return Error(sqlstate::kInvalidCatalogName, "database \"{}\" does not exist", name);
}

std::string Counted(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string DescribeUsers(size_t sessions, size_t prepared) {
  if (sessions > 0 && prepared > 0) {
    return fmt::format(
        "There are {} other session(s) and {} prepared transaction(s) using the database.",
        sessions, prepared);
  }
  const size_t count = sessions + prepared;
  return fmt::format("There {} {} using the database.", count == 1 ? "is" : "are",
                     sessions > 0 ? Counted(sessions, "other session")
                                  : Counted(prepared, "prepared transaction"));
}

// What the locale is called, of none that the template's is. All texts are compared by their bytes,
// so that there are no others.
Result<std::string> LocaleName(std::string_view locale, const std::string& of_template) {
  if (locale.empty()) return of_template;
  if (locale == "POSIX") return std::string("C");
  constexpr std::string_view kLocales[] = {"C", "C.UTF-8", "C.utf8"};
  if (std::ranges::find(kLocales, locale) != std::end(kLocales)) return std::string(locale);
  return Error(sqlstate::kWrongObjectType, "invalid locale name: \"{}\"", locale);
}

Status CheckTablespace(std::string_view tablespace) {
  if (tablespace.empty() || tablespace == "pg_default") return Status::Ok();
  if (tablespace == "pg_global") {
    return Status(sqlstate::kInvalidParameterValue,
                  "pg_global cannot be used as default tablespace");
  }
  return Error(sqlstate::kUndefinedObject, "tablespace \"{}\" does not exist", tablespace);
}

Status CheckStrategy(std::string_view strategy) {
  const std::string clean = LowerSettingName(strategy);
  if (clean.empty() || clean == "wal_log" || clean == "file_copy") return Status::Ok();
  return Error(sqlstate::kInvalidParameterValue, "invalid create database strategy \"{}\"",
               strategy)
      .Hint("Valid strategies are \"wal_log\" and \"file_copy\".");
}

// What is copied from any template but template0 was made under its locale.
Status CheckSameLocale(const catalog::DatabaseDesc& from, const catalog::DatabaseDesc& made) {
  if (from.name == catalog::kTemplate0DatabaseName) return Status::Ok();
  if (made.collate != from.collate) {
    return Error(sqlstate::kInvalidParameterValue,
                 "new collation ({}) is incompatible with the collation of the template database "
                 "({})",
                 made.collate, from.collate)
        .Hint("Use the same collation as in the template database, or use template0 as template.");
  }
  if (made.ctype != from.ctype) {
    return Error(sqlstate::kInvalidParameterValue,
                 "new LC_CTYPE ({}) is incompatible with the LC_CTYPE of the template database "
                 "({})",
                 made.ctype, from.ctype)
        .Hint("Use the same LC_CTYPE as in the template database, or use template0 as template.");
  }
  return Status::Ok();
}

}  // namespace

Task<Status> SessionImpl::StartDatabaseCommand(std::string_view command, std::string_view alone) {
  transaction_.EnsureBegun();
  if (transaction_.read_only()) {
    co_return Error(sqlstate::kReadOnlySqlTransaction,
                    "cannot execute {} in a read-only transaction", command);
  }
  if (!alone.empty()) CO_RETURN_IF_ERROR(PreventInTransactionBlock(alone));
  auto safe = transaction_.AwaitSafeSnapshot(&cancel_);
  Status awaited = co_await safe;
  if (!awaited.ok()) co_return awaited;
  transaction_.RefreshCatalog();
  co_return transaction_.StartStatement();
}

Task<Status> SessionImpl::LockDatabaseName(std::string_view name) {
  const std::string key =
      catalog::NameLockKey(catalog::kSharedDatabaseOid, catalog::kInvalidOid, name);
  auto lock = transaction_.transaction()->Lock(key, LockOptionsOf(engine::LockMode::kUpdate));
  auto locked = co_await lock;
  if (!locked.ok()) co_return std::move(locked).status();
  transaction_.RefreshCatalog();
  co_return Status::Ok();
}

Task<Result<catalog::DatabaseRef>> SessionImpl::LockDatabase(std::string_view name,
                                                             engine::LockMode mode) {
  catalog::DatabaseRef database = CatalogView()->FindDatabase(name);
  while (database != nullptr) {
    const std::string key = catalog::DatabaseLockKey(database->oid);
    auto lock = transaction_.transaction()->Lock(key, LockOptionsOf(mode));
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    transaction_.RefreshCatalog();
    catalog::DatabaseRef now = CatalogView()->FindDatabase(name);
    if (now != nullptr && now->oid == database->oid) co_return now;
    database = std::move(now);  // renamed or dropped meanwhile
  }
  co_return NoSuchDatabase(name);
}

Task<Status> SessionImpl::AwaitUnused(const catalog::DatabaseDesc& database,
                                      std::string_view what) {
  DatabaseImpl::Users users = database_->UsersOf(database, pid_);
  for (int i = 0; i < kUnusedPolls && !users.sessions.empty(); ++i) {
    if (cancel_.cancelled()) co_return cancel_.reason();
    Event due;
    database_->timers().Schedule(kUnusedPollInterval, [&due] { due.Set(); });
    co_await due;
    users = database_->UsersOf(database, pid_);
  }
  if (users.sessions.empty() && users.prepared == 0) co_return Status::Ok();
  co_return Error(sqlstate::kObjectInUse, "{} \"{}\" is being accessed by other users", what,
                  database.name)
      .Detail(DescribeUsers(users.sessions.size(), static_cast<size_t>(users.prepared)));
}

Task<Result<std::string>> SessionImpl::RunCreateDatabase(const ast::CreateDatabase& command) {
  const ast::DatabaseOptions& options = command.options;
  auto start = StartDatabaseCommand("CREATE DATABASE", "CREATE DATABASE");
  Status status = co_await start;
  if (!status.ok()) co_return status;
  if (!options.owner.empty()) CO_RETURN_IF_ERROR(ddl::CheckOwner(options.owner, user_));
  const std::string_view source =
      options.template_name.empty() ? catalog::kTemplate1DatabaseName : options.template_name;
  auto lock = LockDatabase(source, engine::LockMode::kTableShare);
  auto locked = co_await lock;
  if (!locked.ok()) {
    if (!locked.status().Is(sqlstate::kInvalidCatalogName)) co_return std::move(locked).status();
    co_return Error(sqlstate::kInvalidCatalogName, "template database \"{}\" does not exist",
                    source);
  }
  const catalog::DatabaseRef from = *std::move(locked);
  CO_RETURN_IF_ERROR(CheckStrategy(options.strategy));
  catalog::DatabaseDesc made;
  made.name = command.name;
  made.is_template = options.is_template.value_or(false);
  made.allows_connections = options.allows_connections.value_or(true);
  made.connection_limit = options.connection_limit.value_or(-1);
  CO_ASSIGN_OR_RETURN(made.collate, LocaleName(options.collate, from->collate));
  CO_ASSIGN_OR_RETURN(made.ctype, LocaleName(options.ctype, from->ctype));
  CO_RETURN_IF_ERROR(CheckSameLocale(*from, made));
  CO_RETURN_IF_ERROR(CheckTablespace(options.tablespace));

  auto lock_name = LockDatabaseName(command.name);
  status = co_await lock_name;
  if (!status.ok()) co_return status;
  if (CatalogView()->FindDatabase(command.name) != nullptr) {
    co_return Error(sqlstate::kDuplicateDatabase, "database \"{}\" already exists", command.name);
  }
  auto await = AwaitUnused(*from, "source database");
  status = co_await await;
  if (!status.ok()) co_return status;

  auto allocate = catalog_->AllocateOid();
  auto allocated = co_await allocate;
  if (!allocated.ok()) co_return std::move(allocated).status();
  made.oid = *allocated;
  const catalog::Cluster::Check check = [this] {
    return cancel_.cancelled() ? cancel_.reason() : Status::Ok();
  };
  co_await ResumeOn(*database_->options().workers);
  auto copy = database_->cluster().CopyDatabase(database_->cluster().Find(from->oid), made.oid,
                                                transaction_.transaction(), check);
  auto content = co_await copy;
  if (!content.ok()) co_return std::move(content).status();
  CO_RETURN_IF_ERROR(
      transaction_.catalog_transaction()->CreateDatabase(std::move(made), *std::move(content)));
  co_return std::string("CREATE DATABASE");
}

Task<Result<std::string>> SessionImpl::RunDropDatabase(const ast::DropDatabase& command,
                                                       ReplySink& sink) {
  auto start = StartDatabaseCommand("DROP DATABASE", "DROP DATABASE");
  Status status = co_await start;
  if (!status.ok()) co_return status;
  auto check = [this](const catalog::DatabaseDesc& database) {
    if (database.is_template) {
      return Status(sqlstate::kWrongObjectType, "cannot drop a template database");
    }
    if (database.oid == catalog_->database()) {
      return Status(sqlstate::kObjectInUse, "cannot drop the currently open database");
    }
    return Status::Ok();
  };
  // What is refused whoever uses it, before its lock is waited for.
  if (const catalog::DatabaseRef named = CatalogView()->FindDatabase(command.name)) {
    CO_RETURN_IF_ERROR(check(*named));
  }
  auto lock = LockDatabase(command.name, engine::LockMode::kTableAccessExclusive);
  auto locked = co_await lock;
  if (!locked.ok()) {
    if (!command.if_exists || !locked.status().Is(sqlstate::kInvalidCatalogName)) {
      co_return std::move(locked).status();
    }
    ErrorFields notice;
    notice.sqlstate = sqlstate::kSuccess;
    notice.message = fmt::format("database \"{}\" does not exist, skipping", command.name);
    Notice(sink, "NOTICE", std::move(notice));
    co_return std::string("DROP DATABASE");
  }
  auto lock_name = LockDatabaseName(command.name);
  status = co_await lock_name;
  if (!status.ok()) co_return status;
  // ALTER DATABASE takes the name alone.
  const catalog::DatabaseRef database = CatalogView()->FindDatabase((*locked)->oid);
  CHECK(database != nullptr);
  CO_RETURN_IF_ERROR(check(*database));
  if (command.force) {
    const DatabaseImpl::Users users = database_->UsersOf(*database, pid_);
    if (users.prepared > 0) {
      co_return Error(sqlstate::kObjectInUse,
                      "database \"{}\" is being used by prepared transactions", database->name)
          .Detail(DescribeUsers(0, static_cast<size_t>(users.prepared)));
    }
    for (int32_t pid : users.sessions) database_->TerminateSession(pid);
  }
  auto await = AwaitUnused(*database, "database");
  status = co_await await;
  if (!status.ok()) co_return status;
  CO_RETURN_IF_ERROR(transaction_.catalog_transaction()->DropDatabase(database->oid));
  dropped_database_ = database->oid;
  co_return std::string("DROP DATABASE");
}

}  // namespace shale::sql
