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

Task<Result<bool>> ReferencedRows::LockRow(std::string_view codes) {
  if (found_.contains(codes)) co_return true;
  engine::KvTransaction& transaction = state_->transaction();
  const std::string key = codec_->ReferencedRowKey(codes);
  const bool newest = view_ == View::kNewest || state_->is_read_committed();
  // Looked for before it is locked: one that nobody has committed is not waited for.
  auto look = newest ? transaction.GetLatest(key, &row_, &sequence_) : transaction.Get(key, &row_);
  auto seen = co_await look;
  if (!seen.ok() || !*seen) co_return seen;
  auto lock = transaction.Lock(key, lock_options_);
  auto locked = co_await lock;
  if (!locked.ok()) co_return std::move(locked).status();
  auto again = transaction.GetLatest(key, &row_, &sequence_);
  auto there = co_await again;
  if (!there.ok()) co_return there;
  if (!*there) {
    if (!state_->is_read_committed()) co_return ConcurrentChange(/*deleted=*/false);
    co_return false;
  }
  if (found_.size() < kFoundMax) found_.emplace(codes);
  co_return true;
}

Task<Result<bool>> ReferencedRows::HasRow(std::string_view codes) {
  if (found_.contains(codes)) co_return true;
  const std::string key = codec_->ReferencedRowKey(codes);
  auto look = state_->transaction().GetLatest(key, &row_, &sequence_);
  auto there = co_await look;
  if (there.ok() && *there && found_.size() < kFoundMax) found_.emplace(codes);
  co_return there;
}

}  // namespace shale::sql
