// Transactions that write more than memory has for them.
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "engine/base/out_of_memory.h"
#include "engine/mvcc/lsm_transaction.h"

namespace shale::engine {

Async<Status> LsmTransaction::MakeRoom() {
  CHECK(!ended_);
  if (locks_.has_many()) CompactManyLocks();
  if (writes_->bytes() <= store_.transaction_buffer_bytes_) return Status::Ok();
  if (Executor::Current().may_block()) return Spill();
  return SpillLater();
}

// Where there are many savepoints, there are few locks between them.
void LsmTransaction::CompactManyLocks() {
  constexpr size_t kMarksMax = 256;
  if (marks_.size() > kMarksMax) return;
  std::array<size_t, kMarksMax> locks;
  std::ranges::transform(marks_, locks.begin(), &Mark::locks);
  locks_.Compact(std::span(locks).first(marks_.size()));
}

Task<Status> LsmTransaction::SpillLater() {
  Executor& home = Executor::Current();
  co_await ResumeOn(store_.io_executor_);
  Status status = Spill();
  co_await ResumeOn(home);
  co_return status;
}

// One layer for each state that a savepoint may ask for again, and one for now. Nothing has changed
// where that fails.
Status LsmTransaction::Spill() try {
  std::shared_ptr<const RunStack> stack = spilled_;
  std::vector<std::pair<uint64_t, std::shared_ptr<const RunStack>>> marks;
  uint64_t after = writes_->base();
  for (const WriteBuffer::State& state : writes_->StatesToKeep()) {
    std::vector<KeyRange> deleted;
    ASSIGN_OR_RETURN(SortedRun run, WriteRun(after, state.horizon, &deleted));
    if (!run.empty() || !deleted.empty()) {
      ASSIGN_OR_RETURN(stack, store_.lsm_->Push(std::move(stack), deleted, std::move(run)));
    }
    if (state.savepoint > 0) marks.emplace_back(state.savepoint, stack);
    after = state.horizon;
  }
  auto rest = writes_->Continue();
  for (auto& [savepoint, spilled] : marks) marks_[savepoint - 1].spilled = std::move(spilled);
  spilled_ = std::move(stack);
  writes_ = std::move(rest);
  return Status::Ok();
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Result<SortedRun> LsmTransaction::WriteRun(uint64_t after, uint64_t up_to,
                                           std::vector<KeyRange>* deleted) {
  std::unique_ptr<RunWriter> writer = store_.lsm_->NewRunWriter();
  Status status;
  writes_->ForEachEffectBetween(
      after, up_to, [&](const KeyRange& range) { deleted->push_back(range); },
      [&](std::string_view key, std::string_view value, bool is_delete) {
        if (!status.ok()) return;
        status = is_delete ? writer->Delete(key) : writer->Put(key, value);
      });
  RETURN_IF_ERROR(status);
  return writer->Finish();
}

Task<CommitResult> LsmTransaction::CommitSpilled(std::function<void(SequenceNumber)> on_publish,
                                                 bool may_release_early) {
  Executor& home = Executor::Current();
  if (!home.may_block()) co_await ResumeOn(store_.io_executor_);
  Result<WriteBatch> batch = TakeSpilledBatch();
  if (!home.may_block()) co_await ResumeOn(home);
  CommitResult result{.outcome = CommitOutcome::kConflict};
  if (batch.ok()) {
    Async<CommitResult> write = Write(*std::move(batch), std::move(on_publish), may_release_early);
    result = co_await write;
  } else {
    result.status = std::move(batch).status();
  }
  EndWith(result);
  co_return result;
}

// Nobody will go back to a savepoint.
Result<WriteBatch> LsmTransaction::TakeSpilledBatch() try {
  if (!marks_.empty()) ReleaseSavepoint(1);
  RETURN_IF_ERROR(Spill());
  ASSIGN_OR_RETURN(SortedRun run, store_.lsm_->MergeRuns(std::exchange(spilled_, nullptr)));
  WriteBatch batch = TakeBatch();
  batch.Ingest(std::move(run));
  return batch;
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

}  // namespace shale::engine
