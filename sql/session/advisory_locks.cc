#include "sql/session/advisory_locks.h"

#include <utility>

#include "catalog/keys.h"
#include "sql/session/session_impl.h"

namespace shale::sql {
namespace {

using engine::LockMode;

LockMode ModeOf(const AdvisoryLock& lock) {
  return lock.shared ? LockMode::kAdvisoryShare : LockMode::kAdvisoryExclusive;
}

}  // namespace

Result<Async<Result<engine::LockOutcome>>> AdvisoryLocks::Lock(const AdvisoryLock& lock,
                                                               engine::LockWait wait) {
  engine::LockSession* owner = session_->lock_session();
  if (owner == nullptr) return NotSupported("advisory locks by this storage engine");
  const std::string key = catalog::AdvisoryLockKey(session_->catalog().database(), lock.key);
  engine::LockOptions options = session_->LockOptionsOf(ModeOf(lock));
  options.wait = wait;
  if (lock.of_transaction) return session_->transaction().transaction()->Lock(key, options);
  return owner->Lock(key, options);
}

Result<bool> AdvisoryLocks::Take(const AdvisoryLock& lock) {
  if (arrived_ && wanted_ == lock) {
    ForgetWait();
    return true;
  }
  ASSIGN_OR_RETURN(auto taking, Lock(lock, engine::LockWait::kWait));
  if (!taking.ready()) {
    // What waits begins to do so when it is awaited.
    wanted_ = lock;
    wait_.emplace(std::move(taking));
    arrived_ = false;
    return false;
  }
  auto outcome = std::move(taking).value();
  if (!outcome.ok()) return std::move(outcome).status();
  return true;
}

Async<Status> AdvisoryLocks::Await() { return AwaitWanted(); }

Task<Status> AdvisoryLocks::AwaitWanted() {
  Async<Result<engine::LockOutcome>> wait = std::move(*wait_);
  wait_.reset();
  auto outcome = co_await wait;
  arrived_ = outcome.ok();
  co_return outcome.ok() ? Status::Ok() : std::move(outcome).status();
}

Result<bool> AdvisoryLocks::Try(const AdvisoryLock& lock) {
  ASSIGN_OR_RETURN(auto taking, Lock(lock, engine::LockWait::kSkipLocked));
  CHECK(taking.ready());
  auto outcome = std::move(taking).value();
  if (!outcome.ok()) return std::move(outcome).status();
  return *outcome != engine::LockOutcome::kSkipped;
}

bool AdvisoryLocks::Unlock(const AdvisoryLock& lock) {
  engine::LockSession* owner = session_->lock_session();
  if (owner != nullptr &&
      owner->Unlock(catalog::AdvisoryLockKey(session_->catalog().database(), lock.key),
                    ModeOf(lock))) {
    return true;
  }
  session_->Warn(sqlstate::kWarning, fmt::format("you don't own a lock of type {}",
                                                 lock.shared ? "ShareLock" : "ExclusiveLock"));
  return false;
}

void AdvisoryLocks::UnlockAll() {
  if (engine::LockSession* owner = session_->lock_session()) owner->UnlockAll();
}

void AdvisoryLocks::ForgetWait() {
  wanted_.reset();
  wait_.reset();
  arrived_ = false;
}

}  // namespace shale::sql
