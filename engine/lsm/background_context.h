// What the background work of a store shares: its parts, how errors are met, when to stop.
// Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/lsm/health.h"
#include "engine/lsm/io_rate_limiter.h"
#include "engine/lsm/log_archiver.h"
#include "engine/lsm/log_segments.h"
#include "engine/lsm/lsm_statistics.h"
#include "engine/lsm/snapshot_list.h"
#include "engine/lsm/store_state.h"
#include "engine/lsm/table_jobs.h"
#include "engine/lsm/version_set.h"

namespace shale::engine {

struct BackgroundParts {
  const EngineOptions* options = nullptr;
  StoreState* state = nullptr;
  Health* health = nullptr;
  VersionSet* versions = nullptr;
  SnapshotList* snapshots = nullptr;
  LogSegments* segments = nullptr;
  LogArchiver* archiver = nullptr;
  ObsoleteFiles* obsolete = nullptr;
  OpenTables* open_tables = nullptr;
  LsmStatistics* statistics = nullptr;
};

class BackgroundContext {
 public:
  explicit BackgroundContext(const BackgroundParts& parts);

  const BackgroundParts& parts() const { return parts_; }
  bool stopping() const { return stopping_.load(); }
  // Ends waits; jobs give up soon.
  void Stop();

  enum class Outcome { kDone, kNothingToDo, kRetryLater, kGiveUp };
  // Reports the error, and says what comes next.
  Outcome HandleError(Health::Activity activity, const Status& status);
  // Waits a little, longer each time in a row; false when the store is closing.
  bool WaitToRetry(int* retries);
  // Of jobs that failed, or whose edit did.
  void Discard(const JobResult& job);
  JobContext job_context();
  // What a job that begins now must keep.
  LiveSnapshots SnapshotsToClean();
  // The same for deciding whether there is anything to clean.
  LiveSnapshots SnapshotsNow() const;

 private:
  const BackgroundParts parts_;
  std::atomic<bool> stopping_{false};
  std::mutex retry_mutex_;
  std::condition_variable retry_;
  std::unique_ptr<IoRateLimiter> limiter_;  // null: no limit
};

}  // namespace shale::engine
