// Whether conditions that hold make another one hold: which partial indexes a query may use.
#pragma once

#include <vector>

#include "sql/expr/expr.h"

namespace shale::sql {

// Proves it from equal conditions, ANDs and ORs, comparisons of one expression with constants, and
// what cannot be true of NULL. False: not proved.
bool Implies(const std::vector<const Expr*>& given, const Expr& condition);

}  // namespace shale::sql
