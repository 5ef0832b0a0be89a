// Grouping by hash and aggregation, by one thread.
#include "sql/exec/aggregate_table.h"
#include "sql/exec/operators.h"

namespace shale::sql {
namespace {

class AggregateOperator : public PipelineOperator {
 public:
  AggregateOperator(const AggregateNode& node, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state), table_(node, state) {}

 protected:
  Async<Status> Consume(const Batch& input) override {
    Status evaluated = table_.Evaluate(input);
    if (!evaluated.ok()) return evaluated;
    if (!state_->needs_worker()) return table_.Add(input);
    return state_->Block([this, &input] { return table_.Add(input); });
  }
  NextBatch Produce() override { return nullptr; }
  NextBatch Finish() override { return table_.Finish(); }

 private:
  AggregateTable table_;
};

}  // namespace

OperatorPtr MakeAggregate(const AggregateNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<AggregateOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
