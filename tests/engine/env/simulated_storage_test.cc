// Goal: a fenced owner changes nothing, a lost reply may mean either outcome and never a third, and
// unsynced appends vanish. Method: many seeds, an owner that resolves unknown outcomes by reading
// back, and a stale owner that keeps writing.
#include "engine/env/simulated_storage.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace shale::engine {
namespace {

TEST(SimulatedStorage, TakeoverFencesTheOldOwner) {
  SimulatedCluster cluster;
  auto old_owner = cluster.Attach(1);
  auto old_log = *old_owner->CreateLog("1", 1, 0);
  auto old_blob = *old_owner->CreateBlob("b");
  ASSERT_TRUE(old_log->Append(1, 0, "abc").ok());
  ASSERT_TRUE(old_owner->CompareAndSet("root", 0, "old").ok());
  auto new_owner = cluster.Attach(2);
  EXPECT_EQ(cluster.newest_epoch(), 2u);
  for (const Status& status :
       {old_log->Append(1, 3, "d"), old_log->Sync(), old_log->Seal(), old_blob->Finish(),
        old_owner->CompareAndSet("root", 1, "x"), old_owner->DeleteLog("1"),
        old_owner->CreateLog("2", 1, 0).status()}) {
    EXPECT_TRUE(status.Is(sqlstate::kSerializationFailure)) << status.ToString();
  }
  EXPECT_EQ(old_owner->ReadRegister("root")->bytes, "old");
  EXPECT_TRUE(new_owner->CompareAndSet("root", 1, "new").ok());
  EXPECT_EQ((*new_owner->OpenLog("1"))->size(), 3u);
  EXPECT_TRUE(new_owner->ListBlobs()->empty());
  auto late_comer = cluster.Attach(1);
  EXPECT_TRUE(late_comer->CompareAndSet("root", 2, "x").Is(sqlstate::kSerializationFailure));
}

TEST(SimulatedStorage, LosesWhatWasNotSynced) {
  SimulatedCluster cluster;
  auto storage = cluster.Attach(1);
  auto log = *storage->CreateLog("1", 1, 0);
  ASSERT_TRUE(log->Append(1, 0, "synced").ok());
  ASSERT_TRUE(log->Sync().ok());
  ASSERT_TRUE(log->Append(1, 6, "not").ok());
  cluster.LoseUnsynced();
  EXPECT_EQ((*storage->OpenLog("1"))->size(), 6u);
}

TEST(SimulatedStorage, UnknownOutcomesAreEither) {
  int applied = 0, not_applied = 0, unknown = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimulatedCluster cluster({.seed = seed, .unknown_outcome_probability = 0.5});
    auto storage = cluster.Attach(1);
    uint64_t acknowledged = 0;
    std::string expected;
    for (int i = 0; i < 20; ++i) {
      RegisterValue before = *storage->ReadRegister("r");
      ASSERT_GE(before.version, acknowledged);
      std::string value = std::to_string(seed) + "-" + std::to_string(i);
      Status status = storage->CompareAndSet("r", before.version, value);
      RegisterValue after = *storage->ReadRegister("r");
      if (status.ok()) {
        ASSERT_EQ(after.bytes, value);
        acknowledged = after.version;
      } else if (status.Is(sqlstate::kStatementCompletionUnknown)) {
        ++unknown;
        (after.bytes == value ? applied : not_applied) += 1;
        // If not this change then, perhaps, an earlier one that arrived late.
        ASSERT_GE(after.version, before.version);
        ASSERT_LE(after.version, before.version + 2);
      } else {
        // An earlier change arrived late and won.
        ASSERT_TRUE(status.Is(sqlstate::kSerializationFailure)) << status.ToString();
        ASSERT_GT(after.version, before.version);
      }
    }
  }
  EXPECT_GT(unknown, 500);
  EXPECT_GT(applied, 200);
  EXPECT_GT(not_applied, 200);
}

// Appends whose outcome is unknown are resolved by the length, and the log holds each record once.
TEST(SimulatedStorage, AppendsResolveByLength) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedCluster cluster({.seed = seed});
    auto storage = cluster.Attach(1);
    auto log = *storage->CreateLog("1", 1, 0);
    cluster.set_unknown_outcome_probability(0.3);
    std::string expected;
    for (int i = 0; i < 30; ++i) {
      std::string record(1 + i % 5, static_cast<char>('a' + i % 26));
      while (true) {
        Status status = log->Append(1, expected.size(), record);
        uint64_t length = (*storage->OpenLog("1"))->size();
        if (status.ok() || length == expected.size() + record.size()) break;
        ASSERT_EQ(length, expected.size()) << status.ToString();
      }
      expected += record;
    }
    auto reader = *storage->OpenLog("1");
    std::string bytes(reader->size(), '\0');
    ASSERT_EQ(*reader->Read(0, bytes.size(), bytes.data()), bytes.size());
    EXPECT_EQ(bytes, expected);
  }
}

TEST(SimulatedStorage, DelayedThreadsContendForOneRegister) {
  SimulatedCluster cluster({.seed = 3, .delay_us_max = 200, .unknown_outcome_probability = 0});
  auto storage = cluster.Attach(1);
  std::vector<std::thread> threads;
  std::atomic<uint64_t> won{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        uint64_t version = storage->ReadRegister("r")->version;
        if (storage->CompareAndSet("r", version, "x").ok()) won.fetch_add(1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(storage->ReadRegister("r")->version, won.load());
  EXPECT_GE(won.load(), 50u);
}

}  // namespace
}  // namespace shale::engine
