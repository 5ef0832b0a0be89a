#include "sql/plan/planner.h"

#include <algorithm>

#include "sql/bind/bind_index.h"
#include "sql/expr/evaluate.h"

namespace shale::sql {
namespace {

// Stands for GROUPING's columns in ColumnExpr::relation, as -1 does for groups and aggregates.
constexpr int kGroupingRelation = -3;

// True where the projection hands out exactly its child's columns, in order.
bool IsIdentity(const std::vector<ExprPtr>& exprs, const PlanNode& child) {
  if (exprs.size() != child.output.size()) return false;
  for (size_t i = 0; i < exprs.size(); ++i) {
    if (exprs[i]->kind != ExprKind::kColumn ||
        static_cast<const ColumnExpr&>(*exprs[i]).slot != static_cast<int>(i)) {
      return false;
    }
  }
  return true;
}

std::vector<SortKey> KeysOf(const std::vector<BoundSortKey>& bound) {
  std::vector<SortKey> keys;
  for (const BoundSortKey& sort : bound) {
    keys.push_back({sort.target, sort.descending, sort.nulls_first});
  }
  return keys;
}

}  // namespace

std::vector<ExprPtr> PassThrough(const PlanNode& child) {
  std::vector<ExprPtr> exprs;
  for (size_t i = 0; i < child.output.size(); ++i) {
    auto column = std::make_unique<ColumnExpr>(0, static_cast<int>(i), child.output[i], "");
    column->slot = static_cast<int>(i);
    exprs.push_back(std::move(column));
  }
  return exprs;
}

PlanNodePtr MakeProject(PlanNodePtr child, std::vector<ExprPtr> exprs) {
  AddProjectSets(&child, &exprs);
  auto project = std::make_unique<ProjectNode>();
  for (const ExprPtr& expr : exprs) project->output.push_back(expr->type);
  project->exprs = std::move(exprs);
  project->child = std::move(child);
  EstimateNode(project.get());
  return project;
}

void AssignSlots(Expr* expr, const std::map<std::pair<int, int>, int>& slots) {
  Walk(*expr, [&](const Expr& node) {
    if (node.kind == ExprKind::kColumn) {
      // The tree is owned by the caller, who gave it as mutable.
      auto& column = const_cast<ColumnExpr&>(static_cast<const ColumnExpr&>(node));
      auto found = slots.find({column.relation, column.column});
      CHECK(found != slots.end());
      column.slot = found->second;
    }
    return true;
  });
}

void SelectPlanner::Need(const Expr* expr) {
  if (expr == nullptr) return;
  Walk(*expr, [&](const Expr& node) {
    if (node.kind == ExprKind::kColumn) {
      const auto& column = static_cast<const ColumnExpr&>(node);
      std::vector<int>& columns = needed_[column.relation];
      auto place = std::lower_bound(columns.begin(), columns.end(), column.column);
      if (place == columns.end() || *place != column.column) columns.insert(place, column.column);
    }
    return true;
  });
}

void SelectPlanner::CollectNeeded() {
  for (const BoundTarget& target : select_->targets) Need(target.expr.get());
  Need(select_->where.get());
  Need(select_->having.get());
  for (const ExprPtr& group : select_->group_by) Need(group.get());
  ForEachWindowExpr(select_->windows, [&](const ExprPtr& expr) { Need(expr.get()); });
  std::vector<const FromNode*> nodes = {select_->from.get()};
  while (!nodes.empty()) {
    const FromNode* node = nodes.back();
    nodes.pop_back();
    if (node == nullptr) continue;
    Need(node->condition.get());
    nodes.push_back(node->left.get());
    nodes.push_back(node->right.get());
  }
  for (const RangeEntry& entry : select_->range_table) {
    for (const OuterBinding& binding : entry.outer) Need(binding.expr.get());
  }
  for (const SemiJoin& join : semi_joins_) {
    for (const Conjunct& conjunct : join.own) Need(conjunct.expr.get());
    for (const Conjunct& conjunct : join.conditions) Need(conjunct.expr.get());
  }
  for (const BoundRowLock& lock : select_->locks) {
    // A locked row that has changed is read again: its columns are those read anyway.
    for (int relation : lock.relations) keyed_ |= RelationBit(relation);
  }
}

void SelectPlanner::CollectTables(std::vector<catalog::TableRef>* tables) const {
  auto add = [&](const BoundSelect* select) {
    if (select != nullptr) {
      SelectPlanner inner(context_, const_cast<BoundSelect*>(select));
      inner.CollectTables(tables);
    }
  };
  for (const RangeEntry& entry : select_->range_table) {
    if (entry.kind == RangeEntry::Kind::kTable &&
        std::find(tables->begin(), tables->end(), entry.table) == tables->end()) {
      tables->push_back(entry.table);
    }
    add(entry.subquery.get());
  }
  add(select_->left.get());
  add(select_->right.get());
}

ExprPtr SelectPlanner::Recheck(const Planned& planned) const {
  std::vector<ExprPtr> conditions = CloneAll(recheck_);
  for (ExprPtr& condition : conditions) AssignSlots(condition.get(), planned.slots);
  return JoinConjuncts(std::move(conditions));
}

Result<Planned> SelectPlanner::PlanTarget() {
  if (select_->range_table.size() > kRelationsMax) {
    return Error(sqlstate::kStatementTooComplex, "more than {} relations in one query level",
                 kRelationsMax);
  }
  PullUpSubqueries();
  RETURN_IF_ERROR(PlanOwnSubqueries());
  CollectNeeded();
  keyed_ |= RelationBit(0);
  const catalog::TableDesc& table = *select_->range_table[0].table;
  std::vector<int>& columns = needed_[0];
  columns.clear();
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (!table.columns[i].dropped) columns.push_back(static_cast<int>(i));
  }
  return PlanFromAndWhere();
}

Result<PlanNodePtr> SelectPlanner::PlanSelect() {
  ASSIGN_OR_RETURN(std::vector<WithNode::Item> with, PlanWithItems(context_, select_->with));
  ASSIGN_OR_RETURN(PlanNodePtr body, PlanBody());
  return AddWith(std::move(with), std::move(body));
}

Result<PlanNodePtr> SelectPlanner::PlanBody() {
  if (select_->set_operation != BoundSetOperation::kNone) return PlanSetOperation();
  if (select_->range_table.size() > kRelationsMax) {
    return Error(sqlstate::kStatementTooComplex, "more than {} relations in one query level",
                 kRelationsMax);
  }
  PullUpSubqueries();
  RETURN_IF_ERROR(PlanOwnSubqueries());
  CollectNeeded();
  if (shows_keys_ && select_->locks.empty()) {
    shows_keys_ = IsSimpleScan();
    if (shows_keys_) keyed_ |= RelationBit(0);
  }
  ASSIGN_OR_RETURN(Planned planned, PlanFromAndWhere());
  if (!select_->locks.empty()) return FinishLockedSelect(std::move(planned));
  if (select_->grouped) {
    RETURN_IF_ERROR(PlanGrouping(&planned));
  }
  if (!select_->windows.empty()) RETURN_IF_ERROR(PlanWindows(&planned));
  return FinishSelect(std::move(planned));
}

Result<PlanNodePtr> SelectPlanner::PlanCursor() {
  shows_keys_ = true;
  return PlanSelect();
}

bool SelectPlanner::IsTable(int relation) const {
  return select_->range_table.size() > static_cast<size_t>(relation) &&
         select_->range_table[relation].kind == RangeEntry::Kind::kTable;
}

bool SelectPlanner::IsSimpleScan() const {
  return !select_->grouped && !select_->distinct && select_->from != nullptr &&
         select_->from->relation == 0 && IsTable(0);
}

Result<PlanNodePtr> SelectPlanner::PlanSetOperation() {
  RETURN_IF_ERROR(PlanOwnSubqueries());
  auto node = std::make_unique<SetOperationNode>();
  SelectPlanner left(context_, select_->left.get());
  SelectPlanner right(context_, select_->right.get());
  ASSIGN_OR_RETURN(node->left, left.PlanSelect());
  ASSIGN_OR_RETURN(node->right, right.PlanSelect());
  node->operation = select_->set_operation;
  node->all = select_->set_all;
  node->output = node->left->output;
  Planned planned;
  planned.relations = RelationBit(0);
  for (size_t i = 0; i < node->output.size(); ++i) {
    planned.slots[{0, static_cast<int>(i)}] = static_cast<int>(i);
  }
  EstimateNode(node.get());
  planned.node = std::move(node);
  return FinishSelect(std::move(planned));
}

// Puts an AggregateNode on top and rewrites HAVING and the targets over its output: group
// expressions first, aggregates behind them.
Status SelectPlanner::PlanGrouping(Planned* planned) {
  auto aggregate = std::make_unique<AggregateNode>();
  for (const ExprPtr& group : select_->group_by) {
    aggregate->output.push_back(group->type);
    ExprPtr copy = group->Clone();
    AssignSlots(copy.get(), planned->slots);
    aggregate->groups.push_back(std::move(copy));
  }
  const size_t group_count = select_->group_by.size();
  std::vector<ExprPtr> originals;  // of the aggregates, before slots
  auto column_of = [&](int slot, const Expr& expr) {
    auto column = std::make_unique<ColumnExpr>(-1, slot, expr.type, ToString(expr));
    column->slot = slot;
    return column;
  };
  aggregate->sets = select_->grouping_sets;
  auto rewrite = [&](ExprPtr& root) {
    Rewrite(root, [&](ExprPtr& node) {
      if (node->kind == ExprKind::kGrouping) {
        node = PlanGroupingCall(static_cast<const GroupingExpr&>(*node), aggregate.get());
        return false;
      }
      for (size_t i = 0; i < group_count; ++i) {
        if (Equal(*node, *select_->group_by[i])) {
          node = column_of(static_cast<int>(i), *node);
          return false;
        }
      }
      if (node->kind != ExprKind::kAggregate) return true;
      // Equal ones are computed once, unless they would not be equal.
      size_t i = IsVolatile(*node) ? originals.size() : 0;
      while (i < originals.size() && !Equal(*originals[i], *node)) ++i;
      if (i == originals.size()) {
        originals.push_back(node->Clone());
        aggregate->output.push_back(node->type);
        std::unique_ptr<AggregateExpr> call(
            static_cast<AggregateExpr*>(originals.back()->Clone().release()));
        for (ExprPtr& arg : call->args) AssignSlots(arg.get(), planned->slots);
        if (call->filter) AssignSlots(call->filter.get(), planned->slots);
        for (auto& order : call->order_by) AssignSlots(order.expr.get(), planned->slots);
        aggregate->aggregates.push_back(std::move(call));
      }
      node = column_of(static_cast<int>(group_count + i), *node);
      return false;
    });
  };
  for (BoundTarget& target : select_->targets) rewrite(target.expr);
  ForEachWindowExpr(select_->windows, rewrite);
  if (select_->having) rewrite(select_->having);

  AddProjectSets(&planned->node, &aggregate->groups);
  aggregate->child = std::move(planned->node);
  EstimateNode(aggregate.get());
  if (group_count > 0 && aggregate->sets.empty()) {
    std::vector<const Expr*> groups;
    for (const ExprPtr& group : select_->group_by) groups.push_back(group.get());
    aggregate->estimate.rows = estimator_.Groups(groups, aggregate->child->estimate.rows);
  }
  MakeParallel(context_, aggregate.get());
  planned->slots.clear();
  const size_t plain_columns = aggregate->output.size();
  AddGroupingColumns(planned, aggregate.get());
  planned->node = std::move(aggregate);
  for (size_t i = 0; i < plain_columns; ++i) {
    planned->slots[{-1, static_cast<int>(i)}] = static_cast<int>(i);
  }
  if (select_->having) {
    std::vector<Conjunct> having(1);
    having[0].expr = std::move(select_->having);
    AddFilter(planned, std::move(having));
  }
  return Status::Ok();
}

// Its value depends on the grouping set alone; where there is one, that is known.
ExprPtr SelectPlanner::PlanGroupingCall(const GroupingExpr& call, AggregateNode* node) {
  if (node->sets.empty()) {
    return std::make_unique<ConstantExpr>(catalog::Value(call.type, catalog::Datum::Int32(0)));
  }
  std::vector<int> places;
  for (const ExprPtr& arg : call.args) {
    auto is_arg = [&](const ExprPtr& group) { return Equal(*group, *arg); };
    const auto found = std::ranges::find_if(select_->group_by, is_arg);
    places.push_back(static_cast<int>(found - select_->group_by.begin()));
  }
  // Behind the aggregates, whose number is not known yet: see AddGroupingColumns.
  const int index = static_cast<int>(node->groupings.size());
  node->groupings.push_back(std::move(places));
  return std::make_unique<ColumnExpr>(kGroupingRelation, index, call.type, ToString(call));
}

void SelectPlanner::AddGroupingColumns(Planned* planned, AggregateNode* node) {
  for (size_t i = 0; i < node->groupings.size(); ++i) {
    planned->slots[{kGroupingRelation, static_cast<int>(i)}] =
        static_cast<int>(node->output.size());
    node->output.push_back({catalog::type_oid::kInt4, -1});
  }
}

// The sort is not needed where one stored table is read in the order of its primary key anyway; a
// descending order turns the scan around. The scan of a subquery's table has other columns.
bool SelectPlanner::OrderedByKey(PlanNode* node) const {
  if (select_->grouped || select_->distinct || select_->order_by.empty()) return false;
  if (!select_->windows.empty() || !IsTable(0)) return false;
  if (node->kind == PlanKind::kFilter) node = static_cast<FilterNode*>(node)->child.get();
  if (node->kind == PlanKind::kIndexScan) {
    auto* scan = static_cast<IndexScanNode*>(node);
    auto bound = BindIndex(*context_.catalog, scan->source.table, scan->index);
    if (!bound.ok()) return false;
    const std::vector<KeyColumn> key = IndexColumns(*scan->index, **bound, 0);
    const size_t held = scan->keys.empty() ? scan->equal.size() : scan->keys[0].size() - 1;
    return IsOrderOf(key, scan->index.get(), held, 0, &scan->reverse);
  }
  if (node->kind != PlanKind::kTableScan) return false;
  auto* scan = static_cast<TableScanNode*>(node);
  return IsOrderOf(PrimaryKeyColumns(*scan->source.table), nullptr, scan->equal.size(), 0,
                   &scan->reverse);
}

PlanNodePtr SelectPlanner::AddSort(PlanNodePtr child, std::vector<SortKey> keys) {
  auto sort = std::make_unique<SortNode>();
  sort->output = child->output;
  sort->keys = std::move(keys);
  sort->child = std::move(child);
  EstimateNode(sort.get());
  return sort;
}

PlanNodePtr SelectPlanner::AddLimit(PlanNodePtr child) {
  if (!select_->limit && !select_->offset) return child;
  auto limit = std::make_unique<LimitNode>();
  limit->output = child->output;
  // A sort right below keeps only the rows that the limit lets through. Both evaluate it, which
  // what is volatile must not be.
  const bool keeps_ties = select_->with_ties;
  const bool is_volatile = (select_->limit && IsVolatile(*select_->limit)) ||
                           (select_->offset && IsVolatile(*select_->offset));
  if (child->kind == PlanKind::kSort && select_->limit && !is_volatile && !keeps_ties) {
    auto* sort = static_cast<SortNode*>(child.get());
    sort->limit = select_->limit->Clone();
    if (select_->offset) sort->offset = select_->offset->Clone();
  }
  limit->with_ties = select_->with_ties;
  if (keeps_ties) {
    for (const BoundSortKey& sort : select_->order_by) limit->tie_slots.push_back(sort.target);
  }
  limit->limit = std::move(select_->limit);
  limit->offset = std::move(select_->offset);
  limit->child = std::move(child);
  EstimateNode(limit.get());
  return limit;
}

// Rows in ORDER BY's order, with the columns of the plan in their places: for what is to be
// computed after the sort. A volatile target that they are sorted by is computed here only: what
// remains of it is a column of the sort.
PlanNodePtr SelectPlanner::SortBeforeTargets(Planned* planned, PlanNodePtr node) {
  std::vector<ExprPtr> exprs = PassThrough(*node);
  std::vector<SortKey> keys;
  std::map<int, int> slot_of;  // targets
  for (const BoundSortKey& sort : select_->order_by) {
    const auto [found, is_new] = slot_of.emplace(sort.target, static_cast<int>(exprs.size()));
    keys.push_back({found->second, sort.descending, sort.nulls_first});
    if (!is_new) continue;
    exprs.push_back(select_->targets[sort.target].expr->Clone());
    AssignSlots(exprs.back().get(), planned->slots);
  }
  for (const auto& [index, slot] : slot_of) {
    ExprPtr& target = select_->targets[index].expr;
    if (!IsVolatile(*target)) continue;
    target = std::make_unique<ColumnExpr>(-1, slot, target->type, ToString(*target));
    planned->slots[{-1, slot}] = slot;
  }
  return AddSort(MakeProject(std::move(node), std::move(exprs)), std::move(keys));
}

PlanNodePtr SelectPlanner::ProjectTargets(const Planned& planned, PlanNodePtr node) {
  std::vector<ExprPtr> exprs;
  for (BoundTarget& target : select_->targets) {
    if (target.hidden) continue;
    AssignSlots(target.expr.get(), planned.slots);
    exprs.push_back(std::move(target.expr));
  }
  if (shows_keys_) {
    for (const auto& [relation, slot] : planned.key_slots) {
      context_.plan->row_keys.push_back(
          {select_->range_table[relation].table, static_cast<int>(exprs.size())});
      auto key = std::make_unique<ColumnExpr>(
          -1, slot, catalog::Type{catalog::type_oid::kBytea, -1}, std::string());
      key->slot = slot;
      exprs.push_back(std::move(key));
    }
  }
  return MakeProject(std::move(node), std::move(exprs));
}

// Targets that take locks are computed last, as PostgreSQL does with what is volatile: in ORDER
// BY's order, and only for rows that LIMIT lets through. Not those that rows are sorted by.
bool SelectPlanner::TargetsComeLast() const {
  if (select_->distinct || select_->with_ties) return false;
  // Sets of rows run in lock step: where they are sorted by one, all come before.
  const bool sorts_sets = std::ranges::any_of(select_->order_by, [&](const BoundSortKey& sort) {
    return GivesSet(*select_->targets[static_cast<size_t>(sort.target)].expr);
  });
  if (sorts_sets) return false;
  for (size_t i = 0; i < select_->targets.size(); ++i) {
    const bool is_sorted_by = std::ranges::any_of(select_->order_by, [&](const BoundSortKey& sort) {
      return sort.target == static_cast<int>(i);
    });
    if (!is_sorted_by && TakesLocks(*select_->targets[i].expr)) return true;
  }
  return false;
}

Result<PlanNodePtr> SelectPlanner::FinishSelect(Planned planned) {
  const bool ordered = OrderedByKey(planned.node.get()) || OrderedByWindow(planned);
  // Where rows are sorted, the one that the scan stands on is not the cursor's.
  if (!ordered && !select_->order_by.empty()) shows_keys_ = false;
  if (shows_keys_ || TargetsComeLast()) {
    PlanNodePtr rows = std::move(planned.node);
    if (!select_->order_by.empty() && !ordered) rows = SortBeforeTargets(&planned, std::move(rows));
    return ProjectTargets(planned, AddLimit(std::move(rows)));
  }
  std::vector<ExprPtr> exprs;
  size_t visible = 0;
  for (BoundTarget& target : select_->targets) {
    AssignSlots(target.expr.get(), planned.slots);
    exprs.push_back(std::move(target.expr));
    if (!target.hidden) ++visible;
  }
  const size_t total = exprs.size();
  PlanNodePtr node = std::move(planned.node);
  if (!IsIdentity(exprs, *node)) node = MakeProject(std::move(node), std::move(exprs));
  if (!select_->distinct_on.empty()) {
    node = DistinctOn(std::move(node));
  } else if (select_->distinct) {
    auto distinct = std::make_unique<DistinctNode>();
    distinct->output = node->output;
    distinct->child = std::move(node);
    EstimateNode(distinct.get());
    node = std::move(distinct);
  }
  if (!select_->order_by.empty() && !ordered && select_->distinct_on.empty()) {
    node = AddSort(std::move(node), KeysOf(select_->order_by));
  }
  node = AddLimit(std::move(node));
  if (visible == total) return node;
  std::vector<ExprPtr> shown = PassThrough(*node);
  for (size_t i = total; i-- > 0;) {
    if (select_->targets[i].hidden) shown.erase(shown.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return MakeProject(std::move(node), std::move(shown));
}

// Rows sorted by ORDER BY and whatever of DISTINCT ON that does not name; the first of each kind.
PlanNodePtr SelectPlanner::DistinctOn(PlanNodePtr node) {
  std::vector<SortKey> keys = KeysOf(select_->order_by);
  auto unique = std::make_unique<UniqueNode>();
  for (const SortKey& key : KeysOf(select_->distinct_on)) {
    unique->slots.push_back(key.slot);
    auto is_key = [&](const SortKey& one) { return one.slot == key.slot; };
    if (std::ranges::none_of(keys, is_key)) keys.push_back(key);
  }
  unique->output = node->output;
  unique->child = AddSort(std::move(node), std::move(keys));
  EstimateNode(unique.get());
  return unique;
}

// Rows are locked after the sort, so that ORDER BY ... LIMIT n FOR UPDATE locks what it returns,
// and projected after that, so that a row read again is shown as it is then.
Result<PlanNodePtr> SelectPlanner::FinishLockedSelect(Planned planned) {
  if (select_->with_ties) return NotSupported("row locks with FETCH FIRST ... WITH TIES");
  const bool ordered = OrderedByKey(planned.node.get());
  ExprPtr recheck = Recheck(planned);
  PlanNodePtr node = std::move(planned.node);
  if (!select_->order_by.empty() && !ordered) node = SortBeforeTargets(&planned, std::move(node));
  auto lock_rows = std::make_unique<LockRowsNode>();
  for (const BoundRowLock& lock : select_->locks) {
    for (int relation : lock.relations) {
      // A locked row may turn out to have changed, and what LATERAL made of it with it.
      for (const RangeEntry& entry : select_->range_table) {
        for (const OuterBinding& binding : entry.outer) {
          if ((RelationsOf(*binding.expr) & RelationBit(relation)) != 0) {
            return NotSupported("row locks of a table that a LATERAL item refers to");
          }
        }
      }
      LockRowsNode::Target target;
      target.row.table = select_->range_table[relation].table;
      target.row.key_slot = planned.key_slots.at(relation);
      target.row.column_slots.assign(target.row.table->columns.size(), -1);
      for (const auto& [column, slot] : planned.slots) {
        if (column.first == relation) target.row.column_slots[column.second] = slot;
      }
      target.row.recheck = recheck ? recheck->Clone() : nullptr;
      target.mode = lock.mode;
      target.wait = lock.wait;
      lock_rows->targets.push_back(std::move(target));
    }
  }
  lock_rows->output = node->output;
  lock_rows->child = std::move(node);
  EstimateNode(lock_rows.get());
  return ProjectTargets(planned, AddLimit(std::move(lock_rows)));
}

}  // namespace shale::sql
