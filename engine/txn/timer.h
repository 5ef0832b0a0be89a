// Timer: runs functions at points in time, on one thread of its own that starts with the first one.
// For lock timeouts: few entries, most of them cancelled before they are due. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace shale::engine {

class Timer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Timer() = default;
  Timer(const Timer&) = delete;
  // Runs nothing more; waits for a function that runs.
  ~Timer();

  // The key that Cancel takes.
  struct Entry {
    TimePoint due;
    uint64_t number = 0;
    auto operator<=>(const Entry&) const = default;
  };

  // The function must be short: it delays those due after it.
  Entry Schedule(TimePoint due, std::function<void()> function);
  // Afterwards the function does not start; it may be running, or have run.
  void Cancel(const Entry& entry);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  // The members below are guarded by mutex_.
  std::map<Entry, std::function<void()>> entries_;
  uint64_t next_number_ = 1;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace shale::engine
