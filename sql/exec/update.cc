// UPDATE.
#include <algorithm>

#include "sql/exec/change_operator.h"
#include "sql/exec/foreign_keys.h"
#include "sql/exec/operators.h"
#include "sql/exec/point_row.h"
#include "sql/exec/row_locker.h"
#include "sql/exec/table_writer.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

engine::LockMode ModeOf(const UpdateNode& node) {
  return node.locks_key ? engine::LockMode::kUpdate : engine::LockMode::kNoKeyUpdate;
}

class UpdateOperator : public ChangeOperator {
 public:
  UpdateOperator(const UpdateNode& node, OperatorPtr child, std::unique_ptr<PointRow> point,
                 ExecutionState* state)
      : ChangeOperator(node.returning, state),
        node_(node),
        point_(std::move(point)),
        child_(std::move(child)),
        writer_(node.target.table, state),
        changed_(ChangedKeys(RepeatsRows(*node.child), &changed_keys_)) {
    if (!point_) {
      const RowLocker::Options options{ModeOf(node), engine::LockWait::kWait};
      locker_ = std::make_unique<RowLocker>(node.target, options, state);
    }
    new_rows_.columns.resize(node.row.size());
    writer_.SetAssigned(node.row, node.generated);
    if (node.changes_key || !writer_.has_indexes()) return;
    std::vector<int> changed;
    for (size_t i = 0; i < node.row.size(); ++i) {
      const bool is_generated = i < node.generated.size() && node.generated[i] != nullptr;
      if (node.row[i] != nullptr || is_generated) changed.push_back(static_cast<int>(i));
    }
    writer_.SetChangedColumns(changed);
  }

 protected:
  Task<Status> Run() override { return point_ ? RunPoint() : RunBatches(); }

 private:
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
      auto update = UpdateRows(**locked);
      Status status = co_await update;
      if (!status.ok()) co_return status;
      auto relieve = RelieveEvents();
      status = co_await relieve;
      if (!status.ok()) co_return status;
    }
  }

  // The row may have been read early: then no error is shown before it is durable.
  Task<Status> RunPoint() {
    PointRow::Rehearsal rehearsal;
    if (CanRehearse()) rehearsal = [this](const Batch& row) { return Rehearse(row); };
    auto read = point_->LockAndRead(rehearsal);
    auto row = co_await read;
    if (!row.ok()) co_return std::move(row).status();
    if (*row == nullptr) co_return Status::Ok();
    auto update = UpdateRows(**row);
    Status status = co_await update;
    if (status.ok()) co_return status;
    auto wait = state_->transaction().AwaitEarly();
    Status awaited = co_await wait;
    co_return awaited.ok() ? status : awaited;
  }

  // Its only answer is the count, and what it does twice leaves no trace.
  bool CanRehearse() const {
    return !has_returning() && !node_.changes_key && !writer_.has_indexes() &&
           !writer_.notes_updates() && node_.target.table->checks.empty() &&
           !state_->has_sequences() && std::ranges::none_of(node_.row, [](const ExprPtr& expr) {
             return expr != nullptr && (IsVolatile(*expr) || HasSubquery(*expr));
           });
  }

  Task<Status> Rehearse(const Batch& row) {
    arena_.Reset();
    auto evaluate = EvaluateNewRows(row);
    Status status = co_await evaluate;
    if (!status.ok()) co_return status;
    writer_.Load(new_rows_, RowsOf(row)[0]);
    co_return writer_.Check();
  }

  Task<Status> EvaluateNewRows(const Batch& input) {
    for (size_t i = 0; i < node_.row.size(); ++i) {
      const int slot = node_.target.column_slots[i];
      new_rows_.columns[i] =
          slot >= 0 ? input.columns[static_cast<size_t>(slot)]
                    : Vector::ConstantNull(node_.target.table->columns[i].type, &arena_);
    }
    auto evaluate = EvaluateRows(node_.row, input, &new_rows_);
    Status status = co_await evaluate;
    if (!status.ok() || node_.generated.empty()) co_return status;
    auto generate = EvaluateRows(node_.generated, new_rows_, RowsOf(input), &new_rows_);
    status = co_await generate;
    co_return status;
  }

  Task<Status> UpdateRows(const Batch& input) {
    arena_.Reset();
    auto evaluate = EvaluateNewRows(input);
    Status status = co_await evaluate;
    if (!status.ok()) co_return status;
    const RowSet rows = RowsOf(input);
    const Vector& keys = input.columns[static_cast<size_t>(node_.target.key_slot)];
    CO_RETURN_IF_ERROR(writer_.LookAhead(new_rows_, rows));
    uint16_t* written = arena_.AllocateArray<uint16_t>(rows.count);
    uint32_t written_count = 0;
    for (uint32_t i = 0; i < rows.count; ++i) {
      const uint32_t row = rows[i];
      const std::string_view key = keys.at<std::string_view>(row);
      // A row that a join gives more than once is updated once, from the first of its partners.
      if (changed_ != nullptr && !changed_->emplace(key).second) continue;
      CO_RETURN_IF_ERROR(writer_.LoadOld(input, &node_.target.column_slots, row, key));
      writer_.Load(new_rows_, row);
      auto replace = writer_.Replace(key, node_.changes_key);
      status = co_await replace;
      if (!status.ok()) co_return status;
      if (locker_ && writer_.hides_row()) locker_->NoteArrival(key, writer_.key());
      written[written_count++] = static_cast<uint16_t>(row);
      auto room = state_->transaction().MakeRoom();
      status = co_await room;
      if (!status.ok()) co_return status;
    }
    state_->affected_rows += written_count;
    auto check = CheckRows(node_.checks, *node_.target.table, new_rows_, {written, written_count});
    status = co_await check;
    if (!status.ok()) co_return status;
    // RETURNING reads the input's columns behind the table's.
    const size_t table_columns = new_rows_.columns.size();
    new_rows_.columns.insert(new_rows_.columns.end(), input.columns.begin(), input.columns.end());
    auto returning = AddReturning(new_rows_, {written, written_count});
    status = co_await returning;
    new_rows_.columns.resize(table_columns);
    co_return status;
  }

  const UpdateNode& node_;
  // Either the one row of a key, or an input whose rows are to be locked.
  std::unique_ptr<PointRow> point_;
  OperatorPtr child_;
  std::unique_ptr<RowLocker> locker_;
  TableWriter writer_;
  KeySet changed_keys_;    // of this part of the statement alone
  KeySet* const changed_;  // where the rows changed are noted; null: none comes twice
  Batch new_rows_;         // one column per column position of the table
};

}  // namespace

Result<OperatorPtr> MakeUpdate(const UpdateNode& node, ExecutionState* state) {
  std::unique_ptr<PointRow> point;
  // What is watched goes by its nodes.
  if (state->changed_keys() == nullptr && state->context().run_statistics == nullptr) {
    ASSIGN_OR_RETURN(point, PointRow::Make(*node.child, ModeOf(node), state));
  }
  OperatorPtr child;
  if (point == nullptr) {
    ASSIGN_OR_RETURN(child, MakeChangeInput(*node.child, state));
  }
  return OperatorPtr(
      std::make_unique<UpdateOperator>(node, std::move(child), std::move(point), state));
}

}  // namespace shale::sql
