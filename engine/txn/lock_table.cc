#include "engine/txn/lock_table.h"

#include <xxhash.h>

#include <algorithm>
#include <new>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/cleanup.h"
#include "engine/base/clock.h"
#include "engine/txn/lock_entry.h"

namespace shale::engine {

using internal::LockHold;

Async<Result<LockOutcome>> LockOwner::Lock(std::string_view key, const LockOptions& options) {
  using R = Result<LockOutcome>;
  uint64_t hash = XXH3_64bits(key.data(), key.size());
  // PostgreSQL gives a row lock to who will not wait even where somebody waits for a stronger one;
  // and who waits to change a row has not changed it.
  bool pass_waiters = options.mode == LockMode::kPresence ||
                      (IsRowMode(options.mode) && options.wait != LockWait::kWait);
  if (table_.TryLock(*this, key, hash, options.mode, pass_waiters) !=
      LockTable::Attempt::kConflict) {
    return R(LockOutcome::kGranted);
  }
  switch (options.wait) {
    case LockWait::kSkipLocked:
      return R(LockOutcome::kSkipped);
    case LockWait::kNoWait:
      return R(Error(sqlstate::kLockNotAvailable, "could not obtain lock"));
    case LockWait::kWait:
      break;
  }
  return table_.WaitForLock(*this, std::string(key), hash, options);
}

// The memory that holds of very many rows lie in is in no cache: it is asked for some keys ahead.
size_t LockOwner::LockRun(std::span<const KeyValue> rows, LockMode mode) {
  constexpr size_t kAhead = 16;
  uint64_t hashes[kAhead] = {};  // of the next ones
  auto look_ahead = [&](size_t row) {
    if (row >= rows.size()) return;
    const std::string_view key = rows[row].key;
    const uint64_t hash = XXH3_64bits(key.data(), key.size());
    hashes[row % kAhead] = hash;
    table_.shards_[LockTable::ShardIndex(hash)].compact.Prefetch(hash);
  };
  for (size_t row = 0; row < kAhead; ++row) look_ahead(row);
  size_t locked = 0;
  try {
    for (; locked < rows.size(); ++locked) {
      const uint64_t hash = hashes[locked % kAhead];
      look_ahead(locked + kAhead);
      const auto attempt =
          table_.TryLock(*this, rows[locked].key, hash, mode, mode == LockMode::kPresence);
      if (attempt == LockTable::Attempt::kConflict) break;
    }
  } catch (const std::bad_alloc&) {  // Lock of the next one tells
  }
  return locked;
}

// A hold without its grant would never be released.
void LockOwner::ReserveGrant() {
  if (grants_.size() < grants_.capacity()) return;
  grants_.reserve(std::max<size_t>(8, grants_.capacity() * 2));
}

void LockOwner::ReleaseSince(size_t mark) {
  // In reverse: a stronger mode goes before the weaker one it was taken after. Those that are
  // compact are the first of their keys.
  while (!grants_.empty() && grants_.back().number >= mark) {
    Grant grant = grants_.back();
    grants_.pop_back();
    Drop(grant);
  }
  while (!segments_.empty() && segments_.back().first >= mark) {
    const Segment segment = segments_.back();
    segments_.pop_back();
    table_.ReleaseSlot(*this, segment.slot);
    Uncount(segment.count);
  }
  taken_ = std::min<uint64_t>(taken_, mark);
  marked_ = std::min<uint64_t>(marked_, mark);
  compact_at_ = std::max(kCompactEach, std::min(compact_at_, grants_.size() + kCompactEach));
}

// In reverse: no mode is left behind that the one just released was stronger than.
void LockOwner::ReleaseEarly(SequenceNumber sequence) {
  if (!blocks_somebody()) return;
  for (size_t i = grants_.size(); i-- > 0;) {
    if (!IsRowMode(grants_[i].mode) || !table_.IsAwaited(grants_[i])) continue;
    table_.NoteEarlyRelease(grants_[i], sequence);
    Grant grant = grants_[i];
    grants_.erase(grants_.begin() + static_cast<ptrdiff_t>(i));
    Drop(grant);
  }
}

bool LockOwner::Release(std::string_view key, LockMode mode) {
  auto found = std::find_if(grants_.rbegin(), grants_.rend(), [&](const Grant& grant) {
    return grant.mode == mode && grant.entry->key() == key;
  });
  if (found == grants_.rend()) return false;
  Grant grant = *found;
  grants_.erase(std::prev(found.base()));
  Drop(grant);
  return true;
}

void LockOwner::Drop(const Grant& grant) {
  table_.Release(*this, grant);
  Uncount(1);
}

void LockOwner::Uncount(size_t count) {
  LockGroup& group = this->group();
  group.grant_count_ -= count;
  // Who holds nothing is waited for by nobody.
  if (group.grant_count_ == 0) group.blocks_somebody_.store(false, std::memory_order_relaxed);
}

// Searches look at groups with wait_mutex_ held, others at holders with their shard's mutex: once
// this has been through all of them nobody sees the group that was left.
void LockOwner::LeaveGroup() {
  LockGroup& left = group();
  if (&left == &own_group_) return;
  std::lock_guard wait_lock(table_.wait_mutex_);
  size_t held = grants_.size();
  for (const Segment& segment : segments_) held += segment.count;
  own_group_.grant_count_ = held;
  left.grant_count_ -= held;
  own_group_.blocks_somebody_.store(left.blocks_somebody_.load(std::memory_order_relaxed),
                                    std::memory_order_relaxed);
  group_.store(&own_group_, std::memory_order_release);
  for (size_t i = 0; i < LockTable::kShardCount; ++i) {
    std::lock_guard lock(table_.shards_[i].mutex);
  }
}

bool LockOwner::SharesLocks() const {
  return std::ranges::any_of(grants_, [this](const Grant& grant) {
    std::lock_guard lock(table_.shards_[grant.entry->shard].mutex);
    if (grant.entry->wait == nullptr) return false;  // one holder
    return std::ranges::any_of(grant.entry->wait->holds, [this](const auto& hold) {
      return hold.owner != this && &hold.owner->group() == &group();
    });
  });
}

// Counts a lock of kTableAccessExclusive while it is asked for, and beyond where it was granted.
class LockTable::CountedExclusive {
 public:
  CountedExclusive(LockTable* table, LockMode mode)
      : table_(mode == LockMode::kTableAccessExclusive ? table : nullptr) {
    if (table_ != nullptr) ++table_->exclusive_tables_;
  }
  CountedExclusive(const CountedExclusive&) = delete;
  CountedExclusive& operator=(const CountedExclusive&) = delete;
  ~CountedExclusive() {
    if (table_ != nullptr) --table_->exclusive_tables_;
  }
  void Keep() { table_ = nullptr; }

 private:
  LockTable* table_;
};

LockTable::LockTable()
    : shards_(std::make_unique<Shard[]>(kShardCount)),
      released_early_(std::make_unique<std::atomic<SequenceNumber>[]>(kReleasedSlots)),
      slot_owners_(internal::CompactHolds::kSlotMax + 1) {
  for (uint16_t slot = internal::CompactHolds::kSlotMax; slot > 0; --slot) {
    free_slots_.push_back(slot);
  }
}

LockTable::~LockTable() { CHECK(waiting_.empty()); }

LockTable::Attempt LockTable::TryLock(LockOwner& owner, std::string_view key, uint64_t hash,
                                      LockMode mode, bool pass_waiters) {
  size_t shard_index = ShardIndex(hash);
  Shard& shard = shards_[shard_index];
  owner.ReserveGrant();
  CountedExclusive counted(this, mode);
  std::lock_guard lock(shard.mutex);
  Entry* entry = shard.Find(key, hash);
  if (entry == nullptr && (!shard.compact.empty() || owner.open_slot() != 0)) {
    if (auto answer = AnswerByCompact(shard, owner, hash, mode)) return *answer;
    entry = Expand(shard, key, hash);
  }
  if (entry == nullptr) {
    entry = shard.Insert(key, hash, static_cast<uint8_t>(shard_index));
  } else {
    if (Covers(entry->ModesOf(&owner), mode)) return Attempt::kHeld;
    LockModeMask conflicts = ConflictsOf(mode);
    if ((entry->ModesOfOthers(owner.group()) & conflicts) != 0) return Attempt::kConflict;
    if (!pass_waiters && (entry->WaitingModes() & conflicts) != 0) return Attempt::kConflict;
  }
  Grant(shard, entry, owner, mode);
  if (IsRowMode(mode)) NoteReleasedEarly(owner, hash);
  counted.Keep();
  return Attempt::kGranted;
}

void LockTable::Grant(Shard& shard, Entry* entry, LockOwner& owner, LockMode mode) {
  shard.AddHold(entry, &owner, mode);
  owner.AddGrant(entry, mode);
  ++owner.group().grant_count_;
  if (entry->has_queue()) owner.group().blocks_somebody_.store(true, std::memory_order_relaxed);
}

Task<Result<LockOutcome>> LockTable::WaitForLock(LockOwner& owner, std::string key, uint64_t hash,
                                                 LockOptions options) {
  Request request;
  request.owner = &owner;
  request.mode = options.mode;
  request.deadlock_due = std::chrono::steady_clock::now() + options.deadlock_timeout;
  request.started_us = SystemClock().WallMicros();
  CountedExclusive counted(this, options.mode);
  CO_ASSIGN_OR_RETURN(const bool granted, Enqueue(&request, key, hash));
  if (granted) {
    if (IsRowMode(options.mode)) NoteReleasedEarly(owner, hash);
    counted.Keep();
    co_return LockOutcome::kGranted;
  }

  // Both interruptions name the wait by its number, so they may come late without harm.
  uint64_t number = request.number;
  Timer::Entry timer_entry;
  if (options.timeout.count() > 0) {
    timer_entry = timer_.Schedule(std::chrono::steady_clock::now() + options.timeout, [=, this] {
      Interrupt(number,
                Error(sqlstate::kLockNotAvailable, "canceling statement due to lock timeout"));
    });
  }
  CancelToken* cancel = options.cancel;
  if (cancel != nullptr) {
    cancel->Register([=, this] { Interrupt(number, cancel->reason()); });
  }
  co_await request.done;
  if (cancel != nullptr) cancel->Unregister();
  if (options.timeout.count() > 0) timer_.Cancel(timer_entry);
  CO_RETURN_IF_ERROR(std::move(request.status));
  if (IsRowMode(options.mode)) NoteReleasedEarly(owner, hash);
  counted.Keep();
  co_return LockOutcome::kWaited;
}

// The place in the queue is PostgreSQL's (proc.c, ProcSleep): at the end, but before the first
// waiter that waits for what the requester holds. If there nothing is in the way, the lock is
// granted.
Result<bool> LockTable::Enqueue(Request* request, std::string_view key, uint64_t hash) {
  WakeList wake;
  {
    std::lock_guard wait_lock(wait_mutex_);
    size_t shard_index = ShardIndex(hash);
    Shard& shard = shards_[shard_index];
    LockOwner& owner = *request->owner;
    LockGroup& group = owner.group();
    {
      std::lock_guard lock(shard.mutex);
      Entry* entry = shard.Find(key, hash);
      if (entry == nullptr) entry = Expand(shard, key, hash);
      if (entry == nullptr) entry = shard.Insert(key, hash, static_cast<uint8_t>(shard_index));
      LockModeMask mine = entry->ModesOfGroup(group);
      LockModeMask conflicts = ConflictsOf(request->mode);
      LockModeMask ahead = 0;
      size_t position = 0;
      std::vector<Request*>& queue = shard.WaitOf(entry)->queue;
      for (; position < queue.size(); ++position) {
        if ((ConflictsOf(queue[position]->mode) & mine) != 0) break;
        ahead |= MaskOf(queue[position]->mode);
      }
      if (position < queue.size() && IsEarlyDeadlock(*request, *queue[position])) {
        return RefuseEarly(request, queue[position]);
      }
      if ((conflicts & (ahead | entry->ModesOfOthers(group))) == 0) {
        Grant(shard, entry, owner, request->mode);
        return true;
      }
      queue.insert(queue.begin() + static_cast<ptrdiff_t>(position), request);
      request->entry = entry;
      request->number = next_number_++;
      DCHECK(group.waiting_ == nullptr);
      group.waiting_ = request;
      group.waiting_mode_.store(static_cast<uint8_t>(request->mode), std::memory_order_relaxed);
      waiting_.emplace(request->number, request);
      ++counts_.waits;
      NoteBlockers(entry);
    }
    ResolveDeadlocks(request, &wake);
  }
  Wake(wake);
  return false;
}

void LockTable::Interrupt(uint64_t number, const Status& status) {
  WakeList wake;
  {
    std::lock_guard wait_lock(wait_mutex_);
    auto found = waiting_.find(number);
    if (found == waiting_.end()) return;
    Request* request = found->second;
    Entry* entry = request->entry;
    std::lock_guard lock(shards_[entry->shard].mutex);
    RemoveFromQueue(request);
    request->status = status;
    if (status.Is(sqlstate::kLockNotAvailable)) ++counts_.timeouts;
    wake.push_back(request);
    GrantWaiters(entry, &wake);
    FreeIfIdle(entry);
  }
  Wake(wake);
}

void LockTable::Release(LockOwner& owner, const LockOwner::Grant& grant) {
  Cleanup uncount([&] {
    if (grant.mode == LockMode::kTableAccessExclusive) --exclusive_tables_;
  });
  Entry* entry = grant.entry;
  Shard& shard = shards_[entry->shard];
  {
    std::lock_guard lock(shard.mutex);
    if (!entry->has_queue()) {
      shard.DropHold(entry, &owner, grant.mode);
      FreeIfIdle(entry);
      return;
    }
  }
  // Still held, so the entry stays; somebody waits, or did a moment ago.
  WakeList wake;
  {
    std::lock_guard wait_lock(wait_mutex_);
    std::lock_guard lock(shard.mutex);
    shard.DropHold(entry, &owner, grant.mode);
    GrantWaiters(entry, &wake);
    FreeIfIdle(entry);
  }
  Wake(wake);
}

bool LockTable::IsAwaited(const LockOwner::Grant& grant) {
  std::lock_guard lock(shards_[grant.entry->shard].mutex);
  return grant.entry->has_queue();
}

void LockTable::NoteEarlyRelease(const LockOwner::Grant& grant, SequenceNumber sequence) {
  std::atomic<SequenceNumber>& slot = released_early_[grant.entry->hash % kReleasedSlots];
  SequenceNumber seen = slot.load(std::memory_order_relaxed);
  while (seen < sequence && !slot.compare_exchange_weak(seen, sequence)) {
  }
}

void LockTable::Wake(const WakeList& wake) {
  for (Request* request : wake) request->done.Set();
}

void LockTable::RemoveFromQueue(Request* request) {
  std::erase(request->entry->wait->queue, request);
  EndWait(request);
}

void LockTable::EndWait(Request* request) {
  LockGroup& group = request->owner->group();
  group.waiting_ = nullptr;
  group.waiting_mode_.store(LockGroup::kNoMode, std::memory_order_relaxed);
  request->entry = nullptr;
  waiting_.erase(request->number);
}

// Serves, in order, those who conflict neither with a holder nor with a waiter that stays before
// them.
void LockTable::GrantWaiters(Entry* entry, WakeList* wake) {
  if (!entry->has_queue()) return;
  Shard& shard = shards_[entry->shard];
  std::vector<Request*>& queue = entry->wait->queue;
  size_t kept = 0;
  LockModeMask ahead = 0;
  for (Request* request : queue) {
    LockModeMask conflicts = ConflictsOf(request->mode);
    if ((conflicts & (ahead | entry->ModesOfOthers(request->owner->group()))) != 0) {
      ahead |= MaskOf(request->mode);
      queue[kept++] = request;
      continue;
    }
    shard.AddHold(entry, request->owner, request->mode);
    request->owner->AddGrant(entry, request->mode);
    ++request->owner->group().grant_count_;
    EndWait(request);
    wake->push_back(request);
  }
  queue.resize(kept);
  if (kept > 0) NoteBlockers(entry);
}

void LockTable::FreeIfIdle(Entry* entry) {
  if (entry->idle()) shards_[entry->shard].Remove(entry);
}

void LockTable::NoteBlockers(Entry* entry) {
  for (const LockHold& hold : entry->wait->holds) {
    hold.owner->group().blocks_somebody_.store(true, std::memory_order_relaxed);
  }
}

LockTable::Counts LockTable::counts() {
  std::lock_guard wait_lock(wait_mutex_);
  Counts counts = counts_;
  counts.waiting = waiting_.size();
  for (size_t i = 0; i < kShardCount; ++i) {
    std::lock_guard lock(shards_[i].mutex);
    counts.locked_keys += shards_[i].entry_count + shards_[i].compact.size();
  }
  return counts;
}

}  // namespace shale::engine
