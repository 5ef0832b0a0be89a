// Execution: one run of a plan within a transaction.
//
//   auto execution = Execution::Start(plan, &context);
//   while (true) {
//     auto rows = co_await execution->Next();        // Result<const Batch*>
//     if (!rows.ok() || *rows == nullptr) break;
//   }
//
// Data-modifying statements do all their work in the first Next, RETURNING rows come in batches
// after. One coroutine at a time; it may move between threads between calls. The snapshot is the
// transaction's at Start. Row locks, the re-check of changed rows (READ COMMITTED) and 40001
// (REPEATABLE READ) are in here.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "catalog/row_codec.h"
#include "engine/base/executor.h"
#include "engine/base/memory_account.h"
#include "engine/base/task.h"
#include "engine/kv_store.h"
#include "sql/exec/row_moves.h"
#include "sql/expr/function.h"
#include "sql/plan/plan.h"

namespace shale::sql {

class KeyEventQueue;
class RoutineCalls;
class WorkerBudget;

// Where the session's cursors stand.
class CursorPositions {
 public:
  virtual ~CursorPositions() = default;
  // The key of the table's row under the cursor; nothing where the row that it stands on has none
  // (an outer join). 34000, and 24000 of a cursor that is on no row, or not on one of the table.
  virtual Result<std::optional<std::string>> CurrentKey(std::string_view cursor,
                                                        const catalog::TableDesc& table) = 0;
};

// What an execution works with; outlives it. One per statement or portal.
struct ExecutionContext {
  engine::KvTransaction* transaction = nullptr;
  catalog::Catalog* catalog = nullptr;
  catalog::CatalogTransaction* catalog_transaction = nullptr;
  // Rows of changed keys: the transaction's own, and all that are known; null: nobody asks.
  RowMoveLog* move_log = nullptr;
  const RowMoves* moves = nullptr;
  engine::IsolationLevel isolation = engine::IsolationLevel::kReadCommitted;
  const catalog::FormatSettings* settings = nullptr;
  FunctionHost* host = nullptr;
  engine::CancelToken* cancel = nullptr;
  MemoryAccount* memory = nullptr;  // the statement's budget, may be null
  // The transaction's; null: rows of tables with foreign keys, or referred to, cannot be written.
  KeyEventQueue* key_events = nullptr;
  Executor* workers = nullptr;
  // Threads of those that may help the statement's own, of all statements together at most so many;
  // null: none.
  WorkerBudget* parallel_workers = nullptr;
  int parallel_workers_max = 8;
  bool leader_participates = true;  // where others help it, the statement's own thread works, too
  int64_t work_mem_bytes = 64 << 20;
  int64_t temp_file_limit_bytes = -1;  // of files for what work_mem does not hold; -1: none
  std::chrono::milliseconds lock_timeout{0};
  std::chrono::milliseconds deadlock_timeout{1000};
  const catalog::Value* parameters = nullptr;
  size_t parameter_count = 0;
  CursorPositions* cursors = nullptr;       // may be null
  RunStatistics* run_statistics = nullptr;  // EXPLAIN ANALYZE: what the nodes do; else null
  RoutineCalls* routines = nullptr;         // null: functions in SQL are not run
  // The savepoint that the transaction reads as of meanwhile (KvTransaction::ReadAsOf); 0: now.
  uint64_t reads_as_of = 0;
  // How many rows are asked for now: no more than these are locked.
  uint64_t rows_wanted = UINT64_MAX;

  // How the statement waits for locks.
  engine::LockOptions LockOptionsOf(engine::LockMode mode) const {
    return {.mode = mode,
            .timeout = lock_timeout,
            .deadlock_timeout = deadlock_timeout,
            .cancel = cancel};
  }
};

class Execution {
 public:
  virtual ~Execution() = default;
  static Result<std::unique_ptr<Execution>> Start(std::shared_ptr<const Plan> plan,
                                                  ExecutionContext* context);
  // The next rows, valid until the next call; null at the end. Never an empty batch.
  virtual Async<Result<const Batch*>> Next() = 0;
  // Before another statement of the transaction, for an execution that goes on after it: reads the
  // rows to come, where they could be found changed, and keeps them. `given`: those of the last
  // batch that are not done with, to be given again; null: none. 53200 beyond work_mem.
  virtual Async<Status> ReadAhead(const Batch* given) = 0;
  // Whether ReadAhead keeps anything: else batches stay as they are.
  virtual bool reads_ahead() const = 0;
  // Rows inserted, updated or deleted so far.
  virtual uint64_t affected_rows() const = 0;
};

// The short path: a plan's point lookup without batches. The row, where one is found, is given to
// `consume` as one value per output column before the call completes; bytes are valid during it.
class RowConsumer {
 public:
  virtual ~RowConsumer() = default;
  virtual Status Consume(const catalog::Datum* values, const bool* nulls) = 0;
};
// Gives the number of rows, 0 or 1.
Async<Result<int>> RunPointLookup(const Plan& plan, ExecutionContext* context,
                                  RowConsumer* consumer);

// The codec of a table description, cached by its pointer. Thread-safe.
std::shared_ptr<const catalog::RowCodec> CodecOf(const catalog::TableRef& table);

// Inserts rows that are complete and of the table's column types, checked as INSERT does (NOT NULL,
// CHECK, key uniqueness); rows go through batches as COPY makes them. columns: one per table column
// position. *row is the one in work, also when it fails. Foreign keys are looked at when the
// statement is at its end: RunKeyEvents (foreign_keys.h).
Task<Status> InsertBatch(const catalog::TableRef& table, const Batch& rows,
                         ExecutionContext* context, uint32_t* row);

}  // namespace shale::sql
