// The nodes right below a plan node.
#pragma once

#include <vector>

#include "sql/plan/change_node.h"

namespace shale::sql {

std::vector<const PlanNode*> ChildrenOf(const PlanNode& node);

}  // namespace shale::sql
