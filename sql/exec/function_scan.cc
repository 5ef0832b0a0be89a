// Functions in FROM, side by side. Their arguments are evaluated when the scan is made.
#include <algorithm>

#include "sql/exec/kept_rows_call.h"
#include "sql/exec/operators.h"
#include "sql/exec/routine_runner.h"
#include "sql/exec/set_rows.h"
#include "sql/expr/user_function.h"

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
    if (!routines_.empty()) return RunAndFill();
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
    if (!GivesRows(*function.call)) {
      ASSIGN_OR_RETURN(catalog::Value value, EvaluateScalar(context, *function.call));
      value.set_type(function.columns[0].type);
      rows_.AddValue(std::move(value));
      return Status::Ok();
    }
    const SetFunction* set = call->function->set;
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
    if (call->function->routine != nullptr) {
      const bool is_empty =
          call->function->strict && std::ranges::any_of(args, &catalog::Value::is_null);
      if (!is_empty) routines_.push_back({call, std::move(args), types, rows_.call_count()});
      // What gives no set gives a row of NULLs, then.
      const bool gives_nulls = is_empty && call->function->set == nullptr;
      rows_.AddCall(gives_nulls ? NullRow(types.size()) : nullptr, types);
      return Status::Ok();
    }
    const bool is_packed = catalog::IsComposite(call->type.oid) && set->start != nullptr;
    if (is_packed) {
      return rows_.AddUnpacked(context, *set, std::move(args), types, call->type);
    }
    return rows_.Add(context, *set, std::move(args), types, names);
  }

  // Functions in SQL are run to their ends before the first row is given.
  Task<NextBatch> RunAndFill() {
    for (Routine& routine : routines_) {
      std::shared_ptr<PagedRows> rows;
      auto run = RunForRows(*routine.call, std::move(routine.args), routine.types,
                            RowForm::kColumns, state_, &rows);
      Status status = co_await run;
      if (!status.ok()) co_return status;
      if (rows->is_paged()) state_->RequireWorker();
      rows_.SetCallAt(routine.place, std::make_unique<KeptRowsCall>(std::move(rows)));
    }
    routines_.clear();
    if (state_->ShouldMove()) co_await ResumeOn(*state_->context().workers);
    co_return Fill();
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
  struct Routine {
    const CallExpr* call;
    std::vector<catalog::Value> args;
    std::vector<catalog::Type> types;
    size_t place;  // among the calls
  };
  std::vector<Routine> routines_;  // to be run yet
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
