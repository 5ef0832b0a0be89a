// Table functions. generate_series: integers by counting, other types by their own + and order.
#include <algorithm>

#include "catalog/types/snapshot_value.h"
#include "catalog/types/type_io.h"
#include "sql/exec/operators.h"
#include "sql/expr/resolve.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

class SeriesOperator : public PhysicalOperator {
 public:
  explicit SeriesOperator(ExecutionState* state) : state_(state) {}

  Async<NextBatch> Next() override {
    if (Status status = state_->CheckCancelled(); !status.ok()) return NextBatch(std::move(status));
    if (state_->ShouldMove()) return NextElsewhere();
    return Fill();
  }

  void SetRowLimit(uint64_t rows) override {
    batch_rows_ = static_cast<uint32_t>(std::clamp<uint64_t>(rows, 1, kBatchRows));
  }

 protected:
  virtual NextBatch Fill() = 0;

  ExecutionState* state_;
  Arena arena_;
  Batch batch_;
  uint32_t batch_rows_ = kBatchRows;

 private:
  Task<NextBatch> NextElsewhere() {
    co_await ResumeOn(*state_->context().workers);
    co_return Fill();
  }
};

template <typename T>
class IntegerSeries : public SeriesOperator {
 public:
  IntegerSeries(catalog::Type type, int64_t start, int64_t stop, int64_t step,
                ExecutionState* state)
      : SeriesOperator(state),
        type_(type),
        next_(start),
        step_(step),
        left_(step > 0 ? (stop >= start ? Steps(start, stop, step) : 0)
                       : (stop <= start ? Steps(stop, start, -__int128{step}) : 0)) {}

 protected:
  NextBatch Fill() override {
    uint32_t count = static_cast<uint32_t>(std::min<unsigned __int128>(left_, batch_rows_));
    if (count == 0) return nullptr;
    arena_.Reset();
    Vector values = Vector::Flat(type_, count, &arena_);
    T* out = values.values<T>();
    for (uint32_t i = 0; i < count; ++i) {
      out[i] = static_cast<T>(next_ + __int128{step_} * i);
    }
    next_ += __int128{step_} * count;
    left_ -= count;
    batch_.columns.assign(1, values);
    batch_.row_count = count;
    return &batch_;
  }

 private:
  static unsigned __int128 Steps(__int128 from, __int128 to, __int128 step) {
    return static_cast<unsigned __int128>((to - from) / step) + 1;
  }

  catalog::Type type_;
  __int128 next_;
  int64_t step_;
  unsigned __int128 left_;
};

// Adds the step with the type's own operator, so that months and zones count as they should.
class SteppedSeries : public SeriesOperator {
 public:
  SteppedSeries(std::vector<catalog::Value> current_and_step, catalog::Value stop, ExprPtr sum,
                bool ascending, ExecutionState* state)
      : SeriesOperator(state),
        values_(std::move(current_and_step)),
        stop_(std::move(stop)),
        sum_(std::move(sum)),
        ascending_(ascending) {}

 protected:
  NextBatch Fill() override {
    arena_.Reset();
    const catalog::Type type = values_[0].type();
    Vector column = Vector::Flat(type, batch_rows_, &arena_);
    EvalContext evaluator = state_->Evaluator(&arena_);
    evaluator.journal = nullptr;  // adding waits for nothing
    evaluator.parameters = values_.data();
    evaluator.parameter_count = values_.size();
    uint32_t count = 0;
    for (; count < batch_rows_ && !ended_; ++count) {
      int order = catalog::Compare(type, values_[0].datum(), stop_.datum());
      if (ascending_ ? order > 0 : order < 0) {
        ended_ = true;
        break;
      }
      Vector value = Vector::ConstantReference(type, values_[0].datum());
      CopyRow(value, 0, &column, count, ByteCopy::kDeep, &arena_);
      ASSIGN_OR_RETURN(catalog::Value next, EvaluateScalar(evaluator, *sum_));
      next.set_type(type);
      values_[0] = std::move(next);
    }
    if (count == 0) return nullptr;
    batch_.columns.assign(1, column);
    batch_.row_count = count;
    return &batch_;
  }

 private:
  std::vector<catalog::Value> values_;  // the current value, the step
  catalog::Value stop_;
  ExprPtr sum_;
  bool ascending_;
  bool ended_ = false;
};

// The ids that a snapshot lists.
class IdSeries : public SeriesOperator {
 public:
  IdSeries(catalog::Type type, std::vector<uint64_t> ids, ExecutionState* state)
      : SeriesOperator(state), type_(type), ids_(std::move(ids)) {}

 protected:
  NextBatch Fill() override {
    const auto count = static_cast<uint32_t>(std::min<size_t>(ids_.size() - next_, batch_rows_));
    if (count == 0) return nullptr;
    arena_.Reset();
    Vector values = Vector::Flat(type_, count, &arena_);
    std::copy_n(ids_.begin() + static_cast<ptrdiff_t>(next_), count, values.values<uint64_t>());
    next_ += count;
    batch_.columns.assign(1, values);
    batch_.row_count = count;
    return &batch_;
  }

 private:
  catalog::Type type_;
  const std::vector<uint64_t> ids_;
  size_t next_ = 0;
};

class EmptyOperator : public PhysicalOperator {
 public:
  Async<NextBatch> Next() override { return NextBatch(nullptr); }
};

Status ZeroStep() { return Error(sqlstate::kInvalidParameterValue, "step size cannot equal zero"); }

Result<catalog::Value> ZeroOf(catalog::Type type, const catalog::FormatSettings& settings) {
  Arena arena;
  ASSIGN_OR_RETURN(catalog::Datum zero, catalog::ParseText(type, "0", settings, &arena));
  return catalog::Value(type, zero);
}

}  // namespace

Result<OperatorPtr> MakeSeries(const SeriesNode& node, ExecutionState* state) {
  Arena arena;
  EvalContext evaluator = state->Evaluator(&arena);
  std::vector<catalog::Value> args;
  for (const ExprPtr& arg : node.args) {
    ASSIGN_OR_RETURN(catalog::Value value, EvaluateScalar(evaluator, *arg));
    if (value.is_null()) return OperatorPtr(std::make_unique<EmptyOperator>());
    args.push_back(std::move(value));
  }
  const catalog::Type type = node.output.at(0);
  if (args.size() == 1) {
    ASSIGN_OR_RETURN(catalog::SnapshotValue snapshot,
                     catalog::ParseSnapshot(args[0].datum().bytes));
    return OperatorPtr(std::make_unique<IdSeries>(type, std::move(snapshot.running), state));
  }
  if (type.oid == type_oid::kInt4) {
    int32_t step = args.size() > 2 ? args[2].datum().int32 : 1;
    if (step == 0) return ZeroStep();
    return OperatorPtr(std::make_unique<IntegerSeries<int32_t>>(
        type, args[0].datum().int32, args[1].datum().int32, step, state));
  }
  if (type.oid == type_oid::kInt8) {
    int64_t step = args.size() > 2 ? args[2].datum().int64 : 1;
    if (step == 0) return ZeroStep();
    return OperatorPtr(std::make_unique<IntegerSeries<int64_t>>(
        type, args[0].datum().int64, args[1].datum().int64, step, state));
  }
  if (args.size() < 3) {
    Arena one_arena;
    ASSIGN_OR_RETURN(catalog::Datum one,
                     catalog::ParseText(type, "1", state->settings(), &one_arena));
    args.push_back(catalog::Value(type, one));
  }
  const catalog::Type step_type = args[2].type();
  ASSIGN_OR_RETURN(catalog::Value zero, ZeroOf(step_type, state->settings()));
  int sign = catalog::Compare(step_type, args[2].datum(), zero.datum());
  if (sign == 0) return ZeroStep();
  ASSIGN_OR_RETURN(ExprPtr sum,
                   BindOperator("+", std::make_unique<ParameterExpr>(0, type),
                                std::make_unique<ParameterExpr>(1, step_type), state->settings()));
  catalog::Value start = std::move(args[0]);
  start.set_type(type);
  std::vector<catalog::Value> current_and_step;
  current_and_step.push_back(std::move(start));
  current_and_step.push_back(std::move(args[2]));
  return OperatorPtr(std::make_unique<SteppedSeries>(
      std::move(current_and_step), std::move(args[1]), std::move(sum), sign > 0, state));
}

}  // namespace shale::sql
