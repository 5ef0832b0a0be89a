// FROM and WHERE: scans with the conditions on one relation, joins with those on several.
#include <algorithm>
#include <bit>
#include <iterator>

#include "sql/plan/factor_or.h"
#include "sql/plan/key_range.h"
#include "sql/plan/outer_joins.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

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

ExprPtr BoundTo(const Expr& expr, const std::map<std::pair<int, int>, int>& slots) {
  ExprPtr copy = expr.Clone();
  AssignSlots(copy.get(), slots);
  return copy;
}

bool MatchEquiJoin(const Expr& expr, RelationSet left, RelationSet right, const Expr** left_key,
                   const Expr** right_key) {
  if (expr.kind != ExprKind::kCall) return false;
  const auto& call = static_cast<const CallExpr&>(expr);
  if (call.args.size() != 2 || call.name != "=" || call.form != CallExpr::Form::kOperator ||
      IsVolatile(expr) || HasSubquery(expr)) {
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
  FactorOrs(&conjuncts);
  ReduceOuterJoins(select_->from.get(), conjuncts);
  FromNode* from = select_->from.get();
  const bool is_list = from->relation >= 0 && !semi_joins_.empty();  // of one, and semi joins
  ASSIGN_OR_RETURN(Planned planned, is_list ? PlanInnerJoins(from, std::move(conjuncts))
                                            : PlanFrom(from, std::move(conjuncts)));
  return ApplySemiJoins(std::move(planned));
}

Result<Planned> SelectPlanner::PlanFrom(FromNode* from, std::vector<Conjunct> conjuncts) {
  if (from->relation >= 0) return PlanRelation(from->relation, std::move(conjuncts));
  return from->join == JoinKind::kInner ? PlanInnerJoins(from, std::move(conjuncts))
                                        : PlanOuterJoin(from, std::move(conjuncts));
}

Result<Planned> SelectPlanner::PlanInnerJoins(FromNode* from, std::vector<Conjunct> conjuncts) {
  std::vector<FromNode*> items;
  Flatten(from, &items, &conjuncts, &recheck_);
  FactorOrs(&conjuncts);
  AddImpliedConditions(estimator_, &conjuncts);
  std::vector<Conjunct> dependent = TakeDependent(&conjuncts);
  std::vector<Planned> parts;
  for (FromNode* item : items) {
    std::vector<Conjunct> own = TakeWithin(&conjuncts, RelationsIn(*item));
    // What is no table has its own ways with them.
    if (item->relation < 0 || !IsTable(item->relation)) {
      std::ranges::move(TakeWithin(&dependent, RelationsIn(*item)), std::back_inserter(own));
    }
    ASSIGN_OR_RETURN(Planned part, PlanFrom(item, std::move(own)));
    parts.push_back(std::move(part));
  }
  RelationSet all = 0;
  RelationSet needs = 0;
  for (const Planned& part : parts) {
    all |= part.relations;
    needs |= NeedsOf(part);
  }
  if ((needs & all) == 0) {
    std::vector<JoinItem> join_items;
    for (Planned& part : parts) join_items.push_back({std::move(part), JoinKind::kInner, {}});
    ASSIGN_OR_RETURN(std::vector<JoinItem> semi_joins, SemiJoinsOver(all));
    std::ranges::move(semi_joins, std::back_inserter(join_items));
    ASSIGN_OR_RETURN(Planned joined,
                     JoinInOrder(std::move(join_items), &conjuncts, std::move(dependent)));
    AddFilter(&joined, std::move(conjuncts));
    return joined;
  }
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
  ASSIGN_OR_RETURN(joined, ApplySemiJoins(std::move(joined)));
  std::ranges::move(dependent, std::back_inserter(conjuncts));
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
    ASSIGN_OR_RETURN(joined, ApplySemiJoins(std::move(joined)));
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
  // Semi joins are of WHERE: they come after the join.
  std::vector<SemiJoin> waiting = std::exchange(semi_joins_, {});
  ASSIGN_OR_RETURN(Planned left, PlanFrom(from->left.get(), std::move(left_conjuncts)));
  ASSIGN_OR_RETURN(Planned right, PlanFrom(from->right.get(), std::move(right_conjuncts)));
  semi_joins_ = std::move(waiting);
  ASSIGN_OR_RETURN(Planned joined,
                   Join(std::move(left), std::move(right), from->join, std::move(on)));
  AddFilter(&joined, std::move(conjuncts));
  return joined;
}

void SelectPlanner::AddFilter(Planned* planned, std::vector<Conjunct> conjuncts) {
  if (conjuncts.empty()) return;
  const double kept = SelectivityOf(conjuncts);
  // Subqueries are asked last.
  std::ranges::stable_partition(
      conjuncts, [](const Conjunct& conjunct) { return !HasSubquery(*conjunct.expr); });
  ExprPtr predicate = JoinConjuncts(TakeExprs(std::move(conjuncts)));
  AssignSlots(predicate.get(), planned->slots);
  auto filter = std::make_unique<FilterNode>();
  filter->output = planned->node->output;
  filter->predicate = std::move(predicate);
  filter->child = std::move(planned->node);
  EstimateNode(filter.get());
  filter->estimate.rows = std::max(1.0, filter->child->estimate.rows * kept);
  planned->node = std::move(filter);
}

double SelectPlanner::SelectivityOf(const std::vector<Conjunct>& conjuncts,
                                    const std::vector<size_t>& numbers) const {
  std::vector<const Expr*> exprs;
  for (size_t number : numbers) exprs.push_back(conjuncts[number].expr.get());
  return estimator_.OfAll(exprs);
}

double SelectPlanner::SelectivityOf(const std::vector<Conjunct>& conjuncts) const {
  std::vector<const Expr*> exprs;
  for (const Conjunct& conjunct : conjuncts) exprs.push_back(conjunct.expr.get());
  return estimator_.OfAll(exprs);
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

Result<Planned> SelectPlanner::PlanTable(int relation, std::vector<Conjunct> conjuncts) {
  TableColumns source = SourceOf(relation);
  const catalog::TableDesc& table = *source.table;
  Planned planned;
  std::vector<catalog::Type> output;
  DescribeSource(source, relation, 0, &planned, &output);

  KeyCondition condition = FindKeyCondition(table, relation, conjuncts);
  const bool whole_key =
      !table.primary_key.empty() && condition.equal.size() == table.primary_key.size();
  double share = 1;  // of the rows that are read
  double kept = 1;
  if (!whole_key || condition.used.size() < conjuncts.size()) {
    share = SelectivityOf(conjuncts, condition.used);
    kept = SelectivityOf(conjuncts);
  }
  if (!whole_key && condition.keys.empty() && !table.indexes.empty()) {
    bool reverse = false;
    const bool ordered =
        IsOrderOf(PrimaryKeyColumns(table), nullptr, condition.equal.size(), relation, &reverse);
    const double rows = EstimateTableRows(context_, table) * share;
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
    if (std::ranges::find(condition.narrowed, i) != condition.narrowed.end()) {
      bounds.push_back(conjuncts[i].expr->Clone());
    }
    const bool used =
        std::find(condition.used.begin(), condition.used.end(), i) != condition.used.end();
    (used ? bounds : filters).push_back(std::move(conjuncts[i].expr));
  }
  ExprPtr filter = JoinConjuncts(std::move(filters));
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
    const double rest = share > 0 ? std::min(1.0, kept / share) : 1;
    lookup->estimate.rows = std::max(1.0, key_count * rest);
    planned.node = std::move(lookup);
  } else {
    auto scan = std::make_unique<TableScanNode>();
    scan->source = std::move(source);
    const double rows = EstimateTableRows(context_, table);
    scan->equal = std::move(condition.equal);
    scan->lower = std::move(condition.lower);
    scan->upper = std::move(condition.upper);
    scan->lower_inclusive = condition.lower_inclusive;
    scan->upper_inclusive = condition.upper_inclusive;
    scan->filter = std::move(filter);
    scan->bound_conditions = std::move(bounds);
    scan->estimate.rows = std::max(1.0, rows * kept);
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
    LiftSubqueries(&table);
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
      auto waiting = std::ranges::stable_partition(
          conjuncts, [](const Conjunct& conjunct) { return !HasSubquery(*conjunct.expr); });
      last.insert(last.begin(), std::make_move_iterator(waiting.begin()),
                  std::make_move_iterator(waiting.end()));
      conjuncts.erase(waiting.begin(), waiting.end());
      ExprPtr filter = JoinConjuncts(TakeExprs(std::move(conjuncts)));
      conjuncts.clear();
      if (filter) AssignSlots(filter.get(), planned.slots);
      scan->filter = std::move(filter);
      planned.node = std::move(scan);
      break;
    }
    case RangeEntry::Kind::kSubquery: {
      // What a security barrier hides is not shown to functions of the query around.
      if (entry.view == nullptr || !entry.view->security_barrier) {
        PushIntoSubquery(entry.subquery.get(), &conjuncts);
      }
      SelectPlanner inner(context_, entry.subquery.get());
      ASSIGN_OR_RETURN(planned.node, inner.PlanSelect());
      planned.outer = std::move(entry.outer);
      all_columns();
      break;
    }
    case RangeEntry::Kind::kCte: {
      BoundCte& cte = *context_.ctes->bound[static_cast<size_t>(entry.cte)];
      if (cte.is_inlined && !entry.is_working_table) {
        PushIntoSubquery(cte.select.get(), &conjuncts);
      }
      ASSIGN_OR_RETURN(planned.node, PlanCteReference(context_, entry));
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
      planned.node = PlanFunctions(entry);
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

}  // namespace shale::sql
