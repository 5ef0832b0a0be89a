// Goal: executors keep their order and drain, and an Event's waiter may destroy it at once. Method:
// threads that race Set against await on events with the shortest possible lives, for TSan and
// ASan.
#include "engine/base/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "engine/base/task.h"

namespace shale {
namespace {

TEST(Executor, TheDefaultOneRunsAtOnce) {
  bool ran = false;
  Executor::Current().Post([&ran] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(Executor, ScopesNest) {
  ThreadPool pool("pool", 1);
  Executor* inline_executor = &Executor::Current();
  {
    Executor::Scope scope(pool);
    EXPECT_EQ(&Executor::Current(), &pool);
  }
  EXPECT_EQ(&Executor::Current(), inline_executor);
}

TEST(ThreadPool, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    ThreadPool pool("pool", 1);
    for (int i = 0; i < 1000; ++i) pool.Post([&order, i] { order.push_back(i); });
  }
  ASSERT_EQ(order.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[i], i);
}

TEST(ThreadPool, RunsAllThatWasPostedEvenFromItsOwnTasks) {
  std::atomic<int> ran{0};
  {
    ThreadPool pool("pool", 3);
    for (int i = 0; i < 500; ++i) {
      pool.Post([&] {
        ran.fetch_add(1);
        pool.Post([&ran] { ran.fetch_add(1); });
      });
    }
  }
  EXPECT_EQ(ran.load(), 1000);
}

TEST(ThreadPool, CurrentIsThePoolOnItsThreads) {
  ThreadPool pool("pool", 2);
  auto body = [](ThreadPool* executor) -> Task<bool> {
    co_await ResumeOn(*executor);
    co_return &Executor::Current() == executor;
  };
  EXPECT_TRUE(BlockingWait(body(&pool)));
}

// The pool dies as soon as the task that was posted to it has run, while the poster is still
// leaving Post.
TEST(ThreadPool, MayDieWhileAPosterLeaves) {
  for (int i = 0; i < 500; ++i) {
    auto pool = std::make_unique<ThreadPool>("pool", 1);
    std::atomic<bool> ran{false};
    std::thread poster([&] { pool->Post([&ran] { ran.store(true); }); });
    while (!ran.load()) std::this_thread::yield();
    pool.reset();
    poster.join();
  }
}

TEST(Event, SetBeforeTheWait) {
  Event event;
  EXPECT_FALSE(event.is_set());
  event.Set();
  EXPECT_TRUE(event.is_set());
  auto wait = [](Event* waited) -> Task<void> { co_await *waited; };
  BlockingWait(wait(&event));
}

TEST(Event, ResumesOnTheWaitersExecutor) {
  ThreadPool home("home", 1);
  ThreadPool other("other", 1);
  auto event = std::make_unique<Event>();
  auto wait = [](ThreadPool* executor, Event* waited) -> Task<bool> {
    co_await ResumeOn(*executor);
    co_await *waited;
    co_return &Executor::Current() == executor;
  };
  other.Post([&] { event->Set(); });
  EXPECT_TRUE(BlockingWait(wait(&home, event.get())));
}

// Each event lives in the waiting coroutine's frame, which ends right after the wait.
TEST(Event, DiesWithItsWaiter) {
  ThreadPool waiters("waiters", 2);
  ThreadPool setters("setters", 2);
  auto round = [](Executor* home, Executor* setter) -> Task<int> {
    if (home != nullptr) co_await ResumeOn(*home);
    Event event;
    setter->Post([waited = &event] { waited->Set(); });
    co_await event;
    co_return 1;
  };
  auto many = [round](Executor* home, Executor* setter, int count) -> Task<int> {
    int sum = 0;
    for (int i = 0; i < count; ++i) {
      int one = co_await round(home, setter);
      sum += one;
    }
    co_return sum;
  };
  EXPECT_EQ(BlockingWait(many(&waiters, &setters, 5000)), 5000);
  // The same where the waiter has no executor: it resumes, and destroys the event, inside Set.
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(BlockingWait(round(nullptr, &setters)), 1);
}

TEST(Event, SetMayOnlyHappenOnce) {
  Event event;
  event.Set();
  EXPECT_DEATH(event.Set(), "check failed");
}

}  // namespace
}  // namespace shale
