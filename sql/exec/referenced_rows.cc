#include "sql/exec/referenced_rows.h"

#include "sql/exec/constraint_errors.h"

namespace shale::sql {
namespace {

constexpr size_t kFoundMax = 65536;

}  // namespace

ReferencedRows::ReferencedRows(std::shared_ptr<const ForeignKeyCodec> codec, View view,
                               ExecutionState* state)
    : codec_(std::move(codec)), view_(view), state_(state) {
  lock_options_ = state->context().LockOptionsOf(engine::LockMode::kKeyShare);
}

Status ReferencedRows::FindRowKey(std::string_view store_key, std::string* row_key) const {
  if (const catalog::IndexCodec* entries = codec_->referenced_entries()) {
    return entries->RowKey({store_key, found_bytes_.view()}, row_key);
  }
  *row_key = store_key;
  return Status::Ok();
}

// 1. Look for the row: one that nobody has committed is not waited for.
// 2. Lock it, and look again: whoever deletes it, or gives it another key, has had to wait.
// 3. Where the key is another row's now, that one is locked in its stead.
Task<Result<bool>> ReferencedRows::LockRow(std::string_view codes) {
  if (found_.contains(codes)) co_return true;
  engine::KvTransaction& transaction = state_->transaction();
  const std::string key = codec_->ReferencedStoreKey(codes);
  const catalog::IndexCodec* entries = codec_->referenced_entries();
  const bool newest =
      view_ == View::kNewest || state_->is_read_committed() ||
      (entries != nullptr && entries->index().readable_from > transaction.snapshot());
  auto look = newest ? transaction.GetLatest(key, &found_bytes_, &sequence_)
                     : transaction.Get(key, &found_bytes_);
  auto there = co_await look;
  if (!there.ok() || !*there) co_return there;
  std::string row_key;
  CO_RETURN_IF_ERROR(FindRowKey(key, &row_key));
  while (true) {
    auto lock = transaction.Lock(row_key, lock_options_);
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    auto again = transaction.GetLatest(key, &found_bytes_, &sequence_);
    there = co_await again;
    if (!there.ok()) co_return there;
    const std::string locked_key = row_key;
    if (*there) CO_RETURN_IF_ERROR(FindRowKey(key, &row_key));
    if (*there && row_key == locked_key) break;
    if (!state_->is_read_committed()) co_return ConcurrentChange(/*deleted=*/false);
    if (!*there) co_return false;
    CO_RETURN_IF_ERROR(state_->CheckCancelled());
  }
  if (found_.size() < kFoundMax) found_.emplace(codes);
  co_return true;
}

Task<Result<bool>> ReferencedRows::HasRow(std::string_view codes) {
  if (found_.contains(codes)) co_return true;
  const std::string key = codec_->ReferencedStoreKey(codes);
  auto look = state_->transaction().GetLatest(key, &found_bytes_, &sequence_);
  auto there = co_await look;
  if (there.ok() && *there && found_.size() < kFoundMax) found_.emplace(codes);
  co_return there;
}

}  // namespace shale::sql
