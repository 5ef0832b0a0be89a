// KvTransaction: what a transaction of a storage engine (kv_store.h) does: reads, writes, locks,
// savepoints, commit.
#pragma once

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
#include "engine/kv_snapshot.h"

namespace shale::engine {

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
  // Who has written within this range only commits as if synchronous_commit were off; outlives the
  // transaction; null: there is none.
  const KeyRange* unsynced = nullptr;
};

struct SerializableOptions {
  bool read_only = false;
  // With read_only: waits until nothing that the transaction will read can be an anomaly, and is
  // never cancelled then.
  bool deferrable = false;
  CancelToken* cancel = nullptr;  // of that wait; may be null
  // In place of a new snapshot that of another serializable transaction, which runs while this is
  // called, has shared it, and is read-only only if this one is; not with deferrable.
  std::shared_ptr<const SharedSnapshot> snapshot;
  uint64_t snapshot_of = 0;  // its id
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
  bool keys_only = false;    // values may be left empty
  bool values_only = false;  // keys may be left empty
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
  // Its snapshot, for others to read at, too, for as long as anybody holds it. 0A000 from an engine
  // that has no such.
  virtual Result<std::shared_ptr<const SharedSnapshot>> ShareSnapshot() {
    return NotSupported("sharing of snapshots by this storage engine");
  }
  // In place of RefreshSnapshot: reads at this one, of the same store, until RefreshSnapshot.
  virtual Status UseSnapshot(std::shared_ptr<const SharedSnapshot>) {
    return NotSupported("sharing of snapshots by this storage engine");
  }
  // Others may know the transaction by its id from here on: it counts in what is told of snapshots
  // and of fates. What a session's transaction writes or locks does that by itself.
  virtual Status ShowId() { return Status::Ok(); }
  virtual bool has_shown_id() const { return has_writes(); }
  // Which transactions the snapshot shows; its own id is none of those listed. 72000 where too much
  // has been committed since it was taken.
  virtual Result<SnapshotDescription> DescribeSnapshot() {
    return NotSupported("telling of snapshots by this storage engine");
  }

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
  // (EngineOptions::transaction_buffer_bytes), and keeps very many locks in less of it, which
  // changes nothing of what is read or committed.
  // Whoever writes much awaits it every few rows; it completes at once where there is nothing to
  // do, or where another thread does it meanwhile. 53100, 58030: as writes that the disk refuses;
  // the transaction can only be rolled back then, to a savepoint or as a whole. A later MakeRoom,
  // read or commit may be the one to tell of it.
  virtual Async<Status> MakeRoom() { return Status::Ok(); }

  // Waits in FIFO order for a lock held until the transaction ends (or the savepoint that took it
  // is rolled back). 40P01 for one of those whose waits close a cycle. The key and the
  // options need not outlive the call, although the wait begins when the result is awaited.
  virtual Async<Result<LockOutcome>> Lock(std::string_view key, const LockOptions& options) = 0;
  // The same of the rows' keys in their order, up to the first that is not to be had at once: how
  // many are locked. Lock of the next one waits, or tells what is wrong.
  virtual size_t LockRun(std::span<const KeyValue> /*rows*/, LockMode /*mode*/) { return 0; }
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
  // From now on what reads the snapshot (Get, MultiGet, scans of it that are opened) sees of the
  // own writes those made before the savepoint only; 0: all again. The savepoint stays meanwhile.
  // What reads the newest (GetLatest, scans with `latest`) sees all.
  virtual void ReadAsOf(uint64_t savepoint) = 0;

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

}  // namespace shale::engine
