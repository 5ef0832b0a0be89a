// INSERT.
#include "sql/exec/change_operator.h"
#include "sql/exec/foreign_keys.h"
#include "sql/exec/operators.h"
#include "sql/exec/row_locker.h"
#include "sql/exec/table_writer.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

ConflictRule RuleOf(const InsertNode& node) {
  if (node.conflict_update) {
    const engine::LockMode mode = node.conflict_update->locks_key ? engine::LockMode::kUpdate
                                                                  : engine::LockMode::kNoKeyUpdate;
    return {.arbiters = &node.arbiters, .existing_mode = mode, .keeps_lock = true};
  }
  if (!node.on_conflict_do_nothing) return {};
  return {.arbiters = &node.arbiters};
}

class InsertOperator : public ChangeOperator {
 public:
  InsertOperator(const InsertNode& node, OperatorPtr child, ExecutionState* state)
      : ChangeOperator(node.returning, state),
        node_(node),
        child_(std::move(child)),
        writer_(node.table, state, RuleOf(node)),
        changed_(ChangedKeys(/*repeats_rows=*/true, &changed_keys_)) {
    for (const catalog::ColumnDesc& column : node.table->columns) {
      rows_.columns.push_back(Vector::ConstantNull(column.type, &arena_));
    }
    if (node.conflict_update) writer_.SetAssigned(node.conflict_update->row, node.generated);
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
      auto relieve = RelieveEvents();
      status = co_await relieve;
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
    if (!node_.generated.empty()) {
      auto generate = EvaluateRows(node_.generated, rows_, rows, &rows_);
      status = co_await generate;
      if (!status.ok()) co_return status;
    }
    updated_.clear();
    CO_RETURN_IF_ERROR(writer_.LookAhead(rows_, rows));
    auto reserve = writer_.ReserveRowIds(rows.count);
    status = co_await reserve;
    if (!status.ok()) co_return status;
    uint16_t* written = arena_.AllocateArray<uint16_t>(rows.count);
    uint32_t written_count = 0;
    for (uint32_t i = 0; i < rows.count; ++i) {
      writer_.Load(rows_, rows[i]);
      auto insert = writer_.Insert();
      auto inserted = co_await insert;
      if (!inserted.ok()) co_return std::move(inserted).status();
      bool changed = *inserted;
      if (node_.conflict_update) {
        if (changed) {
          // A single row does not meet itself.
          if (child_ != nullptr) changed_->emplace(writer_.key());
        } else {
          auto update = UpdateExisting(rows[i]);
          auto updated = co_await update;
          if (!updated.ok()) co_return std::move(updated).status();
          changed = *updated;
        }
      }
      if (changed) written[written_count++] = static_cast<uint16_t>(rows[i]);
      auto room = state_->transaction().MakeRoom();
      status = co_await room;
      if (!status.ok()) co_return status;
    }
    state_->affected_rows += written_count;
    const RowSet shown{written, written_count};
    Batch updated;
    if (!updated_.empty()) updated = ShowUpdated(rows);
    const Batch& now = updated_.empty() ? rows_ : updated;
    auto check = CheckRows(node_.checks, *node_.table, now, shown);
    status = co_await check;
    if (!status.ok()) co_return status;
    auto returning = AddReturning(now, shown);
    status = co_await returning;
    co_return status;
  }

  // The row that has a key of the row loaded, which was left out: changes it, unless the condition
  // says no.
  Task<Result<bool>> UpdateExisting(uint32_t row) {
    const InsertNode::ConflictUpdate& update = *node_.conflict_update;
    const std::string_view key = arena_.Copy(writer_.existing_key());
    if (changed_->contains(key)) {
      co_return Status(sqlstate::kCardinalityViolation,
                       "ON CONFLICT DO UPDATE command cannot affect row a second time")
          .Hint(
              "Ensure that no rows proposed for insertion within the same command have duplicate "
              "constrained values.");
    }
    const engine::PinnedBytes existing = writer_.TakeExisting();
    Batch both;
    CO_RETURN_IF_ERROR(ReadBoth(key, existing.view(), row, &both));
    if (!update.visible.empty()) {
      auto look = CheckVisible(both);
      Status looked = co_await look;
      if (!looked.ok()) co_return looked;
    }
    if (!update.where.empty()) {
      Batch condition;
      condition.columns.resize(1);
      auto test = EvaluateRows(update.where, both, &condition);
      Status tested = co_await test;
      if (!tested.ok()) co_return tested;
      const Vector& holds = condition.columns[0];
      if (holds.IsNull(0) || !holds.at<bool>(0)) co_return false;
    }
    Batch changed;
    changed.columns.assign(both.columns.begin(), both.columns.begin() + update.row.size());
    auto evaluate = EvaluateRows(update.row, both, &changed);
    Status status = co_await evaluate;
    if (!status.ok()) co_return status;
    if (!node_.generated.empty()) {
      auto generate = EvaluateRows(node_.generated, changed, RowSet{nullptr, 1}, &changed);
      status = co_await generate;
      if (!status.ok()) co_return status;
    }
    CO_RETURN_IF_ERROR(writer_.LookAhead(changed, RowsOf(changed)));
    CO_RETURN_IF_ERROR(writer_.LoadOld(both, nullptr, 0, key));
    writer_.Load(changed, 0);
    auto replace = writer_.Replace(key, update.changes_key);
    status = co_await replace;
    if (!status.ok()) co_return status;
    changed_->emplace(key);
    if (update.changes_key) changed_->emplace(writer_.key());
    const bool is_shown = has_returning() || !node_.checks.empty();
    if (is_shown) updated_.push_back({row, Compact(changed, ByteCopy::kDeep, &arena_)});
    co_return true;
  }

  // 55000 where the row that is there is none of a view's.
  Task<Status> CheckVisible(const Batch& both) {
    const InsertNode::ConflictUpdate& update = *node_.conflict_update;
    Batch conditions;
    conditions.columns.resize(update.visible.size());
    auto evaluate = EvaluateRows(update.visible, both, &conditions);
    Status status = co_await evaluate;
    if (!status.ok()) co_return status;
    for (size_t i = 0; i < update.visible.size(); ++i) {
      const Vector& holds = conditions.columns[i];
      if (!holds.IsNull(0) && holds.at<bool>(0)) continue;
      co_return Error(sqlstate::kObjectNotInPrerequisiteState,
                      "conflicting row is not visible through view \"{}\"",
                      update.visible_through[i]);
    }
    co_return Status::Ok();
  }

  // One row: the columns of the one that is there, and those of the one that was to be inserted.
  Status ReadBoth(std::string_view key, std::string_view existing, uint32_t row, Batch* both) {
    const std::vector<catalog::ColumnDesc>& columns = node_.table->columns;
    both->row_count = 1;
    for (size_t i = 0; i < columns.size(); ++i) {
      Vector value = Vector::Flat(columns[i].type, 1, &arena_);
      catalog::Datum datum;
      bool is_null = columns[i].dropped;
      if (!is_null) {
        RETURN_IF_ERROR(
            writer_.Decode(key, existing, static_cast<int>(i), &datum, &is_null, &arena_));
      }
      if (is_null) {
        value.SetNull(0, &arena_);
      } else {
        value.SetDatum(0, datum);
      }
      both->columns.push_back(std::move(value));
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      Vector value = Vector::Flat(columns[i].type, 1, &arena_);
      CopyRow(rows_.columns[i], row, &value, 0, ByteCopy::kShared, &arena_);
      both->columns.push_back(std::move(value));
    }
    return Status::Ok();
  }

  // RETURNING gives updated rows as they are now. Columns of rows_ may be the input's, or each
  // other's: they stay as they are.
  Batch ShowUpdated(RowSet rows) {
    size_t next = 0;
    const RowSet inserted = SelectWhere(rows, &arena_, [&](uint32_t row) {
      const bool updated = next < updated_.size() && updated_[next].row == row;
      next += updated ? 1 : 0;
      return !updated;
    });
    Batch shown;
    shown.row_count = rows_.row_count;
    for (size_t i = 0; i < rows_.columns.size(); ++i) {
      Vector column = Vector::Flat(rows_.columns[i].type(), rows_.row_count, &arena_);
      CopyRows(rows_.columns[i], inserted, &column, &arena_);
      for (const UpdatedRow& one : updated_) {
        CopyRow(one.columns.columns[i], 0, &column, one.row, ByteCopy::kShared, &arena_);
      }
      shown.columns.push_back(std::move(column));
    }
    return shown;
  }

  const InsertNode& node_;
  OperatorPtr child_;  // null: one row without columns
  TableWriter writer_;
  KeySet changed_keys_;    // of this part of the statement alone
  KeySet* const changed_;  // of DO UPDATE
  Batch rows_;             // one column per column position of the table
  struct UpdatedRow {
    uint32_t row;
    Batch columns;  // of one row
  };
  std::vector<UpdatedRow> updated_;  // of the current input, ascending; with RETURNING only
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
  CO_RETURN_IF_ERROR(writer.LookAhead(rows, set));
  uint32_t inserted_count = 0;
  if (writer.CanInsertRun()) {
    auto run = writer.InsertRun(rows, set, row);
    auto count = co_await run;
    if (!count.ok()) co_return std::move(count).status();
    inserted_count = *count;
  }
  for (uint32_t i = inserted_count; i < set.count; ++i) {
    *row = set[i];
    writer.Load(rows, *row);
    auto insert = writer.Insert();
    auto inserted = co_await insert;
    if (!inserted.ok()) co_return std::move(inserted).status();
    auto room = state.transaction().MakeRoom();
    Status status = co_await room;
    if (!status.ok()) co_return status;
  }
  auto relieve = RelieveKeyEvents(context);
  Status relieved = co_await relieve;
  co_return relieved;
}

}  // namespace shale::sql
