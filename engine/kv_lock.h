// Locks, as the SQL layer asks a storage engine for them (kv_store.h): modes, how to wait, who
// holds what, and the sessions that locks may belong to beyond a transaction.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/base/status.h"
#include "engine/base/task.h"

namespace shale::engine {

// Row strengths and table modes, with PostgreSQL's conflict tables (its manual, section 13.3), and
// those of advisory locks. The three families never meet on one key. Stored by number.
enum class LockMode : uint8_t {
  kKeyShare,
  kShare,
  kNoKeyUpdate,
  kUpdate,
  kTableAccessShare,
  kTableRowShare,
  kTableRowExclusive,
  kTableShareUpdateExclusive,
  kTableShare,
  kTableShareRowExclusive,
  kTableExclusive,
  kTableAccessExclusive,
  kAdvisoryShare,
  kAdvisoryExclusive,
  // Of rows, too. Who locks a row FOR NO KEY UPDATE, or FOR UPDATE, and does not change it (yet):
  // the two that are named so are of those who do.
  kForNoKeyUpdate,
  kForUpdate,
  // Held for a moment, to wait for who changes the row, and for nobody who has but locked it.
  kPresence,
};

constexpr bool IsRowMode(LockMode mode) {
  return mode <= LockMode::kUpdate || mode >= LockMode::kForNoKeyUpdate;
}
constexpr bool IsAdvisoryMode(LockMode mode) {
  return mode == LockMode::kAdvisoryShare || mode == LockMode::kAdvisoryExclusive;
}

enum class LockWait : uint8_t { kWait, kNoWait, kSkipLocked };

// What stops a waiting call from outside: cancel request, statement_timeout, lock_timeout. Cancel
// may be called from any thread, any number of times; Reset only between statements.
class CancelToken {
 public:
  // The status that interrupted calls return (57014 by default) is the reason given first.
  void Cancel(Status reason);
  void Reset();
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  Status reason() const;  // of a cancelled one
  // The function runs at Cancel, at once if cancelled already, on the cancelling thread; at most
  // one at a time. Unregister returns only when it neither runs nor will run.
  void Register(std::function<void()> function);
  // Called from within the function it returns at once.
  void Unregister();

 private:
  // Runs the registered function, if any, without the mutex.
  void RunFunction(std::unique_lock<std::mutex> lock);

  mutable std::mutex mutex_;
  std::condition_variable function_done_;
  std::atomic<bool> cancelled_{false};
  Status reason_;
  std::function<void()> function_;
  std::thread::id running_;  // the thread inside the function
};

struct LockOptions {
  LockMode mode = LockMode::kUpdate;
  LockWait wait = LockWait::kWait;
  std::chrono::milliseconds timeout{0};  // lock_timeout; 0: none
  // Of those who wait in a circle, whose time is up first is refused with 40P01: its wait's
  // beginning plus this; who has waited for longer already is out of it.
  std::chrono::milliseconds deadlock_timeout{1000};
  CancelToken* cancel = nullptr;  // may be null
};

enum class LockOutcome : uint8_t {
  kGranted,  // at once, or held already
  kWaited,   // granted after a wait: what was read before may have changed
  kSkipped,  // kSkipLocked, and somebody holds it
};

// A lock held or waited for, as a moment showed it.
struct LockInfo {
  std::string key;
  LockMode mode = LockMode::kUpdate;
  bool granted = true;
  uint64_t session = 0;         // LockSessionOptions::id; 0: nobody's
  uint64_t transaction = 0;     // 0: the session's own, which outlives its transactions
  int64_t wait_started_us = 0;  // since 1970, of one not granted
  uint64_t blocker = 0;         // of one not granted: a transaction that holds what it waits for
  bool queued = false;          // others wait for the same key before it
};

struct LockSessionOptions {
  uint64_t id = 0;  // how listings and errors name it: a process number
  // What it waits for, in a deadlock's detail: "ShareLock on transaction 7". Null: mode and key.
  std::string (*describe)(LockMode mode, std::string_view key, uint64_t holder) = nullptr;
};

// Who stands in the way of a wait.
struct LockBlocker {
  uint64_t session = 0;      // as LockInfo's
  uint64_t transaction = 0;  // likewise
};

// Locks that outlive transactions, and what makes one party of them and the session's transactions:
// these never stand in each other's way, and a circle of waits through any of them is found. Used
// by one coroutine at a time, the one that uses the session's transactions, unless said otherwise.
class LockSession {
 public:
  // Releases all. The session's transactions have ended.
  virtual ~LockSession() = default;
  // As KvTransaction::Lock, counted: what is locked twice must be unlocked twice.
  virtual Async<Result<LockOutcome>> Lock(std::string_view key, const LockOptions& options) = 0;
  // False: the session itself does not hold it.
  virtual bool Unlock(std::string_view key, LockMode mode) = 0;
  virtual void UnlockAll() = 0;
  // What the session or its transaction waits for, if anything. Thread-safe.
  virtual std::optional<LockMode> waits_for() const = 0;
  // Whom it waits for: holders, then earlier waiters, each session once. Thread-safe.
  virtual std::vector<LockBlocker> Blockers() = 0;
};

}  // namespace shale::engine
