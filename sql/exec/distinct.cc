// Each distinct row once, when it is first seen. Where the table of those seen has outgrown memory,
// rows that it does not know go to partitions on disk, which have their turn at the end.
#include "sql/exec/operators.h"
#include "sql/exec/row_table.h"
#include "sql/exec/spill_queue.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

class DistinctOperator : public PipelineOperator {
 public:
  DistinctOperator(const std::vector<catalog::Type>& types, OperatorPtr child,
                   ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        memory_(state, "hash aggregation"),
        table_(types),
        queue_(types, state) {}

 protected:
  Async<Status> Consume(const Batch& input) override {
    if (!state_->needs_worker()) return Take(input);
    return state_->Block([this, &input] { return Take(input); });
  }

  NextBatch Produce() override {
    if (given_) return nullptr;
    given_ = true;
    return &batch_;
  }

  NextBatch Finish() override {
    while (true) {
      RETURN_IF_ERROR(state_->CheckCancelled());
      if (!in_partition_) {
        ASSIGN_OR_RETURN(in_partition_, queue_.NextPartition());
        if (!in_partition_) return nullptr;
        table_.Clear();
      }
      ASSIGN_OR_RETURN(const Batch* rows, queue_.NextBatch());
      if (rows == nullptr) {
        in_partition_ = false;
        continue;
      }
      RETURN_IF_ERROR(Take(*rows));
      if (!given_) {
        given_ = true;
        return &batch_;
      }
    }
  }

 private:
  Status Take(const Batch& input) {
    arena_.Reset();
    batch_ = input;
    uint32_t* numbers = arena_.AllocateArray<uint32_t>(input.row_count);
    if (queue_.is_spilling()) {
      table_.Find(input, RowsOf(input), numbers);
      const RowSet unknown =
          SelectWhere(RowsOf(input), &arena_, [&](uint32_t row) { return numbers[row] == kNoRow; });
      given_ = true;
      return queue_.Append(input.columns, unknown, table_.hashes());
    }
    uint32_t next = table_.size();
    RETURN_IF_ERROR(table_.FindOrAdd(input, RowsOf(input), numbers));
    // Rows are numbered as they are added: the first of each kind has the next number.
    SetSelection(&batch_, SelectWhere(RowsOf(input), &arena_, [&](uint32_t row) {
      bool first = numbers[row] == next;
      next += first ? 1 : 0;
      return first;
    }));
    given_ = batch_.size() == 0;
    if (memory_.TryUse(table_.bytes())) return Status::Ok();
    if (!queue_.may_spill()) return memory_.Exceed(table_.bytes());
    queue_.StartSpilling();
    return Status::Ok();
  }

  WorkMemory memory_;
  RowTable table_;
  SpillQueue queue_;
  bool in_partition_ = false;
  Arena arena_;
  Batch batch_;
  bool given_ = true;
};

}  // namespace

OperatorPtr MakeDistinctRows(std::vector<catalog::Type> types, OperatorPtr child,
                             ExecutionState* state) {
  return std::make_unique<DistinctOperator>(types, std::move(child), state);
}

OperatorPtr MakeDistinct(const DistinctNode& node, OperatorPtr child, ExecutionState* state) {
  return MakeDistinctRows(node.output, std::move(child), state);
}

}  // namespace shale::sql
