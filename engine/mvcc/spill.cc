// Transactions that write more than memory has for them: one half of it is written to disk while
// the other one fills.
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "engine/base/out_of_memory.h"
#include "engine/mvcc/lsm_transaction.h"

namespace shale::engine {

Async<Status> LsmTransaction::MakeRoom() try {
  CHECK(!ended_);
  if (locks_.has_many()) CompactManyLocks();
  if (writes_->bytes() <= store_.transaction_buffer_bytes_ / 2) return Status::Ok();
  Async<Status> finish = FinishSpill();
  if (!finish.ready()) return SpillAfter(std::move(finish));
  Status finished = std::move(finish).value();
  if (!finished.ok()) return finished;
  if (Executor::Current().may_block()) return Spill();
  if (BackgroundSpill::CanSpill(*writes_)) return StartSpill();
  return SpillLater();
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

// Nothing has changed where that fails.
Status LsmTransaction::StartSpill() {
  std::optional<Gate::Pass> pass = store_.spills_.Enter();
  CHECK(pass.has_value());
  auto spill = std::make_shared<BackgroundSpill>(*store_.lsm_, writes_, spilled_);
  auto rest = writes_->Continue();
  store_.io_executor_.Post([spill, pass = std::move(*pass)]() mutable {
    spill->Run();
    spill.reset();  // it may have files to delete, before the store may go
  });
  spilling_ = std::move(spill);
  marks_before_spilling_ = marks_.size();
  writes_ = std::move(rest);
  return Status::Ok();
}

Task<Status> LsmTransaction::SpillAfter(Async<Status> finish) {
  Status status = co_await finish;
  if (!status.ok()) co_return status;
  Async<Status> room = MakeRoom();
  status = co_await room;
  co_return status;
}

Async<Status> LsmTransaction::FinishSpill() {
  if (spilling_ == nullptr) return Status::Ok();
  if (!spilling_->done().is_set()) return FinishSpillLater();
  return TakeOverSpilled();
}

Task<Status> LsmTransaction::FinishSpillLater() {
  Event& done = spilling_->done();
  co_await done;
  co_return TakeOverSpilled();
}

// One that has failed stays, and is told again, until its writes are undone.
Status LsmTransaction::TakeOverSpilled() {
  const Result<std::shared_ptr<const RunStack>>& stack = spilling_->stack();
  if (!stack.ok()) return stack.status();
  for (size_t i = marks_before_spilling_; i < marks_.size(); ++i) marks_[i].spilled = *stack;
  spilled_ = *stack;
  spilling_.reset();
  marks_before_spilling_ = 0;
  return Status::Ok();
}

void LsmTransaction::AbandonSpill() {
  if (spilling_ != nullptr) spilling_->Abandon();
  spilling_.reset();
  marks_before_spilling_ = 0;
}

std::shared_ptr<BackgroundSpill> LsmTransaction::SpillingIn(const KeyRange& range,
                                                            uint64_t horizon) const {
  if (spilling_ == nullptr || !spilling_->IsSeenAt(horizon)) return nullptr;
  return spilling_->buffer()->HasKeyIn(range) ? spilling_ : nullptr;
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
  CHECK(spilling_ == nullptr);
  std::shared_ptr<const RunStack> stack = spilled_;
  std::vector<std::pair<uint64_t, std::shared_ptr<const RunStack>>> marks;
  uint64_t after = writes_->base();
  for (const WriteBuffer::State& state : writes_->StatesToKeep()) {
    std::vector<KeyRange> deleted;
    ASSIGN_OR_RETURN(SortedRun run,
                     WriteRun(*store_.lsm_, *writes_, after, state.horizon, &deleted));
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

Task<CommitResult> LsmTransaction::CommitSpilled(std::function<void(SequenceNumber)> on_publish,
                                                 bool may_release_early) {
  Executor& home = Executor::Current();
  Async<Status> finish = FinishSpill();
  Status finished = co_await finish;
  const bool moves = finished.ok() && !home.may_block();
  if (moves) co_await ResumeOn(store_.io_executor_);
  Result<WriteBatch> batch =
      finished.ok() ? TakeSpilledBatch() : Result<WriteBatch>(std::move(finished));
  if (moves) co_await ResumeOn(home);
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
