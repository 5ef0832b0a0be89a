// The operators that lock rows or change them. See plan_node.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/plan/plan_node.h"

namespace shale::sql {

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

// WITH CHECK OPTION, over the new row: slots are column positions.
struct RowCheck {
  std::string view;
  ExprPtr condition;
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
    // Of views: conditions on the row that is there, and whose they are.
    std::vector<ExprPtr> visible;
    std::vector<std::string> visible_through;
    bool changes_key = false;
    bool locks_key = false;  // as of UpdateNode
  };
  std::optional<ConflictUpdate> conflict_update;
  std::vector<RowCheck> checks;
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
  std::vector<RowCheck> checks;
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

}  // namespace shale::sql
