// Goal: what a snapshot shows and what became of a transaction, for every order in which a
// transaction's steps and the snapshot can come, and when the log is too short. Method: scripts of
// few steps, then all of a random history against what its own order says.
#include "engine/txn/transaction_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/base/random.h"

namespace shale::engine {
namespace {

constexpr uint64_t kFirst = 1000;

bool Shows(const SnapshotDescription& snapshot, uint64_t id) {
  return id < snapshot.next && !std::ranges::binary_search(snapshot.running, id);
}

TEST(TransactionLog, ASnapshotShowsWhatHasCommittedBeforeIt) {
  TransactionLog log(kFirst);
  log.Enter(1001);
  log.Enter(1002);
  log.Enter(1003);
  log.Commit(1002, 7);
  log.End(1002);
  auto described = log.Describe(7);
  ASSERT_TRUE(described);
  EXPECT_EQ(described->next, 1003u);
  EXPECT_EQ(described->running, std::vector<uint64_t>{1001});
  // Described late, the same snapshot is the same.
  log.Commit(1001, 8);
  log.End(1001);
  log.Enter(1004);
  log.Commit(1004, 9);
  described = log.Describe(7);
  EXPECT_FALSE(Shows(*described, 1001));
  EXPECT_TRUE(Shows(*described, 1002));
  EXPECT_FALSE(Shows(*described, 1004));
  described = log.Describe(8);
  EXPECT_TRUE(Shows(*described, 1001));
  EXPECT_FALSE(Shows(*described, 1003));
}

TEST(TransactionLog, Fates) {
  TransactionLog log(kFirst);
  log.Enter(1001);
  log.Enter(1002);
  EXPECT_EQ(log.FateOf(1001), TransactionFate::kRunning);
  log.Commit(1001, 1);
  EXPECT_EQ(log.FateOf(1001), TransactionFate::kRunning);  // not visible yet
  log.End(1001);
  log.End(1002);
  EXPECT_EQ(log.FateOf(1001), TransactionFate::kCommitted);
  EXPECT_EQ(log.FateOf(1002), TransactionFate::kRolledBack);
  EXPECT_EQ(log.FateOf(999), TransactionFate::kUnknown);
  // A prepared one of an earlier opening.
  log.Enter(999);
  EXPECT_EQ(log.FateOf(999), TransactionFate::kRunning);
  log.Commit(999, 2);
  log.End(999);
  EXPECT_EQ(log.FateOf(999), TransactionFate::kCommitted);
  EXPECT_EQ(log.FateOf(998), TransactionFate::kUnknown);
}

TEST(TransactionLog, ALostOutcomeIsNotARollback) {
  TransactionLog log(kFirst);
  log.Enter(kFirst);
  log.LoseOutcome(kFirst);
  EXPECT_EQ(log.FateOf(kFirst), TransactionFate::kUnknown);
  EXPECT_FALSE(Shows(*log.Describe(9), kFirst));
}

TEST(TransactionLog, TooOldASnapshotIsNotDescribed) {
  TransactionLog log(kFirst, 4);
  for (uint64_t i = 1; i <= 6; ++i) {
    log.Enter(kFirst + i);
    log.Commit(kFirst + i, i);
    log.End(kFirst + i);
  }
  EXPECT_FALSE(log.Describe(1));
  EXPECT_TRUE(log.Describe(3));
  EXPECT_EQ(log.Describe(3)->running, (std::vector<uint64_t>{1004, 1005, 1006}));
}

TEST(TransactionLog, RandomHistories) {
  Random random(11);
  for (int round = 0; round < 50; ++round) {
    TransactionLog log(kFirst);
    std::set<uint64_t> running;
    std::vector<uint64_t> committed;  // in order; sequence = index + 1
    uint64_t next = kFirst;
    for (int step = 0; step < 200; ++step) {
      const uint64_t choice = random.Uniform(4);
      if (choice == 0 || running.empty()) {
        log.Enter(next);
        running.insert(next++);
        continue;
      }
      auto victim = std::next(running.begin(), static_cast<long>(random.Uniform(running.size())));
      if (choice != 3) {
        committed.push_back(*victim);
        log.Commit(*victim, committed.size());
      }
      log.End(*victim);
      running.erase(victim);
      const SequenceNumber snapshot = random.Uniform(committed.size() + 1);
      auto described = log.Describe(snapshot);
      ASSERT_TRUE(described);
      for (size_t i = 0; i < committed.size(); ++i) {
        ASSERT_EQ(Shows(*described, committed[i]), i < snapshot) << i << " at " << snapshot;
      }
      for (uint64_t id : running) ASSERT_FALSE(Shows(*described, id));
    }
  }
}

}  // namespace
}  // namespace shale::engine
