#include "sql/exec/table_writer.h"

#include "sql/exec/constraint_errors.h"

namespace shale::sql {

TableWriter::TableWriter(const catalog::TableRef& table, ExecutionState* state, ConflictRule rule)
    : table_(table),
      state_(state),
      codec_(CodecOf(table)),
      rule_(rule),
      indexes_(table->indexes.empty() ? nullptr : std::make_unique<IndexWriter>(table, state)),
      events_(ForeignKeyEvents::Of(table, state)),
      notes_updates_(events_ != nullptr),
      values_(table->columns.size()),
      nulls_(std::make_unique<bool[]>(table->columns.size())) {
  lock_options_ = state->context().LockOptionsOf(engine::LockMode::kUpdate);
  for (size_t i = 0; i < table->columns.size(); ++i) {
    if (table->columns[i].dropped) {
      nulls_[i] = true;
    } else {
      live_columns_.push_back(static_cast<int>(i));
    }
  }
  if (!has_indexes()) return;
  bool key_listed = table->primary_key.empty();
  for (size_t i = 0; i < indexes_->size(); ++i) {
    if (!key_listed && indexes_->oid(i) > table->primary_key_index_oid) {
      checks_.push_back(kPrimaryKey);
      key_listed = true;
    }
    checks_.push_back(static_cast<int>(i));
  }
  if (!key_listed) checks_.push_back(kPrimaryKey);
}

Async<Status> TableWriter::ReserveRowIds(uint64_t count) {
  if (!codec_->has_row_id()) return Status::Ok();
  auto allocation = state_->context().catalog->AllocateRowIds(table().storage_id, count);
  if (allocation.ready()) {
    auto first = std::move(allocation).value();
    if (!first.ok()) return std::move(first).status();
    next_row_id_ = *first;
    return Status::Ok();
  }
  return [](TableWriter* self, Async<Result<uint64_t>> waiting) -> Task<Status> {
    auto first = co_await waiting;
    if (!first.ok()) co_return std::move(first).status();
    self->next_row_id_ = *first;
    co_return Status::Ok();
  }(this, std::move(allocation));
}

Status TableWriter::LookAhead(const Batch& rows, RowSet set) {
  if (table().checks.empty()) return Status::Ok();
  if (row_checks_ == nullptr) {
    ASSIGN_OR_RETURN(row_checks_, RowChecks::Of(table_, state_));
  }
  row_checks_->LookAhead(rows, set);
  return Status::Ok();
}

void TableWriter::SetAssigned(const std::vector<ExprPtr>& row,
                              const std::vector<ExprPtr>& generated) {
  if (events_ == nullptr) return;
  std::vector<uint8_t> assigned;
  for (size_t i = 0; i < row.size(); ++i) {
    const bool is_generated = i < generated.size() && generated[i] != nullptr;
    assigned.push_back(row[i] != nullptr || is_generated ? 1 : 0);
  }
  notes_updates_ = events_->Minds(assigned);
}

void TableWriter::Load(const Batch& rows, uint32_t row) {
  rows_ = &rows;
  row_ = row;
  for (int column : live_columns_) {
    const Vector& source = rows.columns[static_cast<size_t>(column)];
    nulls_[column] = source.IsNull(row);
    if (!nulls_[column]) values_[column] = source.GetDatum(row);
  }
}

Status TableWriter::Encode() {
  for (int column : live_columns_) {
    if (nulls_[column] && table().columns[column].not_null) {
      return NotNullViolation(table(), column, values_.data(), nulls_.get(), state_->settings());
    }
  }
  if (!table().checks.empty()) {
    CHECK(row_checks_ != nullptr);
    RETURN_IF_ERROR(row_checks_->Test(*rows_, row_));
  }
  return codec_->EncodeValue(values_.data(), nulls_.get(), &value_);
}

Async<Status> TableWriter::LockKey() {
  auto lock = state_->transaction().Lock(key_, lock_options_);
  if (!lock.ready()) return LockKeyLater(std::move(lock));
  auto outcome = std::move(lock).value();
  if (!outcome.ok()) return std::move(outcome).status();
  auto get = state_->transaction().GetLatest(key_, &existing_, &sequence_);
  if (!get.ready()) return FindKeyLater(std::move(get));
  auto found = std::move(get).value();
  if (!found.ok()) return std::move(found).status();
  found_ = *found;
  return Status::Ok();
}

Task<Status> TableWriter::LockKeyLater(Async<Result<engine::LockOutcome>> lock) {
  auto outcome = co_await lock;
  if (!outcome.ok()) co_return std::move(outcome).status();
  auto rest = FindKeyLater(state_->transaction().GetLatest(key_, &existing_, &sequence_));
  Status status = co_await rest;
  co_return status;
}

Task<Status> TableWriter::FindKeyLater(Async<Result<bool>> get) {
  auto found = co_await get;
  if (!found.ok()) co_return std::move(found).status();
  found_ = *found;
  co_return Status::Ok();
}

Async<Result<bool>> TableWriter::Insert() {
  if (Status status = Encode(); !status.ok()) return Result<bool>(std::move(status));
  if (codec_->has_row_id()) {
    codec_->EncodeRowId(next_row_id_++, &key_);
    found_ = false;
    if (has_indexes()) return InsertIndexed();
    return FinishInsert(Status::Ok());
  }
  codec_->EncodeKey(values_.data(), &key_);
  if (has_indexes()) return InsertIndexed();
  if (IsArbiter(kPrimaryKey)) return InsertUnlessThere();
  auto locking = LockKey();
  if (!locking.ready()) return InsertLater(std::move(locking));
  return FinishInsert(std::move(locking).value());
}

Task<Result<bool>> TableWriter::InsertLater(Async<Status> locking) {
  Status locked = co_await locking;
  co_return FinishInsert(std::move(locked));
}

// Who has looked for the key before, in vain, hears of the conflict rather than of the key: that it
// is there now cannot be, in any serial order, for what the transaction has seen.
Status TableWriter::Duplicate() {
  RETURN_IF_ERROR(state_->transaction().NoteWrite(key_));
  return DuplicateKey(table(), table().primary_key_name,
                      DescribeKey(table(), values_.data(), state_->settings()));
}

Result<bool> TableWriter::FinishInsert(Status locked) {
  RETURN_IF_ERROR(std::move(locked));
  if (found_) return Duplicate();
  RETURN_IF_ERROR(state_->transaction().Put(key_, value_));
  if (events_ != nullptr) {
    RETURN_IF_ERROR(events_->Inserted(key_, values_.data(), nulls_.get()));
  }
  return true;
}

Async<Status> TableWriter::Replace(std::string_view old_key, bool may_move) {
  hides_row_ = false;
  if (Status status = Encode(); !status.ok()) return status;
  if (notes_updates_) return ReplaceNoting(old_key, may_move);
  return Write(old_key, may_move);
}

Task<Status> TableWriter::ReplaceNoting(std::string_view old_key, bool may_move) {
  auto get = state_->transaction().GetLatest(old_key, &old_row_, &sequence_);
  auto found = co_await get;
  if (!found.ok()) co_return std::move(found).status();
  auto write = Write(old_key, may_move);
  Status written = co_await write;
  if (!written.ok() || !*found) co_return written;
  CO_RETURN_IF_ERROR(events_->Replaced(old_key, old_row_.view(),
                                       may_move ? std::string_view(key_) : old_key, values_.data(),
                                       nulls_.get()));
  co_return NoteContested(/*primary=*/false);
}

Async<Status> TableWriter::Delete(std::string_view key) {
  if (notes_deletions()) return DeleteNoting(key);
  return Remove(key);
}

Async<Status> TableWriter::Remove(std::string_view key) {
  if (has_indexes()) return DeleteIndexed(key);
  return state_->transaction().Delete(key);
}

Task<Status> TableWriter::DeleteNoting(std::string_view key) {
  auto get = state_->transaction().GetLatest(key, &old_row_, &sequence_);
  auto found = co_await get;
  if (!found.ok()) co_return std::move(found).status();
  if (*found) CO_RETURN_IF_ERROR(events_->Deleted(key, old_row_.view()));
  auto remove = Remove(key);
  Status removed = co_await remove;
  co_return removed;
}

Async<Status> TableWriter::Write(std::string_view old_key, bool may_move) {
  if (has_indexes()) return ReplaceIndexed(old_key, may_move);
  if (!may_move) return state_->transaction().Put(old_key, value_);
  codec_->EncodeKey(values_.data(), &key_);
  if (key_ == old_key) return state_->transaction().Put(old_key, value_);
  return Move(old_key);
}

Task<Status> TableWriter::Move(std::string_view old_key) {
  auto locking = LockKey();
  Status locked = co_await locking;
  if (!locked.ok()) co_return locked;
  if (found_) co_return Duplicate();
  auto leave = LeaveKey(old_key);
  Status left = co_await leave;
  if (!left.ok()) co_return left;
  co_return state_->transaction().Put(key_, value_);
}

Task<Status> TableWriter::LeaveKey(std::string_view old_key) {
  engine::KvTransaction& transaction = state_->transaction();
  auto get = transaction.Get(key_, &existing_);
  auto shown = co_await get;
  if (!shown.ok()) co_return std::move(shown).status();
  hides_row_ = *shown;
  CO_RETURN_IF_ERROR(transaction.Delete(old_key));
  if (state_->context().move_log != nullptr) state_->context().move_log->Add(old_key, key_);
  co_return Status::Ok();
}

}  // namespace shale::sql
