// Subqueries that stay in their expressions: each gets a plan of its own, run by whoever evaluates
// the expression (sql/exec/subquery_runner.h).
#include <algorithm>

#include "sql/bind/bound_subquery.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// `left = key` for each left value, by the = of one type, so that equal values have one hash.
bool FindHashKeys(const Expr& test, size_t width, std::vector<ExprPtr>* keys) {
  if (test.kind == ExprKind::kLogic) {
    const auto& logic = static_cast<const LogicExpr&>(test);
    if (logic.op != LogicExpr::Op::kAnd) return false;
    return std::ranges::all_of(logic.args,
                               [&](const ExprPtr& arg) { return FindHashKeys(*arg, width, keys); });
  }
  if (test.kind != ExprKind::kCall || IsVolatile(test)) return false;
  const auto& call = static_cast<const CallExpr&>(test);
  if (call.name != "=" || call.function->args[0] != call.function->args[1]) return false;
  const Expr& left = *call.args[0];
  const size_t place = width + keys->size();
  if (left.kind != ExprKind::kColumn ||
      static_cast<size_t>(static_cast<const ColumnExpr&>(left).slot) != place) {
    return false;
  }
  keys->push_back(call.args[1]->Clone());
  return true;
}

bool IsInitPlan(const SubqueryExpr& expr) {
  using Form = SubqueryExpr::Form;
  return expr.outer.empty() &&
         (expr.form == Form::kScalar || expr.form == Form::kExists || expr.form == Form::kArray);
}

void NameSubplan(const PlanContext& context, const SubqueryExpr& expr, Subplan* subplan) {
  const size_t number = context.plan->subplans.size() + 1;
  subplan->is_init_plan = IsInitPlan(expr);
  if (subplan->is_init_plan) {
    const auto value = std::ranges::count_if(context.plan->subplans,
                                             [](const auto& other) { return other->is_init_plan; });
    expr.info->label = fmt::format("${}", value);
    subplan->name = fmt::format("InitPlan {} (returns ${})", number, value);
    return;
  }
  subplan->name = fmt::format("SubPlan {}", number);
  expr.info->label =
      fmt::format("({}{})", subplan->hash_keys.empty() ? "" : "hashed ", subplan->name);
}

Status PlanSubquery(const PlanContext& context, const SubqueryExpr& expr) {
  SubqueryInfo& info = *expr.info;
  if (info.number >= 0) return Status::Ok();
  std::unique_ptr<BoundSelect> select = std::move(BodyOf(expr).select);
  info.body.reset();
  if (expr.form == SubqueryExpr::Form::kExists) SimplifyExists(select.get());
  auto subplan = std::make_unique<Subplan>();
  const size_t width = ColumnCount(*select);
  SelectPlanner planner(context, select.get());
  planner.CollectTables(&context.plan->tables);
  ASSIGN_OR_RETURN(subplan->keyed, PlanKeyed(context, expr, *select));
  const size_t first_below = context.plan->subplans.size();
  ASSIGN_OR_RETURN(subplan->root, planner.PlanSelect());
  const bool may_hash = expr.form == SubqueryExpr::Form::kAny && expr.outer.empty();
  if (may_hash && !FindHashKeys(*expr.test, width, &subplan->hash_keys)) {
    subplan->hash_keys.clear();
  }
  NameSubplan(context, expr, subplan.get());
  info.number = static_cast<int>(context.plan->subplans.size());
  for (size_t i = first_below; i < context.plan->subplans.size(); ++i) {
    Subplan& below = *context.plan->subplans[i];
    if (below.parent < 0) below.parent = info.number;
  }
  context.plan->subplans.push_back(std::move(subplan));
  return Status::Ok();
}

ExprPtr* FilterOf(PlanNode* node) {
  switch (node->kind) {
    case PlanKind::kTableScan:
      return &static_cast<TableScanNode*>(node)->filter;
    case PlanKind::kKeyLookup:
      return &static_cast<KeyLookupNode*>(node)->filter;
    case PlanKind::kIndexScan:
      return &static_cast<IndexScanNode*>(node)->filter;
    default:
      return nullptr;
  }
}

}  // namespace

Status PlanSubqueries(const PlanContext& context, const Expr& expr) {
  Status status;
  Walk(expr, [&](const Expr& node) {
    if (node.kind == ExprKind::kSubquery && status.ok()) {
      status = PlanSubquery(context, static_cast<const SubqueryExpr&>(node));
    }
    return status.ok();
  });
  return status;
}

Status SelectPlanner::PlanOwnSubqueries() {
  Status status;
  auto plan = [&](const ExprPtr& expr) {
    if (expr != nullptr && status.ok()) status = PlanSubqueries(context_, *expr);
  };
  ForEachExpr(*select_, plan);
  for (const SemiJoin& join : semi_joins_) {
    for (const Conjunct& conjunct : join.own) plan(conjunct.expr);
    for (const Conjunct& conjunct : join.conditions) plan(conjunct.expr);
  }
  return status;
}

// A scan's filter waits for nothing: conditions with subqueries that did not become bounds go into
// a filter of their own.
void SelectPlanner::LiftSubqueries(Planned* planned) {
  ExprPtr* filter = FilterOf(planned->node.get());
  if (filter == nullptr || *filter == nullptr || !HasSubquery(**filter)) return;
  std::vector<Conjunct> conjuncts;
  SplitConjuncts(std::move(*filter), &conjuncts);
  std::vector<ExprPtr> kept;
  std::vector<Conjunct> lifted;
  for (Conjunct& conjunct : conjuncts) {
    if (HasSubquery(*conjunct.expr)) {
      lifted.push_back(std::move(conjunct));
    } else {
      kept.push_back(std::move(conjunct.expr));
    }
  }
  *filter = JoinConjuncts(std::move(kept));
  AddFilter(planned, std::move(lifted));
}

bool SimplifyExists(BoundSelect* select) {
  if (select->set_operation != BoundSetOperation::kNone || select->having != nullptr ||
      select->offset != nullptr || !select->locks.empty() || !select->windows.empty() ||
      !select->grouping_sets.empty()) {
    return false;
  }
  for (const BoundTarget& target : select->targets) {
    bool has_aggregate = false;
    Walk(*target.expr, [&](const Expr& node) {
      has_aggregate |= node.kind == ExprKind::kAggregate;
      return !has_aggregate;
    });
    if (has_aggregate) return false;
  }
  if (select->limit != nullptr) {
    if (select->limit->kind != ExprKind::kConstant) return false;
    const catalog::Value& limit = static_cast<const ConstantExpr&>(*select->limit).value;
    if (!limit.is_null() && limit.datum().int64 <= 0) return false;
    select->limit.reset();
  }
  select->grouped = false;
  select->group_by.clear();
  select->targets.clear();
  select->order_by.clear();
  select->distinct = false;
  select->distinct_on.clear();
  select->with_ties = false;
  return true;
}

}  // namespace shale::sql
