// MakePlan: a plan from any bound statement.
#include <algorithm>

#include "catalog/unique_key.h"
#include "sql/expr/evaluate.h"
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
  return update;
}

Result<PlanNodePtr> PlanInsert(const PlanContext& context, BoundInsert* insert, Plan* plan) {
  auto node = std::make_unique<InsertNode>();
  node->table = insert->table;
  node->on_conflict_do_nothing = insert->on_conflict_do_nothing;
  node->arbiters = insert->arbiters;
  plan->failure = std::move(insert->arbiter);
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
  SetReturning(node.get(), PlanReturning(std::move(insert->returning), *insert->table, nullptr),
               &node->returning);
  EstimateNode(node.get());
  plan->target = insert->table;
  return PlanNodePtr(std::move(node));
}

Result<PlanNodePtr> PlanUpdate(const PlanContext& context, BoundUpdate* update, Plan* plan) {
  auto node = std::make_unique<UpdateNode>();
  catalog::TableRef table = update->input.range_table[0].table;
  // What the assignments read must be in the scans' output.
  for (BoundAssignment& assignment : update->assignments) {
    update->input.targets.push_back({assignment.expr->Clone(), {}, true});
  }
  KeepForReturning(update->returning, &update->input);
  SelectPlanner input(context, &update->input);
  input.CollectTables(&plan->tables);
  ASSIGN_OR_RETURN(Planned planned, input.PlanTarget());
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
  SetReturning(node.get(), PlanReturning(std::move(update->returning), *table, &planned),
               &node->returning);
  EstimateNode(node.get());
  plan->target = table;
  return PlanNodePtr(std::move(node));
}

Result<PlanNodePtr> PlanDelete(const PlanContext& context, BoundDelete* del, Plan* plan) {
  auto node = std::make_unique<DeleteNode>();
  catalog::TableRef table = del->input.range_table[0].table;
  KeepForReturning(del->returning, &del->input);
  SelectPlanner input(context, &del->input);
  input.CollectTables(&plan->tables);
  ASSIGN_OR_RETURN(Planned planned, input.PlanTarget());
  node->target = TargetOf(table, planned, input.Recheck(planned));
  node->child = std::move(planned.node);
  SetReturning(node.get(), PlanReturning(std::move(del->returning), *table, &planned),
               &node->returning);
  EstimateNode(node.get());
  plan->target = table;
  return PlanNodePtr(std::move(node));
}

void NoteCall(const Expr& node, Plan* plan) {
  if (node.kind != ExprKind::kCall) return;
  const auto& call = static_cast<const CallExpr&>(node);
  plan->may_block |= call.function->may_block;
  plan->takes_locks |= call.function->takes_locks;
  if (call.function->name != "nextval" && call.function->name != "setval") return;
  plan->writes = true;
  if (call.function->name != "nextval" || call.args.empty()) return;
  const Expr& arg = StripRelabel(*call.args[0]);
  if (arg.kind != ExprKind::kConstant) return;
  const catalog::Value& value = static_cast<const ConstantExpr&>(arg).value;
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
  ForEachExpr(select->windows, [&](const ExprPtr& expr) { NoteCalls(expr, plan); });
  for (const BoundWindow& window : select->windows) {
    NoteCalls(window.frame.start_offset, plan);
    NoteCalls(window.frame.end_offset, plan);
  }
  for (const RangeEntry& entry : select->range_table) {
    NoteSelect(entry.subquery.get(), plan);
    NoteCalls(entry.function, plan);
    for (const auto& row : entry.values) {
      for (const ExprPtr& expr : row) NoteCalls(expr, plan);
    }
  }
  plan->locks_rows |= !select->locks.empty();
  NoteSelect(select->left.get(), plan);
  NoteSelect(select->right.get(), plan);
}

}  // namespace

Result<std::shared_ptr<const Plan>> MakePlan(const PlanContext& given, BoundStatement statement) {
  auto plan = std::make_shared<Plan>();
  PlanContext context = given;
  context.plan = plan.get();
  plan->output = std::move(statement.output);
  plan->parameter_types = std::move(statement.parameter_types);
  plan->outer_count = statement.outer_count;
  if (statement.select) {
    plan->command = PlanCommand::kSelect;
    NoteSelect(statement.select.get(), plan.get());
    plan->writes |= plan->locks_rows;
    if (!plan->may_block && !plan->takes_locks && plan->sequences.empty()) {
      plan->point = PlanPointLookup(context, *statement.select);
    }
    SelectPlanner planner(context, statement.select.get());
    planner.CollectTables(&plan->tables);
    ASSIGN_OR_RETURN(plan->root, context.for_cursor ? planner.PlanCursor() : planner.PlanSelect());
    plan->can_scroll = context.for_cursor && !plan->locks_rows && CanScroll(*plan->root);
  } else if (statement.insert) {
    plan->command = PlanCommand::kInsert;
    NoteSelect(statement.insert->source.get(), plan.get());
    for (const ExprPtr& expr : statement.insert->row) NoteCalls(expr, plan.get());
    NoteTargets(statement.insert->returning, plan.get());
    if (const auto& update = statement.insert->conflict_update) {
      for (const BoundAssignment& one : update->assignments) NoteCalls(one.expr, plan.get());
      NoteCalls(update->where, plan.get());
    }
    ASSIGN_OR_RETURN(plan->root, PlanInsert(context, statement.insert.get(), plan.get()));
  } else if (statement.update) {
    plan->command = PlanCommand::kUpdate;
    NoteSelect(&statement.update->input, plan.get());
    NoteTargets(statement.update->returning, plan.get());
    for (const auto& assignment : statement.update->assignments) {
      NoteCalls(assignment.expr, plan.get());
    }
    ASSIGN_OR_RETURN(plan->root, PlanUpdate(context, statement.update.get(), plan.get()));
  } else if (statement.merge) {
    plan->command = PlanCommand::kMerge;
    NoteSelect(&statement.merge->input, plan.get());
    EachMergeExpr(statement.merge.get(), [&](ExprPtr& expr) { NoteCalls(expr, plan.get()); });
    ASSIGN_OR_RETURN(plan->root, PlanMerge(context, statement.merge.get(), plan.get()));
  } else {
    plan->command = PlanCommand::kDelete;
    NoteSelect(&statement.del->input, plan.get());
    NoteTargets(statement.del->returning, plan.get());
    ASSIGN_OR_RETURN(plan->root, PlanDelete(context, statement.del.get(), plan.get()));
  }
  if (plan->command != PlanCommand::kSelect) plan->writes = plan->locks_rows = true;
  return std::shared_ptr<const Plan>(std::move(plan));
}

}  // namespace shale::sql
