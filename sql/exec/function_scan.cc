// Functions in FROM, side by side. Their arguments are evaluated when the scan is made.
#include <algorithm>

#include "sql/exec/operators.h"
#include "sql/exec/set_rows.h"

namespace shale::sql {
namespace {

class FunctionScanOperator : public PhysicalOperator {
 public:
  FunctionScanOperator(const FunctionScanNode& node, ExecutionState* state)
      : node_(node), state_(state) {}

  Status Open() {
    EvalContext context = state_->Evaluator(&arguments_);
    for (const BoundTableFunction& function : node_.functions) {
      RETURN_IF_ERROR(Add(context, function));
    }
    return Status::Ok();
  }

  Async<NextBatch> Next() override {
    if (Status status = state_->CheckCancelled(); !status.ok()) return NextBatch(std::move(status));
    if (state_->ShouldMove()) return NextElsewhere();
    return Fill();
  }

  void SetRowLimit(uint64_t rows) override {
    batch_rows_ = static_cast<uint32_t>(std::clamp<uint64_t>(rows, 1, kBatchRows));
  }

 private:
  Status Add(EvalContext& context, const BoundTableFunction& function) {
    const auto* call = function.call->kind == ExprKind::kCall
                           ? static_cast<const CallExpr*>(function.call.get())
                           : nullptr;
    if (call == nullptr || call->function->set == nullptr) {
      ASSIGN_OR_RETURN(catalog::Value value, EvaluateScalar(context, *function.call));
      value.set_type(function.columns[0].type);
      rows_.AddValue(std::move(value));
      return Status::Ok();
    }
    std::vector<catalog::Value> args;
    for (const ExprPtr& arg : call->args) {
      ASSIGN_OR_RETURN(catalog::Value value, EvaluateScalar(context, *arg));
      args.push_back(std::move(value));
    }
    std::vector<catalog::Type> types;
    std::vector<std::string> names;
    for (const OutputColumn& column : function.columns) {
      types.push_back(column.type);
      names.push_back(column.name);
    }
    return rows_.Add(context, *call->function->set, std::move(args), types, names);
  }

  Task<NextBatch> NextElsewhere() {
    co_await ResumeOn(*state_->context().workers);
    co_return Fill();
  }

  NextBatch Fill() {
    arena_.Reset();
    batch_.columns.clear();
    for (catalog::Type type : node_.output) {
      batch_.columns.push_back(Vector::Flat(type, batch_rows_, &arena_));
    }
    uint32_t count = 0;
    while (count < batch_rows_ && !ended_) {
      ASSIGN_OR_RETURN(bool found, rows_.Next(batch_.columns.data(), count, &arena_));
      ended_ = !found;
      if (!found) break;
      if (node_.ordinality) batch_.columns.back().values<int64_t>()[count] = ++number_;
      ++count;
    }
    if (count == 0) return nullptr;
    batch_.row_count = count;
    return &batch_;
  }

  const FunctionScanNode& node_;
  ExecutionState* state_;
  Arena arguments_;  // of the calls
  SetRows rows_;
  Arena arena_;
  Batch batch_;
  uint32_t batch_rows_ = kBatchRows;
  int64_t number_ = 0;
  bool ended_ = false;
};

}  // namespace

Result<OperatorPtr> MakeFunctionScan(const FunctionScanNode& node, ExecutionState* state) {
  auto scan = std::make_unique<FunctionScanOperator>(node, state);
  RETURN_IF_ERROR(scan->Open());
  return OperatorPtr(std::move(scan));
}

}  // namespace shale::sql
