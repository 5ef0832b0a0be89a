#include "sql/plan/join_order.h"

#include <algorithm>
#include <limits>

#include "engine/base/check.h"

namespace shale::sql {
namespace {

ItemSet Bit(int item) { return ItemSet{1} << item; }

std::unique_ptr<JoinTree> Leaf(int item, double rows) {
  auto tree = std::make_unique<JoinTree>();
  tree->item = item;
  tree->rows = rows;
  return tree;
}

std::unique_ptr<JoinTree> Pair(std::unique_ptr<JoinTree> left, std::unique_ptr<JoinTree> right,
                               double rows) {
  auto tree = std::make_unique<JoinTree>();
  tree->rows = rows;
  tree->left = std::move(left);
  tree->right = std::move(right);
  return tree;
}

// The items that are joined with the given one next to others: by a condition, or since a semi join
// needs both of them.
ItemSet AdjacentTo(const JoinModel& model, int item) {
  ItemSet adjacent = model.Neighbors(item) | model.Requires(item);
  for (size_t i = 0; i < model.item_count(); ++i) {
    const ItemSet required = model.Requires(static_cast<int>(i));
    if ((required & Bit(item)) != 0) adjacent |= required | Bit(static_cast<int>(i));
  }
  return adjacent & ~Bit(item);
}

// Whether the right items may be joined to the left ones.
bool MayJoin(const JoinModel& model, ItemSet left, ItemSet right) {
  auto is_lone_semi = [&model](ItemSet items) {
    return std::has_single_bit(items) && model.Requires(std::countr_zero(items)) != 0;
  };
  if (is_lone_semi(left)) return false;
  if (!is_lone_semi(right)) return true;
  return (model.Requires(std::countr_zero(right)) & ~left) == 0;
}

// Items that conditions connect with each other, directly or through others.
std::vector<ItemSet> Components(const JoinModel& model) {
  std::vector<ItemSet> components;
  ItemSet left = 0;
  for (size_t i = 0; i < model.item_count(); ++i) left |= Bit(static_cast<int>(i));
  while (left != 0) {
    ItemSet component = left & (~left + 1);
    for (ItemSet next = component; next != 0;) {
      const int item = std::countr_zero(next);
      next &= next - 1;
      const ItemSet found = AdjacentTo(model, item) & left & ~component;
      component |= found;
      next |= found;
    }
    components.push_back(component);
    left &= ~component;
  }
  return components;
}

struct OrderedPart {
  ItemSet items = 0;
  JoinEstimate estimate;
  std::unique_ptr<JoinTree> tree;
};

// The better of the two ways round, of those that may be; one may.
OrderedPart JoinParts(const JoinModel& model, OrderedPart left, OrderedPart right) {
  if (!MayJoin(model, left.items, right.items)) std::swap(left, right);
  const double rows = model.Rows(left.items, left.estimate.rows, right.items, right.estimate.rows);
  double cost = model.Cost(left.items, left.estimate, right.items, right.estimate, rows);
  if (MayJoin(model, right.items, left.items)) {
    const double turned = model.Cost(right.items, right.estimate, left.items, left.estimate, rows);
    if (turned < cost) std::swap(left, right);
    cost = std::min(cost, turned);
  }
  return {left.items | right.items,
          {rows, cost},
          Pair(std::move(left.tree), std::move(right.tree), rows)};
}

// Dynamic programming over one component. Sets are numbered by the component's own items, so that a
// table of all of them is small.
class DynamicOrder {
 public:
  DynamicOrder(const JoinModel& model, ItemSet component) : model_(model) {
    for (ItemSet rest = component; rest != 0; rest &= rest - 1) {
      items_.push_back(std::countr_zero(rest));
    }
    best_.resize(size_t{1} << items_.size());
    neighbors_.resize(items_.size());
    for (size_t i = 0; i < items_.size(); ++i) {
      const ItemSet of_model = AdjacentTo(model, items_[i]);
      for (size_t j = 0; j < items_.size(); ++j) {
        if (j != i && (of_model & Bit(items_[j])) != 0) neighbors_[i] |= uint32_t{1} << j;
      }
    }
  }

  OrderedPart Run() {
    for (size_t i = 0; i < items_.size(); ++i) {
      Best& leaf = best_[size_t{1} << i];
      leaf.items = Bit(items_[i]);
      leaf.estimate = model_.Item(items_[i]);
      leaf.found = true;
    }
    const auto all = static_cast<uint32_t>(best_.size() - 1);
    for (uint32_t set = 1; set <= all; ++set) {
      if (!std::has_single_bit(set) && IsConnected(set)) Split(set);
    }
    CHECK(best_[all].found);
    return {best_[all].items, best_[all].estimate, TreeOf(all)};
  }

 private:
  struct Best {
    ItemSet items = 0;
    JoinEstimate estimate;
    uint32_t left = 0;
    bool found = false;
  };

  bool IsConnected(uint32_t set) const {
    uint32_t reached = set & (~set + 1);
    for (uint32_t next = reached; next != 0;) {
      const int item = std::countr_zero(next);
      next &= next - 1;
      const uint32_t found = neighbors_[static_cast<size_t>(item)] & set & ~reached;
      reached |= found;
      next |= found;
    }
    return reached == set;
  }

  // Both parts of a connected set that are connected are joined by a condition.
  void Split(uint32_t set) {
    Best& best = best_[set];
    best.estimate.cost = std::numeric_limits<double>::infinity();
    const uint32_t lowest = set & (~set + 1);
    for (uint32_t part = (set - 1) & set; part != 0; part = (part - 1) & set) {
      if ((part & lowest) == 0) continue;  // each pair once
      const Best& one = best_[part];
      const Best& other = best_[set & ~part];
      if (!one.found || !other.found) continue;
      Offer(one, other, part, &best);
      Offer(other, one, set & ~part, &best);
    }
  }

  void Offer(const Best& left, const Best& right, uint32_t left_set, Best* best) const {
    if (!MayJoin(model_, left.items, right.items)) return;
    if (!best->found) {
      best->found = true;
      best->items = left.items | right.items;
      best->estimate.rows =
          model_.Rows(left.items, left.estimate.rows, right.items, right.estimate.rows);
    }
    // Costs of the sides alone may be too much already.
    if (best->left != 0 && left.estimate.cost >= best->estimate.cost) return;
    const double cost =
        model_.Cost(left.items, left.estimate, right.items, right.estimate, best->estimate.rows);
    if (best->left != 0 && cost >= best->estimate.cost) return;
    best->estimate.cost = cost;
    best->left = left_set;
  }

  std::unique_ptr<JoinTree> TreeOf(uint32_t set) const {
    const double rows = best_[set].estimate.rows;
    if (std::has_single_bit(set)) {
      return Leaf(items_[static_cast<size_t>(std::countr_zero(set))], rows);
    }
    const uint32_t left = best_[set].left;
    return Pair(TreeOf(left), TreeOf(set & ~left), rows);
  }

  const JoinModel& model_;
  std::vector<int> items_;
  std::vector<uint32_t> neighbors_;
  std::vector<Best> best_;
};

OrderedPart OrderGreedily(const JoinModel& model, ItemSet component) {
  std::vector<OrderedPart> parts;
  std::vector<ItemSet> neighbors;
  for (ItemSet rest = component; rest != 0; rest &= rest - 1) {
    const int item = std::countr_zero(rest);
    parts.push_back({Bit(item), model.Item(item), Leaf(item, model.Item(item).rows)});
    neighbors.push_back(AdjacentTo(model, item));
  }
  while (parts.size() > 1) {
    size_t best_left = 0;
    size_t best_right = 0;
    double best_rows = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < parts.size(); ++i) {
      for (size_t j = i + 1; j < parts.size(); ++j) {
        if ((neighbors[i] & parts[j].items) == 0) continue;
        if (!MayJoin(model, parts[i].items, parts[j].items) &&
            !MayJoin(model, parts[j].items, parts[i].items)) {
          continue;
        }
        const double rows = model.Rows(parts[i].items, parts[i].estimate.rows, parts[j].items,
                                       parts[j].estimate.rows);
        if (best_right != 0 && rows >= best_rows) continue;
        best_rows = rows;
        best_left = i;
        best_right = j;
      }
    }
    CHECK(best_right != 0);
    parts[best_left] = JoinParts(model, std::move(parts[best_left]), std::move(parts[best_right]));
    neighbors[best_left] |= neighbors[best_right];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best_right));
    neighbors.erase(neighbors.begin() + static_cast<std::ptrdiff_t>(best_right));
  }
  return std::move(parts[0]);
}

}  // namespace

std::unique_ptr<JoinTree> ChooseJoinOrder(const JoinModel& model, int dynamic_items_max) {
  std::vector<OrderedPart> parts;
  for (ItemSet component : Components(model)) {
    parts.push_back(std::popcount(component) <= dynamic_items_max
                        ? DynamicOrder(model, component).Run()
                        : OrderGreedily(model, component));
  }
  CHECK(!parts.empty());
  std::ranges::stable_sort(parts, {}, [](const OrderedPart& part) { return part.estimate.rows; });
  OrderedPart joined = std::move(parts[0]);
  for (size_t i = 1; i < parts.size(); ++i) {
    joined = JoinParts(model, std::move(joined), std::move(parts[i]));
  }
  return std::move(joined.tree);
}

}  // namespace shale::sql
