// Attempt: a call of LockOwner::Lock that may wait, for tests of one thread.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "engine/base/task.h"
#include "engine/txn/lock_table.h"

namespace shale::engine {

// Runs a Lock call as a coroutine of its own; the inline executor resumes it where it is granted.
class Attempt {
 public:
  Attempt(LockOwner& owner, std::string key, LockOptions options) : key_(std::move(key)) {
    Run(this, &owner, options);
  }
  bool done() const { return result_.has_value(); }
  const Result<LockOutcome>& result() const { return *result_; }

 private:
  static DetachedTask Run(Attempt* self, LockOwner* owner, LockOptions options) {
    Result<LockOutcome> result = co_await owner->Lock(self->key_, options);
    self->result_.emplace(std::move(result));
  }

  std::string key_;
  std::optional<Result<LockOutcome>> result_;
};

// Whether an owner of no other locks could have it.
inline bool IsFree(LockTable& table, const std::string& key, LockMode mode) {
  LockOwner other(table, 1000);
  Attempt lock(other, key, {.mode = mode, .wait = LockWait::kSkipLocked});
  return *lock.result() == LockOutcome::kGranted;
}

}  // namespace shale::engine
