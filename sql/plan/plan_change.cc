// INSERT, UPDATE and DELETE: their input, then the change.
#include <algorithm>

#include "catalog/unique_key.h"
#include "sql/bind/bound_subquery.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// RETURNING, over the table's columns and then the input's: slot is the column's position.
std::vector<ExprPtr> PlanReturning(std::vector<BoundTarget> targets,
                                   const catalog::TableDesc& table, const Planned* input) {
  const int table_columns = static_cast<int>(table.columns.size());
  std::map<std::pair<int, int>, int> slots;
  if (input != nullptr) {
    for (const auto& [column, slot] : input->slots) slots[column] = table_columns + slot;
  }
  for (int i = 0; i < table_columns; ++i) slots[{0, i}] = i;
  std::vector<ExprPtr> exprs;
  for (BoundTarget& target : targets) {
    AssignSlots(target.expr.get(), slots);
    exprs.push_back(std::move(target.expr));
  }
  return exprs;
}

// What RETURNING reads of the tables beside the changed one must be in the scans' output.
void KeepForReturning(const std::vector<BoundTarget>& returning, BoundSelect* input) {
  for (const BoundTarget& target : returning) {
    if (Contains(RelationBit(0), RelationsOf(*target.expr))) continue;
    input->targets.push_back({target.expr->Clone(), {}, true});
  }
}

std::vector<RowCheck> PlanChecks(std::vector<BoundCheck> checks, const catalog::TableDesc& table) {
  std::map<std::pair<int, int>, int> slots;
  for (int i = 0; i < static_cast<int>(table.columns.size()); ++i) slots[{0, i}] = i;
  std::vector<RowCheck> planned;
  for (BoundCheck& check : checks) {
    AssignSlots(check.condition.get(), slots);
    planned.push_back({std::move(check.view), std::move(check.condition)});
  }
  return planned;
}

void SetReturning(PlanNode* node, std::vector<ExprPtr> exprs, std::vector<ExprPtr>* returning) {
  for (const ExprPtr& expr : exprs) node->output.push_back(expr->type);
  *returning = std::move(exprs);
}

void AddTable(const catalog::TableRef& table, std::vector<catalog::TableRef>* tables) {
  if (std::find(tables->begin(), tables->end(), table) == tables->end()) tables->push_back(table);
}

}  // namespace

RowTarget TargetOf(const catalog::TableRef& table, const Planned& planned, ExprPtr recheck) {
  RowTarget target;
  target.table = table;
  target.key_slot = planned.key_slots.at(0);
  target.column_slots.assign(table->columns.size(), -1);
  for (const auto& [column, slot] : planned.slots) {
    if (column.first == 0) target.column_slots[column.second] = slot;
  }
  target.recheck = std::move(recheck);
  return target;
}

std::vector<ExprPtr> PlanGenerated(std::vector<ExprPtr> bound, const catalog::TableDesc& table) {
  std::map<std::pair<int, int>, int> slots;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    slots[{0, static_cast<int>(i)}] = static_cast<int>(i);
  }
  for (ExprPtr& expr : bound) {
    if (expr) AssignSlots(expr.get(), slots);
  }
  return bound;
}

bool IsKeyColumn(const catalog::TableDesc& table, int column) {
  return std::find(table.primary_key.begin(), table.primary_key.end(), column) !=
         table.primary_key.end();
}

namespace {

InsertNode::ConflictUpdate PlanConflictUpdate(const catalog::TableDesc& table,
                                              BoundConflictUpdate& bound) {
  const int table_columns = static_cast<int>(table.columns.size());
  std::map<std::pair<int, int>, int> slots;
  for (int i = 0; i < table_columns; ++i) {
    slots[{0, i}] = i;
    slots[{1, i}] = table_columns + i;
  }
  InsertNode::ConflictUpdate update;
  update.row.resize(table.columns.size());
  for (BoundAssignment& assignment : bound.assignments) {
    AssignSlots(assignment.expr.get(), slots);
    update.row[assignment.column] = std::move(assignment.expr);
    update.changes_key |= IsKeyColumn(table, assignment.column);
    update.locks_key |= catalog::IsReferable(table, assignment.column);
  }
  if (bound.where) {
    AssignSlots(bound.where.get(), slots);
    update.where.push_back(std::move(bound.where));
  }
  for (BoundCheck& one : bound.visible) {
    AssignSlots(one.condition.get(), slots);
    update.visible.push_back(std::move(one.condition));
    update.visible_through.push_back(std::move(one.view));
  }
  return update;
}

Status PlanSubqueriesIn(const PlanContext& context, const std::vector<BoundTarget>& targets) {
  for (const BoundTarget& target : targets) {
    RETURN_IF_ERROR(PlanSubqueries(context, *target.expr));
  }
  return Status::Ok();
}

Status PlanSubqueriesIn(const PlanContext& context, const std::vector<BoundCheck>& checks) {
  for (const BoundCheck& check : checks) {
    RETURN_IF_ERROR(PlanSubqueries(context, *check.condition));
  }
  return Status::Ok();
}

Status PlanSubqueriesIn(const PlanContext& context, const BoundInsert& insert) {
  for (const ExprPtr& expr : insert.row) {
    if (expr) RETURN_IF_ERROR(PlanSubqueries(context, *expr));
  }
  if (const auto& update = insert.conflict_update) {
    for (const BoundAssignment& assignment : update->assignments) {
      RETURN_IF_ERROR(PlanSubqueries(context, *assignment.expr));
    }
    if (update->where) RETURN_IF_ERROR(PlanSubqueries(context, *update->where));
    RETURN_IF_ERROR(PlanSubqueriesIn(context, update->visible));
  }
  RETURN_IF_ERROR(PlanSubqueriesIn(context, insert.checks));
  return PlanSubqueriesIn(context, insert.returning);
}

}  // namespace

Result<PlanNodePtr> PlanChange(const PlanContext& context, BoundInsert* insert) {
  Plan* plan = context.plan;
  ASSIGN_OR_RETURN(std::vector<WithNode::Item> with, PlanWithItems(context, insert->with));
  auto node = std::make_unique<InsertNode>();
  node->table = insert->table;
  node->on_conflict_do_nothing = insert->on_conflict_do_nothing;
  node->arbiters = insert->arbiters;
  if (plan->failure.ok()) plan->failure = std::move(insert->arbiter);
  std::map<std::pair<int, int>, int> slots;
  AddTable(insert->table, &plan->tables);
  if (insert->source) {
    SelectPlanner source(context, insert->source.get());
    source.CollectTables(&plan->tables);
    ASSIGN_OR_RETURN(node->child, source.PlanSelect());
    for (size_t i = 0; i < node->child->output.size(); ++i) {
      slots[{0, static_cast<int>(i)}] = static_cast<int>(i);
    }
  }
  RETURN_IF_ERROR(PlanSubqueriesIn(context, *insert));
  for (ExprPtr& expr : insert->row) {
    if (expr) AssignSlots(expr.get(), slots);
    node->row.push_back(std::move(expr));
  }
  node->generated = PlanGenerated(std::move(insert->generated), *insert->table);
  if (insert->conflict_update) {
    node->conflict_update = PlanConflictUpdate(*insert->table, *insert->conflict_update);
    for (size_t i = 0; i < node->generated.size(); ++i) {
      if (node->generated[i] == nullptr) continue;
      const int column = static_cast<int>(i);
      node->conflict_update->changes_key |= IsKeyColumn(*insert->table, column);
      node->conflict_update->locks_key |= catalog::IsReferable(*insert->table, column);
    }
  }
  node->checks = PlanChecks(std::move(insert->checks), *insert->table);
  SetReturning(node.get(), PlanReturning(std::move(insert->returning), *insert->table, nullptr),
               &node->returning);
  EstimateNode(node.get());
  return AddWith(std::move(with), std::move(node));
}

Result<PlanNodePtr> PlanChange(const PlanContext& context, BoundUpdate* update) {
  ASSIGN_OR_RETURN(std::vector<WithNode::Item> with, PlanWithItems(context, update->with));
  auto node = std::make_unique<UpdateNode>();
  catalog::TableRef table = update->input.range_table[0].table;
  // What the assignments read must be in the scans' output.
  for (BoundAssignment& assignment : update->assignments) {
    update->input.targets.push_back({assignment.expr->Clone(), {}, true});
  }
  KeepForReturning(update->returning, &update->input);
  SelectPlanner input(context, &update->input);
  input.CollectTables(&context.plan->tables);
  ASSIGN_OR_RETURN(Planned planned, input.PlanTarget());
  RETURN_IF_ERROR(PlanSubqueriesIn(context, update->checks));
  RETURN_IF_ERROR(PlanSubqueriesIn(context, update->returning));
  node->target = TargetOf(table, planned, input.Recheck(planned));
  node->row.resize(table->columns.size());
  for (BoundAssignment& assignment : update->assignments) {
    AssignSlots(assignment.expr.get(), planned.slots);
    node->row[assignment.column] = std::move(assignment.expr);
    node->changes_key |= IsKeyColumn(*table, assignment.column);
    node->locks_key |= catalog::IsReferable(*table, assignment.column);
  }
  for (size_t i = 0; i < update->generated.size(); ++i) {
    if (update->generated[i] == nullptr) continue;
    node->changes_key |= IsKeyColumn(*table, static_cast<int>(i));
    node->locks_key |= catalog::IsReferable(*table, static_cast<int>(i));
  }
  node->generated = PlanGenerated(std::move(update->generated), *table);
  node->child = std::move(planned.node);
  node->checks = PlanChecks(std::move(update->checks), *table);
  SetReturning(node.get(), PlanReturning(std::move(update->returning), *table, &planned),
               &node->returning);
  EstimateNode(node.get());
  return AddWith(std::move(with), std::move(node));
}

Result<PlanNodePtr> PlanChange(const PlanContext& context, BoundDelete* del) {
  ASSIGN_OR_RETURN(std::vector<WithNode::Item> with, PlanWithItems(context, del->with));
  auto node = std::make_unique<DeleteNode>();
  catalog::TableRef table = del->input.range_table[0].table;
  KeepForReturning(del->returning, &del->input);
  SelectPlanner input(context, &del->input);
  input.CollectTables(&context.plan->tables);
  ASSIGN_OR_RETURN(Planned planned, input.PlanTarget());
  RETURN_IF_ERROR(PlanSubqueriesIn(context, del->returning));
  node->target = TargetOf(table, planned, input.Recheck(planned));
  node->child = std::move(planned.node);
  SetReturning(node.get(), PlanReturning(std::move(del->returning), *table, &planned),
               &node->returning);
  EstimateNode(node.get());
  return AddWith(std::move(with), std::move(node));
}

}  // namespace shale::sql
