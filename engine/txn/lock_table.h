// LockTable: the locks of transactions on keys, in memory, with PostgreSQL's modes and manners.
//
// A lock belongs to a LockOwner (one per transaction) until the owner releases it. Requests that
// conflict with a holder or with an earlier waiter wait in a queue per key; who already holds the
// key and blocks a waiter is put before that waiter (PostgreSQL's ProcSleep). Of waits that form a
// cycle one is refused with 40P01, unless the cycle needs a mere place in a queue and goes away by
// changing it.
//
// Owners of one LockGroup, a session's own and its transaction's, never conflict and wait one at a
// time: the group is what waits for others.
//
// The common case, no conflict, costs a hash, a short critical section and a pooled entry: no
// allocation, about 60 bytes and the key. A queue exists only on keys somebody waits for. An owner
// of very many rows keeps them in twelve bytes each, without their keys (Compact).
//
// Threads: all methods of the table are thread-safe. The owners of a group are used by one
// coroutine at a time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/status.h"
#include "engine/base/task.h"
#include "engine/kv_store.h"
#include "engine/txn/lock_modes.h"
#include "engine/txn/timer.h"

namespace shale::engine {

class LockTable;

namespace internal {
struct LockEntry;
struct LockRequest;
struct LockShard;
struct LockContention;
}  // namespace internal

// Owners that are one party. Outlives them.
class LockGroup {
 public:
  explicit LockGroup(const LockSessionOptions& options = {}) : options_(options) {}
  LockGroup(const LockGroup&) = delete;
  LockGroup& operator=(const LockGroup&) = delete;

  uint64_t id() const { return options_.id; }
  // Thread-safe.
  std::optional<LockMode> waits_for() const {
    const uint8_t mode = waiting_mode_.load(std::memory_order_relaxed);
    if (mode == kNoMode) return std::nullopt;
    return static_cast<LockMode>(mode);
  }

 private:
  friend class LockOwner;
  friend class LockTable;
  static constexpr uint8_t kNoMode = 0xff;

  const LockSessionOptions options_;
  // Someone has waited for a key held by this group; sticky until it holds nothing. Set under
  // wait_mutex_ or by the owner's coroutine.
  std::atomic<bool> blocks_somebody_{false};
  std::atomic<uint8_t> waiting_mode_{kNoMode};
  // Locks held; by the owner's coroutine, or while that waits.
  size_t grant_count_ = 0;
  // Guarded by the table's wait_mutex_.
  internal::LockRequest* waiting_ = nullptr;
  uint64_t visit_ = 0;  // the last deadlock search that came by
};

// The locks of one transaction, or those of a session that outlive its transactions, in the order
// they were taken.
class LockOwner {
 public:
  // Without a group it is one by itself. id: a transaction's, 0 for a session's own.
  LockOwner(LockTable& table, uint64_t id, LockGroup* group = nullptr)
      : table_(table), id_(id), group_(group != nullptr ? group : &own_group_) {}
  LockOwner(const LockOwner&) = delete;
  LockOwner& operator=(const LockOwner&) = delete;
  ~LockOwner() { ReleaseAll(); }

  uint64_t id() const { return id_; }
  LockGroup& group() const { return *group_.load(std::memory_order_acquire); }
  const LockTable& table() const { return table_; }

  // See KvTransaction::Lock. The key and options.cancel must outlive a wait.
  Async<Result<LockOutcome>> Lock(std::string_view key, const LockOptions& options);

  // See KvTransaction::LockRun. Where there is no memory for a lock, the run ends before it.
  size_t LockRun(std::span<const KeyValue> rows, LockMode mode);

  // Everything locked after mark() returned the value is released by ReleaseSince. Never less than
  // the number of locks held.
  size_t mark() {
    marked_ = taken_;
    return taken_;
  }
  void ReleaseSince(size_t mark);
  void ReleaseAll() { ReleaseSince(0); }
  // Whether somebody has waited for one of its locks.
  bool blocks_somebody() const { return group().blocks_somebody_.load(std::memory_order_relaxed); }
  // The row locks that somebody waits for: its commit has its place, but is not visible yet
  // (README.md, T15). The others stay.
  void ReleaseEarly(SequenceNumber sequence);
  // Of the commits whose locks were released early before these were taken, at least the newest one
  // that had any of them; perhaps another, younger one. 0: none.
  SequenceNumber released_early() const { return released_early_; }
  // One lock, taken in this very mode; false: it is not held.
  bool Release(std::string_view key, LockMode mode);
  // The owner is a party by itself from now on, and its group may go before it. It waits for
  // nothing.
  void LeaveGroup();
  // Others of its group hold one of its locks too.
  bool SharesLocks() const;
  // Those whose keys are known, and numbers that stand for the others, to be stored.
  std::vector<std::pair<LockMode, std::string>> Held() const;
  std::vector<uint64_t> HeldCompactly() const;

  // Whether there are many more locks than at the last Compact, which makes them smaller: those on
  // rows that nobody else has asked for. marks: those that ReleaseSince may be called with,
  // ascending.
  bool has_many() const { return grants_.size() >= compact_at_; }
  void Compact(std::span<const size_t> marks);
  // Takes locks that an owner had compactly before a restart. XX001: there are no such numbers, or
  // somebody has one of them.
  Status TakeCompactly(std::span<const uint64_t> stored);

 private:
  friend class LockTable;

  struct Grant {
    internal::LockEntry* entry;
    uint64_t number : 56;  // of all those taken; ascending
    LockMode mode;
  };
  static constexpr uint64_t kNumberMask = (uint64_t{1} << 56) - 1;

  // Grants that are compact, without a mark between them.
  struct Segment {
    uint64_t first = 0;  // number of a grant
    size_t count = 0;
    uint16_t slot = 0;
  };
  static constexpr size_t kCompactEach = size_t{1} << 14;

  // Room for one more, before it is taken.
  void ReserveGrant();
  void AddGrant(internal::LockEntry* entry, LockMode mode) {
    grants_.push_back({entry, taken_++ & kNumberMask, mode});
  }

  void Drop(const Grant& grant);
  // So many fewer are held.
  void Uncount(size_t count);
  size_t CompactRange(size_t begin, size_t end, size_t kept, std::span<const size_t> marks);
  // The slot that a lock taken now may go to at once, without ever having had an entry: that of the
  // last segment, unless there is a mark between. 0: there is none.
  uint16_t open_slot() const {
    return segments_.empty() || segments_.back().first < marked_ ? 0 : segments_.back().slot;
  }
  void AddCompactGrant() {
    ++taken_;
    ++segments_.back().count;
    ++group().grant_count_;
  }

  LockTable& table_;
  const uint64_t id_;
  LockGroup own_group_;  // of an owner without another
  std::atomic<LockGroup*> group_;
  std::vector<Grant> grants_;
  std::vector<Segment> segments_;  // ascending
  uint64_t taken_ = 0;
  uint64_t marked_ = 0;  // the last mark()
  size_t compact_at_ = kCompactEach;
  SequenceNumber released_early_ = 0;
};

class LockTable {
 public:
  LockTable();
  LockTable(const LockTable&) = delete;
  // All owners must be gone.
  ~LockTable();

  // Ids of the holders, then of the earlier waiters, that the owner's wait is for.
  std::vector<uint64_t> BlockingTransactions(uint64_t owner_id);
  // Likewise one of each group.
  std::vector<LockBlocker> BlockersOfGroup(LockGroup& group);
  // See KvStore::Locks.
  std::vector<LockInfo> Locks();

  // Whether anybody holds or awaits a kTableAccessExclusive, on whatever key; it may say yes a
  // little longer than is true.
  bool has_exclusive_tables() const { return exclusive_tables_.load() > 0; }

  struct Counts {
    uint64_t waits = 0;      // requests that had to wait, ever
    uint64_t deadlocks = 0;  // 40P01 given, ever
    uint64_t timeouts = 0;
    size_t waiting = 0;      // now
    size_t locked_keys = 0;  // now
  };
  Counts counts();

 private:
  friend class LockOwner;
  using Entry = internal::LockEntry;
  using Request = internal::LockRequest;
  using Shard = internal::LockShard;
  // Requests taken off their queues; their events are set when all mutexes have been released,
  // since that may run their coroutines at once.
  using WakeList = std::vector<Request*>;

  static constexpr size_t kShardCount = 64;  // by the upper six bits of the hash

  class CountedExclusive;
  enum class Attempt : uint8_t { kGranted, kHeld, kConflict };

  static size_t ShardIndex(uint64_t hash) { return hash >> 58; }
  Attempt TryLock(LockOwner& owner, std::string_view key, uint64_t hash, LockMode mode,
                  bool pass_waiters);
  // lock_compact.cc. A slot for holds of the owner; 0: all are taken.
  uint16_t TakeSlot(LockOwner& owner);
  // Releases what is held by it. Takes no memory.
  void ReleaseSlot(LockOwner& owner, uint16_t slot);
  // False: the hold stays as it is.
  bool TryCompact(LockOwner& owner, const LockOwner::Grant& grant, uint16_t slot);
  // After many entries have gone.
  void FitBuckets();
  // With the shard's mutex held, for a key without an entry. An answer where none is needed.
  std::optional<Attempt> AnswerByCompact(Shard& shard, LockOwner& owner, uint64_t hash,
                                         LockMode mode) const;
  // Likewise: the entry of a key that is held compactly, made now. Null: it is not.
  Entry* Expand(Shard& shard, std::string_view key, uint64_t hash);
  // With the shard's mutex held: the lock is free for the owner.
  static void Grant(Shard& shard, Entry* entry, LockOwner& owner, LockMode mode);
  Task<Result<LockOutcome>> WaitForLock(LockOwner& owner, std::string key, uint64_t hash,
                                        LockOptions options);
  // Queues the request, or grants it after all: true. Deadlocks that it makes have been resolved
  // then: it may have been refused already. An error: it was not even queued.
  Result<bool> Enqueue(Request* request, std::string_view key, uint64_t hash);
  // Takes the waiting request with this number off its queue with the status; none there: nothing.
  void Interrupt(uint64_t number, const Status& status);
  void Release(LockOwner& owner, const LockOwner::Grant& grant);
  bool IsAwaited(const LockOwner::Grant& grant);
  void NoteEarlyRelease(const LockOwner::Grant& grant, SequenceNumber sequence);
  // After the owner has got a lock on a key with the hash.
  void NoteReleasedEarly(LockOwner& owner, uint64_t hash) const {
    owner.released_early_ =
        std::max(owner.released_early_,
                 released_early_[hash % kReleasedSlots].load(std::memory_order_relaxed));
  }

  static void Wake(const WakeList& wake);
  // With wait_mutex_ held: whom the request waits for.
  struct Blockers {
    std::vector<const LockOwner*> holders;
    std::vector<const LockOwner*> earlier;  // waiters
  };
  Blockers BlockersOf(const Request& request);

  // With wait_mutex_ and the shard's mutex held.
  void RemoveFromQueue(Request* request);
  // It waits no longer, and is off its queue or about to be.
  void EndWait(Request* request);
  void GrantWaiters(Entry* entry, WakeList* wake);
  void FreeIfIdle(Entry* entry);
  static void NoteBlockers(Entry* entry);

  // lock_deadlock.cc; with wait_mutex_ held.
  struct Edge;
  void ResolveDeadlocks(Request* request, WakeList* wake);
  bool FindCycle(LockGroup* start, std::vector<Edge>* cycle);
  bool Visit(LockGroup* group, LockGroup* start, std::vector<Edge>* path);
  std::vector<Edge> ListBlockers(Request* request);
  bool TryReorder(const std::vector<Edge>& cycle, Request* request, WakeList* wake);
  static void TurnToFirstLook(std::vector<Edge>* cycle);
  void Refuse(const std::vector<Edge>& cycle, WakeList* wake);
  // Of a request that is about to be queued for what the other one waits for, with the shard's
  // mutex held too.
  static bool IsEarlyDeadlock(const Request& request, const Request& waiter);
  Status RefuseEarly(Request* request, Request* waiter);
  static Status DeadlockError(const std::vector<Edge>& cycle);

  std::unique_ptr<Shard[]> shards_;
  // By a part of the hash: the newest commit whose locks were released early. Stored before such a
  // release, read after a grant; the shard's mutex is in between.
  static constexpr size_t kReleasedSlots = 4096;
  std::unique_ptr<std::atomic<SequenceNumber>[]> released_early_;
  // Locks of kTableAccessExclusive held, waited for or being tried; counted before they can be had.
  std::atomic<size_t> exclusive_tables_{0};

  // By slot, whose holds these are: from before there is a hold until after the last one.
  std::vector<LockOwner*> slot_owners_;
  std::mutex slot_mutex_;             // the last one taken
  std::vector<uint16_t> free_slots_;  // guarded by slot_mutex_

  // Guards every queue, together with the queue's shard; taken before a shard's mutex. Only
  // requests that wait, and releases of keys somebody waits for, come here.
  std::mutex wait_mutex_;
  std::unordered_map<uint64_t, Request*> waiting_;  // by number
  uint64_t next_number_ = 1;
  uint64_t visit_count_ = 0;
  Counts counts_;
  Timer timer_;
};

}  // namespace shale::engine
