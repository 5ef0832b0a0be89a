#include "engine/mvcc/lsm_kv_store.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/out_of_memory.h"
#include "engine/env/storage.h"
#include "engine/mvcc/lsm_transaction.h"
#include "engine/mvcc/reserved_keys.h"
#include "engine/mvcc/shared_snapshot.h"

namespace shale::engine {

void RegisterLsmEngine() {
  RegisterEngine("lsm", [](const EngineOptions& options) -> Result<std::unique_ptr<KvStore>> {
    ASSIGN_OR_RETURN(std::unique_ptr<LsmKvStore> store, LsmKvStore::Open(options));
    return std::unique_ptr<KvStore>(std::move(store));
  });
}

Result<std::unique_ptr<LsmKvStore>> LsmKvStore::Open(const EngineOptions& options) try {
  if (options.storage == nullptr || options.io_executor == nullptr) {
    return Error(sqlstate::kInvalidParameterValue,
                 "storage engine \"lsm\" needs a storage and an I/O executor");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<LsmStore> lsm, LsmStore::Open(options));

  uint64_t open_count = 0;
  PinnedBytes value;
  ASSIGN_OR_RETURN(bool found, BlockingWait(lsm->GetLatest(kOpenCountKey, &value)));
  if (found) {
    ByteReader reader(value.view());
    open_count = reader.ReadFixed64();
    if (!reader.AtEnd()) {
      return Error(sqlstate::kDataCorrupted, "the store's open count has {} bytes, not 8",
                   value.view().size());
    }
  }
  ++open_count;
  std::string count_bytes;
  PutFixed64(&count_bytes, open_count);
  WriteBatch batch;
  batch.Put(kOpenCountKey, count_bytes);
  CommitResult counted = BlockingWait(lsm->Write(std::move(batch), WriteOptions{.sync = true}));
  // A full disk refuses the write, yet the store can be read: ids of transactions that cannot
  // commit need not be unique for ever.
  if (counted.outcome != CommitOutcome::kCommitted && !counted.status.Is(sqlstate::kDiskFull)) {
    return std::move(counted.status);
  }
  std::unique_ptr<LsmKvStore> store(
      new LsmKvStore(std::move(lsm), options, (open_count << kIdBits) + 1));
  RETURN_IF_ERROR(store->RestorePrepared());
  return store;
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

LsmKvStore::LsmKvStore(std::unique_ptr<LsmStore> lsm, const EngineOptions& options,
                       uint64_t first_id)
    : limits_{.key_bytes_max = options.key_bytes_max,
              .value_bytes_max = options.value_bytes_max,
              .transaction_bytes_max = options.transaction_bytes_max,
              .snapshot_age_max = std::chrono::seconds(0),
              .has_locks = true},
      transaction_buffer_bytes_(options.transaction_buffer_bytes),
      io_executor_(*options.io_executor),
      storage_(*options.storage),
      encrypted_(options.master_key != nullptr),
      open_backup_target_(options.open_backup_target),
      lsm_(std::move(lsm)),
      next_id_(first_id),
      log_(first_id) {}

LsmKvStore::~LsmKvStore() {
  spills_.CloseAndWait();
  prepared_.Clear();
  CHECK(open_transactions_.load() == 0);
}

std::unique_ptr<KvTransaction> LsmKvStore::Begin(const TransactionOptions& options) {
  const uint64_t id = next_id_.fetch_add(1, std::memory_order_relaxed);
  return std::make_unique<LsmTransaction>(*this, id, options);
}

std::unique_ptr<LockSession> LsmKvStore::OpenLockSession(const LockSessionOptions& options) {
  return std::make_unique<TableLockSession>(locks_, options);
}

Result<std::shared_ptr<const SharedSnapshot>> LsmKvStore::SnapshotAt(int64_t wall_micros) {
  ASSIGN_OR_RETURN(SequenceNumber sequence, lsm_->SequenceAt(wall_micros));
  auto shared = std::make_shared<LsmSharedSnapshot>();
  ASSIGN_OR_RETURN(Snapshot snapshot, lsm_->AcquireSnapshotAt(sequence));
  shared->Take(std::move(snapshot));
  return std::shared_ptr<const SharedSnapshot>(std::move(shared));
}

Async<Result<TransactionFate>> LsmKvStore::FateOf(uint64_t id) {
  if (id >= next_id_.load()) return Result<TransactionFate>(TransactionFate::kFuture);
  const TransactionFate fate = log_.FateOf(id);
  if (fate != TransactionFate::kUnknown) return Result<TransactionFate>(fate);
  return FateBefore(id);
}

Task<Result<TransactionFate>> LsmKvStore::FateBefore(uint64_t id) {
  auto lookup = WasCommitted(id);
  Result<bool> committed = co_await lookup;
  if (!committed.ok()) co_return std::move(committed).status();
  co_return *committed ? TransactionFate::kCommitted : TransactionFate::kUnknown;
}

std::vector<uint64_t> LsmKvStore::BlockingTransactions(uint64_t id) {
  std::vector<uint64_t> ids = locks_.BlockingTransactions(id);
  return ids.empty() ? conflicts_.BlockingTransactions(id) : ids;
}

std::vector<Statistic> LsmKvStore::Statistics() {
  std::vector<Statistic> statistics = lsm_->Statistics();
  LockTable::Counts locks = locks_.counts();
  auto add = [&statistics](const char* name, auto value) {
    statistics.push_back({name, static_cast<double>(value)});
  };
  add("transactions.prepared", prepared_.size());
  add("transactions.open", open_transactions_.load(std::memory_order_relaxed));
  add("locks.keys", locks.locked_keys);
  add("locks.waiting", locks.waiting);
  add("locks.waits", locks.waits);
  add("locks.deadlocks", locks.deadlocks);
  add("locks.timeouts", locks.timeouts);
  ConflictTracker::Counts conflicts = conflicts_.counts();
  add("serializable.running", conflicts.running);
  add("serializable.committed", conflicts.committed);
  add("serializable.claims", conflicts.claims);
  add("serializable.failures", conflicts.failures);
  return statistics;
}

Task<Status> LsmKvStore::CheckUpkeep() {
  Executor& home = Executor::Current();
  co_await ResumeOn(upkeep_);
  Status status = lsm_->CheckConsistency();
  co_await ResumeOn(home);
  co_return status;
}

Task<Result<BackupSummary>> LsmKvStore::BackupUpkeep(BackupOptions options) {
  if (!open_backup_target_) {
    co_return Error(sqlstate::kFeatureNotSupported, "backups are not configured")
        .Hint("Start the server with --backup-dir.");
  }
  Executor& home = Executor::Current();
  co_await ResumeOn(upkeep_);
  Result<BackupSummary> summary = WriteBackup(options);
  co_await ResumeOn(home);
  co_return summary;
}

Result<BackupSummary> LsmKvStore::WriteBackup(const BackupOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<Storage> target, open_backup_target_(options.name));
  return lsm_->Checkpoint(target.get(), options.link);
}

Async<Result<bool>> LsmKvStore::WasCommitted(uint64_t id) { return lsm_->WasCommitted(id); }

}  // namespace shale::engine
