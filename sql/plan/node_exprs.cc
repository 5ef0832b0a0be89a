#include "sql/plan/node_exprs.h"

namespace shale::sql {
namespace {

class Visitor {
 public:
  explicit Visitor(const std::function<void(const Expr&)>& visit) : visit_(visit) {}

  void One(const ExprPtr& expr) {
    if (expr != nullptr) visit_(*expr);
  }
  void All(const std::vector<ExprPtr>& exprs) {
    for (const ExprPtr& expr : exprs) One(expr);
  }
  void AllOf(const std::vector<std::vector<ExprPtr>>& lists) {
    for (const std::vector<ExprPtr>& list : lists) All(list);
  }

 private:
  const std::function<void(const Expr&)>& visit_;
};

template <typename Node>
const Node& As(const PlanNode& node) {
  return static_cast<const Node&>(node);
}

void VisitAggregate(const AggregateNode& node, Visitor visitor) {
  visitor.All(node.groups);
  for (const auto& aggregate : node.aggregates) {
    visitor.All(aggregate->args);
    visitor.One(aggregate->filter);
    for (const AggregateExpr::Order& order : aggregate->order_by) visitor.One(order.expr);
  }
}

void VisitInsert(const InsertNode& node, Visitor visitor) {
  visitor.All(node.row);
  if (node.conflict_update) {
    visitor.All(node.conflict_update->row);
    visitor.All(node.conflict_update->where);
  }
  for (const RowCheck& check : node.checks) visitor.One(check.condition);
  visitor.All(node.returning);
}

}  // namespace

void ForEachNodeExpr(const PlanNode& node, const std::function<void(const Expr&)>& visit) {
  Visitor visitor(visit);
  switch (node.kind) {
    case PlanKind::kResult:
    case PlanKind::kDealtRows:
    case PlanKind::kDistinct:
    case PlanKind::kSetOperation:
    case PlanKind::kLockRows:
    case PlanKind::kCurrentRow:
    case PlanKind::kUnique:
    case PlanKind::kWith:
    case PlanKind::kCteScan:
    case PlanKind::kWorkingTableScan:
    case PlanKind::kRecursiveUnion:
      return;
    case PlanKind::kWindowAgg:
      visitor.One(As<WindowAggNode>(node).frame.start_offset);
      return visitor.One(As<WindowAggNode>(node).frame.end_offset);
    case PlanKind::kMerge:
      visitor.All(As<MergeNode>(node).join_condition);
      for (const MergeNode::Action& action : As<MergeNode>(node).actions) {
        visitor.All(action.condition);
        visitor.All(action.row);
      }
      return;
    case PlanKind::kTableScan: {
      const auto& scan = As<TableScanNode>(node);
      visitor.All(scan.equal);
      visitor.One(scan.lower);
      visitor.One(scan.upper);
      return visitor.One(scan.filter);
    }
    case PlanKind::kKeyLookup:
      visitor.AllOf(As<KeyLookupNode>(node).keys);
      return visitor.One(As<KeyLookupNode>(node).filter);
    case PlanKind::kIndexScan: {
      const auto& scan = As<IndexScanNode>(node);
      visitor.All(scan.equal);
      visitor.AllOf(scan.keys);
      visitor.One(scan.lower);
      visitor.One(scan.upper);
      return visitor.One(scan.filter);
    }
    case PlanKind::kVirtualScan:
      return visitor.One(As<VirtualScanNode>(node).filter);
    case PlanKind::kValues:
      return visitor.AllOf(As<ValuesNode>(node).rows);
    case PlanKind::kSeries:
      return visitor.All(As<SeriesNode>(node).args);
    case PlanKind::kFunctionScan:
      for (const BoundTableFunction& function : As<FunctionScanNode>(node).functions) {
        visitor.One(function.call);
      }
      return;
    case PlanKind::kProjectSet:
      for (const auto& call : As<ProjectSetNode>(node).calls) visit(*call);
      return;
    case PlanKind::kFilter:
      return visitor.One(As<FilterNode>(node).predicate);
    case PlanKind::kProject:
      return visitor.All(As<ProjectNode>(node).exprs);
    case PlanKind::kHashJoin:
      visitor.All(As<HashJoinNode>(node).left_keys);
      visitor.All(As<HashJoinNode>(node).right_keys);
      return visitor.One(As<HashJoinNode>(node).condition);
    case PlanKind::kNestedLoopJoin:
      return visitor.One(As<NestedLoopJoinNode>(node).condition);
    case PlanKind::kLookupJoin:
      visitor.All(As<LookupJoinNode>(node).keys);
      return visitor.One(As<LookupJoinNode>(node).condition);
    case PlanKind::kApplyJoin:
      for (const OuterBinding& binding : As<ApplyJoinNode>(node).bindings) {
        visitor.One(binding.expr);
      }
      return visitor.One(As<ApplyJoinNode>(node).condition);
    case PlanKind::kAggregate:
      return VisitAggregate(As<AggregateNode>(node), visitor);
    case PlanKind::kSort:
      visitor.One(As<SortNode>(node).limit);
      return visitor.One(As<SortNode>(node).offset);
    case PlanKind::kLimit:
      visitor.One(As<LimitNode>(node).limit);
      return visitor.One(As<LimitNode>(node).offset);
    case PlanKind::kInsert:
      return VisitInsert(As<InsertNode>(node), visitor);
    case PlanKind::kUpdate:
      visitor.All(As<UpdateNode>(node).row);
      for (const RowCheck& check : As<UpdateNode>(node).checks) visitor.One(check.condition);
      return visitor.All(As<UpdateNode>(node).returning);
    case PlanKind::kDelete:
      return visitor.All(As<DeleteNode>(node).returning);
  }
}

}  // namespace shale::sql
