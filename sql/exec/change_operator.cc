#include "sql/exec/change_operator.h"

#include <algorithm>

#include "sql/exec/constraint_errors.h"
#include "sql/exec/foreign_keys.h"
#include "sql/exec/operators.h"
#include "sql/exec/plan_children.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

std::vector<catalog::Type> TypesOf(const std::vector<ExprPtr>& exprs) {
  std::vector<catalog::Type> types;
  for (const ExprPtr& expr : exprs) types.push_back(expr->type);
  return types;
}

// A scan of one table by one range of an index and nothing else. Its cursor gives each row once,
// whatever is written meanwhile, and so it fetches a row before the statement has changed it. Of
// several ranges each has a cursor that sees what was written before it was opened.
bool IsIndexScanOnly(const PlanNode& node) {
  if (node.kind == PlanKind::kIndexScan) {
    return static_cast<const IndexScanNode&>(node).keys.empty();
  }
  if (node.kind != PlanKind::kFilter && node.kind != PlanKind::kProject) return false;
  return IsIndexScanOnly(*ChildrenOf(node).front());
}

}  // namespace

ChangeOperator::ChangeOperator(const std::vector<ExprPtr>& returning, ExecutionState* state)
    : state_(state),
      returning_(returning),
      evaluator_(state->Evaluator(&arena_)),
      given_(returning.empty() ? nullptr : std::make_unique<Given>(returning, state)) {}

ChangeOperator::Given::Given(const std::vector<ExprPtr>& returning, ExecutionState* state)
    : memory(state, "RETURNING list"), rows(TypesOf(returning), &memory), reader(&rows) {}

Async<NextBatch> ChangeOperator::Next() {
  if (ran_) return GiveReturning();
  ran_ = true;
  return RunAndGive();
}

Task<NextBatch> ChangeOperator::RunAndGive() {
  state_->BeginWrites();
  auto run = Run();
  Status status = co_await run;
  state_->EndWrites();
  if (!status.ok()) co_return status;
  if (!state_->writes_jointly()) {
    auto look = RunImmediateKeyEvents(&state_->context());
    status = co_await look;
    if (!status.ok()) co_return status;
  }
  co_return GiveReturning();
}

Async<Status> ChangeOperator::RelieveEvents() {
  // Other parts of the statement may yet make good what a look finds wrong.
  if (state_->writes_jointly()) return Status::Ok();
  return RelieveKeyEvents(&state_->context());
}

Task<Status> ChangeOperator::AddReturning(const Batch& rows, RowSet set) {
  if (returning_.empty() || set.count == 0) co_return Status::Ok();
  Batch results;
  results.columns.resize(returning_.size());
  auto evaluate = EvaluateRows(returning_, rows, set, &results);
  Status status = co_await evaluate;
  if (!status.ok()) co_return status;
  co_return given_->rows.Append(results.columns, set);
}

Task<Status> ChangeOperator::CheckRows(const std::vector<RowCheck>& checks,
                                       const catalog::TableDesc& table, const Batch& rows,
                                       RowSet set) {
  if (set.count == 0) co_return Status::Ok();
  for (const RowCheck& check : checks) {
    std::vector<ExprPtr> condition;
    condition.push_back(check.condition->Clone());
    Batch result;
    result.columns.resize(1);
    auto evaluate = EvaluateRows(condition, rows, set, &result);
    Status status = co_await evaluate;
    if (!status.ok()) co_return status;
    const Vector& holds = result.columns[0];
    for (uint32_t i = 0; i < set.count; ++i) {
      if (!holds.IsNull(set[i]) && holds.at<bool>(set[i])) continue;
      co_return CheckOptionViolation(check.view, table, rows, set[i], state_->settings());
    }
  }
  co_return Status::Ok();
}

Task<Status> ChangeOperator::EvaluateRows(const std::vector<ExprPtr>& exprs, const Batch& input,
                                          RowSet rows, Batch* out) {
  if (state_->has_sequences()) {
    auto lease = state_->LeaseSequences(rows.count);
    Status leased = co_await lease;
    // Expressions that take no value may follow the one that has taken the last.
    if (!leased.ok() && !leased.Is(sqlstate::kSequenceGeneratorLimitExceeded)) co_return leased;
  }
  out->row_count = input.row_count;
  for (size_t i = 0; i < exprs.size(); ++i) {
    if (exprs[i] == nullptr) continue;
    state_->BeginEvaluation();
    Status status = Evaluate(evaluator_, *exprs[i], input, rows, &out->columns[i]);
    while (!status.ok()) {
      auto repetition = state_->AwaitRepetition(std::move(status), rows.count);
      Status awaited = co_await repetition;
      if (!awaited.ok()) co_return awaited;
      status = Evaluate(evaluator_, *exprs[i], input, rows, &out->columns[i]);
    }
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
  return node.kind == PlanKind::kKeyLookup || node.kind == PlanKind::kIndexScan ||
         std::any_of(children.begin(), children.end(),
                     [](const PlanNode* child) { return HasKeyLookup(*child); });
}

bool ReadsWhileRunning(const PlanNode& node) {
  // The second side begins when the rows of the first have been written.
  if (node.kind == PlanKind::kSetOperation && HasKeyLookup(node)) return true;
  if (node.kind == PlanKind::kLookupJoin || node.kind == PlanKind::kApplyJoin) return true;
  // Rounds begin anew; what is read for a scan of a WITH above is planned there.
  if (node.kind == PlanKind::kRecursiveUnion || node.kind == PlanKind::kCteScan) return true;
  if (node.kind == PlanKind::kIndexScan) {
    const auto& scan = static_cast<const IndexScanNode&>(node);
    return !scan.keys.empty() || (!scan.index_only && !scan.is_unique());
  }
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
  if (!ReadsWhileRunning(node) || IsIndexScanOnly(node)) return child;
  return MakeMaterialize(node.output, std::move(child), state);
}

Result<OperatorPtr> MakeInsertInput(const InsertNode& node, ExecutionState* state) {
  if (!node.conflict_update) return MakeChangeInput(*node.child, state);
  // It may change rows that have not been read yet.
  ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(*node.child, state));
  if (!ReadsWhileRunning(*node.child)) return child;
  return MakeMaterialize(node.child->output, std::move(child), state);
}

}  // namespace shale::sql
