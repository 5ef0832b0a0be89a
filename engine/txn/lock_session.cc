#include "engine/txn/lock_session.h"

#include <utility>

namespace shale::engine {
namespace {

std::string CountedKey(std::string_view key, LockMode mode) {
  std::string counted(1, static_cast<char>(mode));
  counted.append(key);
  return counted;
}

}  // namespace

Async<Result<LockOutcome>> TableLockSession::Lock(std::string_view key,
                                                  const LockOptions& options) {
  std::string counted = CountedKey(key, options.mode);
  auto lock = owner_.Lock(key, options);
  if (!lock.ready()) return LockLater(std::move(lock), std::move(counted));
  Result<LockOutcome> outcome = std::move(lock).value();
  if (outcome.ok() && *outcome != LockOutcome::kSkipped) ++counts_[counted];
  return outcome;
}

Task<Result<LockOutcome>> TableLockSession::LockLater(Async<Result<LockOutcome>> lock,
                                                      std::string counted) {
  Result<LockOutcome> outcome = co_await lock;
  if (outcome.ok()) ++counts_[counted];
  co_return outcome;
}

bool TableLockSession::Unlock(std::string_view key, LockMode mode) {
  auto found = counts_.find(CountedKey(key, mode));
  if (found == counts_.end()) return false;
  if (--found->second > 0) return true;
  counts_.erase(found);
  return owner_.Release(key, mode);
}

void TableLockSession::UnlockAll() {
  counts_.clear();
  owner_.ReleaseAll();
}

}  // namespace shale::engine
