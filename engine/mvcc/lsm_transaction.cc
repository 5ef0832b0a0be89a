#include "engine/mvcc/lsm_transaction.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/cleanup.h"
#include "engine/base/out_of_memory.h"
#include "engine/mvcc/lsm_kv_cursor.h"
#include "engine/mvcc/reserved_keys.h"
#include "engine/txn/tracked_cursor.h"

namespace shale::engine {
namespace {

// Awaits one look-up among several; the last one to finish sets the event.
struct Gather {
  explicit Gather(size_t count) : open(count) {}
  std::atomic<size_t> open;
  Event done;
};

DetachedTask AwaitLookup(Async<Result<bool>> lookup, Result<bool>* answer, Gather* gather) {
  Result<bool> result = co_await lookup;
  *answer = std::move(result);
  if (gather->open.fetch_sub(1, std::memory_order_acq_rel) == 1) gather->done.Set();
}

struct PendingLookup {
  bool* found;
  Async<Result<bool>> lookup;
};

// All of them are under way at once, so that their disk reads overlap.
Task<Status> AwaitAll(std::vector<PendingLookup> pending) {
  std::vector<Result<bool>> answers(pending.size(), Result<bool>(false));
  Gather gather(pending.size());
  for (size_t i = 0; i < pending.size(); ++i) {
    AwaitLookup(std::move(pending[i].lookup), &answers[i], &gather);
  }
  co_await gather.done;
  for (size_t i = 0; i < pending.size(); ++i) {
    if (!answers[i].ok()) co_return std::move(answers[i]).status();
    *pending[i].found = *answers[i];
  }
  co_return Status::Ok();
}

Task<Result<bool>> HideDeletion(Async<Result<bool>> lookup, SequenceNumber* sequence) {
  Result<bool> found = co_await lookup;
  if (found.ok() && !*found) *sequence = 0;
  co_return found;
}

}  // namespace

LsmTransaction::LsmTransaction(LsmKvStore& store, uint64_t id, const TransactionOptions& options)
    : store_(store),
      id_(id),
      read_only_(options.read_only),
      unsynced_(options.unsynced),
      has_session_(options.session != nullptr),
      snapshot_(store.lsm_->AcquireSnapshot()),
      locks_(store.locks_, id_, TableLockSession::GroupOf(options.session)),
      writes_(std::make_shared<WriteBuffer>(
          WriteBuffer::Limits{.key_bytes_max = store.limits_.key_bytes_max,
                              .value_bytes_max = store.limits_.value_bytes_max,
                              .total_bytes_max = store.limits_.transaction_bytes_max})) {
  set_synchronous_commit(options.synchronous_commit);
  if (options.isolation == IsolationLevel::kSerializable) Track({.read_only = options.read_only});
  store.open_transactions_.fetch_add(1, std::memory_order_relaxed);
}

LsmTransaction::~LsmTransaction() {
  Rollback();
  store_.open_transactions_.fetch_sub(1, std::memory_order_release);
}

Status LsmTransaction::CarryReads(const KeyRange& from, const KeyRange& to) try {
  store_.conflicts_.CarryReads(from, to);
  return Status::Ok();
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Status LsmTransaction::NoteRead(std::string_view key) try {
  return tracked_ == nullptr ? Status::Ok() : tracked_->Read(key);
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Status LsmTransaction::NoteWrite(std::string_view key) try {
  return tracked_ == nullptr ? Status::Ok() : tracked_->WouldWrite(key);
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

std::optional<bool> LsmTransaction::GetOwn(uint64_t horizon, std::string_view key,
                                           PinnedBytes* value) const {
  CHECK(!ended_);
  for (const auto* buffer : {&writes_, spilling_ == nullptr ? nullptr : &spilling_->buffer()}) {
    if (buffer == nullptr || (*buffer)->empty()) continue;
    std::string_view own;
    switch ((*buffer)->GetAsOf(horizon, key, &own)) {
      case WriteBuffer::Answer::kValue:
        value->Pin(own, *buffer);
        return true;
      case WriteBuffer::Answer::kDeleted:
        return false;
      case WriteBuffer::Answer::kAbsent:
        break;
    }
  }
  if (IsReserved(key)) return false;
  return std::nullopt;
}

Async<Result<bool>> LsmTransaction::GetCommitted(std::string_view key, PinnedBytes* value,
                                                 SequenceNumber* sequence) {
  if (sequence == nullptr) return store_.lsm_->Get(key, snapshot(), value);
  Async<Result<bool>> lookup =
      store_.lsm_->GetLatest(key, value, sequence, locks_.released_early());
  if (!lookup.ready()) return HideDeletion(std::move(lookup), sequence);
  Result<bool> found = std::move(lookup).value();
  if (found.ok() && !*found) *sequence = 0;
  return found;
}

Async<Result<bool>> LsmTransaction::GetSpilled(std::string_view key, PinnedBytes* value,
                                               SequenceNumber* sequence) {
  const RunStack& stack = sequence == nullptr ? *read_spilled() : *spilled_;
  Async<Result<StackAnswer>> spilled = store_.lsm_->Get(stack, key, value);
  if (!spilled.ready()) return GetSpilledLater(std::move(spilled), key, value, sequence);
  Result<StackAnswer> answer = std::move(spilled).value();
  if (!answer.ok()) return Result<bool>(std::move(answer).status());
  if (*answer != StackAnswer::kAbsent) return Result<bool>(*answer == StackAnswer::kValue);
  return GetCommitted(key, value, sequence);
}

Task<Result<bool>> LsmTransaction::GetSpilledLater(Async<Result<StackAnswer>> spilled,
                                                   std::string_view key, PinnedBytes* value,
                                                   SequenceNumber* sequence) {
  Result<StackAnswer> answer = co_await spilled;
  if (!answer.ok()) co_return std::move(answer).status();
  if (*answer != StackAnswer::kAbsent) co_return *answer == StackAnswer::kValue;
  Async<Result<bool>> lookup = GetCommitted(key, value, sequence);
  Result<bool> found = co_await lookup;
  co_return found;
}

bool LsmTransaction::MustAwait(SequenceNumber at_least) {
  if (!snapshot_is_ahead_ && at_least == 0) return false;
  const SequenceNumber visible = store_.lsm_->visible_sequence();
  snapshot_is_ahead_ = snapshot() > visible;
  return snapshot_is_ahead_ || at_least > visible;
}

Task<Result<bool>> LsmTransaction::GetAwaited(std::string_view key, PinnedBytes* value,
                                              SequenceNumber* sequence) {
  const SequenceNumber seen = std::max({snapshot(), locks_.released_early(), read_early_});
  Async<Status> wait = store_.lsm_->AwaitVisible(seen);
  Status awaited = co_await wait;
  if (!awaited.ok()) co_return awaited;
  Async<Result<bool>> get = sequence == nullptr ? Get(key, value) : GetLatest(key, value, sequence);
  Result<bool> found = co_await get;
  co_return found;
}

Async<Result<bool>> LsmTransaction::Get(std::string_view key, PinnedBytes* value) try {
  if (MustAwait()) return GetAwaited(key, value, nullptr);
  std::optional<bool> own = GetOwn(read_horizon(), key, value);
  // Own writes may follow from what was read early.
  if ((own.has_value() || read_spilled() != nullptr) && MustAwait(read_early_)) {
    return GetAwaited(key, value, nullptr);
  }
  if (own.has_value()) return Result<bool>(*own);
  if (Status status = NoteRead(key); !status.ok()) return Result<bool>(std::move(status));
  if (read_spilled() != nullptr) return GetSpilled(key, value, nullptr);
  return GetCommitted(key, value, nullptr);
} catch (const std::bad_alloc&) {
  return Result<bool>(OutOfMemory());
}

Async<Result<bool>> LsmTransaction::GetLatest(std::string_view key, PinnedBytes* value,
                                              SequenceNumber* sequence) try {
  if (MustAwait(locks_.released_early())) return GetAwaited(key, value, sequence);
  *sequence = 0;
  std::optional<bool> own = GetOwn(writes_->horizon(), key, value);
  if (own.has_value()) return Result<bool>(*own);
  if (spilled_ != nullptr) return GetSpilled(key, value, sequence);
  return GetCommitted(key, value, sequence);
} catch (const std::bad_alloc&) {
  return Result<bool>(OutOfMemory());
}

// Of own writes that follow from what was read early, the snapshot is behind.
Async<Result<bool>> LsmTransaction::GetLatestEarly(std::string_view key, PinnedBytes* value,
                                                   SequenceNumber* sequence) try {
  const SequenceNumber released = locks_.released_early();
  const bool is_early = released > store_.lsm_->visible_sequence();
  if (!is_early || MustAwait() || spilled_ != nullptr) return GetLatest(key, value, sequence);
  *sequence = 0;
  std::optional<bool> own = GetOwn(writes_->horizon(), key, value);
  if (own.has_value()) return Result<bool>(*own);
  read_early_ = std::max(read_early_, released);
  return GetCommitted(key, value, sequence);
} catch (const std::bad_alloc&) {
  return Result<bool>(OutOfMemory());
}

Async<Status> LsmTransaction::AwaitEarly() {
  return store_.lsm_->AwaitVisible(std::exchange(read_early_, 0));
}

Async<Status> LsmTransaction::MultiGet(std::span<const std::string_view> keys, PinnedBytes* values,
                                       bool* found) try {
  if (MustAwait(read_early_)) {
    return MultiGetAwaited(std::vector(keys.begin(), keys.end()), values, found);
  }
  std::vector<KeyGet> gets;
  gets.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (std::optional<bool> own = GetOwn(read_horizon(), keys[i], &values[i])) {
      found[i] = *own;
      continue;
    }
    RETURN_IF_ERROR(NoteRead(keys[i]));
    gets.push_back({keys[i], &values[i], &found[i]});
  }
  const bool has_spilled = read_spilled() != nullptr;
  if (!has_spilled) store_.lsm_->GetFromMemory(gets, snapshot());
  std::vector<PendingLookup> pending;
  for (const KeyGet& get : gets) {
    if (!get.is_open) continue;
    Async<Result<bool>> lookup = has_spilled
                                     ? GetSpilled(get.key, get.value, nullptr)
                                     : store_.lsm_->GetFromDisk(get.key, snapshot(), get.value);
    if (!lookup.ready()) {
      pending.push_back({get.found, std::move(lookup)});
      continue;
    }
    Result<bool> answer = std::move(lookup).value();
    if (!answer.ok()) return std::move(answer).status();
    *get.found = *answer;
  }
  if (pending.empty()) return Status::Ok();
  return AwaitAll(std::move(pending));
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

// One wait for all: look-ups that wait go on beside each other.
Task<Status> LsmTransaction::MultiGetAwaited(std::vector<std::string_view> keys,
                                             PinnedBytes* values, bool* found) {
  Async<Status> wait = store_.lsm_->AwaitVisible(std::max(snapshot(), read_early_));
  Status awaited = co_await wait;
  if (!awaited.ok()) co_return awaited;
  Async<Status> get = MultiGet(keys, values, found);
  Status got = co_await get;
  co_return got;
}

std::unique_ptr<KvCursor> LsmTransaction::Scan(ScanOptions options) {
  CHECK(!ended_);
  if (tracked_ != nullptr) options.values_only = false;
  Snapshot now;
  if (options.latest) now = store_.lsm_->AcquireSnapshot(locks_.released_early());
  const SequenceNumber sequence = options.latest ? now.sequence() : snapshot();
  const uint64_t horizon = options.latest ? writes_->horizon() : read_horizon();
  LsmKvCursor::OwnWrites own{writes_, horizon, options.latest ? spilled_ : read_spilled(),
                             SpillingIn(options.range, horizon)};
  std::unique_ptr<KvCursor> cursor =
      std::make_unique<LsmKvCursor>(*store_.lsm_, std::move(own), sequence, options);
  if (MustAwait(options.latest ? sequence : 0)) {
    cursor = std::make_unique<AwaitingCursor>(*store_.lsm_, sequence, std::move(cursor));
  }
  if (tracked_ == nullptr) return cursor;
  return std::make_unique<TrackedCursor>(std::move(cursor), options, tracked_.get());
}

Status LsmTransaction::CheckWritable(std::string_view key) {
  CHECK(!ended_);
  if (has_session_ && !is_logged_) RETURN_IF_ERROR(ShowId());
  if (read_only_) {
    return Error(sqlstate::kReadOnlySqlTransaction, "cannot write in a read-only transaction");
  }
  if (IsReserved(key)) {
    return Error(sqlstate::kProgramLimitExceeded, "keys from FF FF on are reserved");
  }
  if (!writes_synced_) {
    writes_synced_ = unsynced_ == nullptr || key < unsynced_->begin || key >= unsynced_->end;
  }
  return Status::Ok();
}

Status LsmTransaction::Put(std::string_view key, std::string_view value) try {
  RETURN_IF_ERROR(CheckWritable(key));
  if (notes_writes()) RETURN_IF_ERROR(tracked_->Write(key));
  return writes_->Put(key, value, values_are_held());
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Status LsmTransaction::Delete(std::string_view key) try {
  RETURN_IF_ERROR(CheckWritable(key));
  if (notes_writes()) RETURN_IF_ERROR(tracked_->Write(key));
  return writes_->Delete(key, values_are_held());
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Status LsmTransaction::DeleteRange(const KeyRange& range) try {
  RETURN_IF_ERROR(CheckWritable(range.begin));
  if (!writes_synced_) writes_synced_ = range.end.empty() || range.end > unsynced_->end;
  if (notes_writes()) RETURN_IF_ERROR(tracked_->Write(range));
  if (range.end.empty() || IsReserved(range.end)) {
    return writes_->DeleteRange({range.begin, std::string(kReservedBegin)});
  }
  return writes_->DeleteRange(range);
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Async<Result<LockOutcome>> LsmTransaction::Lock(std::string_view key,
                                                const LockOptions& options) try {
  CHECK(!ended_);
  if (Status status = ShowIdOfLocker(options.mode); !status.ok()) {
    return Result<LockOutcome>(std::move(status));
  }
  return locks_.Lock(key, options);
} catch (const std::bad_alloc&) {
  return Result<LockOutcome>(OutOfMemory());
}

size_t LsmTransaction::LockRun(std::span<const KeyValue> rows, LockMode mode) {
  CHECK(!ended_);
  return ShowIdOfLocker(mode).ok() ? locks_.LockRun(rows, mode) : 0;
}

// Whoever has to wait for the lock is told for whom.
Status LsmTransaction::ShowIdOfLocker(LockMode mode) {
  const bool shows_id =
      (IsRowMode(mode) && mode != LockMode::kPresence) || mode == LockMode::kTableAccessExclusive;
  return shows_id && has_session_ && !is_logged_ ? ShowId() : Status::Ok();
}

uint64_t LsmTransaction::SetSavepoint() {
  marks_.push_back({locks_.mark(), spilled_});
  Cleanup forget([this] { marks_.pop_back(); });
  if (tracked_ != nullptr) tracked_->SetSavepoint();
  Cleanup untrack([this] {
    if (tracked_ != nullptr) tracked_->ReleaseSavepoint(marks_.size());
  });
  uint64_t savepoint = writes_->SetSavepoint();
  std::move(untrack).Cancel();
  std::move(forget).Cancel();
  return savepoint;
}

void LsmTransaction::RollbackToSavepoint(uint64_t savepoint) {
  writes_->RollbackToSavepoint(savepoint);
  marks_.resize(savepoint);
  if (savepoint <= marks_before_spilling_) AbandonSpill();
  spilled_ = marks_.back().spilled;
  if (tracked_ != nullptr) tracked_->RollbackToSavepoint(savepoint);
  locks_.ReleaseSince(marks_.back().locks);
}

void LsmTransaction::ReleaseSavepoint(uint64_t savepoint) {
  writes_->ReleaseSavepoint(savepoint);
  marks_.resize(savepoint - 1);
  marks_before_spilling_ = std::min(marks_before_spilling_, marks_.size());
  if (tracked_ != nullptr) tracked_->ReleaseSavepoint(savepoint);
}

void LsmTransaction::ReadAsOf(uint64_t savepoint) {
  CHECK(savepoint <= marks_.size());
  read_savepoint_ = savepoint;
}

WriteBatch LsmTransaction::TakeEffects() {
  WriteBatch batch;
  writes_->ForEachEffect([&](const KeyRange& range) { batch.DeleteRange(range.begin, range.end); },
                         [&](std::string_view key, std::string_view value, bool deleted) {
                           if (deleted) {
                             batch.Delete(key);
                           } else {
                             batch.Put(key, value);
                           }
                         });
  return batch;
}

WriteBatch LsmTransaction::TakeBatch() {
  WriteBatch batch = TakeEffects();
  batch.Mark(id_);
  return batch;
}

Async<CommitResult> LsmTransaction::Commit(CommitRanges ranges,
                                           std::function<void(SequenceNumber)> on_publish) try {
  CHECK(!ended_);
  if (tracked_ != nullptr) {
    if (Status status = tracked_->Prepare(); !status.ok()) {
      Rollback();
      return CommitResult{.outcome = CommitOutcome::kConflict, .status = std::move(status)};
    }
    if (!has_writes()) tracked_->Publish([] { return SequenceNumber{0}; });
  }
  if (!has_writes()) {
    const SequenceNumber visible = store_.lsm_->visible_sequence();
    if (is_logged_) store_.log_.Commit(id_, visible);
    if (on_publish) on_publish(visible);
    Rollback();
    return CommitResult{};
  }
  const bool may_release_early = !on_publish && tracked_ == nullptr;
  on_publish = Publisher(std::move(on_publish));
  if (has_spilled()) {
    ReleaseSnapshot();
    return CommitSpilled(std::move(on_publish), may_release_early);
  }
  WriteBatch batch = TakeBatch();
  // What the snapshot holds back may be dropped from here on.
  ReleaseSnapshot();
  Async<CommitResult> write = Write(std::move(batch), std::move(on_publish), may_release_early);
  if (!write.ready()) return FinishCommit(std::move(write));
  CommitResult result = std::move(write).value();
  EndWith(result);
  return result;
} catch (const std::bad_alloc&) {
  // Nothing was written: a write that is under way makes no such error, and one that waits to be
  // awaited has not begun.
  Rollback();
  return CommitResult{.outcome = CommitOutcome::kConflict, .status = OutOfMemory()};
}

std::function<void(SequenceNumber)> LsmTransaction::Publisher(
    std::function<void(SequenceNumber)> on_publish) {
  if (tracked_ == nullptr && !on_publish) {
    if (!is_logged_) return {};
    return [log = &store_.log_, id = id_](SequenceNumber sequence) { log->Commit(id, sequence); };
  }
  return [this, on_publish = std::move(on_publish)](SequenceNumber sequence) {
    if (is_logged_) store_.log_.Commit(id_, sequence);
    if (tracked_ != nullptr) tracked_->Publish([sequence] { return sequence; });
    if (on_publish) on_publish(sequence);
  };
}

// Locks that others wait for go before the commit is durable, unless those others would have to
// hear of it elsewhere first: from the catalog, of rows that have moved, or from who tracks
// SERIALIZABLE. The log of transactions needs not know: who describes a snapshot that is ahead
// waits. Not where there are many: each is looked at before everybody's sync.
Async<CommitResult> LsmTransaction::Write(WriteBatch batch,
                                          std::function<void(SequenceNumber)> on_publish,
                                          bool may_release_early) {
  const bool sync = synchronous_commit_ && writes_synced_;
  WriteOptions options{.sync = sync};
  constexpr size_t kEarlyLocksMax = 1024;
  if (sync && may_release_early && locks_.mark() <= kEarlyLocksMax) {
    options.others_wait = locks_.blocks_somebody();
    options.on_applied = [this](SequenceNumber sequence) { locks_.ReleaseEarly(sequence); };
  }
  return store_.lsm_->Write(std::move(batch), std::move(options), std::move(on_publish));
}

Task<CommitResult> LsmTransaction::FinishCommit(Async<CommitResult> write) {
  CommitResult result = co_await write;
  EndWith(result);
  co_return result;
}

void LsmTransaction::EndWith(const CommitResult& result) {
  if (is_logged_ && result.outcome == CommitOutcome::kUnknown) {
    store_.log_.LoseOutcome(id_);
    is_logged_ = false;
  }
  Rollback();
}

void LsmTransaction::Rollback() {
  if (ended_) return;
  ended_ = true;
  marks_.clear();
  AbandonSpill();
  spilled_.reset();
  ReleaseSnapshot();
  if (tracked_ != nullptr) tracked_->End();
  if (is_logged_) store_.log_.End(id_);
  locks_.ReleaseAll();
}

}  // namespace shale::engine
