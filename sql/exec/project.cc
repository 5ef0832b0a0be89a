// Expressions over each row; those that take locks row by row, as far as rows are asked for.
#include <algorithm>

#include "sql/exec/operators.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class ProjectOperator : public PipelineOperator {
 public:
  ProjectOperator(const ProjectNode& node, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        node_(node),
        evaluator_(state->Evaluator(&arena_)) {
    bool is_volatile = std::any_of(node.exprs.begin(), node.exprs.end(),
                                   [](const ExprPtr& expr) { return IsVolatile(*expr); });
    if (is_volatile && state->has_sequences()) LeaseAhead();
    row_by_row_ = std::any_of(node.exprs.begin(), node.exprs.end(),
                              [](const ExprPtr& expr) { return TakesLocks(*expr); });
    batch_.columns.resize(node.exprs.size());
  }

  void SetRowLimit(uint64_t rows) override { child_->SetRowLimit(rows); }
  void SetFirstRows(uint64_t rows) override { child_->SetFirstRows(rows); }

 protected:
  Async<Status> Consume(const Batch& input) override {
    given_ = 0;
    if (!row_by_row_) return Compute(input);
    input_ = &input;
    return Status::Ok();
  }

  NextBatch Produce() override {
    if (row_by_row_) {
      if (given_ == input_->size()) return nullptr;
      row_ = static_cast<uint16_t>(input_->RowAt(given_));
      Batch one = *input_;
      SetSelection(&one, {&row_, 1});
      RETURN_IF_ERROR(Compute(one));
    } else if (given_ > 0) {
      return nullptr;
    }
    ++given_;
    return &batch_;
  }

 private:
  Status Compute(const Batch& input) {
    arena_.Reset();
    const RowSet rows = RowsOf(input);
    for (size_t i = 0; i < node_.exprs.size(); ++i) {
      RETURN_IF_ERROR(Evaluate(evaluator_, *node_.exprs[i], input, rows, &batch_.columns[i]));
    }
    batch_.row_count = input.row_count;
    batch_.selection = input.selection;
    batch_.selected_count = input.selected_count;
    return Status::Ok();
  }

  const ProjectNode& node_;
  Arena arena_;
  EvalContext evaluator_;
  Batch batch_;
  bool row_by_row_ = false;
  uint32_t given_ = 0;            // batches, of the input taken
  const Batch* input_ = nullptr;  // of which rows are taken one by one
  uint16_t row_ = 0;              // the one of batch_ then
};

}  // namespace

OperatorPtr MakeProject(const ProjectNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<ProjectOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
