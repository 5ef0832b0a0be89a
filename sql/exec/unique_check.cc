#include "sql/exec/unique_check.h"

#include <algorithm>

#include "catalog/keys.h"
#include "sql/exec/constraint_errors.h"
#include "sql/exec/index_writer.h"

namespace shale::sql {

Task<Result<bool>> HasOtherEntry(engine::KvTransaction& transaction, std::string_view unique_part,
                                 std::string_view own, std::string_view old) {
  engine::ScanOptions options;
  options.range.begin = unique_part;
  options.range.end = catalog::PrefixEnd(unique_part);
  options.page_rows_max = 3;
  options.keys_only = true;
  options.latest = true;
  std::unique_ptr<engine::KvCursor> cursor = transaction.Scan(std::move(options));
  while (true) {
    auto read = cursor->NextPage();
    auto page = co_await read;
    if (!page.ok()) co_return std::move(page).status();
    if (page->empty()) co_return false;
    const bool found = std::ranges::any_of(
        *page, [&](const engine::KeyValue& entry) { return entry.key != own && entry.key != old; });
    if (found) co_return true;
  }
}

Task<Result<bool>> ClaimKey(ExecutionState* state, std::string_view unique_part,
                            std::string_view own, std::string_view old) {
  engine::KvTransaction& transaction = state->transaction();
  engine::LockOptions options = state->context().LockOptionsOf(engine::LockMode::kUpdate);
  options.wait = engine::LockWait::kSkipLocked;
  const uint64_t savepoint = transaction.SetSavepoint();
  auto lock = transaction.Lock(unique_part, options);
  auto outcome = co_await lock;
  if (!outcome.ok()) co_return std::move(outcome).status();
  bool is_alone = *outcome != engine::LockOutcome::kSkipped;
  if (is_alone) {
    auto search = HasOtherEntry(transaction, unique_part, own, old);
    auto found = co_await search;
    if (!found.ok()) co_return found;
    is_alone = !*found;
    if (*found) transaction.RollbackToSavepoint(savepoint);
  }
  transaction.ReleaseSavepoint(savepoint);
  co_return is_alone;
}

std::unique_ptr<UniqueChecker> UniqueChecker::Find(const KeyEvent& event, ExecutionState* state) {
  catalog::TableRef table = state->catalog_view()->FindTable(event.table);
  if (table == nullptr) return nullptr;
  for (const catalog::IndexRef& index : table->indexes) {
    if (index->constraint_oid != event.constraint) continue;
    return std::make_unique<UniqueChecker>(table, index, state);
  }
  return nullptr;
}

UniqueChecker::UniqueChecker(catalog::TableRef table, catalog::IndexRef index,
                             ExecutionState* state)
    : table_(std::move(table)), index_(std::move(index)), state_(state), codec_(CodecOf(table_)) {}

Task<Result<bool>> UniqueChecker::FindEntry(const KeyEvent& event) {
  unique_part_.clear();
  catalog::AppendRowPrefix(index_->storage_id, &unique_part_);
  unique_part_ += event.codes;
  own_ = unique_part_;
  own_ += std::string_view(event.row_key).substr(catalog::kRowPrefixBytes);
  auto look = state_->transaction().GetLatest(own_, &row_, &sequence_);
  auto found = co_await look;
  co_return found;
}

Task<Status> UniqueChecker::Check(const KeyEvent& event) {
  engine::KvTransaction& transaction = state_->transaction();
  // A row that has gone, or has got another key, is no matter any more.
  auto look = FindEntry(event);
  auto is_there = co_await look;
  if (!is_there.ok()) co_return std::move(is_there).status();
  if (!*is_there) co_return Status::Ok();
  auto lock =
      transaction.Lock(unique_part_, state_->context().LockOptionsOf(engine::LockMode::kUpdate));
  auto locked = co_await lock;
  if (!locked.ok()) co_return std::move(locked).status();
  auto search = HasOtherEntry(transaction, unique_part_, own_, own_);
  auto found = co_await search;
  if (!found.ok()) co_return std::move(found).status();
  if (!*found) co_return Status::Ok();
  auto get = transaction.GetLatest(event.row_key, &row_, &sequence_);
  auto row = co_await get;
  if (!row.ok()) co_return std::move(row).status();
  if (!*row) co_return catalog::IndexCodec(table_, index_).MissingRow();
  co_return Duplicate(event.row_key, row_.view());
}

Task<Result<bool>> UniqueChecker::IsSettled(const KeyEvent& event) {
  auto look = FindEntry(event);
  auto is_there = co_await look;
  if (!is_there.ok()) co_return is_there;
  if (!*is_there) co_return true;
  auto claim = ClaimKey(state_, unique_part_, own_, own_);
  auto is_alone = co_await claim;
  co_return is_alone;
}

Status UniqueChecker::Duplicate(std::string_view row_key, std::string_view row) {
  Arena arena;
  std::vector<catalog::Datum> values(index_->keys.size());
  const auto nulls = std::make_unique<bool[]>(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    RETURN_IF_ERROR(
        codec_->DecodeDatum(row_key, row, index_->keys[i].column, &values[i], &nulls[i], &arena));
  }
  return DuplicateKey(
      *table_, index_->name,
      DescribeIndexKey(*table_, *index_, values.data(), nulls.get(), state_->settings()));
}

}  // namespace shale::sql
