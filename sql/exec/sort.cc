// Sorting in memory; with a limit only the first rows are kept (top-N).
//
// Rows lie in a buffer, their numbers are sorted: by the prefix of the first key, then by all keys,
// then by number, which makes it stable. For top-N the buffer is cut back to the rows wanted each
// time it has grown to a multiple of them, and rows behind the last of those are dropped at once.
#include <algorithm>

#include "sql/exec/operators.h"
#include "sql/exec/row_buffer.h"
#include "sql/exec/sort_prefix.h"
#include "sql/vector/row_compare.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

constexpr uint64_t kTopRowsMax = 100'000;  // more are sorted like all
constexpr uint64_t kCutFactor = 4;
constexpr uint64_t kCutRowsMin = 4 * kBatchRows;

class SortOperator : public PipelineOperator {
 public:
  SortOperator(const SortNode& node, RowLimits limits, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        node_(node),
        top_rows_(limits.end() <= kTopRowsMax ? limits.end() : UINT64_MAX),
        memory_(state, "sort"),
        rows_(std::make_unique<RowBuffer>(node.output, nullptr)) {
    for (const SortKey& key : node.keys) {
      keys_.push_back({static_cast<uint32_t>(key.slot), key.descending, key.nulls_first});
    }
    if (top_rows_ == 0) StopInput();
  }

 protected:
  Async<Status> Consume(const Batch& input) override { return Add(input); }
  NextBatch Produce() override { return nullptr; }

  NextBatch Finish() override {
    if (!sorted_) {
      sorted_ = true;
      RETURN_IF_ERROR(SortRows());
    }
    const size_t end = std::min<uint64_t>(order_.size(), top_rows_);
    if (next_ >= end) return nullptr;
    RETURN_IF_ERROR(state_->CheckCancelled());
    arena_.Reset();
    const uint32_t count = static_cast<uint32_t>(std::min<size_t>(end - next_, kBatchRows));
    GatherInto(&output_, next_, count);
    next_ += count;
    return &output_;
  }

 private:
  struct Entry {
    uint64_t prefix;
    uint32_t row;
  };

  Status Add(const Batch& input) {
    arena_.Reset();
    RowSet rows = RowsOf(input);
    if (has_boundary_) {
      const uint32_t last = rows_boundary_;
      rows = SelectWhere(rows, &arena_, [&](uint32_t row) {
        return CompareRows(keys_, input, row, rows_->ChunkOf(last), RowBuffer::PlaceOf(last)) < 0;
      });
    }
    RETURN_IF_ERROR(rows_->Append(input.columns, rows));
    RETURN_IF_ERROR(memory_.Use(rows_->bytes() + rows_->row_count() * sizeof(Entry)));
    if (top_rows_ != UINT64_MAX &&
        rows_->row_count() > std::max(top_rows_ * kCutFactor, kCutRowsMin)) {
      return CutToTop();
    }
    return Status::Ok();
  }

  Status SortRows() {
    order_.resize(rows_->row_count());
    RETURN_IF_ERROR(memory_.Use(rows_->bytes() + order_.size() * sizeof(Entry)));
    std::vector<uint64_t> prefixes(kBatchRows, 0);
    for (size_t i = 0; i < rows_->chunk_count(); ++i) {
      const Batch& chunk = rows_->chunk(i);
      if (!keys_.empty()) {
        SortPrefixes(chunk.columns[keys_[0].column], node_.keys[0], chunk.row_count,
                     prefixes.data());
      }
      const uint32_t first = static_cast<uint32_t>(i) * kBatchRows;
      for (uint32_t row = 0; row < chunk.row_count; ++row) {
        order_[first + row] = {prefixes[row], first + row};
      }
    }
    std::sort(order_.begin(), order_.end(), [this](const Entry& left, const Entry& right) {
      if (left.prefix != right.prefix) return left.prefix < right.prefix;
      int order = CompareRows(keys_, rows_->ChunkOf(left.row), RowBuffer::PlaceOf(left.row),
                              rows_->ChunkOf(right.row), RowBuffer::PlaceOf(right.row));
      return order != 0 ? order < 0 : left.row < right.row;
    });
    return Status::Ok();
  }

  // Rows sorted so far, from the place on.
  void GatherInto(Batch* out, size_t from, uint32_t count) {
    uint32_t* rows = arena_.AllocateArray<uint32_t>(count);
    for (uint32_t i = 0; i < count; ++i) rows[i] = order_[from + i].row;
    out->columns.clear();
    for (size_t column = 0; column < node_.output.size(); ++column) {
      out->columns.push_back(rows_->Gather(column, rows, count, &arena_));
    }
    out->row_count = count;
  }

  // Kept rows are put into a new buffer in their order: among equals the older stay in front.
  Status CutToTop() {
    RETURN_IF_ERROR(state_->CheckCancelled());
    RETURN_IF_ERROR(SortRows());
    auto kept = std::make_unique<RowBuffer>(node_.output, nullptr);
    for (size_t from = 0; from < top_rows_; from += kBatchRows) {
      arena_.Reset();
      Batch chunk;
      GatherInto(&chunk, from,
                 static_cast<uint32_t>(std::min<uint64_t>(top_rows_ - from, kBatchRows)));
      RETURN_IF_ERROR(kept->Append(chunk));
    }
    rows_ = std::move(kept);
    order_.clear();
    has_boundary_ = true;
    rows_boundary_ = static_cast<uint32_t>(top_rows_) - 1;
    return Status::Ok();
  }

  const SortNode& node_;
  const uint64_t top_rows_;  // UINT64_MAX: all
  Arena arena_;
  WorkMemory memory_;
  std::vector<RowOrder> keys_;
  std::unique_ptr<RowBuffer> rows_;
  bool has_boundary_ = false;  // rows not before this one are not among the first any more
  uint32_t rows_boundary_ = 0;
  std::vector<Entry> order_;
  bool sorted_ = false;
  size_t next_ = 0;
  Batch output_;
};

}  // namespace

Result<OperatorPtr> MakeSort(const SortNode& node, OperatorPtr child, ExecutionState* state) {
  RowLimits limits;
  if (node.limit) {
    ASSIGN_OR_RETURN(limits, EvaluateLimits(node.limit.get(), node.offset.get(), state));
  }
  return OperatorPtr(std::make_unique<SortOperator>(node, limits, std::move(child), state));
}

}  // namespace shale::sql
