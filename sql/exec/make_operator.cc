#include "sql/exec/change_operator.h"
#include "sql/exec/operators.h"
#include "sql/exec/parallel_input.h"
#include "sql/plan/run_statistics.h"

namespace shale::sql {
namespace {

template <typename Node>
const Node& As(const PlanNode& node) {
  return static_cast<const Node&>(node);
}

Result<OperatorPtr> MakeUnmeasured(const PlanNode& node, ExecutionState* state) {
  switch (node.kind) {
    case PlanKind::kResult:
      return MakeResult(state);
    case PlanKind::kTableScan:
      return MakeTableScan(As<TableScanNode>(node), state);
    case PlanKind::kKeyLookup:
      return MakeKeyLookup(As<KeyLookupNode>(node), state);
    case PlanKind::kIndexScan:
      return MakeIndexScan(As<IndexScanNode>(node), state);
    case PlanKind::kCurrentRow:
      return MakeCurrentRow(As<CurrentRowNode>(node), state);
    case PlanKind::kVirtualScan:
      return MakeVirtualScan(As<VirtualScanNode>(node), state);
    case PlanKind::kValues:
      return MakeValues(As<ValuesNode>(node), state);
    case PlanKind::kSeries:
      return MakeSeries(As<SeriesNode>(node), state);
    case PlanKind::kFunctionScan:
      return MakeFunctionScan(As<FunctionScanNode>(node), state);
    case PlanKind::kProjectSet: {
      const auto& project = As<ProjectSetNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(*project.child, state));
      return MakeProjectSet(project, std::move(child), state);
    }
    case PlanKind::kDealtRows: {
      const auto& dealt = As<DealtRowsNode>(node);
      ParallelInput* const shared = state->parallel_input();
      if (shared != nullptr && shared->RowsOf(dealt) != nullptr) {
        return MakeDealtRows(dealt, nullptr, state);
      }
      ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(*dealt.child, state));
      return MakeDealtRows(dealt, std::move(child), state);
    }
    case PlanKind::kFilter: {
      const auto& filter = As<FilterNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(*filter.child, state));
      return MakeFilter(filter, std::move(child), state);
    }
    case PlanKind::kProject: {
      const auto& project = As<ProjectNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(*project.child, state));
      return MakeProject(project, std::move(child), state);
    }
    case PlanKind::kHashJoin: {
      const auto& join = As<HashJoinNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr left, MakeOperator(*join.left, state));
      if (ParallelInput* shared = state->parallel_input(); shared != nullptr) {
        if (auto table = shared->TableOf(join)) {
          return MakeHashProbe(join, std::move(left), std::move(table), state);
        }
      }
      ASSIGN_OR_RETURN(OperatorPtr right, MakeOperator(*join.right, state));
      return MakeHashJoin(join, std::move(left), std::move(right), state);
    }
    case PlanKind::kNestedLoopJoin: {
      const auto& join = As<NestedLoopJoinNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr left, MakeOperator(*join.left, state));
      ASSIGN_OR_RETURN(OperatorPtr right, MakeOperator(*join.right, state));
      return MakeNestedLoopJoin(join, std::move(left), std::move(right), state);
    }
    case PlanKind::kApplyJoin: {
      const auto& join = As<ApplyJoinNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr left, MakeOperator(*join.left, state));
      return MakeApplyJoin(join, std::move(left), state);
    }
    case PlanKind::kLookupJoin: {
      const auto& join = As<LookupJoinNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr left, MakeOperator(*join.left, state));
      return MakeLookupJoin(join, std::move(left), state);
    }
    case PlanKind::kAggregate: {
      const auto& aggregate = As<AggregateNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(*aggregate.child, state));
      if (aggregate.workers > 0 && state->context().parallel_workers != nullptr) {
        return MakeParallelAggregate(aggregate, std::move(child), state);
      }
      return MakeAggregate(aggregate, std::move(child), state);
    }
    case PlanKind::kDistinct: {
      const auto& distinct = As<DistinctNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(*distinct.child, state));
      return MakeDistinct(distinct, std::move(child), state);
    }
    case PlanKind::kUnique: {
      const auto& unique = As<UniqueNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(*unique.child, state));
      return MakeUnique(unique, std::move(child), state);
    }
    case PlanKind::kSort: {
      const auto& sort = As<SortNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(*sort.child, state));
      return MakeSort(sort, std::move(child), state);
    }
    case PlanKind::kWindowAgg: {
      const auto& window = As<WindowAggNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(*window.child, state));
      return MakeWindowAgg(window, std::move(child), state);
    }
    case PlanKind::kLimit: {
      const auto& limit = As<LimitNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(*limit.child, state));
      return MakeLimit(limit, std::move(child), state);
    }
    case PlanKind::kSetOperation: {
      const auto& set = As<SetOperationNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr left, MakeOperator(*set.left, state));
      ASSIGN_OR_RETURN(OperatorPtr right, MakeOperator(*set.right, state));
      return MakeSetOperation(set, std::move(left), std::move(right), state);
    }
    case PlanKind::kWith:
      return MakeWith(As<WithNode>(node), state);
    case PlanKind::kCteScan:
      return MakeCteScan(As<CteScanNode>(node), state);
    case PlanKind::kWorkingTableScan:
      return MakeWorkingTableScan(As<WorkingTableScanNode>(node), state);
    case PlanKind::kRecursiveUnion: {
      const auto& recursion = As<RecursiveUnionNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr left, MakeOperator(*recursion.left, state));
      return MakeRecursiveUnion(recursion, std::move(left), state);
    }
    case PlanKind::kLockRows: {
      const auto& lock = As<LockRowsNode>(node);
      ASSIGN_OR_RETURN(OperatorPtr child, MakeOperator(*lock.child, state));
      return MakeLockRows(lock, std::move(child), state);
    }
    case PlanKind::kInsert: {
      const auto& insert = As<InsertNode>(node);
      OperatorPtr child;
      if (insert.child) {
        ASSIGN_OR_RETURN(child, MakeInsertInput(insert, state));
      }
      return MakeInsert(insert, std::move(child), state);
    }
    case PlanKind::kUpdate:
      return MakeUpdate(As<UpdateNode>(node), state);
    case PlanKind::kDelete:
      return MakeDelete(As<DeleteNode>(node), state);
    case PlanKind::kMerge:
      return MakeMerge(As<MergeNode>(node), state);
  }
  return Error(sqlstate::kInternalError, "unknown plan node {}", static_cast<int>(node.kind));
}

}  // namespace

Result<OperatorPtr> MakeOperator(const PlanNode& node, ExecutionState* state) {
  ASSIGN_OR_RETURN(OperatorPtr made, MakeUnmeasured(node, state));
  RunStatistics* const run = state->context().run_statistics;
  if (run == nullptr) return made;
  return MakeMeasured(std::move(made), &run->Of(node));
}

}  // namespace shale::sql
