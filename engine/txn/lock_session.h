// TableLockSession: LockSession on a LockTable: an owner of its own, a group for the transactions'
// owners, and how often each lock was taken.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/txn/lock_table.h"

namespace shale::engine {

class TableLockSession : public LockSession {
 public:
  TableLockSession(LockTable& table, const LockSessionOptions& options)
      : table_(table), group_(options), owner_(table, 0, &group_) {}

  Async<Result<LockOutcome>> Lock(std::string_view key, const LockOptions& options) override;
  bool Unlock(std::string_view key, LockMode mode) override;
  void UnlockAll() override;
  std::optional<LockMode> waits_for() const override { return group_.waits_for(); }
  std::vector<LockBlocker> Blockers() override { return table_.BlockersOfGroup(group_); }

  // Of a store's sessions; null for null.
  static LockGroup* GroupOf(LockSession* session) {
    return session != nullptr ? &static_cast<TableLockSession*>(session)->group_ : nullptr;
  }

 private:
  // Waits, and counts what it was waited for.
  Task<Result<LockOutcome>> LockLater(Async<Result<LockOutcome>> lock, std::string counted);

  LockTable& table_;
  LockGroup group_;
  LockOwner owner_;
  std::unordered_map<std::string, uint64_t> counts_;  // by mode and key
};

}  // namespace shale::engine
