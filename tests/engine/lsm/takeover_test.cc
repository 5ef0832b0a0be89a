// Goal: after a takeover the old owner acknowledges nothing more and changes nothing, and what it
// had acknowledged is the new owner's. Method: owners on one simulated cluster, each with a newer
// epoch, the older ones left running and writing; every key tells who wrote it and when.
#include <gtest/gtest.h>

#include <thread>

#include "engine/base/log.h"
#include "engine/env/simulated_storage.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

class Owner {
 public:
  Owner(SimulatedCluster& cluster, uint64_t epoch) : epoch_(epoch) {
    storage_ = cluster.Attach(epoch);
    EngineOptions options = TinyOptions();
    options.storage = storage_.get();
    options.owner_epoch = epoch;
    auto store = LsmStore::Open(options);
    if (!store.ok()) ADD_FAILURE() << store.status().ToString();
    store_ = *std::move(store);
  }
  LsmStore& operator*() { return *store_; }

  // Writes until told to stop or until a write is not committed, and keeps what was acknowledged.
  void WriteUntilFenced(std::atomic<bool>* stop) {
    for (int i = 0; !stop->load(); ++i) {
      std::string key = fmt::format("{}/{:05}", epoch_, i);
      WriteBatch batch;
      batch.Put(key, std::string(100, 'x'));
      CommitResult result = Write(*store_, std::move(batch));
      if (result.outcome == CommitOutcome::kCommitted) {
        acknowledged_.push_back(std::move(key));
        continue;
      }
      refusal_ = std::move(result);
      unknown_ = std::move(key);
      return;
    }
  }
  const std::vector<std::string>& acknowledged() const { return acknowledged_; }
  const std::optional<CommitResult>& refusal() const { return refusal_; }
  const std::string& unknown() const { return unknown_; }

 private:
  const uint64_t epoch_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<LsmStore> store_;
  std::vector<std::string> acknowledged_;
  std::optional<CommitResult> refusal_;
  std::string unknown_;  // the key of the write that was not acknowledged
};

class TakeoverTest : public testing::Test {
 protected:
  void SetUp() override { SetLogLevel(LogLevel::kOff); }
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }
};

TEST_F(TakeoverTest, AnOldOwnerAcknowledgesNothingMore) {
  SimulatedCluster cluster;
  Owner first(cluster, 1);
  ASSERT_TRUE(Put(*first, "k", "of the first").ok());
  Owner second(cluster, 2);
  EXPECT_EQ(**Get(*second, "k", (*second).visible_sequence()), "of the first");
  // The first does not know yet: its write finds out, and what was written is unknown; or the
  // preparation of its next log segment does, in the background, and the write is refused.
  WriteBatch batch;
  batch.Put("k", "of the past");
  CommitResult late = Write(*first, std::move(batch));
  bool refused = late.status.Is(sqlstate::kIoError);
  EXPECT_EQ(late.outcome, refused ? CommitOutcome::kConflict : CommitOutcome::kUnknown);
  EXPECT_TRUE(refused || late.status.Is(sqlstate::kStatementCompletionUnknown))
      << late.status.ToString();
  EXPECT_NE(late.status.ToString().find("epoch"), std::string::npos) << late.status.ToString();
  EXPECT_FALSE(Put(*first, "k", "of the past").ok());
  EXPECT_FALSE(Flush(*first).ok());
  EXPECT_TRUE((*first).Health().Is(sqlstate::kIoError));
  // It can still read what it had.
  EXPECT_EQ(**Get(*first, "k", (*first).visible_sequence()), "of the first");
  ASSERT_TRUE(Put(*second, "k", "of the second").ok());
  ASSERT_TRUE(CompactRange(*second).ok());
  EXPECT_TRUE((*second).CheckConsistency().ok());
  EXPECT_EQ(**Get(*second, "k", (*second).visible_sequence()), "of the second");
}

TEST_F(TakeoverTest, WhatWasAcknowledgedPassesOn) {
  int unknown_found = 0;
  int acknowledged = 0;
  for (uint64_t seed = 1; seed <= (kSanitized ? 3 : 12); ++seed) {
    SimulatedCluster cluster({.seed = seed, .delay_us_max = 100});
    std::vector<std::unique_ptr<Owner>> owners;
    std::vector<std::thread> writers;
    std::atomic<bool> stop{false};
    for (uint64_t epoch = 1; epoch <= 4; ++epoch) {
      owners.push_back(std::make_unique<Owner>(cluster, epoch));
      writers.emplace_back(
          [owner = owners.back().get(), &stop] { owner->WriteUntilFenced(&stop); });
      std::this_thread::sleep_for(std::chrono::milliseconds(5 + seed));
    }
    Owner last(cluster, 5);
    for (size_t i = 0; i < writers.size(); ++i) {
      // Each is fenced by its successor, without being told.
      writers[i].join();
      ASSERT_TRUE(owners[i]->refusal().has_value());
      EXPECT_NE(owners[i]->refusal()->outcome, CommitOutcome::kCommitted);
    }
    auto contents = ReadAll(*last);
    ASSERT_TRUE(contents.ok()) << contents.status().ToString();
    size_t expected = 0;
    for (const auto& owner : owners) {
      for (const std::string& key : owner->acknowledged()) {
        EXPECT_TRUE(contents->contains(key)) << key << " is lost, seed " << seed;
      }
      expected += owner->acknowledged().size();
      if (contents->contains(owner->unknown())) {
        ++unknown_found;
        ++expected;
      }
    }
    acknowledged += static_cast<int>(expected);
    // And nothing else, whatever old owners tried later.
    EXPECT_EQ(contents->size(), expected);
    owners.clear();
    EXPECT_EQ(*ReadAll(*last), *contents);
    EXPECT_TRUE((*last).CheckConsistency().ok());
  }
  fmt::print("takeovers: {} commits passed on, {} of them unknown to their writers\n", acknowledged,
             unknown_found);
  EXPECT_GT(acknowledged, 10);
}

}  // namespace
}  // namespace shale::engine
