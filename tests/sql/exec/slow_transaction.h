// SlowTransaction: a transaction none of whose calls completes at once: each goes through a thread
// pool first, as reads from a disk do. It shows the waiting paths of the executor.
#pragma once

#include <memory>
#include <utility>

#include "engine/base/executor.h"
#include "engine/kv_store.h"

namespace shale::sql {

class SlowCursor : public engine::KvCursor {
 public:
  SlowCursor(std::unique_ptr<engine::KvCursor> inner, Executor* executor)
      : inner_(std::move(inner)), executor_(executor) {}
  Async<Result<std::span<const engine::KeyValue>>> NextPage() override { return Wait(); }

 private:
  Task<Result<std::span<const engine::KeyValue>>> Wait() {
    co_await ResumeOn(*executor_);
    auto next = inner_->NextPage();
    auto page = co_await next;
    co_return page;
  }

  std::unique_ptr<engine::KvCursor> inner_;
  Executor* executor_;
};

class SlowTransaction : public engine::KvTransaction {
 public:
  SlowTransaction(std::unique_ptr<engine::KvTransaction> inner, Executor* executor)
      : inner_(std::move(inner)), executor_(executor) {}

  uint64_t id() const override { return inner_->id(); }
  engine::SequenceNumber snapshot() const override { return inner_->snapshot(); }
  void RefreshSnapshot() override { inner_->RefreshSnapshot(); }

  Async<Result<bool>> Get(std::string_view key, engine::PinnedBytes* value) override {
    return WaitForGet(key, value);
  }
  Async<Result<bool>> GetLatest(std::string_view key, engine::PinnedBytes* value,
                                engine::SequenceNumber* sequence) override {
    return WaitForLatest(key, value, sequence);
  }
  Async<Status> MultiGet(std::span<const std::string_view> keys, engine::PinnedBytes* values,
                         bool* found) override {
    return WaitForMany(keys, values, found);
  }
  std::unique_ptr<engine::KvCursor> Scan(engine::ScanOptions options) override {
    options.page_rows_max = std::min<size_t>(options.page_rows_max, 100);
    return std::make_unique<SlowCursor>(inner_->Scan(std::move(options)), executor_);
  }
  Status Put(std::string_view key, std::string_view value) override {
    return inner_->Put(key, value);
  }
  Status Delete(std::string_view key) override { return inner_->Delete(key); }
  Status DeleteRange(const engine::KeyRange& range) override { return inner_->DeleteRange(range); }
  bool HasExclusiveTableLocks() const override { return inner_->HasExclusiveTableLocks(); }
  bool has_writes() const override { return inner_->has_writes(); }
  Async<Result<engine::LockOutcome>> Lock(std::string_view key,
                                          const engine::LockOptions& options) override {
    return WaitForLock(key, options);
  }
  uint64_t SetSavepoint() override { return inner_->SetSavepoint(); }
  void RollbackToSavepoint(uint64_t savepoint) override { inner_->RollbackToSavepoint(savepoint); }
  void ReleaseSavepoint(uint64_t savepoint) override { inner_->ReleaseSavepoint(savepoint); }
  void ReadAsOf(uint64_t savepoint) override { inner_->ReadAsOf(savepoint); }
  Async<engine::CommitResult> Commit(
      engine::CommitRanges ranges,
      std::function<void(engine::SequenceNumber)> on_publish) override {
    return inner_->Commit(std::move(ranges), std::move(on_publish));
  }
  void Rollback() override { inner_->Rollback(); }

 private:
  Task<Result<bool>> WaitForGet(std::string_view key, engine::PinnedBytes* value) {
    co_await ResumeOn(*executor_);
    auto get = inner_->Get(key, value);
    auto found = co_await get;
    co_return found;
  }
  Task<Result<bool>> WaitForLatest(std::string_view key, engine::PinnedBytes* value,
                                   engine::SequenceNumber* sequence) {
    co_await ResumeOn(*executor_);
    auto get = inner_->GetLatest(key, value, sequence);
    auto found = co_await get;
    co_return found;
  }
  Task<Status> WaitForMany(std::span<const std::string_view> keys, engine::PinnedBytes* values,
                           bool* found) {
    co_await ResumeOn(*executor_);
    auto get = inner_->MultiGet(keys, values, found);
    Status status = co_await get;
    co_return status;
  }
  Task<Result<engine::LockOutcome>> WaitForLock(std::string_view key, engine::LockOptions options) {
    co_await ResumeOn(*executor_);
    auto lock = inner_->Lock(key, options);
    auto outcome = co_await lock;
    co_return outcome;
  }

  std::unique_ptr<engine::KvTransaction> inner_;
  Executor* executor_;
};

}  // namespace shale::sql
