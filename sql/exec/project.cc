// Expressions over each row.
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
    batch_.columns.resize(node.exprs.size());
  }

  void SetRowLimit(uint64_t rows) override { child_->SetRowLimit(rows); }

 protected:
  Async<Status> Consume(const Batch& input) override { return Compute(input); }

  NextBatch Produce() override {
    if (given_) return nullptr;
    given_ = true;
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
    given_ = false;
    return Status::Ok();
  }

  const ProjectNode& node_;
  Arena arena_;
  EvalContext evaluator_;
  Batch batch_;
  bool given_ = false;
};

}  // namespace

OperatorPtr MakeProject(const ProjectNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<ProjectOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
