#include "sql/exec/execution.h"

#include "sql/exec/operators.h"

namespace shale::sql {
namespace {

class ExecutionImpl : public Execution {
 public:
  ExecutionImpl(std::shared_ptr<const Plan> plan, ExecutionContext* context)
      : plan_(std::move(plan)), state_(plan_, context) {}

  Status Open() {
    ASSIGN_OR_RETURN(root_, MakeOperator(*plan_->root, &state_));
    return Status::Ok();
  }

  Async<NextBatch> Next() override {
    if (ended_) return NextBatch(nullptr);
    if (Status status = state_.CheckCancelled(); !status.ok()) return NextBatch(std::move(status));
    auto next = root_->Next();
    if (!next.ready()) return NextLater(std::move(next));
    NextBatch batch = std::move(next).value();
    ended_ = !batch.ok() || *batch == nullptr;
    return batch;
  }

  uint64_t affected_rows() const override { return state_.affected_rows; }

 private:
  Task<NextBatch> NextLater(Async<NextBatch> next) {
    auto batch = co_await next;
    ended_ = !batch.ok() || *batch == nullptr;
    co_return batch;
  }

  std::shared_ptr<const Plan> plan_;
  ExecutionState state_;
  OperatorPtr root_;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<Execution>> Execution::Start(std::shared_ptr<const Plan> plan,
                                                    ExecutionContext* context) {
  auto execution = std::make_unique<ExecutionImpl>(std::move(plan), context);
  RETURN_IF_ERROR(execution->Open());
  return std::unique_ptr<Execution>(std::move(execution));
}

}  // namespace shale::sql
