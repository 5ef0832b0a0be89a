// LsmKvStore: the engine "lsm": transactions, locks and snapshots on the LSM store.
//
// What a transaction writes stays in its WriteBuffer until commit, then goes to LsmStore::Write as
// one batch with one sequence number; aborted work never reaches the store. Locks are those of
// LockTable.
//
// Keys from FF FF on are the engine's own (reserved_keys.h): writes of them are refused, scans end
// before.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <memory>

#include "engine/base/executor.h"
#include "engine/base/gate.h"
#include "engine/kv_store.h"
#include "engine/lsm/lsm_store.h"
#include "engine/mvcc/sealed_file.h"
#include "engine/options.h"
#include "engine/txn/conflict_tracker.h"
#include "engine/txn/lock_table.h"
#include "engine/txn/prepared_transactions.h"
#include "engine/txn/transaction_log.h"

namespace shale::engine {

class LsmTransaction;
struct PreparedRecord;

// Makes "lsm" known to OpenEngine. Idempotent.
void RegisterLsmEngine();

class LsmKvStore : public KvStore {
 public:
  // Opens or creates the store and recovers it. Blocks.
  static Result<std::unique_ptr<LsmKvStore>> Open(const EngineOptions& options);
  ~LsmKvStore() override;

  std::string_view name() const override { return "lsm"; }
  KvLimits limits() const override { return limits_; }
  std::unique_ptr<KvTransaction> Begin(const TransactionOptions& options) override;
  std::unique_ptr<LockSession> OpenLockSession(const LockSessionOptions& options) override;
  Result<std::shared_ptr<const SharedSnapshot>> SnapshotAt(int64_t wall_micros) override;
  std::optional<int64_t> OldestSnapshotTime() override { return lsm_->OldestReadableTime(); }
  SequenceNumber OldestSnapshot() override { return lsm_->oldest_snapshot(); }
  Async<Result<TransactionFate>> FateOf(uint64_t id) override;
  std::vector<uint64_t> BlockingTransactions(uint64_t id) override;
  std::vector<LockInfo> Locks() override { return locks_.Locks(); }
  std::vector<PredicateRead> PredicateReads() override { return conflicts_.PredicateReads(); }
  Async<Status> Prepare(std::unique_ptr<KvTransaction> transaction, std::string name,
                        std::string payload) override;
  Async<Status> CommitPrepared(std::string name, PreparedOutcome outcome = {}) override;
  Async<Status> RollbackPrepared(std::string name, PreparedOutcome outcome = {}) override;
  std::vector<PreparedTransaction> ListPrepared() override { return prepared_.List(); }
  Async<Status> Flush() override { return lsm_->Flush(); }
  Async<Status> Compact(const KeyRange& range, CancelToken* cancel) override {
    return lsm_->CompactRange(range, cancel);
  }
  std::vector<CompactionProgress> Compactions() override { return lsm_->Compactions(); }
  Status CancelCompaction(uint64_t id) override { return lsm_->CancelCompaction(id); }
  Async<Status> RotateEncryptionKey() override { return lsm_->RotateEncryptionKey(); }
  uint64_t ApproximateBytes(const KeyRange& range) override {
    return lsm_->ApproximateBytes(range);
  }
  Result<std::vector<std::string>> SplitKeys(const KeyRange& range, size_t count) override {
    return lsm_->SplitKeys(range, count);
  }
  Async<Status> Check() override { return CheckUpkeep(); }
  Async<Result<BackupSummary>> Backup(BackupOptions options) override {
    return BackupUpkeep(std::move(options));
  }
  std::vector<Statistic> Statistics() override;
  Status Health() override { return lsm_->Health(); }
  Result<std::unique_ptr<TemporaryFile>> CreateTemporaryFile() override {
    return CreateSealedFile(storage_, encrypted_);
  }

  // Did the transaction with this id commit? For outcomes that were unknown (40003), after the
  // store has been opened again. Answers for the last kCommitMarkerSlots commits; may be false of
  // earlier ones.
  Async<Result<bool>> WasCommitted(uint64_t id);

  // The store below, for the verifier and tests.
  LsmStore& lsm() { return *lsm_; }

 private:
  friend class LsmTransaction;

  LsmKvStore(std::unique_ptr<LsmStore> lsm, const EngineOptions& options, uint64_t first_id);

  // prepare.cc
  Task<Status> PrepareLater(std::unique_ptr<KvTransaction> transaction, std::string name,
                            std::string payload);
  Status CheckPreparable(LsmTransaction& own, const std::string& name);
  Result<WriteBatch> BatchToPrepare(LsmTransaction& own, const std::string& name,
                                    PreparedRecord* record);
  Task<Status> EndPrepared(std::string name, bool commit, PreparedOutcome outcome);
  Task<Status> EndTaken(LsmTransaction& own, const std::string& name, bool commit,
                        std::function<void(SequenceNumber)> on_publish);
  Result<WriteBatch> BatchToEnd(LsmTransaction& own, const std::string& name, bool commit);
  // Of the store just opened. Blocks.
  Status RestorePrepared();
  Result<std::unique_ptr<LsmTransaction>> Restore(const std::string& name,
                                                  const PreparedRecord& record);
  Status RestoreCompactLocks(const std::string& name, const PreparedRecord& record,
                             LsmTransaction* own);
  Status ReadChunks(const std::string& name, uint32_t chunks, LsmTransaction* own);

  Task<Result<TransactionFate>> FateBefore(uint64_t id);
  Task<Status> CheckUpkeep();
  Task<Result<BackupSummary>> BackupUpkeep(BackupOptions options);
  Result<BackupSummary> WriteBackup(const BackupOptions& options);

  const KvLimits limits_;
  const size_t transaction_buffer_bytes_;
  Executor& io_executor_;
  Storage& storage_;
  const bool encrypted_;
  const decltype(EngineOptions::open_backup_target) open_backup_target_;
  std::unique_ptr<LsmStore> lsm_;
  LockTable locks_;
  ConflictTracker conflicts_;
  std::atomic<uint64_t> next_id_;
  TransactionLog log_;  // of ids since the opening, and of those prepared before
  std::atomic<int64_t> open_transactions_{0};
  Gate spills_;  // of transactions that may have ended
  PreparedTransactions prepared_;
  // What reads the whole store, one at a time, beside the threads that serve statements.
  ThreadPool upkeep_{"upkeep", 1};
};

}  // namespace shale::engine
