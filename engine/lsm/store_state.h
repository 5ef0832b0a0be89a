// StoreState: the memtables, the current version and what waits for them to change. The one mutex
// of the store that writers, flush and compaction share; held for moments only, never over I/O.
// Readers never take it: each change also puts a new ReadView in force.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/base/executor.h"
#include "engine/lsm/health.h"
#include "engine/lsm/lsm_statistics.h"
#include "engine/lsm/read_view.h"
#include "engine/lsm/version_edit.h"
#include "engine/lsm/write_controller.h"
#include "engine/options.h"

namespace shale::engine {

// A memtable and where the log begins to describe it. Frozen by a batch with a sorted run, it has
// that on top.
struct LoggedMemTable {
  std::shared_ptr<MemTable> memtable;
  LogStart log_start;
  uint64_t id = 0;  // counts memtables since the store was opened
  TableFiles run;   // newer than the memtable, in key order
};

// Waits until a memtable is in tables, or cannot get there.
struct FlushWaiter {
  uint64_t memtable_id = 0;
  Status status;
  Event done;
};

class StoreState {
 public:
  StoreState(const EngineOptions& options, Health* health, LsmStatistics* statistics)
      : options_(options), health_(health), statistics_(statistics), controller_(options) {}

  // Before anything runs.
  void Start(std::shared_ptr<MemTable> memtable, LogStart log_start,
             std::shared_ptr<const Version> version);

  // The memtable that writers fill in turn; only the log thread changes which one that is.
  MemTable& active() { return *active_.memtable; }
  // Freezes the active memtable behind the others, with this run on top, and goes on in a new one.
  void SwitchMemTable(LogStart log_start, TableFiles run = {});

  // Whether a writer may go on at once, without WaitForRoom. No lock; who has the writers' turn.
  bool HasRoom() const {
    return active_.memtable->memory_bytes() < free_bytes_.load(std::memory_order_acquire);
  }
  // What a writer must do before it goes on.
  enum class Room { kGoOn, kSwitch };
  // Waits as long as flush and compaction need to keep up with writing so many bytes
  // (WriteController), or until they are done with something where there is no room at all; an
  // error where waiting is pointless. Log thread only.
  Result<Room> WaitForRoom(uint64_t bytes);
  // The same for a writer that will freeze the active memtable: waits until there are few others.
  Status WaitForRoomToFreeze();

  // The oldest frozen memtable and where the log begins that is needed once it is in tables.
  struct FlushWork {
    LoggedMemTable memtable;
    LogStart next_log_start;
  };
  std::optional<FlushWork> OldestFrozen();
  void InstallFlushed(uint64_t memtable_id, std::shared_ptr<const Version> version);
  void InstallVersion(std::shared_ptr<const Version> version);

  // Completes the waiter once its memtable is flushed, with the memtable's id set by the caller.
  void AddFlushWaiter(FlushWaiter* waiter);
  // Fails those who wait, where the store cannot flush any more.
  void FailFlushWaiters(const Status& status);

  // Closes table readers beyond the limit of OpenTables. Waits for lookups that may be inside one.
  void CloseExcessTables(OpenTables* open_tables);

  std::shared_ptr<const Version> version() const;
  uint64_t active_id() const;
  size_t frozen_count() const;
  // As of now; what WriteController makes of it is how much writers are slowed.
  WritePressure write_pressure() const;
  size_t memtable_bytes() const;
  ReadViews& views() { return views_; }

  // Wakes whoever waits for room, to look again: health or shutdown changed.
  void Wake();
  std::mutex& mutex() { return mutex_; }
  std::condition_variable& changed() { return changed_; }

 private:
  // All under mutex_.
  std::shared_ptr<const Version> SetVersion(std::shared_ptr<const Version> version);
  WritePressure PressureNow() const;
  void InstallView();
  std::vector<FlushWaiter*> TakeCompletedWaiters();

  const EngineOptions& options_;
  Health* const health_;
  LsmStatistics* const statistics_;
  const WriteController controller_;
  WriteThrottle throttle_;  // log thread only

  mutable std::mutex mutex_;  // guards all below but views_
  std::condition_variable changed_;
  LoggedMemTable active_;
  std::deque<LoggedMemTable> frozen_;  // oldest first
  std::shared_ptr<const Version> version_;
  std::vector<FlushWaiter*> flush_waiters_;
  uint64_t debt_bytes_ = 0;  // of version_
  // The active memtable may grow to this without anything to wait for.
  std::atomic<size_t> free_bytes_{0};
  ReadViews views_;
};

}  // namespace shale::engine
