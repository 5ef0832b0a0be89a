// ExecutionState: what the operators of one execution share: its context, snapshot, clock and
// sequences.
//
// Used by one thread at a time, like the execution itself.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>

#include "sql/exec/execution.h"
#include "sql/expr/evaluate.h"
#include "sql/expr/lock_wait.h"

namespace shale::sql {

class CteSource;
class ParallelInput;
class RoutineRunner;
class RowBuffer;
class SubqueryRunner;

struct KeyHash {
  using is_transparent = void;
  size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
};
using KeySet = std::unordered_set<std::string, KeyHash, std::equal_to<>>;

class ExecutionState {
 public:
  // The plan may be null: for work that is no statement of its own (COPY, rewriting a table).
  ExecutionState(std::shared_ptr<const Plan> plan, ExecutionContext* context);
  ~ExecutionState();
  ExecutionState(const ExecutionState&) = delete;
  ExecutionState& operator=(const ExecutionState&) = delete;

  ExecutionContext& context() { return *context_; }
  const std::shared_ptr<const Plan>& plan() const { return plan_; }
  engine::KvTransaction& transaction() { return *context_->transaction; }
  // Of the transaction when the execution started.
  engine::SequenceNumber snapshot() const { return snapshot_; }
  bool is_read_committed() const {
    return context_->isolation == engine::IsolationLevel::kReadCommitted;
  }
  EvalContext Evaluator(Arena* arena);
  const catalog::FormatSettings& settings() const;
  std::shared_ptr<const catalog::CatalogSnapshot> catalog_view() const;

  // Where a row went next that was under the key then; nothing: nowhere that is known.
  Result<std::optional<RowMoves::Step>> NextMove(std::string_view key,
                                                 MovePosition position) const {
    if (context_->moves == nullptr) return std::optional<RowMoves::Step>();
    return context_->moves->Next(key, position);
  }

  // Why the statement is cancelled, or success. Asked between batches.
  Status CheckCancelled() const;
  // Whether it has run so long, or must wait for a disk, that it must leave this thread for a
  // worker: then `co_await ResumeOn(*context().workers)`.
  bool ShouldMove() const;
  // Whether this thread may wait for a disk.
  bool may_block() const;
  // From now on the statement's steps wait for a disk.
  void RequireWorker() { needs_worker_ = true; }
  bool needs_worker() const { return needs_worker_; }
  // Calls the function, which waits for a disk, where that is allowed; RequireWorker besides.
  Async<Status> Block(std::function<Status()> function);

  // For rows beyond work_mem. 53200 with an engine without files. Blocks.
  Result<std::unique_ptr<engine::TemporaryFile>> CreateTemporaryFile();
  // 53400 beyond temp_file_limit.
  Status ChargeTemporary(uint64_t bytes);
  void ReleaseTemporary(uint64_t bytes) { temporary_bytes_ -= bytes; }

  bool has_sequences() const { return plan_ != nullptr && !plan_->sequences.empty(); }
  // Leases values of all the plan's sequences for an evaluation of so many rows.
  Async<Status> LeaseSequences(uint64_t rows);
  // Refills one sequence.
  Async<Status> LeaseSequence(catalog::Oid sequence, uint64_t rows);

  // Around evaluations that are repeated when they had to stop for something: before the first
  // attempt, and before each further one.
  void BeginEvaluation();
  void RepeatEvaluation() { journal_.Rewind(); }
  // What an evaluation over so many rows stopped for, by its status: values of a sequence, a lock,
  // the answer of a subquery.
  // Success means that it is to be repeated. Nothing: it has failed.
  std::optional<Async<Status>> WaitAfter(const Status& status, uint64_t rows);
  // Awaits it, so that the evaluation is to be repeated now; else why it has failed.
  Task<Status> AwaitRepetition(Status status, uint64_t rows);

  // What OuterExpr slots stand for: set for each row by the operator that gives them (apply_join).
  catalog::Value* outer_values() { return outer_values_.data(); }

  // Around the work of a statement that writes: its subqueries do not see what it writes.
  void BeginWrites();
  void EndWrites();
  // For who runs queries in the midst of an evaluation: to see nothing of the statement's writes,
  // and to keep the evaluation's journal meanwhile.
  void ReadAsOfStart() { ReadAsOf(start_savepoint()); }
  // Again what the statement's own parts read.
  void ReadAsOfNow() { ReadAsOf(joint_savepoint_ != 0 ? joint_savepoint_ : base_savepoint_); }
  // The savepoint before all that the statement writes; 0: it writes nothing that anybody could
  // see.
  uint64_t start_savepoint() const {
    if (joint_savepoint_ != 0) return joint_savepoint_;
    return writes_savepoint_ != 0 ? writes_savepoint_ : base_savepoint_;
  }
  // For who runs statements in the midst of this one: what is read until it is switched back, to
  // what this gives.
  uint64_t SwitchReads(uint64_t savepoint) {
    const uint64_t before = read_savepoint_;
    ReadAsOf(savepoint);
    return before;
  }
  // The statement's own parts read as of the savepoint from now on: functions that it calls write.
  // 0: as of what its context says.
  void HoldReads(uint64_t savepoint);
  RoutineRunner* routines() { return routines_.get(); }
  CallJournal TakeJournal() { return std::exchange(journal_, {}); }
  void PutJournal(CallJournal journal) { journal_ = std::move(journal); }

  // The rows of WITH queries, by their numbers: set by the operators above (with.cc,
  // recursive_union.cc) before those that scan them are made.
  CteSource*& cte(int number) { return ctes_[static_cast<size_t>(number)].source; }
  const RowBuffer*& working_table(int number) {
    return ctes_[static_cast<size_t>(number)].working_table;
  }
  // Around a statement that changes rows in several parts: what any of them reads is the state of
  // before, and a row is changed once, by who comes first.
  void BeginJointWrites();
  void EndJointWrites();
  // What the parts note for foreign keys and deferrable constraints is looked at when all are done.
  bool writes_jointly() const { return joint_savepoint_ != 0; }
  // What several threads of the statement share, of the aggregation that they work for at the
  // moment; null: there is one thread.
  ParallelInput*& parallel_input() { return parallel_input_; }

  // Keys of the rows that such a statement has changed; null of any other.
  KeySet* changed_keys() { return changed_keys_.get(); }

  uint64_t affected_rows = 0;

 private:
  Task<Status> LeaseAll(uint64_t rows);
  Async<Status> LeaseNow(catalog::SequenceRef sequence, uint64_t rows);
  Task<Status> LeaseAsOfNow(catalog::SequenceRef sequence, uint64_t rows);
  void ReadAsOf(uint64_t savepoint);
  Task<Status> BlockLater(std::function<Status()> function);

  std::shared_ptr<const Plan> plan_;
  ExecutionContext* context_;
  engine::SequenceNumber snapshot_;
  int64_t started_ns_;
  std::vector<catalog::Value> outer_values_;
  struct Cte {
    CteSource* source = nullptr;
    const RowBuffer* working_table = nullptr;
  };
  std::vector<Cte> ctes_;
  std::unique_ptr<KeySet> changed_keys_;
  uint64_t joint_savepoint_ = 0;  // before the first of joint writes; 0: there are none
  CallJournal journal_;
  std::unique_ptr<SubqueryRunner> subqueries_;  // null: the plan has none
  uint64_t writes_savepoint_ = 0;               // before the statement's writes; 0: none
  std::unique_ptr<RoutineRunner> routines_;     // likewise of functions in SQL
  uint64_t base_savepoint_ = 0;                 // what its own parts read as of; 0: now
  uint64_t read_savepoint_ = 0;                 // what is read as of at the moment
  bool needs_worker_ = false;
  uint64_t temporary_bytes_ = 0;  // in files
  ParallelInput* parallel_input_ = nullptr;
};

// The memory of one operator that keeps rows: at most work_mem, and within the statement's budget.
class WorkMemory {
 public:
  // what: for the message, "sort", "hash join".
  WorkMemory(ExecutionState* state, std::string_view what);
  // 53200 with a hint where the operator may not hold so many bytes.
  Status Use(uint64_t bytes);
  // False where it may not; what it held before stays held.
  bool TryUse(uint64_t bytes);
  // For what cannot be put out of memory: within the statement's budget alone.
  Status Exceed(uint64_t bytes);
  // In place of work_mem, where several share that.
  void SetLimit(uint64_t bytes) { limit_ = bytes; }

 private:
  std::string_view what_;
  uint64_t limit_;
  std::optional<MemoryReservation> reservation_;
};

}  // namespace shale::sql
