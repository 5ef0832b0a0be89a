// UNION, INTERSECT and EXCEPT. UNION ALL gives one side after the other, UNION drops repeated rows
// of that. The others count the right side's rows first and then stream the left side.
#include "sql/exec/operators.h"
#include "sql/exec/row_table.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class AppendOperator : public PhysicalOperator {
 public:
  AppendOperator(OperatorPtr first, OperatorPtr second)
      : current_(std::move(first)), second_(std::move(second)) {}

  Async<NextBatch> Next() override {
    while (true) {
      auto next = current_->Next();
      if (!next.ready()) return NextLater(std::move(next));
      NextBatch batch = std::move(next).value();
      if (!batch.ok() || *batch != nullptr || !second_) return batch;
      current_ = std::move(second_);
    }
  }

 private:
  Task<NextBatch> NextLater(Async<NextBatch> next) {
    while (true) {
      auto batch = co_await next;
      if (!batch.ok() || *batch != nullptr || !second_) co_return batch;
      current_ = std::move(second_);
      next = current_->Next();
    }
  }

  OperatorPtr current_;
  OperatorPtr second_;  // null once it is current
};

class CompareSides : public PipelineOperator {
 public:
  CompareSides(const SetOperationNode& node, OperatorPtr left, OperatorPtr right,
               ExecutionState* state)
      : PipelineOperator(std::move(left), state),
        is_intersect_(node.operation == BoundSetOperation::kIntersect),
        all_(node.all),
        right_child_(std::move(right)),
        memory_(state, "set operation"),
        rows_(node.output, &memory_) {}

 protected:
  Async<Status> Prepare() override { return CountRight(); }

  Async<Status> Consume(const Batch& input) override { return Compare(input); }

  NextBatch Produce() override {
    if (given_ || batch_.size() == 0) return nullptr;
    given_ = true;
    return &batch_;
  }

 private:
  Task<Status> CountRight() {
    while (true) {
      auto next = right_child_->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) break;
      CO_RETURN_IF_ERROR(Number(**batch));
      for (uint32_t i = 0; i < (*batch)->size(); ++i) ++counts_[numbers_[(*batch)->RowAt(i)]];
    }
    right_child_.reset();
    co_return Status::Ok();
  }

  Status Number(const Batch& batch) {
    numbers_.resize(std::max<size_t>(numbers_.size(), batch.row_count));
    RETURN_IF_ERROR(rows_.FindOrAdd(batch, RowsOf(batch), numbers_.data()));
    counts_.resize(rows_.size());
    given_rows_.resize(rows_.size());
    return Status::Ok();
  }

  Status Compare(const Batch& input) {
    arena_.Reset();
    RETURN_IF_ERROR(Number(input));
    batch_ = input;
    SetSelection(&batch_, SelectWhere(RowsOf(input), &arena_,
                                      [this](uint32_t row) { return IsGiven(numbers_[row]); }));
    given_ = false;
    return Status::Ok();
  }

  bool IsGiven(uint32_t number) {
    if (all_) {
      const bool on_both = counts_[number] > 0;
      if (on_both) --counts_[number];
      return on_both == is_intersect_;
    }
    if (given_rows_[number] || (counts_[number] > 0) != is_intersect_) return false;
    given_rows_[number] = 1;
    return true;
  }

  const bool is_intersect_;
  const bool all_;
  OperatorPtr right_child_;
  WorkMemory memory_;
  Arena arena_;
  RowTable rows_;
  std::vector<uint64_t> counts_;     // by row: how often it is on the right, less those used up
  std::vector<uint8_t> given_rows_;  // by row: it was given already
  std::vector<uint32_t> numbers_;
  Batch batch_;
  bool given_ = true;
};

}  // namespace

OperatorPtr MakeSetOperation(const SetOperationNode& node, OperatorPtr left, OperatorPtr right,
                             ExecutionState* state) {
  if (node.operation != BoundSetOperation::kUnion) {
    return std::make_unique<CompareSides>(node, std::move(left), std::move(right), state);
  }
  auto append = std::make_unique<AppendOperator>(std::move(left), std::move(right));
  if (node.all) return append;
  return MakeDistinctRows(node.output, std::move(append), state);
}

}  // namespace shale::sql
