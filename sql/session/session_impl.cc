#include "sql/session/session_impl.h"

#include <algorithm>
#include <utility>

#include "catalog/keys.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "sql/expr/type_marks.h"
#include "sql/session/lock_names.h"
#include "sql/session/setting_text.h"

namespace shale::sql {
namespace {

constexpr size_t kStatementCacheEntries = 128;
constexpr size_t kShownQueryBytesMax = 1024;

}  // namespace

SessionImpl::SessionImpl(DatabaseImpl* database, catalog::CatalogRef catalog,
                         const StartupRequest& request, int32_t pid, uint32_t secret)
    : database_(database),
      catalog_(std::move(catalog)),
      counts_(database->counts().Of(catalog_->database())),
      user_(request.user),
      database_name_(request.database),
      client_address_(request.client_address),
      pid_(pid),
      secret_(secret),
      started_us_(SystemClock().WallMicros()),
      settings_(database->setting_defaults()),
      lock_session_(database->store().OpenLockSession(
          {.id = static_cast<uint64_t>(pid), .describe = &DescribeLockWait})),
      memory_("session", &database->memory()),
      transaction_(catalog_.get(), &settings_, lock_session_.get(), &database->exported_snapshots(),
                   &database->row_moves(), &memory_),
      host_(this),
      object_names_(this),
      cache_(kStatementCacheEntries) {
  settings_.SetInternal("session_authorization", user_);
  temporary_.schema_name = fmt::format("{}_{}", catalog::kTemporaryAlias, pid_);
  transaction_.SetTemporarySchema(&temporary_.schema);
  settings_.format().object_names = &object_names_;
}

SessionImpl::~SessionImpl() {
  database_->Forget(pid_);
  portals_.clear();
  transaction_.Rollback();
}

Task<void> SessionImpl::End() {
  portals_.clear();
  transaction_.Rollback();
  catalog::Catalog& catalog = *catalog_;
  if (TemporarySchema(*catalog.snapshot()) == catalog::kInvalidOid) co_return;
  // A transaction of its own: the session's next one might read the past.
  auto transaction = database_->store().Begin(
      {.session = lock_session_.get(), .unsynced = &catalog::TemporaryRange()});
  catalog::CatalogTransaction changes(&catalog, transaction.get());
  ExecutionContext execution;
  execution.transaction = transaction.get();
  execution.catalog = &catalog;
  execution.catalog_transaction = &changes;
  DdlContext context = MakeDdlContext(*changes.view(), &execution);
  auto drop = DropTemporaryObjects(engine::LockWait::kNoWait, context);
  Status status = co_await drop;
  if (status.ok()) {
    auto commit = transaction->Commit({}, changes.Publisher());
    engine::CommitResult committed = co_await commit;
    status = std::move(committed.status);
  }
  if (!status.ok()) {
    LogError("session {}: could not drop its temporary tables: {}", pid_, status.ToString());
  }
}

void SessionImpl::ApplyDatabaseSettings(const catalog::DatabaseDesc& database) {
  for (const auto& [name, text] : database.settings) {
    // It was good when it was set: by another server perhaps.
    Status status = settings_.SetSessionDefault(name, text);
    if (!status.ok()) {
      LogError("setting \"{}\" of database \"{}\" is passed over: {}", name, database.name,
               status.ToString());
    }
  }
}

Status SessionImpl::ApplyStartupSettings(const StartupRequest& request) {
  for (const auto& [name, text] : request.settings) {
    RETURN_IF_ERROR(settings_.SetSessionDefault(name, text));
  }
  std::string application = *settings_.Show("application_name");
  std::lock_guard lock(info_mutex_);  // others may see the session already
  shown_application_ = std::move(application);
  return Status::Ok();
}

void SessionImpl::OnTerminate(std::function<void()> end) {
  std::lock_guard lock(info_mutex_);
  end_connection_ = std::move(end);
}

void SessionImpl::Terminate() {
  std::lock_guard lock(info_mutex_);
  if (end_connection_) end_connection_();
}

void SessionImpl::ReportParameters(ReplySink& sink) { ReportChanges(sink); }

void SessionImpl::ReportChanges(ReplySink& sink) {
  settings_.TakeChanges([&](std::string_view name, const std::string& value) {
    sink.ParameterStatus(name, value);
    if (name == "application_name") {
      std::lock_guard lock(info_mutex_);
      shown_application_ = value;
    }
  });
}

void SessionImpl::Notice(ReplySink& sink, std::string_view severity, ErrorFields fields) {
  if (NoticeLevel(severity) < settings_.fields().client_min_messages) return;
  SpellOut(&fields, settings_.format());
  sink.Notice(severity, fields);
}

void SessionImpl::Warn(SqlState state, std::string message) {
  if (sink_ == nullptr) return;
  ErrorFields fields;
  fields.sqlstate = state;
  fields.message = std::move(message);
  Notice(*sink_, "WARNING", std::move(fields));
}

engine::LockOptions SessionImpl::LockOptionsOf(engine::LockMode mode) {
  return {.mode = mode,
          .timeout = settings_.fields().lock_timeout,
          .deadlock_timeout = settings_.fields().deadlock_timeout,
          .cancel = &cancel_};
}

IdleLimit SessionImpl::idle_limit() const {
  const SettingFields& fields = settings_.fields();
  IdleLimit limit;
  const bool in_transaction = transaction_.block() == TransactionState::Block::kExplicit;
  limit.time = in_transaction ? fields.idle_in_transaction_timeout : fields.idle_session_timeout;
  if (in_transaction) {
    auto whole = TransactionLimit();
    if (whole && (limit.time.count() == 0 || whole->time <= limit.time)) {
      return {whole->time, std::move(whole->error)};
    }
  }
  if (limit.time.count() == 0) return limit;
  limit.error = in_transaction ? Status(sqlstate::kIdleInTransactionSessionTimeout,
                                        "terminating connection due to idle-in-transaction timeout")
                               : Status(sqlstate::kIdleSessionTimeout,
                                        "terminating connection due to idle-session timeout");
  return limit;
}

IdleLimit SessionImpl::pipeline_limit() const {
  if (transaction_.block() == TransactionState::Block::kNone) return {};
  return TransactionLimit().value_or(IdleLimit());
}

std::optional<SessionImpl::TimeLimit> SessionImpl::TransactionLimit() const {
  const auto timeout = settings_.fields().transaction_timeout;
  if (timeout.count() == 0) return std::nullopt;
  auto left = timeout;
  if (transaction_.block() != TransactionState::Block::kNone) {
    left -= std::chrono::milliseconds(
        (SystemClock().WallMicros() - transaction_.shown_started_us()) / 1000);
  }
  return TimeLimit{
      std::max(left, std::chrono::milliseconds(1)),
      Status(sqlstate::kTransactionTimeout, "terminating connection due to transaction timeout")};
}

void SessionImpl::Cancel(Status reason) {
  std::lock_guard lock(info_mutex_);
  if (running_) cancel_.Cancel(std::move(reason));
}

void SessionImpl::StartTiming(const PreparedRef& statement) {
  statement_started_ns_ = SystemClock().MonotonicNanos();
  const int64_t now_us = SystemClock().WallMicros();
  settings_.format().statement_timestamp_us = now_us + catalog::kUnixEpochMicros;
  {
    std::lock_guard lock(info_mutex_);
    running_ = true;
    shown_statement_ = statement;
    shown_query_started_us_ = now_us;
    shown_query_ns_ = 0;
  }
  std::optional<TimeLimit> limit = TransactionLimit();
  if (auto timeout = settings_.fields().statement_timeout;
      timeout.count() > 0 && (!limit || timeout < limit->time)) {
    limit = {timeout,
             Status(sqlstate::kQueryCanceled, "canceling statement due to statement timeout")};
  }
  if (limit) {
    timer_ = database_->timers().Schedule(
        limit->time, [this, reason = std::move(limit->error)] { cancel_.Cancel(reason); });
  }
}

void SessionImpl::FinishTiming(Status& status) {
  SpellOut(&status, settings_.format());
  if (timer_ != 0) {
    database_->timers().Cancel(timer_);
    timer_ = 0;
  }
  const int64_t query_ns = SystemClock().MonotonicNanos() - statement_started_ns_;
  {
    std::lock_guard lock(info_mutex_);
    running_ = false;
    shown_status_ = transaction_.status();
    shown_query_ns_ = query_ns;
  }
  if (cancel_.cancelled()) cancel_.Reset();
  auto& counters = database_->counters();
  counters.statements.Add();
  counters.latency_ns.Record(static_cast<uint64_t>(query_ns));
  if (!status.ok()) {
    counters.errors.Add();
    // Errors of statements are the client's; those of the server and its disks are the operator's
    // too.
    std::string_view state = status.sqlstate().code;
    if (state.starts_with("XX") || state.starts_with("58") || state.starts_with("53")) {
      LogError("session {}: {}", pid_, status.ToString());
    }
  }
}

bool SessionImpl::StartWork() {
  std::lock_guard lock(info_mutex_);
  return std::exchange(running_, true);
}

void SessionImpl::FinishWork() {
  {
    std::lock_guard lock(info_mutex_);
    running_ = false;
  }
  if (cancel_.cancelled()) cancel_.Reset();
}

void SessionImpl::CountEnd(bool committed) {
  (committed ? database_->counters().commits : database_->counters().rollbacks).Add();
  (committed ? counts_->commits : counts_->rollbacks).Add();
  const catalog::Oid dropped = std::exchange(dropped_database_, catalog::kInvalidOid);
  if (committed && dropped != catalog::kInvalidOid) database_->counts().Forget(dropped);
}

std::shared_ptr<const catalog::CatalogSnapshot> SessionImpl::CatalogView() {
  if (auto* transaction = transaction_.catalog_transaction()) return transaction->view();
  return catalog().snapshot();
}

std::vector<catalog::Oid> SessionImpl::SearchPath(const catalog::CatalogSnapshot& view,
                                                  bool with_implicit) {
  std::vector<catalog::Oid> path;
  auto add = [&](const catalog::SchemaRef& schema) {
    if (schema && std::find(path.begin(), path.end(), schema->oid) == path.end()) {
      path.push_back(schema->oid);
    }
  };
  const catalog::Oid temporary = TemporarySchema(view);
  for (const std::string& name : settings_.fields().search_path) {
    if (name == catalog::kTemporaryAlias) {
      add(view.FindSchema(temporary));
    } else {
      add(view.FindSchema(name == "$user" ? user_ : name));
    }
  }
  if (!with_implicit) return path;
  for (catalog::Oid first : {catalog::kPgCatalogSchemaOid, temporary}) {
    if (first == catalog::kInvalidOid) continue;
    if (std::find(path.begin(), path.end(), first) == path.end()) path.insert(path.begin(), first);
  }
  return path;
}

bool SessionImpl::CreatesTemporary(const catalog::CatalogSnapshot& view) const {
  for (const std::string& name : settings_.fields().search_path) {
    if (name == catalog::kTemporaryAlias) return true;
    if (view.FindSchema(name == "$user" ? user_ : name) != nullptr) return false;
  }
  return false;
}

void SessionImpl::DropPortals() {
  std::erase_if(portals_, [this](const auto& entry) {
    return entry.second.get() != executing_ && !entry.second->held;
  });
}

void SessionImpl::DropPortalsFrom(size_t depth) {
  std::erase_if(portals_, [&](const auto& entry) {
    const Portal& portal = *entry.second;
    return &portal != executing_ && !portal.held && portal.depth >= depth;
  });
}

Portal* SessionImpl::FindPortal(std::string_view name) {
  auto found = portals_.find(name);
  return found != portals_.end() ? found->second.get() : nullptr;
}

SessionInfo SessionImpl::Info() const {
  SessionInfo info;
  info.pid = pid_;
  info.user = user_;
  info.database = database_name_;
  info.database_oid = catalog_->database();
  info.client_address = client_address_;
  info.started_us = started_us_;
  info.transaction_id = transaction_.shown_id();
  info.transaction_started_us = transaction_.shown_started_us();
  if (lock_session_ != nullptr) info.waits_for = lock_session_->waits_for();
  std::lock_guard lock(info_mutex_);
  info.application_name = shown_application_;
  if (running_)
    info.state = "active";
  else if (shown_status_ == 'T')
    info.state = "idle in transaction";
  else if (shown_status_ == 'E')
    info.state = "idle in transaction (aborted)";
  else
    info.state = "idle";
  info.query_started_us = shown_query_started_us_;
  info.state_changed_us =
      shown_query_started_us_ == 0 ? started_us_ : shown_query_started_us_ + shown_query_ns_ / 1000;
  if (shown_statement_) info.query = shown_statement_->text.substr(0, kShownQueryBytesMax);
  return info;
}

}  // namespace shale::sql
