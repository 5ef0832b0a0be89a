#include "tests/admin/fake_database.h"

#include <utility>

namespace shale::admin {

Task<Status> FakeStore::Work() {
  Executor& home = Executor::Current();
  ResumeOn away(workers_);
  co_await away;
  Status outcome;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !held_; });
    outcome = outcome_;
  }
  ResumeOn back(home);
  co_await back;
  co_return outcome;
}

Async<Status> FakeStore::Flush() {
  ++flushes_started_;
  return Work();
}

std::vector<engine::CompactionProgress> FakeStore::Compactions() {
  return {{.id = 7,
           .level = 0,
           .output_level = 6,
           .tables = 5,
           .input_bytes = 1000,
           .done_bytes = 250,
           .smallest_key = std::string("a\0\xff", 3),
           .largest_key = "z",
           .started_us = 1'700'000'000'000'000,
           .requested = true}};
}

Status FakeStore::CancelCompaction(uint64_t id) {
  if (id == 7) return Status::Ok();
  if (id == 8) return Error(sqlstate::kObjectNotInPrerequisiteState, "its own");
  return KvStore::CancelCompaction(id);
}

Async<Status> FakeStore::Compact(const engine::KeyRange& range, engine::CancelToken*) {
  {
    std::lock_guard lock(mutex_);
    compacted_.push_back(range);
  }
  return Work();
}

Async<Result<engine::BackupSummary>> FakeStore::Backup(engine::BackupOptions options) {
  {
    std::lock_guard lock(mutex_);
    backups_.push_back(std::move(options));
  }
  return WriteBackup();
}

Task<Result<engine::BackupSummary>> FakeStore::WriteBackup() {
  Status outcome = co_await Work();
  if (!outcome.ok()) co_return outcome;
  co_return engine::BackupSummary{.sequence = 9,
                                  .files = 3,
                                  .bytes = 300,
                                  .files_copied = 1,
                                  .bytes_copied = 100,
                                  .files_linked = 0,
                                  .files_kept = 2};
}

std::vector<engine::BackupOptions> FakeStore::backups() {
  std::lock_guard lock(mutex_);
  return backups_;
}

std::vector<engine::Statistic> FakeStore::Statistics() {
  return {{"lsm.level0.files", 3},
          {"lsm.level0.bytes", 12345},
          {"cache.hits", 7},
          {"wal.sync_us_p50", 12.5}};
}

Status FakeStore::Health() {
  std::lock_guard lock(mutex_);
  return health_;
}

void FakeStore::SetHealth(Status health) {
  std::lock_guard lock(mutex_);
  health_ = std::move(health);
}

void FakeStore::SetOutcome(Status outcome) {
  std::lock_guard lock(mutex_);
  outcome_ = std::move(outcome);
}

void FakeStore::Hold() {
  std::lock_guard lock(mutex_);
  held_ = true;
}

void FakeStore::Release() {
  std::lock_guard lock(mutex_);
  held_ = false;
  changed_.notify_all();
}

std::vector<engine::KeyRange> FakeStore::compacted() {
  std::lock_guard lock(mutex_);
  return compacted_;
}

std::vector<sql::SessionInfo> FakeDatabase::Sessions() {
  std::lock_guard lock(mutex_);
  return sessions_;
}

std::vector<engine::Statistic> FakeDatabase::Statistics() {
  return {{"sessions.open", 2}, {"transactions.committed", 41}, {"latency.p99_ms", 0.75}};
}

Result<engine::KeyRange> FakeDatabase::TableRange(std::string_view database,
                                                  std::string_view name) {
  if (database != "shale") {
    return Error(sqlstate::kInvalidCatalogName, "database \"{}\" does not exist", database);
  }
  if (name == "public.orders" || name == "orders") return engine::KeyRange{"o", "p"};
  return Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", name);
}

void FakeDatabase::AddSession(sql::SessionInfo session) {
  std::lock_guard lock(mutex_);
  sessions_.push_back(std::move(session));
}

}  // namespace shale::admin
