// TransactionState: where a session stands in its transaction: none, implicit (one statement, one
// Query message, or up to a Sync) or explicit (BEGIN ... COMMIT), failed or not, with its
// savepoints.
//
// Keeps the engine's transaction, the catalog's and the settings' marks in step. Same threading as
// the session.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "engine/base/task.h"
#include "engine/kv_store.h"
#include "sql/exec/key_event_queue.h"
#include "sql/exec/row_moves.h"
#include "sql/session/exported_snapshots.h"
#include "sql/session/settings.h"

namespace shale::sql {

struct TransactionModes {
  std::optional<engine::IsolationLevel> isolation;
  std::optional<bool> read_only;
  std::optional<bool> deferrable;
};

class TransactionState {
 public:
  enum class Block : uint8_t { kNone, kImplicit, kExplicit };

  // lock_session: whose transactions these are, may be null. memory: the session's.
  TransactionState(catalog::Catalog* catalog, Settings* settings, engine::LockSession* lock_session,
                   ExportedSnapshots* exports, RowMoves* moves, MemoryAccount* memory)
      : catalog_(catalog),
        settings_(settings),
        lock_session_(lock_session),
        exports_(exports),
        moves_(moves),
        key_events_(memory) {}

  // Where the session keeps that of its temporary objects: with one there, a read-only transaction
  // may write.
  void SetTemporarySchema(const catalog::Oid* schema) { temporary_schema_ = schema; }

  Block block() const { return block_; }
  bool failed() const { return failed_; }
  // 'I', 'T' or 'E': an implicit transaction counts as none.
  char status() const {
    if (block_ != Block::kExplicit) return 'I';
    return failed_ ? 'E' : 'T';
  }
  engine::IsolationLevel isolation() const { return isolation_; }
  bool read_only() const { return read_only_; }
  bool deferrable() const { return deferrable_; }
  // For one that follows it (AND CHAIN).
  TransactionModes modes() const {
    TransactionModes modes{.isolation = isolation_, .deferrable = deferrable_};
    if (!read_only_for_past_) modes.read_only = read_only_;
    return modes;
  }
  // Of a transaction that has begun and not failed.
  engine::KvTransaction* transaction() const { return transaction_.get(); }
  catalog::CatalogTransaction* catalog_transaction() const { return catalog_transaction_.get(); }
  // Constraints of what it has written that are still to be looked at.
  KeyEventQueue& key_events() { return key_events_; }
  RowMoveLog* move_log() { return &move_log_; }
  uint64_t id() const { return transaction_ ? transaction_->id() : 0; }
  // The same for other threads.
  uint64_t shown_id() const { return shown_id_.load(std::memory_order_relaxed); }
  int64_t shown_started_us() const { return shown_started_us_.load(std::memory_order_relaxed); }
  int64_t started_us() const { return started_us_; }  // since 2000-01-01 UTC; 0: none
  // A statement has run: the isolation level stands.
  bool has_run_statement() const { return has_run_statement_; }

  // Begins an implicit transaction where there is none.
  void EnsureBegun();
  // BEGIN: turns an implicit transaction into an explicit one. 25001 as from SetModes.
  Status BeginExplicit(const TransactionModes& modes);
  // SET TRANSACTION: 25001 after the first statement.
  Status SetModes(const TransactionModes& modes);
  // RESET of modes, those that are given: to READ COMMITTED, READ WRITE, NOT DEFERRABLE, whatever
  // has run, as in PostgreSQL; but 25001 from SERIALIZABLE.
  Status ResetModes(const TransactionModes& modes);

  // Before the table locks of a statement. The first one of a READ ONLY DEFERRABLE transaction at
  // SERIALIZABLE waits for its snapshot to be safe: for writers, who may yet want tables that it
  // would have locked. cancel interrupts the wait. Else it completes at once.
  Async<Status> AwaitSafeSnapshot(engine::CancelToken* cancel);
  bool must_await_safe_snapshot() const {
    return !has_run_statement_ && !as_of_us_ &&
           isolation_ == engine::IsolationLevel::kSerializable && read_only_ && deferrable_;
  }
  // At each statement's start, after its table locks: a new snapshot under READ COMMITTED, the
  // transaction's one snapshot otherwise; the catalog view goes along.
  Status StartStatement();
  // Whether each command within a statement, of a volatile function, sees what was committed by
  // then; and a snapshot for such a one.
  bool takes_command_snapshots() const {
    return isolation_ == engine::IsolationLevel::kReadCommitted && !as_of_us_;
  }
  void TakeCommandSnapshot() { RefreshSnapshot(); }
  // What later statements read, too; kSequenceMax: theirs will be newer than any catalog of now.
  engine::SequenceNumber kept_snapshot() const {
    const bool keeps = transaction_ != nullptr && has_run_statement_ &&
                       isolation_ != engine::IsolationLevel::kReadCommitted;
    return keeps ? transaction_->snapshot() : engine::kSequenceMax;
  }
  // The newest committed catalog, plus own changes; of a transaction that reads the past, the one
  // of then.
  void RefreshCatalog();

  // shale.as_of, which the transaction is to read at, has changed: 25001 after the first statement.
  Status ChangeAsOf();
  // Before anything is looked up in the catalog: goes to the time that shale.as_of has named, if
  // there is one. Blocks. 72000 where that is too long ago.
  Status EnterPast();
  bool is_in_past() const { return in_past_; }
  bool must_enter_past() const { return as_of_us_.has_value() && !in_past_; }

  // What the statement's snapshot shows.
  Result<engine::SnapshotDescription> DescribeSnapshot();
  // pg_export_snapshot: gives the identifier. 25001 below a savepoint.
  Result<std::string> ExportSnapshot(int32_t pid, std::string database);
  // SET TRANSACTION SNAPSHOT: that is the transaction's one snapshot. 25001 after the first
  // statement, 0A000 where the two transactions do not go together, 22023 of an unknown identifier.
  Status ImportSnapshot(std::string_view identifier, std::string_view database);
  bool has_exported() const { return export_count_ > 0; }

  // Ends the transaction; the status says why it did not commit. A failed one is rolled back (ok:
  // the tag is then ROLLBACK, see failed() before).
  Async<Status> Commit();
  // PREPARE TRANSACTION: the store takes the transaction, or it is rolled back. Of one that has not
  // failed.
  Task<Status> Prepare(std::string identifier, std::string payload);
  void Rollback();
  // An error in a statement: an implicit transaction is to be rolled back by its end, an explicit
  // one refuses statements from now on. Locks since the last savepoint are released at once.
  void Fail();

  // How many savepoints stand.
  size_t savepoint_depth() const { return savepoints_.size(); }
  // How many stood when the one of the name was set; nothing: there is none.
  std::optional<size_t> DepthOf(std::string_view name);
  Status SetSavepoint(std::string_view name);
  Status ReleaseSavepoint(std::string_view name);
  Status RollbackToSavepoint(std::string_view name);

 private:
  struct Savepoint {
    std::string name;
    uint64_t position;
    size_t catalog_changes;
    size_t settings_mark;
    KeyEventQueue::Mark key_events;
    size_t moves;
    bool read_only;  // the mode when it was set, which comes back when it ends
  };
  void Begin(Block block);
  Task<Status> StartDeferrable(engine::CancelToken* cancel);
  // Never older than the catalog it is read with.
  void RefreshSnapshot();
  // Of READ COMMITTED it is found out when it is asked for; of others, at once.
  void NoteDescription();
  Status CheckImport(const ExportedSnapshot& exported, std::string_view database) const;
  void EndExports();
  Status TooLongAgo() const;
  void Clear();
  void FinishSettings(bool committed);
  Task<Status> AwaitCommit(Async<engine::CommitResult> commit);
  // What the commit runs.
  std::function<void(engine::SequenceNumber)> Publisher();
  Status Conclude(engine::CommitResult result);
  std::vector<Savepoint>::iterator FindSavepoint(std::string_view name);

  catalog::Catalog* catalog_;
  Settings* settings_;
  engine::LockSession* lock_session_;
  ExportedSnapshots* exports_;
  RowMoves* moves_;
  RowMoveLog move_log_;  // of the transaction
  Block block_ = Block::kNone;
  bool failed_ = false;
  bool read_only_ = false;
  bool deferrable_ = false;
  bool has_run_statement_ = false;
  engine::IsolationLevel isolation_ = engine::IsolationLevel::kReadCommitted;
  int64_t started_us_ = 0;
  std::unique_ptr<engine::KvTransaction> transaction_;
  std::atomic<uint64_t> shown_id_{0};
  std::atomic<int64_t> shown_started_us_{0};  // since 1970
  std::unique_ptr<catalog::CatalogTransaction> catalog_transaction_;
  const catalog::Oid* temporary_schema_ = nullptr;
  KeyEventQueue key_events_;
  std::vector<Savepoint> savepoints_;
  std::optional<engine::SnapshotDescription> description_;  // of the snapshot, where it is known
  uint32_t export_count_ = 0;                               // of the transaction
  std::optional<int64_t> as_of_us_;  // since 2000; nothing: reads the present
  bool in_past_ = false;             // has gone there
  bool read_only_for_past_ = false;  // it is that for no other reason
  bool started_read_only_ = false;   // what SERIALIZABLE was told, whatever the mode is now
  // The catalog of the past that was looked at last, of any transaction: plans may stand on it.
  std::shared_ptr<const catalog::CatalogSnapshot> past_catalog_;
  engine::SequenceNumber past_sequence_ = 0;
};

}  // namespace shale::sql
