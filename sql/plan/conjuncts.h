// Conditions taken apart: WHERE as a list of conjuncts, each with the relations that it refers to.
#pragma once

#include <cstdint>
#include <vector>

#include "sql/expr/expr.h"

namespace shale::sql {

// Relations of a query by their numbers; a query has at most 64 (54001 beyond).
using RelationSet = uint64_t;
inline constexpr int kRelationsMax = 64;
inline RelationSet RelationBit(int relation) { return RelationSet{1} << relation; }
inline bool Contains(RelationSet all, RelationSet part) { return (part & ~all) == 0; }

struct Conjunct {
  ExprPtr expr;
  RelationSet relations = 0;
  // The part of rows left by conditions that follow from it and are checked before it.
  double implied_share = 1;
};

RelationSet RelationsOf(const Expr& expr);
// Takes a condition apart at its ANDs; a null one gives nothing.
void SplitConjuncts(ExprPtr condition, std::vector<Conjunct>* out);
std::vector<const Conjunct*> PointersTo(const std::vector<Conjunct>& conjuncts);
// The AND of all; null of none.
ExprPtr JoinConjuncts(std::vector<ExprPtr> exprs);
// No columns and no volatile calls: may be evaluated once, at the start of the execution.
bool IsStableScalar(const Expr& expr);

}  // namespace shale::sql
