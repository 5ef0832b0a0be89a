// Sync points: named places in the code where a test can run a function, to force the interleavings
// it is about. Compiled out of release builds.
//
//   SHALE_SYNC_POINT("compaction:before_install");
//
//   ScopedSyncPoint pause("compaction:before_install", [&] { reached.Set(); resume.Wait(); });
//
// The function runs on the thread that passes the point, without any lock of this module held;
// points without a function cost one atomic load.
#pragma once

#include <functional>
#include <string>

#if !defined(NDEBUG) && !defined(SHALE_SYNC_POINTS)
#define SHALE_SYNC_POINTS 1
#endif

namespace shale {

// Sets the point's function, replacing an older one; an empty one removes it. Thread-safe, but a
// function that is running already finishes.
void SetSyncPoint(const std::string& name, std::function<void()> function);

// Runs the point's function, if any. Call it through the macro.
void ReachSyncPoint(const char* name);

// A sync point's function for the length of a scope.
class [[nodiscard]] ScopedSyncPoint {
 public:
  ScopedSyncPoint(std::string name, std::function<void()> function) : name_(std::move(name)) {
    SetSyncPoint(name_, std::move(function));
  }
  ScopedSyncPoint(const ScopedSyncPoint&) = delete;
  ScopedSyncPoint& operator=(const ScopedSyncPoint&) = delete;
  ~ScopedSyncPoint() { SetSyncPoint(name_, nullptr); }

 private:
  std::string name_;
};

}  // namespace shale

#ifdef SHALE_SYNC_POINTS
#define SHALE_SYNC_POINT(name) ::shale::ReachSyncPoint(name)
#else
#define SHALE_SYNC_POINT(name) ((void)0)
#endif
