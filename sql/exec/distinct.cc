// Each distinct row once, when it is first seen.
#include "sql/exec/operators.h"
#include "sql/exec/row_table.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class DistinctOperator : public PipelineOperator {
 public:
  DistinctOperator(std::vector<catalog::Type> types, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        memory_(state, "hash aggregation"),
        table_(std::move(types), &memory_) {}

 protected:
  Async<Status> Consume(const Batch& input) override {
    arena_.Reset();
    batch_ = input;
    uint32_t* numbers = arena_.AllocateArray<uint32_t>(input.row_count);
    uint32_t next = table_.size();
    Status added = table_.FindOrAdd(input, RowsOf(input), numbers);
    if (!added.ok()) return added;
    // Rows are numbered as they are added: the first of each kind has the next number.
    SetSelection(&batch_, SelectWhere(RowsOf(input), &arena_, [&](uint32_t row) {
      bool first = numbers[row] == next;
      next += first ? 1 : 0;
      return first;
    }));
    given_ = batch_.size() == 0;
    return Status::Ok();
  }

  NextBatch Produce() override {
    if (given_) return nullptr;
    given_ = true;
    return &batch_;
  }

 private:
  WorkMemory memory_;
  RowTable table_;
  Arena arena_;
  Batch batch_;
  bool given_ = true;
};

}  // namespace

OperatorPtr MakeDistinctRows(std::vector<catalog::Type> types, OperatorPtr child,
                             ExecutionState* state) {
  return std::make_unique<DistinctOperator>(std::move(types), std::move(child), state);
}

OperatorPtr MakeDistinct(const DistinctNode& node, OperatorPtr child, ExecutionState* state) {
  return MakeDistinctRows(node.output, std::move(child), state);
}

}  // namespace shale::sql
