// Rows for which a condition is true: narrows the selection, moves nothing. A condition that takes
// locks is asked row by row, as far as rows are asked for.
#include "sql/exec/operators.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class FilterOperator : public PipelineOperator {
 public:
  FilterOperator(const FilterNode& node, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        node_(node),
        evaluator_(state->Evaluator(&arena_)),
        row_by_row_(TakesLocks(*node.predicate)) {}

  // Volatile calls are made for all rows.
  void SetKeyFilter(KeyFilter filter) override {
    if (!IsVolatile(*node_.predicate)) child_->SetKeyFilter(std::move(filter));
  }

 protected:
  Async<Status> Consume(const Batch& input) override {
    given_ = 0;
    input_ = &input;
    return row_by_row_ ? Status::Ok() : Narrow(input);
  }

  NextBatch Produce() override {
    if (row_by_row_) {
      if (given_ == input_->size()) return nullptr;
      row_ = static_cast<uint16_t>(input_->RowAt(given_));
      Batch one = *input_;
      SetSelection(&one, {&row_, 1});
      RETURN_IF_ERROR(Narrow(one));
    } else if (given_ > 0 || batch_.size() == 0) {
      return nullptr;
    }
    ++given_;
    return &batch_;
  }

 private:
  Status Narrow(const Batch& input) {
    arena_.Reset();
    batch_ = input;
    return Filter(evaluator_, *node_.predicate, &batch_);
  }

  const FilterNode& node_;
  Arena arena_;
  EvalContext evaluator_;
  Batch batch_;
  const bool row_by_row_;
  uint32_t given_ = 0;  // batches, of the input taken
  const Batch* input_ = nullptr;
  uint16_t row_ = 0;  // the one that is asked about
};

}  // namespace

OperatorPtr MakeFilter(const FilterNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<FilterOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
