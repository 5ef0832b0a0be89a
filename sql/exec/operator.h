// PhysicalOperator: one node of a running plan. Pulled batch by batch from the root down.
//
// Next() completes at once, without a coroutine frame, as long as what it needs is in memory.
// A batch and all it refers to are valid until the next call on the operator that gave it; it is
// never empty. After the end or an error Next is not called again.
#pragma once

#include <memory>
#include <optional>

#include "engine/base/task.h"
#include "sql/exec/execution_state.h"
#include "sql/exec/key_filter.h"
#include "sql/vector/vector.h"

namespace shale::sql {

using NextBatch = Result<const Batch*>;

class PhysicalOperator {
 public:
  virtual ~PhysicalOperator() = default;
  // The next rows; null at the end.
  virtual Async<NextBatch> Next() = 0;
  // What is to be done before the first row: joins read their other side. Called once at most,
  // before the first Next, which else does it.
  virtual Async<Status> GetReady() { return Status::Ok(); }
  // No more than so many rows will be asked for: an operator may read, and above all lock, fewer.
  virtual void SetRowLimit(uint64_t /*rows*/) {}
  // So many will probably do, but more may be asked for.
  virtual void SetFirstRows(uint64_t /*rows*/) {}
  // Rows that the filter refuses are not wanted. May come several times, before the first row.
  virtual void SetKeyFilter(KeyFilter /*filter*/) {}
};
using OperatorPtr = std::unique_ptr<PhysicalOperator>;

// An operator with one streamed input. All that may wait is here and in Prepare and Consume; what
// comes out is made without waiting.
class PipelineOperator : public PhysicalOperator {
 public:
  Async<NextBatch> Next() final;
  Async<Status> GetReady() final;

 protected:
  PipelineOperator(OperatorPtr child, ExecutionState* state)
      : state_(state), child_(std::move(child)) {}

  // Once, before the first input: joins read their other side here. Not repeated: what it evaluates
  // may not have to stop for anything.
  virtual Async<Status> Prepare() { return Status::Ok(); }
  // Takes an input batch, valid until the next Consume. May be called again with the same one where
  // it had to stop for sequence values or a lock (ExecutionState::WaitAfter).
  virtual Async<Status> Consume(const Batch& input) = 0;
  // The next output of the input taken; null when there is no more of it. An empty batch means to
  // ask again: work that gives nothing for long hands the control back that way, to be cancelled
  // or moved to a worker. Repeated, too, where it had to stop.
  virtual NextBatch Produce() = 0;
  // After the last input, until null.
  virtual NextBatch Finish() { return nullptr; }

  // No further input is wanted.
  void StopInput() { stopped_ = true; }
  // Values of the plan's sequences are leased for each input before it is consumed.
  void LeaseAhead() { leases_ahead_ = true; }

  ExecutionState* state_;
  OperatorPtr child_;

 private:
  enum class Phase : uint8_t {
    kPreparing,
    kPulling,
    kLeasing,
    kConsuming,
    kProducing,
    kEnding,
  };
  // Goes on until there is something to return, and gives true; or until something must be waited
  // for, which then is in one of the two waits.
  bool Advance(NextBatch* out);
  Task<NextBatch> Wait();
  Task<Status> MoveToWorker();
  Task<Status> GetReadyLater(Async<Status> prepared);
  // Takes what has completed, keeps as a wait what has not: false.
  bool Await(Async<Status> status);
  // Before a step that evaluates.
  void BeginStep();
  void TakeStatus(Status status);
  void TakeInput(NextBatch input);

  Phase phase_ = Phase::kPreparing;
  std::optional<Phase> retried_phase_;  // the step that evaluates, and may have to stop
  bool retries_ = false;                // the next step is one that had to
  bool stopped_ = false;
  bool leases_ahead_ = false;
  std::optional<Async<Status>> wanted_;  // what the step had to stop for
  const Batch* input_ = nullptr;
  Status failure_;
  std::optional<Async<Status>> status_wait_;
  std::optional<Async<NextBatch>> input_wait_;
};

}  // namespace shale::sql
