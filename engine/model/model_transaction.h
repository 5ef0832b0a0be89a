// A transaction of MemoryStore and its cursor. Private to engine/model.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/model_store.h"
#include "engine/txn/conflict_tracker.h"
#include "engine/txn/lock_session.h"
#include "engine/txn/lock_table.h"
#include "engine/txn/write_buffer.h"

namespace shale::engine {

class MemoryTransaction : public KvTransaction {
 public:
  MemoryTransaction(MemoryStore& store, const TransactionOptions& options);
  ~MemoryTransaction() override { Rollback(); }

  uint64_t id() const override { return id_; }
  SequenceNumber snapshot() const override { return snapshot_; }
  void RefreshSnapshot() override;
  Async<Status> StartSerializable(const SerializableOptions& options) override;

  Async<Result<bool>> Get(std::string_view key, PinnedBytes* value) override;
  Async<Result<bool>> GetLatest(std::string_view key, PinnedBytes* value,
                                SequenceNumber* sequence) override;
  Async<Status> MultiGet(std::span<const std::string_view> keys, PinnedBytes* values,
                         bool* found) override;
  std::unique_ptr<KvCursor> Scan(ScanOptions options) override;
  Status NoteRead(std::string_view key) override {
    return tracked_ == nullptr ? Status::Ok() : tracked_->Read(key);
  }
  Status NoteWrite(std::string_view key) override {
    return tracked_ == nullptr ? Status::Ok() : tracked_->WouldWrite(key);
  }

  Status Put(std::string_view key, std::string_view value) override;
  Status Delete(std::string_view key) override;
  Status DeleteRange(const KeyRange& range) override;
  Status CarryReads(const KeyRange& from, const KeyRange& to) override {
    store_.conflicts_.CarryReads(from, to);
    return Status::Ok();
  }
  bool has_writes() const override { return !writes_.empty(); }

  Async<Result<LockOutcome>> Lock(std::string_view key, const LockOptions& options) override;
  size_t LockRun(std::span<const KeyValue> rows, LockMode mode) override;
  bool HasExclusiveTableLocks() const override { return locks_.table().has_exclusive_tables(); }

  uint64_t SetSavepoint() override;
  void RollbackToSavepoint(uint64_t savepoint) override;
  void ReleaseSavepoint(uint64_t savepoint) override;
  void ReadAsOf(uint64_t savepoint) override { read_savepoint_ = savepoint; }

  Async<CommitResult> Commit(CommitRanges ranges,
                             std::function<void(SequenceNumber)> on_publish) override;
  void Rollback() override;
  // 40001, or it is its session's no more and nothing but Commit and Rollback may follow.
  Status BecomePrepared();

 private:
  void Track(bool read_only);
  Task<Status> AwaitSafe(Async<Status> wait);
  // False: the transaction has not written the key.
  bool GetOwn(uint64_t horizon, std::string_view key, PinnedBytes* value, bool* found);
  // Of the own writes that reads of the snapshot see.
  uint64_t read_horizon() const {
    return read_savepoint_ == 0 ? writes_.horizon() : writes_.horizon_of(read_savepoint_);
  }
  // What the store does to commit; gives the sequence number.
  SequenceNumber Apply(const std::function<void(SequenceNumber)>& on_publish);
  bool GetAt(SequenceNumber snapshot, std::string_view key, PinnedBytes* value,
             SequenceNumber* sequence);
  Status CheckWritable() const;

  MemoryStore& store_;
  const uint64_t id_;
  bool read_only_;
  SequenceNumber snapshot_ = 0;
  bool ended_ = false;
  bool prepared_ = false;
  std::unique_ptr<SerializableTransaction> tracked_;  // null below SERIALIZABLE
  LockOwner locks_;
  WriteBuffer writes_;
  std::vector<size_t> lock_marks_;  // of the savepoints
  uint64_t read_savepoint_ = 0;     // ReadAsOf
};

class MemoryCursor : public KvCursor {
 public:
  // Sees the writes up to the horizon.
  MemoryCursor(MemoryStore& store, WriteBuffer& writes, uint64_t horizon, SequenceNumber snapshot,
               ScanOptions options);
  ~MemoryCursor() override;
  Async<Result<std::span<const KeyValue>>> NextPage() override;

 private:
  struct Row {
    std::string key;
    std::string value;
  };

  // The committed row that comes first beyond position_ in the scan's direction.
  bool NextCommitted(Row* row);
  // The first row of both, own writes winning; false at the end.
  bool NextRow(Row* row);

  MemoryStore& store_;
  WriteBuffer::Iterator own_;
  const SequenceNumber snapshot_;
  const ScanOptions options_;
  KeyRange rest_;  // what is still to be scanned
  bool exhausted_ = false;
  std::vector<Row> rows_;
  std::vector<KeyValue> page_;
};

}  // namespace shale::engine
