// Goal: a closed gate lets nobody in, and Close completes exactly when the last one has left.
// Method: threads that enter and leave while another closes; the gate is destroyed right after.
// Sync points too.
#include "engine/base/gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "engine/base/sync_point.h"

namespace shale {
namespace {

TEST(Gate, ClosesAtOnceWhenEmpty) {
  Gate gate;
  { auto pass = gate.Enter(); }
  gate.CloseAndWait();
  EXPECT_TRUE(gate.closed());
  EXPECT_FALSE(gate.Enter().has_value());
}

TEST(Gate, WaitsForPassesThatMoved) {
  Gate gate;
  std::optional<Gate::Pass> pass = gate.Enter();
  EXPECT_EQ(gate.in_flight(), 1u);
  std::atomic<bool> left{false};
  std::thread closer([&] {
    gate.CloseAndWait();
    EXPECT_TRUE(left.load());
  });
  while (!gate.closed()) std::this_thread::yield();
  Gate::Pass moved = std::move(*pass);
  pass.reset();
  left.store(true);
  { Gate::Pass last = std::move(moved); }
  closer.join();
}

TEST(Gate, StressWithDestruction) {
  ThreadPool pool("pool", 3);
  for (int round = 0; round < 300; ++round) {
    auto gate = std::make_unique<Gate>();
    auto inside = std::make_shared<std::atomic<int>>(0);
    auto refused = std::make_shared<std::atomic<int>>(0);
    std::vector<std::optional<Gate::Pass>> passes;
    for (int i = 0; i < 5; ++i) passes.push_back(gate->Enter());
    for (auto& pass : passes) {
      inside->fetch_add(1);
      pool.Post([held = std::move(*pass), inside]() mutable {
        inside->fetch_sub(1);
        Gate::Pass leaving = std::move(held);
      });
      pass.reset();
    }
    if (round % 2 == 0) std::this_thread::yield();
    gate->CloseAndWait();
    EXPECT_EQ(inside->load(), 0);
    gate.reset();
  }
}

TEST(Gate, EnterRacesWithClose) {
  for (int round = 0; round < 200; ++round) {
    Gate gate;
    std::atomic<int> inside{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        while (true) {
          std::optional<Gate::Pass> pass = gate.Enter();
          if (!pass) break;
          inside.fetch_add(1);
          inside.fetch_sub(1);
        }
      });
    }
    gate.CloseAndWait();
    EXPECT_EQ(inside.load(), 0);
    for (auto& thread : threads) thread.join();
  }
}

TEST(SyncPoint, RunsItsFunctionWhileSet) {
  int reached = 0;
  ReachSyncPoint("test:point");
  {
    ScopedSyncPoint point("test:point", [&reached] { ++reached; });
    ReachSyncPoint("test:point");
    ReachSyncPoint("test:other");
#ifdef SHALE_SYNC_POINTS
    SHALE_SYNC_POINT("test:point");
#else
    ReachSyncPoint("test:point");
#endif
  }
  ReachSyncPoint("test:point");
  EXPECT_EQ(reached, 2);
}

}  // namespace
}  // namespace shale
