// Health: whether the store takes writes, and why not.
//
// The policy, in one place: what an error of the storage does, by what was being done.
//
//   doing                            53100 disk full               anything else
//   log: append, new segment         refuse writes until a probe   log is poisoned: refuse writes
//   until the
//                                    finds room                    store is opened again
//   log: sync                        poisoned, never retried       poisoned, never retried
//   flush: write tables, edit        refuse writes, retry          refuse writes until opened again
//   compaction: write tables, edit   retry; refuse writes only     refuse writes until opened again
//                                    where they wait for it
//   compaction, flush: read tables   -                             the same; XX001 names file and
//   offset deletion of obsolete files       retry later                   retry later; warn reads
//   the one call fails            the one call fails
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

  // Applies the policy to an error of the activity.
  void Report(Activity activity, const Status& error);
  // Even 53100 is final: of a sync.
  void Poison(Activity activity, const Status& error);
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
  std::atomic<uint32_t> lacking_{0};  // activities that found the disk full
  mutable std::mutex mutex_;
  Status failure_;   // guarded by mutex_; the first one
  Status no_space_;  // guarded by mutex_; the latest one
};

}  // namespace shale::engine
