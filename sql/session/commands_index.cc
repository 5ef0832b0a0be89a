// CREATE INDEX CONCURRENTLY, in steps with a transaction each:
//
//   1. publish the index as one that is built: whoever writes from then on maintains it
//   2. wait for those who have written the table before, and may do so without knowing of it
//   3. add the rows that are there (sql/exec/build_concurrently.h)
//   4. publish it as valid
//
// A lock of the session's keeps out other changes of the table throughout. What fails after the
// first step leaves the index as it is, invalid, for DROP INDEX.
#include <algorithm>
#include <map>
#include <set>

#include "catalog/keys.h"
#include "sql/exec/build_concurrently.h"
#include "sql/exec/ddl/concurrent_index.h"
#include "sql/session/session_impl.h"

namespace shale::sql {
namespace {

constexpr std::chrono::milliseconds kUserPollInterval{10};

bool MayWrite(engine::LockMode mode) {
  switch (mode) {
    case engine::LockMode::kTableRowExclusive:
    case engine::LockMode::kTableShareRowExclusive:
    case engine::LockMode::kTableExclusive:
    case engine::LockMode::kTableAccessExclusive:
      return true;
    default:
      return false;
  }
}

// The transactions that hold the table, with their sessions.
std::map<uint64_t, uint64_t> UsersOf(engine::KvStore& store, const std::string& key, bool writers) {
  std::map<uint64_t, uint64_t> users;
  for (const engine::LockInfo& lock : store.Locks()) {
    if (lock.granted && lock.key == key && (!writers || MayWrite(lock.mode)) &&
        lock.transaction != 0) {
      users[lock.transaction] = lock.session;
    }
  }
  return users;
}

}  // namespace

// Whether the session waits for this one, if only for somebody who does.
bool SessionImpl::IsAwaitedBy(int32_t other) {
  std::vector<int32_t> next = {other};
  std::set<int32_t> seen;
  while (!next.empty()) {
    const int32_t session = next.back();
    next.pop_back();
    if (session == pid_) return true;
    if (!seen.insert(session).second) continue;
    const std::vector<int32_t> blocking = database_->BlockingPids(session);
    next.insert(next.end(), blocking.begin(), blocking.end());
  }
  return false;
}

// Others may use the table meanwhile, so it is no lock that is waited for, and circles that it
// closes are looked for here.
Task<Status> SessionImpl::AwaitUsers(catalog::Oid table, TableUse use) {
  using Clock = std::chrono::steady_clock;
  const bool writers = use == TableUse::kWrites;
  const std::string key = catalog::TableLockKey(catalog_->database(), table);
  std::map<uint64_t, uint64_t> awaited = UsersOf(database_->store(), key, writers);
  std::optional<Clock::time_point> circle_since;
  while (!awaited.empty()) {
    if (cancel_.cancelled()) co_return cancel_.reason();
    const bool circle = std::ranges::any_of(
        awaited, [&](const auto& user) { return IsAwaitedBy(static_cast<int32_t>(user.second)); });
    if (!circle) {
      circle_since.reset();
    } else if (!circle_since) {
      circle_since = Clock::now();
    } else if (Clock::now() - *circle_since >= settings_.fields().deadlock_timeout) {
      co_return Status(sqlstate::kDeadlockDetected, "deadlock detected");
    }
    Event due;
    database_->timers().Schedule(kUserPollInterval, [&due] { due.Set(); });
    co_await due;
    const std::map<uint64_t, uint64_t> users = UsersOf(database_->store(), key, writers);
    std::erase_if(awaited, [&](const auto& user) { return !users.contains(user.first); });
  }
  co_return Status::Ok();
}

Status SessionImpl::StartDdlStep() {
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();
  return transaction_.StartStatement();
}

Task<Result<std::string>> SessionImpl::RunCreateIndexConcurrently(const ast::CreateIndex& command,
                                                                  Portal* portal, ReplySink& sink) {
  CO_RETURN_IF_ERROR(PreventInTransactionBlock("CREATE INDEX CONCURRENTLY"));
  if (lock_session_ == nullptr)
    co_return NotSupported("CREATE INDEX CONCURRENTLY by this storage engine");
  CO_RETURN_IF_ERROR(StartDdlStep());
  const auto view = CatalogView();
  DdlContext context = MakeDdlContext(*view, portal, sink);
  if (transaction_.read_only()) {
    co_return Error(sqlstate::kReadOnlySqlTransaction,
                    "cannot execute {} in a read-only transaction", CommandName(command));
  }
  auto start = ddl::StartConcurrentIndex(command, context);
  auto started = co_await start;
  if (!started.ok()) co_return std::move(started).status();
  if (!*started) co_return std::string("CREATE INDEX");
  const ddl::ConcurrentIndex index = **started;

  const std::string key = catalog::TableLockKey(catalog_->database(), index.table);
  auto lock = lock_session_->Lock(key, LockOptionsOf(engine::LockMode::kTableShareUpdateExclusive));
  auto locked = co_await lock;
  if (!locked.ok()) co_return std::move(locked).status();
  auto build = BuildPublishedIndex(index, portal, sink);
  Status built = co_await build;
  lock_session_->Unlock(key, engine::LockMode::kTableShareUpdateExclusive);
  if (!built.ok()) co_return built;
  co_return std::string("CREATE INDEX");
}

Task<Status> SessionImpl::BuildPublishedIndex(const ddl::ConcurrentIndex& index, Portal* portal,
                                              ReplySink& sink) {
  auto commit = transaction_.Commit();
  Status committed = co_await commit;
  if (!committed.ok()) co_return committed;
  auto await_writers = AwaitUsers(index.table, TableUse::kWrites);
  Status awaited = co_await await_writers;
  if (!awaited.ok()) co_return awaited;

  auto snapshot = catalog().snapshot();
  auto build = BuildConcurrently(snapshot->FindTable(index.table), snapshot->FindIndex(index.index),
                                 lock_session_.get(), &portal->context);
  Status built = co_await build;
  if (!built.ok()) co_return built;

  CO_RETURN_IF_ERROR(StartDdlStep());
  const auto view = CatalogView();
  DdlContext context = MakeDdlContext(*view, portal, sink);
  auto finish = ddl::FinishConcurrentIndex(index, context);
  Status finished = co_await finish;
  co_return finished;
}

// Locks the table's readers and writers out for a moment, as DROP INDEX does: there is nothing to
// wait for but who uses the table now.
Task<Result<std::string>> SessionImpl::RunDropIndexConcurrently(const ast::Drop& command,
                                                                Portal* portal, ReplySink& sink) {
  if (command.names.size() > 1) {
    co_return Status(sqlstate::kFeatureNotSupported,
                     "DROP INDEX CONCURRENTLY does not support dropping multiple objects");
  }
  if (command.cascade) {
    co_return Status(sqlstate::kFeatureNotSupported,
                     "DROP INDEX CONCURRENTLY does not support CASCADE");
  }
  CO_RETURN_IF_ERROR(PreventInTransactionBlock("DROP INDEX CONCURRENTLY"));
  auto drop = RunDdl(command, portal, sink);
  auto dropped = co_await drop;
  co_return dropped;
}

}  // namespace shale::sql
