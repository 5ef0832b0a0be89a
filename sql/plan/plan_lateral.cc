// Joins whose right side depends on the left one's rows: LATERAL.
//
// In general the right side runs once per left row (ApplyJoinNode). A subquery without FROM gives
// one row of expressions: it needs no join, it is a projection above the left side.
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// Takes what the left side gives out of *from.
std::vector<OuterBinding> TakeBindings(std::vector<OuterBinding>* from, RelationSet left) {
  std::vector<OuterBinding> taken;
  std::vector<OuterBinding> rest;
  for (OuterBinding& binding : *from) {
    const bool is_left = (RelationsOf(*binding.expr) & left) != 0;
    (is_left ? taken : rest).push_back(std::move(binding));
  }
  *from = std::move(rest);
  return taken;
}

// The projection of a single row, where that is all that the node is, but for a filter above.
ProjectNode* RowOfExpressions(PlanNode* node) {
  if (node->kind == PlanKind::kFilter) node = static_cast<FilterNode*>(node)->child.get();
  if (node->kind != PlanKind::kProject) return nullptr;
  auto* project = static_cast<ProjectNode*>(node);
  return project->child->kind == PlanKind::kResult ? project : nullptr;
}

}  // namespace

void ShiftSlots(Expr* expr, int offset) {
  Walk(*expr, [offset](const Expr& node) {
    // The tree is owned by the caller, who gave it as mutable.
    if (node.kind == ExprKind::kColumn) {
      const_cast<ColumnExpr&>(static_cast<const ColumnExpr&>(node)).slot += offset;
    }
    return true;
  });
}

void LeftSide::Restore(Planned* joined) const {
  joined->slots = slots_;
  joined->key_slots = key_slots_;
  joined->relations = relations_;
  joined->node->output.resize(width_);
}

RelationSet SelectPlanner::NeedsOf(const Planned& planned) {
  RelationSet relations = 0;
  for (const OuterBinding& binding : planned.outer) relations |= RelationsOf(*binding.expr);
  return relations;
}

Planned SelectPlanner::Apply(Planned left, Planned right, JoinKind kind,
                             std::vector<Conjunct> conditions) {
  CHECK(kind != JoinKind::kFull);
  std::vector<OuterBinding> bindings = TakeBindings(&right.outer, left.relations);
  for (OuterBinding& binding : bindings) AssignSlots(binding.expr.get(), left.slots);
  ProjectNode* row = RowOfExpressions(right.node.get());
  // Any but an inner join may find that its row does not count.
  const bool may_lack_row =
      kind != JoinKind::kInner && (!conditions.empty() || right.node->kind == PlanKind::kFilter);
  if (row != nullptr && kind != JoinKind::kAnti && !may_lack_row) {
    return ProjectBeside(std::move(left), std::move(right), row, bindings, std::move(conditions));
  }

  const LeftSide left_side(left);
  const int offset = static_cast<int>(left.node->output.size());
  auto node = std::make_unique<ApplyJoinNode>();
  node->join = kind;
  node->output = left.node->output;
  node->output.insert(node->output.end(), right.node->output.begin(), right.node->output.end());
  AppendPlanned(&left, &right, offset);
  std::vector<ExprPtr> condition;
  for (Conjunct& conjunct : conditions) condition.push_back(std::move(conjunct.expr));
  node->condition = JoinConjuncts(std::move(condition));
  if (node->condition) AssignSlots(node->condition.get(), left.slots);
  node->bindings = std::move(bindings);
  node->left = std::move(left.node);
  node->right = std::move(right.node);
  left.node = std::move(node);
  if (kind == JoinKind::kAnti) left_side.Restore(&left);
  EstimateNode(left.node.get());
  return left;
}

Planned SelectPlanner::ProjectBeside(Planned left, Planned right, ProjectNode* row,
                                     const std::vector<OuterBinding>& bindings,
                                     std::vector<Conjunct> conditions) {
  const int offset = static_cast<int>(left.node->output.size());
  std::vector<ExprPtr> exprs = PassThrough(*left.node);
  for (ExprPtr& expr : row->exprs) {
    Rewrite(expr, [&](ExprPtr& node) {
      if (node->kind != ExprKind::kOuter) return true;
      for (const OuterBinding& binding : bindings) {
        if (binding.slot == static_cast<const OuterExpr&>(*node).slot) {
          node = binding.expr->Clone();
          return false;
        }
      }
      return true;
    });
    exprs.push_back(std::move(expr));
  }
  AppendPlanned(&left, &right, offset);
  left.node = MakeProject(std::move(left.node), std::move(exprs));
  if (right.node->kind == PlanKind::kFilter) {
    auto filter = std::make_unique<FilterNode>();
    filter->predicate = std::move(static_cast<FilterNode&>(*right.node).predicate);
    ShiftSlots(filter->predicate.get(), offset);
    filter->output = left.node->output;
    filter->child = std::move(left.node);
    EstimateNode(filter.get());
    left.node = std::move(filter);
  }
  AddFilter(&left, std::move(conditions));
  return left;
}

}  // namespace shale::sql
