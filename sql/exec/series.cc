// generate_series of integers in FROM, by counting. Other types are functions as any
// (sql/expr/set_functions_series.cc).
#include <algorithm>

#include "sql/exec/operators.h"

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

class EmptyOperator : public PhysicalOperator {
 public:
  Async<NextBatch> Next() override { return NextBatch(nullptr); }
};

Status ZeroStep() { return Error(sqlstate::kInvalidParameterValue, "step size cannot equal zero"); }

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
  if (type.oid == type_oid::kInt4) {
    int32_t step = args.size() > 2 ? args[2].datum().int32 : 1;
    if (step == 0) return ZeroStep();
    return OperatorPtr(std::make_unique<IntegerSeries<int32_t>>(
        type, args[0].datum().int32, args[1].datum().int32, step, state));
  }
  int64_t step = args.size() > 2 ? args[2].datum().int64 : 1;
  if (step == 0) return ZeroStep();
  return OperatorPtr(std::make_unique<IntegerSeries<int64_t>>(type, args[0].datum().int64,
                                                              args[1].datum().int64, step, state));
}

}  // namespace shale::sql
