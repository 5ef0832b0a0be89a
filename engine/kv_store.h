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
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/base/task.h"
#include "engine/kv_lock.h"

namespace shale::engine {

using SequenceNumber = uint64_t;
inline constexpr SequenceNumber kSequenceMax = (uint64_t{1} << 56) - 1;

// Bytes that stay valid while this object lives: either its own, or pinned in a block or memtable.
// Movable.
class PinnedBytes {
 public:
  std::string_view view() const { return view_; }
  void Assign(std::string_view bytes) {  // copies
    owned_.assign(bytes);
    view_ = owned_;
    pin_.reset();
  }
  void Pin(std::string_view bytes, std::shared_ptr<const void> pin) {
    view_ = bytes;
    pin_ = std::move(pin);
  }
  PinnedBytes() = default;
  PinnedBytes(PinnedBytes&& other) noexcept { *this = std::move(other); }
  PinnedBytes& operator=(PinnedBytes&& other) noexcept {
    bool own = other.view_.data() == other.owned_.data();
    owned_ = std::move(other.owned_);
    pin_ = std::move(other.pin_);
    view_ = own ? std::string_view(owned_) : other.view_;
    return *this;
  }

 private:
  std::string_view view_;
  std::string owned_;
  std::shared_ptr<const void> pin_;
};

// [begin, end) in byte order; an empty end means no upper bound.
struct KeyRange {
  std::string begin;
  std::string end;
};

enum class IsolationLevel : uint8_t { kReadCommitted, kRepeatableRead, kSerializable };

struct TransactionOptions {
  // kSerializable: as if StartSerializable followed. The other two are the same to an engine.
  IsolationLevel isolation = IsolationLevel::kReadCommitted;
  bool read_only = false;
  bool synchronous_commit = true;  // false: acknowledged before the log is synced
  LockSession* session = nullptr;  // whose transaction it is; outlives it; null: nobody's
};

struct SerializableOptions {
  bool read_only = false;
  // With read_only: waits until nothing that the transaction will read can be an anomaly, and is
  // never cancelled then.
  bool deferrable = false;
  CancelToken* cancel = nullptr;  // of that wait; may be null
};

struct KeyValue {
  std::string_view key;
  std::string_view value;
};

struct ScanOptions {
  KeyRange range;
  bool reverse = false;
  size_t page_rows_max = 1024;
  size_t first_page_rows = 0;  // what the pages' rows begin with, to double from page to page;
                               // 0: page_rows_max
  size_t page_bytes_max = 1 << 20;
  bool keys_only = false;  // values may be left empty
  // Of what is committed at the scan's opening, whatever the snapshot: for who has locked out all
  // others and takes over what they have left.
  bool latest = false;
};

// A scan in resumable pages over one snapshot plus the transaction's writes as of the scan's
// opening. Must not outlive its transaction; writes of the transaction during the scan are not seen
// by it.
class KvCursor {
 public:
  virtual ~KvCursor() = default;
  // The next page, in key order (descending when reverse); valid until the next call or the
  // cursor's end. Empty: the range is exhausted. After an error nothing can be asked any more.
  virtual Async<Result<std::span<const KeyValue>>> NextPage() = 0;
};

enum class CommitOutcome : uint8_t { kCommitted, kConflict, kUnknown };

struct CommitResult {
  CommitOutcome outcome = CommitOutcome::kCommitted;
  SequenceNumber sequence = 0;  // of a committed one that wrote something
  Status status;                // of the other two: 40001, 40003 or what failed
};

// What the engine checks at commit in place of locks; an LSM store with row locks needs none.
struct CommitRanges {
  std::vector<KeyRange> reads;
  std::vector<KeyRange> writes;
};

class KvTransaction {
 public:
  // Rolls back unless committed; releases all locks.
  virtual ~KvTransaction() = default;

  virtual uint64_t id() const = 0;
  virtual SequenceNumber snapshot() const = 0;
  // Takes a new snapshot of all that is committed now: each statement under READ COMMITTED. Cursors
  // opened before keep theirs.
  virtual void RefreshSnapshot() = 0;

  // From here on the transaction is SERIALIZABLE: it is as if those that commit at this level had
  // run one after the other. Takes a new snapshot, the last one; nothing may have been read or
  // written before. Reads, writes and the commit may then give 40001, with PostgreSQL's reasons.
  // 0A000 from an engine that has no such level. Completes at once unless deferrable.
  virtual Async<Status> StartSerializable(const SerializableOptions&) {
    return NotSupported("isolation level serializable by this storage engine");
  }

  // True and value filled where the key exists in the snapshot or own writes. The value stays valid
  // and as it is until it is destroyed or assigned again, or the transaction ends.
  virtual Async<Result<bool>> Get(std::string_view key, PinnedBytes* value) = 0;
  // The newest committed version (or own write) whatever the snapshot, and its sequence number, 0
  // for an own write or an absent key, and perhaps for a version that every snapshot sees: for the
  // re-check after a lock. Meaningful under the key's lock. At SERIALIZABLE this is no read: see
  // NoteRead.
  virtual Async<Result<bool>> GetLatest(std::string_view key, PinnedBytes* value,
                                        SequenceNumber* sequence) = 0;
  // The same, but it may give what is committed and not durable yet, which a crash may take back.
  // No other read gives that: those that would, wait. Who has read early shows nobody what follows
  // from it, no error and no count, before AwaitEarly; its commit is durable only with what it has
  // read.
  virtual Async<Result<bool>> GetLatestEarly(std::string_view key, PinnedBytes* value,
                                             SequenceNumber* sequence) {
    return GetLatest(key, value, sequence);
  }
  // Until all that was read early is durable; 58030 where it never will be.
  virtual Async<Status> AwaitEarly() { return Status::Ok(); }
  // One answer per key, in their order; found[i] tells whether values[i] is filled.
  virtual Async<Status> MultiGet(std::span<const std::string_view> keys, PinnedBytes* values,
                                 bool* found) = 0;
  virtual std::unique_ptr<KvCursor> Scan(ScanOptions options) = 0;
  // At SERIALIZABLE: what the transaction does depends on the key (found otherwise than by a read
  // of the snapshot), or is what a write of it would be, although it will not be made. May give
  // 40001, as the read or the write would.
  virtual Status NoteRead(std::string_view) { return Status::Ok(); }
  virtual Status NoteWrite(std::string_view) { return Status::Ok(); }

  // Own writes, private until commit. Limits beyond the store's give 54000 or 53200.
  virtual Status Put(std::string_view key, std::string_view value) = 0;
  virtual Status Delete(std::string_view key) = 0;
  virtual Status DeleteRange(const KeyRange& range) = 0;
  virtual bool has_writes() const = 0;
  // Rows move to other keys: who has read of `from`, at SERIALIZABLE, counts as having read all of
  // `to`.
  virtual Status CarryReads(const KeyRange& /*from*/, const KeyRange& /*to*/) {
    return Status::Ok();
  }
  // Puts own writes to disk where they take more memory than one transaction should have
  // (EngineOptions::transaction_buffer_bytes), which changes nothing of what is read or committed.
  // Whoever writes much awaits it every few rows; it completes at once where there is nothing to
  // do. 53100, 58030: as writes that the disk refuses; the transaction can only be rolled back
  // then, to a savepoint or as a whole.
  virtual Async<Status> MakeRoom() { return Status::Ok(); }

  // Waits in FIFO order for a lock held until the transaction ends (or the savepoint that took it
  // is rolled back). 40P01 for one of those whose waits close a cycle. The key and the
  // options need not outlive the call, although the wait begins when the result is awaited.
  virtual Async<Result<LockOutcome>> Lock(std::string_view key, const LockOptions& options) = 0;
  // False: nobody holds or awaits a kTableAccessExclusive on any key. Who then takes a snapshot and
  // reads at it without waiting has no need of kTableAccessShare: whoever takes the exclusive lock
  // later comes after it, as if it had waited.
  virtual bool HasExclusiveTableLocks() const = 0;

  // Nested marks: positions count from 1. RollbackToSavepoint undoes the writes made, and releases
  // the locks taken, since the mark was set, and keeps the mark; ReleaseSavepoint forgets it and
  // those after it.
  virtual uint64_t SetSavepoint() = 0;
  virtual void RollbackToSavepoint(uint64_t savepoint) = 0;
  virtual void ReleaseSavepoint(uint64_t savepoint) = 0;

  // Ends the transaction whatever the outcome. A committed one is durable unless synchronous_commit
  // is off. on_publish, where given, runs exactly once if the commit succeeds, after its order is
  // fixed and before any later snapshot can see it: catalog caches swap there. It must be short and
  // not block.
  virtual Async<CommitResult> Commit(CommitRanges ranges = {},
                                     std::function<void(SequenceNumber)> on_publish = {}) = 0;
  virtual void Rollback() = 0;

  void set_synchronous_commit(bool on) { synchronous_commit_ = on; }

 protected:
  bool synchronous_commit_ = true;
};

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

class KvStore {
 public:
  // Stops background work and closes files; all transactions must have ended.
  virtual ~KvStore() = default;

  virtual std::string_view name() const = 0;
  virtual KvLimits limits() const = 0;
  virtual std::unique_ptr<KvTransaction> Begin(const TransactionOptions& options) = 0;

  // Null: an engine without such locks.
  virtual std::unique_ptr<LockSession> OpenLockSession(const LockSessionOptions& /*options*/) {
    return nullptr;
  }
  // Who blocks the transaction: ids of holders and earlier waiters; empty when it does not wait.
  virtual std::vector<uint64_t> BlockingTransactions(uint64_t id) = 0;
  // All locks, but of those on rows that nobody waits for one of each transaction, which stands for
  // the others.
  virtual std::vector<LockInfo> Locks() { return {}; }

  // Two-phase commit. The store takes the transaction: what it has written and the locks that it
  // holds stay, over restarts too where the store itself does, until one of the two below ends it.
  // Where an error is given it is rolled back: 42710 the name is taken, 0A000 an engine without
  // this or a transaction that has outgrown memory.
  virtual Async<Status> Prepare(std::unique_ptr<KvTransaction> /*transaction*/,
                                std::string /*name*/, std::string /*payload*/) {
    return NotSupported("PREPARE TRANSACTION by this storage engine");
  }
  // 42704: there is none of the name; 55000: somebody else ends it. After other errors it is there
  // still, but for 40003, which leaves it to the next opening to tell.
  virtual Async<Status> CommitPrepared(std::string /*name*/) {
    return NotSupported("COMMIT PREPARED by this storage engine");
  }
  virtual Async<Status> RollbackPrepared(std::string /*name*/) {
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
};

struct EngineOptions;  // engine/options.h

// Engines by name ("lsm", "memory"); the plugin loader adds to it.
using EngineFactory = std::function<Result<std::unique_ptr<KvStore>>(const EngineOptions&)>;
void RegisterEngine(std::string name, EngineFactory factory);
bool IsEngineRegistered(const std::string& name);
Result<std::unique_ptr<KvStore>> OpenEngine(const std::string& name, const EngineOptions& options);

}  // namespace shale::engine
