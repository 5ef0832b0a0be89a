// Shale's tree by itself, and its transactions on it. Both keep the engine's own defaults wherever
// the options of the benchmark say nothing.
#include <chrono>
#include <string>
#include <thread>

#include "engine/base/executor.h"
#include "engine/base/task.h"
#include "engine/env/local_storage.h"
#include "engine/lsm/lsm_store.h"
#include "engine/mvcc/lsm_kv_store.h"
#include "tests/bench/engine/store.h"

namespace shale::bench {
namespace {

using engine::CommitOutcome;
using engine::CommitResult;
using engine::KeyValue;
using engine::PinnedBytes;

template <typename T>
T Take(Result<T> result) {
  if (!result.ok()) Fail("Shale: " + result.status().ToString());
  return std::move(result).value();
}
void Check(const Status& status) {
  if (!status.ok()) Fail("Shale: " + status.ToString());
}
void Check(const CommitResult& result) {
  if (result.outcome != CommitOutcome::kCommitted) Fail("Shale: " + result.status.ToString());
}

// Storage, threads and options that both stores share.
class ShaleBase : public Store {
 protected:
  explicit ShaleBase(const StoreOptions& options)
      : io_threads_("io", options.background_threads),
        storage_(Take(engine::OpenLocalStorage(engine::PosixFileSystem(), options.directory))) {
    options_.storage = storage_.get();
    options_.io_executor = &io_threads_;
    options_.owner_epoch = storage_->epoch() + 1;
    options_.block_cache_bytes = options.cache_bytes;
    options_.memtable_bytes_max = options.memtable_bytes;
    options_.block_bytes = options.block_bytes;
    options_.bloom_bits_per_key = options.bloom_bits_per_key;
  }

  // Sums up the statistics of these names.
  static uint64_t Sum(const std::vector<engine::Statistic>& statistics,
                      std::initializer_list<std::string_view> names) {
    double sum = 0;
    for (const engine::Statistic& one : statistics) {
      for (std::string_view name : names) sum += one.name == name ? one.value : 0;
    }
    return static_cast<uint64_t>(sum);
  }
  static uint64_t WrittenOf(const std::vector<engine::Statistic>& statistics) {
    return Sum(statistics, {"wal.bytes", "lsm.flush.bytes_written", "lsm.ingested_bytes",
                            "lsm.compaction.bytes_written"});
  }
  // Until nothing is merged, nor wanted to be.
  template <typename EngineStore>
  static void WaitForCompactions(EngineStore& store) {
    constexpr int kQuietRounds = 5;
    for (int quiet = 0; quiet < kQuietRounds; ++quiet) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      if (Sum(store.Statistics(), {"lsm.compaction.running", "lsm.compaction.debt_bytes"}) > 0) {
        quiet = 0;
      }
    }
  }

  template <typename Cursor>
  static uint64_t ReadAll(Cursor& cursor, const RowFunction& on_row) {
    uint64_t count = 0;
    while (true) {
      std::span<const KeyValue> page = Take(BlockingWait(cursor.NextPage()));
      if (page.empty()) return count;
      for (const KeyValue& row : page) on_row(row.key, row.value);
      count += page.size();
    }
  }

  ThreadPool io_threads_;
  std::unique_ptr<engine::LocalStorage> storage_;
  engine::EngineOptions options_;
};

class ShaleStore : public ShaleBase {
 public:
  explicit ShaleStore(const StoreOptions& options)
      : ShaleBase(options), store_(Take(engine::LsmStore::Open(options_))) {}

  void Put(std::string_view key, std::string_view value, bool synced) override {
    engine::WriteBatch batch;
    batch.Put(key, value);
    Check(BlockingWait(store_->Write(std::move(batch), {.sync = synced})));
  }
  void Delete(std::string_view key) override {
    engine::WriteBatch batch;
    batch.Delete(key);
    Check(BlockingWait(store_->Write(std::move(batch), {.sync = false})));
  }
  int64_t Get(std::string_view key) override {
    PinnedBytes value;
    bool found = Take(BlockingWait(store_->GetLatest(key, &value)));
    return found ? static_cast<int64_t>(value.view().size()) : -1;
  }
  int Seek(std::string_view key, int rows) override {
    engine::Snapshot snapshot = store_->AcquireSnapshot();
    engine::CursorOptions options;
    options.range.begin = key;
    options.page_rows_max = rows;
    auto cursor = store_->NewCursor(snapshot.sequence(), std::move(options));
    int count = 0;
    while (count < rows) {
      std::span<const KeyValue> page = Take(BlockingWait(cursor->NextPage()));
      if (page.empty()) break;
      for (const KeyValue& row : page) {
        seen_ += row.key.size() + row.value.size();
        if (++count == rows) break;
      }
    }
    return count;
  }
  uint64_t Scan(bool reverse, const RowFunction& on_row) override {
    engine::Snapshot snapshot = store_->AcquireSnapshot();
    engine::CursorOptions options;
    options.reverse = reverse;
    auto cursor = store_->NewCursor(snapshot.sequence(), std::move(options));
    return ReadAll(*cursor, on_row);
  }
  void BulkLoad(const RowSource& next) override {
    std::unique_ptr<engine::RunWriter> writer = store_->NewRunWriter();
    std::string_view key;
    std::string_view value;
    while (next(&key, &value)) Check(writer->Put(key, value));
    engine::WriteBatch batch;
    batch.Ingest(Take(writer->Finish()));
    Check(BlockingWait(store_->Write(std::move(batch), {.sync = true})));
  }
  void Settle() override {
    Check(BlockingWait(store_->Flush()));
    WaitForCompactions(*store_);
  }
  void Compact() override { Check(BlockingWait(store_->CompactRange({}))); }
  void HoldSnapshot() override { held_ = store_->AcquireSnapshot(); }
  uint64_t BytesWritten() override { return WrittenOf(store_->Statistics()); }
  uint64_t TableEntries() override { return Sum(store_->Statistics(), {"lsm.entries"}); }

 private:
  std::unique_ptr<engine::LsmStore> store_;
  engine::Snapshot held_;
  static inline thread_local uint64_t seen_ = 0;
};

class ShaleTransactionsStore : public ShaleBase {
 public:
  explicit ShaleTransactionsStore(const StoreOptions& options)
      : ShaleBase(options), store_(Take(engine::LsmKvStore::Open(options_))) {}

  void Put(std::string_view key, std::string_view value, bool synced) override {
    auto transaction = store_->Begin({.synchronous_commit = synced});
    Lock(*transaction, key);
    Check(transaction->Put(key, value));
    Check(BlockingWait(transaction->Commit()));
  }
  void Delete(std::string_view key) override {
    auto transaction = store_->Begin({.synchronous_commit = false});
    Lock(*transaction, key);
    Check(transaction->Delete(key));
    Check(BlockingWait(transaction->Commit()));
  }
  int64_t Get(std::string_view key) override {
    auto transaction = store_->Begin({.read_only = true});
    PinnedBytes value;
    bool found = Take(BlockingWait(transaction->Get(key, &value)));
    int64_t bytes = found ? static_cast<int64_t>(value.view().size()) : -1;
    Check(BlockingWait(transaction->Commit()));
    return bytes;
  }
  int Seek(std::string_view key, int rows) override {
    auto transaction = store_->Begin({.read_only = true});
    engine::ScanOptions options;
    options.range.begin = key;
    options.page_rows_max = rows;
    auto cursor = transaction->Scan(std::move(options));
    int count = 0;
    while (count < rows) {
      std::span<const KeyValue> page = Take(BlockingWait(cursor->NextPage()));
      if (page.empty()) break;
      count += static_cast<int>(page.size());
    }
    return std::min(count, rows);
  }
  uint64_t Scan(bool reverse, const RowFunction& on_row) override {
    auto transaction = store_->Begin({.read_only = true});
    engine::ScanOptions options;
    options.reverse = reverse;
    auto cursor = transaction->Scan(std::move(options));
    return ReadAll(*cursor, on_row);
  }
  void BulkLoad(const RowSource& next) override {
    auto transaction = store_->Begin({});
    std::string_view key;
    std::string_view value;
    while (next(&key, &value)) {
      Check(transaction->Put(key, value));
      Check(BlockingWait(transaction->MakeRoom()));
    }
    Check(BlockingWait(transaction->Commit()));
  }
  void Settle() override {
    Check(BlockingWait(store_->Flush()));
    WaitForCompactions(*store_);
  }
  void Compact() override { Check(BlockingWait(store_->Compact({}, nullptr))); }
  void HoldSnapshot() override { held_ = store_->Begin({.read_only = true}); }
  uint64_t BytesWritten() override { return WrittenOf(store_->Statistics()); }
  uint64_t TableEntries() override { return Sum(store_->Statistics(), {"lsm.entries"}); }

 private:
  static void Lock(engine::KvTransaction& transaction, std::string_view key) {
    Take(BlockingWait(transaction.Lock(key, {.mode = engine::LockMode::kUpdate})));
  }

  std::unique_ptr<engine::LsmKvStore> store_;
  std::unique_ptr<engine::KvTransaction> held_;
};

}  // namespace

std::unique_ptr<Store> OpenShale(const StoreOptions& options) {
  return std::make_unique<ShaleStore>(options);
}

std::unique_ptr<Store> OpenShaleTransactions(const StoreOptions& options) {
  return std::make_unique<ShaleTransactionsStore>(options);
}

}  // namespace shale::bench
