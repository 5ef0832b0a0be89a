// Join order: the cheapest tree of joins over some items, by what a model says of rows and costs.
// Joins are inner ones, but for items that only keep or drop rows of the others (semi and anti
// joins): such an item is a right side by itself, somewhere above what its condition is over.
//
// Up to kDynamicItemsMax items: dynamic programming over the sets of items that join conditions
// connect, bushy trees included (Selinger et al. 1979; the connected subgraphs of Moerkotte and
// Neumann 2006). Beyond: greedily, the pair whose join is the smallest next (Fegaras 1998). Items
// that nothing connects are joined last, the smallest first.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

namespace shale::sql {

using ItemSet = uint64_t;  // items by their numbers, at most 64
inline constexpr int kDynamicItemsMax = 12;

struct JoinEstimate {
  double rows = 1;
  double cost = 0;
};

class JoinModel {
 public:
  virtual ~JoinModel() = default;
  virtual size_t item_count() const = 0;
  virtual JoinEstimate Item(int item) const = 0;
  // The items that some condition connects with the given one.
  virtual ItemSet Neighbors(int item) const = 0;
  // Of an item that is joined by a semi or anti join: the items that have to be on its left, not
  // empty. 0: it is joined by inner joins.
  virtual ItemSet Requires(int /*item*/) const { return 0; }
  // Rows of a join of two sets of items, which does not depend on how they were joined before.
  virtual double Rows(ItemSet left, double left_rows, ItemSet right, double right_rows) const = 0;
  // All of it, by the best method with these sides.
  virtual double Cost(ItemSet left, const JoinEstimate& left_estimate, ItemSet right,
                      const JoinEstimate& right_estimate, double rows) const = 0;
};

struct JoinTree {
  int item = -1;  // a leaf; else a join
  double rows = 0;
  std::unique_ptr<JoinTree> left;
  std::unique_ptr<JoinTree> right;
};

// At least one item.
std::unique_ptr<JoinTree> ChooseJoinOrder(const JoinModel& model,
                                          int dynamic_items_max = kDynamicItemsMax);

}  // namespace shale::sql
