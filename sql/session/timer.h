// TimerService: runs functions at their time, on a thread of its own. For statement_timeout:
// functions are short and do not block. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace shale::sql {

class TimerService {
 public:
  TimerService();
  ~TimerService();  // pending ones do not run any more

  // Gives an id, never 0.
  uint64_t Schedule(std::chrono::milliseconds delay, std::function<void()> function);
  // When it returns, the function has run or never will.
  void Cancel(uint64_t id);

 private:
  using Time = std::chrono::steady_clock::time_point;
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<Time, uint64_t>, std::function<void()>> pending_;  // guarded by mutex_
  std::map<uint64_t, Time> times_;                                      // guarded by mutex_
  uint64_t next_id_ = 1;                                                // guarded by mutex_
  uint64_t running_id_ = 0;                                             // guarded by mutex_
  bool stopping_ = false;                                               // guarded by mutex_
  std::thread thread_;
};

}  // namespace shale::sql
