#include "sql/bind/bound_subquery.h"

#include <algorithm>

namespace shale::sql {
namespace {

void ForEachCondition(FromNode* node, const std::function<void(ExprPtr&)>& visit) {
  if (node == nullptr) return;
  if (node->condition != nullptr) visit(node->condition);
  ForEachCondition(node->left.get(), visit);
  ForEachCondition(node->right.get(), visit);
}

}  // namespace

void ForEachExpr(BoundSelect& select, const std::function<void(ExprPtr&)>& visit) {
  auto visit_one = [&](ExprPtr& expr) {
    if (expr != nullptr) visit(expr);
  };
  for (RangeEntry& entry : select.range_table) {
    for (BoundTableFunction& function : entry.functions) visit_one(function.call);
    for (std::vector<ExprPtr>& row : entry.values) std::ranges::for_each(row, visit_one);
    for (OuterBinding& binding : entry.outer) visit_one(binding.expr);
  }
  ForEachCondition(select.from.get(), visit);
  visit_one(select.where);
  std::ranges::for_each(select.group_by, visit_one);
  visit_one(select.having);
  for (BoundTarget& target : select.targets) visit_one(target.expr);
  ForEachWindowExpr(select.windows, visit_one);
  for (BoundWindow& window : select.windows) {
    visit_one(window.frame.start_offset);
    visit_one(window.frame.end_offset);
  }
  visit_one(select.limit);
  visit_one(select.offset);
}

void ForEachQuery(BoundSelect& select, const std::function<void(BoundSelect&)>& visit) {
  for (RangeEntry& entry : select.range_table) {
    if (entry.subquery != nullptr) visit(*entry.subquery);
  }
  if (select.left != nullptr) visit(*select.left);
  if (select.right != nullptr) visit(*select.right);
}

void WalkQuery(const BoundSelect& select, const std::function<void(const Expr&)>& visit) {
  auto& query = const_cast<BoundSelect&>(select);  // nothing is changed
  ForEachExpr(query, [&](ExprPtr& expr) {
    Walk(*expr, [&](const Expr& node) {
      visit(node);
      if (node.kind == ExprKind::kSubquery) {
        const auto& subquery = static_cast<const SubqueryExpr&>(node);
        if (subquery.info->body != nullptr) WalkQuery(*BodyOf(subquery).select, visit);
      }
      return true;
    });
  });
  ForEachQuery(query, [&](BoundSelect& inner) { WalkQuery(inner, visit); });
}

namespace {

class CteWalker {
 public:
  CteWalker(const BoundCtes& ctes, const std::function<void(const Expr&)>& visit)
      : ctes_(ctes), visit_(visit), seen_(ctes.size()) {}

  void Walk(const BoundSelect& select) {
    auto& query = const_cast<BoundSelect&>(select);  // nothing is changed
    for (const RangeEntry& entry : select.range_table) {
      if (entry.kind == RangeEntry::Kind::kCte) WalkItem(static_cast<size_t>(entry.cte));
    }
    ForEachExpr(query, [this](ExprPtr& expr) {
      sql::Walk(*expr, [this](const Expr& node) {
        visit_(node);
        if (node.kind == ExprKind::kSubquery) {
          const auto& subquery = static_cast<const SubqueryExpr&>(node);
          if (subquery.info->body != nullptr) Walk(*BodyOf(subquery).select);
        }
        return true;
      });
    });
    ForEachQuery(query, [this](BoundSelect& inner) { Walk(inner); });
  }

 private:
  void WalkItem(size_t number) {
    if (seen_[number] || ctes_[number]->select == nullptr) return;
    seen_[number] = true;
    Walk(*ctes_[number]->select);
  }

  const BoundCtes& ctes_;
  const std::function<void(const Expr&)>& visit_;
  std::vector<bool> seen_;
};

}  // namespace

void WalkQuery(const BoundSelect& select, const BoundCtes& ctes,
               const std::function<void(const Expr&)>& visit) {
  CteWalker(ctes, visit).Walk(select);
}

bool TakesCasts(const BoundSelect& select) {
  return select.set_operation == BoundSetOperation::kNone && !select.distinct &&
         select.order_by.empty() && select.limit == nullptr && select.offset == nullptr;
}

void NoteCalls(const BoundSelect& select, const BoundCtes& ctes, SubqueryInfo* info) {
  WalkQuery(select, ctes, [info](const Expr& node) {
    if (node.kind != ExprKind::kCall) return;
    const Function& function = *static_cast<const CallExpr&>(node).function;
    info->is_volatile |= function.volatility == Volatility::kVolatile;
    info->takes_locks |= function.takes_locks;
  });
}

size_t ColumnCount(const BoundSelect& select) {
  return static_cast<size_t>(std::ranges::count_if(
      select.targets, [](const BoundTarget& target) { return !target.hidden; }));
}

const BoundTarget& VisibleTarget(const BoundSelect& select, size_t index) {
  auto at = select.targets.begin();
  while (at->hidden || index-- > 0) ++at;
  return *at;
}

}  // namespace shale::sql
