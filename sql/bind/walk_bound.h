// Walks over bound queries.
#pragma once

#include <functional>

#include "sql/bind/bound_statement.h"

namespace shale::sql {

// Calls visit on every expression of the query itself, whose columns are of its range table.
void WalkOwnExprs(const BoundSelect& select, const std::function<void(const Expr&)>& visit);
// Of the subqueries in its FROM as well; what it refers to in a WITH is not part of it.
void WalkExprs(const BoundSelect& select, const std::function<void(const Expr&)>& visit);
// A function in it may give something else each time.
bool HasVolatile(const BoundSelect& select);

}  // namespace shale::sql
