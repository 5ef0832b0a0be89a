// Choosing between a table's primary key, its indexes and all of it, by cost: one path per index
// that some condition, or the order asked for, can use.
#include <algorithm>
#include <cmath>

#include "catalog/index_codec.h"
#include "sql/bind/bind_index.h"
#include "sql/expr/implication.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// In units of one page read in sequence: to open a cursor, to read an entry, to fetch its row.
constexpr double kOpenCost = 0.3;
constexpr double kEntryCost = 0.012;
constexpr double kFetchCost = 0.3;
constexpr double kApplyCost = 0.05;  // an operator made anew for a row
constexpr double kSortCost = 0.005;
constexpr double kHashCost = 0.01;
constexpr double kEqualShare = 0.01;
constexpr double kRangeShare = 1.0 / 3;
constexpr double kBothEndsShare = 0.005;
constexpr double kListElements = 10;  // of an array that is not known yet
constexpr double kUnknownLimitShare = 0.1;
// A table is not taken to be smaller, whatever it is now, as PostgreSQL does with new ones.
constexpr double kTableRowsMin = 500;

void SetRelation(ExprPtr& expr, int relation) {
  Rewrite(expr, [relation](ExprPtr& node) {
    if (node->kind == ExprKind::kColumn) static_cast<ColumnExpr&>(*node).relation = relation;
    return true;
  });
}

bool IsWholeKey(const catalog::IndexDesc& index, const KeyCondition& condition) {
  return index.guards_keys() && condition.keys.empty() &&
         condition.equal.size() == index.keys.size();
}

}  // namespace

std::vector<KeyColumn> IndexColumns(const catalog::IndexDesc& index, const BoundIndex& bound,
                                    int relation) {
  std::vector<KeyColumn> key;
  for (size_t i = 0; i < index.keys.size(); ++i) {
    KeyColumn column{index.keys[i].column, nullptr, index.keys[i].type};
    if (bound.keys[i] != nullptr) {
      column.expr = bound.keys[i]->Clone();
      SetRelation(column.expr, relation);
    }
    key.push_back(std::move(column));
  }
  return key;
}

double ShareOfKey(const KeyCondition& condition) {
  double share = std::pow(kEqualShare, static_cast<double>(condition.equal.size()));
  if (!condition.keys.empty()) {
    const double keys =
        condition.keys_from_array ? kListElements : static_cast<double>(condition.keys.size());
    share *= std::min(1.0, kEqualShare * keys);
  }
  if (condition.lower && condition.upper) {
    share *= kBothEndsShare;
  } else if (condition.lower || condition.upper) {
    share *= kRangeShare;
  }
  return share;
}

bool IsReadable(const PlanContext& context, const catalog::IndexDesc& index) {
  if (index.state != catalog::IndexState::kValid) return false;
  if (index.readable_from <= context.snapshot) return true;
  context.plan->outdated_from = std::max(context.plan->outdated_from, index.readable_from);
  return false;
}

struct SelectPlanner::IndexPath {
  catalog::IndexRef index;
  KeyCondition condition;
  std::vector<size_t> implied;  // conjuncts that the index's predicate stands for
  double entries = 0;
  double rows = 0;
  double cost = 0;
  bool index_only = false;
};

double SelectPlanner::TableRows(const catalog::TableDesc& table) const {
  return std::max(kTableRowsMin, EstimateTableRows(context_, table));
}

bool SelectPlanner::OrderMatters(int relation) const {
  return !select_->order_by.empty() && !select_->grouped && !select_->distinct &&
         select_->from != nullptr && select_->from->relation == relation;
}

// What rows of this cost cost in the order asked for, as far as LIMIT wants them.
double SelectPlanner::CostOfOrder(int relation, double cost, double rows, bool ordered) const {
  if (!OrderMatters(relation)) return cost;
  if (!ordered) return cost + kSortCost * rows * std::log2(std::max(2.0, rows));
  if (select_->limit == nullptr) return cost;
  if (select_->limit->kind != ExprKind::kConstant) return cost * kUnknownLimitShare;
  const auto& limit = static_cast<const ConstantExpr&>(*select_->limit).value;
  if (limit.is_null()) return cost;
  const double wanted = std::max(1.0, static_cast<double>(limit.datum().int64));
  return cost * std::min(1.0, wanted / std::max(1.0, rows));
}

bool SelectPlanner::IsOrderOf(const std::vector<KeyColumn>& key, const catalog::IndexDesc* index,
                              size_t equal_count, int relation, bool* reverse) const {
  if (!OrderMatters(relation)) return false;
  const catalog::TableDesc& table = *select_->range_table[relation].table;
  std::optional<bool> direction;
  size_t at = equal_count;
  for (const BoundSortKey& sort : select_->order_by) {
    const Expr& expr = *select_->targets[sort.target].expr;
    // Columns held to one value by the bounds may be skipped or named.
    const auto equal_end = key.begin() + static_cast<std::ptrdiff_t>(equal_count);
    if (std::any_of(key.begin(), equal_end,
                    [&](const KeyColumn& held) { return IsKeyColumn(expr, relation, held); })) {
      continue;
    }
    if (at >= key.size() || !IsKeyColumn(expr, relation, key[at])) return false;
    const bool turned = sort.descending != (index != nullptr && index->keys[at].descending);
    if (direction && *direction != turned) return false;
    direction = turned;
    const bool has_nulls =
        index != nullptr &&
        (key[at].column < 0 || !table.columns[static_cast<size_t>(key[at].column)].not_null);
    if (has_nulls && sort.nulls_first != (index->keys[at].nulls_first != turned)) return false;
    ++at;
  }
  *reverse = direction.value_or(false);
  return true;
}

Status SelectPlanner::AddIndexPath(int relation, const catalog::IndexRef& index,
                                   const TableColumns& source,
                                   const std::vector<Conjunct>& conjuncts, PathCost other,
                                   std::optional<IndexPath>* best) {
  const catalog::TableRef& table = source.table;
  ASSIGN_OR_RETURN(auto bound, BindIndex(*context_.catalog, table, index));
  IndexPath path;
  path.index = index;
  const std::vector<KeyColumn> key = IndexColumns(*index, *bound, relation);
  path.condition = FindKeyCondition(key, KeyKind::kIndex, relation, conjuncts);
  double rows = TableRows(*table);
  if (bound->predicate) {
    ExprPtr predicate = bound->predicate->Clone();
    SetRelation(predicate, relation);
    std::vector<const Expr*> given;
    for (const Conjunct& conjunct : conjuncts) given.push_back(conjunct.expr.get());
    if (!Implies(given, *predicate)) return Status::Ok();
    for (size_t i = 0; i < conjuncts.size(); ++i) {
      if (Implies({predicate.get()}, *conjuncts[i].expr)) path.implied.push_back(i);
    }
    rows *= Selectivity(*predicate);
  }
  const catalog::IndexCodec codec(table, index);
  path.index_only = !source.emit_key && std::ranges::all_of(source.columns, [&](int column) {
    return codec.Covers(column);
  });
  const size_t held =
      path.condition.keys.empty() ? path.condition.equal.size() : path.condition.keys[0].size() - 1;
  bool reverse = false;
  const bool ordered = IsOrderOf(key, index.get(), held, relation, &reverse);
  if (path.condition.empty() && !ordered && !bound->predicate) return Status::Ok();
  path.entries =
      IsWholeKey(*index, path.condition) ? 1 : std::max(1.0, rows * ShareOfKey(path.condition));
  path.rows = path.entries;
  for (size_t i = 0; i < conjuncts.size(); ++i) {
    if (std::ranges::find(path.condition.used, i) != path.condition.used.end() ||
        std::ranges::find(path.implied, i) != path.implied.end()) {
      continue;
    }
    path.rows *= Selectivity(*conjuncts[i].expr);
  }
  path.rows = std::max(1.0, path.rows);
  path.cost = kOpenCost + path.entries * (kEntryCost + (path.index_only ? 0 : kFetchCost));
  path.cost = CostOfOrder(relation, path.cost, path.rows, ordered);
  const double to_beat = *best ? (*best)->cost : other.cost;
  if (path.cost < to_beat) *best = std::move(path);
  return Status::Ok();
}

Result<std::optional<SelectPlanner::IndexPath>> SelectPlanner::ChooseIndex(
    int relation, const TableColumns& source, const std::vector<Conjunct>& conjuncts,
    PathCost other) {
  std::optional<IndexPath> best;
  for (const catalog::IndexRef& index : source.table->indexes) {
    if (!IsReadable(context_, *index)) continue;
    RETURN_IF_ERROR(AddIndexPath(relation, index, source, conjuncts, other, &best));
  }
  return best;
}

std::unique_ptr<IndexScanNode> SelectPlanner::NewIndexScan(catalog::IndexRef index,
                                                           TableColumns source) {
  auto scan = std::make_unique<IndexScanNode>();
  scan->source = std::move(source);
  scan->index = std::move(index);
  Plan& plan = *context_.plan;
  plan.readable_from = std::max(plan.readable_from, scan->index->readable_from);
  return scan;
}

Result<PlanNodePtr> SelectPlanner::TryIndexes(int relation, const TableColumns& source,
                                              std::vector<Conjunct>* conjuncts, PathCost other) {
  ASSIGN_OR_RETURN(std::optional<IndexPath> path, ChooseIndex(relation, source, *conjuncts, other));
  if (!path) return PlanNodePtr();
  auto scan = NewIndexScan(path->index, source);
  std::vector<ExprPtr> filters;
  for (size_t i = 0; i < conjuncts->size(); ++i) {
    if (std::ranges::find(path->condition.used, i) != path->condition.used.end()) {
      scan->bound_conditions.push_back(std::move((*conjuncts)[i].expr));
    } else if (std::ranges::find(path->implied, i) == path->implied.end()) {
      filters.push_back(std::move((*conjuncts)[i].expr));
    }
  }
  scan->filter = JoinConjuncts(std::move(filters));
  KeyCondition& condition = path->condition;
  if (condition.keys.empty()) scan->equal = std::move(condition.equal);
  scan->keys = std::move(condition.keys);
  scan->keys_from_array = condition.keys_from_array;
  scan->lower = std::move(condition.lower);
  scan->upper = std::move(condition.upper);
  scan->lower_inclusive = condition.lower_inclusive;
  scan->upper_inclusive = condition.upper_inclusive;
  scan->index_only = path->index_only;
  scan->estimate.rows = path->rows;
  scan->estimate.cost = path->cost;
  return PlanNodePtr(std::move(scan));
}

// The right side, a table read whole, read by an index for each left row instead, where that is
// cheaper than to read it once and hash it.
Result<bool> SelectPlanner::IndexJoin(const Planned& left, Planned* right, JoinKind kind,
                                      std::vector<Conjunct>* conditions) {
  if (kind == JoinKind::kFull || right->node->kind != PlanKind::kTableScan) return false;
  auto& scan = static_cast<TableScanNode&>(*right->node);
  if (!scan.equal.empty() || scan.lower || scan.upper) return false;
  const int relation = std::countr_zero(right->relations);
  const catalog::TableRef table = scan.source.table;
  const PlanEstimate& outer = left.node->estimate;
  const double rows = TableRows(*table);
  const double hash_cost = CostOfScan(*table, rows) + (outer.rows + 2 * rows) * kHashCost;

  catalog::IndexRef best;
  std::vector<size_t> best_used;
  double best_cost = hash_cost;
  double best_rows = 1;
  for (const catalog::IndexRef& index : table->indexes) {
    if (!IsReadable(context_, *index) || index->predicate_sql) continue;
    ASSIGN_OR_RETURN(auto bound, BindIndex(*context_.catalog, table, index));
    const std::vector<KeyColumn> key = IndexColumns(*index, *bound, relation);
    std::vector<size_t> used;
    for (const KeyColumn& column : key) {
      const size_t before = used.size();
      for (size_t i = 0; i < conditions->size() && used.size() == before; ++i) {
        const Expr *left_key, *right_key;
        if (MatchEquiJoin(*(*conditions)[i].expr, left.relations, right->relations, &left_key,
                          &right_key) &&
            IsKeyColumn(*right_key, relation, column) &&
            KeyValueOf(*left_key, column.type) != nullptr) {
          used.push_back(i);
        }
      }
      if (used.size() == before) break;
    }
    if (used.empty()) continue;
    const bool whole = index->guards_keys() && used.size() == key.size();
    const double share = std::pow(kEqualShare, static_cast<double>(used.size()));
    const double entries = whole ? 1 : std::max(1.0, rows * share);
    const double cost = outer.rows * (kOpenCost + kApplyCost + entries * (kEntryCost + kFetchCost));
    if (cost >= best_cost) continue;
    best = index;
    best_used = std::move(used);
    best_cost = cost;
    best_rows = entries;
  }
  if (best == nullptr) return false;

  ASSIGN_OR_RETURN(auto bound, BindIndex(*context_.catalog, table, best));
  auto lookup = NewIndexScan(best, std::move(scan.source));
  lookup->output = std::move(scan.output);
  lookup->filter = std::move(scan.filter);
  for (size_t k = 0; k < best_used.size(); ++k) {
    const Expr& condition = *(*conditions)[best_used[k]].expr;
    const Expr *left_key, *right_key;
    CHECK(MatchEquiJoin(condition, left.relations, right->relations, &left_key, &right_key));
    const int slot = context_.plan->outer_count++;
    const OuterExpr value(slot, left_key->type, ToString(*left_key));
    right->outer.push_back({slot, left_key->Clone()});
    lookup->equal.push_back(KeyValueOf(value, best->keys[k].type));
    lookup->bound_conditions.push_back(condition.Clone());
  }
  std::vector<Conjunct> rest;
  for (size_t i = 0; i < conditions->size(); ++i) {
    if (std::ranges::find(best_used, i) == best_used.end()) {
      rest.push_back(std::move((*conditions)[i]));
    }
  }
  *conditions = std::move(rest);
  lookup->estimate.rows = best_rows;
  lookup->estimate.cost = best_cost / std::max(1.0, outer.rows);
  EstimateNode(lookup.get());
  right->node = std::move(lookup);
  return true;
}

}  // namespace shale::sql
