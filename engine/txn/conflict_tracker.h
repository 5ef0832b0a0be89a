// ConflictTracker: SERIALIZABLE, by serializable snapshot isolation: what serializable transactions
// read and write, and which of them must be cancelled so that what commits could have happened one
// by one.
//
// A SerializableTransaction is a transaction's part in it. Its reads (keys, and ranges with the
// keys that are not there) and writes are noted in two indexes (key_claims.h), which outlive a
// commit for as long as a transaction runs that overlaps with it; where a read and a write of two
// overlapping transactions meet there is a conflict, and the graph (conflict_graph.h) says whether
// it is dangerous. Nothing here ever waits for another transaction, but for a deferrable one's wait
// for a safe snapshot.
//
// Whether a read is noted before or after it is made does not matter, since it is made at a
// snapshot: the write that it misses is found in the index of writes, or finds the read in the
// other one. It must be noted before the caller learns what was read.
//
// Memory: a transaction that claims much gets coarse claims; the oldest committed ones are
// coarsened and merged where there are too many (TrackerLimits). Both may cancel a transaction that
// was harmless, never the other way.
//
// The tracker knows keys and sequence numbers, nothing of storage. Thread-safe; a
// SerializableTransaction belongs to one coroutine at a time, but for Publish.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/base/task.h"
#include "engine/kv_store.h"
#include "engine/txn/conflict_graph.h"
#include "engine/txn/key_claims.h"

namespace shale::engine {

struct TrackerLimits {
  size_t claims_per_set_max = 10'000;  // keys and ranges that one transaction has read, or written
  size_t ranges_per_set_max = 256;
  size_t committed_claims_max =
      500'000;                   // of all transactions; above, committed ones are coarsened
  size_t committed_max = 1'000;  // above, committed ones are merged
};

class ConflictTracker {
 public:
  explicit ConflictTracker(const TrackerLimits& limits = {}) : limits_(limits) {}
  // All transactions must be gone.
  ~ConflictTracker();

  // Whom a deferrable transaction waits for; empty where this one does not wait.
  std::vector<uint64_t> BlockingTransactions(uint64_t id);

  // See KvStore.
  std::vector<PredicateRead> PredicateReads();

  struct Counts {
    size_t running = 0;
    size_t committed = 0;  // that are still remembered
    size_t claims = 0;
    uint64_t failures = 0;  // 40001 given, ever
  };
  Counts counts();

  // See KvTransaction.
  void CarryReads(const KeyRange& from, const KeyRange& to);

  // See ConflictGraph.
  void SetChecksOffForTest();

 private:
  friend class SerializableTransaction;

  // With mutex_ held, all of them.
  void Forget();
  void Summarize();
  void MergeOldest();
  void Coarsen(KeyClaims* claims, ClaimSet* set);
  void Remove(ConflictNode* node);
  const ConflictNode* FindRunning(uint64_t id) const;  // null: it is not tracked
  Status Count(Status status);

  const TrackerLimits limits_;
  std::mutex mutex_;
  // All below guarded by mutex_.
  ConflictGraph graph_;
  KeyClaims reads_;
  KeyClaims writes_;
  uint64_t failures_ = 0;
};

class SerializableTransaction {
 public:
  // Called with the tracker's mutex held, which makes the snapshot and the transaction's beginning
  // one moment.
  using TakeSnapshot = std::function<SequenceNumber()>;

  struct Options {
    uint64_t id = 0;
    bool read_only = false;
    size_t savepoints = 0;     // set already
    uint64_t snapshot_of = 0;  // a running one whose snapshot it takes; 0: a new one
  };
  // Begins. A read-only one may be untracked at once, its snapshot being safe. Of one that takes
  // another's snapshot see start_status.
  SerializableTransaction(ConflictTracker& tracker, const Options& options,
                          TakeSnapshot take_snapshot);
  // Rolls back unless it has been published.
  ~SerializableTransaction() { End(); }
  // 40001: whose snapshot it was to take has to be rolled back; 0A000: that one only reads, and
  // this one does not. It has not begun then.
  const Status& start_status() const { return start_status_; }
  SerializableTransaction(const SerializableTransaction&) = delete;
  SerializableTransaction& operator=(const SerializableTransaction&) = delete;

  // Of a read-only one that has done nothing yet: waits until its snapshot is safe, and takes
  // another one as often as it turns out not to be. Then nothing is tracked. cancel may be null.
  Async<Status> AwaitSafeSnapshot(CancelToken* cancel);

  // What it reads, or is about to read, other than its own writes; what it is about to write.
  // 40001: it has to be rolled back (or the statement has, to a savepoint, before it reads on).
  Status Read(std::string_view key);
  Status Read(const KeyRange& range);
  Status Write(std::string_view key);
  Status Write(const KeyRange& range);
  // What it would write, but will not: no conflict with what others have written.
  Status WouldWrite(std::string_view key);

  // Positions as in KvTransaction. What was read, and the conflicts found, stay after a rollback to
  // a savepoint, writes do not.
  void SetSavepoint();
  void RollbackToSavepoint(uint64_t savepoint);
  void ReleaseSavepoint(uint64_t savepoint) { marks_.resize(savepoint - 1); }

  // In this order, to commit. Prepare: 40001, or it will not be cancelled any more; it may still be
  // rolled back. Publish: with the commit's place in the store's order, before any snapshot shows
  // it; 0 where nothing was written. `commit` runs with the tracker's mutex held; it and what
  // surrounds it take no memory for this. End: new snapshots show the commit.
  Status Prepare();
  void Publish(const std::function<SequenceNumber()>& commit);
  // What has been read, for an opening to come; nothing of one that is not tracked.
  std::vector<KeyRange> Reads() const;
  // In place of Prepare: it was prepared before the store was opened, and what it has read and
  // written has been noted again. Of several, all are to have noted that before the first is
  // restored: then nothing can be refused.
  void Restore();
  void End();

 private:
  Status Begin(uint64_t snapshot_of);
  template <typename Claims>  // a key or a range
  Status NoteRead(const Claims& claims);
  // With the tracker's mutex held.
  template <typename Claims>
  Status NoteWrite(const Claims& claims);
  void ReleaseIfSafe();  // then it is tracked no more
  Task<Status> AwaitSafeSnapshotLater(CancelToken* cancel);
  // False: there is nothing to wait for.
  bool StartWait(SafeSnapshotWait* wait);
  void CancelWait(SafeSnapshotWait* wait);

  ConflictTracker& tracker_;
  const uint64_t id_;
  const bool read_only_;
  const TakeSnapshot take_snapshot_;
  ConflictNode* node_ = nullptr;  // null: not tracked
  std::vector<ClaimSet::Mark> marks_;
  Status start_status_;
};

}  // namespace shale::engine
