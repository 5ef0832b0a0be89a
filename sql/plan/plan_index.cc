// Choosing between a table's primary key, its indexes and all of it, by cost: one path per index
// that some condition, or the order asked for, can use.
#include <algorithm>
#include <cmath>

#include "catalog/index_codec.h"
#include "sql/bind/bind_index.h"
#include "sql/expr/implication.h"
#include "sql/plan/cost.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

constexpr double kUnknownLimitShare = 0.1;

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
    KeyColumn column{index.keys[i].column, nullptr, catalog::BaseOf(index.keys[i].type)};
    if (bound.keys[i] != nullptr) {
      column.expr = bound.keys[i]->Clone();
      SetRelation(column.expr, relation);
    }
    key.push_back(std::move(column));
  }
  return key;
}

bool IsReadable(const PlanContext& context, const catalog::IndexDesc& index) {
  if (index.state != catalog::IndexState::kValid) return false;
  if (index.readable_from <= context.snapshot) return true;
  context.plan->outdated_from = std::max(context.plan->outdated_from, index.readable_from);
  return false;
}

bool IndexHasAll(const TableColumns& source, const catalog::IndexRef& index) {
  const catalog::IndexCodec codec(source.table, index);
  return !source.emit_key &&
         std::ranges::all_of(source.columns, [&codec](int column) { return codec.Covers(column); });
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

bool SelectPlanner::OrderMatters(int relation) const {
  return !select_->order_by.empty() && !select_->grouped && !select_->distinct &&
         select_->from != nullptr && select_->from->relation == relation;
}

// What rows of this cost cost in the order asked for, as far as LIMIT wants them.
double SelectPlanner::CostOfOrder(int relation, double whole, double rows, bool ordered) const {
  if (!OrderMatters(relation)) return whole;
  if (!ordered) return whole + cost::Sort(rows);
  if (select_->limit == nullptr) return whole;
  if (select_->limit->kind != ExprKind::kConstant) return whole * kUnknownLimitShare;
  const auto& limit = static_cast<const ConstantExpr&>(*select_->limit).value;
  if (limit.is_null()) return whole;
  const double wanted = std::max(1.0, static_cast<double>(limit.datum().int64));
  return whole * std::min(1.0, wanted / std::max(1.0, rows));
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
  double rows = EstimateTableRows(context_, *table);
  if (bound->predicate) {
    ExprPtr predicate = bound->predicate->Clone();
    SetRelation(predicate, relation);
    std::vector<const Expr*> given;
    for (const Conjunct& conjunct : conjuncts) given.push_back(conjunct.expr.get());
    if (!Implies(given, *predicate)) return Status::Ok();
    for (size_t i = 0; i < conjuncts.size(); ++i) {
      if (Implies({predicate.get()}, *conjuncts[i].expr)) path.implied.push_back(i);
    }
    rows *= estimator_.Of(*predicate);
  }
  path.index_only = IndexHasAll(source, index);
  const size_t held =
      path.condition.keys.empty() ? path.condition.equal.size() : path.condition.keys[0].size() - 1;
  bool reverse = false;
  const bool ordered = IsOrderOf(key, index.get(), held, relation, &reverse);
  if (path.condition.empty() && !ordered && !bound->predicate) return Status::Ok();
  path.entries = IsWholeKey(*index, path.condition)
                     ? 1
                     : std::max(1.0, rows * SelectivityOf(conjuncts, path.condition.used));
  path.rows = std::max(1.0, EstimateTableRows(context_, *table) * SelectivityOf(conjuncts));
  path.rows = std::min(path.rows, path.entries);
  path.cost = cost::kOpen + cost::Entries(path.entries);
  if (!path.index_only) path.cost += cost::Fetch(path.entries, BytesOfTable(context_, *table));
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
    if (std::ranges::find(path->condition.narrowed, i) != path->condition.narrowed.end()) {
      scan->bound_conditions.push_back((*conjuncts)[i].expr->Clone());
    }
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

}  // namespace shale::sql
