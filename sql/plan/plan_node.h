// PlanNode: physical operators. Each produces batches of columns; expressions refer to the columns
// of the child's batches by ColumnExpr::slot (joins: the left child's columns, then the right's).
//
// Nodes are immutable once planned. Key and limit expressions have no columns: they are evaluated
// when the execution starts.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "catalog/index_codec.h"
#include "sql/bind/bound_statement.h"
#include "sql/expr/expr.h"

namespace shale::sql {

enum class PlanKind : uint8_t {
  kResult,  // one row without columns
  kTableScan,
  kKeyLookup,
  kIndexScan,
  kCurrentRow,
  kVirtualScan,
  kValues,
  kSeries,
  kFunctionScan,
  kProjectSet,
  kDealtRows,
  kFilter,
  kProject,
  kHashJoin,
  kNestedLoopJoin,
  kLookupJoin,
  kApplyJoin,
  kAggregate,
  kDistinct,
  kUnique,
  kSort,
  kWindowAgg,
  kLimit,
  kSetOperation,
  kWith,
  kCteScan,
  kWorkingTableScan,
  kRecursiveUnion,
  kLockRows,
  kInsert,
  kUpdate,
  kDelete,
  kMerge,
};

struct PlanEstimate {
  double rows = 1;
  double cost = 0;  // in units of one page read, like PostgreSQL's
  int width = 0;    // bytes per row
};

struct PlanNode {
  explicit PlanNode(PlanKind kind_in) : kind(kind_in) {}
  virtual ~PlanNode() = default;

  PlanKind kind;
  std::vector<catalog::Type> output;  // of the columns it produces
  PlanEstimate estimate;
};
using PlanNodePtr = std::unique_ptr<PlanNode>;

struct ResultNode : PlanNode {
  ResultNode() : PlanNode(PlanKind::kResult) {}
};

// What a scan of a stored table reads: columns[i] is the table column position of output column i;
// with emit_key the row's key follows as one more output column (bytea).
struct TableColumns {
  catalog::TableRef table;
  std::string alias;
  std::vector<int> columns;
  bool emit_key = false;
};

// The rows between two keys, in key order. The bounds: the first key columns equal to `equal`, and
// the next one, where given, within lower and upper. A NULL in any bound: no rows.
struct TableScanNode : PlanNode {
  TableScanNode() : PlanNode(PlanKind::kTableScan) {}
  TableColumns source;
  std::vector<ExprPtr> equal;
  ExprPtr lower;
  ExprPtr upper;
  bool lower_inclusive = false;
  bool upper_inclusive = false;
  bool reverse = false;
  ExprPtr filter;  // over the output; may be null
  // The conditions that the bounds stand for, over the output: EXPLAIN's Index Cond. Not evaluated.
  std::vector<ExprPtr> bound_conditions;
  bool in_parallel = false;  // below an AggregateNode with workers: each may read a part
};

// The rows of given whole primary keys, each at most once, in key order when `sorted` is asked for.
struct KeyLookupNode : PlanNode {
  KeyLookupNode() : PlanNode(PlanKind::kKeyLookup) {}
  TableColumns source;
  // One list per key; the values of the key columns in key order, of the columns' types.
  std::vector<std::vector<ExprPtr>> keys;
  // There is one list, and its last value is an array of the key column's type: a key for each
  // element.
  bool keys_from_array = false;
  ExprPtr filter;
  std::vector<ExprPtr> bound_conditions;
};

// The rows that a part of an index leads to, in its order. The bounds: the first key columns equal
// to `equal` (null: IS NULL), or to one of `keys`, and the next one within lower and upper, in the
// order of values whatever the index's. A NULL in any bound: no rows.
struct IndexScanNode : PlanNode {
  IndexScanNode() : PlanNode(PlanKind::kIndexScan) {}
  TableColumns source;
  catalog::IndexRef index;
  std::vector<ExprPtr> equal;
  // In place of equal: lists that all have one length, whose last values differ; with
  // keys_from_array one list, whose last value is an array.
  std::vector<std::vector<ExprPtr>> keys;
  bool keys_from_array = false;
  ExprPtr lower;
  ExprPtr upper;
  bool lower_inclusive = false;
  bool upper_inclusive = false;
  bool reverse = false;
  bool index_only = false;  // the entries have all columns: rows are not read
  ExprPtr filter;           // over the output; may be null
  std::vector<ExprPtr> bound_conditions;

  // At most one row: all of a unique key, without a NULL.
  bool is_unique() const {
    return index->guards_keys() && keys.empty() && equal.size() == index->keys.size() &&
           std::all_of(equal.begin(), equal.end(), [](const ExprPtr& e) { return e != nullptr; });
  }
};

// The row of the table that a cursor of the session stands on, as it is now (WHERE CURRENT OF).
struct CurrentRowNode : PlanNode {
  CurrentRowNode() : PlanNode(PlanKind::kCurrentRow) {}
  TableColumns source;
  std::string cursor;
};

struct VirtualScanNode : PlanNode {
  VirtualScanNode() : PlanNode(PlanKind::kVirtualScan) {}
  const VirtualTable* table = nullptr;
  std::string alias;
  std::vector<int> columns;
  ExprPtr filter;
};

struct ValuesNode : PlanNode {
  ValuesNode() : PlanNode(PlanKind::kValues) {}
  std::vector<std::vector<ExprPtr>> rows;
};

// generate_series(start, stop[, step]) of integers: the call's arguments.
struct SeriesNode : PlanNode {
  SeriesNode() : PlanNode(PlanKind::kSeries) {}
  std::vector<ExprPtr> args;
};

// Functions side by side, row by row, as a range table entry of kind kFunction has them.
struct FunctionScanNode : PlanNode {
  FunctionScanNode() : PlanNode(PlanKind::kFunctionScan) {}
  std::vector<BoundTableFunction> functions;
  bool ordinality = false;
  std::string alias;
};

// For each row of the child the rows that the calls give, side by side, NULL where one has ended
// before another. Output: the child's columns, then one per call.
struct ProjectSetNode : PlanNode {
  ProjectSetNode() : PlanNode(PlanKind::kProjectSet) {}
  PlanNodePtr child;
  std::vector<std::unique_ptr<CallExpr>> calls;
};

// The child's rows, read by one thread, and dealt out to several that do what is above.
struct DealtRowsNode : PlanNode {
  DealtRowsNode() : PlanNode(PlanKind::kDealtRows) {}
  PlanNodePtr child;
};

struct FilterNode : PlanNode {
  FilterNode() : PlanNode(PlanKind::kFilter) {}
  PlanNodePtr child;
  ExprPtr predicate;
};

struct ProjectNode : PlanNode {
  ProjectNode() : PlanNode(PlanKind::kProject) {}
  PlanNodePtr child;
  std::vector<ExprPtr> exprs;
};

// Builds on the right child. Output: left's columns, then, but of an anti join, right's. Rows match
// where all keys are equal (NULLs never) and `condition`, over both, is true.
struct HashJoinNode : PlanNode {
  HashJoinNode() : PlanNode(PlanKind::kHashJoin) {}
  JoinKind join = JoinKind::kInner;
  PlanNodePtr left;
  PlanNodePtr right;
  std::vector<ExprPtr> left_keys;   // over left's columns
  std::vector<ExprPtr> right_keys;  // over right's columns; pairs have one type
  ExprPtr condition;                // may be null
  bool in_parallel = false;         // as of a TableScanNode: left in parts, right once for all
  int build_workers = 0;            // threads that may help to read right, which is a pipeline, too
};

// Keeps the right child's rows in memory. Full joins only without a condition on both.
struct NestedLoopJoinNode : PlanNode {
  NestedLoopJoinNode() : PlanNode(PlanKind::kNestedLoopJoin) {}
  JoinKind join = JoinKind::kInner;
  PlanNodePtr left;
  PlanNodePtr right;
  ExprPtr condition;  // may be null
};

// For each left row the one row of the table whose whole primary key is given by expressions over
// left's columns. Output: left's columns, then source's.
struct LookupJoinNode : PlanNode {
  LookupJoinNode() : PlanNode(PlanKind::kLookupJoin) {}
  JoinKind join = JoinKind::kInner;  // not full
  PlanNodePtr left;
  TableColumns source;
  std::vector<ExprPtr> keys;
  ExprPtr condition;  // over both; may be null
};

// The right side, run for each left row with the bindings' values of that row in its outer slots
// (OuterExpr). Output: left's columns, then right's.
struct ApplyJoinNode : PlanNode {
  ApplyJoinNode() : PlanNode(PlanKind::kApplyJoin) {}
  JoinKind join = JoinKind::kInner;  // not full
  PlanNodePtr left;
  PlanNodePtr right;
  std::vector<OuterBinding> bindings;  // expressions over left's columns
  ExprPtr condition;                   // over both; may be null
};

// Output: the group expressions, then the aggregates, then an int4 for each of `groupings`. Without
// groups there is one row always.
struct AggregateNode : PlanNode {
  AggregateNode() : PlanNode(PlanKind::kAggregate) {}
  PlanNodePtr child;
  std::vector<ExprPtr> groups;
  // Grouping sets, by places in groups; what is not in a set is NULL in its rows. An empty one has
  // one row always. None: one set of all groups.
  std::vector<std::vector<int>> sets;
  std::vector<std::unique_ptr<AggregateExpr>> aggregates;
  std::vector<std::vector<int>> groupings;  // the arguments of GROUPING, by places in groups
  // Threads that may help the statement's own, each with groups of its own over a part of the
  // input's rows, which are merged at the end; 0: none. Estimates of what each does then, and of
  // what all of them give.
  int workers = 0;
  PlanEstimate partial;
  PlanEstimate gather;
};

// The first of consecutive rows that are equal in these columns.
struct UniqueNode : PlanNode {
  UniqueNode() : PlanNode(PlanKind::kUnique) {}
  PlanNodePtr child;
  std::vector<int> slots;
};

// Each distinct row once: of all columns.
struct DistinctNode : PlanNode {
  DistinctNode() : PlanNode(PlanKind::kDistinct) {}
  PlanNodePtr child;
};

struct SortKey {
  int slot = 0;
  bool descending = false;
  bool nulls_first = false;
  bool operator==(const SortKey&) const = default;
};

// Stable. With `limit` only the first limit + offset rows are kept (top-N).
struct SortNode : PlanNode {
  SortNode() : PlanNode(PlanKind::kSort) {}
  PlanNodePtr child;
  std::vector<SortKey> keys;
  ExprPtr limit;   // as in LimitNode, may be null
  ExprPtr offset;  // may be null
};

// Calls over one window. The child's rows come sorted by `partition`, then by `order`. Output: the
// child's columns, then the calls.
struct WindowAggNode : PlanNode {
  WindowAggNode() : PlanNode(PlanKind::kWindowAgg) {}
  struct Call {
    const WindowFunction* function = nullptr;  // one of the two
    const Aggregate* aggregate = nullptr;
    std::vector<int> args;  // slots
    int filter = -1;        // slot of a boolean; -1: none
    catalog::Type type;
    std::string name;  // for EXPLAIN
  };
  PlanNodePtr child;
  std::vector<int> partition;  // slots
  std::vector<SortKey> order;
  WindowFrame frame;
  std::vector<Call> calls;
};

// int8 expressions; NULL means no limit, or offset 0. Negative: 2201W, 2201X.
struct LimitNode : PlanNode {
  LimitNode() : PlanNode(PlanKind::kLimit) {}
  PlanNodePtr child;
  ExprPtr limit;   // may be null
  ExprPtr offset;  // may be null
  // WITH TIES: rows that are equal to the last one in the columns that rows are sorted by.
  bool with_ties = false;
  std::vector<int> tie_slots;
};

struct SetOperationNode : PlanNode {
  SetOperationNode() : PlanNode(PlanKind::kSetOperation) {}
  BoundSetOperation operation = BoundSetOperation::kUnion;
  bool all = false;
  PlanNodePtr left;  // both of the output's types
  PlanNodePtr right;
};

// A query over items of its WITH that are computed apart: each lazily, at most once however often
// it is scanned; those that change rows to their end, read or not, all on the state of before.
struct WithNode : PlanNode {
  WithNode() : PlanNode(PlanKind::kWith) {}
  struct Item {
    int cte = -1;
    std::string name;
    PlanNodePtr plan;
    bool modifies = false;
  };
  std::vector<Item> items;  // each behind those that it scans
  PlanNodePtr child;

  bool modifies() const {
    return std::any_of(items.begin(), items.end(), [](const Item& item) { return item.modifies; });
  }
};

// The rows of an item of a WithNode above.
struct CteScanNode : PlanNode {
  CteScanNode() : PlanNode(PlanKind::kCteScan) {}
  int cte = -1;
  std::string name;
  std::string alias;
};

// What the last round of a RecursiveUnionNode above has given.
struct WorkingTableScanNode : PlanNode {
  WorkingTableScanNode() : PlanNode(PlanKind::kWorkingTableScan) {}
  int cte = -1;
  std::string name;
  std::string alias;
};

// The left rows, then the right side anew over what was given last, until that gives nothing. Not
// `all`: each distinct row once.
struct RecursiveUnionNode : PlanNode {
  RecursiveUnionNode() : PlanNode(PlanKind::kRecursiveUnion) {}
  int cte = -1;
  bool all = false;
  PlanNodePtr left;  // both of the output's types
  PlanNodePtr right;
};

// The short path of SELECT: the row of one whole primary or unique key, and the expressions on it.
// Slots are column positions of the table.
struct PointLookup {
  catalog::TableRef table;
  std::unique_ptr<const catalog::IndexCodec> index;  // null: the primary key
  std::vector<ExprPtr> key;  // constants, parameters, stable expressions; of the key columns' types
  ExprPtr filter;            // may be null
  std::vector<ExprPtr> exprs;  // the output
  // exprs[i] is this column as it is; -1: to be evaluated.
  std::vector<int> plain_columns;
  std::vector<int> columns;  // positions that are read
};

}  // namespace shale::sql
