// INSERT.
#include "sql/exec/change_operator.h"
#include "sql/exec/operators.h"
#include "sql/exec/table_writer.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class InsertOperator : public ChangeOperator {
 public:
  InsertOperator(const InsertNode& node, OperatorPtr child, ExecutionState* state)
      : ChangeOperator(node.returning, state),
        node_(node),
        child_(std::move(child)),
        writer_(node.table, state) {
    for (const catalog::ColumnDesc& column : node.table->columns) {
      rows_.columns.push_back(Vector::ConstantNull(column.type, &arena_));
    }
  }

 protected:
  Task<Status> Run() override {
    if (child_ == nullptr) {
      Batch one;
      one.row_count = 1;
      auto insert = InsertRows(one);
      Status status = co_await insert;
      co_return status;
    }
    while (true) {
      auto next = child_->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) co_return Status::Ok();
      CO_RETURN_IF_ERROR(state_->CheckCancelled());
      if (state_->ShouldMove()) co_await ResumeOn(*state_->context().workers);
      auto insert = InsertRows(**batch);
      Status status = co_await insert;
      if (!status.ok()) co_return status;
    }
  }

 private:
  Task<Status> InsertRows(const Batch& input) {
    arena_.Reset();
    auto evaluate = EvaluateRows(node_.row, input, &rows_);
    Status status = co_await evaluate;
    if (!status.ok()) co_return status;
    const RowSet rows = RowsOf(input);
    auto reserve = writer_.ReserveRowIds(rows.count);
    status = co_await reserve;
    if (!status.ok()) co_return status;
    uint16_t* written = arena_.AllocateArray<uint16_t>(rows.count);
    uint32_t written_count = 0;
    for (uint32_t i = 0; i < rows.count; ++i) {
      writer_.Load(rows_, rows[i]);
      auto insert = writer_.Insert(node_.on_conflict_do_nothing);
      auto inserted = co_await insert;
      if (!inserted.ok()) co_return std::move(inserted).status();
      if (*inserted) written[written_count++] = static_cast<uint16_t>(rows[i]);
      auto room = state_->transaction().MakeRoom();
      status = co_await room;
      if (!status.ok()) co_return status;
    }
    state_->affected_rows += written_count;
    co_return AddReturning(rows_, {written, written_count});
  }

  const InsertNode& node_;
  OperatorPtr child_;  // null: one row without columns
  TableWriter writer_;
  Batch rows_;  // one column per column position of the table
};

}  // namespace

OperatorPtr MakeInsert(const InsertNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<InsertOperator>(node, std::move(child), state);
}

Task<Status> InsertBatch(const catalog::TableRef& table, const Batch& rows,
                         ExecutionContext* context, uint32_t* row) {
  ExecutionState state(nullptr, context);
  CO_RETURN_IF_ERROR(state.CheckCancelled());
  TableWriter writer(table, &state);
  const RowSet set = RowsOf(rows);
  if (set.count == 0) co_return Status::Ok();
  *row = set[0];
  auto reserve = writer.ReserveRowIds(set.count);
  Status reserved = co_await reserve;
  if (!reserved.ok()) co_return reserved;
  for (uint32_t i = 0; i < set.count; ++i) {
    *row = set[i];
    writer.Load(rows, *row);
    auto insert = writer.Insert(/*skip_conflicts=*/false);
    auto inserted = co_await insert;
    if (!inserted.ok()) co_return std::move(inserted).status();
    auto room = state.transaction().MakeRoom();
    Status status = co_await room;
    if (!status.ok()) co_return status;
  }
  co_return Status::Ok();
}

}  // namespace shale::sql
