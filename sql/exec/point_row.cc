#include "sql/exec/point_row.h"

#include "catalog/keys.h"
#include "sql/exec/constraint_errors.h"
#include "sql/exec/key_bounds.h"

namespace shale::sql {

Result<std::unique_ptr<PointRow>> PointRow::Make(const PlanNode& child, engine::LockMode mode,
                                                 ExecutionState* state) {
  if (child.kind != PlanKind::kKeyLookup) return nullptr;
  const auto& lookup = static_cast<const KeyLookupNode&>(child);
  if (lookup.keys.size() != 1 || lookup.keys_from_array) return nullptr;
  Arena arena;
  EvalContext evaluator = state->Evaluator(&arena);
  std::string key;
  catalog::AppendRowPrefix(lookup.source.table->storage_id, &key);
  ASSIGN_OR_RETURN(bool complete,
                   AppendKeyValues(*lookup.source.table, lookup.keys[0], evaluator, &key));
  if (!complete) key.clear();
  return std::make_unique<PointRow>(lookup, std::move(key), mode, state);
}

PointRow::PointRow(const KeyLookupNode& node, std::string key, engine::LockMode mode,
                   ExecutionState* state)
    : state_(state), reader_(node.source, node.filter.get(), state), key_(std::move(key)) {
  options_ = state->context().LockOptionsOf(mode);
}

Task<NextBatch> PointRow::LockAndRead(const Rehearsal& rehearsal) {
  if (key_.empty()) co_return nullptr;
  engine::KvTransaction& transaction = state_->transaction();
  CO_RETURN_IF_ERROR(transaction.NoteRead(key_));
  const uint64_t savepoint = transaction.SetSavepoint();
  auto lock = transaction.Lock(key_, options_);
  auto outcome = co_await lock;
  NextBatch batch = nullptr;
  if (outcome.ok()) {
    auto read = ReadLocked(rehearsal);
    batch = co_await read;
  } else {
    batch = std::move(outcome).status();
  }
  if (batch.ok() && *batch == nullptr) transaction.RollbackToSavepoint(savepoint);
  transaction.ReleaseSavepoint(savepoint);
  co_return batch;
}

Task<NextBatch> PointRow::ReadLocked(const Rehearsal& rehearsal) {
  engine::KvTransaction& transaction = state_->transaction();
  const bool may_be_early = rehearsal && state_->is_read_committed();
  auto get = may_be_early ? transaction.GetLatestEarly(key_, &value_, &sequence_)
                          : transaction.GetLatest(key_, &value_, &sequence_);
  auto found = co_await get;
  if (!found.ok()) co_return std::move(found).status();
  if (!*found || sequence_ > state_->snapshot()) {
    auto read = ReadChanged(*found, rehearsal);
    auto batch = co_await read;
    co_return batch;
  }
  row_ = {key_, value_.view()};
  co_return reader_.Read({&row_, 1});
}

Result<bool> PointRow::HasMoved(bool* moved_at_all) const {
  std::string key = key_;
  MovePosition position{.sequence = state_->snapshot()};
  while (true) {
    ASSIGN_OR_RETURN(auto step, state_->NextMove(key, position));
    if (!step) return key != key_;
    *moved_at_all = true;
    key = std::move(step->to);
    position = step->position;
  }
}

// The row is younger than the snapshot, or gone. It counts if the snapshot shows it with the filter
// holding, and if that still holds where it has not moved. As long as the answer is the same
// without what was read early, there is no need to wait for it.
//
// Who moves a row releases no lock before the move is known, so under the key's lock it is known
// whether a row has moved from or to it, however early the rest is.
Task<NextBatch> PointRow::ReadChanged(bool found, const Rehearsal& rehearsal) {
  engine::KvTransaction& transaction = state_->transaction();
  engine::PinnedBytes before;
  auto get = transaction.Get(key_, &before);
  auto shown = co_await get;
  if (!shown.ok()) co_return std::move(shown).status();
  if (!*shown) co_return nullptr;
  row_ = {key_, before.view()};
  CO_ASSIGN_OR_RETURN(const Batch* old_row, reader_.Read({&row_, 1}));
  if (old_row == nullptr) co_return nullptr;
  bool moved_at_all = false;
  auto moved = HasMoved(&moved_at_all);
  if (!state_->is_read_committed()) {
    CO_RETURN_IF_ERROR(std::move(moved).status());
    co_return ConcurrentChange(/*deleted=*/!found && !moved_at_all);
  }
  // Where it is now it has another key than the one that is asked for.
  const bool is_there = found && moved.ok() && !*moved;
  Status rehearsed;
  if (rehearsal && is_there) {
    auto rehearse = rehearsal(*old_row);
    rehearsed = co_await rehearse;
  }
  NextBatch batch = nullptr;
  if (!moved.ok()) {
    batch = std::move(moved).status();
  } else if (is_there) {
    row_ = {key_, value_.view()};
    batch = reader_.Read({&row_, 1});
  }
  const bool is_the_same = rehearsed.ok() && batch.ok() && *batch != nullptr;
  if (!is_the_same) {
    auto wait = transaction.AwaitEarly();
    Status awaited = co_await wait;
    if (!awaited.ok()) co_return awaited;
  }
  co_return batch;
}

}  // namespace shale::sql
