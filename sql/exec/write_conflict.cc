// TableWriter's part for ON CONFLICT: rows that are there are looked for before anything is locked
// that only an insert needs.
#include <algorithm>

#include "sql/exec/constraint_errors.h"
#include "sql/exec/table_writer.h"

namespace shale::sql {

bool TableWriter::IsArbiter(int check) const {
  if (rule_.arbiters == nullptr) return false;
  if (check == kPrimaryKey) return rule_.arbiters->primary_key;
  const std::vector<catalog::Oid>& oids = rule_.arbiters->indexes;
  return std::ranges::find(oids, indexes_->oid(static_cast<size_t>(check))) != oids.end();
}

Task<Result<bool>> TableWriter::InsertUnlessThere() {
  auto find = FindKeyConflict();
  auto found = co_await find;
  if (!found.ok()) co_return found;
  if (*found) co_return false;
  CO_RETURN_IF_ERROR(state_->transaction().Put(key_, value_));
  if (events_ != nullptr) {
    CO_RETURN_IF_ERROR(events_->Inserted(key_, values_.data(), nulls_.get()));
  }
  co_return true;
}

// Whether one of the arbiters has the row's key already. The keys that are free are locked, so that
// they stay so.
Task<Result<bool>> TableWriter::FindConflict() {
  for (int check : checks_) {
    if (!IsArbiter(check)) continue;
    if (check != kPrimaryKey) {
      const catalog::IndexDesc& index = indexes_->description(static_cast<size_t>(check));
      if (index.deferrable) co_return DeferrableArbiter(table(), index.name);
    }
    auto find =
        check == kPrimaryKey ? FindKeyConflict() : FindIndexConflict(static_cast<size_t>(check));
    auto found = co_await find;
    if (!found.ok() || *found) co_return found;
  }
  co_return false;
}

Task<Result<bool>> TableWriter::FindKeyConflict() {
  auto look = state_->transaction().GetLatest(key_, &existing_, &sequence_);
  auto found = co_await look;
  if (!found.ok()) co_return found;
  existing_key_ = key_;
  if (*found) {
    auto lock = LockExisting(kPrimaryKey);
    found = co_await lock;
    if (!found.ok()) co_return found;
  }
  if (!*found) {
    auto locking = LockKey();
    Status locked = co_await locking;
    if (!locked.ok()) co_return locked;
    if (!found_) co_return false;
  }
  CO_RETURN_IF_ERROR(NoteConflict());
  co_return true;
}

// The entry's lock is given back before the row's is asked for: who changes the row locks them the
// other way round. So the entry may lead elsewhere by the time the row is locked; then it is looked
// up again.
Task<Result<bool>> TableWriter::FindIndexConflict(size_t index) {
  while (true) {
    CO_RETURN_IF_ERROR(state_->CheckCancelled());
    auto find = indexes_->Find(index, &existing_key_, &existing_, &sequence_);
    auto found = co_await find;
    if (!found.ok() || !*found) co_return found;
    auto lock = LockExisting(static_cast<int>(index));
    auto locked = co_await lock;
    if (!locked.ok()) co_return locked;
    if (!*locked) continue;
    CO_RETURN_IF_ERROR(indexes_->NoteRead(index));
    CO_RETURN_IF_ERROR(NoteConflict());
    co_return true;
  }
}

// Of the row found: waits for whoever changes it. False: it no longer has the key.
Task<Result<bool>> TableWriter::LockExisting(int check) {
  engine::KvTransaction& transaction = state_->transaction();
  engine::LockOptions options = lock_options_;
  options.mode = rule_.existing_mode;
  const uint64_t savepoint = transaction.SetSavepoint();
  auto lock = transaction.Lock(existing_key_, options);
  auto locked = co_await lock;
  Result<bool> found = false;
  if (locked.ok()) {
    auto read = ReadExisting(check);
    found = co_await read;
  } else {
    found = std::move(locked).status();
  }
  const bool keep = rule_.keeps_lock && found.ok() && *found;
  if (!keep) transaction.RollbackToSavepoint(savepoint);
  transaction.ReleaseSavepoint(savepoint);
  co_return found;
}

Task<Result<bool>> TableWriter::ReadExisting(int check) {
  const auto index = static_cast<size_t>(check);
  if (check != kPrimaryKey) {
    auto still = indexes_->IsOf(index, existing_key_);
    auto is_of = co_await still;
    if (!is_of.ok() || !*is_of) co_return is_of;
  }
  auto get = state_->transaction().GetLatest(existing_key_, &existing_, &sequence_);
  auto found = co_await get;
  if (found.ok() && !*found && check != kPrimaryKey) co_return indexes_->MissingRow(index);
  co_return found;
}

// The transaction could not explain why it left the row out where its snapshot does not show the
// other one.
Status TableWriter::NoteConflict() {
  if (!state_->is_read_committed() && sequence_ > state_->snapshot()) {
    return ConcurrentChange(/*deleted=*/false);
  }
  return state_->transaction().NoteRead(existing_key_);
}

}  // namespace shale::sql
