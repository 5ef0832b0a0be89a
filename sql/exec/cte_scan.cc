// Scans of the rows of WITH queries.
#include "sql/exec/cte_source.h"
#include "sql/exec/operators.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class CteScanOperator : public PhysicalOperator {
 public:
  explicit CteScanOperator(CteSource* source) : source_(source) {}

  Async<NextBatch> Next() override {
    while (true) {
      if (next_ < source_->rows().row_count()) return Give();
      if (source_->at_end()) return NextBatch(nullptr);
      auto fill = source_->Fill();
      if (!fill.ready()) return NextLater(std::move(fill));
      Status status = std::move(fill).value();
      if (!status.ok()) return NextBatch(std::move(status));
    }
  }

 private:
  Task<NextBatch> NextLater(Async<Status> fill) {
    while (true) {
      Status status = co_await fill;
      if (!status.ok()) co_return status;
      if (next_ < source_->rows().row_count()) co_return Give();
      if (source_->at_end()) co_return nullptr;
      fill = source_->Fill();
    }
  }

  // The rest of the chunk. The buffer may grow while the batch is read: rows that are there stay.
  NextBatch Give() {
    const uint32_t place = RowBuffer::PlaceOf(next_);
    const Batch& chunk = source_->rows().ChunkOf(next_);
    batch_.columns = chunk.columns;
    batch_.row_count = chunk.row_count;
    batch_.selection = nullptr;
    next_ += chunk.row_count - place;
    if (place > 0) {
      arena_.Reset();
      SliceBatch(&batch_, place, chunk.row_count - place, &arena_);
    }
    return &batch_;
  }

  CteSource* source_;
  uint32_t next_ = 0;
  Arena arena_;
  Batch batch_;
};

class WorkingTableScanOperator : public PhysicalOperator {
 public:
  explicit WorkingTableScanOperator(const RowBuffer* rows) : reader_(rows) {}
  Async<NextBatch> Next() override { return NextBatch(reader_.Next()); }

 private:
  BufferReader reader_;
};

}  // namespace

OperatorPtr MakeCteScan(const CteScanNode& node, ExecutionState* state) {
  CHECK(state->cte(node.cte) != nullptr);
  return std::make_unique<CteScanOperator>(state->cte(node.cte));
}

OperatorPtr MakeWorkingTableScan(const WorkingTableScanNode& node, ExecutionState* state) {
  CHECK(state->working_table(node.cte) != nullptr);
  return std::make_unique<WorkingTableScanOperator>(state->working_table(node.cte));
}

}  // namespace shale::sql
