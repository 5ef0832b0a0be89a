// Plan: what the planner makes of a bound statement: a tree of physical operators, immutable, run
// any number of times with different parameters (sql/exec). Shared by the executions of one
// prepared statement.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sql/bind/binder.h"
#include "sql/plan/change_node.h"
#include "sql/plan/parallel_settings.h"

namespace shale::sql {

enum class PlanCommand : uint8_t { kSelect, kInsert, kUpdate, kDelete, kMerge, kCall };

// Another plan of a subquery that takes from around it only what columns of its own are to be equal
// to: run once, it has the answers for all such values.
struct KeyedSubplan {
  PlanNodePtr root;             // the columns, one row for each of their values; then aggregates
  std::vector<ExprPtr> lookup;  // the values they are to be equal to, over the outer values
  // Of kScalar, which is computed from aggregates: those, and the value over them and, behind them,
  // the outer values. A value without rows has aggregates of none. Of kExists: empty, null.
  std::vector<std::unique_ptr<AggregateExpr>> aggregates;
  ExprPtr result;
};

// The plan of a subquery in an expression (SubqueryInfo::number). Its columns are the query's.
struct Subplan {
  PlanNodePtr root;
  std::string name;  // as EXPLAIN has it: "SubPlan 1", "InitPlan 1 (returns $0)"
  bool is_init_plan = false;
  int parent = -1;  // whose expressions it is in; -1: the statement's own
  // Of kAny by =, run once: what the left values are looked for in, one expression over the query's
  // columns for each. Empty: rows are compared one by one.
  std::vector<ExprPtr> hash_keys;
  std::unique_ptr<KeyedSubplan> keyed;  // may be null; for who has run root often
};

struct Plan {
  PlanCommand command = PlanCommand::kSelect;
  std::unique_ptr<PlanNode> root;
  std::vector<std::unique_ptr<Subplan>> subplans;
  std::vector<OutputColumn> output;  // empty: the statement returns no rows
  std::vector<catalog::Oid> parameter_types;
  // The descriptions it was made from: right as long as the catalog gives the same pointers.
  std::vector<catalog::TableRef> tables;
  std::vector<catalog::ViewRef> views;
  // The table that INSERT, UPDATE, DELETE or MERGE changes; null otherwise.
  catalog::TableRef target;
  // Those that such statements in its WITH change.
  std::vector<catalog::TableRef> with_targets;
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
  int cte_count = 0;         // numbers of CteScanNode and the like
  bool writes = false;       // needs a read-write transaction
  bool sets_others = false;  // it may take or set values of sequences that are not listed
  bool locks_rows = false;   // FOR UPDATE and the like, or UPDATE, DELETE
  bool may_block = false;    // calls a blocking function: run on a worker from the start
  bool takes_locks = false;  // calls functions that take locks: see sql/expr/lock_wait.h
  bool calls_volatile = false;
  bool has_subqueries = false;  // in expressions, or calls of functions in SQL
  bool calls_routines = false;  // functions in SQL whose bodies are not inlined
  bool routines_write = false;  // among them such as may change rows, and be seen to
  // Evaluations that are repeated must not call again what they have called.
  bool keeps_journal() const { return takes_locks || (has_subqueries && calls_volatile); }
};

class RunStatistics;  // run_statistics.h
struct PlannedCtes;   // planner.h

// Plans any bound statement. Needs no snapshot of data; sizes are estimated through the store.
struct PlanContext {
  const catalog::CatalogSnapshot* catalog = nullptr;
  engine::KvStore* store = nullptr;  // may be null: no estimates
  const catalog::FormatSettings* settings = nullptr;
  // The snapshot of the transaction, where it keeps it: indexes that are younger are not read.
  engine::SequenceNumber snapshot = engine::kSequenceMax;
  bool for_cursor = false;  // of DECLARE CURSOR
  ParallelSettings parallel;
  // What the statement was bound in, for the bodies of functions in SQL; null: their calls stay.
  const BindContext* bind = nullptr;
  // In the making, MakePlan's own.
  Plan* plan = nullptr;
  PlannedCtes* ctes = nullptr;
};
Result<std::shared_ptr<const Plan>> MakePlan(const PlanContext& context, BoundStatement statement);

// The mode in which who runs the plan locks the table.
engine::LockMode TableLockMode(const Plan& plan, const catalog::TableRef& table);
// What it was made from is in the catalog as it was. What names mean is for others to look at.
bool StandsOn(const Plan& plan, const catalog::CatalogSnapshot& catalog);

enum class ExplainLayout : uint8_t { kText, kJson, kYaml, kXml };
// Blocks that were found in the cache, and those that were read.
struct ExplainReads {
  uint64_t hit = 0;
  uint64_t read = 0;
};
struct ExplainOptions {
  ExplainLayout layout = ExplainLayout::kText;
  bool verbose = false;
  bool costs = true;
  // What the plan did (ANALYZE), and whether times are told of it. Null: it has not run.
  const RunStatistics* run = nullptr;
  bool timing = true;
  // SUMMARY: what planning took, and, of a plan that has run, its execution.
  std::optional<double> planning_ms = std::nullopt;
  std::optional<double> execution_ms = std::nullopt;
  // Whose names users' types have; null: they are told by their marks.
  const catalog::FormatSettings* settings = nullptr;
  // SETTINGS: names and values of those that are not as they are at first.
  std::optional<std::vector<std::pair<std::string, std::string>>> changed_settings = std::nullopt;
  // BUFFERS: looked up while the statement was planned, and while it ran.
  bool buffers = false;
  ExplainReads planning_reads = {};
  ExplainReads run_reads = {};
  bool wal = false;  // WAL
};
// The lines of EXPLAIN, as PostgreSQL lays them out.
std::vector<std::string> ExplainPlan(const Plan& plan, const ExplainOptions& options);

}  // namespace shale::sql
