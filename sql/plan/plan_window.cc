// Windows. Everything that they and their calls refer to is computed once, below the first of them;
// then each window has its sort, where the rows do not come in its order already, and its node.
#include <algorithm>
#include <numeric>

#include "sql/expr/resolve.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// Stands for the results of window calls in ColumnExpr::relation, as -1 does for those of grouping.
constexpr int kWindowRelation = -2;

bool StartsWith(const std::vector<SortKey>& keys, const std::vector<SortKey>& wanted) {
  return keys.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), keys.begin());
}

void AddKey(const SortKey& key, std::vector<SortKey>* keys) {
  auto same_slot = [&](const SortKey& one) { return one.slot == key.slot; };
  if (std::ranges::none_of(*keys, same_slot)) keys->push_back(key);
}

}  // namespace

int SelectPlanner::SlotOf(const Expr& expr) const {
  for (const auto& [known, slot] : window_slots_) {
    if (Equal(*known, expr)) return slot;
  }
  CHECK(false);
  return -1;
}

void SelectPlanner::ProjectForWindows(Planned* planned) {
  std::vector<ExprPtr> exprs = PassThrough(*planned->node);
  const size_t passed = exprs.size();
  auto add = [&](const ExprPtr& expr) {
    for (const auto& [known, slot] : window_slots_) {
      if (Equal(*known, *expr)) return;
    }
    ExprPtr computed = expr->Clone();
    AssignSlots(computed.get(), planned->slots);
    int slot = static_cast<int>(exprs.size());
    if (computed->kind == ExprKind::kColumn) {
      slot = static_cast<const ColumnExpr&>(*computed).slot;
      exprs[static_cast<size_t>(slot)] = std::move(computed);  // which has a name
    } else {
      exprs.push_back(std::move(computed));
    }
    window_slots_.emplace_back(expr->Clone(), slot);
  };
  ForEachExpr(select_->windows, add);
  for (const BoundTarget& target : select_->targets) {
    Walk(*target.expr, [&](const Expr& node) {
      if (node.kind != ExprKind::kWindow) return true;
      const auto& call = static_cast<const WindowExpr&>(node);
      for (const ExprPtr& arg : call.args) add(arg);
      if (call.filter != nullptr) add(call.filter);
      return false;
    });
  }
  const bool sorts = std::ranges::any_of(select_->windows, [](const BoundWindow& window) {
    return !window.partition_by.empty() || !window.order_by.empty();
  });
  if (exprs.size() == passed && !sorts) return;
  planned->node = MakeProject(std::move(planned->node), std::move(exprs));
}

std::vector<SortKey> SelectPlanner::KeysOfWindow(const BoundWindow& window) const {
  std::vector<SortKey> keys;
  for (const ExprPtr& expr : window.partition_by) {
    SortKey key{SlotOf(*expr)};
    for (const BoundWindow::Order& order : window.order_by) {
      if (!Equal(*order.expr, *expr)) continue;
      key.descending = order.descending;
      key.nulls_first = order.nulls_first;
      break;
    }
    AddKey(key, &keys);
  }
  for (const BoundWindow::Order& order : window.order_by) {
    AddKey({SlotOf(*order.expr), order.descending, order.nulls_first}, &keys);
  }
  return keys;
}

// As PostgreSQL has it, since the order of the result tells where there is no ORDER BY: expressions
// are numbered as ORDER BY, GROUP BY and the windows name them, and windows whose keys have higher
// numbers come first, longer ones before those that they begin with.
std::vector<int> SelectPlanner::OrderOfWindows() const {
  std::vector<int> numbered;  // slots
  auto number = [&](int slot) {
    if (std::ranges::find(numbered, slot) == numbered.end()) numbered.push_back(slot);
  };
  for (const BoundSortKey& sort : select_->order_by) {
    const Expr& expr = *select_->targets[static_cast<size_t>(sort.target)].expr;
    for (const auto& [known, slot] : window_slots_) {
      if (Equal(*known, expr)) number(slot);
    }
  }
  for (size_t i = 0; i < select_->group_by.size(); ++i) {
    for (const auto& [known, slot] : window_slots_) {
      if (known->kind != ExprKind::kColumn) continue;
      const auto& column = static_cast<const ColumnExpr&>(*known);
      if (column.relation == -1 && column.column == static_cast<int>(i)) number(slot);
    }
  }
  std::vector<std::vector<SortKey>> keys;
  for (const BoundWindow& window : select_->windows) {
    keys.push_back(KeysOfWindow(window));
    for (const BoundWindow::Order& order : window.order_by) number(SlotOf(*order.expr));
    for (const ExprPtr& expr : window.partition_by) number(SlotOf(*expr));
  }
  auto number_of = [&](const SortKey& key) {
    return std::ranges::find(numbered, key.slot) - numbered.begin();
  };
  auto before = [&](int left, int right) {
    const std::vector<SortKey>& a = keys[static_cast<size_t>(left)];
    const std::vector<SortKey>& b = keys[static_cast<size_t>(right)];
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      if (number_of(a[i]) != number_of(b[i])) return number_of(a[i]) > number_of(b[i]);
      if (a[i].descending != b[i].descending) return a[i].descending;
      if (a[i].nulls_first != b[i].nulls_first) return a[i].nulls_first;
    }
    return a.size() > b.size();
  };
  std::vector<int> order(select_->windows.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), before);
  return order;
}

// Equal calls are computed once, unless they would not be equal.
void SelectPlanner::AddWindowCalls(Planned* planned, int window, WindowAggNode* node) {
  std::vector<std::pair<ExprPtr, int>> known;
  for (BoundTarget& target : select_->targets) {
    Rewrite(target.expr, [&](ExprPtr& expr) {
      if (expr->kind != ExprKind::kWindow) return true;
      const auto& call = static_cast<const WindowExpr&>(*expr);
      if (call.window != window) return false;
      int slot = -1;
      for (const auto& [earlier, at] : known) {
        if (!IsVolatile(*expr) && Equal(*earlier, *expr)) slot = at;
      }
      if (slot < 0) {
        WindowAggNode::Call planned_call{
            call.function, call.aggregate, {}, -1, call.type, fmt::format("({})", ToString(*expr))};
        for (const ExprPtr& arg : call.args) planned_call.args.push_back(SlotOf(*arg));
        if (call.filter != nullptr) planned_call.filter = SlotOf(*call.filter);
        slot = static_cast<int>(node->output.size());
        node->output.push_back(call.type);
        node->calls.push_back(std::move(planned_call));
        known.emplace_back(expr->Clone(), slot);
        planned->slots[{kWindowRelation, slot}] = slot;
      }
      expr = std::make_unique<ColumnExpr>(kWindowRelation, slot, expr->type,
                                          fmt::format("({})", ToString(*expr)));
      return false;
    });
  }
}

Status SelectPlanner::PlanWindows(Planned* planned) {
  ProjectForWindows(planned);
  for (int window : OrderOfWindows()) {
    BoundWindow& bound = select_->windows[static_cast<size_t>(window)];
    std::vector<SortKey> keys = KeysOfWindow(bound);
    if (!StartsWith(window_order_, keys)) {
      planned->node = AddSort(std::move(planned->node), keys);
      window_order_ = std::move(keys);
    }
    auto node = std::make_unique<WindowAggNode>();
    node->output = planned->node->output;
    for (const ExprPtr& expr : bound.partition_by) node->partition.push_back(SlotOf(*expr));
    for (const BoundWindow::Order& order : bound.order_by) {
      node->order.push_back({SlotOf(*order.expr), order.descending, order.nulls_first});
    }
    node->frame = std::move(bound.frame);
    AddWindowCalls(planned, window, node.get());
    node->child = std::move(planned->node);
    EstimateNode(node.get());
    planned->node = std::move(node);
  }
  return Status::Ok();
}

bool SelectPlanner::OrderedByWindow(const Planned& planned) const {
  if (window_order_.empty() || select_->distinct || select_->order_by.empty()) return false;
  std::vector<SortKey> wanted;
  for (const BoundSortKey& sort : select_->order_by) {
    const Expr& expr = *select_->targets[static_cast<size_t>(sort.target)].expr;
    int slot = -1;
    if (expr.kind == ExprKind::kColumn) {
      const auto& column = static_cast<const ColumnExpr&>(expr);
      auto found = planned.slots.find({column.relation, column.column});
      if (found != planned.slots.end()) slot = found->second;
    }
    for (const auto& [known, at] : window_slots_) {
      if (!IsVolatile(expr) && Equal(*known, expr)) slot = at;
    }
    if (slot < 0) return false;
    wanted.push_back({slot, sort.descending, sort.nulls_first});
  }
  return StartsWith(window_order_, wanted);
}

}  // namespace shale::sql
