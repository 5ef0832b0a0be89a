// A transaction of LsmKvStore. Private to engine/mvcc.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/lsm/lsm_store.h"
#include "engine/lsm/run_stack.h"
#include "engine/mvcc/background_spill.h"
#include "engine/mvcc/lsm_kv_store.h"
#include "engine/txn/conflict_tracker.h"
#include "engine/txn/lock_session.h"
#include "engine/txn/lock_table.h"
#include "engine/txn/write_buffer.h"

namespace shale::engine {

class LsmTransaction : public KvTransaction {
 public:
  LsmTransaction(LsmKvStore& store, uint64_t id, const TransactionOptions& options);
  ~LsmTransaction() override;

  uint64_t id() const override { return id_; }
  SequenceNumber snapshot() const override {
    return shared_ != nullptr ? shared_->sequence() : snapshot_.sequence();
  }
  void RefreshSnapshot() override;
  Result<std::shared_ptr<const SharedSnapshot>> ShareSnapshot() override;
  Status UseSnapshot(std::shared_ptr<const SharedSnapshot> snapshot) override;
  Status ShowId() override;
  bool has_shown_id() const override { return is_logged_; }
  Result<SnapshotDescription> DescribeSnapshot() override;
  Async<Status> StartSerializable(const SerializableOptions& options) override;

  Async<Result<bool>> Get(std::string_view key, PinnedBytes* value) override;
  Async<Result<bool>> GetLatest(std::string_view key, PinnedBytes* value,
                                SequenceNumber* sequence) override;
  Async<Result<bool>> GetLatestEarly(std::string_view key, PinnedBytes* value,
                                     SequenceNumber* sequence) override;
  Async<Status> AwaitEarly() override;
  Async<Status> MultiGet(std::span<const std::string_view> keys, PinnedBytes* values,
                         bool* found) override;
  std::unique_ptr<KvCursor> Scan(ScanOptions options) override;
  Status NoteRead(std::string_view key) override;
  Status NoteWrite(std::string_view key) override;

  Status Put(std::string_view key, std::string_view value) override;
  Status Delete(std::string_view key) override;
  Status DeleteRange(const KeyRange& range) override;
  Status CarryReads(const KeyRange& from, const KeyRange& to) override;
  bool has_writes() const override { return !writes_->empty() || has_spilled(); }
  Async<Status> MakeRoom() override;

  Async<Result<LockOutcome>> Lock(std::string_view key, const LockOptions& options) override;
  size_t LockRun(std::span<const KeyValue> rows, LockMode mode) override;
  bool HasExclusiveTableLocks() const override { return locks_.table().has_exclusive_tables(); }

  uint64_t SetSavepoint() override;
  void RollbackToSavepoint(uint64_t savepoint) override;
  void ReleaseSavepoint(uint64_t savepoint) override;
  void ReadAsOf(uint64_t savepoint) override;

  Async<CommitResult> Commit(CommitRanges ranges,
                             std::function<void(SequenceNumber)> on_publish) override;
  void Rollback() override;

  // Two-phase commit (prepare.cc). 40001, or SERIALIZABLE will not cancel it any more.
  Status CheckSerializable() { return tracked_ == nullptr ? Status::Ok() : tracked_->Prepare(); }
  bool is_tracked() const { return tracked_ != nullptr; }
  std::vector<KeyRange> TrackedReads() const { return tracked_->Reads(); }
  // Such a transaction, read back: before its writes, and once all others have theirs.
  Status TrackRestored(std::span<const KeyRange> reads);
  void FinishRestoring(const PreparedRecord& record);
  // What its commit runs.
  std::function<void(SequenceNumber)> PreparedPublisher(
      std::function<void(SequenceNumber)> on_publish);
  // What it writes, without a marker, and the locks that it holds.
  WriteBatch TakeEffects();
  // The same of one that has spilled, as rows of a prepared one from part 1 on, which are counted
  // in the record, with the chunks of locks behind. Blocks.
  Result<SortedRun> WriteParts(std::string_view name, std::span<const std::string> lock_chunks,
                               PreparedRecord* record);
  // All that was written, as a batch with a marker and one run; it is gone then. Blocks.
  Result<WriteBatch> TakeSpilledBatch();
  std::vector<std::pair<LockMode, std::string>> HeldLocks() const { return locks_.Held(); }
  std::vector<uint64_t> CompactLocks() const { return locks_.HeldCompactly(); }
  Status TakeCompactLocks(std::span<const uint64_t> stored) { return locks_.TakeCompactly(stored); }
  // Its session holds some of them too.
  bool SharesLocks() const { return locks_.SharesLocks(); }
  bool has_spilled() const { return spilled_ != nullptr || spilling_ != nullptr; }
  // Until nothing is on its way to disk. Before what blocks.
  Async<Status> FinishSpill();
  // Nobody reads by it or goes back in it any more, and it belongs to no session.
  void BecomePrepared(const PreparedRecord& record);
  // Of its rows: all, and those with what it writes, from part 1 on.
  uint32_t prepared_parts() const { return prepared_parts_; }
  uint32_t prepared_chunks() const { return prepared_chunks_; }
  // What TakeEffects gave before, read back. May block.
  Status Apply(const WriteBatch::Operation& operation);
  // As if nothing had been written; of a prepared one whose writes are to be read back.
  void ForgetWrites();
  bool is_incomplete() const { return incomplete_; }
  void set_complete() { incomplete_ = false; }
  void set_incomplete() { incomplete_ = true; }

 private:
  void Track(const SerializableOptions& options);
  void MoveSnapshot();
  // Until all that the snapshot shows is visible to others. Blocks.
  Status AwaitSnapshot();
  void ReleaseSnapshot();
  Task<Status> AwaitSafe(Async<Status> wait);
  // Locks take less memory from here on, as far as savepoints let them.
  void CompactManyLocks();
  // Before a lock.
  Status ShowIdOfLocker(LockMode mode);
  // Before a write of what begins with the key.
  Status CheckWritable(std::string_view key);
  // What a prepared one writes is known.
  bool notes_writes() const { return tracked_ != nullptr && prepared_parts_ == 0; }
  // An own write's answer from memory, or nothing: the newest one, or as reads of the snapshot see
  // it.
  std::optional<bool> GetOwn(uint64_t horizon, std::string_view key, PinnedBytes* value) const;
  uint64_t read_horizon() const {
    return read_savepoint_ == 0 ? writes_->horizon() : writes_->horizon_of(read_savepoint_);
  }
  // What reads of the snapshot see of what is spilled.
  const std::shared_ptr<const RunStack>& read_spilled() const {
    return read_savepoint_ == 0 ? spilled_ : marks_[read_savepoint_ - 1].spilled;
  }
  // Get (of the snapshot) or GetLatest (where there is a sequence) of a key that memory does not
  // know.
  Async<Result<bool>> GetSpilled(std::string_view key, PinnedBytes* value,
                                 SequenceNumber* sequence);
  Task<Result<bool>> GetSpilledLater(Async<Result<StackAnswer>> spilled, std::string_view key,
                                     PinnedBytes* value, SequenceNumber* sequence);
  Async<Result<bool>> GetCommitted(std::string_view key, PinnedBytes* value,
                                   SequenceNumber* sequence);

  // V9: what reads at the snapshot and under the locks held would give is not all durable yet.
  bool MustAwait(SequenceNumber at_least = 0);
  Task<Result<bool>> GetAwaited(std::string_view key, PinnedBytes* value, SequenceNumber* sequence);
  Task<Status> MultiGetAwaited(std::vector<std::string_view> keys, PinnedBytes* values,
                               bool* found);

  // Sends the buffer to disk and goes on with an empty one.
  Status StartSpill();
  Task<Status> SpillLater();
  Task<Status> SpillAfter(Async<Status> finish);
  Task<Status> FinishSpillLater();
  // The runs of what was on its way take its place.
  Status TakeOverSpilled();
  void AbandonSpill();
  // What is on its way, if a scan of the range sees any of it.
  std::shared_ptr<BackgroundSpill> SpillingIn(const KeyRange& range, uint64_t horizon) const;
  // Writes the buffer to runs; nothing else is on its way. Blocks.
  Status Spill();

  // The same with the marker.
  WriteBatch TakeBatch();
  // A caller has own writes pinned, or a cursor.
  bool values_are_held() const { return writes_.use_count() > 1; }
  // What also tells the tracker, and the log of transactions.
  std::function<void(SequenceNumber)> Publisher(std::function<void(SequenceNumber)> on_publish);
  Async<CommitResult> Write(WriteBatch batch, std::function<void(SequenceNumber)> on_publish,
                            bool may_release_early);
  Task<CommitResult> CommitSpilled(std::function<void(SequenceNumber)> on_publish,
                                   bool may_release_early);
  Task<CommitResult> FinishCommit(Async<CommitResult> write);
  void EndWith(const CommitResult& result);

  LsmKvStore& store_;
  const uint64_t id_;
  bool read_only_;
  const KeyRange* const unsynced_;  // TransactionOptions
  bool writes_synced_ = false;      // something beyond it
  bool ended_ = false;
  const bool has_session_;
  bool is_logged_ = false;          // in the store's log of transactions
  bool snapshot_is_ahead_ = false;  // of what was visible when it was taken
  SequenceNumber read_early_ = 0;   // GetLatestEarly has given nothing newer; 0: nothing early
  Snapshot snapshot_;  // a cursor pins what it reads, so it needs this only while it is opened
  std::shared_ptr<const SharedSnapshot> shared_;      // in place of snapshot_; may be null
  std::unique_ptr<SerializableTransaction> tracked_;  // null below SERIALIZABLE
  LockOwner locks_;
  std::shared_ptr<WriteBuffer> writes_;        // cursors and values read keep a spilled one
  std::shared_ptr<const RunStack> spilled_;    // older than all in writes_; null: nothing
  std::shared_ptr<BackgroundSpill> spilling_;  // between the two, on its way; null: nothing
  size_t marks_before_spilling_ = 0;           // savepoints from before all that is in there
  struct Mark {
    size_t locks;
    std::shared_ptr<const RunStack> spilled;  // of what was written before the savepoint
  };
  std::vector<Mark> marks_;      // of the savepoints
  uint64_t read_savepoint_ = 0;  // ReadAsOf
  uint32_t prepared_parts_ = 0;
  uint32_t prepared_chunks_ = 0;
  bool incomplete_ = false;  // its writes are to be read back before it can commit
};

}  // namespace shale::engine
