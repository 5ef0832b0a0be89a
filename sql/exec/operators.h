// The operators, one maker per plan node. A maker evaluates what the node fixes at the start of an
// execution (key bounds, LIMIT) and opens scans, so that they see the state of that moment.
// The node outlives the operator.
#pragma once

#include "sql/exec/operator.h"

namespace shale::sql {

struct NodeRun;  // run_statistics.h
class HashJoinTable;

// Any node with all below it.
Result<OperatorPtr> MakeOperator(const PlanNode& node, ExecutionState* state);

OperatorPtr MakeResult(ExecutionState* state);
Result<OperatorPtr> MakeTableScan(const TableScanNode& node, ExecutionState* state);
Result<OperatorPtr> MakeKeyLookup(const KeyLookupNode& node, ExecutionState* state);
Result<OperatorPtr> MakeIndexScan(const IndexScanNode& node, ExecutionState* state);
OperatorPtr MakeCurrentRow(const CurrentRowNode& node, ExecutionState* state);
OperatorPtr MakeVirtualScan(const VirtualScanNode& node, ExecutionState* state);
OperatorPtr MakeValues(const ValuesNode& node, ExecutionState* state);
Result<OperatorPtr> MakeSeries(const SeriesNode& node, ExecutionState* state);
Result<OperatorPtr> MakeFunctionScan(const FunctionScanNode& node, ExecutionState* state);
OperatorPtr MakeProjectSet(const ProjectSetNode& node, OperatorPtr child, ExecutionState* state);
// child: null where the rows are in the input that the threads share already.
OperatorPtr MakeDealtRows(const DealtRowsNode& node, OperatorPtr child, ExecutionState* state);
OperatorPtr MakeFilter(const FilterNode& node, OperatorPtr child, ExecutionState* state);
OperatorPtr MakeProject(const ProjectNode& node, OperatorPtr child, ExecutionState* state);
OperatorPtr MakeHashJoin(const HashJoinNode& node, OperatorPtr left, OperatorPtr right,
                         ExecutionState* state);
// The same with the right side that another thread has read.
OperatorPtr MakeHashProbe(const HashJoinNode& node, OperatorPtr left,
                          std::shared_ptr<const HashJoinTable> table, ExecutionState* state);
OperatorPtr MakeNestedLoopJoin(const NestedLoopJoinNode& node, OperatorPtr left, OperatorPtr right,
                               ExecutionState* state);
OperatorPtr MakeApplyJoin(const ApplyJoinNode& node, OperatorPtr left, ExecutionState* state);
OperatorPtr MakeLookupJoin(const LookupJoinNode& node, OperatorPtr left, ExecutionState* state);
OperatorPtr MakeAggregate(const AggregateNode& node, OperatorPtr child, ExecutionState* state);
// By several threads, as far as the transaction allows it and there are any.
OperatorPtr MakeParallelAggregate(const AggregateNode& node, OperatorPtr child,
                                  ExecutionState* state);
OperatorPtr MakeDistinct(const DistinctNode& node, OperatorPtr child, ExecutionState* state);
OperatorPtr MakeUnique(const UniqueNode& node, OperatorPtr child, ExecutionState* state);
Result<OperatorPtr> MakeSort(const SortNode& node, OperatorPtr child, ExecutionState* state);
Result<OperatorPtr> MakeWindowAgg(const WindowAggNode& node, OperatorPtr child,
                                  ExecutionState* state);
Result<OperatorPtr> MakeLimit(const LimitNode& node, OperatorPtr child, ExecutionState* state);
OperatorPtr MakeSetOperation(const SetOperationNode& node, OperatorPtr left, OperatorPtr right,
                             ExecutionState* state);
Result<OperatorPtr> MakeWith(const WithNode& node, ExecutionState* state);
OperatorPtr MakeCteScan(const CteScanNode& node, ExecutionState* state);
OperatorPtr MakeWorkingTableScan(const WorkingTableScanNode& node, ExecutionState* state);
OperatorPtr MakeRecursiveUnion(const RecursiveUnionNode& node, OperatorPtr left,
                               ExecutionState* state);
OperatorPtr MakeLockRows(const LockRowsNode& node, OperatorPtr child, ExecutionState* state);
OperatorPtr MakeInsert(const InsertNode& node, OperatorPtr child, ExecutionState* state);
Result<OperatorPtr> MakeUpdate(const UpdateNode& node, ExecutionState* state);
Result<OperatorPtr> MakeDelete(const DeleteNode& node, ExecutionState* state);
Result<OperatorPtr> MakeMerge(const MergeNode& node, ExecutionState* state);

// The operator with its rows and times added up in *run, which outlives it.
OperatorPtr MakeMeasured(OperatorPtr measured, NodeRun* run);

// Each distinct row once.
OperatorPtr MakeDistinctRows(std::vector<catalog::Type> types, OperatorPtr child,
                             ExecutionState* state);
// Reads the child to its end before it gives anything.
OperatorPtr MakeMaterialize(std::vector<catalog::Type> types, OperatorPtr child,
                            ExecutionState* state);

// The limit and offset of LimitNode and SortNode: 2201W, 2201X.
struct RowLimits {
  uint64_t limit = UINT64_MAX;
  uint64_t offset = 0;
  // Rows up to the last one given.
  uint64_t end() const { return limit > UINT64_MAX - offset ? UINT64_MAX : limit + offset; }
};
Result<RowLimits> EvaluateLimits(const Expr* limit, const Expr* offset, ExecutionState* state);

}  // namespace shale::sql
