#include "sql/session/transaction_state.h"

#include <algorithm>
#include <utility>

#include "catalog/keys.h"
#include "catalog/types/date_time.h"
#include "engine/base/clock.h"

namespace shale::sql {

void TransactionState::Begin(Block block) {
  block_ = block;
  failed_ = false;
  has_run_statement_ = false;
  isolation_ = settings_->fields().default_isolation;
  as_of_us_ = settings_->fields().as_of_us;
  in_past_ = false;
  read_only_for_past_ = as_of_us_ && !settings_->fields().default_read_only;
  read_only_ = settings_->fields().default_read_only || read_only_for_past_;
  deferrable_ = settings_->fields().default_deferrable;
  const int64_t now_us = SystemClock().WallMicros();
  shown_started_us_.store(now_us, std::memory_order_relaxed);
  started_us_ = now_us + catalog::kUnixEpochMicros;
  settings_->format().transaction_timestamp_us = started_us_;
  engine::TransactionOptions options;
  options.session = lock_session_;
  options.unsynced = &catalog::TemporaryRange();
  // The level stands with the first statement only (StartStatement).
  transaction_ = catalog_->store()->Begin(options);
  shown_id_.store(transaction_->id(), std::memory_order_relaxed);
  catalog_transaction_ =
      std::make_unique<catalog::CatalogTransaction>(catalog_, transaction_.get());
}

void TransactionState::EnsureBegun() {
  if (block_ == Block::kNone) Begin(Block::kImplicit);
}

Status TransactionState::BeginExplicit(const TransactionModes& modes) {
  if (block_ == Block::kNone) Begin(Block::kExplicit);
  block_ = Block::kExplicit;
  return SetModes(modes);
}

Status TransactionState::SetModes(const TransactionModes& modes) {
  if (modes.isolation && *modes.isolation != isolation_) {
    if (has_run_statement_) {
      return Status(sqlstate::kActiveSqlTransaction,
                    "SET TRANSACTION ISOLATION LEVEL must be called before any query");
    }
    if (!savepoints_.empty()) {
      return Status(sqlstate::kActiveSqlTransaction,
                    "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction");
    }
    isolation_ = *modes.isolation;
  }
  if (modes.read_only) {
    if (!*modes.read_only && as_of_us_) {
      return Status(sqlstate::kReadOnlySqlTransaction,
                    "cannot set transaction read-write mode while shale.as_of is set");
    }
    if (!*modes.read_only && read_only_ && !savepoints_.empty() && savepoints_.back().read_only) {
      return Status(sqlstate::kActiveSqlTransaction,
                    "cannot set transaction read-write mode inside a read-only transaction");
    }
    if (!*modes.read_only && read_only_ && has_run_statement_) {
      return Status(sqlstate::kActiveSqlTransaction,
                    "transaction read-write mode must be set before any query");
    }
    read_only_ = *modes.read_only;
    read_only_for_past_ = false;
  }
  if (modes.deferrable) {
    if (!savepoints_.empty()) {
      return Status(sqlstate::kActiveSqlTransaction,
                    "SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction");
    }
    if (has_run_statement_) {
      return Status(sqlstate::kActiveSqlTransaction,
                    "SET TRANSACTION [NOT] DEFERRABLE must be called before any query");
    }
    deferrable_ = *modes.deferrable;
  }
  return Status::Ok();
}

Status TransactionState::ResetModes(const TransactionModes& modes) {
  if (modes.isolation && isolation_ != engine::IsolationLevel::kReadCommitted) {
    if (has_run_statement_ && isolation_ == engine::IsolationLevel::kSerializable) {
      return Status(sqlstate::kActiveSqlTransaction,
                    "SET TRANSACTION ISOLATION LEVEL must be called before any query");
    }
    isolation_ = engine::IsolationLevel::kReadCommitted;
  }
  if (modes.read_only && as_of_us_) return SetModes({.read_only = false});
  if (modes.read_only) read_only_ = false;
  if (modes.deferrable) deferrable_ = false;
  return Status::Ok();
}

Async<Status> TransactionState::AwaitSafeSnapshot(engine::CancelToken* cancel) {
  if (!must_await_safe_snapshot()) return Status::Ok();
  return StartDeferrable(cancel);
}

Task<Status> TransactionState::StartDeferrable(engine::CancelToken* cancel) {
  RefreshSnapshot();
  engine::SerializableOptions options;
  options.read_only = started_read_only_ = true;
  options.deferrable = true;
  options.cancel = cancel;
  auto start = transaction_->StartSerializable(options);
  Status started = co_await start;
  has_run_statement_ = started.ok();
  if (started.ok()) NoteDescription();
  co_return started;
}

Status TransactionState::StartStatement() {
  DCHECK(!must_await_safe_snapshot());
  if (as_of_us_) {
    RETURN_IF_ERROR(EnterPast());
    has_run_statement_ = true;
    return Status::Ok();
  }
  const bool is_first = !has_run_statement_;
  if (is_first || isolation_ == engine::IsolationLevel::kReadCommitted) RefreshSnapshot();
  if (is_first && isolation_ == engine::IsolationLevel::kSerializable) {
    engine::SerializableOptions options;
    const bool has_temporary =
        temporary_schema_ != nullptr && *temporary_schema_ != catalog::kInvalidOid;
    options.read_only = started_read_only_ = read_only_ && !has_temporary;
    RETURN_IF_ERROR(transaction_->StartSerializable(options).value());
  }
  if (is_first && isolation_ != engine::IsolationLevel::kReadCommitted) NoteDescription();
  has_run_statement_ = true;
  return Status::Ok();
}

void TransactionState::RefreshSnapshot() {
  description_.reset();
  // A published catalog change becomes visible to snapshots only after it was published: wait out
  // that moment, so that rows are never older than the catalog that describes them.
  do {
    transaction_->RefreshSnapshot();
  } while (transaction_->snapshot() < catalog_transaction_->view()->sequence());
}

void TransactionState::RefreshCatalog() { catalog_transaction_->Refresh(); }

Async<Status> TransactionState::Commit() {
  if (block_ == Block::kNone) return Status::Ok();
  if (failed_ || !transaction_) {
    Rollback();
    return Status::Ok();
  }
  EndExports();
  transaction_->set_synchronous_commit(settings_->fields().synchronous_commit);
  auto commit = transaction_->Commit({}, Publisher());
  if (commit.ready()) return Conclude(std::move(commit).value());
  return AwaitCommit(std::move(commit));
}

std::function<void(engine::SequenceNumber)> TransactionState::Publisher() {
  auto publish_catalog = catalog_transaction_->Publisher();
  if (move_log_.empty()) return publish_catalog;
  auto moved = moves_->Prepare(&move_log_, catalog_->store()->OldestSnapshot());
  return [moves = moves_, moved = std::move(moved),
          publish_catalog = std::move(publish_catalog)](engine::SequenceNumber sequence) {
    moves->Publish(moved.get(), sequence);
    if (publish_catalog) publish_catalog(sequence);
  };
}

Task<Status> TransactionState::AwaitCommit(Async<engine::CommitResult> commit) {
  engine::CommitResult result = co_await commit;
  co_return Conclude(std::move(result));
}

Status TransactionState::Conclude(engine::CommitResult result) {
  Status status =
      result.outcome == engine::CommitOutcome::kCommitted ? Status::Ok() : std::move(result.status);
  if (!status.ok()) catalog_transaction_->RollbackChanges(0);
  FinishSettings(status.ok());
  Clear();
  return status;
}

Task<Status> TransactionState::Prepare(std::string identifier, std::string payload) {
  auto prepare = catalog_->store()->Prepare(std::move(transaction_), std::move(identifier),
                                            std::move(payload));
  Status status = co_await prepare;
  if (!status.ok()) catalog_transaction_->RollbackChanges(0);
  FinishSettings(status.ok());
  Clear();
  co_return status;
}

void TransactionState::Rollback() {
  if (block_ == Block::kNone) return;
  EndExports();
  transaction_->Rollback();
  catalog_transaction_->RollbackChanges(0);
  FinishSettings(false);
  Clear();
}

void TransactionState::FinishSettings(bool committed) {
  if (committed)
    settings_->Commit();
  else
    settings_->Rollback();
}

void TransactionState::Clear() {
  shown_id_.store(0, std::memory_order_relaxed);
  shown_started_us_.store(0, std::memory_order_relaxed);
  catalog_transaction_.reset();
  transaction_.reset();
  key_events_.Clear();
  savepoints_.clear();
  move_log_.Clear();
  description_.reset();
  block_ = Block::kNone;
  failed_ = false;
  started_us_ = 0;
}

void TransactionState::Fail() {
  if (block_ == Block::kNone || failed_) return;
  failed_ = true;
  if (savepoints_.empty()) {
    EndExports();
    transaction_->Rollback();
    catalog_transaction_->RollbackChanges(0);
    key_events_.Clear();
    return;
  }
  transaction_->RollbackToSavepoint(savepoints_.back().position);
  catalog_transaction_->RollbackChanges(savepoints_.back().catalog_changes);
  key_events_.RollbackTo(savepoints_.back().key_events);
  move_log_.Truncate(savepoints_.back().moves);
}

Status TransactionState::SetSavepoint(std::string_view name) {
  savepoints_.push_back({std::string(name), transaction_->SetSavepoint(),
                         catalog_transaction_->change_count(), settings_->Mark(),
                         key_events_.GetMark(), move_log_.size(), read_only_});
  return Status::Ok();
}

std::vector<TransactionState::Savepoint>::iterator TransactionState::FindSavepoint(
    std::string_view name) {
  // The newest of the name hides the older ones.
  auto found = std::find_if(savepoints_.rbegin(), savepoints_.rend(),
                            [&](const Savepoint& savepoint) { return savepoint.name == name; });
  return found == savepoints_.rend() ? savepoints_.end() : std::prev(found.base());
}

std::optional<size_t> TransactionState::DepthOf(std::string_view name) {
  auto found = FindSavepoint(name);
  if (found == savepoints_.end()) return std::nullopt;
  return static_cast<size_t>(found - savepoints_.begin());
}

Status TransactionState::ReleaseSavepoint(std::string_view name) {
  auto found = FindSavepoint(name);
  if (found == savepoints_.end()) {
    return Error(sqlstate::kInvalidSavepointSpecification, "savepoint \"{}\" does not exist", name);
  }
  transaction_->ReleaseSavepoint(found->position);
  read_only_ = found->read_only;
  savepoints_.erase(found, savepoints_.end());
  return Status::Ok();
}

Status TransactionState::RollbackToSavepoint(std::string_view name) {
  auto found = FindSavepoint(name);
  if (found == savepoints_.end()) {
    return Error(sqlstate::kInvalidSavepointSpecification, "savepoint \"{}\" does not exist", name);
  }
  transaction_->RollbackToSavepoint(found->position);
  catalog_transaction_->RollbackChanges(found->catalog_changes);
  key_events_.RollbackTo(found->key_events);
  settings_->RollbackTo(found->settings_mark);
  read_only_ = found->read_only;
  move_log_.Truncate(found->moves);
  savepoints_.erase(found + 1, savepoints_.end());
  failed_ = false;
  return Status::Ok();
}

}  // namespace shale::sql
