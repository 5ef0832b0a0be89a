// The short path: SELECT of expressions on the one row of a whole primary or unique key.
#include <algorithm>

#include "sql/plan/key_range.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// A unique index, of all rows, whose whole key the conjuncts give; null: none.
catalog::IndexRef FindUniqueIndex(const PlanContext& context, const catalog::TableRef& table,
                                  const std::vector<Conjunct>& conjuncts, KeyCondition* condition) {
  for (const catalog::IndexRef& index : table->indexes) {
    if (!index->guards_keys() || index->predicate_sql || !IsReadable(context, *index)) continue;
    auto bound = BindIndex(*context.catalog, table, index);
    if (!bound.ok()) continue;
    *condition = FindKeyCondition(IndexColumns(*index, **bound, 0), KeyKind::kIndex, 0, conjuncts);
    auto is_null = [](const ExprPtr& value) { return value == nullptr; };
    if (condition->equal.size() == index->keys.size() &&
        std::ranges::none_of(condition->equal, is_null)) {
      return index;
    }
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<PointLookup> PlanPointLookup(const PlanContext& context,
                                             const BoundSelect& select) {
  if (select.set_operation != BoundSetOperation::kNone || select.grouped || select.distinct ||
      !select.windows.empty() || !select.order_by.empty() || select.limit || select.offset ||
      !select.locks.empty() || select.range_table.size() != 1 || select.from == nullptr ||
      select.from->relation != 0 || select.range_table[0].kind != RangeEntry::Kind::kTable ||
      select.where == nullptr) {
    return nullptr;
  }
  const catalog::TableRef& table = select.range_table[0].table;
  std::vector<Conjunct> conjuncts;
  SplitConjuncts(select.where->Clone(), &conjuncts);
  for (const Conjunct& conjunct : conjuncts) {
    if (IsVolatile(*conjunct.expr)) return nullptr;
  }
  KeyCondition condition = FindKeyCondition(*table, 0, conjuncts);
  catalog::IndexRef index;
  if (table->primary_key.empty() || condition.equal.size() != table->primary_key.size()) {
    index = FindUniqueIndex(context, table, conjuncts, &condition);
    if (index == nullptr) return nullptr;
    context.plan->readable_from = std::max(context.plan->readable_from, index->readable_from);
  }

  auto lookup = std::make_unique<PointLookup>();
  lookup->table = table;
  if (index != nullptr) lookup->index = std::make_unique<catalog::IndexCodec>(table, index);
  lookup->key = std::move(condition.equal);
  // Slots are column positions.
  std::map<std::pair<int, int>, int> slots;
  for (size_t i = 0; i < table->columns.size(); ++i) {
    slots[{0, static_cast<int>(i)}] = static_cast<int>(i);
  }
  std::vector<ExprPtr> filters;
  for (size_t i = 0; i < conjuncts.size(); ++i) {
    if (std::find(condition.used.begin(), condition.used.end(), i) != condition.used.end()) {
      continue;
    }
    filters.push_back(std::move(conjuncts[i].expr));
  }
  lookup->filter = JoinConjuncts(std::move(filters));
  auto read = [&](Expr* expr) {
    AssignSlots(expr, slots);
    Walk(*expr, [&](const Expr& node) {
      if (node.kind == ExprKind::kColumn) {
        int column = static_cast<const ColumnExpr&>(node).column;
        auto place = std::lower_bound(lookup->columns.begin(), lookup->columns.end(), column);
        if (place == lookup->columns.end() || *place != column) {
          lookup->columns.insert(place, column);
        }
      }
      return true;
    });
  };
  if (lookup->filter) read(lookup->filter.get());
  for (const BoundTarget& target : select.targets) {
    if (target.hidden) return nullptr;
    lookup->exprs.push_back(target.expr->Clone());
    read(lookup->exprs.back().get());
    const Expr& expr = *lookup->exprs.back();
    lookup->plain_columns.push_back(
        expr.kind == ExprKind::kColumn ? static_cast<const ColumnExpr&>(expr).column : -1);
  }
  return lookup;
}

}  // namespace shale::sql
