// Aggregation by several threads: each has a table of groups of its own; they are merged into the
// statement's at the end.
#include <algorithm>

#include "sql/exec/aggregate_table.h"
#include "sql/exec/operators.h"
#include "sql/exec/parallel_pipeline.h"
#include "sql/plan/run_statistics.h"

namespace shale::sql {
namespace {

class GroupSink : public RowSink {
 public:
  GroupSink(const AggregateNode& node, ExecutionState* state)
      : state_(state), table_(node, state) {}

  Result<bool> Take(const Batch& batch) override {
    state_->BeginEvaluation();
    RETURN_IF_ERROR(table_.Evaluate(batch));
    RETURN_IF_ERROR(table_.Add(batch));
    return true;
  }
  AggregateTable& table() { return table_; }

 private:
  ExecutionState* const state_;
  AggregateTable table_;
};

class ParallelAggregateOperator : public PhysicalOperator {
 public:
  ParallelAggregateOperator(const AggregateNode& node, OperatorPtr child, ExecutionState* state)
      : state_(state), node_(node), child_(std::move(child)), own_(node, state) {}

  Async<NextBatch> Next() override {
    if (!has_gathered_) return GatherFirst();
    if (state_->ShouldMove()) return NextElsewhere();
    return own_.table().Finish();
  }

 private:
  Task<NextBatch> GatherFirst() {
    auto gather = Gather();
    Status status = co_await gather;
    if (!status.ok()) co_return status;
    has_gathered_ = true;
    child_.reset();
    co_return own_.table().Finish();
  }

  Task<NextBatch> NextElsewhere() {
    co_await ResumeOn(*state_->context().workers);
    co_return own_.table().Finish();
  }

  Task<Status> Gather() {
    ParallelPipeline pipeline(*node_.child, child_.get(), state_);
    auto open = pipeline.Open(node_.workers);
    Status status = co_await open;
    if (!status.ok()) co_return status;
    std::vector<std::unique_ptr<GroupSink>> helpers;
    std::vector<RowSink*> sinks = {&own_};
    for (size_t i = 1; i < pipeline.threads(); ++i) {
      helpers.push_back(std::make_unique<GroupSink>(node_, pipeline.state(i)));
      sinks.push_back(helpers.back().get());
    }
    const auto work_mem = static_cast<uint64_t>(state_->context().work_mem_bytes);
    own_.table().ShareMemory(work_mem / pipeline.threads());
    auto run = pipeline.Run(sinks);
    status = co_await run;
    if (!status.ok()) co_return status;
    if (state_->context().run_statistics != nullptr) Note(pipeline, helpers);
    own_.table().ShareMemory(work_mem);
    std::vector<AggregateTable*> others;
    for (const auto& helper : helpers) others.push_back(&helper->table());
    co_return own_.table().MergeAll(others);
  }

  void Note(const ParallelPipeline& pipeline,
            const std::vector<std::unique_ptr<GroupSink>>& helpers) {
    GatherRun& gather = state_->context().run_statistics->GatherOf(node_);
    gather.workers = static_cast<int>(pipeline.helpers());
    ++gather.gathered.loops;
    int64_t longest_ns = 0;
    for (size_t i = 0; i < pipeline.threads(); ++i) {
      const std::optional<int64_t> taken_ns = pipeline.taken_ns(i);
      if (!taken_ns) continue;
      const uint64_t groups = (i == 0 ? own_ : *helpers[i - 1]).table().group_count();
      gather.partial.Add({1, groups, *taken_ns, *taken_ns});
      gather.gathered.rows += groups;
      longest_ns = std::max(longest_ns, *taken_ns);
    }
    gather.gathered.Add({.startup_ns = longest_ns, .total_ns = longest_ns});
  }

  ExecutionState* const state_;
  const AggregateNode& node_;
  OperatorPtr child_;
  GroupSink own_;
  bool has_gathered_ = false;
};

}  // namespace

OperatorPtr MakeParallelAggregate(const AggregateNode& node, OperatorPtr child,
                                  ExecutionState* state) {
  return std::make_unique<ParallelAggregateOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
