// What others are told of locks and waits.
#include <algorithm>
#include <unordered_set>

#include "engine/txn/lock_entry.h"
#include "engine/txn/lock_table.h"

namespace shale::engine {

using internal::LockContention;
using internal::LockHold;

LockTable::Blockers LockTable::BlockersOf(const Request& request) {
  Blockers blockers;
  const LockModeMask conflicts = ConflictsOf(request.mode);
  std::lock_guard lock(shards_[request.entry->shard].mutex);
  const LockContention& wait = *request.entry->wait;
  for (const LockHold& hold : wait.holds) {
    if (&hold.owner->group() != &request.owner->group() && (hold.modes & conflicts) != 0) {
      blockers.holders.push_back(hold.owner);
    }
  }
  for (const Request* earlier : wait.queue) {
    if (earlier == &request) break;
    if ((MaskOf(earlier->mode) & conflicts) != 0) blockers.earlier.push_back(earlier->owner);
  }
  return blockers;
}

std::vector<uint64_t> LockTable::BlockingTransactions(uint64_t owner_id) {
  std::vector<uint64_t> ids;
  std::lock_guard wait_lock(wait_mutex_);
  auto found = std::ranges::find_if(
      waiting_, [&](const auto& entry) { return entry.second->owner->id() == owner_id; });
  if (found == waiting_.end()) return ids;
  const Blockers blockers = BlockersOf(*found->second);
  for (const LockOwner* owner : blockers.holders) ids.push_back(owner->id());
  for (const LockOwner* owner : blockers.earlier) ids.push_back(owner->id());
  return ids;
}

std::vector<LockBlocker> LockTable::BlockersOfGroup(LockGroup& group) {
  std::vector<LockBlocker> list;
  std::vector<const LockGroup*> groups;
  auto add = [&](const LockOwner* owner) {
    const LockGroup* blocking = &owner->group();
    if (std::ranges::find(groups, blocking) != groups.end()) return;
    groups.push_back(blocking);
    list.push_back({.session = blocking->id(), .transaction = owner->id()});
  };
  std::lock_guard wait_lock(wait_mutex_);
  if (group.waiting_ == nullptr) return list;
  const Blockers blockers = BlockersOf(*group.waiting_);
  // Who stands behind others for a row waits for these only: PostgreSQL's waiters queue for a lock
  // that the first of them holds.
  if (!IsRowMode(group.waiting_->mode) || blockers.earlier.empty()) {
    std::ranges::for_each(blockers.holders, add);
  }
  std::ranges::for_each(blockers.earlier, add);
  return list;
}

// Shard by shard, so that nobody waits for long: what is told of one key fits together (T4).
std::vector<LockInfo> LockTable::Locks() {
  std::vector<LockInfo> locks;
  std::unordered_set<const LockOwner*> with_rows;
  auto add_hold = [&](const Entry& entry, const LockOwner& owner, LockModeMask modes) {
    for (int i = 0; i < kLockModeCount; ++i) {
      const auto mode = static_cast<LockMode>(i);
      if ((modes & MaskOf(mode)) == 0) continue;
      if (IsRowMode(mode) && !entry.has_queue() && !with_rows.insert(&owner).second) continue;
      locks.push_back({.key = std::string(entry.key()),
                       .mode = mode,
                       .session = owner.group().id(),
                       .transaction = owner.id()});
    }
  };
  for (size_t i = 0; i < kShardCount; ++i) {
    std::lock_guard lock(shards_[i].mutex);
    for (const Entry* entry : shards_[i].buckets) {
      for (; entry != nullptr; entry = entry->next) {
        if (entry->wait == nullptr) {
          if (entry->sole_owner != nullptr) {
            add_hold(*entry, *entry->sole_owner, entry->sole_modes);
          }
          continue;
        }
        for (const LockHold& hold : entry->wait->holds) add_hold(*entry, *hold.owner, hold.modes);
        for (const Request* request : entry->wait->queue) {
          LockInfo info{.key = std::string(entry->key()),
                        .mode = request->mode,
                        .granted = false,
                        .session = request->owner->group().id(),
                        .transaction = request->owner->id(),
                        .wait_started_us = request->started_us,
                        .queued = request != entry->wait->queue.front()};
          for (const LockHold& hold : entry->wait->holds) {
            if (&hold.owner->group() == &request->owner->group()) continue;
            if ((hold.modes & ConflictsOf(request->mode)) != 0) info.blocker = hold.owner->id();
          }
          locks.push_back(std::move(info));
        }
      }
    }
  }
  return locks;
}

}  // namespace shale::engine
