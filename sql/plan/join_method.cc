#include "sql/plan/join_method.h"

#include <algorithm>
#include <bit>
#include <map>

#include "sql/plan/cost.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

bool Within(RelationSet relations, RelationSet left, RelationSet right) {
  return Contains(left | right, relations) && (relations & left) != 0 && (relations & right) != 0;
}

// The column that the expression is, of the one relation; -1: none.
int ColumnOf(const Expr& expr) {
  const Expr& inner = StripRelabel(expr);
  return inner.kind == ExprKind::kColumn ? static_cast<const ColumnExpr&>(inner).column : -1;
}

}  // namespace

double JoinRows(JoinKind kind, double left_rows, double right_rows, double selectivity) {
  double rows = left_rows * right_rows * selectivity;
  if (kind == JoinKind::kLeft) rows = std::max(rows, left_rows);
  if (kind == JoinKind::kFull) rows = std::max({rows, left_rows, right_rows});
  return cost::Finite(std::max(1.0, rows), cost::kRowsMax);
}

double RowsOfJoin(JoinKind kind, const JoinSide& left, const JoinSide& right,
                  const JoinConditions& conditions) {
  switch (kind) {
    case JoinKind::kSemi:
      return std::max(1.0, left.rows * conditions.MatchShare(left, right));
    case JoinKind::kAnti:
      return std::max(1.0, left.rows * (1 - conditions.MatchShare(left, right)));
    default:
      return JoinRows(kind, left.rows, right.rows,
                      conditions.SelectivityOf(left.relations, right.relations));
  }
}

std::optional<TurnedSemiJoin> TurnSemiJoin(const Estimator& estimator,
                                           const JoinConditions& analyzed, const JoinSide& left,
                                           const JoinSide& right,
                                           const std::vector<Conjunct>& conditions, double rows) {
  if (!std::has_single_bit(left.relations)) return std::nullopt;
  TurnedSemiJoin turned;
  for (const Conjunct& condition : conditions) {
    const Expr *left_key, *right_key;
    if (!MatchEquiJoin(*condition.expr, left.relations, right.relations, &left_key, &right_key) ||
        right_key->kind != ExprKind::kColumn) {
      return std::nullopt;
    }
    turned.values.push_back(right_key);
  }
  turned.distinct = estimator.Groups(turned.values, right.rows);
  const JoinSide side{right.relations, turned.distinct, right.cost + right.rows * cost::kHashBuild};
  turned.method = analyzed.Choose(side, left, JoinKind::kInner, rows);
  const bool looks_up = turned.method.kind == JoinMethod::Kind::kLookup ||
                        turned.method.kind == JoinMethod::Kind::kIndex;
  if (!looks_up) return std::nullopt;
  return turned;
}

JoinConditions::JoinConditions(const Estimator& estimator,
                               const std::vector<const Conjunct*>& conjuncts)
    : estimator_(estimator) {
  for (const Conjunct* given : conjuncts) {
    const Conjunct& conjunct = *given;
    Condition condition;
    condition.relations = conjunct.relations;
    condition.selectivity = estimator.Of(*conjunct.expr) / conjunct.implied_share;
    condition.selectivity = std::clamp(condition.selectivity, 0.0, 1.0);
    const Expr *first, *second;
    // Any two disjoint sides will do here.
    for (RelationSet rest = conjunct.relations; rest != 0; rest &= rest - 1) {
      const RelationSet one = rest & (~rest + 1);
      if (!MatchEquiJoin(*conjunct.expr, one, conjunct.relations & ~one, &first, &second)) continue;
      condition.sides[0] = first;
      condition.sides[1] = second;
    }
    for (int side : {0, 1}) {
      if (condition.sides[side] == nullptr) continue;
      condition.side_relations[side] = RelationsOf(*condition.sides[side]);
      condition.distinct[side] = estimator.Distinct(*condition.sides[side]);
    }
    conditions_.push_back(condition);
  }
  CombineUniqueKeys();
}

// Equalities that together hold a whole unique key of a table are not independent of each other:
// the others' rows have one partner each there.
void JoinConditions::CombineUniqueKeys() {
  std::map<RelationSet, std::vector<size_t>> by_pair;
  for (size_t i = 0; i < conditions_.size(); ++i) {
    const Condition& condition = conditions_[i];
    if (condition.sides[0] != nullptr && std::popcount(condition.relations) == 2 &&
        ColumnOf(*condition.sides[0]) >= 0 && ColumnOf(*condition.sides[1]) >= 0) {
      by_pair[condition.relations].push_back(i);
    }
  }
  for (const auto& [relations, members] : by_pair) {
    if (members.size() < 2) continue;
    double together = 1;
    for (size_t i : members) together *= conditions_[i].selectivity;
    for (int relation : {std::countr_zero(relations), 63 - std::countl_zero(relations)}) {
      std::vector<int> columns;
      for (size_t i : members) {
        const Condition& condition = conditions_[i];
        const int side = condition.side_relations[0] == RelationBit(relation) ? 0 : 1;
        columns.push_back(ColumnOf(*condition.sides[side]));
      }
      if (estimator_.IsUnique(relation, columns)) {
        together = std::max(together, 1 / estimator_.RowsOf(relation));
      }
    }
    for (size_t i : members) conditions_[i].selectivity = 1;
    conditions_[members[0]].selectivity = together;
  }
}

void JoinConditions::AddKeys(int relation, const std::vector<TableKey>& keys) {
  for (const TableKey& table_key : keys) {
    Key key{relation, table_key.index, table_key.is_unique, table_key.has_all, table_key.bytes, {},
            {}};
    for (const KeyColumn& column : table_key.columns) {
      std::vector<KeyUse> uses;
      double distinct = 1;
      for (size_t i = 0; i < conditions_.size(); ++i) {
        const Condition& condition = conditions_[i];
        for (int side : {0, 1}) {
          if (condition.side_relations[side] != RelationBit(relation)) continue;
          const Expr& value = *condition.sides[1 - side];
          if (!IsKeyColumn(*condition.sides[side], relation, column)) continue;
          // Lookups by primary key take values of the key's type as they are.
          const bool fits = key.index == nullptr
                                ? catalog::BaseOf(value.type.oid) == column.type.oid
                                : KeyValueOf(value, column.type) != nullptr;
          if (!fits) continue;
          uses.push_back({i, condition.side_relations[1 - side]});
          distinct = estimator_.Distinct(*condition.sides[side]);
        }
      }
      if (uses.empty()) break;
      key.columns.push_back(std::move(uses));
      key.distinct.push_back(distinct);
    }
    const bool is_whole = key.columns.size() == table_key.columns.size();
    key.is_unique &= is_whole;
    if (!key.columns.empty()) keys_.push_back(std::move(key));
  }
}

RelationSet JoinConditions::NeighborsOf(RelationSet relations) const {
  RelationSet neighbors = 0;
  for (const Condition& condition : conditions_) {
    // Of more than two, the last one joined is what makes it a condition.
    if ((condition.relations & relations) != 0) neighbors |= condition.relations;
  }
  return neighbors & ~relations;
}

double JoinConditions::SelectivityOf(RelationSet left, RelationSet right) const {
  double selectivity = 1;
  for (const Condition& condition : conditions_) {
    if (Within(condition.relations, left, right)) selectivity *= condition.selectivity;
  }
  return selectivity;
}

// Of an equality, the left values that are among the right ones, if the side with fewer values has
// none that the other lacks. Of other conditions, that one of the partners there are by then meets
// it.
double JoinConditions::MatchShare(const JoinSide& left, const JoinSide& right) const {
  double share = 1;
  double partners = std::max(1.0, right.rows);
  for (const Condition& condition : conditions_) {
    if (!Within(condition.relations, left.relations, right.relations)) continue;
    const bool turned = Contains(right.relations, condition.side_relations[0]);
    const bool parted = condition.sides[0] != nullptr &&
                        Contains(left.relations, condition.side_relations[turned ? 1 : 0]) &&
                        Contains(right.relations, condition.side_relations[turned ? 0 : 1]);
    if (parted) {
      const double values = std::min(condition.distinct[turned ? 0 : 1], std::max(1.0, right.rows));
      share *= std::min(1.0, values / condition.distinct[turned ? 1 : 0]);
      partners = std::max(1.0, partners / values);
    } else {
      const double met = partners * condition.selectivity;
      share *= std::min(1.0, met);
      partners = std::max(1.0, met);
    }
  }
  return share;
}

bool JoinConditions::CanHash(RelationSet left, RelationSet right) const {
  return std::ranges::any_of(conditions_, [&](const Condition& condition) {
    if (condition.sides[0] == nullptr) return false;
    const RelationSet first = condition.side_relations[0];
    const RelationSet second = condition.side_relations[1];
    return (Contains(left, first) && Contains(right, second)) ||
           (Contains(right, first) && Contains(left, second));
  });
}

bool JoinConditions::WantsAnyRow(const JoinMethod& method, const JoinSide& left,
                                 const JoinSide& right, JoinKind kind) const {
  if (kind != JoinKind::kSemi && kind != JoinKind::kAnti) return false;
  if (right.rows < estimator_.RowsOf(std::countr_zero(right.relations))) return false;
  const auto conditions = std::ranges::count_if(conditions_, [&](const Condition& condition) {
    return Within(condition.relations, left.relations, right.relations);
  });
  return static_cast<size_t>(conditions) == method.key_conditions.size();
}

void JoinConditions::TryKey(const Key& key, const JoinSide& left, const JoinSide& right,
                            JoinKind kind, JoinMethod* best) const {
  if (right.relations != RelationBit(key.relation)) return;
  JoinMethod method;
  method.index = key.index;
  double distinct = 1;
  for (size_t k = 0; k < key.columns.size(); ++k) {
    auto use = std::ranges::find_if(key.columns[k], [&](const KeyUse& candidate) {
      return Contains(left.relations, candidate.needs);
    });
    if (use == key.columns[k].end()) break;
    method.key_conditions.push_back(use->condition);
    distinct *= key.distinct[k];
  }
  if (method.key_conditions.empty()) return;
  const bool is_one = key.is_unique && method.key_conditions.size() == key.columns.size();
  if (key.index == nullptr && is_one) {
    method.kind = JoinMethod::Kind::kLookup;
    method.cost = left.cost + cost::LookupJoin(left.rows, key.bytes);
  } else {
    method.kind = JoinMethod::Kind::kIndex;
    method.entries = is_one || WantsAnyRow(method, left, right, kind)
                         ? 1
                         : std::max(1.0, estimator_.RowsOf(key.relation) / distinct);
    // Rows lie under the primary key: nothing has to be fetched.
    method.index_only = key.index != nullptr && key.has_all;
    method.cost = left.cost + (key.has_all ? cost::RangeJoin(left.rows, method.entries, key.bytes)
                                           : cost::IndexJoin(left.rows, method.entries, key.bytes));
  }
  if (method.cost < best->cost) *best = std::move(method);
}

JoinMethod JoinConditions::Choose(const JoinSide& left, const JoinSide& right, JoinKind kind,
                                  double rows) const {
  JoinMethod best;
  best.cost = left.cost + right.cost;
  if (CanHash(left.relations, right.relations)) {
    best.kind = JoinMethod::Kind::kHash;
    best.cost += cost::HashJoin(left.rows, right.rows, rows);
  } else {
    best.cost += cost::NestedLoop(left.rows, right.rows);
  }
  if (kind == JoinKind::kFull) return best;
  for (const Key& key : keys_) TryKey(key, left, right, kind, &best);
  return best;
}

}  // namespace shale::sql
