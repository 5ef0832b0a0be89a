// Key conditions: which part of a table's primary key order a list of conjuncts leaves.
#pragma once

#include <vector>

#include "catalog/schema.h"
#include "sql/plan/conjuncts.h"

namespace shale::sql {

// What conjuncts say of the primary key. Expressions are of the key columns' types, without
// columns. `used` are the conjuncts that the bounds stand for wholly: they need not be evaluated
// per row.
struct KeyCondition {
  std::vector<ExprPtr> equal;  // of the first key columns
  // Whole keys, where the last key column has a list of values (IN); else empty.
  std::vector<std::vector<ExprPtr>> keys;
  // There is one list in keys, and its last value is an array: a key for each element (= ANY).
  bool keys_from_array = false;
  ExprPtr lower;
  ExprPtr upper;
  bool lower_inclusive = false;
  bool upper_inclusive = false;
  std::vector<size_t> used;

  bool empty() const { return equal.empty() && keys.empty() && !lower && !upper; }
};

// All conjuncts refer to the one relation only.
KeyCondition FindKeyCondition(const catalog::TableDesc& table, int relation,
                              const std::vector<Conjunct>& conjuncts);

}  // namespace shale::sql
