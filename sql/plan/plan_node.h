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

// A table function, e.g. generate_series(start, stop[, step]): the call's arguments.
struct SeriesNode : PlanNode {
  SeriesNode() : PlanNode(PlanKind::kSeries) {}
  std::string_view function;
  std::vector<ExprPtr> args;
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

// Builds on the right child. Output: left's columns, then right's. Rows match where all keys are
// equal (NULLs never) and `condition`, over both, is true.
struct HashJoinNode : PlanNode {
  HashJoinNode() : PlanNode(PlanKind::kHashJoin) {}
  JoinKind join = JoinKind::kInner;
  PlanNodePtr left;
  PlanNodePtr right;
  std::vector<ExprPtr> left_keys;   // over left's columns
  std::vector<ExprPtr> right_keys;  // over right's columns; pairs have one type
  ExprPtr condition;                // may be null
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
  JoinKind join = JoinKind::kInner;  // inner or left
  PlanNodePtr left;
  TableColumns source;
  std::vector<ExprPtr> keys;
  ExprPtr condition;  // over both; may be null
};

// The right side, run for each left row with the bindings' values of that row in its outer slots
// (OuterExpr). Output: left's columns, then right's.
struct ApplyJoinNode : PlanNode {
  ApplyJoinNode() : PlanNode(PlanKind::kApplyJoin) {}
  JoinKind join = JoinKind::kInner;  // inner or left
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

// A table whose rows a child brings, to be locked and, where newer versions than the snapshot's
// exist, read again. The child's output holds the row's key at key_slot and the table's columns at
// column_slots (by column position; -1: not there). Under READ COMMITTED a row that has changed is
// read again, its columns are put in their slots, and `recheck`, the query's whole condition over
// the child's output, decides whether it still counts.
struct RowTarget {
  catalog::TableRef table;
  int key_slot = -1;
  std::vector<int> column_slots;
  ExprPtr recheck;  // may be null
};

// SELECT ... FOR UPDATE and the like. Output: the child's columns.
struct LockRowsNode : PlanNode {
  LockRowsNode() : PlanNode(PlanKind::kLockRows) {}
  struct Target {
    RowTarget row;
    engine::LockMode mode = engine::LockMode::kForUpdate;
    engine::LockWait wait = engine::LockWait::kWait;
  };
  PlanNodePtr child;
  std::vector<Target> targets;
};

// Data-modifying nodes produce the RETURNING rows: `returning` over the table's columns in table
// order, one slot per column position; of UPDATE and DELETE also over the child's, behind those.
struct InsertNode : PlanNode {
  InsertNode() : PlanNode(PlanKind::kInsert) {}
  catalog::TableRef table;
  PlanNodePtr child;  // null: one row, `row` has no columns in it
  std::vector<ExprPtr>
      row;  // per column position over the child's output; null for dropped columns
  // Then the generated columns, over those of the new row, one slot per column position; null: not
  // one, none: the table has none. Likewise below.
  std::vector<ExprPtr> generated;
  bool on_conflict_do_nothing = false;
  Arbiters arbiters;
  // ON CONFLICT DO UPDATE, over the columns of the row that is there and, behind those, of the one
  // that was to be inserted.
  struct ConflictUpdate {
    std::vector<ExprPtr> row;    // per column position: the new value; null: unchanged
    std::vector<ExprPtr> where;  // none or one
    bool changes_key = false;
    bool locks_key = false;  // as of UpdateNode
  };
  std::optional<ConflictUpdate> conflict_update;
  std::vector<ExprPtr> returning;
};

struct UpdateNode : PlanNode {
  UpdateNode() : PlanNode(PlanKind::kUpdate) {}
  PlanNodePtr child;
  RowTarget target;  // all live columns of the table are in column_slots
  std::vector<ExprPtr>
      row;  // per column position over the child's output: the new value; null: unchanged
  std::vector<ExprPtr> generated;
  bool changes_key = false;  // a primary key column is assigned
  bool locks_key = false;    // or one of a unique index that a foreign key may refer to
  std::vector<ExprPtr> returning;
};

struct DeleteNode : PlanNode {
  DeleteNode() : PlanNode(PlanKind::kDelete) {}
  PlanNodePtr child;
  RowTarget target;
  std::vector<ExprPtr> returning;
};

// MERGE. The child gives the source's rows, each with the target's row that matches it, or NULLs.
struct MergeNode : PlanNode {
  MergeNode() : PlanNode(PlanKind::kMerge) {}
  struct Action {
    BoundMergeAction::Kind kind = BoundMergeAction::Kind::kNothing;
    bool matched = false;
    std::vector<ExprPtr> condition;  // none or one
    // Per column position over the child's output: of INSERT the values, null for dropped columns;
    // of UPDATE the new values, null: unchanged.
    std::vector<ExprPtr> row;
    bool changes_key = false;  // as in UpdateNode
    bool locks_key = false;
  };
  PlanNodePtr child;
  RowTarget target;
  std::vector<ExprPtr> join_condition;  // the one of ON, to test a changed row with
  std::vector<Action> actions;
  std::vector<ExprPtr> generated;
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
