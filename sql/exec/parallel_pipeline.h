// ParallelPipeline: the rows of a pipeline, which come from one scan one by one (sql/plan,
// plan_parallel.cc), by several threads: each has operators and a transaction of its own, at the
// statement's snapshot, and reads pieces of the scan.
//
//   ParallelPipeline pipeline(node, own_operator, state);
//   co_await pipeline.Open(workers);          // joins read their other sides, once for all
//   co_await pipeline.Run(sinks);             // one for each of pipeline.threads()
//
// Where the transaction has writes, or tracks what it reads, where a join's other side does not fit
// into memory, or there is no thread to spare, there are no helpers: the statement's own thread
// reads the whole range, as it was opened at the statement's start.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sql/exec/operator.h"
#include "sql/exec/parallel_input.h"
#include "sql/exec/worker_budget.h"

namespace shale::sql {

// What takes the rows of one thread.
class RowSink {
 public:
  virtual ~RowSink() = default;
  // On any thread, one call at a time. False: no thread is to go on.
  virtual Result<bool> Take(const Batch& batch) = 0;
};

class ParallelPipeline {
 public:
  // own: the operator of the pipeline in the statement's own thread, asked for nothing yet. All
  // outlive the pipeline; the state's context has parallel_workers.
  ParallelPipeline(const PlanNode& node, PhysicalOperator* own, ExecutionState* state);
  ~ParallelPipeline();

  // With so many helpers at most. Continues on a thread that may block.
  Task<Status> Open(int helpers_wanted);
  size_t helpers() const { return helpers_.size(); }
  // With the statement's own.
  size_t threads() const { return helpers_.size() + 1; }
  // Of the statement's own thread (0) and of the helpers, for what takes their rows.
  ExecutionState* state(size_t thread);

  // All rows, to the sinks of the threads that read them, until the end, an error, or until a sink
  // wants no more. With ExecutionContext::leader_participates off the first one gets none where
  // there are helpers.
  Task<Status> Run(std::span<RowSink* const> sinks);
  // For who wants the rest after that: the threads' operators, one after the other; null: it has
  // come to its end.
  PhysicalOperator* Rest(size_t thread);
  // How long the thread has been at it; nothing: it was not.
  std::optional<int64_t> taken_ns(size_t thread) const;

 private:
  class Share;
  class Helper;
  bool MayShare() const;
  Status OpenHelpers(int count);

  const PlanNode& node_;
  PhysicalOperator* const own_;
  ExecutionState* const state_;
  ParallelInput input_;
  ParallelInput* around_;  // of the pipeline that this one is read for
  std::optional<WorkerBudget::Lease> lease_;
  std::vector<std::unique_ptr<Helper>> helpers_;
  std::vector<std::unique_ptr<Share>> shares_;  // by thread
};

}  // namespace shale::sql
