// Nested loop join: every left row with every right row, the right side kept.
//
// No pair is ever copied: one side's row is held constant beside a whole batch of the other's. The
// side that makes fewer, larger batches is held constant, chosen per left batch.
#include "sql/exec/join_rows.h"
#include "sql/exec/operators.h"
#include "sql/exec/paged_rows.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

Vector ConstantOf(const Vector& column, uint32_t row, Arena* arena) {
  return column.IsNull(row) ? Vector::ConstantNull(column.type(), arena)
                            : Vector::Constant(column.type(), column.GetDatum(row), arena);
}

class NestedLoopJoinOperator : public PipelineOperator {
 public:
  NestedLoopJoinOperator(const NestedLoopJoinNode& node, OperatorPtr left, OperatorPtr right,
                         ExecutionState* state)
      : PipelineOperator(std::move(left), state),
        node_(node),
        right_child_(std::move(right)),
        evaluator_(state->Evaluator(&arena_)),
        right_(node.right->output, "nested loop join", state) {}

 protected:
  Async<Status> Prepare() override { return ReadRight(); }

  Async<Status> Consume(const Batch& input) override {
    input_arena_.Reset();
    input_ = &input;
    const uint64_t left_constant_batches = uint64_t{input.size()} * right_.chunk_count();
    holds_left_ = left_constant_batches < right_.row_count();
    step_ = 0;
    steps_ = holds_left_ ? left_constant_batches : right_.row_count();
    matched_.Start(keeps_left() ? input.row_count : 0);
    unmatched_given_ = !keeps_left();
    return Status::Ok();
  }

  NextBatch Produce() override {
    if (step_ < steps_) {
      arena_.Reset();
      holds_left_ ? HoldLeft() : HoldRight();
      RETURN_IF_ERROR(right_.status());
      if (node_.condition) {
        RETURN_IF_ERROR(Filter(evaluator_, *node_.condition, &output_));
      }
      MarkMatched();
      ++step_;
      return &output_;
    }
    if (unmatched_given_) return nullptr;
    unmatched_given_ = true;
    RowSet rows = matched_.Unmatched(RowsOf(*input_), &input_arena_);
    if (rows.count == 0) return nullptr;
    ExtendWithNulls(*input_, rows, node_.right->output, &input_arena_, &output_);
    return &output_;
  }

  NextBatch Finish() override {
    if (node_.join != JoinKind::kFull) return nullptr;
    arena_.Reset();
    bool any = unmatched_right_.Next(&right_, node_.left->output, node_.right->output.size(),
                                     &arena_, &output_);
    RETURN_IF_ERROR(right_.status());
    return any ? &output_ : nullptr;
  }

 private:
  bool keeps_left() const { return node_.join != JoinKind::kInner; }

  Task<Status> ReadRight() {
    while (true) {
      auto next = right_child_->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) break;
      if (right_.is_full()) {
        state_->RequireWorker();
        if (!state_->may_block()) co_await ResumeOn(*state_->context().workers);
      }
      CO_RETURN_IF_ERROR(right_.Append(**batch));
    }
    right_child_.reset();
    if (node_.join == JoinKind::kFull) unmatched_right_.Start(right_.row_count());
    co_return Status::Ok();
  }

  // Step n: left row n / chunks beside chunk n % chunks.
  void HoldLeft() {
    const uint32_t left_row = input_->RowAt(static_cast<uint32_t>(step_ / right_.chunk_count()));
    const size_t index = step_ % right_.chunk_count();
    const Batch& chunk = right_.chunk(index);
    output_.pin = right_.Pin(index);
    output_.columns.clear();
    for (const Vector& column : input_->columns) {
      output_.columns.push_back(ConstantOf(column, left_row, &arena_));
    }
    output_.columns.insert(output_.columns.end(), chunk.columns.begin(), chunk.columns.end());
    output_.row_count = chunk.row_count;
    output_.selection = nullptr;
  }

  // Step n: the left batch beside right row n.
  void HoldRight() {
    const uint32_t right_row = static_cast<uint32_t>(step_);
    output_.columns = input_->columns;
    output_.pin = right_.Pin(right_row / kBatchRows);
    for (const Vector& column : right_.ChunkOf(right_row).columns) {
      output_.columns.push_back(ConstantOf(column, RowBuffer::PlaceOf(right_row), &arena_));
    }
    output_.row_count = input_->row_count;
    SetSelection(&output_, RowsOf(*input_));
  }

  void MarkMatched() {
    if (!keeps_left() || output_.size() == 0) return;
    const bool is_full = node_.join == JoinKind::kFull;
    if (holds_left_) {
      matched_.Mark(input_->RowAt(static_cast<uint32_t>(step_ / right_.chunk_count())));
      const uint32_t first = static_cast<uint32_t>(step_ % right_.chunk_count()) * kBatchRows;
      for (uint32_t i = 0; is_full && i < output_.size(); ++i) {
        unmatched_right_.Mark(first + output_.RowAt(i));
      }
    } else {
      for (uint32_t i = 0; i < output_.size(); ++i) matched_.Mark(output_.RowAt(i));
      if (is_full) unmatched_right_.Mark(static_cast<uint32_t>(step_));
    }
  }

  const NestedLoopJoinNode& node_;
  OperatorPtr right_child_;
  Arena input_arena_;
  Arena arena_;
  EvalContext evaluator_;
  PagedRows right_;
  UnmatchedRight unmatched_right_;
  const Batch* input_ = nullptr;
  bool holds_left_ = false;
  uint64_t step_ = 0;
  uint64_t steps_ = 0;
  MatchedRows matched_;
  bool unmatched_given_ = true;
  Batch output_;
};

}  // namespace

OperatorPtr MakeNestedLoopJoin(const NestedLoopJoinNode& node, OperatorPtr left, OperatorPtr right,
                               ExecutionState* state) {
  return std::make_unique<NestedLoopJoinOperator>(node, std::move(left), std::move(right), state);
}

}  // namespace shale::sql
