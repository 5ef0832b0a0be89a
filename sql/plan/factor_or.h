// Rules for ORs in a list of conditions.
#pragma once

#include <vector>

#include "sql/plan/conjuncts.h"
#include "sql/plan/selectivity.h"

namespace shale::sql {

// (a AND b) OR (a AND c) becomes a AND (b OR c): what all arms ask for can be a key of a join or an
// index.
void FactorOrs(std::vector<Conjunct>* conjuncts);
// Of an OR over several relations, what it means for each of them alone, as further conditions:
// (x.a = 1 AND y.b = 2) OR (x.a = 3 AND y.b = 4) asks for x.a = 1 OR x.a = 3.
void AddImpliedConditions(const Estimator& estimator, std::vector<Conjunct>* conjuncts);

}  // namespace shale::sql
