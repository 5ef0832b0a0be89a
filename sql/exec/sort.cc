// Sorting; with a limit only the first rows are kept (top-N).
#include "sql/exec/operators.h"
#include "sql/exec/row_sorter.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class SortOperator : public PipelineOperator {
 public:
  SortOperator(const SortNode& node, RowLimits limits, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        sorter_({node.output, node.keys, limits.end(), "sort"}, state) {
    if (limits.end() == 0) StopInput();
  }

 protected:
  Async<Status> Consume(const Batch& input) override {
    Status status = sorter_.Add(input.columns, RowsOf(input));
    if (!status.ok() || !sorter_.is_full()) return status;
    return state_->Block([this] { return sorter_.Spill(); });
  }
  NextBatch Produce() override { return nullptr; }

  NextBatch Finish() override {
    RETURN_IF_ERROR(state_->CheckCancelled());
    if (!sorted_) {
      sorted_ = true;
      RETURN_IF_ERROR(sorter_.Finish());
    }
    return sorter_.Next();
  }

 private:
  RowSorter sorter_;
  bool sorted_ = false;
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
