// FaultFileSystem: passes calls on to another file system and makes some of them fail, by rules.
// Counts every call, so that a test can run its work once, see N calls, and then fail the first,
// the second ... the N-th of them.
//
//   FaultFileSystem faults(memory_fs, seed);
//   faults.AddRule({.operation = FileOperation::kSync, .path_contains = "log/", .nth = 3});
//   faults.FailCall(17);
//
// Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/env/file_operation.h"
#include "engine/env/file_system.h"

namespace shale::engine {

enum class FaultEffect {
  kIoError,        // 58030, nothing done
  kNoSpace,        // 53100, nothing done
  kPartialWrite,   // of a write: the first half is done, then 58030; other calls as kIoError
  kShortRead,      // of a read: half of the bytes, without an error
  kDelay,          // delay_us, then as usual
  kHold,           // waits for ReleaseHeld, then as usual
  kSyncLosesData,  // of a file's sync: 58030, and the unsynced data is lost although the next sync
                   // succeeds
};

struct FaultRule {
  std::optional<FileOperation> operation;  // any, unless given
  std::string path_contains;               // any, if empty
  FaultEffect effect = FaultEffect::kIoError;
  uint64_t nth = 1;          // the first matching call that it is meant for, counted from 1
  double probability = 1.0;  // from there on, of each matching call
  bool once = true;          // else for ever
  uint64_t delay_us = 0;
};

class FaultFileSystem : public FileSystem {
 public:
  // Wraps base, which outlives it.
  explicit FaultFileSystem(FileSystem& base, uint64_t seed = 0);

  void AddRule(FaultRule rule);
  // The call_number-th call of all (from 1, as counted by total_calls) fails; with for_ever so do
  // all later ones.
  void FailCall(uint64_t call_number, FaultEffect effect = FaultEffect::kIoError,
                bool for_ever = false);
  void ClearRules();
  // Calls that kHold keeps waiting go on, and later ones do not wait. Whoever adds such a rule
  // calls this before the files are closed.
  void ReleaseHeld();

  // What kSyncLosesData calls with the file's path: MemoryFileSystem::LoseUnsyncedData, usually.
  void set_lose_unsynced_data(std::function<Status(const std::string& path)> function);

  uint64_t calls(FileOperation operation) const;
  uint64_t total_calls() const;
  uint64_t faults_injected() const;
  void ResetCounts();

  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  Status Remove(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Link(const std::string& from, const std::string& to) override;
  Status CreateDirectory(const std::string& path) override;
  Status SyncDirectory(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& path) override;
  Result<bool> Exists(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override;
  Result<uint64_t> FreeBytes(const std::string& path) override;

 private:
  friend class FaultFile;

  struct ActiveRule {
    FaultRule rule;
    uint64_t matches = 0;
    bool spent = false;
  };

  // Counts the call and decides about it; a delay has passed, and what held it has let it go, when
  // this returns.
  std::optional<FaultEffect> Decide(FileOperation operation, const std::string& path);
  // The same where only plain errors and delays make sense.
  Status Check(FileOperation operation, const std::string& path);
  Status LoseUnsyncedData(const std::string& path);

  FileSystem& base_;
  mutable std::mutex mutex_;
  std::condition_variable released_;
  Random random_;                                            // guarded by mutex_
  std::vector<ActiveRule> rules_;                            // guarded by mutex_
  std::array<uint64_t, kFileOperationCount> calls_{};        // guarded by mutex_
  uint64_t total_calls_ = 0;                                 // guarded by mutex_
  uint64_t faults_injected_ = 0;                             // guarded by mutex_
  std::optional<uint64_t> fail_call_;                        // guarded by mutex_
  bool fail_for_ever_ = false;                               // guarded by mutex_
  FaultEffect fail_effect_ = FaultEffect::kIoError;          // guarded by mutex_
  bool hold_ = true;                                         // guarded by mutex_
  std::function<Status(const std::string&)> lose_unsynced_;  // guarded by mutex_
};

}  // namespace shale::engine
