// An operator that is watched for EXPLAIN ANALYZE.
#include "engine/base/clock.h"
#include "sql/exec/operators.h"
#include "sql/plan/run_statistics.h"

namespace shale::sql {
namespace {

class MeasuredOperator : public PhysicalOperator {
 public:
  MeasuredOperator(OperatorPtr measured, NodeRun* run)
      : measured_(std::move(measured)), run_(run) {}

  Async<NextBatch> Next() override {
    const int64_t started_ns = SystemClock().MonotonicNanos();
    if (!started_) ++run_->loops;
    started_ = true;
    auto next = measured_->Next();
    if (!next.ready()) return NextLater(std::move(next), started_ns);
    NextBatch batch = std::move(next).value();
    Note(batch, started_ns);
    return batch;
  }
  Async<Status> GetReady() override { return measured_->GetReady(); }
  void SetRowLimit(uint64_t rows) override { measured_->SetRowLimit(rows); }
  void SetFirstRows(uint64_t rows) override { measured_->SetFirstRows(rows); }
  void SetKeyFilter(KeyFilter filter) override { measured_->SetKeyFilter(std::move(filter)); }

 private:
  Task<NextBatch> NextLater(Async<NextBatch> next, int64_t started_ns) {
    auto batch = co_await next;
    Note(batch, started_ns);
    co_return batch;
  }

  void Note(const NextBatch& batch, int64_t started_ns) {
    const int64_t taken_ns = SystemClock().MonotonicNanos() - started_ns;
    run_->total_ns += taken_ns;
    if (!has_rows_) run_->startup_ns += taken_ns;
    if (!batch.ok() || *batch == nullptr) return;
    has_rows_ = true;
    run_->rows += (*batch)->size();
  }

  OperatorPtr measured_;
  NodeRun* const run_;
  bool started_ = false;
  bool has_rows_ = false;
};

}  // namespace

OperatorPtr MakeMeasured(OperatorPtr measured, NodeRun* run) {
  return std::make_unique<MeasuredOperator>(std::move(measured), run);
}

}  // namespace shale::sql
