// Rows of a key range, page by page: the pages stay pinned in the engine while their batch is used.
// Where several threads read the table, each takes one piece of its range after the other.
#include <algorithm>

#include "sql/exec/key_bounds.h"
#include "sql/exec/operators.h"
#include "sql/exec/parallel_input.h"
#include "sql/exec/table_reader.h"

namespace shale::sql {
namespace {

class TableScan : public PhysicalOperator {
 public:
  TableScan(const TableScanNode& node, std::optional<engine::KeyRange> range, ExecutionState* state)
      : state_(state), node_(node), reader_(node.source, node.filter.get(), state) {
    options_.reverse = node.reverse;
    options_.page_rows_max = kBatchRows;
    options_.keys_only = reader_.keys_only();
    options_.values_only = reader_.values_only();
    if (!range) return;
    options_.range = std::move(*range);
    Open();
  }

  Async<NextBatch> Next() override {
    if (!has_begun_) Begin();
    if (cursor_ == nullptr) return NextBatch(nullptr);
    while (true) {
      if (Status status = state_->CheckCancelled(); !status.ok()) {
        return NextBatch(std::move(status));
      }
      if (state_->ShouldMove()) return NextElsewhere();
      auto page = cursor_->NextPage();
      if (!page.ready()) return NextLater(std::move(page));
      NextBatch batch = nullptr;
      if (TakePage(std::move(page).value(), &batch)) return batch;
    }
  }

  // A limit may come once, before the first row.
  void SetRowLimit(uint64_t rows) override {
    if (cursor_ == nullptr || node_.filter != nullptr || rows >= kBatchRows) return;
    options_.page_rows_max = std::max<uint64_t>(rows, 1);
    Open();
  }

  void SetKeyFilter(KeyFilter filter) override { reader_.AddKeyFilter(std::move(filter)); }

  void SetFirstRows(uint64_t rows) override {
    if (cursor_ == nullptr || rows >= kBatchRows) return;
    options_.first_page_rows = std::max<uint64_t>(rows, 1);
    Open();
  }

 private:
  using Page = Result<std::span<const engine::KeyValue>>;

  void Open() { cursor_ = state_->transaction().Scan(options_); }

  // The range may have been parted since it was opened.
  void Begin() {
    has_begun_ = true;
    ParallelInput* input = state_->parallel_input();
    if (input == nullptr || !input->IsPartOf(node_)) return;
    shared_ = input;
    OpenPiece();
  }

  bool OpenPiece() {
    cursor_.reset();
    const engine::KeyRange* piece = shared_->TakePiece();
    if (piece == nullptr) return false;
    options_.range = *piece;
    Open();
    return true;
  }

  // False where another page must be read.
  bool TakePage(Page page, NextBatch* batch) {
    if (!page.ok()) {
      *batch = std::move(page).status();
      return true;
    }
    if (page->empty()) return shared_ == nullptr || !OpenPiece();
    *batch = reader_.Read(*page);
    return !batch->ok() || **batch != nullptr;
  }

  Task<NextBatch> NextLater(Async<Page> waiting) {
    while (true) {
      auto page = co_await waiting;
      NextBatch batch = nullptr;
      if (TakePage(std::move(page), &batch)) co_return batch;
      CO_RETURN_IF_ERROR(state_->CheckCancelled());
      if (state_->ShouldMove()) co_await ResumeOn(*state_->context().workers);
      waiting = cursor_->NextPage();
    }
  }

  Task<NextBatch> NextElsewhere() {
    co_await ResumeOn(*state_->context().workers);
    auto rest = NextLater(cursor_->NextPage());
    auto batch = co_await rest;
    co_return batch;
  }

  ExecutionState* state_;
  const TableScanNode& node_;
  TableReader reader_;
  engine::ScanOptions options_;
  std::unique_ptr<engine::KvCursor> cursor_;  // null: nothing to read
  bool has_begun_ = false;
  ParallelInput* shared_ = nullptr;  // where the range is parted
};

}  // namespace

Result<OperatorPtr> MakeTableScan(const TableScanNode& node, ExecutionState* state) {
  if (ParallelInput* input = state->parallel_input(); input != nullptr && input->IsPartOf(node)) {
    return OperatorPtr(std::make_unique<TableScan>(node, std::nullopt, state));
  }
  ASSIGN_OR_RETURN(std::optional<engine::KeyRange> range, ScanRange(node, state));
  return OperatorPtr(std::make_unique<TableScan>(node, std::move(range), state));
}

}  // namespace shale::sql
