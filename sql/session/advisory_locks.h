// AdvisoryLocks: how functions take and give back the advisory locks of their session and its
// transaction. Same threading as the session.
#pragma once

#include <optional>

#include "sql/expr/function.h"

namespace shale::sql {

class SessionImpl;

class AdvisoryLocks {
 public:
  explicit AdvisoryLocks(SessionImpl* session) : session_(session) {}

  // See FunctionHost. 0A000 where the engine has no such locks.
  Result<bool> Take(const AdvisoryLock& lock);
  Async<Status> Await();
  Result<bool> Try(const AdvisoryLock& lock);
  bool Unlock(const AdvisoryLock& lock);
  void UnlockAll();
  // A statement begins: nothing is awaited any more.
  void ForgetWait();

 private:
  Result<Async<Result<engine::LockOutcome>>> Lock(const AdvisoryLock& lock, engine::LockWait wait);
  Task<Status> AwaitWanted();

  SessionImpl* session_;
  std::optional<AdvisoryLock> wanted_;  // what Take has to wait for
  std::optional<Async<Result<engine::LockOutcome>>> wait_;
  bool arrived_ = false;  // wanted_ has been waited for, and is held
};

}  // namespace shale::sql
