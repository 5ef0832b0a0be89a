// LIMIT and OFFSET, WITH TIES.
#include <algorithm>

#include "sql/exec/key_bounds.h"
#include "sql/exec/operators.h"
#include "sql/exec/row_buffer.h"
#include "sql/vector/row_compare.h"
#include "sql/vector/selection.h"

namespace shale::sql {

Result<RowLimits> EvaluateLimits(const Expr* limit, const Expr* offset, ExecutionState* state) {
  Arena arena;
  EvalContext evaluator = state->Evaluator(&arena);
  RowLimits limits;
  catalog::Datum datum;
  if (offset != nullptr) {
    ASSIGN_OR_RETURN(bool present, EvaluateDatum(evaluator, *offset, &datum));
    if (present && datum.int64 < 0) {
      return Error(sqlstate::kInvalidRowCountInResultOffsetClause, "OFFSET must not be negative");
    }
    if (present) limits.offset = static_cast<uint64_t>(datum.int64);
  }
  if (limit != nullptr) {
    ASSIGN_OR_RETURN(bool present, EvaluateDatum(evaluator, *limit, &datum));
    if (present && datum.int64 < 0) {
      return Error(sqlstate::kInvalidRowCountInLimitClause, "LIMIT must not be negative");
    }
    if (present) limits.limit = static_cast<uint64_t>(datum.int64);
  }
  return limits;
}

namespace {

class LimitOperator : public PipelineOperator {
 public:
  LimitOperator(RowLimits limits, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state), skip_(limits.offset), left_(limits.limit) {
    child_->SetRowLimit(limits.end());
    if (left_ == 0) StopInput();
  }

 protected:
  Async<Status> Consume(const Batch& input) override {
    const uint64_t size = input.size();
    const uint64_t skipped = std::min(skip_, size);
    const uint64_t taken = std::min(left_, size - skipped);
    skip_ -= skipped;
    left_ -= taken;
    if (left_ == 0) StopInput();
    batch_ = input;
    given_ = taken == 0;
    if (taken < size) {
      arena_.Reset();
      SliceBatch(&batch_, static_cast<uint32_t>(skipped), static_cast<uint32_t>(taken), &arena_);
    }
    return Status::Ok();
  }

  NextBatch Produce() override {
    if (given_) return nullptr;
    given_ = true;
    return &batch_;
  }

 private:
  uint64_t skip_;
  uint64_t left_;
  Arena arena_;
  Batch batch_;
  bool given_ = false;
};

// Goes on behind the last row of the limit for as long as rows are equal to it.
class TiesOperator : public PipelineOperator {
 public:
  TiesOperator(const LimitNode& node, RowLimits limits, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        skip_(limits.offset),
        left_(limits.limit),
        last_(node.output, nullptr),
        columns_(node.tie_slots.begin(), node.tie_slots.end()) {
    child_->SetFirstRows(limits.end());
    if (left_ == 0) StopInput();
  }

 protected:
  Async<Status> Consume(const Batch& input) override { return Take(input); }

  NextBatch Produce() override {
    if (given_) return nullptr;
    given_ = true;
    return &batch_;
  }

 private:
  Status Take(const Batch& input) {
    const uint64_t size = input.size();
    const uint64_t skipped = std::min(skip_, size);
    uint64_t taken = std::min(left_, size - skipped);
    skip_ -= skipped;
    left_ -= taken;
    if (taken > 0 && left_ == 0) {
      const uint16_t row =
          static_cast<uint16_t>(input.RowAt(static_cast<uint32_t>(skipped + taken) - 1));
      RETURN_IF_ERROR(last_.Append(input.columns, {&row, 1}));
    }
    if (left_ == 0) {
      while (skipped + taken < size && IsTie(input, static_cast<uint32_t>(skipped + taken)))
        ++taken;
      if (skipped + taken < size) StopInput();
    }
    batch_ = input;
    given_ = taken == 0;
    if (taken < size) {
      arena_.Reset();
      SliceBatch(&batch_, static_cast<uint32_t>(skipped), static_cast<uint32_t>(taken), &arena_);
    }
    return Status::Ok();
  }

  bool IsTie(const Batch& input, uint32_t index) const {
    return RowsEqual(last_.chunk(0), columns_, 0, input, columns_, input.RowAt(index));
  }

  uint64_t skip_;
  uint64_t left_;
  RowBuffer last_;  // the last row within the limit
  std::vector<uint32_t> columns_;
  Arena arena_;
  Batch batch_;
  bool given_ = false;
};

}  // namespace

Result<OperatorPtr> MakeLimit(const LimitNode& node, OperatorPtr child, ExecutionState* state) {
  ASSIGN_OR_RETURN(RowLimits limits, EvaluateLimits(node.limit.get(), node.offset.get(), state));
  if (node.with_ties && limits.limit != UINT64_MAX) {
    return OperatorPtr(std::make_unique<TiesOperator>(node, limits, std::move(child), state));
  }
  return OperatorPtr(std::make_unique<LimitOperator>(limits, std::move(child), state));
}

}  // namespace shale::sql
