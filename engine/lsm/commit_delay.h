// CommitDelay: whether a sync is to wait for company, and for how long.
//
// Where half of the writers come while the other half's sync runs, each waits for two syncs: the
// one under way, which does not cover it, and its own. If those that a sync has let go come back
// with their next writes sooner than the next sync would take, a sync that waits for them covers
// all: one sync and a short wait in place of two. Where they take longer than that (the disk is
// fast, or they have other things to do) the sync starts at once. Both times are measured as it
// goes, so that a wait is at most as long as a sync, and one that was in vain tells against the
// next. PostgreSQL has fixed numbers for the same (commit_delay, commit_siblings).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "engine/base/clock.h"

namespace shale::engine {

// Times are in nanoseconds of the monotonic clock.
class CommitDelay {
 public:
  explicit CommitDelay(Clock& clock = SystemClock()) : clock_(clock) {}

  // Thread-safe: a write that asks for a sync has come.
  void NoteArrival();
  // Of the log thread, before the writers whom the sync has let go hear of it.
  void NoteSync(int64_t started, int64_t ended, size_t writers);
  // Of the log thread, with writes to be synced: waits for those that were let go last, if that is
  // worth it. False: it has not waited, or has done so since the last sync already.
  bool WaitForCompany();

  // Until when it would wait now; 0: not at all.
  int64_t Deadline() const;

 private:
  bool AllAreBack() const { return arrived_.load() >= expected_.load(); }

  Clock& clock_;
  // Since the last sync.
  std::atomic<size_t> arrived_{0};
  std::atomic<size_t> expected_{0};  // of those let go: all, but for one in 32
  std::atomic<int64_t> all_back_at_{0};
  std::atomic<bool> waiting_{false};
  std::mutex mutex_;
  std::condition_variable all_are_back_;

  // The log thread's.
  bool has_waited_ = false;
  int64_t let_go_at_ = 0;
  int64_t last_sync_nanos_ = 0;
  int64_t sync_nanos_ = 0;    // the shorter one of the last two
  int64_t return_nanos_ = 0;  // what those expected take to come back; 0: not known
};

}  // namespace shale::engine
