#include "sql/exec/index_writer.h"

#include <algorithm>

#include "catalog/keys.h"
#include "sql/exec/constraint_errors.h"
#include "sql/exec/unique_check.h"
#include "sql/expr/index_definition.h"

namespace shale::sql {
namespace {

// The row as a batch, of the columns that the index depends on.
Batch RowAsBatch(const catalog::TableDesc& table, const BoundIndex& bound,
                 const catalog::Datum* values, const bool* nulls, Arena* arena) {
  Batch row;
  row.row_count = 1;
  row.columns.resize(table.columns.size());
  for (int column : bound.columns) {
    const auto at = static_cast<size_t>(column);
    const catalog::Type type = table.columns[at].type;
    row.columns[at] =
        nulls[at] ? Vector::ConstantNull(type, arena) : Vector::ConstantReference(type, values[at]);
  }
  return row;
}

}  // namespace

Result<bool> EvaluateIndexKeys(const catalog::TableDesc& table, const catalog::IndexDesc& index,
                               const BoundIndex& bound, const catalog::Datum* values,
                               const bool* nulls, EvalContext& evaluator, catalog::Datum* keys,
                               bool* key_nulls) {
  const bool computes = bound.predicate != nullptr ||
                        std::ranges::any_of(bound.keys, [](const ExprPtr& key) { return !!key; });
  Batch row;
  if (computes) row = RowAsBatch(table, bound, values, nulls, evaluator.arena);
  if (bound.predicate) {
    Vector condition;
    RETURN_IF_ERROR(Evaluate(evaluator, *bound.predicate, row, {nullptr, 1}, &condition));
    if (condition.IsNull(0) || !condition.at<bool>(0)) return false;
  }
  for (size_t i = 0; i < index.keys.size(); ++i) {
    if (bound.keys[i] == nullptr) {
      const auto column = static_cast<size_t>(index.keys[i].column);
      key_nulls[i] = nulls[column];
      keys[i] = values[column];
      continue;
    }
    Vector value;
    RETURN_IF_ERROR(Evaluate(evaluator, *bound.keys[i], row, {nullptr, 1}, &value));
    key_nulls[i] = value.IsNull(0);
    if (!key_nulls[i]) keys[i] = value.GetDatum(0);
  }
  return true;
}

IndexWriter::IndexWriter(const catalog::TableRef& table, ExecutionState* state)
    : state_(state), table_(table), evaluator_(state->Evaluator(&arena_)) {
  if (table->indexes.empty()) return;
  evaluator_.journal = nullptr;  // what is immutable waits for nothing
  lock_options_ = state->context().LockOptionsOf(engine::LockMode::kUpdate);
  const auto view = state->catalog_view();
  size_t keys = 0;
  slots_.resize(table->indexes.size());
  for (size_t i = 0; i < slots_.size(); ++i) {
    const catalog::IndexRef& index = table->indexes[i];
    auto bound = BindIndex(*view, table, index);
    if (!bound.ok()) {
      bind_status_ = std::move(bound).status();
      return;
    }
    slots_[i].bound = *bound;
    slots_[i].codec = std::make_unique<const catalog::IndexCodec>(table, index);
    slots_[i].complete = index->state == catalog::IndexState::kValid;
    slots_[i].checks = index->state != catalog::IndexState::kRetired;
    slots_[i].active = index->state != catalog::IndexState::kDead;
    keys = std::max(keys, index->keys.size());
  }
  key_values_.resize(keys);
  key_nulls_ = std::make_unique<bool[]>(keys);
}

void IndexWriter::SetChangedColumns(const std::vector<int>& columns) {
  for (Slot& slot : slots_) {
    if (slot.bound == nullptr) return;
    slot.active = slot.active && std::ranges::any_of(columns, [&](int column) {
                    return std::ranges::binary_search(slot.bound->columns, column);
                  });
  }
}

Status IndexWriter::Describe(const catalog::Datum* values, const bool* nulls,
                             std::string_view row_key, bool old) {
  RETURN_IF_ERROR(bind_status_);
  arena_.Reset();
  for (Slot& slot : slots_) {
    if (!slot.active) continue;
    Status described = DescribeSlot(&slot, values, nulls, row_key, old ? 1 : 0);
    if (described.ok()) continue;
    if (!old || slot.complete) return described;
    slot.has[1] = false;
  }
  return Status::Ok();
}

Status IndexWriter::DescribeSlot(Slot* slot, const catalog::Datum* values, const bool* nulls,
                                 std::string_view row_key, int which) {
  slot->has[which] = false;
  ASSIGN_OR_RETURN(bool included,
                   EvaluateIndexKeys(*table_, slot->codec->index(), *slot->bound, values, nulls,
                                     evaluator_, key_values_.data(), key_nulls_.get()));
  if (!included) return Status::Ok();
  slot->has[which] = true;
  return slot->codec->Encode(key_values_.data(), key_nulls_.get(), values, nulls, row_key,
                             &slot->entries[which]);
}

void IndexWriter::ForgetOld() {
  for (Slot& slot : slots_) slot.has[1] = false;
}

Task<Status> IndexWriter::LockKey(std::string_view key) {
  auto lock = state_->transaction().Lock(key, lock_options_);
  auto outcome = co_await lock;
  co_return outcome.ok() ? Status::Ok() : std::move(outcome).status();
}

// Whether the newest version of the entry's key is there, and whose it is.
Task<Result<bool>> IndexWriter::Newest(const Slot& slot, const catalog::IndexEntry& entry,
                                       std::string* row_key) {
  engine::PinnedBytes value;
  engine::SequenceNumber sequence = 0;
  auto get = state_->transaction().GetLatest(entry.key, &value, &sequence);
  auto found = co_await get;
  if (!found.ok() || !*found) co_return found;
  CO_RETURN_IF_ERROR(slot.codec->RowKey({entry.key, value.view()}, row_key));
  co_return true;
}

Result<bool> IndexWriter::IsOldRow(const Slot& slot, std::string_view row_key) {
  std::string old_row_key;
  RETURN_IF_ERROR(slot.codec->RowKey({slot.entries[1].key, slot.entries[1].value}, &old_row_key));
  return row_key == old_row_key;
}

Task<Result<bool>> IndexWriter::LockAndFind(size_t index, std::string* row_key) {
  const Slot& slot = slots_[index];
  const catalog::IndexEntry& entry = slot.entries[0];
  if (!slot.active || !slot.has[0] || !entry.guards) co_return false;
  const bool keeps_key = slot.has[1] && slot.entries[1].key == entry.key;
  if (keeps_key && slot.complete) co_return false;  // its own
  auto lock = LockKey(entry.key);
  Status locked = co_await lock;
  if (!locked.ok()) co_return locked;
  if (!slot.checks) co_return false;
  auto newest = Newest(slot, entry, row_key);
  auto found = co_await newest;
  if (!found.ok() || !*found || !keeps_key) co_return found;
  CO_ASSIGN_OR_RETURN(const bool is_own, IsOldRow(slot, *row_key));
  co_return !is_own;
}

Task<Status> IndexWriter::LookForOthers(size_t index) {
  Slot& slot = slots_[index];
  slot.contested = false;
  const catalog::IndexEntry& entry = slot.entries[0];
  if (!slot.active || !slot.has[0] || entry.unique_bytes == 0) co_return Status::Ok();
  const std::string_view old = slot.has[1] ? std::string_view(slot.entries[1].key) : "";
  if (old == entry.key) co_return Status::Ok();
  const std::string unique_part = entry.key.substr(0, entry.unique_bytes);
  auto claim = ClaimKey(state_, unique_part, entry.key, old);
  auto is_alone = co_await claim;
  if (!is_alone.ok()) co_return std::move(is_alone).status();
  slot.contested = !*is_alone;
  co_return Status::Ok();
}

std::string_view IndexWriter::UniquePart(size_t index) const {
  const catalog::IndexEntry& entry = slots_[index].entries[0];
  return std::string_view(entry.key).substr(catalog::kRowPrefixBytes,
                                            entry.unique_bytes - catalog::kRowPrefixBytes);
}

Task<Result<bool>> IndexWriter::Find(size_t index, std::string* row_key, engine::PinnedBytes* row,
                                     engine::SequenceNumber* sequence) {
  engine::KvTransaction& transaction = state_->transaction();
  const uint64_t savepoint = transaction.SetSavepoint();
  auto find = LockAndFind(index, row_key);
  auto found = co_await find;
  if (found.ok() && *found) {
    // Who deletes the row has to lock the entry.
    auto get = transaction.GetLatest(*row_key, row, sequence);
    found = co_await get;
    if (found.ok() && !*found) found = MissingRow(index);
    transaction.RollbackToSavepoint(savepoint);
  }
  transaction.ReleaseSavepoint(savepoint);
  co_return found;
}

Task<Result<bool>> IndexWriter::IsOf(size_t index, std::string_view row_key) {
  std::string newest_row;
  const Slot& slot = slots_[index];
  auto newest = Newest(slot, slot.entries[0], &newest_row);
  auto found = co_await newest;
  if (!found.ok()) co_return found;
  co_return *found&& newest_row == row_key;
}

Status IndexWriter::NoteRead(size_t index) {
  return state_->transaction().NoteRead(slots_[index].entries[0].key);
}

Status IndexWriter::Duplicate(size_t index, const catalog::Datum* values, const bool* nulls) {
  const Slot& slot = slots_[index];
  RETURN_IF_ERROR(state_->transaction().NoteWrite(slot.entries[0].key));
  const catalog::IndexDesc& description = slot.codec->index();
  arena_.Reset();
  RETURN_IF_ERROR(EvaluateIndexKeys(*table_, description, *slot.bound, values, nulls, evaluator_,
                                    key_values_.data(), key_nulls_.get())
                      .status());
  return DuplicateKey(*table_, description.name,
                      DescribeIndexKey(*table_, description, key_values_.data(), key_nulls_.get(),
                                       state_->settings()));
}

Task<Status> IndexWriter::Write() {
  engine::KvTransaction& transaction = state_->transaction();
  for (Slot& slot : slots_) {
    if (!slot.active) continue;
    const catalog::IndexEntry& added = slot.entries[0];
    const catalog::IndexEntry& removed = slot.entries[1];
    const bool same_key = slot.has[0] && slot.has[1] && added.key == removed.key;
    if (same_key && added.value == removed.value) continue;
    if (same_key && removed.guards) {
      auto lock = LockKey(removed.key);
      Status locked = co_await lock;
      if (!locked.ok()) co_return locked;
    } else if (slot.has[1] && !same_key) {
      auto remove = DeleteOld(slot);
      Status deleted = co_await remove;
      if (!deleted.ok()) co_return deleted;
    }
    if (slot.has[0]) CO_RETURN_IF_ERROR(transaction.Put(added.key, added.value));
  }
  co_return Status::Ok();
}

Task<Status> IndexWriter::Delete() {
  for (Slot& slot : slots_) {
    slot.has[0] = false;
    if (!slot.has[1]) continue;
    auto remove = DeleteOld(slot);
    Status deleted = co_await remove;
    if (!deleted.ok()) co_return deleted;
  }
  co_return Status::Ok();
}

Task<Status> IndexWriter::DeleteOld(const Slot& slot) {
  const catalog::IndexEntry& entry = slot.entries[1];
  if (entry.guards || entry.unique_bytes > 0) {
    auto lock = entry.guards ? LockKey(entry.key) : LockUniquePart(slot);
    Status locked = co_await lock;
    if (!locked.ok()) co_return locked;
  }
  if (entry.guards && !slot.complete) {
    std::string row_key;
    auto newest = Newest(slot, entry, &row_key);
    auto found = co_await newest;
    if (!found.ok()) co_return std::move(found).status();
    if (!*found) co_return Status::Ok();
    CO_ASSIGN_OR_RETURN(const bool is_own, IsOldRow(slot, row_key));
    if (!is_own) co_return Status::Ok();
  }
  co_return state_->transaction().Delete(entry.key);
}

// Not where the key stays the row's, and not where the row has yet to be looked at: then the key is
// another's, who is not to be waited for.
Task<Status> IndexWriter::LockUniquePart(const Slot& slot) {
  const catalog::IndexEntry& entry = slot.entries[1];
  const std::string unique_part = entry.key.substr(0, entry.unique_bytes);
  if (slot.has[0] && slot.entries[0].key.starts_with(unique_part)) co_return Status::Ok();
  std::string row_key;
  CO_RETURN_IF_ERROR(slot.codec->RowKey({entry.key, entry.value}, &row_key));
  const KeyEventQueue* events = state_->context().key_events;
  const catalog::Oid constraint = ConstraintOf(slot.codec->index());
  if (events != nullptr && events->IsPending(constraint, row_key)) co_return Status::Ok();
  auto lock = LockKey(unique_part);
  Status locked = co_await lock;
  co_return locked;
}

// The twin of an index that is being built anew has none itself: that of the index like it.
catalog::Oid IndexWriter::ConstraintOf(const catalog::IndexDesc& index) const {
  if (index.constraint_oid != catalog::kInvalidOid) return index.constraint_oid;
  for (const catalog::IndexRef& other : table_->indexes) {
    if (other->constraint_oid == catalog::kInvalidOid || !other->deferrable) continue;
    const bool is_like = std::ranges::equal(other->keys, index.keys, {}, &catalog::IndexKey::column,
                                            &catalog::IndexKey::column);
    if (is_like) return other->constraint_oid;
  }
  return catalog::kInvalidOid;
}

std::string DescribeIndexKey(const catalog::TableDesc& table, const catalog::IndexDesc& index,
                             const catalog::Datum* keys, const bool* nulls,
                             const catalog::FormatSettings& settings) {
  std::string texts;
  for (size_t i = 0; i < index.keys.size(); ++i) {
    const catalog::IndexKey& key = index.keys[i];
    if (i > 0) texts += ", ";
    if (nulls[i]) {
      texts += "null";
    } else {
      catalog::AppendText(key.type, keys[i], settings, &texts);
    }
  }
  return fmt::format("({})=({})", IndexKeyDefinition(table, index, DefinitionStyle::kPretty),
                     texts);
}

}  // namespace shale::sql
