// The rows that a part of an index leads to: a page of its entries at a time, whose rows are
// fetched together; or the entries alone, where they have all columns.
#include <algorithm>

#include "catalog/index_codec.h"
#include "sql/exec/key_bounds.h"
#include "sql/exec/operators.h"
#include "sql/exec/table_reader.h"
#include "sql/plan/run_statistics.h"

namespace shale::sql {
namespace {

class IndexScan : public PhysicalOperator {
 public:
  IndexScan(const IndexScanNode& node, std::vector<engine::KeyRange> ranges, ExecutionState* state)
      : state_(state),
        node_(node),
        codec_(node.source.table, node.index),
        reader_(node.source, node.filter.get(), state),
        evaluator_(state->Evaluator(&arena_)),
        ranges_(std::move(ranges)) {
    evaluator_.journal = nullptr;  // nothing in a filter waits
    if (node.reverse) std::reverse(ranges_.begin(), ranges_.end());
    options_.reverse = node.reverse;
    options_.page_rows_max = kBatchRows;
    OpenNext();
  }

  Async<NextBatch> Next() override {
    if (cursor_ == nullptr) return NextBatch(nullptr);
    return ReadOn();
  }

  // A limit may come once, before the first row.
  void SetRowLimit(uint64_t rows) override {
    if (cursor_ == nullptr || node_.filter != nullptr || rows >= kBatchRows) return;
    options_.page_rows_max = std::max<uint64_t>(rows, 1);
    cursor_ = state_->transaction().Scan(options_);
  }

 private:
  void OpenNext() {
    cursor_.reset();
    if (next_range_ == ranges_.size()) return;
    options_.range = ranges_[next_range_++];
    cursor_ = state_->transaction().Scan(options_);
  }

  Task<NextBatch> ReadOn() {
    while (cursor_ != nullptr) {
      CO_RETURN_IF_ERROR(state_->CheckCancelled());
      auto read = cursor_->NextPage();
      auto page = co_await read;
      if (!page.ok()) co_return std::move(page).status();
      const bool at_end = page->empty();
      if (at_end) OpenNext();
      // Behind the last range there is nothing to move for.
      if (cursor_ != nullptr && state_->ShouldMove()) {
        co_await ResumeOn(*state_->context().workers);
      }
      if (at_end) continue;
      NextBatch batch = nullptr;
      if (node_.index_only) {
        batch = ReadEntries(*page);
      } else {
        auto fetch = FetchRows(*page);
        batch = co_await fetch;
      }
      if (!batch.ok() || *batch != nullptr) co_return batch;
    }
    co_return nullptr;
  }

  Task<NextBatch> FetchRows(std::span<const engine::KeyValue> entries) {
    keys_.resize(entries.size());
    views_.clear();
    for (size_t i = 0; i < entries.size(); ++i) {
      CO_RETURN_IF_ERROR(codec_.RowKey(entries[i], &keys_[i]));
      views_.push_back(keys_[i]);
    }
    values_.clear();
    values_.resize(views_.size());
    found_ = std::make_unique<bool[]>(views_.size());
    auto get = state_->transaction().MultiGet(views_, values_.data(), found_.get());
    Status status = co_await get;
    if (!status.ok()) co_return status;
    rows_.clear();
    for (size_t i = 0; i < views_.size(); ++i) {
      if (found_[i]) {
        rows_.push_back({views_[i], values_[i].view()});
      } else if (ReadsAsOfStart()) {
        co_return codec_.MissingRow();
      }
    }
    if (rows_.empty()) co_return nullptr;
    co_return reader_.Read(rows_);
  }

  // Whether rows are read as they were when the cursor was opened: no later statement of the
  // transaction has taken another snapshot or written.
  bool ReadsAsOfStart() {
    engine::KvTransaction& transaction = state_->transaction();
    return transaction.snapshot() == state_->snapshot() && !transaction.has_writes();
  }

  NextBatch ReadEntries(std::span<const engine::KeyValue> entries) {
    arena_.Reset();
    const auto count = static_cast<uint32_t>(entries.size());
    batch_ = Batch();
    batch_.row_count = count;
    for (size_t slot = 0; slot < node_.source.columns.size(); ++slot) {
      const catalog::Type type = node_.output[slot];
      const size_t words = (count + 63) / 64;
      uint64_t* validity = arena_.AllocateArray<uint64_t>(words);
      std::fill_n(validity, words, ~uint64_t{0});
      char* values = arena_.Allocate(count * ValueBytes(catalog::KindOf(type)), 16);
      uint32_t null_count = 0;
      RETURN_IF_ERROR(codec_.DecodeColumn(entries, node_.source.columns[slot], values, validity,
                                          &null_count, &arena_));
      batch_.columns.push_back(
          Vector::View(type, values, null_count > 0 ? validity : nullptr, count));
    }
    if (node_.filter != nullptr) {
      RETURN_IF_ERROR(Filter(evaluator_, *node_.filter, &batch_));
      if (RunStatistics* run = state_->context().run_statistics) {
        run->NoteFiltered(*node_.filter, batch_.row_count - batch_.size());
      }
      if (batch_.size() == 0) return nullptr;
    }
    return &batch_;
  }

  ExecutionState* state_;
  const IndexScanNode& node_;
  const catalog::IndexCodec codec_;
  TableReader reader_;
  Arena arena_;
  EvalContext evaluator_;
  std::vector<engine::KeyRange> ranges_;  // in the order they are read
  size_t next_range_ = 0;
  engine::ScanOptions options_;
  std::unique_ptr<engine::KvCursor> cursor_;  // null: at the end
  std::vector<std::string> keys_;
  std::vector<std::string_view> views_;
  std::vector<engine::PinnedBytes> values_;
  std::unique_ptr<bool[]> found_;
  std::vector<engine::KeyValue> rows_;
  Batch batch_;
};

}  // namespace

Result<OperatorPtr> MakeIndexScan(const IndexScanNode& node, ExecutionState* state) {
  ASSIGN_OR_RETURN(std::vector<engine::KeyRange> ranges, IndexRanges(node, state));
  return OperatorPtr(std::make_unique<IndexScan>(node, std::move(ranges), state));
}

}  // namespace shale::sql
