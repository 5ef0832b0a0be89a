// MakePlan: a plan from any bound statement.
#include <algorithm>

#include "sql/bind/bound_subquery.h"
#include "sql/bind/inline_call.h"
#include "sql/expr/evaluate.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

void NoteSelect(const BoundSelect* select, Plan* plan);

void NoteCall(const Expr& node, Plan* plan) {
  if (node.kind == ExprKind::kSubquery) {
    plan->has_subqueries = true;
    return NoteSelect(BodyOf(static_cast<const SubqueryExpr&>(node)).select.get(), plan);
  }
  if (node.kind != ExprKind::kCall) return;
  const auto& call = static_cast<const CallExpr&>(node);
  plan->calls_volatile |= call.function->volatility == Volatility::kVolatile;
  plan->may_block |= call.function->may_block;
  plan->takes_locks |= call.function->takes_locks;
  if (call.function->routine != nullptr) {
    plan->has_subqueries = plan->calls_routines = true;
    plan->routines_write |= call.function->volatility == Volatility::kVolatile;
    return;
  }
  if (call.function->name != "nextval" && call.function->name != "setval") return;
  plan->writes = true;
  const Expr* arg = call.args.empty() ? nullptr : &StripRelabel(*call.args[0]);
  if (call.function->name != "nextval" || arg == nullptr || arg->kind != ExprKind::kConstant) {
    plan->sets_others = true;
    return;
  }
  const catalog::Value& value = static_cast<const ConstantExpr&>(*arg).value;
  if (!value.is_null()) plan->sequences.push_back(value.datum().oid);
}

void NoteCalls(const ExprPtr& expr, Plan* plan) {
  if (expr == nullptr) return;
  Walk(*expr, [&](const Expr& node) {
    NoteCall(node, plan);
    return true;
  });
}

void NoteConditions(const FromNode* from, Plan* plan) {
  if (from == nullptr) return;
  NoteCalls(from->condition, plan);
  NoteConditions(from->left.get(), plan);
  NoteConditions(from->right.get(), plan);
}

void NoteTargets(const std::vector<BoundTarget>& targets, Plan* plan) {
  for (const BoundTarget& target : targets) NoteCalls(target.expr, plan);
}

void NoteSelect(const BoundSelect* select, Plan* plan) {
  if (select == nullptr) return;
  NoteTargets(select->targets, plan);
  NoteConditions(select->from.get(), plan);
  for (const ExprPtr* expr : {&select->where, &select->having, &select->limit, &select->offset}) {
    NoteCalls(*expr, plan);
  }
  for (const ExprPtr& group : select->group_by) NoteCalls(group, plan);
  ForEachWindowExpr(select->windows, [&](const ExprPtr& expr) { NoteCalls(expr, plan); });
  for (const BoundWindow& window : select->windows) {
    NoteCalls(window.frame.start_offset, plan);
    NoteCalls(window.frame.end_offset, plan);
  }
  for (const RangeEntry& entry : select->range_table) {
    NoteSelect(entry.subquery.get(), plan);
    for (const BoundTableFunction& function : entry.functions) NoteCalls(function.call, plan);
    for (const auto& row : entry.values) {
      for (const ExprPtr& expr : row) NoteCalls(expr, plan);
    }
  }
  plan->locks_rows |= !select->locks.empty();
  NoteSelect(select->left.get(), plan);
  NoteSelect(select->right.get(), plan);
}

void NoteInsert(const BoundInsert& insert, Plan* plan) {
  NoteSelect(insert.source.get(), plan);
  for (const ExprPtr& expr : insert.row) NoteCalls(expr, plan);
  NoteTargets(insert.returning, plan);
  for (const BoundCheck& check : insert.checks) NoteCalls(check.condition, plan);
  if (const auto& update = insert.conflict_update) {
    for (const BoundAssignment& one : update->assignments) NoteCalls(one.expr, plan);
    NoteCalls(update->where, plan);
  }
}

void NoteUpdate(const BoundUpdate& update, Plan* plan) {
  NoteSelect(&update.input, plan);
  NoteTargets(update.returning, plan);
  for (const BoundCheck& check : update.checks) NoteCalls(check.condition, plan);
  for (const BoundAssignment& assignment : update.assignments) NoteCalls(assignment.expr, plan);
}

void NoteDelete(const BoundDelete& del, Plan* plan) {
  NoteSelect(&del.input, plan);
  NoteTargets(del.returning, plan);
}

void NoteCte(const BoundCte& cte, Plan* plan) {
  if (cte.select) return NoteSelect(cte.select.get(), plan);
  plan->writes = true;
  if (cte.insert) {
    NoteInsert(*cte.insert, plan);
    plan->with_targets.push_back(cte.insert->table);
  } else if (cte.update) {
    NoteUpdate(*cte.update, plan);
    plan->with_targets.push_back(cte.update->input.range_table[0].table);
  } else {
    NoteDelete(*cte.del, plan);
    plan->with_targets.push_back(cte.del->input.range_table[0].table);
  }
}

}  // namespace

Result<std::shared_ptr<const Plan>> MakePlan(const PlanContext& given, BoundStatement statement) {
  if (given.bind != nullptr) RETURN_IF_ERROR(InlineCalls(*given.bind, statement));
  auto plan = std::make_shared<Plan>();
  PlannedCtes ctes;
  ctes.bound = std::move(statement.ctes);
  ctes.estimates.resize(ctes.bound.size());
  PlanContext context = given;
  context.plan = plan.get();
  context.ctes = &ctes;
  plan->output = std::move(statement.output);
  plan->views = std::move(statement.views);
  plan->parameter_types = std::move(statement.parameter_types);
  plan->outer_count = statement.outer_count;
  plan->cte_count = static_cast<int>(ctes.bound.size());
  for (const auto& cte : ctes.bound) NoteCte(*cte, plan.get());
  if (statement.select) {
    plan->command = statement.is_call ? PlanCommand::kCall : PlanCommand::kSelect;
    NoteSelect(statement.select.get(), plan.get());
    plan->writes |= plan->locks_rows;
    const bool may_be_short = ctes.bound.empty() && !plan->may_block && !plan->takes_locks;
    if (may_be_short && plan->sequences.empty()) {
      plan->point = PlanPointLookup(context, *statement.select);
    }
    SelectPlanner planner(context, statement.select.get());
    planner.CollectTables(&plan->tables);
    ASSIGN_OR_RETURN(plan->root, context.for_cursor ? planner.PlanCursor() : planner.PlanSelect());
    plan->can_scroll = context.for_cursor && !plan->locks_rows && CanScroll(*plan->root);
  } else if (statement.insert) {
    plan->command = PlanCommand::kInsert;
    NoteInsert(*statement.insert, plan.get());
    plan->target = statement.insert->table;
    ASSIGN_OR_RETURN(plan->root, PlanChange(context, statement.insert.get()));
  } else if (statement.update) {
    plan->command = PlanCommand::kUpdate;
    NoteUpdate(*statement.update, plan.get());
    plan->target = statement.update->input.range_table[0].table;
    ASSIGN_OR_RETURN(plan->root, PlanChange(context, statement.update.get()));
  } else if (statement.merge) {
    plan->command = PlanCommand::kMerge;
    NoteSelect(&statement.merge->input, plan.get());
    EachMergeExpr(statement.merge.get(), [&](ExprPtr& expr) { NoteCalls(expr, plan.get()); });
    ASSIGN_OR_RETURN(plan->root, PlanMerge(context, statement.merge.get(), plan.get()));
  } else {
    plan->command = PlanCommand::kDelete;
    NoteDelete(*statement.del, plan.get());
    plan->target = statement.del->input.range_table[0].table;
    ASSIGN_OR_RETURN(plan->root, PlanChange(context, statement.del.get()));
  }
  const bool is_query =
      plan->command == PlanCommand::kSelect || plan->command == PlanCommand::kCall;
  if (!is_query) plan->writes = plan->locks_rows = true;
  return std::shared_ptr<const Plan>(std::move(plan));
}

engine::LockMode TableLockMode(const Plan& plan, const catalog::TableRef& table) {
  const bool is_changed = plan.target == table ||
                          std::ranges::find(plan.with_targets, table) != plan.with_targets.end();
  if (is_changed) return engine::LockMode::kTableRowExclusive;
  return plan.locks_rows && plan.target == nullptr ? engine::LockMode::kTableRowShare
                                                   : engine::LockMode::kTableAccessShare;
}

bool StandsOn(const Plan& plan, const catalog::CatalogSnapshot& catalog) {
  return std::ranges::all_of(
             plan.tables,
             [&](const auto& table) { return catalog.FindTable(table->oid) == table; }) &&
         std::ranges::all_of(
             plan.views, [&](const auto& view) { return catalog.FindView(view->oid) == view; }) &&
         std::ranges::all_of(plan.sequences, [&](catalog::Oid sequence) {
           return catalog.FindSequence(sequence) != nullptr;
         });
}

}  // namespace shale::sql
