// Background: the threads that move data down: one flushes memtables and tidies up, others compact.
// Nobody waits for them but writers short of room and callers of Flush and CompactRange.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "engine/base/executor.h"
#include "engine/lsm/compaction_picker.h"
#include "engine/lsm/health.h"
#include "engine/lsm/log_segments.h"
#include "engine/lsm/lsm_statistics.h"
#include "engine/lsm/snapshot_list.h"
#include "engine/lsm/store_state.h"
#include "engine/lsm/table_jobs.h"
#include "engine/lsm/version_set.h"

namespace shale::engine {

// A caller's wish to have a range rewritten; lives in its coroutine until done is set.
struct RangeCompaction {
  UserKeyRange range;
  Status status;
  Event done;
};

class Background {
 public:
  struct Parts {
    const EngineOptions* options = nullptr;
    StoreState* state = nullptr;
    Health* health = nullptr;
    VersionSet* versions = nullptr;
    const SnapshotList* snapshots = nullptr;
    LogSegments* segments = nullptr;
    ObsoleteFiles* obsolete = nullptr;
    LsmStatistics* statistics = nullptr;
  };

  explicit Background(Parts parts);
  ~Background();

  // Thread-safe; return at once. After Stop they do nothing.
  void ScheduleFlush();
  void ScheduleCompaction();
  void SchedulePrepareSegment();
  void ScheduleTidying();
  void Schedule(RangeCompaction* request);

  // Keeps all of it from running, having waited for what does, until Resume by the same thread: for
  // the verifier. Blocks.
  void Pause();
  void Resume();

  // Gives up what is running and ends the threads.
  void Stop();
  // Deletes what nothing refers to any more; what cannot be deleted now is kept for the next time.
  // Blocks.
  void DeleteObsoleteFiles();

 private:
  enum class Outcome { kDone, kNothingToDo, kRetryLater, kGiveUp };

  void FlushAll();
  Outcome FlushOne();
  void CompactAll();
  Outcome CompactOne();
  Status CompactRange(const UserKeyRange& range);
  // Marks the inputs busy; Run unmarks them.
  void MarkBusy(const Compaction& compaction, bool busy);
  Status Run(const Compaction& compaction);
  Status ApplyCompaction(const Compaction& compaction, std::vector<TableMetadata> tables);
  void Discard(const std::vector<TableMetadata>& tables);
  Outcome HandleError(Health::Activity activity, const Status& status);
  // Waits a little, longer each time in a row; false when the store is closing.
  bool WaitToRetry(int* retries);
  JobContext job_context() const;
  void Post(const std::unique_ptr<ThreadPool>& pool, std::function<void()> function);

  const Parts parts_;
  std::mutex post_mutex_;  // orders posts and the setting of stopping_
  std::atomic<bool> stopping_{false};
  std::atomic<bool> flush_scheduled_{false};
  std::atomic<bool> tidying_scheduled_{false};
  std::atomic<int> compactions_scheduled_{0};

  std::mutex flush_mutex_;    // held by a running flush; before all others
  std::mutex tidying_mutex_;  // held while files are deleted
  std::mutex retry_mutex_;
  std::condition_variable retry_;

  std::mutex compaction_mutex_;  // guards the picker, TableFile::busy and what follows
  std::condition_variable compaction_done_;
  CompactionPicker picker_;
  int compactions_running_ = 0;
  int range_compactions_ = 0;  // wanted or running: nothing else is picked
  bool range_compaction_running_ = false;

  std::unique_ptr<ThreadPool> flush_pool_;
  std::unique_ptr<ThreadPool> compaction_pool_;
};

}  // namespace shale::engine
