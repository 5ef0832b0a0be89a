// TableWriter's part for tables with indexes. Everything that may refuse a row is looked at before
// anything of it is written.
#include "sql/exec/constraint_errors.h"
#include "sql/exec/table_writer.h"

namespace shale::sql {

Task<Result<bool>> TableWriter::InsertIndexed() {
  indexes_->ForgetOld();
  CO_RETURN_IF_ERROR(indexes_->DescribeNew(values_.data(), nulls_.get(), key_));
  if (rule_.arbiters != nullptr) {
    auto conflict = FindConflict();
    auto found = co_await conflict;
    if (!found.ok()) co_return found;
    if (*found) co_return false;
  }
  for (int check : checks_) {
    if (IsArbiter(check)) continue;
    auto unique = CheckUnique(check);
    Status status = co_await unique;
    if (!status.ok()) co_return status;
  }
  CO_RETURN_IF_ERROR(state_->transaction().Put(key_, value_));
  auto write = indexes_->Write();
  Status written = co_await write;
  if (!written.ok()) co_return written;
  // In the order in which PostgreSQL's triggers are named.
  CO_RETURN_IF_ERROR(NoteContested(/*primary=*/true));
  if (events_ != nullptr) {
    CO_RETURN_IF_ERROR(events_->Inserted(key_, values_.data(), nulls_.get()));
  }
  CO_RETURN_IF_ERROR(NoteContested(/*primary=*/false));
  co_return true;
}

Task<Status> TableWriter::CheckUnique(int check) {
  if (check == kPrimaryKey) {
    auto locking = LockKey();
    Status locked = co_await locking;
    if (locked.ok() && found_) locked = Duplicate();
    co_return locked;
  }
  const auto index = static_cast<size_t>(check);
  if (indexes_->description(index).deferrable) {
    auto look = indexes_->LookForOthers(index);
    Status looked = co_await look;
    co_return looked;
  }
  std::string row_key;
  auto find = indexes_->LockAndFind(index, &row_key);
  auto found = co_await find;
  if (!found.ok()) co_return std::move(found).status();
  if (*found) co_return indexes_->Duplicate(index, values_.data(), nulls_.get());
  co_return Status::Ok();
}

Status TableWriter::NoteContested(bool primary) {
  if (!has_indexes()) return Status::Ok();
  for (size_t i = 0; i < indexes_->size(); ++i) {
    const catalog::IndexDesc& index = indexes_->description(i);
    if (!indexes_->is_contested(i) || index.primary != primary) continue;
    // The twin of an index that is being built anew: the constraint is the other's.
    if (index.constraint_oid == catalog::kInvalidOid) continue;
    KeyEventQueue* queue = state_->context().key_events;
    if (queue == nullptr) return NotSupported("a deferrable constraint outside of a session");
    KeyEvent event;
    event.kind = KeyEvent::Kind::kUnique;
    event.origin = event.table = table().oid;
    event.constraint = index.constraint_oid;
    event.row_key = key_;
    event.codes = indexes_->UniquePart(i);
    RETURN_IF_ERROR(queue->Add(index, std::move(event)));
  }
  return Status::Ok();
}

Status TableWriter::LoadOld(const Batch& rows, const std::vector<int>* slots, uint32_t row,
                            std::string_view key) {
  if (!has_indexes()) return Status::Ok();
  std::vector<catalog::Datum> values(values_.size());
  const auto nulls = std::make_unique<bool[]>(values_.size());
  for (size_t i = 0; i < values.size(); ++i) nulls[i] = true;
  for (int column : live_columns_) {
    const auto at = static_cast<size_t>(column);
    const int slot = slots != nullptr ? (*slots)[at] : column;
    CHECK(slot >= 0);
    const Vector& source = rows.columns[static_cast<size_t>(slot)];
    nulls[at] = source.IsNull(row);
    if (!nulls[at]) values[at] = source.GetDatum(row);
  }
  return indexes_->DescribeOld(values.data(), nulls.get(), key);
}

Task<Status> TableWriter::ReplaceIndexed(std::string_view old_key, bool may_move) {
  bool moves = false;
  if (may_move) {
    codec_->EncodeKey(values_.data(), &key_);
    moves = key_ != old_key;
  } else {
    key_ = old_key;
  }
  CO_RETURN_IF_ERROR(indexes_->DescribeNew(values_.data(), nulls_.get(), key_));
  for (int check : checks_) {
    if (check == kPrimaryKey && !moves) continue;
    auto unique = CheckUnique(check);
    Status status = co_await unique;
    if (!status.ok()) co_return status;
  }
  if (moves) {
    auto leave = LeaveKey(old_key);
    Status left = co_await leave;
    if (!left.ok()) co_return left;
  }
  CO_RETURN_IF_ERROR(state_->transaction().Put(key_, value_));
  auto write = indexes_->Write();
  Status written = co_await write;
  if (!written.ok()) co_return written;
  CO_RETURN_IF_ERROR(NoteContested(/*primary=*/true));
  co_return notes_updates_ ? Status::Ok() : NoteContested(/*primary=*/false);
}

Task<Status> TableWriter::DeleteIndexed(std::string_view key) {
  auto entries = indexes_->Delete();
  Status deleted = co_await entries;
  if (!deleted.ok()) co_return deleted;
  co_return state_->transaction().Delete(key);
}

}  // namespace shale::sql
