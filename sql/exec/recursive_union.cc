// WITH RECURSIVE: round by round.
//
//   given = the left side's rows            each is handed out as it comes, so that a LIMIT above
//   while any were given:                   stops what would go on for ever
//     working table = given
//     given = the right side's rows, its operators made anew
//
// UNION: only rows that have not been given before count.
#include "sql/exec/operators.h"
#include "sql/exec/row_buffer.h"
#include "sql/exec/row_table.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class RecursiveUnionOperator : public PhysicalOperator {
 public:
  RecursiveUnionOperator(const RecursiveUnionNode& node, OperatorPtr left, ExecutionState* state)
      : node_(node),
        state_(state),
        round_(std::move(left)),
        working_memory_(state, "recursive union"),
        given_memory_(state, "recursive union"),
        working_(std::make_unique<RowBuffer>(node.output, &working_memory_)),
        given_(std::make_unique<RowBuffer>(node.output, &given_memory_)) {
    if (node.all) return;
    seen_memory_.emplace(state, "recursive union");
    seen_.emplace(node.output);
  }

  Async<NextBatch> Next() override { return Run(); }

 private:
  Task<NextBatch> Run() {
    while (true) {
      CO_RETURN_IF_ERROR(state_->CheckCancelled());
      if (state_->ShouldMove()) co_await ResumeOn(*state_->context().workers);
      if (round_ == nullptr) {
        if (given_->row_count() == 0) co_return nullptr;
        std::swap(working_, given_);
        given_->Clear();
        state_->BeginEvaluation();
        Status status = StartRound();
        while (!status.ok()) {
          auto repetition = state_->AwaitRepetition(std::move(status), 1);
          Status awaited = co_await repetition;
          if (!awaited.ok()) co_return awaited;
          status = StartRound();
        }
      }
      auto next = round_->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return batch;
      if (*batch == nullptr) {
        round_.reset();
        continue;
      }
      CO_RETURN_IF_ERROR(Keep(**batch));
      if (output_.size() > 0) co_return &output_;
    }
  }

  Status StartRound() {
    state_->working_table(node_.cte) = working_.get();
    ASSIGN_OR_RETURN(round_, MakeOperator(*node_.right, state_));
    return Status::Ok();
  }

  Status Keep(const Batch& batch) {
    output_ = batch;
    if (seen_) {
      arena_.Reset();
      uint32_t* numbers = arena_.AllocateArray<uint32_t>(batch.row_count);
      uint32_t next = seen_->size();
      RETURN_IF_ERROR(seen_->FindOrAdd(batch, RowsOf(batch), numbers));
      RETURN_IF_ERROR(seen_memory_->Use(seen_->bytes()));
      // Rows are numbered as they are added: the first of each kind has the next number.
      SetSelection(&output_, SelectWhere(RowsOf(batch), &arena_, [&](uint32_t row) {
        const bool is_new = numbers[row] == next;
        next += is_new ? 1 : 0;
        return is_new;
      }));
    }
    return given_->Append(output_);
  }

  const RecursiveUnionNode& node_;
  ExecutionState* state_;
  OperatorPtr round_;  // the left side first; null between rounds
  WorkMemory working_memory_;
  WorkMemory given_memory_;
  std::unique_ptr<RowBuffer> working_;
  std::unique_ptr<RowBuffer> given_;  // in this round
  std::optional<WorkMemory> seen_memory_;
  std::optional<RowTable> seen_;  // of UNION: all rows so far
  Arena arena_;
  Batch output_;
};

}  // namespace

OperatorPtr MakeRecursiveUnion(const RecursiveUnionNode& node, OperatorPtr left,
                               ExecutionState* state) {
  return std::make_unique<RecursiveUnionOperator>(node, std::move(left), state);
}

}  // namespace shale::sql
