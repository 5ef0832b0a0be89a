#include "sql/exec/row_locker.h"

#include <algorithm>

#include "sql/exec/constraint_errors.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {

RowLocker::RowLocker(const RowTarget& target, Options options, ExecutionState* state)
    : target_(target),
      state_(state),
      only_locks_(options.only_locks),
      codec_(CodecOf(target.table)),
      evaluator_(state->Evaluator(&arena_)) {
  options_ = state->context().LockOptionsOf(options.mode);
  options_.wait = options.wait;
}

Status RowLocker::LockError(Status status) const {
  if (options_.wait == engine::LockWait::kNoWait && status.Is(sqlstate::kLockNotAvailable)) {
    return Error(sqlstate::kLockNotAvailable, "could not obtain lock on row in relation \"{}\"",
                 target_.table->name);
  }
  return status;
}

Task<NextBatch> RowLocker::Lock(const Batch& input, const KeySet* changed) {
  arena_.Reset();
  changed_rows_.clear();
  const RowSet rows = RowsOf(input);
  const Vector& keys = input.columns[static_cast<size_t>(target_.key_slot)];
  uint16_t* kept = arena_.AllocateArray<uint16_t>(rows.count);
  uint32_t kept_count = 0;
  engine::KvTransaction& transaction = state_->transaction();
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    if (keys.IsNull(row)) {  // the missing side of an outer join
      kept[kept_count++] = static_cast<uint16_t>(row);
      continue;
    }
    const std::string_view origin = keys.at<std::string_view>(row);
    std::string_view key = origin;
    const bool is_taken = IsTaken(key, origin);
    if (!is_taken && changed != nullptr && changed->contains(key)) continue;
    auto lock = transaction.Lock(key, options_);
    auto outcome = co_await lock;
    if (!outcome.ok()) co_return LockError(std::move(outcome).status());
    if (*outcome == engine::LockOutcome::kSkipped) continue;
    auto get = transaction.GetLatest(key, &latest_, &sequence_);
    auto found = co_await get;
    if (!found.ok()) co_return std::move(found).status();
    if (!*found || is_taken || sequence_ > state_->snapshot()) {
      const bool is_there = *found && !is_taken;
      if (!state_->is_read_committed()) co_return ConcurrentChangeOf(key, is_there);
      auto follow = Follow(&key, is_there);
      auto followed = co_await follow;
      if (!followed.ok()) co_return std::move(followed).status();
      if (!*followed || IsTaken(key, origin)) continue;
      if (changed != nullptr && changed->contains(key)) continue;
      origins_[std::string(key)] = origin;
      changed_rows_.push_back({row, key, std::move(latest_)});
      latest_ = engine::PinnedBytes();
    }
    kept[kept_count++] = static_cast<uint16_t>(row);
  }
  output_ = input;
  RowSet result{kept, kept_count};
  if (!changed_rows_.empty()) {
    CO_RETURN_IF_ERROR(ReplaceChanged(input, result));
    auto recheck = DropFailed(result);
    auto passed = co_await recheck;
    if (!passed.ok()) co_return std::move(passed).status();
    result = *passed;
  }
  if (result.count == 0) co_return nullptr;
  output_.selection = result.selection;
  output_.selected_count = result.count;
  co_return &output_;
}

Task<Result<RowLocker::Found>> RowLocker::LockRow(std::string_view* key, engine::LockMode mode,
                                                  engine::PinnedBytes* value) {
  arena_.Reset();
  options_.mode = mode;
  const std::string_view origin = *key;
  const bool is_taken = IsTaken(origin, origin);
  auto lock = state_->transaction().Lock(origin, options_);
  auto outcome = co_await lock;
  if (!outcome.ok()) co_return LockError(std::move(outcome).status());
  auto get = state_->transaction().GetLatest(origin, &latest_, &sequence_);
  auto found = co_await get;
  if (!found.ok()) co_return std::move(found).status();
  const bool is_there = *found && !is_taken;
  if (is_there && sequence_ <= state_->snapshot()) co_return Found::kUnchanged;
  if (!state_->is_read_committed()) co_return ConcurrentChangeOf(origin, is_there);
  auto follow = Follow(key, is_there);
  auto followed = co_await follow;
  if (!followed.ok()) co_return std::move(followed).status();
  if (!*followed || IsTaken(*key, origin)) co_return Found::kGone;
  origins_[std::string(*key)] = origin;
  *value = std::move(latest_);
  latest_ = engine::PinnedBytes();
  co_return Found::kChanged;
}

Task<Result<bool>> RowLocker::Follow(std::string_view* key, bool found) {
  MovePosition position{.sequence = state_->snapshot()};
  while (true) {
    CO_ASSIGN_OR_RETURN(auto step, state_->NextMove(*key, position));
    if (!step) co_return found;
    *key = arena_.Copy(step->to);
    position = step->position;
    auto lock = state_->transaction().Lock(*key, options_);
    auto outcome = co_await lock;
    if (!outcome.ok()) co_return LockError(std::move(outcome).status());
    if (*outcome == engine::LockOutcome::kSkipped) co_return false;
    auto get = state_->transaction().GetLatest(*key, &latest_, &sequence_);
    auto read = co_await get;
    if (!read.ok()) co_return std::move(read).status();
    found = *read;
  }
}

// Of a row that is to be locked only, PostgreSQL says "update" of both.
Status RowLocker::ConcurrentChangeOf(std::string_view key, bool found) const {
  if (found || only_locks_) return ConcurrentChange(/*deleted=*/false);
  ASSIGN_OR_RETURN(auto step, state_->NextMove(key, {.sequence = state_->snapshot()}));
  return ConcurrentChange(/*deleted=*/!step);
}

// Puts the newest columns of the changed rows into the output. Both lists of rows ascend.
Status RowLocker::ReplaceChanged(const Batch& input, RowSet kept) {
  size_t next = 0;
  RowSet unchanged = SelectWhere(kept, &arena_, [&](uint32_t row) {
    if (next < changed_rows_.size() && changed_rows_[next].row == row) {
      ++next;
      return false;
    }
    return true;
  });
  for (size_t column = 0; column < target_.column_slots.size(); ++column) {
    if (target_.column_slots[column] < 0) continue;
    const size_t slot = static_cast<size_t>(target_.column_slots[column]);
    Vector values = Vector::Flat(input.columns[slot].type(), input.row_count, &arena_);
    CopyRows(input.columns[slot], unchanged, &values, &arena_);
    for (const ChangedRow& changed : changed_rows_) {
      catalog::Datum datum;
      bool is_null = false;
      RETURN_IF_ERROR(codec_->DecodeDatum(changed.key, changed.value.view(),
                                          static_cast<int>(column), &datum, &is_null, &arena_));
      values.SetDatum(changed.row, datum);
      if (is_null) values.SetNull(changed.row, &arena_);
    }
    output_.columns[slot] = values;
  }
  // Some may have other keys.
  const auto key_slot = static_cast<size_t>(target_.key_slot);
  Vector keys = Vector::Flat(input.columns[key_slot].type(), input.row_count, &arena_);
  CopyRows(input.columns[key_slot], unchanged, &keys, &arena_);
  for (const ChangedRow& changed : changed_rows_) {
    keys.SetDatum(changed.row, catalog::Datum::Bytes(changed.key));
  }
  output_.columns[key_slot] = keys;
  return Status::Ok();
}

// The rows without those that have changed so that the condition no longer holds.
Task<Result<RowSet>> RowLocker::DropFailed(RowSet kept) {
  if (target_.recheck == nullptr) co_return kept;
  uint16_t* changed = arena_.AllocateArray<uint16_t>(changed_rows_.size());
  for (size_t i = 0; i < changed_rows_.size(); ++i) {
    changed[i] = static_cast<uint16_t>(changed_rows_[i].row);
  }
  const uint32_t changed_count = static_cast<uint32_t>(changed_rows_.size());
  Vector condition;
  state_->BeginEvaluation();
  Status status =
      Evaluate(evaluator_, *target_.recheck, output_, {changed, changed_count}, &condition);
  while (!status.ok()) {
    auto repetition = state_->AwaitRepetition(std::move(status), changed_count);
    Status awaited = co_await repetition;
    if (!awaited.ok()) co_return awaited;
    status = Evaluate(evaluator_, *target_.recheck, output_, {changed, changed_count}, &condition);
  }
  co_return SelectWhere(kept, &arena_, [&](uint32_t row) {
    if (!std::binary_search(changed, changed + changed_count, row)) return true;
    return !condition.IsNull(row) && condition.at<bool>(row);
  });
}

}  // namespace shale::sql
