#include "sql/exec/execution.h"

#include "sql/exec/change_operator.h"
#include "sql/exec/operators.h"
#include "sql/exec/paged_rows.h"

namespace shale::sql {
namespace {

class ExecutionImpl : public Execution {
 public:
  ExecutionImpl(std::shared_ptr<const Plan> plan, ExecutionContext* context)
      : plan_(std::move(plan)), state_(plan_, context) {}

  // What stops for something, such as a limit that takes a lock, is opened by the first Next.
  Status Open() {
    Status status = MakeRoot();
    if (status.ok()) return status;
    wanted_ = state_.WaitAfter(status, 1);
    return wanted_ ? Status::Ok() : status;
  }

  Async<NextBatch> Next() override {
    if (gives_kept_) {
      if (kept_->is_paged() && !state_.may_block()) return NextKeptLater();
      return NextKept();
    }
    if (ended_) return NextBatch(nullptr);
    if (plan_->routines_write && !is_held_) return RunHeld();
    if (wanted_) return OpenLater();
    if (Status status = state_.CheckCancelled(); !status.ok()) return NextBatch(std::move(status));
    auto next = root_->Next();
    if (!next.ready()) return NextLater(std::move(next));
    NextBatch batch = std::move(next).value();
    ended_ = !batch.ok() || *batch == nullptr;
    return batch;
  }

  bool reads_ahead() const override {
    return !ended_ && !gives_kept_ && plan_->target == nullptr && plan_->with_targets.empty() &&
           (!plan_->subplans.empty() || plan_->calls_routines || ReadsWhileRunning(*plan_->root));
  }
  Async<Status> ReadAhead(const Batch* given) override {
    if (!reads_ahead()) return Status::Ok();
    return KeepRest(given);
  }

  uint64_t affected_rows() const override { return state_.affected_rows; }

 private:
  Status MakeRoot() {
    ASSIGN_OR_RETURN(root_, MakeOperator(*plan_->root, &state_));
    return Status::Ok();
  }

  Task<NextBatch> OpenLater() {
    Status status = co_await *wanted_;
    wanted_.reset();
    if (status.ok()) {
      state_.RepeatEvaluation();
      status = MakeRoot();
    }
    while (!status.ok()) {
      auto repetition = state_.AwaitRepetition(std::move(status), 1);
      Status awaited = co_await repetition;
      if (!awaited.ok()) {
        ended_ = true;
        co_return awaited;
      }
      status = MakeRoot();
    }
    auto next = root_->Next();
    auto batch = co_await next;
    ended_ = !batch.ok() || *batch == nullptr;
    co_return batch;
  }

  Task<NextBatch> NextLater(Async<NextBatch> next) {
    auto batch = co_await next;
    ended_ = !batch.ok() || *batch == nullptr;
    co_return batch;
  }

  Task<Status> KeepRest(const Batch* given) {
    kept_ = std::make_unique<PagedRows>(plan_->root->output, "portal", &state_);
    if (given != nullptr) CO_RETURN_IF_ERROR(kept_->Append(*given));
    while (true) {
      auto next = Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) break;
      if (kept_->is_full()) {
        state_.RequireWorker();
        if (!state_.may_block()) co_await ResumeOn(*state_.context().workers);
      }
      CO_RETURN_IF_ERROR(kept_->Append(**batch));
    }
    gives_kept_ = true;
    co_return Status::Ok();
  }

  // Functions that the statement calls write, which its own parts do not see: it is read to its end
  // at once, so that nothing else of the transaction runs meanwhile.
  Task<NextBatch> RunHeld() {
    is_held_ = true;
    const uint64_t savepoint = state_.transaction().SetSavepoint();
    state_.HoldReads(savepoint);
    auto keep = KeepRest(nullptr);
    Status status = co_await keep;
    state_.HoldReads(0);
    state_.transaction().ReleaseSavepoint(savepoint);
    if (!status.ok()) {
      ended_ = true;
      co_return status;
    }
    auto next = Next();
    auto batch = co_await next;
    co_return batch;
  }

  NextBatch NextKept() {
    if (next_kept_ == kept_->chunk_count()) return nullptr;
    const Batch& batch = kept_->chunk(next_kept_++);
    RETURN_IF_ERROR(kept_->status());
    return &batch;
  }

  Task<NextBatch> NextKeptLater() {
    co_await ResumeOn(*state_.context().workers);
    co_return NextKept();
  }

  std::shared_ptr<const Plan> plan_;
  ExecutionState state_;
  std::optional<Async<Status>> wanted_;  // what the opening had to stop for
  OperatorPtr root_;
  bool ended_ = false;
  std::unique_ptr<PagedRows> kept_;
  bool gives_kept_ = false;  // once ReadAhead has read all
  bool is_held_ = false;     // what functions write is not seen
  size_t next_kept_ = 0;
};

}  // namespace

Result<std::unique_ptr<Execution>> Execution::Start(std::shared_ptr<const Plan> plan,
                                                    ExecutionContext* context) {
  auto execution = std::make_unique<ExecutionImpl>(std::move(plan), context);
  RETURN_IF_ERROR(execution->Open());
  return std::unique_ptr<Execution>(std::move(execution));
}

}  // namespace shale::sql
