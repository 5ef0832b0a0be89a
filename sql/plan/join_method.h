// How two sides are best joined: conditions between relations, looked into once, and the methods'
// costs.
#pragma once

#include <optional>
#include <vector>

#include "sql/plan/key_range.h"
#include "sql/plan/selectivity.h"

namespace shale::sql {

// A key that rows of a stored table can be read by: the primary key or an index.
struct TableKey {
  catalog::IndexRef index;  // null: the primary key
  std::vector<KeyColumn> columns;
  bool is_unique = true;
  bool has_all = true;  // that is read of the table: no rows have to be fetched
  double bytes = 0;     // of what rows are read from: the table, or an index that has all
};

struct JoinSide {
  RelationSet relations = 0;
  double rows = 1;
  double cost = 0;
};

struct JoinMethod {
  enum class Kind : uint8_t { kHash, kNestedLoop, kLookup, kIndex };
  Kind kind = Kind::kNestedLoop;
  double cost = 0;  // the sides' included
  // Of kLookup (all of the primary key) and kIndex (of another key): the conditions that give the
  // key's first columns, in their order.
  catalog::IndexRef index;  // null: the primary key
  std::vector<size_t> key_conditions;
  double entries = 1;       // of the key, for each left row
  bool index_only = false;  // the index has all that is read of the table
};

class JoinConditions {
 public:
  // Conditions over several relations. What is given outlives it.
  JoinConditions(const Estimator& estimator, const std::vector<const Conjunct*>& conjuncts);

  // A relation that, where it is the right side by itself, can be read by these keys instead.
  void AddKeys(int relation, const std::vector<TableKey>& keys);

  // The relations that some condition connects with these.
  RelationSet NeighborsOf(RelationSet relations) const;
  // Of pairs of rows of both sides: of the conditions that name relations of both and no others.
  double SelectivityOf(RelationSet left, RelationSet right) const;
  // The part of the left rows that have a partner on the right.
  double MatchShare(const JoinSide& left, const JoinSide& right) const;
  // The cheapest method with these sides; rows: of the join.
  JoinMethod Choose(const JoinSide& left, const JoinSide& right, JoinKind kind, double rows) const;

 private:
  struct Condition {
    RelationSet relations = 0;
    double selectivity = 1;
    // Of an equality that keys can be made of: its sides, over different relations.
    const Expr* sides[2] = {nullptr, nullptr};
    RelationSet side_relations[2] = {0, 0};
    double distinct[2] = {1, 1};
  };
  // A key's columns, with the conditions that may give each, and which relations that needs.
  struct KeyUse {
    size_t condition;
    RelationSet needs;
  };
  struct Key {
    int relation;
    catalog::IndexRef index;
    bool is_unique;
    bool has_all;
    double bytes;
    std::vector<std::vector<KeyUse>> columns;
    std::vector<double> distinct;  // values of each column
  };

  void CombineUniqueKeys();
  bool CanHash(RelationSet left, RelationSet right) const;
  // Whether one row with the key, of the whole table, is all that such a join asks for.
  bool WantsAnyRow(const JoinMethod& method, const JoinSide& left, const JoinSide& right,
                   JoinKind kind) const;
  void TryKey(const Key& key, const JoinSide& left, const JoinSide& right, JoinKind kind,
              JoinMethod* best) const;

  const Estimator& estimator_;
  std::vector<Condition> conditions_;
  std::vector<Key> keys_;
};

// Rows of an inner or outer join of such sides.
double JoinRows(JoinKind kind, double left_rows, double right_rows, double selectivity);
// Rows of any join of such sides.
double RowsOfJoin(JoinKind kind, const JoinSide& left, const JoinSide& right,
                  const JoinConditions& conditions);

// A semi join made from its right side: each of its values is looked up in the left one, which is a
// table, by an inner join.
struct TurnedSemiJoin {
  JoinMethod method;  // of the values' join with the left side
  std::vector<const Expr*> values;
  double distinct = 1;
};
// None where the conditions are more than equalities with columns, or no key fits.
std::optional<TurnedSemiJoin> TurnSemiJoin(const Estimator& estimator,
                                           const JoinConditions& analyzed, const JoinSide& left,
                                           const JoinSide& right,
                                           const std::vector<Conjunct>& conditions, double rows);

}  // namespace shale::sql
