// In memory, numbers of rows are sorted: by the prefix of the first key, then by all keys, then by
// number, which makes it stable. For the first rows alone the buffer is cut back to the rows wanted
// each time it has grown to a multiple of them, and rows behind the last of those are dropped at
// once. Runs are merged by a heap of their next rows; among equal rows the older run's comes first.
#include "sql/exec/row_sorter.h"

#include <algorithm>
#include <deque>

#include "sql/exec/sort_prefix.h"
#include "sql/vector/row_compare.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

constexpr uint64_t kTopRowsMax = 100'000;  // more are sorted like all
constexpr uint64_t kCutFactor = 4;
constexpr uint64_t kCutRowsMin = 4 * kBatchRows;
// Each run that is merged holds a batch in memory.
constexpr size_t kMergedRunsMax = 32;

}  // namespace

// Rows of several runs in one order.
class RowSorter::Merge {
 public:
  Merge(std::span<const std::unique_ptr<SpillFile>> runs, const std::vector<RowOrder>& orders,
        const std::vector<catalog::Type>& types)
      : orders_(orders), types_(types) {
    for (const auto& run : runs) cursors_.emplace_back(run.get());
  }

  Status Start() {
    for (uint32_t i = 0; i < cursors_.size(); ++i) {
      ASSIGN_OR_RETURN(cursors_[i].batch, cursors_[i].reader.Next());
      if (cursors_[i].batch != nullptr) heap_.push_back(i);
    }
    std::ranges::make_heap(heap_, Later{this});
    return Status::Ok();
  }

  Result<const Batch*> Next() {
    if (heap_.empty()) return nullptr;
    arena_.Reset();
    BatchBuilder builder(types_, &arena_);
    while (!heap_.empty() && !builder.full()) {
      std::ranges::pop_heap(heap_, Later{this});
      Cursor& cursor = cursors_[heap_.back()];
      builder.SetFrom(*cursor.batch, cursor.row, 0, ByteCopy::kDeep);
      builder.FinishRow();
      if (++cursor.row == cursor.batch->row_count) {
        cursor.row = 0;
        ASSIGN_OR_RETURN(cursor.batch, cursor.reader.Next());
      }
      if (cursor.batch == nullptr) {
        heap_.pop_back();
      } else {
        std::ranges::push_heap(heap_, Later{this});
      }
    }
    output_ = builder.Finish();
    return &output_;
  }

 private:
  struct Cursor {
    explicit Cursor(const SpillFile* file) : reader(file) {}
    SpillReader reader;
    const Batch* batch = nullptr;
    uint32_t row = 0;
  };
  struct Later {
    const Merge* merge;
    bool operator()(uint32_t left, uint32_t right) const {
      const Cursor& a = merge->cursors_[left];
      const Cursor& b = merge->cursors_[right];
      const int order = CompareRows(merge->orders_, *a.batch, a.row, *b.batch, b.row);
      return order != 0 ? order > 0 : left > right;
    }
  };

  const std::vector<RowOrder>& orders_;
  const std::vector<catalog::Type>& types_;
  std::deque<Cursor> cursors_;
  std::vector<uint32_t> heap_;  // cursors, the one with the first row in front
  Arena arena_;
  Batch output_;
};

RowSorter::RowSorter(Options options, ExecutionState* state)
    : options_([&] {
        if (options.top_rows > kTopRowsMax) options.top_rows = UINT64_MAX;
        return std::move(options);
      }()),
      state_(state),
      memory_(state, options_.what),
      rows_(std::make_unique<RowBuffer>(options_.types, nullptr)) {
  for (const SortKey& key : options_.keys) {
    orders_.push_back({static_cast<uint32_t>(key.slot), key.descending, key.nulls_first});
  }
}

RowSorter::~RowSorter() = default;

Status RowSorter::Add(std::span<const Vector> columns, RowSet rows) {
  arena_.Reset();
  if (has_boundary_) {
    Batch input;
    input.columns.assign(columns.begin(), columns.end());
    const uint32_t last = boundary_;
    rows = SelectWhere(rows, &arena_, [&](uint32_t row) {
      return CompareRows(orders_, input, row, rows_->ChunkOf(last), RowBuffer::PlaceOf(last)) < 0;
    });
  }
  RETURN_IF_ERROR(rows_->Append(columns, rows));
  if (options_.top_rows != UINT64_MAX &&
      rows_->row_count() > std::max(options_.top_rows * kCutFactor, kCutRowsMin)) {
    RETURN_IF_ERROR(CutToTop());
  }
  // What sorting will need is held from now on.
  full_ = !memory_.TryUse(rows_->bytes() + rows_->row_count() * sizeof(Entry));
  return Status::Ok();
}

Status RowSorter::Spill() {
  RETURN_IF_ERROR(SortRows());
  auto run = std::make_unique<SpillFile>(options_.types, state_);
  const size_t end = std::min<uint64_t>(order_.size(), options_.top_rows);
  Batch sorted;
  for (size_t from = 0; from < end; from += kBatchRows) {
    RETURN_IF_ERROR(state_->CheckCancelled());
    arena_.Reset();
    GatherInto(&sorted, from, static_cast<uint32_t>(std::min<size_t>(end - from, kBatchRows)));
    RETURN_IF_ERROR(run->Append(sorted.columns, RowsOf(sorted)));
  }
  RETURN_IF_ERROR(run->Finish());
  runs_.push_back(std::move(run));
  rows_->Clear();
  std::vector<Entry>().swap(order_);
  has_boundary_ = false;
  full_ = false;
  return memory_.Use(0);
}

Status RowSorter::Finish() {
  if (runs_.empty()) return SortRows();
  if (rows_->row_count() > 0) RETURN_IF_ERROR(Spill());
  return MergeRuns();
}

// Neighbouring runs become one until the rest can be merged at once.
Status RowSorter::MergeRuns() {
  while (runs_.size() > kMergedRunsMax) {
    std::vector<std::unique_ptr<SpillFile>> merged;
    for (size_t from = 0; from < runs_.size(); from += kMergedRunsMax) {
      const size_t count = std::min(runs_.size() - from, kMergedRunsMax);
      merged.push_back(std::make_unique<SpillFile>(options_.types, state_));
      RETURN_IF_ERROR(MergeInto({runs_.data() + from, count}, merged.back().get()));
    }
    runs_ = std::move(merged);
  }
  merge_ = std::make_unique<Merge>(runs_, orders_, options_.types);
  return merge_->Start();
}

// The runs are let go.
Status RowSorter::MergeInto(std::span<std::unique_ptr<SpillFile>> runs, SpillFile* merged) {
  Merge merge(runs, orders_, options_.types);
  RETURN_IF_ERROR(merge.Start());
  while (true) {
    RETURN_IF_ERROR(state_->CheckCancelled());
    ASSIGN_OR_RETURN(const Batch* batch, merge.Next());
    if (batch == nullptr) break;
    RETURN_IF_ERROR(merged->Append(batch->columns, RowsOf(*batch)));
  }
  for (std::unique_ptr<SpillFile>& run : runs) run.reset();
  return merged->Finish();
}

Result<const Batch*> RowSorter::Next() {
  if (merge_ != nullptr) return merge_->Next();
  const size_t end = std::min<uint64_t>(order_.size(), options_.top_rows);
  if (next_ >= end) return nullptr;
  arena_.Reset();
  const uint32_t count = static_cast<uint32_t>(std::min<size_t>(end - next_, kBatchRows));
  GatherInto(&output_, next_, count);
  next_ += count;
  return &output_;
}

Status RowSorter::SortRows() {
  order_.resize(rows_->row_count());
  std::vector<uint64_t> prefixes(kBatchRows, 0);
  for (size_t i = 0; i < rows_->chunk_count(); ++i) {
    const Batch& chunk = rows_->chunk(i);
    if (!orders_.empty()) {
      SortPrefixes(chunk.columns[orders_[0].column], options_.keys[0], chunk.row_count,
                   prefixes.data());
    }
    const uint32_t first = static_cast<uint32_t>(i) * kBatchRows;
    for (uint32_t row = 0; row < chunk.row_count; ++row) {
      order_[first + row] = {prefixes[row], first + row};
    }
  }
  std::sort(order_.begin(), order_.end(), [this](const Entry& left, const Entry& right) {
    if (left.prefix != right.prefix) return left.prefix < right.prefix;
    int order = CompareRows(orders_, rows_->ChunkOf(left.row), RowBuffer::PlaceOf(left.row),
                            rows_->ChunkOf(right.row), RowBuffer::PlaceOf(right.row));
    return order != 0 ? order < 0 : left.row < right.row;
  });
  return Status::Ok();
}

void RowSorter::GatherInto(Batch* out, size_t from, uint32_t count) {
  uint32_t* rows = arena_.AllocateArray<uint32_t>(count);
  for (uint32_t i = 0; i < count; ++i) rows[i] = order_[from + i].row;
  out->columns.clear();
  for (size_t column = 0; column < options_.types.size(); ++column) {
    out->columns.push_back(rows_->Gather(column, rows, count, &arena_));
  }
  out->row_count = count;
}

// Kept rows are put into a new buffer in their order: among equals the older stay in front.
Status RowSorter::CutToTop() {
  RETURN_IF_ERROR(state_->CheckCancelled());
  RETURN_IF_ERROR(SortRows());
  auto kept = std::make_unique<RowBuffer>(options_.types, nullptr);
  for (size_t from = 0; from < options_.top_rows; from += kBatchRows) {
    arena_.Reset();
    Batch chunk;
    GatherInto(&chunk, from,
               static_cast<uint32_t>(std::min<uint64_t>(options_.top_rows - from, kBatchRows)));
    RETURN_IF_ERROR(kept->Append(chunk));
  }
  rows_ = std::move(kept);
  order_.clear();
  has_boundary_ = true;
  boundary_ = static_cast<uint32_t>(options_.top_rows) - 1;
  return Status::Ok();
}

}  // namespace shale::sql
