#include "sql/exec/change_operator.h"

#include <algorithm>

#include "sql/exec/operators.h"
#include "sql/exec/plan_children.h"
#include "sql/expr/sequence_lease.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

std::vector<catalog::Type> TypesOf(const std::vector<ExprPtr>& exprs) {
  std::vector<catalog::Type> types;
  for (const ExprPtr& expr : exprs) types.push_back(expr->type);
  return types;
}

}  // namespace

ChangeOperator::ChangeOperator(const std::vector<ExprPtr>& returning, ExecutionState* state)
    : state_(state),
      returning_(returning),
      evaluator_(state->Evaluator(&arena_)),
      memory_(state, "RETURNING list"),
      results_(TypesOf(returning), &memory_),
      reader_(&results_) {}

Async<NextBatch> ChangeOperator::Next() {
  if (ran_) return GiveReturning();
  ran_ = true;
  return RunAndGive();
}

Task<NextBatch> ChangeOperator::RunAndGive() {
  auto run = Run();
  Status status = co_await run;
  if (!status.ok()) co_return status;
  co_return GiveReturning();
}

Status ChangeOperator::AddReturning(const Batch& rows, RowSet set) {
  if (returning_.empty() || set.count == 0) return Status::Ok();
  std::vector<Vector> columns(returning_.size());
  for (size_t i = 0; i < returning_.size(); ++i) {
    RETURN_IF_ERROR(Evaluate(evaluator_, *returning_[i], rows, set, &columns[i]));
  }
  return results_.Append(columns, set);
}

Task<Status> ChangeOperator::EvaluateRows(const std::vector<ExprPtr>& exprs, const Batch& input,
                                          Batch* out) {
  const RowSet rows = RowsOf(input);
  if (state_->has_sequences()) {
    auto lease = state_->LeaseSequences(rows.count);
    Status leased = co_await lease;
    if (!leased.ok()) co_return leased;
  }
  out->row_count = input.row_count;
  for (size_t i = 0; i < exprs.size();) {
    if (exprs[i] == nullptr) {
      ++i;
      continue;
    }
    Status status = Evaluate(evaluator_, *exprs[i], input, rows, &out->columns[i]);
    if (!status.ok()) {
      auto sequence = ExhaustedSequence(status);
      if (!sequence) co_return status;
      auto lease = state_->LeaseSequence(*sequence, rows.count);
      Status leased = co_await lease;
      if (!leased.ok()) co_return leased;
      continue;
    }
    ++i;
  }
  co_return Status::Ok();
}

bool RepeatsRows(const PlanNode& node) {
  if (node.kind == PlanKind::kHashJoin || node.kind == PlanKind::kNestedLoopJoin ||
      node.kind == PlanKind::kLookupJoin || node.kind == PlanKind::kApplyJoin) {
    return true;
  }
  std::vector<const PlanNode*> children = ChildrenOf(node);
  return std::any_of(children.begin(), children.end(),
                     [](const PlanNode* child) { return RepeatsRows(*child); });
}

bool HasKeyLookup(const PlanNode& node) {
  std::vector<const PlanNode*> children = ChildrenOf(node);
  return node.kind == PlanKind::kKeyLookup ||
         std::any_of(children.begin(), children.end(),
                     [](const PlanNode* child) { return HasKeyLookup(*child); });
}

bool ReadsWhileRunning(const PlanNode& node) {
  // The second side begins when the rows of the first have been written.
  if (node.kind == PlanKind::kSetOperation && HasKeyLookup(node)) return true;
  if (node.kind == PlanKind::kLookupJoin || node.kind == PlanKind::kApplyJoin) return true;
  if (node.kind == PlanKind::kKeyLookup) {
    const auto& lookup = static_cast<const KeyLookupNode&>(node);
    return lookup.keys_from_array || lookup.keys.size() > kBatchRows;
  }
  std::vector<const PlanNode*> children = ChildrenOf(node);
  return std::any_of(children.begin(), children.end(),
                     [](const PlanNode* child) { return ReadsWhileRunning(*child); });
}

Result<OperatorPtr> MakeChangeInput(const PlanNode& node, ExecutionState* state) {
  ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(node, state));
  if (!ReadsWhileRunning(node)) return child;
  return MakeMaterialize(node.output, std::move(child), state);
}

}  // namespace shale::sql
