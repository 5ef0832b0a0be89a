#include "engine/model/model_transaction.h"

#include <iterator>
#include <utility>

#include "engine/base/check.h"
#include "engine/txn/tracked_cursor.h"

namespace shale::engine {

MemoryTransaction::MemoryTransaction(MemoryStore& store, const TransactionOptions& options)
    : store_(store),
      id_([&store] {
        std::lock_guard lock(store.mutex_);
        return ++store.last_transaction_;
      }()),
      read_only_(options.read_only),
      locks_(store.locks_, id_, TableLockSession::GroupOf(options.session)),
      writes_({.key_bytes_max = store.limits_.key_bytes_max,
               .value_bytes_max = store.limits_.value_bytes_max,
               .total_bytes_max = store.limits_.transaction_bytes_max}) {
  set_synchronous_commit(options.synchronous_commit);
  std::unique_lock lock(store.mutex_);
  snapshot_ = store.last_sequence_;
  store.snapshots_.insert(snapshot_);
  lock.unlock();
  if (options.isolation == IsolationLevel::kSerializable) Track(options.read_only);
}

void MemoryTransaction::Track(bool read_only) {
  read_only_ = read_only_ || read_only;
  tracked_ = std::make_unique<SerializableTransaction>(
      store_.conflicts_,
      SerializableTransaction::Options{
          .id = id_, .read_only = read_only_, .savepoints = lock_marks_.size()},
      [this] {
        RefreshSnapshot();
        return snapshot_;
      });
}

Async<Status> MemoryTransaction::StartSerializable(const SerializableOptions& options) {
  CHECK(!ended_ && tracked_ == nullptr);
  if (options.snapshot != nullptr) {
    return NotSupported("sharing of snapshots by this storage engine");
  }
  Track(options.read_only);
  if (!options.read_only || !options.deferrable) return Status::Ok();
  return AwaitSafe(tracked_->AwaitSafeSnapshot(options.cancel));
}

// Whose wait is cancelled has not begun.
Task<Status> MemoryTransaction::AwaitSafe(Async<Status> wait) {
  Status status = co_await wait;
  if (!status.ok()) tracked_.reset();
  co_return status;
}

void MemoryTransaction::RefreshSnapshot() {
  std::lock_guard lock(store_.mutex_);
  store_.RemoveSnapshot(snapshot_);
  snapshot_ = store_.last_sequence_;
  store_.snapshots_.insert(snapshot_);
}

bool MemoryTransaction::GetOwn(uint64_t horizon, std::string_view key, PinnedBytes* value,
                               bool* found) {
  CHECK(!ended_);
  std::string_view own;
  WriteBuffer::Answer answer = writes_.GetAsOf(horizon, key, &own);
  *found = answer == WriteBuffer::Answer::kValue;
  if (*found) value->Assign(own);
  return answer != WriteBuffer::Answer::kAbsent;
}

bool MemoryTransaction::GetAt(SequenceNumber snapshot, std::string_view key, PinnedBytes* value,
                              SequenceNumber* sequence) {
  *sequence = 0;
  std::lock_guard lock(store_.mutex_);
  auto entry = store_.map_.find(key);
  if (entry == store_.map_.end()) return false;
  const auto* version = MemoryStore::VisibleAt(entry->second, snapshot);
  if (version == nullptr || version->deleted) return false;
  value->Assign(version->value);
  *sequence = version->sequence;
  return true;
}

Async<Result<bool>> MemoryTransaction::Get(std::string_view key, PinnedBytes* value) {
  bool found = false;
  if (GetOwn(read_horizon(), key, value, &found)) return Result<bool>(found);
  if (Status status = NoteRead(key); !status.ok()) return Result<bool>(std::move(status));
  SequenceNumber sequence = 0;
  return Result<bool>(GetAt(snapshot_, key, value, &sequence));
}

Async<Result<bool>> MemoryTransaction::GetLatest(std::string_view key, PinnedBytes* value,
                                                 SequenceNumber* sequence) {
  *sequence = 0;
  bool found = false;
  if (GetOwn(writes_.horizon(), key, value, &found)) return Result<bool>(found);
  return Result<bool>(GetAt(kSequenceMax, key, value, sequence));
}

Async<Status> MemoryTransaction::MultiGet(std::span<const std::string_view> keys,
                                          PinnedBytes* values, bool* found) {
  for (size_t i = 0; i < keys.size(); ++i) {
    Result<bool> answer = Get(keys[i], &values[i]).value();
    if (!answer.ok()) return std::move(answer).status();
    found[i] = *answer;
  }
  return Status::Ok();
}

std::unique_ptr<KvCursor> MemoryTransaction::Scan(ScanOptions options) {
  CHECK(!ended_);
  SequenceNumber sequence = snapshot_;
  if (options.latest) {
    std::lock_guard lock(store_.mutex_);
    sequence = store_.last_sequence_;
  }
  const uint64_t horizon = options.latest ? writes_.horizon() : read_horizon();
  auto cursor = std::make_unique<MemoryCursor>(store_, writes_, horizon, sequence, options);
  if (tracked_ == nullptr) return cursor;
  return std::make_unique<TrackedCursor>(std::move(cursor), options, tracked_.get());
}

Status MemoryTransaction::CheckWritable() const {
  CHECK(!ended_);
  if (!read_only_) return Status::Ok();
  return Error(sqlstate::kReadOnlySqlTransaction, "cannot write in a read-only transaction");
}

Status MemoryTransaction::Put(std::string_view key, std::string_view value) {
  RETURN_IF_ERROR(CheckWritable());
  if (tracked_ != nullptr) RETURN_IF_ERROR(tracked_->Write(key));
  return writes_.Put(key, value);
}

Status MemoryTransaction::Delete(std::string_view key) {
  RETURN_IF_ERROR(CheckWritable());
  if (tracked_ != nullptr) RETURN_IF_ERROR(tracked_->Write(key));
  return writes_.Delete(key);
}

Status MemoryTransaction::DeleteRange(const KeyRange& range) {
  RETURN_IF_ERROR(CheckWritable());
  if (tracked_ != nullptr) RETURN_IF_ERROR(tracked_->Write(range));
  return writes_.DeleteRange(range);
}

Async<Result<LockOutcome>> MemoryTransaction::Lock(std::string_view key,
                                                   const LockOptions& options) {
  CHECK(!ended_);
  return locks_.Lock(key, options);
}

size_t MemoryTransaction::LockRun(std::span<const KeyValue> rows, LockMode mode) {
  CHECK(!ended_);
  return locks_.LockRun(rows, mode);
}

uint64_t MemoryTransaction::SetSavepoint() {
  lock_marks_.push_back(locks_.mark());
  if (tracked_ != nullptr) tracked_->SetSavepoint();
  return writes_.SetSavepoint();
}

void MemoryTransaction::RollbackToSavepoint(uint64_t savepoint) {
  writes_.RollbackToSavepoint(savepoint);
  lock_marks_.resize(savepoint);
  if (tracked_ != nullptr) tracked_->RollbackToSavepoint(savepoint);
  locks_.ReleaseSince(lock_marks_.back());
}

void MemoryTransaction::ReleaseSavepoint(uint64_t savepoint) {
  writes_.ReleaseSavepoint(savepoint);
  lock_marks_.resize(savepoint - 1);
  if (tracked_ != nullptr) tracked_->ReleaseSavepoint(savepoint);
}

SequenceNumber MemoryTransaction::Apply(const std::function<void(SequenceNumber)>& on_publish) {
  std::lock_guard lock(store_.mutex_);
  SequenceNumber sequence = store_.last_sequence_;
  if (has_writes()) {
    ++sequence;
    auto delete_range = [&](const KeyRange& range) {
      auto [entry, end] = store_.Find(range);
      for (; entry != end; ++entry) store_.Append(entry, {sequence, true, {}});
    };
    auto write_key = [&](std::string_view key, std::string_view value, bool deleted) {
      auto entry = store_.map_.try_emplace(std::string(key)).first;
      store_.Append(entry, {sequence, deleted, std::string(value)});
    };
    writes_.ForEachEffect(delete_range, write_key);
    ++store_.commits_;
  }
  if (on_publish) on_publish(sequence);
  store_.last_sequence_ = sequence;
  return has_writes() ? sequence : 0;
}

Async<CommitResult> MemoryTransaction::Commit(CommitRanges,
                                              std::function<void(SequenceNumber)> on_publish) {
  CHECK(!ended_);
  CommitResult result;
  if (tracked_ == nullptr) {
    result.sequence = Apply(on_publish);
  } else if (Status status = prepared_ ? Status::Ok() : tracked_->Prepare(); status.ok()) {
    tracked_->Publish([&] { return result.sequence = Apply(on_publish); });
  } else {
    result = {.outcome = CommitOutcome::kConflict, .status = std::move(status)};
  }
  Rollback();
  return result;
}

Status MemoryTransaction::BecomePrepared() {
  if (locks_.SharesLocks()) {
    return Error(sqlstate::kFeatureNotSupported,
                 "cannot PREPARE while holding both session-level and transaction-level locks on "
                 "the same object");
  }
  if (tracked_ != nullptr) RETURN_IF_ERROR(tracked_->Prepare());
  prepared_ = true;
  locks_.LeaveGroup();
  return Status::Ok();
}

void MemoryTransaction::Rollback() {
  if (ended_) return;
  ended_ = true;
  {
    std::lock_guard lock(store_.mutex_);
    store_.RemoveSnapshot(snapshot_);
  }
  if (tracked_ != nullptr) tracked_->End();
  locks_.ReleaseAll();
}

MemoryCursor::MemoryCursor(MemoryStore& store, WriteBuffer& writes, uint64_t horizon,
                           SequenceNumber snapshot, ScanOptions options)
    : store_(store),
      own_(writes, horizon),
      snapshot_(snapshot),
      options_(std::move(options)),
      rest_(options_.range) {
  exhausted_ = !rest_.end.empty() && rest_.begin >= rest_.end;
  if (options_.reverse) {
    own_.SeekLast(rest_.end);
  } else {
    own_.SeekFirst(rest_.begin);
  }
  std::lock_guard lock(store_.mutex_);
  store_.snapshots_.insert(snapshot_);
}

MemoryCursor::~MemoryCursor() {
  std::lock_guard lock(store_.mutex_);
  store_.RemoveSnapshot(snapshot_);
}

bool MemoryCursor::NextCommitted(Row* row) {
  auto [entry, end] = store_.Find(rest_);
  while (entry != end) {
    auto candidate = options_.reverse ? std::prev(end) : entry;
    const auto* version = MemoryStore::VisibleAt(candidate->second, snapshot_);
    if (version != nullptr && !version->deleted &&
        own_.CoveringRange(candidate->first) == nullptr) {
      *row = {candidate->first, version->value};
      return true;
    }
    (options_.reverse ? end : entry) = options_.reverse ? candidate : std::next(entry);
  }
  return false;
}

bool MemoryCursor::NextRow(Row* row) {
  while (!exhausted_) {
    bool have_committed = NextCommitted(row);
    bool have_own =
        own_.valid() && (options_.reverse ? own_.key() >= rest_.begin
                                          : rest_.end.empty() || own_.key() < rest_.end);
    if (!have_committed && !have_own) break;
    bool found = have_committed;
    if (have_own && (!have_committed || own_.key() == row->key ||
                     (own_.key() < row->key) != options_.reverse)) {
      found = !own_.deleted();
      *row = {std::string(own_.key()), std::string(own_.value())};
      options_.reverse ? own_.Previous() : own_.Next();
    }
    if (options_.reverse) {
      rest_.end = row->key;
      exhausted_ = rest_.begin >= rest_.end;
    } else {
      rest_.begin = row->key + '\0';
      exhausted_ = !rest_.end.empty() && rest_.begin >= rest_.end;
    }
    if (found) return true;
  }
  exhausted_ = true;
  return false;
}

Async<Result<std::span<const KeyValue>>> MemoryCursor::NextPage() {
  rows_.clear();
  page_.clear();
  {
    std::lock_guard lock(store_.mutex_);
    size_t bytes = 0;
    Row row;
    while (rows_.size() < options_.page_rows_max && bytes < options_.page_bytes_max &&
           NextRow(&row)) {
      bytes += row.key.size() + row.value.size();
      rows_.push_back(std::move(row));
    }
  }
  for (const Row& row : rows_) page_.push_back({row.key, row.value});
  return Result<std::span<const KeyValue>>(std::span<const KeyValue>(page_));
}

}  // namespace shale::engine
