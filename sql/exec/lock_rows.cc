// SELECT ... FOR UPDATE and the like. Of an input batch no more rows are locked than are still
// asked for, so that LIMIT 1 FOR UPDATE SKIP LOCKED takes one row.
#include <algorithm>

#include "sql/exec/execution_state.h"
#include "sql/exec/operators.h"
#include "sql/exec/row_locker.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class LockRowsOperator : public PhysicalOperator {
 public:
  LockRowsOperator(const LockRowsNode& node, OperatorPtr child, ExecutionState* state)
      : state_(state), child_(std::move(child)) {
    for (const LockRowsNode::Target& target : node.targets) {
      lockers_.push_back(std::make_unique<RowLocker>(
          target.row, RowLocker::Options{target.mode, target.wait, /*only_locks=*/true}, state));
    }
  }

  Async<NextBatch> Next() override { return LockNext(); }
  // Some may be locked by others, or no longer be what is looked for.
  void SetRowLimit(uint64_t rows) override {
    wanted_ = rows;
    child_->SetFirstRows(rows);
  }

 private:
  Task<NextBatch> LockNext() {
    while (true) {
      if (input_ == nullptr || next_row_ == input_->size()) {
        auto next = child_->Next();
        auto batch = co_await next;
        if (!batch.ok() || *batch == nullptr) co_return batch;
        input_ = *batch;
        next_row_ = 0;
      }
      const uint64_t wanted = std::min(wanted_, state_->context().rows_wanted);
      const uint32_t count =
          static_cast<uint32_t>(std::clamp<uint64_t>(wanted, 1, input_->size() - next_row_));
      arena_.Reset();
      slice_ = *input_;
      SliceBatch(&slice_, next_row_, count, &arena_);
      next_row_ += count;
      const Batch* locked = &slice_;
      for (size_t i = 0; i < lockers_.size() && locked != nullptr; ++i) {
        auto lock = lockers_[i]->Lock(*locked, nullptr);
        auto result = co_await lock;
        if (!result.ok()) co_return result;
        locked = *result;
      }
      auto room = state_->transaction().MakeRoom();
      Status status = co_await room;
      if (!status.ok()) co_return status;
      if (locked == nullptr) continue;
      wanted_ -= std::min<uint64_t>(wanted_, locked->size());
      co_return locked;
    }
  }

  ExecutionState* state_;
  OperatorPtr child_;
  std::vector<std::unique_ptr<RowLocker>> lockers_;
  uint64_t wanted_ = UINT64_MAX;
  const Batch* input_ = nullptr;
  uint32_t next_row_ = 0;  // of the input, counting selected rows
  Arena arena_;
  Batch slice_;
};

}  // namespace

OperatorPtr MakeLockRows(const LockRowsNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<LockRowsOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
