// Which cursors scroll that do not say: those whose plan PostgreSQL's executor can run backward
// (its ExecSupportsBackwardScan). Shale keeps the rows of a cursor that scrolls, and so could do it
// with any; what clients may rely on is PostgreSQL's rule.
#include "sql/plan/planner.h"

namespace shale::sql {

bool CanScroll(const PlanNode& node) {
  switch (node.kind) {
    case PlanKind::kTableScan:
    case PlanKind::kKeyLookup:
    case PlanKind::kIndexScan:
    case PlanKind::kVirtualScan:
    case PlanKind::kSeries:
    case PlanKind::kSort:
      return true;
    case PlanKind::kValues:
      // VALUES of one row is no scan there, but a row computed on the way.
      return static_cast<const ValuesNode&>(node).rows.size() > 1;
    case PlanKind::kFilter:
      return CanScroll(*static_cast<const FilterNode&>(node).child);
    case PlanKind::kProject:
      return CanScroll(*static_cast<const ProjectNode&>(node).child);
    case PlanKind::kLimit:
      return CanScroll(*static_cast<const LimitNode&>(node).child);
    case PlanKind::kSetOperation: {
      const auto& set = static_cast<const SetOperationNode&>(node);
      return set.operation == BoundSetOperation::kUnion && set.all && CanScroll(*set.left) &&
             CanScroll(*set.right);
    }
    default:
      return false;
  }
}

}  // namespace shale::sql
