// The search for deadlocks, at the moment a request begins to wait.
//
// The wait-for graph has an edge from a waiting group to each group it waits for: hard to a holder
// of a conflicting mode, soft to an earlier waiter with one (PostgreSQL's deadlock.c has the same
// two). Edges of groups that wait change only under wait_mutex_, and a group that does not wait is
// on no cycle, so what is found here is really there. A new wait alone can close a cycle; it does
// so only if somebody waits for its group, which the group's flag tells without a search.
//
// A cycle with a soft edge goes away if that waiter is put before the one it queues behind. One
// such change is tried at a time; PostgreSQL also combines several, which takes three or more
// transactions that queue crosswise for two keys; here one of those gets the error.
//
// PostgreSQL looks once in each wait, when it has lasted for deadlock_timeout, and refuses the one
// that looks. So the victim of a cycle is known when it closes: the first whose time will be up,
// among those that had no look yet. That one is refused at once. Only where each of two already
// holds what the other asks for, of one key, it does not come to that: PostgreSQL does not let the
// second wait.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/txn/lock_entry.h"
#include "engine/txn/lock_table.h"

namespace shale::engine {

using internal::LockContention;
using internal::LockHold;

struct LockTable::Edge {
  Request* request;    // of the one who waits
  LockOwner* blocker;  // whom it waits for
  Request* earlier;    // the blocker's request, of a soft edge; null: hard

  LockGroup* blocking_group() const { return &blocker->group(); }
};

// A wait may close several cycles at once; each is resolved for itself.
void LockTable::ResolveDeadlocks(Request* request, WakeList* wake) {
  LockGroup* group = &request->owner->group();
  if (!group->blocks_somebody_.load(std::memory_order_relaxed)) return;
  std::vector<Edge> cycle;
  while (group->waiting_ == request && FindCycle(group, &cycle)) {
    TurnToFirstLook(&cycle);
    if (!TryReorder(cycle, request, wake)) Refuse(cycle, wake);
  }
}

// The one whose wait has just begun is always among those who had no look yet.
void LockTable::TurnToFirstLook(std::vector<Edge>* cycle_of) {
  std::vector<Edge>& cycle = *cycle_of;
  const auto now = std::chrono::steady_clock::now();
  auto first = cycle.begin();
  for (auto edge = cycle.begin(); edge != cycle.end(); ++edge) {
    const auto due = edge->request->deadlock_due;
    if (due > now && (first->request->deadlock_due <= now || due < first->request->deadlock_due)) {
      first = edge;
    }
  }
  std::rotate(cycle.begin(), first, cycle.end());
}

void LockTable::Refuse(const std::vector<Edge>& cycle, WakeList* wake) {
  Request* victim = cycle.front().request;
  victim->status = DeadlockError(cycle);
  ++counts_.deadlocks;
  Entry* entry = victim->entry;
  std::lock_guard lock(shards_[entry->shard].mutex);
  RemoveFromQueue(victim);
  wake->push_back(victim);
  GrantWaiters(entry, wake);
  FreeIfIdle(entry);
}

// Both want more of what both have: a table that each has read and now wants for itself. Rows are
// not locked like that in PostgreSQL, where their waiters wait for transactions.
bool LockTable::IsEarlyDeadlock(const Request& request, const Request& waiter) {
  if (IsRowMode(request.mode)) return false;
  const Entry& entry = *waiter.entry;
  auto blocks = [&](const Request& one, const Request& other) {
    return (ConflictsOf(other.mode) & entry.ModesOfGroup(one.owner->group())) != 0;
  };
  return blocks(request, waiter) && blocks(waiter, request);
}

Status LockTable::RefuseEarly(Request* request, Request* waiter) {
  ++counts_.deadlocks;
  request->entry = waiter->entry;
  Status status =
      DeadlockError({{request, waiter->owner, nullptr}, {waiter, request->owner, nullptr}});
  request->entry = nullptr;
  return status;
}

bool LockTable::FindCycle(LockGroup* start, std::vector<Edge>* cycle) {
  ++visit_count_;
  cycle->clear();
  return Visit(start, start, cycle);
}

// Depth first; the path is the cycle when it comes back to start.
bool LockTable::Visit(LockGroup* group, LockGroup* start, std::vector<Edge>* path) {
  if (group->visit_ == visit_count_ || group->waiting_ == nullptr) return false;
  group->visit_ = visit_count_;
  std::vector<Edge> edges = ListBlockers(group->waiting_);
  for (const Edge& edge : edges) {
    if (edge.blocking_group() != start) continue;
    path->push_back(edge);
    return true;
  }
  bool holds_entry = false;
  {
    Entry* entry = group->waiting_->entry;
    std::lock_guard lock(shards_[entry->shard].mutex);
    holds_entry = entry->ModesOfGroup(*group) != 0;
  }
  LockModeMask conflicts = ConflictsOf(group->waiting_->mode);
  for (const Edge& edge : edges) {
    // An earlier waiter of the same queue, of a mode as weak, waits for a part of these same edges:
    // without this a queue of n would cost n squared.
    if (edge.earlier != nullptr && !holds_entry &&
        (ConflictsOf(edge.earlier->mode) & ~conflicts) == 0) {
      edge.blocking_group()->visit_ = visit_count_;
      continue;
    }
    path->push_back(edge);
    if (Visit(edge.blocking_group(), start, path)) return true;
    path->pop_back();
  }
  return false;
}

std::vector<LockTable::Edge> LockTable::ListBlockers(Request* request) {
  std::vector<Edge> edges;
  Entry* entry = request->entry;
  LockModeMask conflicts = ConflictsOf(request->mode);
  std::lock_guard lock(shards_[entry->shard].mutex);
  for (const LockHold& hold : entry->wait->holds) {
    if (&hold.owner->group() != &request->owner->group() && (hold.modes & conflicts) != 0) {
      edges.push_back({request, hold.owner, nullptr});
    }
  }
  for (Request* earlier : entry->wait->queue) {
    if (earlier == request) break;
    if ((MaskOf(earlier->mode) & conflicts) != 0 &&
        (entry->ModesOfGroup(earlier->owner->group()) & conflicts) == 0) {
      edges.push_back({request, earlier->owner, earlier});
    }
  }
  return edges;
}

bool LockTable::TryReorder(const std::vector<Edge>& cycle, Request* request, WakeList* wake) {
  // From the end, as PostgreSQL meets them.
  for (auto at = cycle.rbegin(); at != cycle.rend(); ++at) {
    const Edge& edge = *at;
    if (edge.earlier == nullptr) continue;
    Request* mover = edge.request;
    Entry* entry = mover->entry;
    Shard& shard = shards_[entry->shard];
    std::vector<Request*> before;
    {
      std::lock_guard lock(shard.mutex);
      std::vector<Request*>& queue = entry->wait->queue;
      before = queue;
      std::erase(queue, mover);
      queue.insert(std::find(queue.begin(), queue.end(), edge.earlier), mover);
    }
    // New edges lead to the mover only.
    std::vector<Edge> other;
    if (!FindCycle(&request->owner->group(), &other) &&
        !FindCycle(&mover->owner->group(), &other)) {
      std::lock_guard lock(shard.mutex);
      NoteBlockers(entry);
      GrantWaiters(entry, wake);
      return true;
    }
    std::lock_guard lock(shard.mutex);
    entry->wait->queue = std::move(before);
  }
  return false;
}

Status LockTable::DeadlockError(const std::vector<Edge>& cycle) {
  std::string detail;
  for (const Edge& edge : cycle) {
    if (!detail.empty()) detail += "\n";
    const LockOwner& waiter = *edge.request->owner;
    const LockMode mode = edge.request->mode;
    if (auto* describe = waiter.group().options_.describe; describe != nullptr) {
      detail += fmt::format("Process {} waits for {}; blocked by process {}.", waiter.group().id(),
                            describe(mode, edge.request->entry->key(), edge.blocker->id()),
                            edge.blocking_group()->id());
      continue;
    }
    std::string key;
    for (unsigned char byte : edge.request->entry->key().substr(0, 32)) {
      key += fmt::format("{:02x}", byte);
    }
    detail += fmt::format("Transaction {} waits for {} on key \\x{}; blocked by transaction {}.",
                          waiter.id(), LockModeName(mode), key, edge.blocker->id());
  }
  return Error(sqlstate::kDeadlockDetected, "deadlock detected")
      .Detail(std::move(detail))
      .Hint("See server log for query details.");
}

}  // namespace shale::engine
