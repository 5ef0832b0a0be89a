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

Task<NextBatch> PointRow::LockAndRead() {
  if (key_.empty()) co_return nullptr;
  engine::KvTransaction& transaction = state_->transaction();
  CO_RETURN_IF_ERROR(transaction.NoteRead(key_));
  const uint64_t savepoint = transaction.SetSavepoint();
  auto lock = transaction.Lock(key_, options_);
  auto outcome = co_await lock;
  NextBatch batch = nullptr;
  if (outcome.ok()) {
    auto read = ReadLocked();
    batch = co_await read;
  } else {
    batch = std::move(outcome).status();
  }
  if (batch.ok() && *batch == nullptr) transaction.RollbackToSavepoint(savepoint);
  transaction.ReleaseSavepoint(savepoint);
  co_return batch;
}

Task<NextBatch> PointRow::ReadLocked() {
  auto get = state_->transaction().GetLatest(key_, &value_, &sequence_);
  auto found = co_await get;
  if (!found.ok()) co_return std::move(found).status();
  if (!*found || sequence_ > state_->snapshot()) {
    auto check = WasVisible();
    auto visible = co_await check;
    if (!visible.ok()) co_return std::move(visible).status();
    if (!*visible) co_return nullptr;
    bool moved_at_all = false;
    CO_ASSIGN_OR_RETURN(bool moved, HasMoved(&moved_at_all));
    if (!state_->is_read_committed()) {
      co_return ConcurrentChange(/*deleted=*/!*found && !moved_at_all);
    }
    // Where it is now it has another key than the one that is asked for.
    if (!*found || moved) co_return nullptr;
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

// Whether the snapshot shows the row, with the filter holding.
Task<Result<bool>> PointRow::WasVisible() {
  engine::PinnedBytes before;
  auto get = state_->transaction().Get(key_, &before);
  auto found = co_await get;
  if (!found.ok() || !*found) co_return found;
  row_ = {key_, before.view()};
  CO_ASSIGN_OR_RETURN(const Batch* batch, reader_.Read({&row_, 1}));
  co_return batch != nullptr;
}

}  // namespace shale::sql
