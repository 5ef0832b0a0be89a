// Health: whether the store takes writes, and why not.
//
// The policy, in one place: what an error of the storage does, by what was being done.
//
//   doing                            53100 disk full               anything else
//   log: append, new segment         refuse writes until a probe   log is poisoned: refuse writes
//                                    finds room                    until the store is opened again
//   log: sync                        poisoned, never retried       poisoned, never retried
//   flush: write tables, edit        refuse writes, retry          refuse writes until opened again
//   compaction: write tables, edit   retry; refuse writes only     refuse writes until opened again
//                                    where they wait for it
//   compaction, flush: read tables   -                             the same; XX001 names the place
//   deletion of obsolete files       retry later                   retry later; warn
//   reads                            the one call fails            the one call fails
//
// And what a failed allocation does (std::bad_alloc, engine/base/out_of_memory.h), by its thread:
//
//   the caller's, in a call          the one call fails: 53200, nothing was written
//   the caller's, in a write's turn  log is poisoned; the outcome is unknown (40003)
//   flush, compaction: write tables  as 53100
//   the store's own, elsewhere       the process ends: nothing safe can be said of a log, a version
//                                    or a queue left half changed, and recovery is made for it
//
// Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <mutex>

#include "engine/base/status.h"

namespace shale::engine {

class Health {
 public:
  enum class Activity : uint8_t { kLog, kFlush, kCompaction };

  // What passes by itself: a full disk, and a job that memory ran out for.
  static bool Passes(const Status& error) {
    return error.Is(sqlstate::kDiskFull) || error.Is(sqlstate::kOutOfMemory);
  }
  // Applies the policy to an error of the activity.
  void Report(Activity activity, const Status& error);
  // Even 53100 is final: of a sync.
  void Poison(Activity activity, const Status& error);
  // Memory ran out in the middle of a write. Needs none.
  void PoisonOutOfMemory() noexcept;
  // The activity succeeded again.
  void Recovered(Activity activity);

  // Ok, or why new writes are refused. One atomic load where all is well.
  Status WriteStatus() const;
  // The same, and also a compaction that found the disk full.
  Status StallStatus() const;
  bool lacks_space(Activity activity) const {
    return (lacking_.load(std::memory_order_acquire) & Bit(activity)) != 0;
  }
  bool failed() const { return failed_.load(std::memory_order_acquire); }

 private:
  static constexpr uint32_t Bit(Activity activity) {
    return uint32_t{1} << static_cast<uint32_t>(activity);
  }

  std::atomic<bool> failed_{false};
  std::atomic<uint32_t> lacking_{0};  // activities that found the disk full, or no memory
  mutable std::mutex mutex_;
  Status failure_;  // guarded by mutex_; the first one
  // What it becomes where there is no memory for another; guarded by mutex_.
  Status out_of_memory_ =
      Error(sqlstate::kIoError, "writes are refused: memory ran out while the log was written")
          .Hint("Restart the server.");
  Status no_space_;  // guarded by mutex_; the latest one
};

}  // namespace shale::engine
