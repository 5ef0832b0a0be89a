// MERGE: the source joined to the target, with what each clause computes over both.
#include "catalog/unique_key.h"
#include "sql/plan/planner.h"

namespace shale::sql {

void EachMergeExpr(BoundMerge* merge, const std::function<void(ExprPtr&)>& visit) {
  for (BoundMergeAction& action : merge->actions) {
    if (action.condition) visit(action.condition);
    for (BoundAssignment& assignment : action.assignments) visit(assignment.expr);
    for (ExprPtr& expr : action.row) {
      if (expr) visit(expr);
    }
  }
}

Result<PlanNodePtr> PlanMerge(const PlanContext& context, BoundMerge* merge, Plan* plan) {
  auto node = std::make_unique<MergeNode>();
  const catalog::TableRef table = merge->input.range_table[0].table;
  // What the clauses read must be in the scans' output.
  EachMergeExpr(merge, [&](ExprPtr& expr) {
    merge->input.targets.push_back({expr->Clone(), {}, true});
  });
  SelectPlanner input(context, &merge->input);
  input.CollectTables(&plan->tables);
  ASSIGN_OR_RETURN(Planned planned, input.PlanTarget());
  EachMergeExpr(merge, [&](ExprPtr& expr) { AssignSlots(expr.get(), planned.slots); });
  AssignSlots(merge->condition.get(), planned.slots);
  node->target = TargetOf(table, planned, nullptr);
  node->join_condition.push_back(std::move(merge->condition));
  for (BoundMergeAction& bound : merge->actions) {
    MergeNode::Action action;
    action.kind = bound.kind;
    action.matched = bound.matched;
    if (bound.condition) action.condition.push_back(std::move(bound.condition));
    action.row = std::move(bound.row);
    if (bound.kind == BoundMergeAction::Kind::kUpdate) action.row.resize(table->columns.size());
    for (BoundAssignment& assignment : bound.assignments) {
      action.row[static_cast<size_t>(assignment.column)] = std::move(assignment.expr);
      action.changes_key |= IsKeyColumn(*table, assignment.column);
      action.locks_key |= catalog::IsReferable(*table, assignment.column);
    }
    node->actions.push_back(std::move(action));
  }
  for (size_t i = 0; i < merge->generated.size(); ++i) {
    if (merge->generated[i] == nullptr) continue;
    for (MergeNode::Action& action : node->actions) {
      action.changes_key |= IsKeyColumn(*table, static_cast<int>(i));
      action.locks_key |= catalog::IsReferable(*table, static_cast<int>(i));
    }
  }
  node->generated = PlanGenerated(std::move(merge->generated), *table);
  node->child = std::move(planned.node);
  EstimateNode(node.get());
  plan->target = table;
  return PlanNodePtr(std::move(node));
}

}  // namespace shale::sql
