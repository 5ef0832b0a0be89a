// Correlated subqueries whose only tie to the queries around them is `column = outer value`:
//
//   (SELECT f(aggregates) FROM ... WHERE k = t.k AND c)
//     is f over the row for t.k of: SELECT k, aggregates FROM ... WHERE c GROUP BY k
//   EXISTS (SELECT FROM ... WHERE k = t.k AND c)
//     is whether there is one of: SELECT DISTINCT k FROM ... WHERE c
//
// Such a plan reads its tables once, not once for each value; who evaluates takes it when the
// values have turned out to be many. Arguments of its aggregates are computed for values that
// nobody asks for too, so they must be such that cannot fail.
#include <algorithm>
#include <set>

#include "sql/bind/bound_subquery.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

std::unique_ptr<FromNode> CloneFrom(const FromNode& from) {
  auto copy = std::make_unique<FromNode>();
  copy->relation = from.relation;
  copy->join = from.join;
  if (from.left != nullptr) copy->left = CloneFrom(*from.left);
  if (from.right != nullptr) copy->right = CloneFrom(*from.right);
  if (from.condition != nullptr) copy->condition = from.condition->Clone();
  return copy;
}

// Over tables, without anything that another query could depend on.
bool IsPlainQuery(const BoundSelect& select) {
  if (select.set_operation != BoundSetOperation::kNone || select.having != nullptr ||
      select.distinct || !select.group_by.empty() || !select.order_by.empty() ||
      select.limit != nullptr || select.offset != nullptr || !select.locks.empty() ||
      !select.windows.empty() || !select.grouping_sets.empty() || !select.with.empty() ||
      select.from == nullptr) {
    return false;
  }
  if (!std::ranges::all_of(select.range_table, [](const RangeEntry& entry) {
        return entry.kind == RangeEntry::Kind::kTable;
      })) {
    return false;
  }
  bool is_plain = true;
  WalkQuery(select, [&](const Expr& node) {
    is_plain &= node.kind != ExprKind::kSubquery && !GivesSet(node);
  });
  return is_plain;
}

// The query with FROM, and nothing else.
std::unique_ptr<BoundSelect> CloneTables(const BoundSelect& select) {
  auto copy = std::make_unique<BoundSelect>();
  for (const RangeEntry& entry : select.range_table) {
    RangeEntry& one = copy->range_table.emplace_back();
    one.kind = entry.kind;
    one.alias = entry.alias;
    one.columns = entry.columns;
    one.table = entry.table;
  }
  copy->from = CloneFrom(*select.from);
  return copy;
}

bool HasOuter(const Expr& expr) {
  bool has = false;
  Walk(expr, [&](const Expr& node) {
    has |= node.kind == ExprKind::kOuter;
    return !has;
  });
  return has;
}

bool FromHasOuter(const FromNode& from) {
  return (from.condition != nullptr && HasOuter(*from.condition)) ||
         (from.left != nullptr && FromHasOuter(*from.left)) ||
         (from.right != nullptr && FromHasOuter(*from.right));
}

// `own = outer`, by the = of one type.
bool MatchKey(const Expr& condition, const Expr** own, const Expr** outer) {
  if (condition.kind != ExprKind::kCall) return false;
  const auto& call = static_cast<const CallExpr&>(condition);
  if (call.name != "=" || call.form != CallExpr::Form::kOperator || call.args.size() != 2 ||
      call.function->args[0] != call.function->args[1]) {
    return false;
  }
  const bool turned = HasOuter(*call.args[0]);
  *own = call.args[turned ? 1 : 0].get();
  *outer = call.args[turned ? 0 : 1].get();
  return RelationsOf(**own) != 0 && !HasOuter(**own) && RelationsOf(**outer) == 0;
}

// One row of the table is found by an index rather.
bool HasIndexOn(const BoundSelect& select, const Expr& own) {
  const Expr& inner = StripRelabel(own);
  if (inner.kind != ExprKind::kColumn) return false;
  const auto& column = static_cast<const ColumnExpr&>(inner);
  const catalog::TableDesc& table = *select.range_table[static_cast<size_t>(column.relation)].table;
  if (!table.primary_key.empty() && table.primary_key[0] == column.column) return true;
  return std::ranges::any_of(table.indexes, [&](const catalog::IndexRef& index) {
    return index->keys[0].column == column.column && !index->predicate_sql;
  });
}

bool CannotFail(const Expr& expr) {
  bool can = false;
  Walk(expr, [&](const Expr& node) {
    can |= node.kind != ExprKind::kColumn && node.kind != ExprKind::kConstant &&
           node.kind != ExprKind::kRelabel && node.kind != ExprKind::kAggregate;
    return !can;
  });
  return !can;
}

// Takes the aggregates out of the value; false: there is one that has to stay with its rows.
bool TakeAggregates(const SubqueryExpr& expr, ExprPtr value, KeyedSubplan* keyed) {
  bool fits = true;
  keyed->result = std::move(value);
  Rewrite(keyed->result, [&](ExprPtr& node) {
    if (node->kind == ExprKind::kColumn) fits = false;
    if (node->kind != ExprKind::kAggregate) return true;
    const Aggregate& aggregate = *static_cast<const AggregateExpr&>(*node).aggregate;
    fits &= aggregate.form == Aggregate::Form::kPlain && CannotFail(*node);
    auto column = std::make_unique<ColumnExpr>(-1, static_cast<int>(keyed->aggregates.size()),
                                               node->type, ToString(*node));
    column->slot = column->column;
    keyed->aggregates.emplace_back(static_cast<AggregateExpr*>(node.release()));
    node = std::move(column);
    return false;
  });
  if (keyed->aggregates.empty()) return false;
  Rewrite(keyed->result, [&](ExprPtr& node) {
    if (node->kind != ExprKind::kOuter) return true;
    const int slot = static_cast<const OuterExpr&>(*node).slot;
    for (size_t i = 0; i < expr.outer.size(); ++i) {
      if (expr.outer[i].slot != slot) continue;
      auto column = std::make_unique<ColumnExpr>(-1, static_cast<int>(keyed->aggregates.size() + i),
                                                 node->type, ToString(*node));
      column->slot = column->column;
      node = std::move(column);
      break;
    }
    return false;
  });
  return fits;
}

ExprPtr OverOuterValues(const SubqueryExpr& expr, const Expr& outer) {
  ExprPtr copy = outer.Clone();
  Rewrite(copy, [&](ExprPtr& node) {
    if (node->kind != ExprKind::kOuter) return true;
    const int slot = static_cast<const OuterExpr&>(*node).slot;
    for (size_t i = 0; i < expr.outer.size(); ++i) {
      if (expr.outer[i].slot != slot) continue;
      auto column =
          std::make_unique<ColumnExpr>(-1, static_cast<int>(i), node->type, ToString(*node));
      column->slot = column->column;
      node = std::move(column);
      break;
    }
    return false;
  });
  return copy;
}

void AddTarget(BoundSelect* select, ExprPtr expr) {
  BoundTarget target;
  target.column.type = expr->type;
  target.expr = std::move(expr);
  select->targets.push_back(std::move(target));
}

}  // namespace

Result<std::unique_ptr<KeyedSubplan>> PlanKeyed(const PlanContext& context,
                                                const SubqueryExpr& expr,
                                                const BoundSelect& select) {
  const bool is_exists = expr.form == SubqueryExpr::Form::kExists;
  if ((!is_exists && expr.form != SubqueryExpr::Form::kScalar) || expr.outer.empty() ||
      expr.info->is_volatile || select.where == nullptr || select.grouped == is_exists ||
      select.targets.size() != (is_exists ? 0 : 1) || !IsPlainQuery(select) ||
      FromHasOuter(*select.from)) {
    return nullptr;
  }
  auto keyed = std::make_unique<KeyedSubplan>();
  if (!is_exists && !TakeAggregates(expr, select.targets[0].expr->Clone(), keyed.get())) {
    return nullptr;
  }
  std::unique_ptr<BoundSelect> query = CloneTables(select);
  std::vector<Conjunct> conjuncts;
  SplitConjuncts(select.where->Clone(), &conjuncts);
  std::vector<ExprPtr> rest;
  for (Conjunct& conjunct : conjuncts) {
    const Expr *own, *outer;
    if (!HasOuter(*conjunct.expr)) {
      rest.push_back(std::move(conjunct.expr));
      continue;
    }
    if (!MatchKey(*conjunct.expr, &own, &outer) || HasIndexOn(select, *own)) return nullptr;
    AddTarget(query.get(), own->Clone());
    keyed->lookup.push_back(OverOuterValues(expr, *outer));
    if (!is_exists) query->group_by.push_back(own->Clone());
  }
  if (keyed->lookup.empty()) return nullptr;
  query->where = JoinConjuncts(std::move(rest));
  query->grouped = !is_exists;
  query->distinct = is_exists;
  for (const auto& aggregate : keyed->aggregates) AddTarget(query.get(), aggregate->Clone());
  SelectPlanner planner(context, query.get());
  ASSIGN_OR_RETURN(keyed->root, planner.PlanSelect());
  return keyed;
}

}  // namespace shale::sql
