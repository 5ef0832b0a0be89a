// The helpers of conformance.h.
#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {

std::string BackendName(const testing::TestParamInfo<Backend>& info) { return info.param.name; }

std::optional<std::string> Get(KvTransaction& transaction, std::string_view key) {
  PinnedBytes value;
  Result<bool> found = BlockingWait(transaction.Get(key, &value));
  if (!found.ok()) {
    ADD_FAILURE() << found.status().ToString();
    return std::nullopt;
  }
  if (!*found) return std::nullopt;
  return std::string(value.view());
}

Rows ReadRest(KvCursor& cursor) {
  Rows rows;
  while (true) {
    Result<std::span<const KeyValue>> page = BlockingWait(cursor.NextPage());
    if (!page.ok()) {
      ADD_FAILURE() << page.status().ToString();
      return rows;
    }
    if (page->empty()) return rows;
    for (const KeyValue& row : *page) rows.emplace_back(row.key, row.value);
  }
}

Rows ScanAll(KvTransaction& transaction, ScanOptions options) {
  return ReadRest(*transaction.Scan(std::move(options)));
}

SequenceNumber Commit(Transaction transaction) {
  CommitResult result = BlockingWait(transaction->Commit());
  if (result.outcome != CommitOutcome::kCommitted) ADD_FAILURE() << result.status.ToString();
  return result.sequence;
}

namespace {

// After each write, so that where little is kept in memory nearly all is spilled.
void ExpectWritten(KvTransaction& transaction, const Status& status) {
  if (!status.ok()) ADD_FAILURE() << status.ToString();
  Status room = BlockingWait(transaction.MakeRoom());
  if (!room.ok()) ADD_FAILURE() << room.ToString();
}

}  // namespace

void Put(KvTransaction& transaction, std::string_view key, std::string_view value) {
  ExpectWritten(transaction, transaction.Put(key, value));
}

void Delete(KvTransaction& transaction, std::string_view key) {
  ExpectWritten(transaction, transaction.Delete(key));
}

void DeleteRange(KvTransaction& transaction, std::string begin, std::string end) {
  ExpectWritten(transaction, transaction.DeleteRange({std::move(begin), std::move(end)}));
}

SequenceNumber ConformanceTest::PutCommitted(const Rows& rows) {
  Transaction transaction = Begin();
  for (const auto& [key, value] : rows) Put(*transaction, key, value);
  return Commit(std::move(transaction));
}

SequenceNumber ConformanceTest::DeleteCommitted(std::string_view key) {
  Transaction transaction = Begin();
  Delete(*transaction, key);
  return Commit(std::move(transaction));
}

std::optional<std::string> ConformanceTest::GetCommitted(std::string_view key) {
  return Get(*Begin(), key);
}

PendingLock::PendingLock(KvTransaction& transaction, std::string key, LockOptions options)
    : id_(transaction.id()), key_(std::move(key)) {
  future_ = std::async(std::launch::async, [this, &transaction, options] {
    return BlockingWait(transaction.Lock(key_, options));
  });
}

bool PendingLock::WaitUntilBlocked(KvStore& store) {
  while (!finished()) {
    if (!store.BlockingTransactions(id_).empty()) return true;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return false;
}

Result<LockOutcome> LockNow(KvTransaction& transaction, std::string_view key, LockMode mode,
                            LockWait wait) {
  return BlockingWait(transaction.Lock(key, {.mode = mode, .wait = wait}));
}

}  // namespace shale::engine::conformance
