// Reads its child to the end before it gives the first row: under a data-modifying node whose child
// looks rows up by key, which would otherwise find what the statement itself has written.
#include "sql/exec/operators.h"
#include "sql/exec/row_buffer.h"

namespace shale::sql {
namespace {

class MaterializeOperator : public PipelineOperator {
 public:
  MaterializeOperator(std::vector<catalog::Type> types, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        memory_(state, "materialization"),
        rows_(std::move(types), &memory_),
        reader_(&rows_) {}

 protected:
  Async<Status> Consume(const Batch& input) override { return rows_.Append(input); }
  NextBatch Produce() override { return nullptr; }
  NextBatch Finish() override { return reader_.Next(); }

 private:
  WorkMemory memory_;
  RowBuffer rows_;
  BufferReader reader_;
};

}  // namespace

OperatorPtr MakeMaterialize(std::vector<catalog::Type> types, OperatorPtr child,
                            ExecutionState* state) {
  return std::make_unique<MaterializeOperator>(std::move(types), std::move(child), state);
}

}  // namespace shale::sql
