// Rows that one thread has read, dealt out to several: each takes the next few until none is left.
// They are read when the operator gets ready, which only a pipeline of several threads asks for;
// what memory does not hold is given to the statement's own thread, as without others.
#include <algorithm>
#include <bit>

#include "sql/exec/operators.h"
#include "sql/exec/parallel_input.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

// So that what the threads end with is a small part of the work.
constexpr uint32_t kDeals = 128;

class DealtRowsOperator : public PhysicalOperator {
 public:
  DealtRowsOperator(const DealtRowsNode& node, OperatorPtr child, ExecutionState* state)
      : state_(state), node_(node), child_(std::move(child)), memory_(state, "dealt rows") {
    if (child_ == nullptr) dealt_ = state->parallel_input()->RowsOf(node);
  }

  Async<Status> GetReady() override {
    if (child_ == nullptr || state_->parallel_input() == nullptr) return Status::Ok();
    return ReadRows();
  }

  Async<NextBatch> Next() override {
    if (is_whole_ || child_ == nullptr) return Deal();
    // What did not fit, and what comes behind it.
    if (dealt_ != nullptr && next_chunk_ < dealt_->rows.chunk_count()) {
      return NextBatch(&dealt_->rows.chunk(next_chunk_++));
    }
    return child_->Next();
  }

 private:
  Task<Status> ReadRows() {
    dealt_ = std::make_shared<DealtRows>(node_.output);
    while (true) {
      CO_RETURN_IF_ERROR(state_->CheckCancelled());
      if (state_->ShouldMove()) co_await ResumeOn(*state_->context().workers);
      auto next = child_->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) break;
      CO_RETURN_IF_ERROR(dealt_->rows.Append(**batch));
      if (!memory_.TryUse(dealt_->rows.bytes())) co_return memory_.Exceed(dealt_->rows.bytes());
    }
    is_whole_ = true;
    const uint32_t share = std::clamp(dealt_->rows.row_count() / kDeals, 1u, kBatchRows);
    dealt_->deal = std::bit_floor(share);
    state_->parallel_input()->SetRows(&node_, dealt_);
    co_return Status::Ok();
  }

  NextBatch Deal() {
    const uint32_t first = dealt_->taken.fetch_add(dealt_->deal, std::memory_order_relaxed);
    if (first >= dealt_->rows.row_count()) return nullptr;
    arena_.Reset();
    batch_ = dealt_->rows.ChunkOf(first);
    SliceBatch(&batch_, RowBuffer::PlaceOf(first), dealt_->deal, &arena_);
    return &batch_;
  }

  ExecutionState* const state_;
  const DealtRowsNode& node_;
  OperatorPtr child_;  // null where another thread has read the rows
  WorkMemory memory_;
  std::shared_ptr<DealtRows> dealt_;
  bool is_whole_ = false;  // all rows are in there
  size_t next_chunk_ = 0;
  Arena arena_;
  Batch batch_;
};

}  // namespace

OperatorPtr MakeDealtRows(const DealtRowsNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<DealtRowsOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
