// The first of consecutive equal rows: DISTINCT ON.
#include "sql/exec/operators.h"
#include "sql/exec/row_buffer.h"
#include "sql/vector/row_compare.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class UniqueOperator : public PipelineOperator {
 public:
  UniqueOperator(const UniqueNode& node, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        columns_(node.slots.begin(), node.slots.end()),
        last_(node.output, nullptr) {}

 protected:
  Async<Status> Consume(const Batch& input) override { return Take(input); }

  NextBatch Produce() override {
    if (given_) return nullptr;
    given_ = true;
    return &batch_;
  }

 private:
  Status Take(const Batch& input) {
    arena_.Reset();
    batch_ = input;
    uint32_t previous = 0;
    bool has_previous = false;
    SetSelection(&batch_, SelectWhere(RowsOf(input), &arena_, [&](uint32_t row) {
      bool repeats = false;
      if (has_previous) {
        repeats = RowsEqual(input, columns_, previous, input, columns_, row);
      } else if (last_.row_count() > 0) {
        repeats = RowsEqual(last_.chunk(0), columns_, 0, input, columns_, row);
      }
      previous = row;
      has_previous = true;
      return !repeats;
    }));
    given_ = batch_.size() == 0;
    last_.Clear();
    const uint16_t row = static_cast<uint16_t>(previous);
    return last_.Append(input.columns, {&row, 1});
  }

  std::vector<uint32_t> columns_;
  RowBuffer last_;  // the last row of the batch before
  Arena arena_;
  Batch batch_;
  bool given_ = true;
};

}  // namespace

OperatorPtr MakeUnique(const UniqueNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<UniqueOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
