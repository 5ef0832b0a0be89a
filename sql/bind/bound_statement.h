// Bound statements: what the binder makes of SELECT, INSERT, UPDATE, DELETE and MERGE, and the
// planner plans.
//
// A query has a range table: its FROM items in order; ColumnExpr::relation is an index into it. For
// a stored or virtual table ColumnExpr::column is the column's position in its description, for a
// subquery the position in its targets, for VALUES and functions the position in their columns.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/snapshot.h"
#include "engine/kv_store.h"
#include "sql/bind/bound_window.h"
#include "sql/bind/virtual_table.h"
#include "sql/expr/expr.h"

namespace shale::sql {

struct BoundSelect;

struct OutputColumn {
  std::string name;
  catalog::Type type;
  // The table column it is a plain copy of, for RowDescription; 0: none.
  catalog::Oid table_oid = 0;
  int attnum = 0;
};

// What a LATERAL item takes from its query: while it is computed for a row, the slot (OuterExpr)
// stands for the value of expr, which is over the query's other relations.
struct OuterBinding {
  int slot = -1;
  ExprPtr expr;
};

// A call in FROM. One that gives no set of rows gives one row.
struct BoundTableFunction {
  ExprPtr call;
  std::vector<OutputColumn> columns;
};

struct RangeEntry {
  enum class Kind : uint8_t { kTable, kVirtualTable, kSubquery, kFunction, kValues, kCte };
  Kind kind = Kind::kTable;
  std::string alias;                  // as the query names it
  std::vector<OutputColumn> columns;  // all, dropped table columns included (empty names)
  catalog::TableRef table;            // kTable
  const VirtualTable* virtual_table = nullptr;
  std::unique_ptr<BoundSelect> subquery;  // kSubquery
  catalog::ViewRef view;                  // of the subquery that it stands for; else null
  // kFunction: their columns side by side, row by row, NULL where one has ended before another;
  // `ordinality`: then the row's number.
  std::vector<BoundTableFunction> functions;
  bool ordinality = false;
  std::vector<std::vector<ExprPtr>> values;  // kValues: rows of expressions of the columns' types
  std::vector<OuterBinding> outer;  // of LATERAL items that refer to others; empty otherwise
  int cte = -1;                     // kCte: into BoundStatement::ctes
  bool is_working_table = false;    // kCte: within its own recursive term
  size_t unexpanded = 0;            // of it: that many last columns a star leaves out
};

// cross: inner without condition; right: left swapped. The last two the planner makes of
// subqueries: each left row once, with its first partner, or where it has none.
enum class JoinKind : uint8_t { kInner, kLeft, kFull, kSemi, kAnti };

struct FromNode {
  int relation = -1;  // a leaf; else a join of left and right
  JoinKind join = JoinKind::kInner;
  std::unique_ptr<FromNode> left;
  std::unique_ptr<FromNode> right;
  ExprPtr condition;  // may be null
};

struct BoundTarget {
  ExprPtr expr;
  OutputColumn column;
  bool hidden = false;  // only sorted or grouped by: not part of the result
};

struct BoundSortKey {
  int target;  // index into targets
  bool descending = false;
  bool nulls_first = false;
};

struct BoundRowLock {
  std::vector<int> relations;  // stored tables only
  engine::LockMode mode = engine::LockMode::kForUpdate;
  engine::LockWait wait = engine::LockWait::kWait;
  bool from_above = false;  // the clause is one of the query around, on what this one reads
};

enum class BoundSetOperation : uint8_t { kNone, kUnion, kIntersect, kExcept };

struct BoundSelect {
  std::vector<RangeEntry> range_table;
  std::unique_ptr<FromNode> from;  // null: one row without columns
  ExprPtr where;                   // may be null, as the others below
  std::string current_of;          // UPDATE and DELETE: relation 0 is the cursor's row; else empty
  // Grouped when group_by, an aggregate or having is present: targets then hold AggregateExpr nodes
  // and expressions over the grouped ones.
  bool grouped = false;
  std::vector<ExprPtr> group_by;
  // The grouping sets, by their places in group_by; empty: one, of all.
  std::vector<std::vector<int>> grouping_sets;
  ExprPtr having;
  std::vector<BoundWindow> windows;  // that WindowExpr nodes in targets refer to
  std::vector<BoundTarget> targets;
  bool distinct = false;
  // DISTINCT ON: the targets that differ; rows come sorted by these keys, which begin with those of
  // ORDER BY or go on behind them. Then distinct is set as well.
  std::vector<BoundSortKey> distinct_on;
  std::vector<BoundSortKey> order_by;
  ExprPtr limit;           // int8
  ExprPtr offset;          // int8
  bool with_ties = false;  // of the limit
  std::vector<BoundRowLock> locks;
  // A set operation: targets give the common types over left's (relation 0) output; from and where
  // are empty.
  BoundSetOperation set_operation = BoundSetOperation::kNone;
  bool set_all = false;
  std::unique_ptr<BoundSelect> left;
  std::unique_ptr<BoundSelect> right;
  // Its own WITH: into BoundStatement::ctes, each behind those that it refers to.
  std::vector<int> with;
};

// Rows come from source, whose output is relation 0 of row's expressions; without a source there is
// one row and the expressions hold everything (the short path of INSERT ... VALUES (...)).
struct BoundAssignment {
  int column;
  ExprPtr expr;
  bool is_part = false;  // of the column: others may follow
};

// The unique keys that ON CONFLICT looks at, by their OIDs.
struct Arbiters {
  bool primary_key = false;
  std::vector<catalog::Oid> indexes;
};

// A condition of a view on a row of the table, relation 0: of WITH CHECK OPTION the new one.
struct BoundCheck {
  std::string view;
  ExprPtr condition;
};

// ON CONFLICT DO UPDATE, over relation 0, the row that is there, and relation 1, the one that was
// to be inserted.
struct BoundConflictUpdate {
  std::vector<BoundAssignment> assignments;
  ExprPtr where;                    // may be null
  std::vector<BoundCheck> visible;  // of the row that is there, through the views
};

struct BoundInsert {
  std::vector<int> with;  // as BoundSelect's
  catalog::TableRef table;
  std::unique_ptr<BoundSelect> source;  // may be null
  // One per column position of the table, cast for assignment, defaults filled in; null for dropped
  // columns.
  std::vector<ExprPtr> row;
  // Of generated columns, per position, over relation 0, the new row; none where there are none.
  std::vector<ExprPtr> generated;
  // Over relation 0: the table's new row.
  std::vector<BoundTarget> returning;
  bool on_conflict_do_nothing = false;
  Arbiters arbiters;                                     // of ON CONFLICT
  std::unique_ptr<BoundConflictUpdate> conflict_update;  // null: none
  // 42P10: there is no constraint that ON CONFLICT means, which only planning tells.
  Status arbiter;
  std::vector<BoundCheck> checks;
};

// The target table is relation 0 of `input`, whose FROM may name more (UPDATE ... FROM, DELETE ...
// USING).
struct BoundUpdate {
  std::vector<int> with;
  BoundSelect input;  // range table, from and where only
  std::vector<BoundAssignment> assignments;
  std::vector<ExprPtr> generated;      // as in BoundInsert
  std::vector<BoundTarget> returning;  // relation 0 is the row after the update
  std::vector<BoundCheck> checks;
};

struct BoundDelete {
  std::vector<int> with;
  BoundSelect input;
  std::vector<BoundTarget> returning;  // relation 0 is the row before
};

// What MERGE does with a row of the source: over relation 0, the target, where it matches, and the
// source's relations.
struct BoundMergeAction {
  enum class Kind : uint8_t { kNothing, kUpdate, kDelete, kInsert };
  Kind kind = Kind::kNothing;
  bool matched = false;
  ExprPtr condition;  // may be null
  std::vector<BoundAssignment> assignments;
  std::vector<ExprPtr> row;  // of INSERT, as in BoundInsert
};

// FROM is the source joined to the target, LEFT where rows without a match count.
struct BoundMerge {
  std::vector<int> with;
  BoundSelect input;
  ExprPtr condition;  // of the join
  std::vector<BoundMergeAction> actions;
  std::vector<ExprPtr> generated;  // as in BoundInsert
};

// A query of WITH.
struct BoundCte {
  std::string name;
  std::vector<OutputColumn> columns;
  // Exactly one is set.
  std::unique_ptr<BoundSelect> select;
  std::unique_ptr<BoundInsert> insert;
  std::unique_ptr<BoundUpdate> update;
  std::unique_ptr<BoundDelete> del;
  int references = 0;         // range table entries, its own recursive term's not counted
  bool is_recursive = false;  // select is a UNION whose right side reads what the last round gave
  // Computed where it is referred to, in place, as a subquery: MATERIALIZED is not said, and it
  // does not matter how often it is.
  bool is_inlined = false;

  bool modifies() const { return select == nullptr; }
};
using BoundCtes = std::vector<std::unique_ptr<BoundCte>>;

struct BoundStatement {
  // Exactly one is set.
  std::unique_ptr<BoundSelect> select;
  std::unique_ptr<BoundInsert> insert;
  std::unique_ptr<BoundUpdate> update;
  std::unique_ptr<BoundDelete> del;
  std::unique_ptr<BoundMerge> merge;
  bool is_call = false;  // CALL: select is over what the procedure gives

  BoundCtes ctes;       // of all WITHs in it
  int outer_count = 0;  // slots of OuterExpr in all of the statement
  std::vector<catalog::Oid> parameter_types;
  std::vector<OutputColumn> output;  // of SELECT and RETURNING; empty: no rows come back
  // Used: a plan stands while the catalog gives the same pointers.
  std::vector<catalog::TableRef> tables;
  std::vector<catalog::ViewRef> views;
};

}  // namespace shale::sql
