// Goal: writes that take their turn on their caller's thread and writes that go through the log
// thread keep one order, are visible to who made them, and fail as the policy says. Method: both
// kinds from many threads at once; full disks and failed syncs injected at a write's very append;
// the crash clone tells what is durable.
#include <gtest/gtest.h>

#include <thread>

#include "engine/env/fault_file_system.h"
#include "engine/env/memory_file_system.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

WriteBatch BatchOf(const std::string& key, const std::string& value) {
  WriteBatch batch;
  batch.Put(key, value);
  return batch;
}

// The value of a key after a power cut at this moment that leaves nothing unsynced.
std::optional<std::string> DurableValue(const MemoryFileSystem& disk, const std::string& key) {
  auto clone = disk.CrashClone({.survival = CrashSurvival::kNone});
  auto store = TestStore::Open(*clone, {});
  EXPECT_TRUE(store.ok()) << store.status().ToString();
  if (!store.ok()) return std::nullopt;
  auto value = Get(***store, key, (**store)->visible_sequence());
  EXPECT_TRUE(value.ok());
  return value.ok() ? *value : std::nullopt;
}

TEST(LogThreadTest, AnUnsyncedWriteWaitsForNoThread) {
  MemoryFileSystem disk;
  auto store = TestStore::Open(disk, {});
  ASSERT_TRUE(store.ok());
  SequenceNumber published = 0;
  Async<CommitResult> write =
      (**store)->Write(BatchOf("key", "value"), {.sync = false},
                       [&](SequenceNumber sequence) { published = sequence; });
  ASSERT_TRUE(write.ready());
  CommitResult result = std::move(write).value();
  EXPECT_EQ(result.outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(result.sequence, published);
  EXPECT_EQ((**store)->visible_sequence(), published);
  EXPECT_EQ(**Get(***store, "key", published), "value");
}

TEST(LogThreadTest, AnUnsyncedWriteIsDurableSoon) {
  MemoryFileSystem disk;
  EngineOptions options;
  options.commit_delay_off_us = 2000;
  auto store = TestStore::Open(disk, options);
  ASSERT_TRUE(store.ok());
  // The alarm is set again by the first write after each sync.
  for (int i = 0; i < 5; ++i) {
    std::string key = fmt::format("key{}", i);
    ASSERT_TRUE(Write(***store, BatchOf(key, "value"), false).status.ok());
    double syncs = StatisticOf(***store, "wal.syncs");
    for (int waited = 0; StatisticOf(***store, "wal.syncs") == syncs && waited < 5000; ++waited) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(DurableValue(disk, key), "value");
  }
}

TEST(LogThreadTest, WritersOfBothKindsKeepOneOrder) {
  constexpr int kThreads = 4;
  constexpr int kWrites = kSanitized ? 100 : 400;
  MemoryFileSystem disk;
  EngineOptions options = TinyOptions();
  options.memtable_bytes_max = 64 << 10;
  auto store = TestStore::Open(disk, options);
  ASSERT_TRUE(store.ok());
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      SequenceNumber last = 0;
      for (int i = 0; i < kWrites; ++i) {
        std::string key = fmt::format("own/{}", thread);
        WriteBatch batch = BatchOf(key, std::to_string(i));
        batch.Put(fmt::format("filler/{}/{}", thread, i), std::string(50, 'x'));
        // One thread syncs always, one never, the others by turns.
        bool sync = thread == 0 || (thread > 1 && i % 5 == 0);
        CommitResult result = Write(***store, std::move(batch), sync);
        PinnedBytes value;
        Result<bool> found = BlockingWait((**store)->GetLatest(key, &value));
        bool good = result.status.ok() && result.sequence > last && found.ok() && *found &&
                    value.view() == std::to_string(i);
        if (!good) ++failures;
        last = result.sequence;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures.load(), 0);
  EXPECT_EQ((**store)->visible_sequence(), static_cast<SequenceNumber>(kThreads * kWrites));
  Status status = (**store)->CheckConsistency();
  EXPECT_TRUE(status.ok()) << status.ToString();
  store->reset();

  auto reopened = TestStore::Open(disk, options);
  ASSERT_TRUE(reopened.ok()) << reopened.status().ToString();
  auto contents = ReadAll(***reopened);
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(contents->size(), static_cast<size_t>(kThreads + kThreads * kWrites));
}

// What goes through the log thread now and then must not draw all others after it: each group would
// find the next one waiting, and no write would be done at once any more.
TEST(LogThreadTest, UnsyncedWritersGoBackToTheirOwnThreads) {
  constexpr int kThreads = 4;
  constexpr int kWrites = kSanitized ? 500 : 20'000;
  MemoryFileSystem disk;
  auto store = TestStore::Open(disk, {});
  ASSERT_TRUE(store.ok());
  std::atomic<int> at_once{0};
  std::atomic<int> writing{kThreads};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kWrites; ++i) {
        std::string key = fmt::format("{}/{}", thread, i % 100);
        auto write = (**store)->Write(BatchOf(key, "value"), {.sync = false});
        if (write.ready()) ++at_once;
        EXPECT_TRUE(BlockingWait(std::move(write)).status.ok());
      }
      --writing;
    });
  }
  // Synced ones get their turn beside them.
  int synced = 0;
  while (writing.load() > 0) {
    ASSERT_TRUE(Write(***store, BatchOf("synced", std::to_string(synced++)), true).status.ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(synced, 0);
  EXPECT_EQ((**store)->visible_sequence(),
            static_cast<SequenceNumber>(kThreads * kWrites + synced));
  if (!kSanitized) {
    EXPECT_GT(at_once.load(), kThreads * kWrites * 97 / 100);
  }
}

// A synced commit makes durable what was acknowledged before it.
TEST(LogThreadTest, ASyncCoversEarlierUnsyncedWrites) {
  MemoryFileSystem disk;
  EngineOptions options;
  options.commit_delay_off_us = 3'600'000'000;
  auto store = TestStore::Open(disk, options);
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(Write(***store, BatchOf("first", "1"), false).status.ok());
  EXPECT_EQ(DurableValue(disk, "first"), std::nullopt);
  ASSERT_TRUE(Write(***store, BatchOf("second", "2"), true).status.ok());
  EXPECT_EQ(DurableValue(disk, "first"), "1");
}

TEST(LogThreadTest, AFullDiskFailsTheWriteForGoodAndPasses) {
  MemoryFileSystem memory;
  FaultFileSystem disk(memory);
  auto store = TestStore::Open(disk, {});
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(Write(***store, BatchOf("before", "1"), false).status.ok());
  disk.AddRule({.operation = FileOperation::kWrite,
                .path_contains = "wal-",
                .effect = FaultEffect::kNoSpace});
  CommitResult result = Write(***store, BatchOf("lost", "2"), false);
  EXPECT_EQ(result.outcome, CommitOutcome::kConflict);
  EXPECT_TRUE(result.status.Is(sqlstate::kDiskFull)) << result.status.ToString();
  for (int i = 0; i < 5000 && !(**store)->Health().ok(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_TRUE(Write(***store, BatchOf("after", "3"), true).status.ok());
  for (const auto& [key, expected] : std::map<std::string, std::optional<std::string>>{
           {"before", "1"}, {"lost", std::nullopt}, {"after", "3"}}) {
    EXPECT_EQ(*Get(***store, key, (**store)->visible_sequence()), expected) << key;
    EXPECT_EQ(DurableValue(memory, key), expected) << key;
  }
}

TEST(LogThreadTest, AFailedSyncBesideWritersStopsThem) {
  MemoryFileSystem memory;
  FaultFileSystem disk(memory);
  EngineOptions options;
  options.commit_delay_off_us = 1000;
  auto store = TestStore::Open(disk, options);
  ASSERT_TRUE(store.ok());
  disk.AddRule({.operation = FileOperation::kSync, .path_contains = "wal-00000000000000000001"});
  ASSERT_TRUE(Write(***store, BatchOf("key", "value"), false).status.ok());
  for (int i = 0; i < 5000 && (**store)->Health().ok(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CommitResult refused = Write(***store, BatchOf("later", "value"), false);
  EXPECT_EQ(refused.outcome, CommitOutcome::kConflict);
  EXPECT_TRUE(refused.status.Is(sqlstate::kIoError)) << refused.status.ToString();
  EXPECT_EQ(**Get(***store, "key", (**store)->visible_sequence()), "value");
}

}  // namespace
}  // namespace shale::engine
