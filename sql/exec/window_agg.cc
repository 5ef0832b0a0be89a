// Calls over one window.
//
// Input comes sorted. Partitions are gathered, whole, in a buffer: as many small ones as make a
// batch, or one larger one. Then the buffer's chunks are given, each with the calls' values behind
// its own columns.
#include <algorithm>

#include "sql/exec/operators.h"
#include "sql/exec/paged_rows.h"
#include "sql/exec/window_call.h"
#include "sql/vector/row_compare.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

// Where values are as large as their frames, a batch ends when they have so many bytes.
constexpr uint64_t kOutputBytesMax = 4 << 20;
constexpr uint32_t kHeavyRows = 16;

const Batch kNoBatch;

bool SameKeys(const std::vector<uint32_t>& columns, const Batch& left, uint32_t left_row,
              const Batch& right, uint32_t right_row) {
  return columns.empty() || RowsEqual(left, columns, left_row, right, columns, right_row);
}

FrameShape ShapeOf(const WindowFrame& frame) {
  FrameShape shape;
  shape.slides = frame.exclusion == ast::FrameExclusion::kNone;
  shape.starts_fixed = shape.slides && frame.start == ast::FrameBound::kUnboundedPreceding;
  return shape;
}

class WindowAggOperator : public PipelineOperator {
 public:
  WindowAggOperator(const WindowAggNode& node, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        node_(node),
        rows_(node.child->output, "window aggregation", state),
        finder_(&node, &offsets_) {
    for (int slot : node.partition) partition_columns_.push_back(static_cast<uint32_t>(slot));
    for (const SortKey& key : node.order) order_columns_.push_back(static_cast<uint32_t>(key.slot));
    for (const WindowAggNode::Call& call : node.calls) {
      calls_.push_back(call.function != nullptr
                           ? MakeWindowFunction(call, node.frame.exclusion)
                           : MakeWindowAggregate(call, ShapeOf(node.frame), state));
      uses_frame_ |= calls_.back()->uses_frame();
      is_heavy_ |= calls_.back()->is_heavy();
    }
    // Offsets that are wrong are so for calls without a frame as well.
    uses_frame_ |= node.frame.start_in_range != nullptr || node.frame.end_in_range != nullptr;
  }

 protected:
  Async<Status> Consume(const Batch& input) override {
    input_ = &input;
    next_input_ = 0;
    return Status::Ok();
  }

  NextBatch Produce() override {
    while (true) {
      if (giving_) {
        ASSIGN_OR_RETURN(const Batch* output, Give());
        if (output != nullptr) return output;
        Forget();
      }
      if (next_input_ == input_->size()) return nullptr;
      if (rows_.is_full()) {
        // Asked again, on a worker.
        state_->RequireWorker();
        if (!state_->may_block()) return &kNoBatch;
      }
      RETURN_IF_ERROR(Take());
    }
  }

  NextBatch Finish() override {
    giving_ = true;
    return Give();
  }

 private:
  // Takes input rows up to where a partition begins that is not to go into this buffer any more.
  Status Take() {
    const RowSet all = RowsOf(*input_);
    const uint32_t first = next_input_;
    for (; next_input_ < all.count; ++next_input_) {
      if (!StartsPartition(all, next_input_)) continue;
      const uint32_t number = rows_.row_count() + (next_input_ - first);
      if (number >= kBatchRows) {
        giving_ = true;
        break;
      }
      starts_.push_back(number);
    }
    const uint16_t* selection = all.selection != nullptr ? all.selection : AllRows();
    return rows_.Append(input_->columns, {selection + first, next_input_ - first});
  }

  bool StartsPartition(RowSet rows, uint32_t index) {
    if (starts_.empty()) return true;
    if (index > 0) {
      return !SameKeys(partition_columns_, *input_, rows[index - 1], *input_, rows[index]);
    }
    const uint32_t last = rows_.row_count() - 1;
    return !SameKeys(partition_columns_, rows_.ChunkOf(last), RowBuffer::PlaceOf(last), *input_,
                     rows[index]);
  }

  void Forget() {
    giving_ = false;
    rows_.Clear();
    starts_.clear();
    next_row_ = 0;
    next_partition_ = 0;
    partition_.range = {};
  }

  // The next batch of the rows gathered; null: there are no more.
  NextBatch Give() {
    if (!has_offsets_) {
      EvalContext evaluator = state_->Evaluator(&offset_arena_);
      ASSIGN_OR_RETURN(offsets_, EvaluateFrameOffsets(node_.frame, evaluator));
      has_offsets_ = true;
    }
    if (next_row_ == rows_.row_count()) return nullptr;
    arena_.Reset();
    const Batch& chunk = rows_.ChunkOf(next_row_);
    const uint32_t first = next_row_;
    const uint32_t place = RowBuffer::PlaceOf(first);
    const uint32_t chunk_rows = chunk.row_count;
    const uint32_t end = first - place + chunk_rows;
    output_.columns = chunk.columns;
    output_.pin = rows_.Pin(first / kBatchRows);
    for (const WindowAggNode::Call& call : node_.calls) {
      output_.columns.push_back(Vector::Flat(call.type, chunk_rows, &arena_));
    }
    while (next_row_ < end && arena_.bytes_allocated() <= kOutputBytesMax) {
      if (next_row_ >= partition_.range.end) RETURN_IF_ERROR(BeginPartition());
      const uint32_t wanted = is_heavy_ ? kHeavyRows : kBatchRows;
      RETURN_IF_ERROR(Compute(std::min({end, partition_.range.end, next_row_ + wanted})));
    }
    RETURN_IF_ERROR(rows_.status());
    output_.row_count = chunk_rows;
    SetSelection(&output_, {AllRows() + place, next_row_ - first});
    return &output_;
  }

  Status BeginPartition() {
    const size_t index = next_partition_++;
    partition_.rows = &rows_;
    partition_.range.begin = starts_[index];
    partition_.range.end = index + 1 < starts_.size() ? starts_[index + 1] : rows_.row_count();
    partition_.groups.clear();
    for (uint32_t row = partition_.range.begin; row < partition_.range.end; ++row) {
      const bool is_peer =
          row > partition_.range.begin &&
          SameKeys(order_columns_, rows_.ChunkOf(row - 1), RowBuffer::PlaceOf(row - 1),
                   rows_.ChunkOf(row), RowBuffer::PlaceOf(row));
      if (!is_peer) partition_.groups.push_back(row);
    }
    partition_.groups.push_back(partition_.range.end);
    finder_.Begin(&partition_);
    for (const WindowCallPtr& call : calls_) RETURN_IF_ERROR(call->Begin(&partition_));
    return Status::Ok();
  }

  // The calls' values for the rows from the next one to the end, all of one partition and chunk.
  Status Compute(uint32_t end) {
    scratch_.Reset();
    EvalContext evaluator = state_->Evaluator(&scratch_);
    wanted_.clear();
    for (; next_row_ < end; ++next_row_) {
      WindowRow& row = wanted_.emplace_back();
      row.row = next_row_;
      if (uses_frame_) {
        RETURN_IF_ERROR(finder_.Find(evaluator, next_row_, &row.frame));
      } else {
        finder_.MoveTo(next_row_);
      }
      row.group = finder_.group();
    }
    const size_t first_column = output_.columns.size() - calls_.size();
    for (size_t i = 0; i < calls_.size(); ++i) {
      RETURN_IF_ERROR(calls_[i]->Compute(wanted_, &output_.columns[first_column + i], &arena_));
    }
    return Status::Ok();
  }

  const WindowAggNode& node_;
  PagedRows rows_;
  std::vector<uint32_t> starts_;  // of the partitions in it
  std::vector<uint32_t> partition_columns_;
  std::vector<uint32_t> order_columns_;
  Arena offset_arena_;
  FrameOffsets offsets_;
  bool has_offsets_ = false;
  FrameFinder finder_;
  std::vector<WindowCallPtr> calls_;
  bool uses_frame_ = false;
  bool is_heavy_ = false;

  const Batch* input_ = nullptr;
  uint32_t next_input_ = 0;
  bool giving_ = false;
  uint32_t next_row_ = 0;
  size_t next_partition_ = 0;
  WindowPartition partition_;
  std::vector<WindowRow> wanted_;
  Arena arena_;    // of the output
  Arena scratch_;  // of one step
  Batch output_;
};

}  // namespace

Result<OperatorPtr> MakeWindowAgg(const WindowAggNode& node, OperatorPtr child,
                                  ExecutionState* state) {
  return OperatorPtr(std::make_unique<WindowAggOperator>(node, std::move(child), state));
}

}  // namespace shale::sql
