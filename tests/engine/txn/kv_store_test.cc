// Goal: CancelToken and the registry of engines. Method: hand-written cases, races between threads.
#include "engine/kv_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/options.h"

namespace shale::engine {
namespace {

TEST(CancelToken, KeepsTheFirstReason) {
  CancelToken token;
  EXPECT_FALSE(token.cancelled());
  token.Cancel(Error(sqlstate::kQueryCanceled, "first"));
  token.Cancel(Error(sqlstate::kAdminShutdown, "second"));
  EXPECT_TRUE(token.cancelled());
  EXPECT_EQ(token.reason().message(), "first");
  token.Reset();
  EXPECT_FALSE(token.cancelled());
  token.Cancel(Status());
  EXPECT_TRUE(token.reason().Is(sqlstate::kQueryCanceled));
  EXPECT_EQ(token.reason().message(), "canceling statement due to user request");
}

TEST(CancelToken, RunsTheRegisteredFunction) {
  CancelToken token;
  int runs = 0;
  token.Register([&] { ++runs; });
  EXPECT_EQ(runs, 0);
  token.Cancel(Status());
  token.Cancel(Status());
  EXPECT_EQ(runs, 1);
  token.Unregister();
  token.Register([&] { ++runs; });  // cancelled already: at once
  EXPECT_EQ(runs, 2);
  token.Unregister();
  token.Reset();
  token.Register([&] { ++runs; });
  token.Unregister();
  token.Cancel(Status());
  EXPECT_EQ(runs, 2);
}

TEST(CancelToken, FunctionMayUnregisterItself) {
  CancelToken token;
  int runs = 0;
  token.Register([&] {
    ++runs;
    token.Unregister();
    token.Register([&] { ++runs; });
    token.Unregister();
  });
  token.Cancel(Status());
  EXPECT_EQ(runs, 2);
}

TEST(CancelToken, UnregisterWaitsForTheFunction) {
  for (int i = 0; i < 200; ++i) {
    CancelToken token;
    auto state = std::make_unique<std::atomic<int>>(0);
    token.Register([&state] {
      state->store(1);
      std::this_thread::yield();
      state->store(2);
    });
    std::thread canceller([&] { token.Cancel(Status()); });
    token.Unregister();
    int seen = state->load();
    EXPECT_TRUE(seen == 0 || seen == 2);
    state.reset();  // the function must not come now
    canceller.join();
  }
}

TEST(Engines, UnknownOnesAreNamed) {
  auto none = OpenEngine("no-such-engine", {});
  ASSERT_FALSE(none.ok());
  EXPECT_TRUE(none.status().Is(sqlstate::kUndefinedObject));
  EXPECT_EQ(none.status().message(), "storage engine \"no-such-engine\" does not exist");
}

TEST(Engines, RegisteredOnesAreOpenedWithTheOptions) {
  size_t seen = 0;
  RegisterEngine("test-engine", [&](const EngineOptions& options) {
    seen = options.block_bytes;
    return Result<std::unique_ptr<KvStore>>(Error(sqlstate::kIoError, "as told"));
  });
  EngineOptions options;
  options.block_bytes = 77;
  auto store = OpenEngine("test-engine", options);
  EXPECT_EQ(store.status().message(), "as told");
  EXPECT_EQ(seen, 77u);
}

}  // namespace
}  // namespace shale::engine
