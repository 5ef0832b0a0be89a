// Goal: the timer runs what is due, in order, once, and nothing cancelled. Method: real, short
// delays.
#include "engine/txn/timer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace shale::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(Timer, RunsInOrderOfTheirTimes) {
  std::mutex mutex;
  std::vector<int> order;
  std::atomic<int> count{0};
  Timer timer;
  auto start = steady_clock::now();
  auto note = [&](int i) {
    return [&, i] {
      std::lock_guard lock(mutex);
      order.push_back(i);
      ++count;
    };
  };
  timer.Schedule(start + milliseconds(20), note(2));
  timer.Schedule(start + milliseconds(5), note(1));
  timer.Schedule(start - milliseconds(5), note(0));
  while (count < 3) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_GE(steady_clock::now() - start, milliseconds(20));
  std::lock_guard lock(mutex);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST(Timer, CancelledOnesDoNotRun) {
  std::atomic<int> count{0};
  {
    Timer timer;
    auto entry = timer.Schedule(steady_clock::now() + milliseconds(5), [&] { ++count; });
    timer.Cancel(entry);
    timer.Cancel(entry);
    timer.Schedule(steady_clock::now() + std::chrono::hours(1), [&] { ++count; });
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(count, 0);
}

}  // namespace
}  // namespace shale::engine
