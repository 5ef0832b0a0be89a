// Apply: for each left row the right side anew, with values of that row in its outer slots.
//
// The right side's operators are made for each left row: they open their scans with the bounds of
// that row, and are dropped at their end. One left row is held constant beside the batches of its
// right side, so that no pair is copied.
#include <utility>

#include "sql/exec/join_rows.h"
#include "sql/exec/operators.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class ApplyJoinOperator : public PhysicalOperator {
 public:
  ApplyJoinOperator(const ApplyJoinNode& node, OperatorPtr left, ExecutionState* state)
      : node_(node),
        state_(state),
        left_(std::move(left)),
        left_evaluator_(state->Evaluator(&left_arena_)),
        evaluator_(state->Evaluator(&arena_)) {
    values_.resize(node.bindings.size());
  }

  Async<NextBatch> Next() override { return Run(); }
  Async<Status> GetReady() override { return left_->GetReady(); }
  // What is no look-up may have effects for each row.
  void SetKeyFilter(KeyFilter filter) override {
    const PlanKind right = node_.right->kind;
    const bool looks_up = right == PlanKind::kTableScan || right == PlanKind::kIndexScan;
    if (looks_up && filter.IsWithin(node_.left->output.size())) {
      left_->SetKeyFilter(std::move(filter));
    }
  }

 private:
  Task<NextBatch> Run() {
    while (true) {
      CO_RETURN_IF_ERROR(state_->CheckCancelled());
      if (state_->ShouldMove()) co_await ResumeOn(*state_->context().workers);
      if (std::exchange(right_ended_, false)) right_.reset();
      if (right_ == nullptr) {
        if (input_ == nullptr || next_row_ == input_->size()) {
          auto next = left_->Next();
          auto batch = co_await next;
          if (!batch.ok() || *batch == nullptr) co_return batch;
          CO_RETURN_IF_ERROR(StartBatch(*batch));
        }
        StartRow();
        state_->BeginEvaluation();
        Status status = StartRight();
        while (!status.ok()) {
          auto repetition = state_->AwaitRepetition(std::move(status), 1);
          Status awaited = co_await repetition;
          if (!awaited.ok()) co_return awaited;
          status = StartRight();
        }
      }
      auto next = right_->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return batch;
      if (*batch == nullptr) {
        right_.reset();
        if (matched_ || !KeepsLeft(node_.join)) continue;
        GiveUnmatched();
        co_return &output_;
      }
      state_->BeginEvaluation();
      Status status = Combine(**batch);
      while (!status.ok()) {
        auto repetition = state_->AwaitRepetition(std::move(status), (*batch)->size());
        Status awaited = co_await repetition;
        if (!awaited.ok()) co_return awaited;
        status = Combine(**batch);
      }
      if (output_.size() == 0) continue;
      matched_ = true;
      if (WantsOnePartner(node_.join)) {
        // The output refers to the right side's rows until the next call.
        right_ended_ = true;
        if (node_.join == JoinKind::kAnti) continue;
        SliceBatch(&output_, 0, 1, &arena_);
      }
      co_return &output_;
    }
  }

  Status StartBatch(const Batch* input) {
    input_ = input;
    next_row_ = 0;
    left_arena_.Reset();
    for (size_t i = 0; i < values_.size(); ++i) {
      RETURN_IF_ERROR(
          Evaluate(left_evaluator_, *node_.bindings[i].expr, *input, RowsOf(*input), &values_[i]));
    }
    return Status::Ok();
  }

  void StartRow() {
    row_ = input_->RowAt(next_row_++);
    matched_ = false;
    for (size_t i = 0; i < values_.size(); ++i) {
      const Vector& value = values_[i];
      state_->outer_values()[node_.bindings[i].slot] =
          value.IsNull(row_) ? catalog::Value::Null(value.type())
                             : catalog::Value(value.type(), value.GetDatum(row_));
    }
  }

  // Evaluates limits and arguments of series.
  Status StartRight() {
    ASSIGN_OR_RETURN(right_, MakeOperator(*node_.right, state_));
    if (WantsOnePartner(node_.join) && node_.condition == nullptr) right_->SetRowLimit(1);
    return Status::Ok();
  }

  void HoldLeft() {
    arena_.Reset();
    output_.columns.clear();
    for (const Vector& column : input_->columns) {
      output_.columns.push_back(
          column.IsNull(row_) ? Vector::ConstantNull(column.type(), &arena_)
                              : Vector::Constant(column.type(), column.GetDatum(row_), &arena_));
    }
  }

  Status Combine(const Batch& right) {
    HoldLeft();
    output_.columns.insert(output_.columns.end(), right.columns.begin(), right.columns.end());
    output_.row_count = right.row_count;
    SetSelection(&output_, RowsOf(right));
    return node_.condition ? Filter(evaluator_, *node_.condition, &output_) : Status::Ok();
  }

  void GiveUnmatched() {
    HoldLeft();
    for (catalog::Type type : NullTypes(node_.join, node_.right->output)) {
      output_.columns.push_back(Vector::ConstantNull(type, &arena_));
    }
    output_.row_count = 1;
    output_.selection = nullptr;
  }

  const ApplyJoinNode& node_;
  ExecutionState* state_;
  OperatorPtr left_;
  Arena left_arena_;  // the outer values of the left batch
  Arena arena_;       // the current output
  EvalContext left_evaluator_;
  EvalContext evaluator_;

  const Batch* input_ = nullptr;
  uint32_t next_row_ = 0;
  uint32_t row_ = 0;            // the left row that the right side is made for
  std::vector<Vector> values_;  // of the bindings, for the left batch
  OperatorPtr right_;           // null between left rows
  bool matched_ = false;
  bool right_ended_ = false;  // no more of it is wanted
  Batch output_;
};

}  // namespace

OperatorPtr MakeApplyJoin(const ApplyJoinNode& node, OperatorPtr left, ExecutionState* state) {
  return std::make_unique<ApplyJoinOperator>(node, std::move(left), state);
}

}  // namespace shale::sql
