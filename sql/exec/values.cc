// VALUES: rows of expressions without columns.
#include <algorithm>

#include "sql/exec/operators.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

// One input row, which stands for the whole list.
class ValuesOperator : public PipelineOperator {
 public:
  ValuesOperator(const ValuesNode& node, ExecutionState* state)
      : PipelineOperator(MakeResult(state), state),
        node_(node),
        evaluator_(state->Evaluator(&arena_)) {}

 protected:
  Async<Status> Consume(const Batch& input) override {
    input_ = &input;
    return Status::Ok();
  }

  NextBatch Produce() override {
    RETURN_IF_ERROR(state_->CheckCancelled());
    const size_t count = std::min<size_t>(node_.rows.size() - next_, kBatchRows);
    if (count == 0) return nullptr;
    arena_.Reset();
    batch_.columns.clear();
    for (size_t column = 0; column < node_.output.size(); ++column) {
      Vector values = Vector::Flat(node_.output[column], static_cast<uint32_t>(count), &arena_);
      for (uint32_t row = 0; row < count; ++row) {
        const Expr& expr = *node_.rows[next_ + row][column];
        Vector value;
        RETURN_IF_ERROR(Evaluate(evaluator_, expr, *input_, {nullptr, 1}, &value));
        CopyRow(value, 0, &values, row, ByteCopy::kShared, &arena_);
      }
      batch_.columns.push_back(values);
    }
    batch_.row_count = static_cast<uint32_t>(count);
    next_ += count;
    return &batch_;
  }

 private:
  const ValuesNode& node_;
  Arena arena_;
  EvalContext evaluator_;
  const Batch* input_ = nullptr;
  size_t next_ = 0;
  Batch batch_;
};

}  // namespace

OperatorPtr MakeValues(const ValuesNode& node, ExecutionState* state) {
  return std::make_unique<ValuesOperator>(node, state);
}

}  // namespace shale::sql
