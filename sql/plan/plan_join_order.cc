// The order of joins: of the items of a list of inner joins, and of the semi and anti joins that
// WHERE asks for above them. All of these only drop or add columns and rows of what is joined
// already, so that each may be made as early, or as late, as is cheapest.
//
// Conditions with a subquery that takes values of one table are asked above the joins where those
// leave fewer rows than the table has: each answer may cost as much as a query.
#include <algorithm>
#include <bit>

#include "sql/plan/join_order.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// The items as the search for their order sees them.
class ItemModel : public JoinModel {
 public:
  ItemModel(const std::vector<JoinItem>& items, const Estimator& estimator,
            const JoinConditions& conditions)
      : items_(items), estimator_(estimator), conditions_(conditions) {
    RelationSet inner = 0;
    for (const JoinItem& item : items) {
      if (item.kind == JoinKind::kInner) inner |= item.planned.relations;
    }
    for (const JoinItem& item : items) {
      RelationSet required = 0;
      for (const Conjunct& condition : item.conditions) required |= condition.relations & inner;
      if (item.kind != JoinKind::kInner && required == 0) required = inner;
      required_.push_back(ItemsOf(required));
    }
  }

  size_t item_count() const override { return items_.size(); }
  JoinEstimate Item(int item) const override {
    const PlanEstimate& estimate = At(item).planned.node->estimate;
    return {estimate.rows, estimate.cost};
  }
  ItemSet Neighbors(int item) const override {
    return ItemsOf(conditions_.NeighborsOf(At(item).planned.relations));
  }
  ItemSet Requires(int item) const override { return required_[static_cast<size_t>(item)]; }
  double Rows(ItemSet left, double left_rows, ItemSet right, double right_rows) const override {
    return RowsOfJoin(KindOf(right), {RelationsOf(left), left_rows, 0},
                      {RelationsOf(right), right_rows, 0}, conditions_);
  }
  double Cost(ItemSet left, const JoinEstimate& left_estimate, ItemSet right,
              const JoinEstimate& right_estimate, double rows) const override {
    const JoinSide left_side{RelationsOf(left), left_estimate.rows, left_estimate.cost};
    const JoinSide right_side{RelationsOf(right), right_estimate.rows, right_estimate.cost};
    const JoinKind kind = KindOf(right);
    const double cost = conditions_.Choose(left_side, right_side, kind, rows).cost;
    if (kind != JoinKind::kSemi) return cost;
    const auto turned = TurnSemiJoin(estimator_, conditions_, left_side, right_side,
                                     At(std::countr_zero(right)).conditions, rows);
    return turned ? std::min(cost, turned->method.cost) : cost;
  }

 private:
  const JoinItem& At(int item) const { return items_[static_cast<size_t>(item)]; }
  // Of the join that has these on its right.
  JoinKind KindOf(ItemSet right) const {
    return std::has_single_bit(right) ? At(std::countr_zero(right)).kind : JoinKind::kInner;
  }
  RelationSet RelationsOf(ItemSet items) const {
    RelationSet relations = 0;
    for (; items != 0; items &= items - 1) {
      relations |= At(std::countr_zero(items)).planned.relations;
    }
    return relations;
  }
  ItemSet ItemsOf(RelationSet relations) const {
    ItemSet items = 0;
    for (size_t i = 0; i < items_.size(); ++i) {
      if ((items_[i].planned.relations & relations) != 0) items |= ItemSet{1} << i;
    }
    return items;
  }

  const std::vector<JoinItem>& items_;
  const Estimator& estimator_;
  const JoinConditions& conditions_;
  std::vector<ItemSet> required_;
};

// Takes values of the relations: another answer for each of their rows.
bool HasDependentSubquery(const Expr& expr) {
  bool has = false;
  Walk(expr, [&](const Expr& node) {
    if (node.kind == ExprKind::kSubquery) {
      const auto& outer = static_cast<const SubqueryExpr&>(node).outer;
      has |= std::ranges::any_of(
          outer, [](const SubqueryExpr::Outer& value) { return RelationsOf(*value.value) != 0; });
    }
    return !has;
  });
  return has;
}

}  // namespace

std::vector<Conjunct> TakeDependent(std::vector<Conjunct>* from) {
  std::vector<Conjunct> taken;
  std::vector<Conjunct> others;
  for (Conjunct& conjunct : *from) {
    const bool is_dependent = std::has_single_bit(conjunct.relations) &&
                              !IsVolatile(*conjunct.expr) && HasDependentSubquery(*conjunct.expr);
    (is_dependent ? taken : others).push_back(std::move(conjunct));
  }
  *from = std::move(others);
  return taken;
}

Result<std::unique_ptr<JoinTree>> SelectPlanner::OrderOf(const std::vector<JoinItem>& items,
                                                         const std::vector<Conjunct>& conjuncts) {
  std::vector<const Conjunct*> all = PointersTo(conjuncts);
  for (const JoinItem& item : items) {
    for (const Conjunct& condition : item.conditions) all.push_back(&condition);
  }
  JoinConditions conditions(estimator_, all);
  for (const JoinItem& item : items) {
    ASSIGN_OR_RETURN(std::vector<TableKey> keys, TableKeysOf(item.planned));
    conditions.AddKeys(std::countr_zero(item.planned.relations), keys);
  }
  return ChooseJoinOrder(ItemModel(items, estimator_, conditions));
}

Result<Planned> SelectPlanner::JoinInOrder(std::vector<JoinItem> items,
                                           std::vector<Conjunct>* conjuncts,
                                           std::vector<Conjunct> dependent) {
  ASSIGN_OR_RETURN(std::unique_ptr<JoinTree> tree, OrderOf(items, *conjuncts));
  std::vector<Conjunct> above;
  const size_t waiting = dependent.size();
  for (Conjunct& conjunct : dependent) {
    auto item = std::ranges::find_if(items, [&](const JoinItem& candidate) {
      return Contains(candidate.planned.relations, conjunct.relations);
    });
    CHECK(item != items.end());
    if (item->planned.node->estimate.rows < tree->rows) {
      std::vector<Conjunct> one;
      one.push_back(std::move(conjunct));
      AddFilter(&item->planned, std::move(one));
    } else {
      above.push_back(std::move(conjunct));
    }
  }
  if (above.size() < waiting) {
    ASSIGN_OR_RETURN(tree, OrderOf(items, *conjuncts));
  }
  ASSIGN_OR_RETURN(Planned joined, JoinTreeOf(*tree, &items, conjuncts));
  AddFilter(&joined, std::move(above));
  return joined;
}

Result<Planned> SelectPlanner::JoinTreeOf(const JoinTree& tree, std::vector<JoinItem>* items,
                                          std::vector<Conjunct>* conjuncts) {
  if (tree.item >= 0) return std::move((*items)[static_cast<size_t>(tree.item)].planned);
  ASSIGN_OR_RETURN(Planned left, JoinTreeOf(*tree.left, items, conjuncts));
  ASSIGN_OR_RETURN(Planned right, JoinTreeOf(*tree.right, items, conjuncts));
  if (tree.right->item >= 0) {
    JoinItem& item = (*items)[static_cast<size_t>(tree.right->item)];
    if (item.kind != JoinKind::kInner) {
      return Join(std::move(left), std::move(right), item.kind, std::move(item.conditions));
    }
  }
  auto conditions = TakeWithin(conjuncts, left.relations | right.relations);
  return Join(std::move(left), std::move(right), JoinKind::kInner, std::move(conditions));
}

}  // namespace shale::sql
