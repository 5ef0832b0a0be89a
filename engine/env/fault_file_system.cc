#include "engine/env/fault_file_system.h"

#include <errno.h>

#include <chrono>
#include <thread>
#include <utility>

#include "engine/base/check.h"
#include "engine/env/file_error.h"

namespace shale::engine {
namespace {

Status EffectError(FaultEffect effect, FileOperation operation, const std::string& path) {
  int error_number = effect == FaultEffect::kNoSpace ? ENOSPC : EIO;
  return FileError(operation, path, error_number);
}

}  // namespace

class FaultFile : public File {
 public:
  FaultFile(FaultFileSystem& file_system, std::unique_ptr<File> base, std::string path)
      : file_system_(file_system), base_(std::move(base)), path_(std::move(path)) {}

  Result<size_t> Read(uint64_t offset, size_t length, char* buffer) override {
    std::optional<FaultEffect> effect = file_system_.Decide(FileOperation::kRead, path_);
    if (effect == FaultEffect::kShortRead) return base_->Read(offset, length / 2, buffer);
    if (effect) return EffectError(*effect, FileOperation::kRead, path_);
    return base_->Read(offset, length, buffer);
  }

  Status Write(uint64_t offset, std::string_view bytes) override {
    std::optional<FaultEffect> effect = file_system_.Decide(FileOperation::kWrite, path_);
    if (effect == FaultEffect::kPartialWrite) {
      RETURN_IF_ERROR(base_->Write(offset, bytes.substr(0, bytes.size() / 2)));
    }
    if (effect) return EffectError(*effect, FileOperation::kWrite, path_);
    return base_->Write(offset, bytes);
  }

  Status Sync() override {
    std::optional<FaultEffect> effect = file_system_.Decide(FileOperation::kSync, path_);
    if (effect == FaultEffect::kSyncLosesData) {
      RETURN_IF_ERROR(file_system_.LoseUnsyncedData(path_));
    }
    if (effect) return EffectError(*effect, FileOperation::kSync, path_);
    return base_->Sync();
  }

  Status Preallocate(uint64_t size) override {
    RETURN_IF_ERROR(file_system_.Check(FileOperation::kPreallocate, path_));
    return base_->Preallocate(size);
  }

  Status Truncate(uint64_t size) override {
    RETURN_IF_ERROR(file_system_.Check(FileOperation::kTruncate, path_));
    return base_->Truncate(size);
  }

  Result<uint64_t> Size() override {
    RETURN_IF_ERROR(file_system_.Check(FileOperation::kSize, path_));
    return base_->Size();
  }

 private:
  FaultFileSystem& file_system_;
  const std::unique_ptr<File> base_;
  const std::string path_;
};

FaultFileSystem::FaultFileSystem(FileSystem& base, uint64_t seed) : base_(base), random_(seed) {}

void FaultFileSystem::AddRule(FaultRule rule) {
  std::lock_guard lock(mutex_);
  rules_.push_back({std::move(rule)});
}

void FaultFileSystem::FailCall(uint64_t call_number, FaultEffect effect, bool for_ever) {
  std::lock_guard lock(mutex_);
  fail_call_ = call_number;
  fail_effect_ = effect;
  fail_for_ever_ = for_ever;
}

void FaultFileSystem::ClearRules() {
  std::lock_guard lock(mutex_);
  rules_.clear();
  fail_call_.reset();
}

void FaultFileSystem::ReleaseHeld() {
  std::lock_guard lock(mutex_);
  hold_ = false;
  released_.notify_all();
}

void FaultFileSystem::set_lose_unsynced_data(
    std::function<Status(const std::string& path)> function) {
  std::lock_guard lock(mutex_);
  lose_unsynced_ = std::move(function);
}

uint64_t FaultFileSystem::calls(FileOperation operation) const {
  std::lock_guard lock(mutex_);
  return calls_[static_cast<size_t>(operation)];
}

uint64_t FaultFileSystem::total_calls() const {
  std::lock_guard lock(mutex_);
  return total_calls_;
}

uint64_t FaultFileSystem::faults_injected() const {
  std::lock_guard lock(mutex_);
  return faults_injected_;
}

void FaultFileSystem::ResetCounts() {
  std::lock_guard lock(mutex_);
  calls_.fill(0);
  total_calls_ = 0;
  faults_injected_ = 0;
}

std::optional<FaultEffect> FaultFileSystem::Decide(FileOperation operation,
                                                   const std::string& path) {
  uint64_t delay_us = 0;
  bool held = false;
  std::optional<FaultEffect> effect;
  {
    std::unique_lock lock(mutex_);
    ++calls_[static_cast<size_t>(operation)];
    ++total_calls_;
    if (fail_call_ &&
        (total_calls_ == *fail_call_ || (fail_for_ever_ && total_calls_ > *fail_call_))) {
      effect = fail_effect_;
    }
    for (ActiveRule& active : rules_) {
      if (effect) break;
      const FaultRule& rule = active.rule;
      if (active.spent || (rule.operation && *rule.operation != operation)) continue;
      if (path.find(rule.path_contains) == std::string::npos) continue;
      // These two mean one operation, whatever else the rule matches.
      if (rule.effect == FaultEffect::kShortRead && operation != FileOperation::kRead) continue;
      if (rule.effect == FaultEffect::kSyncLosesData && operation != FileOperation::kSync) continue;
      if (++active.matches < rule.nth) continue;
      if (rule.probability < 1.0 && random_.UniformDouble() >= rule.probability) continue;
      active.spent = rule.once;
      if (rule.effect == FaultEffect::kDelay) {
        delay_us += rule.delay_us;  // and a later rule may make the call fail as well
      } else if (rule.effect == FaultEffect::kHold) {
        held = true;
      } else {
        effect = rule.effect;
      }
    }
    if (effect) ++faults_injected_;
    if (held) released_.wait(lock, [&] { return !hold_; });
  }
  if (delay_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
  return effect;
}

Status FaultFileSystem::Check(FileOperation operation, const std::string& path) {
  std::optional<FaultEffect> effect = Decide(operation, path);
  if (effect) return EffectError(*effect, operation, path);
  return Status::Ok();
}

Status FaultFileSystem::LoseUnsyncedData(const std::string& path) {
  std::function<Status(const std::string&)> lose;
  {
    std::lock_guard lock(mutex_);
    lose = lose_unsynced_;
  }
  CHECK(lose != nullptr);
  return lose(path);
}

Result<std::unique_ptr<File>> FaultFileSystem::Open(const std::string& path, OpenMode mode) {
  RETURN_IF_ERROR(Check(FileOperation::kOpen, path));
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, base_.Open(path, mode));
  return std::unique_ptr<File>(std::make_unique<FaultFile>(*this, std::move(file), path));
}

Status FaultFileSystem::Remove(const std::string& path) {
  RETURN_IF_ERROR(Check(FileOperation::kRemove, path));
  return base_.Remove(path);
}

Status FaultFileSystem::Rename(const std::string& from, const std::string& to) {
  RETURN_IF_ERROR(Check(FileOperation::kRename, from));
  return base_.Rename(from, to);
}

Status FaultFileSystem::Link(const std::string& from, const std::string& to) {
  RETURN_IF_ERROR(Check(FileOperation::kLink, from));
  return base_.Link(from, to);
}

Status FaultFileSystem::CreateDirectory(const std::string& path) {
  RETURN_IF_ERROR(Check(FileOperation::kCreateDirectory, path));
  return base_.CreateDirectory(path);
}

Status FaultFileSystem::SyncDirectory(const std::string& path) {
  RETURN_IF_ERROR(Check(FileOperation::kSyncDirectory, path));
  return base_.SyncDirectory(path);
}

Result<std::vector<std::string>> FaultFileSystem::List(const std::string& path) {
  RETURN_IF_ERROR(Check(FileOperation::kList, path));
  return base_.List(path);
}

Result<bool> FaultFileSystem::Exists(const std::string& path) {
  RETURN_IF_ERROR(Check(FileOperation::kExists, path));
  return base_.Exists(path);
}

Result<std::unique_ptr<FileLock>> FaultFileSystem::Lock(const std::string& path) {
  RETURN_IF_ERROR(Check(FileOperation::kLock, path));
  return base_.Lock(path);
}

Result<uint64_t> FaultFileSystem::FreeBytes(const std::string& path) {
  RETURN_IF_ERROR(Check(FileOperation::kFreeBytes, path));
  return base_.FreeBytes(path);
}

}  // namespace shale::engine
