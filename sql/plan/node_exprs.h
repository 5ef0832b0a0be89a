// The expressions of a plan node.
#pragma once

#include <functional>

#include "sql/plan/change_node.h"

namespace shale::sql {

// Those that are evaluated for the node itself; not those of the nodes below.
void ForEachNodeExpr(const PlanNode& node, const std::function<void(const Expr&)>& visit);

}  // namespace shale::sql
