// A join by the cheapest method: a hash table of the right side, lookups in it by primary key or
// index, or all pairs.
#include <algorithm>
#include <bit>

#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// A scan that reads what its conditions leave of one table; null: the node is something else.
TableColumns* SourceOfScan(PlanNode* node) {
  if (node->kind == PlanKind::kTableScan) return &static_cast<TableScanNode*>(node)->source;
  if (node->kind != PlanKind::kIndexScan) return nullptr;
  auto* scan = static_cast<IndexScanNode*>(node);
  // Of what a partial index's predicate implies nothing is left to be checked.
  return scan->index->predicate_sql ? nullptr : &scan->source;
}

// All conditions of such a scan, over its output.
ExprPtr TakeConditionsOfScan(PlanNode* node) {
  std::vector<ExprPtr> conditions;
  auto take = [&conditions](ExprPtr filter, std::vector<ExprPtr>* bounds) {
    for (ExprPtr& bound : *bounds) conditions.push_back(std::move(bound));
    if (filter) conditions.push_back(std::move(filter));
  };
  if (node->kind == PlanKind::kTableScan) {
    auto* scan = static_cast<TableScanNode*>(node);
    take(std::move(scan->filter), &scan->bound_conditions);
  } else {
    auto* scan = static_cast<IndexScanNode*>(node);
    take(std::move(scan->filter), &scan->bound_conditions);
  }
  return JoinConjuncts(std::move(conditions));
}

// Moves the conditions that are not of these numbers out of *from.
std::vector<Conjunct> TakeOthers(std::vector<Conjunct>* from, const std::vector<size_t>& numbers) {
  std::vector<Conjunct> others;
  for (size_t i = 0; i < from->size(); ++i) {
    if (std::ranges::find(numbers, i) == numbers.end()) others.push_back(std::move((*from)[i]));
  }
  return others;
}

}  // namespace

JoinSide SideOf(const Planned& planned) {
  return {planned.relations, planned.node->estimate.rows, planned.node->estimate.cost};
}

Result<std::vector<TableKey>> SelectPlanner::TableKeysOf(const Planned& part) {
  std::vector<TableKey> keys;
  const TableColumns* source = SourceOfScan(part.node.get());
  if (source == nullptr || !std::has_single_bit(part.relations)) return keys;
  const int relation = std::countr_zero(part.relations);
  if (!IsTable(relation)) return keys;
  const catalog::TableRef& table = source->table;
  const double bytes = BytesOfTable(context_, *table);
  if (!table->primary_key.empty()) {
    keys.push_back({nullptr, PrimaryKeyColumns(*table), true, true, bytes});
  }
  for (const catalog::IndexRef& index : table->indexes) {
    if (!IsReadable(context_, *index) || index->predicate_sql) continue;
    ASSIGN_OR_RETURN(auto bound, BindIndex(*context_.catalog, table, index));
    const bool has_all = IndexHasAll(*source, index);
    keys.push_back({index, IndexColumns(*index, *bound, relation), index->guards_keys(), has_all,
                    has_all ? BytesOfIndex(context_, *table, *index) : bytes});
  }
  return keys;
}

Result<Planned> SelectPlanner::Join(Planned left, Planned right, JoinKind kind,
                                    std::vector<Conjunct> conditions) {
  if ((NeedsOf(right) & left.relations) != 0) {
    return Apply(std::move(left), std::move(right), kind, std::move(conditions));
  }
  JoinConditions analyzed(estimator_, PointersTo(conditions));
  for (const Planned* side : {&left, &right}) {
    ASSIGN_OR_RETURN(std::vector<TableKey> keys, TableKeysOf(*side));
    analyzed.AddKeys(std::countr_zero(side->relations), keys);
  }
  const double rows = RowsOfJoin(kind, SideOf(left), SideOf(right), analyzed);
  JoinMethod method = analyzed.Choose(SideOf(left), SideOf(right), kind, rows);
  if (kind == JoinKind::kSemi) {
    auto turned = TurnSemiJoin(estimator_, analyzed, SideOf(left), SideOf(right), conditions, rows);
    if (turned && turned->method.cost < method.cost) {
      method = std::move(turned->method);
      right = ValuesOf(std::move(right), turned->values, turned->distinct);
      std::swap(left, right);
      kind = JoinKind::kInner;
    }
  } else if (kind == JoinKind::kInner) {
    JoinMethod turned = analyzed.Choose(SideOf(right), SideOf(left), kind, rows);
    if (turned.cost < method.cost) {
      std::swap(left, right);
      method = std::move(turned);
    }
  }
  ASSIGN_OR_RETURN(Planned joined,
                   JoinBy(method, std::move(left), std::move(right), kind, std::move(conditions)));
  joined.node->estimate.rows = rows;
  joined.node->estimate.cost = method.cost;
  return joined;
}

Result<Planned> SelectPlanner::JoinBy(const JoinMethod& method, Planned left, Planned right,
                                      JoinKind kind, std::vector<Conjunct> conditions) {
  if (method.kind == JoinMethod::Kind::kLookup) {
    left.node = LookupJoin(&left, &right, kind, &conditions, method.key_conditions);
    return left;
  }
  if (method.kind == JoinMethod::Kind::kIndex) {
    RETURN_IF_ERROR(ReadByIndex(method, left, &right, &conditions));
    return Apply(std::move(left), std::move(right), kind, std::move(conditions));
  }
  const LeftSide left_side(left);
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
  left.node = std::move(node);
  if (kind == JoinKind::kAnti) left_side.Restore(&left);
  EstimateNode(left.node.get());
  return left;
}

// A join with a stored table by its whole primary key. What the table's scan would have checked is
// checked with the join's condition.
PlanNodePtr SelectPlanner::LookupJoin(Planned* left, Planned* right, JoinKind kind,
                                      std::vector<Conjunct>* conditions,
                                      const std::vector<size_t>& key_conditions) {
  const int relation = std::countr_zero(right->relations);
  ExprPtr own = TakeConditionsOfScan(right->node.get());
  if (own) ShiftSlots(own.get(), static_cast<int>(left->node->output.size()));
  auto join = std::make_unique<LookupJoinNode>();
  join->join = kind;
  for (size_t number : key_conditions) {
    const Expr *left_key, *right_key;
    CHECK(MatchEquiJoin(*(*conditions)[number].expr, left->relations, RelationBit(relation),
                        &left_key, &right_key));
    join->keys.push_back(BoundTo(*left_key, left->slots));
  }
  join->source = std::move(*SourceOfScan(right->node.get()));
  const LeftSide left_side(*left);
  join->output = left->node->output;
  DescribeSource(join->source, relation, static_cast<int>(join->output.size()), left,
                 &join->output);
  std::vector<ExprPtr> rest;
  for (Conjunct& other : TakeOthers(conditions, key_conditions)) {
    AssignSlots(other.expr.get(), left->slots);
    rest.push_back(std::move(other.expr));
  }
  if (own) rest.push_back(std::move(own));
  join->condition = JoinConjuncts(std::move(rest));
  join->left = std::move(left->node);
  left->node = std::move(join);
  if (kind == JoinKind::kAnti) left_side.Restore(left);
  EstimateNode(left->node.get());
  return std::move(left->node);
}

Status SelectPlanner::ReadByIndex(const JoinMethod& method, const Planned& left, Planned* right,
                                  std::vector<Conjunct>* conditions) {
  TableColumns source = std::move(*SourceOfScan(right->node.get()));
  const catalog::TableDesc& table = *source.table;
  ExprPtr filter = TakeConditionsOfScan(right->node.get());
  std::vector<ExprPtr> equal;
  std::vector<ExprPtr> bound_conditions;
  for (size_t k = 0; k < method.key_conditions.size(); ++k) {
    const Expr& condition = *(*conditions)[method.key_conditions[k]].expr;
    const Expr *left_key, *right_key;
    CHECK(MatchEquiJoin(condition, left.relations, right->relations, &left_key, &right_key));
    const int slot = context_.plan->outer_count++;
    const catalog::Type type = method.index != nullptr
                                   ? method.index->keys[k].type
                                   : table.columns[static_cast<size_t>(table.primary_key[k])].type;
    // The left row computes the key in the index's type: an OuterExpr of the condition's type would
    // no longer show that only a relabelling stands between them.
    ExprPtr value = KeyValueOf(*left_key, type);
    equal.push_back(std::make_unique<OuterExpr>(slot, value->type, ToString(*left_key)));
    right->outer.push_back({slot, std::move(value)});
    bound_conditions.push_back(condition.Clone());
  }
  *conditions = TakeOthers(conditions, method.key_conditions);
  auto fill = [&](auto scan) {
    scan->output = std::move(right->node->output);
    scan->filter = std::move(filter);
    scan->equal = std::move(equal);
    scan->bound_conditions = std::move(bound_conditions);
    scan->estimate.rows = method.entries;
    scan->estimate.cost = method.entries;  // of a table scan: the rows that it reads
    EstimateNode(scan.get());
    scan->estimate.cost =
        (method.cost - left.node->estimate.cost) / std::max(1.0, left.node->estimate.rows);
    right->node = std::move(scan);
  };
  if (method.index != nullptr) {
    auto scan = NewIndexScan(method.index, std::move(source));
    scan->index_only = method.index_only;
    fill(std::move(scan));
    return Status::Ok();
  }
  auto scan = std::make_unique<TableScanNode>();
  scan->source = std::move(source);
  fill(std::move(scan));
  return Status::Ok();
}

}  // namespace shale::sql
