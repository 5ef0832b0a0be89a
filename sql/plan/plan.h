// Plan: what the planner makes of a bound statement: a tree of physical operators, immutable, run
// any number of times with different parameters (sql/exec). Shared by the executions of one
// prepared statement.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/bind/bound_statement.h"
#include "sql/plan/plan_node.h"

namespace shale::sql {

enum class PlanCommand : uint8_t { kSelect, kInsert, kUpdate, kDelete, kMerge };

struct Plan {
  PlanCommand command = PlanCommand::kSelect;
  std::unique_ptr<PlanNode> root;
  std::vector<OutputColumn> output;  // empty: the statement returns no rows
  std::vector<catalog::Oid> parameter_types;
  // The descriptions it was made from: right as long as the catalog gives the same pointers.
  std::vector<catalog::TableRef> tables;
  // The table that INSERT, UPDATE, DELETE or MERGE changes; null otherwise.
  catalog::TableRef target;
  // A SELECT of one row by a whole primary or unique key, nothing else: run by the short path.
  std::unique_ptr<PointLookup> point;
  // Sequences whose nextval the statement may call a known number of times per row: leased ahead.
  std::vector<catalog::Oid> sequences;
  // What PostgreSQL finds out when it plans, which it does not when a statement is prepared: to be
  // given to whoever runs or explains the plan.
  Status failure;
  // Snapshots that are older cannot be read with it: indexes were made after them.
  engine::SequenceNumber readable_from = 0;
  // Snapshots from here on may be read by indexes that it had to do without; 0: there are none.
  engine::SequenceNumber outdated_from = 0;
  // Of a cursor: columns of the output, behind those that are shown, with the keys of rows that it
  // stands on.
  struct RowKey {
    catalog::TableRef table;
    int column = 0;
  };
  std::vector<RowKey> row_keys;
  bool can_scroll = false;   // of a cursor: it goes backward where it does not say
  int outer_count = 0;       // slots of OuterExpr
  bool writes = false;       // needs a read-write transaction
  bool locks_rows = false;   // FOR UPDATE and the like, or UPDATE, DELETE
  bool may_block = false;    // calls a blocking function: run on a worker from the start
  bool takes_locks = false;  // calls functions that take locks: see sql/expr/lock_wait.h
};

// Plans any bound statement. Needs no snapshot of data; sizes are estimated through the store.
struct PlanContext {
  const catalog::CatalogSnapshot* catalog = nullptr;
  engine::KvStore* store = nullptr;  // may be null: no estimates
  const catalog::FormatSettings* settings = nullptr;
  // The snapshot of the transaction, where it keeps it: indexes that are younger are not read.
  engine::SequenceNumber snapshot = engine::kSequenceMax;
  bool for_cursor = false;  // of DECLARE CURSOR
  Plan* plan = nullptr;     // in the making; MakePlan's own
};
Result<std::shared_ptr<const Plan>> MakePlan(const PlanContext& context, BoundStatement statement);

// EXPLAIN's lines, as PostgreSQL lays them out; costs only with costs on.
std::vector<std::string> ExplainPlan(const Plan& plan, bool costs);

}  // namespace shale::sql
