#include "sql/exec/plan_children.h"

namespace shale::sql {
namespace {

template <typename Node>
std::vector<const PlanNode*> OneChild(const PlanNode& node) {
  const PlanNode* child = static_cast<const Node&>(node).child.get();
  if (child == nullptr) return {};
  return {child};
}

template <typename Node>
std::vector<const PlanNode*> BothSides(const PlanNode& node) {
  const auto& join = static_cast<const Node&>(node);
  return {join.left.get(), join.right.get()};
}

}  // namespace

std::vector<const PlanNode*> ChildrenOf(const PlanNode& node) {
  switch (node.kind) {
    case PlanKind::kResult:
    case PlanKind::kTableScan:
    case PlanKind::kKeyLookup:
    case PlanKind::kIndexScan:
    case PlanKind::kCurrentRow:
    case PlanKind::kVirtualScan:
    case PlanKind::kValues:
    case PlanKind::kSeries:
    case PlanKind::kFunctionScan:
    case PlanKind::kCteScan:
    case PlanKind::kWorkingTableScan:
      return {};
    case PlanKind::kWith: {
      const auto& with = static_cast<const WithNode&>(node);
      std::vector<const PlanNode*> children = {with.child.get()};
      for (const WithNode::Item& item : with.items) children.push_back(item.plan.get());
      return children;
    }
    case PlanKind::kRecursiveUnion:
      return BothSides<RecursiveUnionNode>(node);
    case PlanKind::kProjectSet:
      return OneChild<ProjectSetNode>(node);
    case PlanKind::kDealtRows:
      return OneChild<DealtRowsNode>(node);
    case PlanKind::kFilter:
      return OneChild<FilterNode>(node);
    case PlanKind::kProject:
      return OneChild<ProjectNode>(node);
    case PlanKind::kHashJoin:
      return BothSides<HashJoinNode>(node);
    case PlanKind::kNestedLoopJoin:
      return BothSides<NestedLoopJoinNode>(node);
    case PlanKind::kApplyJoin:
      return BothSides<ApplyJoinNode>(node);
    case PlanKind::kLookupJoin:
      return {static_cast<const LookupJoinNode&>(node).left.get()};
    case PlanKind::kAggregate:
      return OneChild<AggregateNode>(node);
    case PlanKind::kDistinct:
      return OneChild<DistinctNode>(node);
    case PlanKind::kUnique:
      return OneChild<UniqueNode>(node);
    case PlanKind::kSort:
      return OneChild<SortNode>(node);
    case PlanKind::kWindowAgg:
      return OneChild<WindowAggNode>(node);
    case PlanKind::kLimit:
      return OneChild<LimitNode>(node);
    case PlanKind::kSetOperation:
      return BothSides<SetOperationNode>(node);
    case PlanKind::kLockRows:
      return OneChild<LockRowsNode>(node);
    case PlanKind::kInsert:
      return OneChild<InsertNode>(node);
    case PlanKind::kUpdate:
      return OneChild<UpdateNode>(node);
    case PlanKind::kDelete:
      return OneChild<DeleteNode>(node);
    case PlanKind::kMerge:
      return OneChild<MergeNode>(node);
  }
  return {};
}

}  // namespace shale::sql
