// Rows for which a condition is true: narrows the selection, moves nothing.
#include "sql/exec/operators.h"

namespace shale::sql {
namespace {

class FilterOperator : public PipelineOperator {
 public:
  FilterOperator(const FilterNode& node, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        node_(node),
        evaluator_(state->Evaluator(&arena_)) {}

 protected:
  Async<Status> Consume(const Batch& input) override {
    arena_.Reset();
    batch_ = input;
    given_ = false;
    return Filter(evaluator_, *node_.predicate, &batch_);
  }

  NextBatch Produce() override {
    if (given_ || batch_.size() == 0) return nullptr;
    given_ = true;
    return &batch_;
  }

 private:
  const FilterNode& node_;
  Arena arena_;
  EvalContext evaluator_;
  Batch batch_;
  bool given_ = false;
};

}  // namespace

OperatorPtr MakeFilter(const FilterNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<FilterOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
