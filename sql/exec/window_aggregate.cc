// Aggregates over frames, each by the cheapest way that its frames and its state allow:
//
//   growing   frames all begin with the partition: rows are added as the end moves on
//   sliding   the aggregate can take rows out again: added at the end, taken out at the start
//   tree      states can be merged: a segment tree of states over blocks of rows; a frame is the
//             rows at its ends and O(log n) states in between
//   anew      each frame's rows from its first to its last (array_agg, string_agg: their values
//             are as large as the frame anyway)
//
// Frames of few rows are computed anew in place of the tree, which is no slower and adds floats up
// in PostgreSQL's order; over more rows the last digits may differ from its.
#include <algorithm>
#include <cstring>

#include "sql/exec/window_call.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

constexpr uint32_t kBlockRows = 64;
constexpr uint32_t kFewRows = 4 * kBlockRows;

// States of the aggregate in zeroed memory, with the arena that they refer to.
class States {
 public:
  explicit States(const Aggregate* aggregate) : aggregate_(aggregate) {}
  ~States() { Clear(); }
  States(const States&) = delete;
  States& operator=(const States&) = delete;

  void Reset(size_t count) {
    Clear();
    arena_.Reset();
    count_ = count;
    const size_t bytes = std::max<size_t>(count * aggregate_->state_bytes, 1);
    memory_ = arena_.Allocate(bytes, 16);
    std::memset(memory_, 0, bytes);
  }
  char* At(size_t index) { return memory_ + index * aggregate_->state_bytes; }
  Arena* arena() { return &arena_; }
  uint64_t bytes() const { return arena_.bytes_allocated(); }

 private:
  void Clear() {
    if (aggregate_->destroy != nullptr) {
      for (size_t i = 0; i < count_; ++i) aggregate_->destroy(At(i));
    }
    count_ = 0;
  }

  const Aggregate* aggregate_;
  Arena arena_;
  char* memory_ = nullptr;
  size_t count_ = 0;
};

class AggregateOverFrames final : public WindowCall {
 public:
  AggregateOverFrames(const WindowAggNode::Call& call, FrameShape shape, ExecutionState* state)
      : call_(call),
        aggregate_(*call.aggregate),
        way_(WayOf(*call.aggregate, shape)),
        state_(state),
        memory_(state, "window aggregation"),
        current_(call.aggregate),
        tree_(call.aggregate),
        pointers_(kBatchRows) {
    args_.resize(std::max<size_t>(call.args.size(), 1));
  }

  Status Begin(const WindowPartition* partition) override {
    partition_ = partition;
    Restart(partition->range.begin);
    return way_ == Way::kTree ? BuildTree() : Status::Ok();
  }

  Status Compute(std::span<const WindowRow> rows, Vector* out, Arena* arena) override {
    bool has_result = false;
    bool present = false;
    catalog::Datum result;
    for (const WindowRow& row : rows) {
      if (!has_result || !(row.frame == frame_)) {
        RETURN_IF_ERROR(state_->CheckCancelled());
        frame_ = row.frame;
        RETURN_IF_ERROR(Accumulate(frame_));
        EvalContext evaluator = state_->Evaluator(arena);
        ASSIGN_OR_RETURN(present, aggregate_.finish(evaluator, current_.At(0), &result));
        if (present && out->kind() == catalog::PhysicalKind::kBytes) {
          result.bytes = arena->Copy(result.bytes);
        }
        has_result = true;
      }
      const uint32_t place = RowBuffer::PlaceOf(row.row);
      if (present) {
        out->SetDatum(place, result);
      } else {
        out->SetDatum(place, catalog::Datum());
        out->SetNull(place, arena);
      }
    }
    return Status::Ok();
  }

  bool uses_frame() const override { return true; }
  bool is_heavy() const override { return way_ == Way::kAnew || aggregate_.merge == nullptr; }

 private:
  enum class Way : uint8_t { kGrowing, kSliding, kTree, kAnew };

  static Way WayOf(const Aggregate& aggregate, FrameShape shape) {
    if (shape.starts_fixed) return Way::kGrowing;
    if (shape.slides && aggregate.retract != nullptr) return Way::kSliding;
    return aggregate.merge != nullptr ? Way::kTree : Way::kAnew;
  }

  // Empty, with the next row to be added.
  void Restart(uint32_t row) {
    current_.Reset(1);
    added_ = {row, row};
    if (pointers_[0] == current_.At(0)) return;
    std::fill(pointers_.begin(), pointers_.end(), current_.At(0));
  }

  // Makes the current state that of the frame.
  Status Accumulate(const FrameRows& frame) {
    if (way_ == Way::kGrowing || way_ == Way::kSliding) {
      if (frame.count == 0) {
        if (added_.empty()) return Status::Ok();
        Restart(added_.end);
        return Status::Ok();
      }
      return MoveTo(frame.ranges[0]);
    }
    Restart(partition_->range.begin);
    const bool in_tree = way_ == Way::kTree && frame.row_count() > kFewRows;
    for (uint32_t i = 0; i < frame.count; ++i) {
      RETURN_IF_ERROR(in_tree ? AddFromTree(frame.ranges[i])
                              : Add(frame.ranges[i], aggregate_.update));
    }
    return memory_.Exceed(tree_.bytes() + current_.bytes());
  }

  Status MoveTo(RowRange range) {
    if (range.begin < added_.begin || range.end < added_.end || range.begin >= added_.end ||
        (range.begin > added_.begin && way_ == Way::kGrowing)) {
      Restart(range.begin);
    }
    const RowRange gone{added_.begin, range.begin};
    if (!gone.empty()) RETURN_IF_ERROR(Add(gone, aggregate_.retract));
    const RowRange come{added_.end, range.end};
    if (!come.empty()) RETURN_IF_ERROR(Add(come, aggregate_.update));
    added_ = range;
    return memory_.Exceed(current_.bytes());
  }

  // Passes the rows to the function, with the states that pointers_ has.
  Status Add(RowRange range, decltype(Aggregate::update) function) {
    EvalContext evaluator = state_->Evaluator(current_.arena());
    return ForEachChunk(range, [&](RowSet rows) {
      return function(evaluator, args_.data(), call_.args.size(), rows, pointers_.data());
    });
  }

  // Calls each with the rows of the range in each chunk that meet the filter; args_ are the
  // chunk's.
  template <typename Each>
  Status ForEachChunk(RowRange range, Each each) {
    for (uint32_t row = range.begin; row < range.end;) {
      const Batch& chunk = partition_->rows->ChunkOf(row);
      const uint32_t place = RowBuffer::PlaceOf(row);
      RowSet rows{AllRows() + place, std::min(range.end - row, kBatchRows - place)};
      row += rows.count;
      for (size_t i = 0; i < call_.args.size(); ++i) {
        args_[i] = chunk.columns[static_cast<size_t>(call_.args[i])];
      }
      if (call_.filter >= 0) {
        filter_arena_.Reset();
        rows = SelectTrue(chunk.columns[static_cast<size_t>(call_.filter)], rows, &filter_arena_);
      }
      if (rows.count > 0) RETURN_IF_ERROR(each(rows));
    }
    return Status::Ok();
  }

  // Leaf i of the tree, state block_count + i, is over block i of the partition's rows; state n
  // over those of 2n and 2n + 1.
  Status BuildTree() {
    const uint32_t rows = partition_->range.size();
    block_count_ = rows / kBlockRows;
    if (rows <= kFewRows) {
      block_count_ = 0;
      return Status::Ok();
    }
    tree_.Reset(size_t{2} * block_count_);
    EvalContext evaluator = state_->Evaluator(tree_.arena());
    std::vector<char*> states(kBatchRows);
    for (uint32_t block = 0; block < block_count_; ++block) {
      std::fill(states.begin(), states.end(), tree_.At(block_count_ + block));
      const uint32_t begin = partition_->range.begin + block * kBlockRows;
      RETURN_IF_ERROR(ForEachChunk({begin, begin + kBlockRows}, [&](RowSet set) {
        return aggregate_.update(evaluator, args_.data(), call_.args.size(), set, states.data());
      }));
    }
    for (uint32_t node = block_count_ - 1; node >= 1; --node) {
      RETURN_IF_ERROR(aggregate_.merge(evaluator, tree_.At(2 * node), tree_.At(node)));
      RETURN_IF_ERROR(aggregate_.merge(evaluator, tree_.At(2 * node + 1), tree_.At(node)));
    }
    return memory_.Exceed(tree_.bytes());
  }

  Status AddFromTree(RowRange range) {
    const uint32_t origin = partition_->range.begin;
    uint32_t first = (range.begin - origin + kBlockRows - 1) / kBlockRows;
    uint32_t last = (range.end - origin) / kBlockRows;  // behind the last whole block
    if (first >= last) return Add(range, aggregate_.update);
    RETURN_IF_ERROR(Add({range.begin, origin + first * kBlockRows}, aggregate_.update));
    RETURN_IF_ERROR(Add({origin + last * kBlockRows, range.end}, aggregate_.update));
    EvalContext evaluator = state_->Evaluator(current_.arena());
    first += block_count_;
    last += block_count_;
    for (; first < last; first /= 2, last /= 2) {
      if (first % 2 == 1) {
        RETURN_IF_ERROR(aggregate_.merge(evaluator, tree_.At(first++), current_.At(0)));
      }
      if (last % 2 == 1) {
        RETURN_IF_ERROR(aggregate_.merge(evaluator, tree_.At(--last), current_.At(0)));
      }
    }
    return Status::Ok();
  }

  const WindowAggNode::Call& call_;
  const Aggregate& aggregate_;
  const Way way_;
  ExecutionState* state_;
  WorkMemory memory_;
  const WindowPartition* partition_ = nullptr;
  States current_;   // one
  RowRange added_;   // of growing and sliding ways
  FrameRows frame_;  // computed last
  States tree_;
  uint32_t block_count_ = 0;
  std::vector<char*> pointers_;  // to the current state, for each place in a chunk
  std::vector<Vector> args_;
  Arena filter_arena_;
};

}  // namespace

WindowCallPtr MakeWindowAggregate(const WindowAggNode::Call& call, FrameShape shape,
                                  ExecutionState* state) {
  return std::make_unique<AggregateOverFrames>(call, shape, state);
}

}  // namespace shale::sql
