// Reads its child to the end before it gives the first row: under a data-modifying node whose child
// looks rows up by key, which would otherwise find what the statement itself has written.
#include "sql/exec/operators.h"
#include "sql/exec/paged_rows.h"

namespace shale::sql {
namespace {

class MaterializeOperator : public PipelineOperator {
 public:
  MaterializeOperator(std::vector<catalog::Type> types, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        rows_(std::move(types), "materialization", state) {}

 protected:
  Async<Status> Consume(const Batch& input) override {
    if (!rows_.is_full()) return rows_.Append(input);
    return state_->Block([this, &input] { return rows_.Append(input); });
  }
  NextBatch Produce() override { return nullptr; }

  NextBatch Finish() override {
    if (next_ == rows_.chunk_count()) return nullptr;
    const Batch& chunk = rows_.chunk(next_++);
    RETURN_IF_ERROR(rows_.status());
    return &chunk;
  }

 private:
  PagedRows rows_;
  size_t next_ = 0;
};

}  // namespace

OperatorPtr MakeMaterialize(std::vector<catalog::Type> types, OperatorPtr child,
                            ExecutionState* state) {
  return std::make_unique<MaterializeOperator>(std::move(types), std::move(child), state);
}

}  // namespace shale::sql
