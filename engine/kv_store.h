// KvStore: the seam between SQL and storage engines: a transactional, ordered store of byte
// strings.
//
// The LSM store (engine/mvcc) is one implementation, a model in memory (engine/model) another;
// engines register by name. The SQL layer uses nothing else of an engine. tests/engine/conformance
// runs the same suite against every implementation.
//
// Time: every committed transaction has one sequence number. A snapshot is a sequence number: it
// sees the commits up to and including it. A transaction sees its own writes over its snapshot.
//
// Calls complete at once, without allocation, where memory holds the answer, or later through their
// coroutine; none blocks a thread that has an executor on a disk's reads or syncs, or on a lock (a
// plain thread, which would only wait, may read the disk itself). A transaction and its cursors
// belong to one coroutine at a time (it may move between threads); different transactions are
// independent.
//
// Errors: 40001 conflict, 40P01 deadlock, 55P03 lock not available, 57014 wait cancelled, 53200 a
// limit of memory, 54000 a limit of size, 53100/58030 the disk, XX001 damage found, 40003 outcome
// unknown.
//
// A failed allocation: a call on its caller's thread that gives a Status or Result answers 53200
// and has changed nothing; those without one (Begin, Scan, SetSavepoint) let std::bad_alloc
// through. Commit answers 53200 where nothing was written and 40003 where that is not known. In the
// body of a coroutine that has begun to wait it ends the process.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/base/task.h"
#include "engine/kv_lock.h"
#include "engine/kv_snapshot.h"
#include "engine/kv_transaction.h"
#include "engine/temporary_file.h"

namespace shale::engine {

struct KvLimits {
  size_t key_bytes_max = 0;
  size_t value_bytes_max = 0;
  size_t transaction_bytes_max = 0;
  std::chrono::seconds snapshot_age_max{0};  // 0: unlimited
  bool has_locks = true;                     // false: Lock always grants, conflicts come at commit
};

struct BackupOptions {
  std::string name;   // of the target, as EngineOptions::open_backup_target takes it
  bool link = false;  // share files with the store where possible: quick, but damage is shared too
};

struct BackupSummary {
  SequenceNumber sequence = 0;  // the backup holds every commit up to it, and none after
  uint64_t files = 0;           // of the whole backup
  uint64_t bytes = 0;
  uint64_t files_copied = 0;
  uint64_t bytes_copied = 0;
  uint64_t files_linked = 0;
  uint64_t files_kept = 0;  // were there from an earlier backup
};

// A named statistic, as /v1/stats shows it: dotted names, e.g. "lsm.level0.files".
struct Statistic {
  std::string name;
  double value = 0;
};

// A rewriting of stored data that is running.
struct CompactionProgress {
  uint64_t id = 0;
  int level = 0;
  int output_level = 0;
  uint64_t tables = 0;  // inputs
  uint64_t input_bytes = 0;
  uint64_t done_bytes = 0;
  std::string smallest_key;  // of the inputs
  std::string largest_key;   // empty: no upper bound
  int64_t started_us = 0;    // microseconds since 1970, UTC
  bool requested = false;    // by a caller of Compact; else the store's own choice
};

// A transaction that its session is rid of, and that waits for its outcome (two-phase commit).
struct PreparedTransaction {
  std::string name;
  std::string payload;      // its preparer's
  uint64_t id = 0;          // KvTransaction::id
  int64_t prepared_us = 0;  // since 1970
};

// Called with its payload once nobody else can end the transaction: an error leaves it as it was;
// what is given (it may be empty) runs with the outcome as on_publish does with a commit.
using PreparedOutcome =
    std::function<Result<std::function<void(SequenceNumber)>>(std::string_view payload)>;

class KvStore {
 public:
  // Stops background work and closes files; all transactions must have ended.
  virtual ~KvStore() = default;

  virtual std::string_view name() const = 0;
  virtual KvLimits limits() const = 0;
  virtual std::unique_ptr<KvTransaction> Begin(const TransactionOptions& options) = 0;

  // What was visible then, in microseconds since 1970, to about a second: 72000 where that is not
  // known any more, 0A000 from an engine that keeps no past.
  virtual Result<std::shared_ptr<const SharedSnapshot>> SnapshotAt(int64_t /*wall_micros*/) {
    return NotSupported("reads of the past by this storage engine");
  }
  // The first time that SnapshotAt can be asked for; nothing: none is kept.
  virtual std::optional<int64_t> OldestSnapshotTime() { return std::nullopt; }
  // What became of the transaction with this id, as far as it has been shown. Over restarts for the
  // last ones only.
  virtual Async<Result<TransactionFate>> FateOf(uint64_t /*id*/) {
    return Result<TransactionFate>(TransactionFate::kUnknown);
  }

  // No transaction reads at an older one, or will, but for those of the past.
  virtual SequenceNumber OldestSnapshot() { return 0; }

  // Null: an engine without such locks.
  virtual std::unique_ptr<LockSession> OpenLockSession(const LockSessionOptions& /*options*/) {
    return nullptr;
  }
  // Who blocks the transaction: ids of holders and earlier waiters; empty when it does not wait.
  virtual std::vector<uint64_t> BlockingTransactions(uint64_t id) = 0;
  // All locks, but of those on rows that nobody waits for one of each transaction, which stands for
  // the others.
  virtual std::vector<LockInfo> Locks() { return {}; }
  // Of all transactions at SERIALIZABLE that run or overlap with one that does; the first of them
  // where there are very many.
  virtual std::vector<PredicateRead> PredicateReads() { return {}; }

  // Two-phase commit. The store takes the transaction: what it has written and the locks that it
  // holds stay, over restarts too where the store itself does, until one of the two below ends it.
  // Where an error is given it is rolled back: 42710 the name is taken, 0A000 an engine without
  // this.
  virtual Async<Status> Prepare(std::unique_ptr<KvTransaction> /*transaction*/,
                                std::string /*name*/, std::string /*payload*/) {
    return NotSupported("PREPARE TRANSACTION by this storage engine");
  }
  // 42704: there is none of the name; 55000: somebody else ends it. After other errors it is there
  // still, but for 40003, which leaves it to the next opening to tell.
  virtual Async<Status> CommitPrepared(std::string /*name*/, PreparedOutcome /*outcome*/ = {}) {
    return NotSupported("COMMIT PREPARED by this storage engine");
  }
  virtual Async<Status> RollbackPrepared(std::string /*name*/, PreparedOutcome /*outcome*/ = {}) {
    return NotSupported("ROLLBACK PREPARED by this storage engine");
  }
  virtual std::vector<PreparedTransaction> ListPrepared() { return {}; }

  // Writes what memory holds to its place on disk.
  virtual Async<Status> Flush() = 0;
  // Rewrites the range fully, dropping what no snapshot sees. Cancelled (the token may be null, and
  // must outlive the call), it ends with the token's reason; what it has done until then stays.
  virtual Async<Status> Compact(const KeyRange& range, CancelToken* cancel = nullptr) = 0;
  // Those running.
  virtual std::vector<CompactionProgress> Compactions() { return {}; }
  // Of a requested one: its Compact gives 57014. 42704 where there is none with this id, 55000
  // where it is the store's own.
  virtual Status CancelCompaction(uint64_t id) {
    return Error(sqlstate::kUndefinedObject, "compaction {} does not exist", id);
  }
  // Encryption at rest: files written from now on use a new key. 55000 where the store is not
  // encrypted, 0A000 where the engine has no encryption.
  virtual Async<Status> RotateEncryptionKey() {
    return NotSupported("encryption at rest by this storage engine");
  }
  // Roughly, on disk and in memory.
  virtual uint64_t ApproximateBytes(const KeyRange& range) = 0;
  // Keys that part the range into pieces that take about as much space each, ascending, at most
  // `count`: for samples of what is too much to be read whole. Nothing: the engine cannot tell, or
  // it is little. May read the disk, and waits for it.
  virtual Result<std::vector<std::string>> SplitKeys(const KeyRange& /*range*/, size_t /*count*/) {
    return std::vector<std::string>();
  }
  // Verifies all that is on disk while the store works; XX001 naming file and offset. 0A000 from an
  // engine that has nothing to verify.
  virtual Async<Status> Check();
  // Makes or renews a backup while the store works. 0A000 from an engine that cannot, or where no
  // place for backups is configured; 55000 where the target holds something else.
  virtual Async<Result<BackupSummary>> Backup(BackupOptions options);
  virtual std::vector<Statistic> Statistics() = 0;
  // Ok, or why writes are refused (53100 full disk, 58030 failed log sync).
  virtual Status Health() = 0;
  // For what a statement cannot keep in memory; gone before the store is. 0A000 from an engine
  // without files. Blocks.
  virtual Result<std::unique_ptr<TemporaryFile>> CreateTemporaryFile() {
    return NotSupported("temporary files of this storage engine");
  }
};

struct EngineOptions;  // engine/options.h

// Engines by name ("lsm", "memory"); the plugin loader adds to it.
using EngineFactory = std::function<Result<std::unique_ptr<KvStore>>(const EngineOptions&)>;
void RegisterEngine(std::string name, EngineFactory factory);
bool IsEngineRegistered(const std::string& name);
Result<std::unique_ptr<KvStore>> OpenEngine(const std::string& name, const EngineOptions& options);

}  // namespace shale::engine
