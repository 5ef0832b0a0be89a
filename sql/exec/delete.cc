// DELETE.
#include "sql/exec/change_operator.h"
#include "sql/exec/foreign_keys.h"
#include "sql/exec/operators.h"
#include "sql/exec/point_row.h"
#include "sql/exec/row_locker.h"
#include "sql/exec/table_writer.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class DeleteOperator : public ChangeOperator {
 public:
  DeleteOperator(const DeleteNode& node, OperatorPtr child, std::unique_ptr<PointRow> point,
                 ExecutionState* state)
      : ChangeOperator(node.returning, state),
        node_(node),
        point_(std::move(point)),
        child_(std::move(child)),
        writer_(node.target.table, state),
        changed_(ChangedKeys(RepeatsRows(*node.child), &changed_keys_)) {
    if (point_) return;
    const RowLocker::Options options{engine::LockMode::kUpdate, engine::LockWait::kWait};
    locker_ = std::make_unique<RowLocker>(node.target, options, state);
  }

 protected:
  Task<Status> Run() override { return point_ ? RunPoint() : RunBatches(); }

 private:
  Task<Status> RunPoint() {
    PointRow::Rehearsal rehearsal;
    if (!has_returning() && !writer_.notes_deletions())
      rehearsal = [](const Batch&) -> Task<Status> { co_return Status::Ok(); };
    auto read = point_->LockAndRead(rehearsal);
    auto row = co_await read;
    if (!row.ok()) co_return std::move(row).status();
    if (*row == nullptr) co_return Status::Ok();
    auto rows = DeleteRows(**row);
    Status status = co_await rows;
    co_return status;
  }

  Task<Status> RunBatches() {
    while (true) {
      auto next = child_->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) co_return Status::Ok();
      CO_RETURN_IF_ERROR(state_->CheckCancelled());
      if (state_->ShouldMove()) co_await ResumeOn(*state_->context().workers);
      auto lock = locker_->Lock(**batch, changed_);
      auto locked = co_await lock;
      if (!locked.ok()) co_return std::move(locked).status();
      if (*locked == nullptr) continue;
      auto rows = DeleteRows(**locked);
      Status status = co_await rows;
      if (!status.ok()) co_return status;
      auto relieve = RelieveEvents();
      status = co_await relieve;
      if (!status.ok()) co_return status;
      auto room = state_->transaction().MakeRoom();
      status = co_await room;
      if (!status.ok()) co_return status;
    }
  }

  Task<Status> DeleteRows(const Batch& input) {
    arena_.Reset();
    const RowSet rows = RowsOf(input);
    const Vector& keys = input.columns[static_cast<size_t>(node_.target.key_slot)];
    uint16_t* written = arena_.AllocateArray<uint16_t>(rows.count);
    uint32_t written_count = 0;
    for (uint32_t i = 0; i < rows.count; ++i) {
      const std::string_view key = keys.at<std::string_view>(rows[i]);
      if (changed_ != nullptr && !changed_->emplace(key).second) continue;
      CO_RETURN_IF_ERROR(writer_.LoadOld(input, &node_.target.column_slots, rows[i], key));
      auto deletion = writer_.Delete(key);
      Status deleted = co_await deletion;
      if (!deleted.ok()) co_return deleted;
      written[written_count++] = static_cast<uint16_t>(rows[i]);
    }
    state_->affected_rows += written_count;
    if (!has_returning()) co_return Status::Ok();
    Batch old_rows;
    old_rows.row_count = input.row_count;
    const auto& columns = node_.target.table->columns;
    for (size_t i = 0; i < columns.size(); ++i) {
      const int slot = node_.target.column_slots[i];
      old_rows.columns.push_back(slot >= 0 ? input.columns[static_cast<size_t>(slot)]
                                           : Vector::ConstantNull(columns[i].type, &arena_));
    }
    // RETURNING reads the input's columns behind the table's.
    old_rows.columns.insert(old_rows.columns.end(), input.columns.begin(), input.columns.end());
    const RowSet shown{written, written_count};
    auto returning = AddReturning(old_rows, shown);
    Status status = co_await returning;
    co_return status;
  }

  const DeleteNode& node_;
  // Either the one row of a key, or an input whose rows are to be locked.
  std::unique_ptr<PointRow> point_;
  OperatorPtr child_;
  std::unique_ptr<RowLocker> locker_;
  TableWriter writer_;
  KeySet changed_keys_;    // of this part of the statement alone
  KeySet* const changed_;  // where the rows changed are noted; null: none comes twice
};

}  // namespace

Result<OperatorPtr> MakeDelete(const DeleteNode& node, ExecutionState* state) {
  std::unique_ptr<PointRow> point;
  // What is watched goes by its nodes.
  if (state->changed_keys() == nullptr && state->context().run_statistics == nullptr) {
    ASSIGN_OR_RETURN(point, PointRow::Make(*node.child, engine::LockMode::kUpdate, state));
  }
  OperatorPtr child;
  if (point == nullptr) {
    ASSIGN_OR_RETURN(child, MakeChangeInput(*node.child, state));
  }
  return OperatorPtr(
      std::make_unique<DeleteOperator>(node, std::move(child), std::move(point), state));
}

}  // namespace shale::sql
