// FakeDatabase: what the admin API asks of a database and its store, without SQL and without a
// disk: a memory engine whose health, flush and compaction a test decides on.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/executor.h"
#include "engine/model/model_store.h"
#include "sql/session/database.h"

namespace shale::admin {

// Flush and Compact finish on another thread, as those of a store with a disk do.
class FakeStore : public engine::KvStore {
 public:
  FakeStore() : memory_(engine::EngineOptions()) {}

  std::string_view name() const override { return "fake"; }
  engine::KvLimits limits() const override { return memory_.limits(); }
  std::unique_ptr<engine::KvTransaction> Begin(const engine::TransactionOptions& options) override {
    return memory_.Begin(options);
  }
  std::vector<uint64_t> BlockingTransactions(uint64_t id) override {
    return memory_.BlockingTransactions(id);
  }
  Async<Status> Flush() override;
  Async<Status> Compact(const engine::KeyRange& range, engine::CancelToken* cancel) override;
  std::vector<engine::CompactionProgress> Compactions() override;
  Status CancelCompaction(uint64_t id) override;
  uint64_t ApproximateBytes(const engine::KeyRange& range) override {
    return memory_.ApproximateBytes(range);
  }
  Async<Status> Check() override { return Work(); }
  Async<Result<engine::BackupSummary>> Backup(engine::BackupOptions options) override;
  std::vector<engine::Statistic> Statistics() override;
  Status Health() override;

  // What the following calls give.
  void SetHealth(Status health);
  void SetOutcome(Status outcome);
  // Flushes do not end until Release.
  void Hold();
  void Release();

  int flushes_started() const { return flushes_started_.load(); }
  std::vector<engine::KeyRange> compacted();
  std::vector<engine::BackupOptions> backups();

 private:
  Task<Status> Work();
  Task<Result<engine::BackupSummary>> WriteBackup();

  engine::MemoryStore memory_;
  std::atomic<int> flushes_started_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  Status health_;                               // guarded by mutex_
  Status outcome_;                              // guarded by mutex_
  bool held_ = false;                           // guarded by mutex_
  std::vector<engine::KeyRange> compacted_;     // guarded by mutex_
  std::vector<engine::BackupOptions> backups_;  // guarded by mutex_
  ThreadPool workers_{"fake-store", 4};         // last: its threads use the rest
};

class FakeDatabase : public sql::Database {
 public:
  Task<Result<std::unique_ptr<sql::Session>>> Connect(sql::StartupRequest) override {
    co_return NotSupported("connecting here");
  }
  void CancelRequest(int32_t, uint32_t) override {}
  std::vector<sql::SessionInfo> Sessions() override;
  std::vector<engine::Statistic> Statistics() override;
  engine::KvStore& store() override { return store_; }
  Result<engine::KeyRange> TableRange(std::string_view database, std::string_view name) override;

  FakeStore& fake_store() { return store_; }
  void AddSession(sql::SessionInfo session);

 private:
  FakeStore store_;
  std::mutex mutex_;
  std::vector<sql::SessionInfo> sessions_;  // guarded by mutex_
};

}  // namespace shale::admin
