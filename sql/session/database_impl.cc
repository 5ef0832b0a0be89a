#include "sql/session/database_impl.h"

#include <algorithm>

#include "catalog/keys.h"
#include "engine/base/random.h"
#include "sql/session/prepared_owner.h"
#include "sql/session/session_impl.h"
#include "sql/session/setting_text.h"
#include "sql/system/system_tables.h"

namespace shale::sql {
namespace {

constexpr std::string_view kUser = catalog::kBootstrapRoleName;

}  // namespace

Result<std::unique_ptr<Database>> Database::Open(engine::KvStore* store,
                                                 const DatabaseOptions& options) {
  RegisterSystemTables();
  // Server-wide defaults must be good before any session relies on them.
  Settings check(MakeSettingDefaults({}));
  for (const auto& [name, text] : options.settings) {
    RETURN_IF_ERROR(check.CheckServerDefault(name, text));
  }
  ASSIGN_OR_RETURN(auto cluster, catalog::Cluster::Open(store));
  return std::unique_ptr<Database>(
      std::make_unique<DatabaseImpl>(store, options, std::move(cluster)));
}

DatabaseImpl::DatabaseImpl(engine::KvStore* store, const DatabaseOptions& options,
                           std::unique_ptr<catalog::Cluster> cluster)
    : store_(store),
      options_(options),
      setting_defaults_(MakeSettingDefaults(options.settings)),
      cluster_(std::move(cluster)),
      memory_("process", nullptr),
      parallel_workers_(options.worker_threads - 1),
      completions_("completions", 1) {
  auto setting = [this](std::string_view name) { return setting_defaults_->find(name)->second; };
  if (setting("autovacuum") != "on") return;
  AutoAnalyzeOptions analysis;
  auto interval =
      ParseSettingInteger(*FindSetting("autovacuum_naptime"), setting("autovacuum_naptime"));
  CHECK(interval.ok());  // Open has looked at it
  analysis.interval = std::chrono::milliseconds(std::stoll(*interval));
  analysis.threshold = std::stod(setting("autovacuum_analyze_threshold"));
  analysis.scale_factor = std::stod(setting("autovacuum_analyze_scale_factor"));
  analysis.target = std::stoi(setting("default_statistics_target"));
  analysis.workers = options_.workers;
  auto_analyze_ = std::make_unique<AutoAnalyze>(cluster_.get(), &counts_, analysis);
}

DatabaseImpl::~DatabaseImpl() {
  auto_analyze_.reset();
  CHECK(sessions_.empty());
}

Task<Result<catalog::DatabaseRef>> DatabaseImpl::HoldDatabase(std::string name,
                                                              engine::KvTransaction* transaction) {
  catalog::DatabaseRef database = cluster_->FindDatabase(name);
  while (database != nullptr) {
    const std::string key = catalog::DatabaseLockKey(database->oid);
    auto lock = transaction->Lock(key, {.mode = engine::LockMode::kTableRowExclusive});
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    catalog::DatabaseRef now = cluster_->FindDatabase(name);
    if (now != nullptr && now->oid == database->oid) co_return now;
    database = std::move(now);  // renamed or dropped meanwhile
  }
  co_return Error(sqlstate::kInvalidCatalogName, "database \"{}\" does not exist", name);
}

Task<Result<std::unique_ptr<Session>>> DatabaseImpl::Connect(StartupRequest request) {
  if (request.user != kUser) {
    co_return Error(sqlstate::kInvalidAuthorizationSpecification, "role \"{}\" does not exist",
                    request.user);
  }
  auto transaction = store_->Begin({});  // for its lock, until the session is one that others see
  auto hold = HoldDatabase(request.database, transaction.get());
  auto held = co_await hold;
  if (!held.ok()) co_return std::move(held).status();
  const catalog::DatabaseRef database = *std::move(held);
  // CONNECTION LIMIT is not for superusers, and the only role is one.
  if (!database->allows_connections) {
    co_return Error(sqlstate::kObjectNotInPrerequisiteState,
                    "database \"{}\" is not currently accepting connections", database->name);
  }
  auto secret = static_cast<uint32_t>(SecureRandom64());
  std::unique_ptr<SessionImpl> session;
  {
    std::lock_guard lock(mutex_);
    if (sessions_.size() >= static_cast<size_t>(options_.max_connections)) {
      co_return Status(sqlstate::kTooManyConnections, "sorry, too many clients already");
    }
    int32_t pid = next_pid_++;
    session =
        std::make_unique<SessionImpl>(this, cluster_->Find(database->oid), request, pid, secret);
    sessions_[pid] = session.get();
  }
  transaction.reset();
  counters_.connections.Add();
  session->ApplyDatabaseSettings(*database);
  CO_RETURN_IF_ERROR(session->ApplyStartupSettings(request));
  co_return std::unique_ptr<Session>(std::move(session));
}

DatabaseImpl::Users DatabaseImpl::UsersOf(const catalog::DatabaseDesc& database, int32_t except) {
  Users users;
  const auto databases = cluster_->databases();
  for (const engine::PreparedTransaction& prepared : store_->ListPrepared()) {
    // One of which that cannot be told may be of any.
    auto owner = PreparedOwner::Decode(prepared.payload, *databases);
    if (!owner.ok() || owner->database == database.oid) ++users.prepared;
  }
  std::lock_guard lock(mutex_);
  for (const auto& [pid, session] : sessions_) {
    const bool is_user = pid != except && session->catalog().database() == database.oid;
    if (is_user) users.sessions.push_back(pid);
  }
  return users;
}

void DatabaseImpl::Forget(int32_t pid) {
  std::lock_guard lock(mutex_);
  sessions_.erase(pid);
}

void DatabaseImpl::CancelRequest(int32_t pid, uint32_t secret) {
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(pid);
  if (found == sessions_.end() || found->second->secret() != secret) return;
  found->second->Cancel(
      Status(sqlstate::kQueryCanceled, "canceling statement due to user request"));
}

bool DatabaseImpl::CancelSession(int32_t pid) {
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(pid);
  if (found == sessions_.end()) return false;
  found->second->Cancel(
      Status(sqlstate::kQueryCanceled, "canceling statement due to user request"));
  return true;
}

bool DatabaseImpl::TerminateSession(int32_t pid) {
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(pid);
  if (found == sessions_.end()) return false;
  found->second->Terminate();
  return true;
}

bool DatabaseImpl::HasSession(int32_t pid) {
  std::lock_guard lock(mutex_);
  return sessions_.contains(pid);
}

bool DatabaseImpl::IsPrepared(uint64_t transaction) const {
  return std::ranges::any_of(store_->ListPrepared(), [transaction](const auto& prepared) {
    return prepared.id == transaction;
  });
}

std::vector<int32_t> DatabaseImpl::BlockingPids(int32_t pid) {
  std::lock_guard lock(mutex_);
  auto waiter = sessions_.find(pid);
  if (waiter == sessions_.end()) return {};
  std::vector<int32_t> pids;
  if (engine::LockSession* locks = waiter->second->lock_session()) {
    for (const engine::LockBlocker& blocker : locks->Blockers()) {
      // Of no session are the server's own transactions, which are not told of, and prepared ones.
      if (blocker.session != 0 || IsPrepared(blocker.transaction)) {
        pids.push_back(static_cast<int32_t>(blocker.session));
      }
    }
  }
  if (!pids.empty()) return pids;
  // It may wait for its snapshot to be safe.
  const uint64_t id = waiter->second->transaction().shown_id();
  if (id == 0) return pids;
  for (uint64_t blocking : store_->BlockingTransactions(id)) {
    if (IsPrepared(blocking)) pids.push_back(0);
    for (const auto& [other, session] : sessions_) {
      if (session->transaction().shown_id() == blocking) pids.push_back(other);
    }
  }
  return pids;
}

std::vector<SessionInfo> DatabaseImpl::Sessions() {
  std::lock_guard lock(mutex_);
  std::vector<SessionInfo> infos;
  for (const auto& [pid, session] : sessions_) {
    infos.push_back(session->Info());
  }
  return infos;
}

std::vector<engine::Statistic> DatabaseImpl::Statistics() {
  size_t open;
  {
    std::lock_guard lock(mutex_);
    open = sessions_.size();
  }
  auto number = [](uint64_t value) { return static_cast<double>(value); };
  constexpr double kNanosPerMilli = 1e6;
  const Histogram& latency = counters_.latency_ns;
  return {
      {"sessions.open", number(open)},
      {"sessions.total", number(counters_.connections.value())},
      {"transactions.committed", number(counters_.commits.value())},
      {"transactions.rolled_back", number(counters_.rollbacks.value())},
      {"statements.total", number(counters_.statements.value())},
      {"statements.errors", number(counters_.errors.value())},
      {"statements.planned", number(counters_.plans.value())},
      {"latency.p50_ms", number(latency.Percentile(50)) / kNanosPerMilli},
      {"latency.p99_ms", number(latency.Percentile(99)) / kNanosPerMilli},
      {"latency.p999_ms", number(latency.Percentile(99.9)) / kNanosPerMilli},
      {"latency.max_ms", number(latency.max()) / kNanosPerMilli},
      {"memory.sessions_bytes", number(memory_.used())},
  };
}

Result<engine::KeyRange> DatabaseImpl::TableRange(std::string_view database,
                                                  std::string_view name) {
  const catalog::DatabaseRef wanted = cluster_->FindDatabase(database);
  const catalog::CatalogRef catalog = wanted ? cluster_->Find(wanted->oid) : nullptr;
  if (catalog == nullptr) {
    return Error(sqlstate::kInvalidCatalogName, "database \"{}\" does not exist", database);
  }
  auto view = catalog->snapshot();
  size_t dot = name.find('.');
  std::string_view schema_name = dot == name.npos ? "public" : name.substr(0, dot);
  std::string_view table_name = dot == name.npos ? name : name.substr(dot + 1);
  catalog::SchemaRef schema = view->FindSchema(schema_name);
  catalog::TableRef table = schema ? view->FindTable(schema->oid, table_name) : nullptr;
  if (table == nullptr) {
    return Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", name);
  }
  return catalog::RowRange(table->storage_id);
}

}  // namespace shale::sql
