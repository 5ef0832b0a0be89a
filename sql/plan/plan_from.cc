// FROM and WHERE: scans with the conditions on one relation, joins with those on several.
#include <algorithm>
#include <bit>
#include <iterator>
#include <set>

#include "sql/plan/key_range.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// Below this many outer rows, looking each up by key beats reading the whole inner table.
constexpr double kLookupRowsMax = 1000;
constexpr double kLookupShareMax = 0.1;
constexpr double kArrayElements = 10;  // a guess, as PostgreSQL's

RelationSet RelationsIn(const FromNode& from) {
  if (from.relation >= 0) return RelationBit(from.relation);
  return RelationsIn(*from.left) | RelationsIn(*from.right);
}

std::vector<ExprPtr> TakeExprs(std::vector<Conjunct> conjuncts) {
  std::vector<ExprPtr> exprs;
  for (Conjunct& conjunct : conjuncts) exprs.push_back(std::move(conjunct.expr));
  return exprs;
}

// Moves the conjuncts that refer to the given relations only out of *from.
std::vector<Conjunct> TakeWithin(std::vector<Conjunct>* from, RelationSet relations) {
  std::vector<Conjunct> taken;
  std::vector<Conjunct> left;
  for (Conjunct& conjunct : *from) {
    const bool within = Contains(relations, conjunct.relations) && !IsVolatile(*conjunct.expr);
    (within ? taken : left).push_back(std::move(conjunct));
  }
  *from = std::move(left);
  return taken;
}

// Moves the volatile conjuncts out of *from: they come after all others, in a filter of their own,
// which may wait for a lock or for values of a sequence, and calls them once.
std::vector<Conjunct> TakeVolatile(std::vector<Conjunct>* from) {
  auto first = std::stable_partition(from->begin(), from->end(), [](const Conjunct& conjunct) {
    return !IsVolatile(*conjunct.expr);
  });
  std::vector<Conjunct> taken(std::make_move_iterator(first), std::make_move_iterator(from->end()));
  from->erase(first, from->end());
  return taken;
}

ExprPtr BoundTo(const Expr& expr, const std::map<std::pair<int, int>, int>& slots) {
  ExprPtr copy = expr.Clone();
  AssignSlots(copy.get(), slots);
  return copy;
}

// Collects the items of a tree of inner joins, and their conditions: taken apart, and whole for
// re-checks.
void Flatten(FromNode* from, std::vector<FromNode*>* items, std::vector<Conjunct>* conjuncts,
             std::vector<ExprPtr>* recheck) {
  if (from->relation < 0 && from->join == JoinKind::kInner) {
    if (from->condition) recheck->push_back(from->condition->Clone());
    SplitConjuncts(std::move(from->condition), conjuncts);
    Flatten(from->left.get(), items, conjuncts, recheck);
    Flatten(from->right.get(), items, conjuncts, recheck);
    return;
  }
  items->push_back(from);
}

}  // namespace

bool MatchEquiJoin(const Expr& expr, RelationSet left, RelationSet right, const Expr** left_key,
                   const Expr** right_key) {
  if (expr.kind != ExprKind::kCall) return false;
  const auto& call = static_cast<const CallExpr&>(expr);
  if (call.args.size() != 2 || call.name != "=" || call.form != CallExpr::Form::kOperator ||
      IsVolatile(expr)) {
    return false;
  }
  const Expr* first = call.args[0].get();
  const Expr* second = call.args[1].get();
  // Hashing needs both sides of one type; the = of different types is left to the condition.
  if (call.function->args.size() != 2 || call.function->args[0] != call.function->args[1]) {
    return false;
  }
  RelationSet in_first = RelationsOf(*first);
  RelationSet in_second = RelationsOf(*second);
  if (in_first == 0 || in_second == 0) return false;
  if (Contains(left, in_first) && Contains(right, in_second)) {
    *left_key = first;
    *right_key = second;
    return true;
  }
  if (Contains(right, in_first) && Contains(left, in_second)) {
    *left_key = second;
    *right_key = first;
    return true;
  }
  return false;
}

void AppendPlanned(Planned* left, Planned* right, int offset) {
  for (const auto& [column, slot] : right->slots) left->slots[column] = slot + offset;
  for (const auto& [relation, slot] : right->key_slots) left->key_slots[relation] = slot + offset;
  left->relations |= right->relations;
  for (OuterBinding& binding : right->outer) left->outer.push_back(std::move(binding));
}

Result<Planned> SelectPlanner::PlanFromAndWhere() {
  std::vector<Conjunct> conjuncts;
  if (select_->where) recheck_.push_back(select_->where->Clone());
  SplitConjuncts(std::move(select_->where), &conjuncts);
  if (select_->from == nullptr) {
    Planned planned;
    planned.node = std::make_unique<ResultNode>();
    AddFilter(&planned, std::move(conjuncts));
    return planned;
  }
  return PlanFrom(select_->from.get(), std::move(conjuncts));
}

Result<Planned> SelectPlanner::PlanFrom(FromNode* from, std::vector<Conjunct> conjuncts) {
  if (from->relation >= 0) return PlanRelation(from->relation, std::move(conjuncts));
  return from->join == JoinKind::kInner ? PlanInnerJoins(from, std::move(conjuncts))
                                        : PlanOuterJoin(from, std::move(conjuncts));
}

Result<Planned> SelectPlanner::PlanInnerJoins(FromNode* from, std::vector<Conjunct> conjuncts) {
  std::vector<FromNode*> items;
  Flatten(from, &items, &conjuncts, &recheck_);
  std::vector<Planned> parts;
  for (FromNode* item : items) {
    ASSIGN_OR_RETURN(Planned part, PlanFrom(item, TakeWithin(&conjuncts, RelationsIn(*item))));
    parts.push_back(std::move(part));
  }
  RelationSet all = 0;
  for (const Planned& part : parts) all |= part.relations;
  // The smallest of those parts that take values from the given relations only, and that pass the
  // test; end where there is none.
  auto find_smallest = [&](RelationSet given, const auto& test) {
    auto found = parts.end();
    for (auto part = parts.begin(); part != parts.end(); ++part) {
      if (!Contains(given, NeedsOf(*part) & all) || !test(*part)) continue;
      if (found == parts.end() || part->node->estimate.rows < found->node->estimate.rows) {
        found = part;
      }
    }
    return found;
  };
  auto any = [](const Planned&) { return true; };
  auto first = find_smallest(0, any);
  CHECK(first != parts.end());  // values are taken from the left only, so the leftmost takes none
  Planned joined = std::move(*first);
  parts.erase(first);
  while (!parts.empty()) {
    // The smallest of those that a condition connects with what is joined already, else of all.
    auto connected = [&](const Planned& part) {
      return std::any_of(conjuncts.begin(), conjuncts.end(), [&](const Conjunct& conjunct) {
        const Expr *left, *right;
        return MatchEquiJoin(*conjunct.expr, joined.relations, part.relations, &left, &right);
      });
    };
    auto next = find_smallest(joined.relations, connected);
    if (next == parts.end()) next = find_smallest(joined.relations, any);
    CHECK(next != parts.end());
    Planned right = std::move(*next);
    parts.erase(next);
    auto conditions = TakeWithin(&conjuncts, joined.relations | right.relations);
    ASSIGN_OR_RETURN(
        joined, Join(std::move(joined), std::move(right), JoinKind::kInner, std::move(conditions)));
  }
  AddFilter(&joined, std::move(conjuncts));
  return joined;
}

Result<Planned> SelectPlanner::PlanOuterJoin(FromNode* from, std::vector<Conjunct> conjuncts) {
  std::vector<Conjunct> on;
  SplitConjuncts(std::move(from->condition), &on);
  RelationSet left_relations = RelationsIn(*from->left);
  RelationSet right_relations = RelationsIn(*from->right);
  std::vector<Conjunct> left_conjuncts;
  std::vector<Conjunct> right_conjuncts;
  if (from->join == JoinKind::kLeft) {
    // WHERE on the preserved side may be checked before the join, the ON condition on the other
    // side too.
    left_conjuncts = TakeWithin(&conjuncts, left_relations);
    right_conjuncts = TakeWithin(&on, right_relations);
  }
  ASSIGN_OR_RETURN(Planned left, PlanFrom(from->left.get(), std::move(left_conjuncts)));
  ASSIGN_OR_RETURN(Planned right, PlanFrom(from->right.get(), std::move(right_conjuncts)));
  ASSIGN_OR_RETURN(Planned joined,
                   Join(std::move(left), std::move(right), from->join, std::move(on)));
  AddFilter(&joined, std::move(conjuncts));
  return joined;
}

void SelectPlanner::AddFilter(Planned* planned, std::vector<Conjunct> conjuncts) {
  if (conjuncts.empty()) return;
  ExprPtr predicate = JoinConjuncts(TakeExprs(std::move(conjuncts)));
  AssignSlots(predicate.get(), planned->slots);
  auto filter = std::make_unique<FilterNode>();
  filter->output = planned->node->output;
  filter->predicate = std::move(predicate);
  filter->child = std::move(planned->node);
  EstimateNode(filter.get());
  planned->node = std::move(filter);
}

TableColumns SelectPlanner::SourceOf(int relation) const {
  const RangeEntry& entry = select_->range_table[relation];
  TableColumns source;
  source.table = entry.table;
  source.alias = entry.alias;
  if (auto found = needed_.find(relation); found != needed_.end()) source.columns = found->second;
  source.emit_key = (keyed_ & RelationBit(relation)) != 0;
  return source;
}

namespace {

// The meaning and types of a table source's output columns.
void DescribeSource(const TableColumns& source, int relation, int first_slot, Planned* planned,
                    std::vector<catalog::Type>* output) {
  int slot = first_slot;
  for (int column : source.columns) {
    planned->slots[{relation, column}] = slot++;
    output->push_back(source.table->columns[column].type);
  }
  if (source.emit_key) {
    planned->key_slots[relation] = slot;
    output->push_back({catalog::type_oid::kBytea, -1});
  }
  planned->relations |= RelationBit(relation);
}

}  // namespace

Result<Planned> SelectPlanner::PlanTable(int relation, std::vector<Conjunct> conjuncts) {
  TableColumns source = SourceOf(relation);
  const catalog::TableDesc& table = *source.table;
  Planned planned;
  std::vector<catalog::Type> output;
  DescribeSource(source, relation, 0, &planned, &output);

  KeyCondition condition = FindKeyCondition(table, relation, conjuncts);
  const bool whole_key =
      !table.primary_key.empty() && condition.equal.size() == table.primary_key.size();
  if (!whole_key && condition.keys.empty() && !table.indexes.empty()) {
    const double share = ShareOfKey(condition);
    bool reverse = false;
    const bool ordered =
        IsOrderOf(PrimaryKeyColumns(table), nullptr, condition.equal.size(), relation, &reverse);
    const double rows = TableRows(table) * share;
    const double cost = CostOfOrder(relation, CostOfScan(table, rows), rows, ordered);
    ASSIGN_OR_RETURN(planned.node, TryIndexes(relation, source, &conjuncts, {cost}));
    if (planned.node != nullptr) {
      auto& scan = static_cast<IndexScanNode&>(*planned.node);
      for (ExprPtr& bound : scan.bound_conditions) AssignSlots(bound.get(), planned.slots);
      if (scan.filter) AssignSlots(scan.filter.get(), planned.slots);
      planned.node->output = std::move(output);
      EstimateNode(planned.node.get());
      return planned;
    }
  }
  std::vector<ExprPtr> bounds;
  std::vector<ExprPtr> filters;
  for (size_t i = 0; i < conjuncts.size(); ++i) {
    AssignSlots(conjuncts[i].expr.get(), planned.slots);
    const bool used =
        std::find(condition.used.begin(), condition.used.end(), i) != condition.used.end();
    (used ? bounds : filters).push_back(std::move(conjuncts[i].expr));
  }
  ExprPtr filter = JoinConjuncts(std::move(filters));

  const double kept = filter ? Selectivity(*filter) : 1;
  if (whole_key || !condition.keys.empty()) {
    auto lookup = std::make_unique<KeyLookupNode>();
    lookup->source = std::move(source);
    if (whole_key)
      lookup->keys.push_back(std::move(condition.equal));
    else
      lookup->keys = std::move(condition.keys);
    lookup->keys_from_array = condition.keys_from_array;
    lookup->filter = std::move(filter);
    lookup->bound_conditions = std::move(bounds);
    const double key_count =
        lookup->keys_from_array ? kArrayElements : static_cast<double>(lookup->keys.size());
    lookup->estimate.rows = std::max(1.0, key_count * kept);
    planned.node = std::move(lookup);
  } else {
    auto scan = std::make_unique<TableScanNode>();
    scan->source = std::move(source);
    const double rows = EstimateTableRows(context_, table);
    const double share = ShareOfKey(condition);
    scan->equal = std::move(condition.equal);
    scan->lower = std::move(condition.lower);
    scan->upper = std::move(condition.upper);
    scan->lower_inclusive = condition.lower_inclusive;
    scan->upper_inclusive = condition.upper_inclusive;
    scan->filter = std::move(filter);
    scan->bound_conditions = std::move(bounds);
    scan->estimate.rows = std::max(1.0, rows * share * kept);
    scan->estimate.cost = rows * share;  // refined by EstimateNode
    planned.node = std::move(scan);
  }
  planned.node->output = std::move(output);
  EstimateNode(planned.node.get());
  return planned;
}

Planned SelectPlanner::PlanCurrentRow() {
  auto current = std::make_unique<CurrentRowNode>();
  current->source = SourceOf(0);
  current->cursor = select_->current_of;
  Planned planned;
  DescribeSource(current->source, 0, 0, &planned, &current->output);
  EstimateNode(current.get());
  planned.node = std::move(current);
  return planned;
}

Result<Planned> SelectPlanner::PlanRelation(int relation, std::vector<Conjunct> conjuncts) {
  RangeEntry& entry = select_->range_table[relation];
  std::vector<Conjunct> last = TakeVolatile(&conjuncts);
  if (relation == 0 && !select_->current_of.empty()) {
    Planned current = PlanCurrentRow();
    std::ranges::move(last, std::back_inserter(conjuncts));
    AddFilter(&current, std::move(conjuncts));
    return current;
  }
  if (entry.kind == RangeEntry::Kind::kTable) {
    ASSIGN_OR_RETURN(Planned table, PlanTable(relation, std::move(conjuncts)));
    AddFilter(&table, std::move(last));
    return table;
  }

  Planned planned;
  planned.relations = RelationBit(relation);
  auto all_columns = [&] {
    for (size_t i = 0; i < planned.node->output.size(); ++i) {
      planned.slots[{relation, static_cast<int>(i)}] = static_cast<int>(i);
    }
  };
  switch (entry.kind) {
    case RangeEntry::Kind::kTable:
      break;
    case RangeEntry::Kind::kVirtualTable: {
      auto scan = std::make_unique<VirtualScanNode>();
      scan->table = entry.virtual_table;
      scan->alias = entry.alias;
      scan->columns = needed_[relation];
      for (size_t i = 0; i < scan->columns.size(); ++i) {
        scan->output.push_back(entry.columns[scan->columns[i]].type);
        planned.slots[{relation, scan->columns[i]}] = static_cast<int>(i);
      }
      ExprPtr filter = JoinConjuncts(TakeExprs(std::move(conjuncts)));
      conjuncts.clear();
      if (filter) AssignSlots(filter.get(), planned.slots);
      scan->filter = std::move(filter);
      planned.node = std::move(scan);
      break;
    }
    case RangeEntry::Kind::kSubquery: {
      SelectPlanner inner(context_, entry.subquery.get());
      ASSIGN_OR_RETURN(planned.node, inner.PlanSelect());
      planned.outer = std::move(entry.outer);
      all_columns();
      break;
    }
    case RangeEntry::Kind::kValues: {
      auto values = std::make_unique<ValuesNode>();
      for (const OutputColumn& column : entry.columns) values->output.push_back(column.type);
      values->rows = std::move(entry.values);
      planned.node = std::move(values);
      all_columns();
      break;
    }
    case RangeEntry::Kind::kFunction: {
      auto series = std::make_unique<SeriesNode>();
      series->output.push_back(entry.columns.at(0).type);
      CHECK(entry.function->kind == ExprKind::kCall);
      auto& call = static_cast<CallExpr&>(*entry.function);
      series->function = call.function->name;
      series->args = std::move(call.args);
      planned.node = std::move(series);
      planned.outer = std::move(entry.outer);
      all_columns();
      break;
    }
  }
  EstimateNode(planned.node.get());
  std::ranges::move(last, std::back_inserter(conjuncts));
  AddFilter(&planned, std::move(conjuncts));
  return planned;
}

// A join with a stored table by its whole primary key, when the left side is small against the
// table.
PlanNodePtr SelectPlanner::LookupJoin(Planned* left, int relation, JoinKind kind,
                                      std::vector<Conjunct>* conditions) {
  const RangeEntry& entry = select_->range_table[relation];
  if (entry.kind != RangeEntry::Kind::kTable || entry.table->primary_key.empty()) return nullptr;
  const double rows = EstimateTableRows(context_, *entry.table);
  const double outer = left->node->estimate.rows;
  if (outer > kLookupRowsMax && outer > rows * kLookupShareMax) return nullptr;

  std::vector<ExprPtr> keys;
  std::set<size_t> used;
  for (int column : entry.table->primary_key) {
    bool found = false;
    for (size_t i = 0; i < conditions->size() && !found; ++i) {
      const Expr *left_key, *right_key;
      if (!MatchEquiJoin(*(*conditions)[i].expr, left->relations, RelationBit(relation), &left_key,
                         &right_key)) {
        continue;
      }
      if (right_key->kind != ExprKind::kColumn ||
          static_cast<const ColumnExpr*>(right_key)->column != column ||
          left_key->type.oid != right_key->type.oid) {
        continue;
      }
      keys.push_back(BoundTo(*left_key, left->slots));
      used.insert(i);
      found = true;
    }
    if (!found) return nullptr;
  }
  auto join = std::make_unique<LookupJoinNode>();
  join->join = kind;
  join->source = SourceOf(relation);
  join->keys = std::move(keys);
  join->output = left->node->output;
  DescribeSource(join->source, relation, static_cast<int>(join->output.size()), left,
                 &join->output);
  std::vector<ExprPtr> rest;
  for (size_t i = 0; i < conditions->size(); ++i) {
    if (!used.contains(i)) rest.push_back(std::move((*conditions)[i].expr));
  }
  join->condition = JoinConjuncts(std::move(rest));
  if (join->condition) AssignSlots(join->condition.get(), left->slots);
  join->left = std::move(left->node);
  EstimateNode(join.get());
  return join;
}

Result<Planned> SelectPlanner::Join(Planned left, Planned right, JoinKind kind,
                                    std::vector<Conjunct> conditions) {
  if ((NeedsOf(right) & left.relations) != 0) {
    return Apply(std::move(left), std::move(right), kind, std::move(conditions));
  }
  // A plain scan of one stored table on the right may give way to lookups by key.
  if (kind != JoinKind::kFull && right.node->kind == PlanKind::kTableScan) {
    const auto& scan = static_cast<const TableScanNode&>(*right.node);
    if (!scan.filter && scan.equal.empty() && !scan.lower && !scan.upper) {
      int relation = std::countr_zero(right.relations);
      if (PlanNodePtr lookup = LookupJoin(&left, relation, kind, &conditions)) {
        left.node = std::move(lookup);
        return left;
      }
    }
  }
  ASSIGN_OR_RETURN(const bool by_index, IndexJoin(left, &right, kind, &conditions));
  if (by_index) return Apply(std::move(left), std::move(right), kind, std::move(conditions));
  // The smaller side of an inner join is the one kept in memory.
  if (kind == JoinKind::kInner && left.node->estimate.rows < right.node->estimate.rows) {
    std::swap(left, right);
  }
  const int offset = static_cast<int>(left.node->output.size());
  std::vector<ExprPtr> left_keys;
  std::vector<ExprPtr> right_keys;
  std::vector<ExprPtr> rest;
  for (Conjunct& condition : conditions) {
    const Expr *left_key, *right_key;
    if (MatchEquiJoin(*condition.expr, left.relations, right.relations, &left_key, &right_key)) {
      left_keys.push_back(BoundTo(*left_key, left.slots));
      right_keys.push_back(BoundTo(*right_key, right.slots));
    } else {
      rest.push_back(std::move(condition.expr));
    }
  }
  std::vector<catalog::Type> output = left.node->output;
  output.insert(output.end(), right.node->output.begin(), right.node->output.end());
  AppendPlanned(&left, &right, offset);
  ExprPtr residual = JoinConjuncts(std::move(rest));
  if (residual) AssignSlots(residual.get(), left.slots);

  PlanNodePtr node;
  if (!left_keys.empty()) {
    auto join = std::make_unique<HashJoinNode>();
    join->join = kind;
    join->left = std::move(left.node);
    join->right = std::move(right.node);
    join->left_keys = std::move(left_keys);
    join->right_keys = std::move(right_keys);
    join->condition = std::move(residual);
    node = std::move(join);
  } else {
    auto join = std::make_unique<NestedLoopJoinNode>();
    join->join = kind;
    join->left = std::move(left.node);
    join->right = std::move(right.node);
    join->condition = std::move(residual);
    node = std::move(join);
  }
  node->output = std::move(output);
  EstimateNode(node.get());
  left.node = std::move(node);
  return left;
}

}  // namespace shale::sql
