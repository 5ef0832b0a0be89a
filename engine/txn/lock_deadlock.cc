// The search for deadlocks, at the moment a request begins to wait.
//
// The wait-for graph has an edge from a waiting owner to each owner it waits for: hard to a holder
// of a conflicting mode, soft to an earlier waiter with one (PostgreSQL's deadlock.c has the same
// two). Edges of owners that wait change only under wait_mutex_, and an owner that does not wait is
// on no cycle, so what is found here is really there. A new wait alone can close a cycle; it does
// so only if somebody waits for its owner, which the owner's flag tells without a search.
//
// A cycle with a soft edge goes away if that waiter is put before the one it queues behind. One
// such change is tried at a time; PostgreSQL also combines several, which takes three or more
// transactions that queue crosswise for two keys; here the last of those gets the error.
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
};

Status LockTable::ResolveDeadlock(Request* request, WakeList* wake) {
  if (!request->owner->blocks_somebody_.load(std::memory_order_relaxed)) return Status::Ok();
  std::vector<Edge> cycle;
  if (!FindCycle(request->owner, &cycle)) return Status::Ok();
  if (TryReorder(cycle, request, wake)) return Status::Ok();
  return DeadlockError(cycle);
}

bool LockTable::FindCycle(LockOwner* start, std::vector<Edge>* cycle) {
  ++visit_count_;
  cycle->clear();
  return Visit(start, start, cycle);
}

// Depth first; the path is the cycle when it comes back to start.
bool LockTable::Visit(LockOwner* owner, LockOwner* start, std::vector<Edge>* path) {
  if (owner->visit_ == visit_count_ || owner->waiting_ == nullptr) return false;
  owner->visit_ = visit_count_;
  std::vector<Edge> edges = ListBlockers(owner->waiting_);
  for (const Edge& edge : edges) {
    if (edge.blocker != start) continue;
    path->push_back(edge);
    return true;
  }
  bool holds_entry = false;
  {
    Entry* entry = owner->waiting_->entry;
    std::lock_guard lock(shards_[entry->shard].mutex);
    holds_entry = entry->ModesOf(owner) != 0;
  }
  LockModeMask conflicts = ConflictsOf(owner->waiting_->mode);
  for (const Edge& edge : edges) {
    // An earlier waiter of the same queue, of a mode as weak, waits for a part of these same edges:
    // without this a queue of n would cost n squared.
    if (edge.earlier != nullptr && !holds_entry &&
        (ConflictsOf(edge.earlier->mode) & ~conflicts) == 0) {
      edge.blocker->visit_ = visit_count_;
      continue;
    }
    path->push_back(edge);
    if (Visit(edge.blocker, start, path)) return true;
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
    if (hold.owner != request->owner && (hold.modes & conflicts) != 0) {
      edges.push_back({request, hold.owner, nullptr});
    }
  }
  for (Request* earlier : entry->wait->queue) {
    if (earlier == request) break;
    if ((MaskOf(earlier->mode) & conflicts) != 0 &&
        (entry->ModesOf(earlier->owner) & conflicts) == 0) {
      edges.push_back({request, earlier->owner, earlier});
    }
  }
  return edges;
}

bool LockTable::TryReorder(const std::vector<Edge>& cycle, Request* request, WakeList* wake) {
  for (const Edge& edge : cycle) {
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
    if (!FindCycle(request->owner, &other) && !FindCycle(mover->owner, &other)) {
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
    std::string key;
    for (unsigned char byte : edge.request->entry->key().substr(0, 32)) {
      key += fmt::format("{:02x}", byte);
    }
    detail += fmt::format("{}Transaction {} waits for {} on key \\x{}; blocked by transaction {}.",
                          detail.empty() ? "" : "\n", edge.request->owner->id(),
                          LockModeName(edge.request->mode), key, edge.blocker->id());
  }
  return Error(sqlstate::kDeadlockDetected, "deadlock detected")
      .Detail(std::move(detail))
      .Hint("See server log for query details.");
}

}  // namespace shale::engine
