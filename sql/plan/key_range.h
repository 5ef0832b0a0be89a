// Key conditions: which part of the order of a primary key or an index a list of conjuncts leaves.
#pragma once

#include <vector>

#include "catalog/schema.h"
#include "sql/plan/conjuncts.h"

namespace shale::sql {

// A column of a primary key or an index, as conditions on the relation name it.
struct KeyColumn {
  int column = -1;  // position in the table; -1: expr
  ExprPtr expr;     // over the relation
  catalog::Type type;
};
std::vector<KeyColumn> PrimaryKeyColumns(const catalog::TableDesc& table);

// What conjuncts say of a key. Expressions are of the key columns' types, without
// columns. `used` are the conjuncts that the bounds stand for wholly: they need not be evaluated
// per row.
struct KeyCondition {
  std::vector<ExprPtr> equal;  // of the first key columns; of an index null: IS NULL
  // Keys up to a column that has a list of values (IN); else empty.
  std::vector<std::vector<ExprPtr>> keys;
  // There is one list in keys, and its last value is an array: a key for each element (= ANY).
  bool keys_from_array = false;
  ExprPtr lower;
  ExprPtr upper;
  bool lower_inclusive = false;
  bool upper_inclusive = false;
  std::vector<size_t> used;
  // Those that have given a bound and must be evaluated all the same: comparisons of rows.
  std::vector<size_t> narrowed;

  bool empty() const { return equal.empty() && keys.empty() && !lower && !upper; }
};

// An index has NULLs, and entries for the first columns of a key; a primary key's list of values is
// for its last column.
enum class KeyKind : uint8_t { kPrimaryKey, kIndex };
// All conjuncts refer to the one relation only.
KeyCondition FindKeyCondition(const std::vector<KeyColumn>& key, KeyKind kind, int relation,
                              const std::vector<Conjunct>& conjuncts);
inline KeyCondition FindKeyCondition(const catalog::TableDesc& table, int relation,
                                     const std::vector<Conjunct>& conjuncts) {
  return FindKeyCondition(PrimaryKeyColumns(table), KeyKind::kPrimaryKey, relation, conjuncts);
}
// The value as one of the key column's type, for an equality; null where the types do not allow it.
ExprPtr KeyValueOf(const Expr& value, catalog::Type column);
// Whether the expression is the key column.
bool IsKeyColumn(const Expr& expr, int relation, const KeyColumn& key);

}  // namespace shale::sql
