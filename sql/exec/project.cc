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
  void SetKeyFilter(KeyFilter filter) override {
    const bool is_volatile = std::any_of(node_.exprs.begin(), node_.exprs.end(),
                                         [](const ExprPtr& expr) { return IsVolatile(*expr); });
    if (is_volatile) return;
    for (uint32_t& slot : filter.slots) {
      const Expr& expr = *node_.exprs[slot];
      if (expr.kind != ExprKind::kColumn) return;
      slot = static_cast<uint32_t>(static_cast<const ColumnExpr&>(expr).slot);
    }
    child_->SetKeyFilter(std::move(filter));
  }

 protected:
  Async<Status> Consume(const Batch& input) override {
    given_ = 0;
    input_ = &input;
    // What a cursor does not ask for yet is not computed yet.
    in_parts_ = !row_by_row_ && state_->context().rows_wanted < input.size();
    if (!row_by_row_ && !in_parts_) return Compute(input);
    return Status::Ok();
  }

  NextBatch Produce() override {
    if (row_by_row_) {
      if (given_ == input_->size()) return nullptr;
      row_ = static_cast<uint16_t>(input_->RowAt(given_));
      Batch one = *input_;
      SetSelection(&one, {&row_, 1});
      RETURN_IF_ERROR(Compute(one));
    } else if (in_parts_) {
      if (given_ == input_->size()) return nullptr;
      const uint32_t count = static_cast<uint32_t>(
          std::clamp<uint64_t>(state_->context().rows_wanted, 1, input_->size() - given_));
      part_rows_.resize(count);
      for (uint32_t i = 0; i < count; ++i) {
        part_rows_[i] = static_cast<uint16_t>(input_->RowAt(given_ + i));
      }
      Batch part = *input_;
      SetSelection(&part, {part_rows_.data(), count});
      RETURN_IF_ERROR(Compute(part));
      given_ += count;
      return &batch_;
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
  bool in_parts_ = false;            // of the input taken, fewer rows are asked for
  uint32_t given_ = 0;               // batches, of the input taken; in parts, rows
  const Batch* input_ = nullptr;     // of which rows are taken one by one, or in parts
  uint16_t row_ = 0;                 // the one of batch_ then
  std::vector<uint16_t> part_rows_;  // those of batch_ then
};

}  // namespace

OperatorPtr MakeProject(const ProjectNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<ProjectOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
