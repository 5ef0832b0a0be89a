// Goal: tasks give their values, free their frames, keep the stack flat and move between threads
// without a race. Method: small coroutines, deep and long chains, and a stress over two pools for
// TSan and ASan.
#include "engine/base/task.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/random.h"

namespace shale {
namespace {

Task<int> Immediate(int value) { co_return value; }

Task<int> OnPool(Executor* pool, int value) {
  co_await ResumeOn(*pool);
  co_return value;
}

TEST(Task, GivesItsValue) {
  EXPECT_EQ(BlockingWait(Immediate(7)), 7);
  auto text = []() -> Task<std::string> { co_return "abc"; };
  EXPECT_EQ(BlockingWait(text()), "abc");
  auto move_only = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
  EXPECT_EQ(*BlockingWait(move_only()), 3);
}

TEST(Task, IsLazyAndFreesAnUnstartedFrame) {
  auto guard = std::make_shared<int>(1);
  bool started = false;
  auto body = [](std::shared_ptr<int> held, bool* flag) -> Task<void> {
    *flag = true;
    co_return;
  };
  {
    Task<void> task = body(guard, &started);
    EXPECT_EQ(guard.use_count(), 2);
  }
  EXPECT_FALSE(started);
  EXPECT_EQ(guard.use_count(), 1);
}

Task<int64_t> SumOfImmediate(int count) {
  int64_t sum = 0;
  for (int i = 0; i < count; ++i) {
    int value = co_await Immediate(i);
    sum += value;
  }
  co_return sum;
}

TEST(Task, LongLoopsOfTasksThatNeverSuspendKeepTheStackFlat) {
  EXPECT_EQ(BlockingWait(SumOfImmediate(1'000'000)), 499'999'500'000);
}

Task<int64_t> SumOnPool(Executor* pool, int count) {
  int64_t sum = 0;
  for (int i = 0; i < count; ++i) {
    int value = co_await OnPool(pool, i);
    sum += value;
    int64_t inner = co_await SumOfImmediate(3);
    sum += inner;
  }
  co_return sum;
}

TEST(Task, LongLoopsOfTasksThatSuspendKeepTheStackFlat) {
  ThreadPool pool("pool", 2);
  EXPECT_EQ(BlockingWait(SumOnPool(&pool, 50'000)), 1'249'975'000 + 3 * 50'000);
}

Task<int> Nested(Executor* pool, int depth) {
  if (depth == 0) {
    if (pool != nullptr) co_await ResumeOn(*pool);
    co_return 1;
  }
  int below = co_await Nested(pool, depth - 1);
  co_return below + 1;
}

TEST(Task, NestsDeeply) {
  ThreadPool pool("pool", 1);
  EXPECT_EQ(BlockingWait(Nested(nullptr, 1000)), 1001);
  EXPECT_EQ(BlockingWait(Nested(&pool, 1000)), 1001);
}

TEST(Task, BlockingWaitReturnsAfterTheFrameIsGone) {
  ThreadPool pool("pool", 1);
  for (int i = 0; i < 2000; ++i) {
    auto guard = std::make_shared<int>(i);
    auto body = [](Executor* executor, std::shared_ptr<int> held) -> Task<void> {
      co_await ResumeOn(*executor);
    };
    BlockingWait(body(&pool, guard));
    ASSERT_EQ(guard.use_count(), 1);
  }
}

Task<void> SetInline(Event* event) {
  event->Set();
  co_return;
}

Task<int> WaitFor(Event* event) {
  co_await *event;
  co_return 1;
}

Task<int> WaitTwice(Event* first, Event* second) {
  int a = co_await WaitFor(first);
  int b = co_await WaitFor(second);
  co_return a + b;
}

// A task resumed by the inline executor, inside another task's start, must not be taken for the one
// that is being started.
TEST(Task, ResumedInsideTheStartOfAnother) {
  Event first;
  Event second;
  int result = 0;
  auto root = [](Event* a, Event* b, int* out) -> Task<void> { *out = co_await WaitTwice(a, b); };
  Spawn(root(&first, &second, &result));
  EXPECT_EQ(result, 0);
  auto setter = [](Event* a, Event* b) -> Task<void> {
    co_await SetInline(a);
    co_await SetInline(b);
  };
  BlockingWait(setter(&first, &second));
  EXPECT_EQ(result, 2);
}

TEST(Async, CarriesAValueWithoutATask) {
  Async<int> ready(5);
  EXPECT_TRUE(ready.ready());
  EXPECT_EQ(std::move(ready).value(), 5);
  EXPECT_EQ(BlockingWait(Async<int>(6)), 6);
}

Async<int> SometimesReady(Executor* pool, int value) {
  if (value % 2 == 0) return value;
  return OnPool(pool, value);
}

Task<int64_t> SumOfAsync(Executor* pool, int count) {
  int64_t sum = 0;
  for (int i = 0; i < count; ++i) {
    int value = co_await SometimesReady(pool, i);
    sum += value;
  }
  co_return sum;
}

TEST(Async, AwaitsValueAndTaskAlike) {
  ThreadPool pool("pool", 2);
  EXPECT_EQ(BlockingWait(SumOfAsync(&pool, 10'000)), 49'995'000);
  EXPECT_EQ(BlockingWait(SometimesReady(&pool, 9)), 9);
}

// Many roots that hop between two pools and meet in nested tasks.
Task<int> Hop(Executor* here, Executor* there, uint64_t seed, int depth) {
  Random random(seed);
  int sum = 1;
  if (random.OneIn(2)) co_await ResumeOn(*there);
  if (depth > 0) {
    for (uint64_t i = random.Uniform(3); i > 0; --i) {
      int below = co_await Hop(there, here, random.Next(), depth - 1);
      sum += below;
    }
  }
  if (random.OneIn(2)) co_await ResumeOn(*here);
  co_return sum;
}

TEST(Task, StressOverTwoPools) {
  ThreadPool left("left", 2);
  ThreadPool right("right", 2);
  constexpr int kRoots = 300;
  std::atomic<int> finished{0};
  std::atomic<int64_t> total{0};
  Event all_done;
  auto root = [](Executor* a, Executor* b, uint64_t seed, std::atomic<int>* done,
                 std::atomic<int64_t>* sum, Event* event) -> Task<void> {
    int value = co_await Hop(a, b, seed, 6);
    sum->fetch_add(value);
    if (done->fetch_add(1) + 1 == kRoots) event->Set();
  };
  for (int i = 0; i < kRoots; ++i) Spawn(root(&left, &right, i, &finished, &total, &all_done));
  auto wait = [](Event* event) -> Task<void> { co_await *event; };
  BlockingWait(wait(&all_done));
  EXPECT_EQ(finished.load(), kRoots);
  int64_t expected = 0;
  for (int i = 0; i < kRoots; ++i) {
    ThreadPool single("single", 1);
    expected += BlockingWait(Hop(&single, &single, i, 6));
  }
  EXPECT_EQ(total.load(), expected);
}

}  // namespace
}  // namespace shale
