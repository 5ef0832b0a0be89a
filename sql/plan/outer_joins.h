// Outer joins whose added rows no condition lets through are inner joins: they may be joined in any
// order.
#pragma once

#include <vector>

#include "sql/bind/bound_statement.h"
#include "sql/plan/conjuncts.h"

namespace shale::sql {

// Turns LEFT and FULL joins of the tree into what they come to under the conditions of WHERE.
void ReduceOuterJoins(FromNode* from, const std::vector<Conjunct>& where);

}  // namespace shale::sql
