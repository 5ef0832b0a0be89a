// MERGE. Of each batch of source rows it is found out, for all rows together, which clause each
// takes; then the rows are locked and changed in their order.
//
// A row of the target that is younger than the snapshot is joined and tested anew, under its lock,
// as it is then (READ COMMITTED), under its new key where it has one (row_moves.h); one that is
// gone, or no longer the join's, does not match.
#include <algorithm>

#include "sql/exec/change_operator.h"
#include "sql/exec/foreign_keys.h"
#include "sql/exec/operators.h"
#include "sql/exec/row_locker.h"
#include "sql/exec/table_writer.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

using MergeKind = BoundMergeAction::Kind;

constexpr int kNoAction = -1;

const std::vector<ExprPtr>& NoReturning() {
  static const std::vector<ExprPtr> none;
  return none;
}

class MergeOperator : public ChangeOperator {
 public:
  MergeOperator(const MergeNode& node, OperatorPtr child, ExecutionState* state)
      : ChangeOperator(NoReturning(), state),
        node_(node),
        child_(std::move(child)),
        locker_(node.target, {}, state),
        writer_(node.target.table, state) {
    writer_.ExpectNewRows();
  }

 protected:
  Task<Status> Run() override {
    while (true) {
      auto next = child_->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) co_return Status::Ok();
      CO_RETURN_IF_ERROR(state_->CheckCancelled());
      if (state_->ShouldMove()) co_await ResumeOn(*state_->context().workers);
      arena_.Reset();
      auto merge = MergeRows(**batch);
      Status status = co_await merge;
      if (!status.ok()) co_return status;
    }
  }

 private:
  // What the rows of one input become.
  struct Chosen {
    std::vector<int> action;  // by row number of the input; kNoAction: nothing is done
    std::vector<Batch> rows;  // by action: the new rows of those that take it
  };

  Task<Status> MergeRows(const Batch& input) {
    const RowSet rows = RowsOf(input);
    const Vector& keys = input.columns[static_cast<size_t>(node_.target.key_slot)];
    const RowSet matched =
        SelectWhere(rows, &arena_, [&](uint32_t row) { return !keys.IsNull(row); });
    const RowSet unmatched =
        SelectWhere(rows, &arena_, [&](uint32_t row) { return keys.IsNull(row); });
    Chosen chosen;
    chosen.action.assign(input.row_count, kNoAction);
    chosen.rows.resize(node_.actions.size());
    auto choose = Choose(input, matched, true, &chosen);
    Status status = co_await choose;
    if (!status.ok()) co_return status;
    auto choose_unmatched = Choose(input, unmatched, false, &chosen);
    status = co_await choose_unmatched;
    if (!status.ok()) co_return status;
    for (uint32_t i = 0; i < rows.count; ++i) {
      const uint32_t row = rows[i];
      if (chosen.action[row] == kNoAction) continue;
      auto apply = Apply(input, row, &chosen);
      status = co_await apply;
      if (!status.ok()) co_return status;
      auto room = state_->transaction().MakeRoom();
      status = co_await room;
      if (!status.ok()) co_return status;
    }
    auto relieve = RelieveKeyEvents(&state_->context());
    status = co_await relieve;
    co_return status;
  }

  // The first clause of the kind whose condition holds, for each row of the set, and the row that
  // it makes.
  Task<Status> Choose(const Batch& input, RowSet rows, bool matched, Chosen* chosen) {
    for (size_t i = 0; i < node_.actions.size() && rows.count > 0; ++i) {
      const MergeNode::Action& action = node_.actions[i];
      if (action.matched != matched) continue;
      RowSet taken = rows;
      if (!action.condition.empty()) {
        Batch tested;
        tested.columns.resize(1);
        auto test = EvaluateRows(action.condition, input, rows, &tested);
        Status status = co_await test;
        if (!status.ok()) co_return status;
        const Vector& holds = tested.columns[0];
        auto is_taken = [&](uint32_t row) { return !holds.IsNull(row) && holds.at<bool>(row); };
        taken = SelectWhere(rows, &arena_, is_taken);
        rows = SelectWhere(rows, &arena_, [&](uint32_t row) { return !is_taken(row); });
      } else {
        rows.count = 0;
      }
      for (uint32_t k = 0; k < taken.count; ++k) {
        chosen->action[taken[k]] =
            action.kind == MergeKind::kNothing ? kNoAction : static_cast<int>(i);
      }
      auto make = MakeNewRows(action, input, taken, &chosen->rows[i]);
      Status made = co_await make;
      if (!made.ok()) co_return made;
    }
    co_return Status::Ok();
  }

  Task<Status> MakeNewRows(const MergeNode::Action& action, const Batch& input, RowSet rows,
                           Batch* out) {
    if (rows.count == 0 || action.row.empty()) co_return Status::Ok();
    out->columns.clear();
    out->row_count = input.row_count;
    const auto& columns = node_.target.table->columns;
    for (size_t i = 0; i < columns.size(); ++i) {
      const int slot = node_.target.column_slots[i];
      const bool is_kept = action.kind == MergeKind::kUpdate && slot >= 0;
      out->columns.push_back(is_kept ? input.columns[static_cast<size_t>(slot)]
                                     : Vector::ConstantNull(columns[i].type, &arena_));
    }
    auto evaluate = EvaluateRows(action.row, input, rows, out);
    Status status = co_await evaluate;
    if (!status.ok() || node_.generated.empty()) co_return status;
    auto generate = EvaluateRows(node_.generated, *out, rows, out);
    status = co_await generate;
    co_return status;
  }

  Task<Status> Apply(const Batch& input, uint32_t row, Chosen* chosen) {
    const size_t index = static_cast<size_t>(chosen->action[row]);
    const MergeNode::Action& action = node_.actions[index];
    if (action.kind == MergeKind::kInsert) {
      auto insert = InsertRow(chosen->rows[index], row);
      Status status = co_await insert;
      co_return status;
    }
    const Vector& keys = input.columns[static_cast<size_t>(node_.target.key_slot)];
    const std::string_view origin = keys.at<std::string_view>(row);
    if (changed_keys_.contains(origin)) {
      co_return Status(sqlstate::kCardinalityViolation,
                       "MERGE command cannot affect row a second time")
          .Hint("Ensure that not more than one source row matches any one target row.");
    }
    Place place{.origin = origin, .key = origin};
    auto lock = locker_.LockRow(&place.key, ModeOf(action), &latest_);
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    if (*locked == RowLocker::Found::kUnchanged) {
      auto change = ChangeRow(action, input, chosen->rows[index], row, place);
      Status status = co_await change;
      co_return status;
    }
    auto again = ApplyAgain(input, row, place, *locked == RowLocker::Found::kChanged);
    Status status = co_await again;
    co_return status;
  }

  // Of a row of the target: the key that the snapshot shows it under, and the one it has now.
  struct Place {
    std::string_view origin;
    std::string_view key;
  };

  static engine::LockMode ModeOf(const MergeNode::Action& action) {
    return action.kind == MergeKind::kUpdate && !action.locks_key ? engine::LockMode::kNoKeyUpdate
                                                                  : engine::LockMode::kUpdate;
  }

  // The source row once more, with the target's row as it is now, latest_: beside it where the join
  // still holds, else the source row has no match.
  Task<Status> ApplyAgain(const Batch& input, uint32_t row, Place place, bool found) {
    Batch one;
    one.row_count = 1;
    for (const Vector& column : input.columns) {
      Vector value = Vector::Flat(column.type(), 1, &arena_);
      CopyRow(column, row, &value, 0, ByteCopy::kShared, &arena_);
      one.columns.push_back(std::move(value));
    }
    bool matches = found;
    if (found) {
      CO_RETURN_IF_ERROR(ReadLatest(place.key, &one));
      Batch tested;
      tested.columns.resize(1);
      auto test = EvaluateRows(node_.join_condition, one, RowSet{nullptr, 1}, &tested);
      Status status = co_await test;
      if (!status.ok()) co_return status;
      matches = !tested.columns[0].IsNull(0) && tested.columns[0].at<bool>(0);
    }
    Chosen chosen;
    chosen.action.assign(1, kNoAction);
    chosen.rows.resize(node_.actions.size());
    auto choose = Choose(one, RowSet{nullptr, 1}, matches, &chosen);
    Status status = co_await choose;
    if (!status.ok() || chosen.action[0] == kNoAction) co_return status;
    const size_t index = static_cast<size_t>(chosen.action[0]);
    const MergeNode::Action& action = node_.actions[index];
    if (action.kind == MergeKind::kInsert) {
      auto insert = InsertRow(chosen.rows[index], 0);
      status = co_await insert;
      co_return status;
    }
    // The lock that it has may be weaker than the one that this clause needs.
    auto lock =
        state_->transaction().Lock(place.key, state_->context().LockOptionsOf(ModeOf(action)));
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    auto change = ChangeRow(action, one, chosen.rows[index], 0, place);
    status = co_await change;
    co_return status;
  }

  Status ReadLatest(std::string_view key, Batch* one) {
    for (size_t i = 0; i < node_.target.column_slots.size(); ++i) {
      const int slot = node_.target.column_slots[i];
      if (slot < 0) continue;
      Vector& value = one->columns[static_cast<size_t>(slot)];
      value = Vector::Flat(value.type(), 1, &arena_);
      catalog::Datum datum;
      bool is_null = false;
      RETURN_IF_ERROR(
          writer_.Decode(key, latest_.view(), static_cast<int>(i), &datum, &is_null, &arena_));
      if (is_null)
        value.SetNull(0, &arena_);
      else
        value.SetDatum(0, datum);
    }
    return Status::Ok();
  }

  Task<Status> InsertRow(const Batch& rows, uint32_t row) {
    auto reserve = writer_.ReserveRowIds(1);
    Status status = co_await reserve;
    if (!status.ok()) co_return status;
    const auto one = static_cast<uint16_t>(row);
    CO_RETURN_IF_ERROR(writer_.LookAhead(rows, {&one, 1}));
    writer_.Load(rows, row);
    auto insert = writer_.Insert();
    auto inserted = co_await insert;
    if (!inserted.ok()) co_return std::move(inserted).status();
    ++state_->affected_rows;
    co_return Status::Ok();
  }

  Task<Status> ChangeRow(const MergeNode::Action& action, const Batch& input, const Batch& new_rows,
                         uint32_t row, Place place) {
    changed_keys_.emplace(place.origin);
    ++state_->affected_rows;
    CO_RETURN_IF_ERROR(writer_.LoadOld(input, &node_.target.column_slots, row, place.key));
    if (action.kind == MergeKind::kUpdate) {
      const auto one = static_cast<uint16_t>(row);
      CO_RETURN_IF_ERROR(writer_.LookAhead(new_rows, {&one, 1}));
      writer_.Load(new_rows, row);
      auto replace = writer_.Replace(place.key, action.changes_key);
      Status status = co_await replace;
      if (writer_.hides_row()) locker_.NoteArrival(place.origin, writer_.key());
      co_return status;
    }
    auto remove = writer_.Delete(place.key);
    Status status = co_await remove;
    co_return status;
  }

  const MergeNode& node_;
  OperatorPtr child_;
  RowLocker locker_;
  TableWriter writer_;
  KeySet changed_keys_;  // where the snapshot shows the rows
  engine::PinnedBytes latest_;
};

}  // namespace

Result<OperatorPtr> MakeMerge(const MergeNode& node, ExecutionState* state) {
  ASSIGN_OR_RETURN(OperatorPtr child, MakeChangeInput(*node.child, state));
  return OperatorPtr(std::make_unique<MergeOperator>(node, std::move(child), state));
}

}  // namespace shale::sql
