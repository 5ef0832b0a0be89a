// Goal: locking a run of keys is locking them one after the other. Method: runs that meet other
// holders, waiters and themselves, with entries and compactly; random steps on two tables, one by
// runs and one key by key, which must agree; threads that insert overlapping runs.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/txn/lock_table.h"
#include "tests/engine/txn/lock_attempt.h"

namespace shale::engine {
namespace {

using enum LockMode;

// Rows [from, to) with keys that they own.
class KeyRun {
 public:
  KeyRun(size_t from, size_t to) {
    for (size_t row = from; row < to; ++row) Add("row " + std::to_string(row));
  }
  explicit KeyRun(std::vector<std::string> keys) {
    for (std::string& key : keys) Add(std::move(key));
  }
  std::span<const KeyValue> rows(size_t from = 0) const { return std::span(rows_).subspan(from); }
  size_t size() const { return rows_.size(); }
  std::string key(size_t row) const { return std::string(rows_[row].key); }

 private:
  void Add(std::string key) {
    keys_.push_back(std::make_unique<std::string>(std::move(key)));
    rows_.push_back({*keys_.back(), {}});
  }

  std::vector<std::unique_ptr<std::string>> keys_;
  std::vector<KeyValue> rows_;
};

constexpr size_t kMany = 20'000;  // of an owner that keeps what it locks compactly

// An owner of no locks, and one of so many that it makes no entries any more.
class LockRunTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!GetParam()) return;
    const KeyRun many(1'000'000, 1'000'000 + kMany);
    ASSERT_EQ(owner_.LockRun(many.rows(), kUpdate), kMany);
    owner_.Compact({});
  }
  void TearDown() override {
    owner_.ReleaseAll();
    EXPECT_EQ(table_.counts().locked_keys, 0u);
  }
  size_t locked_keys() { return table_.counts().locked_keys - (GetParam() ? kMany : 0); }

  LockTable table_;
  LockOwner owner_{table_, 1};
};
INSTANTIATE_TEST_SUITE_P(Owners, LockRunTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "OfMany" : "OfNone"; });

TEST_P(LockRunTest, LocksAll) {
  const KeyRun run(0, 1000);
  EXPECT_EQ(owner_.LockRun(run.rows(), kUpdate), 1000u);
  EXPECT_EQ(locked_keys(), 1000u);
  for (size_t row = 0; row < 1000; row += 7) {
    EXPECT_FALSE(IsFree(table_, run.key(row), kKeyShare));
  }
  EXPECT_EQ(owner_.LockRun(run.rows(), kUpdate), 1000u);  // held already
  EXPECT_EQ(owner_.LockRun({}, kUpdate), 0u);
  EXPECT_EQ(locked_keys(), 1000u);
}

TEST_P(LockRunTest, EndsBeforeWhatAnotherHolds) {
  const KeyRun run(0, 100);
  LockOwner other(table_, 2);
  Attempt held(other, run.key(40), {.mode = kKeyShare});
  EXPECT_EQ(owner_.LockRun(run.rows(), kUpdate), 40u);
  EXPECT_FALSE(IsFree(table_, run.key(39), kKeyShare));
  for (size_t row = 41; row < 100; ++row) EXPECT_TRUE(IsFree(table_, run.key(row), kUpdate));
  Attempt waits(owner_, run.key(40), {.mode = kUpdate});
  ASSERT_FALSE(waits.done());
  EXPECT_EQ(table_.BlockingTransactions(1), std::vector<uint64_t>{2});
  other.ReleaseAll();
  ASSERT_TRUE(waits.done());
  EXPECT_EQ(*waits.result(), LockOutcome::kWaited);
  EXPECT_EQ(owner_.LockRun(run.rows(41), kUpdate), 59u);
  EXPECT_EQ(locked_keys(), 100u);
}

TEST_P(LockRunTest, SharesWhatCanBeShared) {
  const KeyRun run(0, 50);
  LockOwner other(table_, 2);
  ASSERT_EQ(other.LockRun(run.rows(), kKeyShare), 50u);
  EXPECT_EQ(owner_.LockRun(run.rows(), kNoKeyUpdate), 50u);
  EXPECT_EQ(owner_.LockRun(run.rows(), kUpdate), 0u);
  other.ReleaseAll();
  EXPECT_EQ(owner_.LockRun(run.rows(), kUpdate), 50u);
  EXPECT_EQ(locked_keys(), 50u);
}

// Who waits for what a run could share is not passed by.
TEST_P(LockRunTest, QueuesBehindWaiters) {
  const KeyRun run(0, 50);
  LockOwner sharer(table_, 2);
  LockOwner writer(table_, 3);
  ASSERT_EQ(sharer.LockRun(run.rows(20), kShare), 30u);
  Attempt waits(writer, run.key(30), {.mode = kUpdate});
  ASSERT_FALSE(waits.done());
  EXPECT_EQ(owner_.LockRun(run.rows(), kShare), 30u);
  Attempt behind(owner_, run.key(30), {.mode = kShare});
  EXPECT_FALSE(behind.done());
  sharer.ReleaseAll();
  ASSERT_TRUE(waits.done());
  EXPECT_FALSE(behind.done());
  writer.ReleaseAll();
  EXPECT_TRUE(behind.done());
}

TEST_P(LockRunTest, OneKeyTwiceIsOneLock) {
  const KeyRun run({"a", "b", "a", "b", "b", "c"});
  EXPECT_EQ(owner_.LockRun(run.rows(), kUpdate), 6u);
  EXPECT_EQ(locked_keys(), 3u);
}

TEST_P(LockRunTest, GoesWithItsSavepoint) {
  const KeyRun before(0, 500);
  const KeyRun after(500, 1000);
  ASSERT_EQ(owner_.LockRun(before.rows(), kUpdate), 500u);
  const size_t mark = owner_.mark();
  ASSERT_EQ(owner_.LockRun(after.rows(), kUpdate), 500u);
  owner_.ReleaseSince(mark);
  EXPECT_EQ(locked_keys(), 500u);
  EXPECT_FALSE(IsFree(table_, before.key(499), kKeyShare));
  EXPECT_TRUE(IsFree(table_, after.key(0), kUpdate));
  EXPECT_EQ(owner_.LockRun(after.rows(), kNoKeyUpdate), 500u);
  EXPECT_EQ(locked_keys(), 1000u);
}

// Two runs that end at each other's keys: one is refused, and the other one goes on.
TEST_P(LockRunTest, DeadlockOfTwo) {
  const KeyRun one({"a", "b"});
  const KeyRun two({"b", "a"});
  LockOwner other(table_, 2);
  ASSERT_EQ(owner_.LockRun(one.rows().first(1), kUpdate), 1u);
  ASSERT_EQ(other.LockRun(two.rows(), kUpdate), 1u);
  ASSERT_EQ(owner_.LockRun(one.rows(1), kUpdate), 0u);
  Attempt first(owner_, "b", {.mode = kUpdate, .deadlock_timeout = std::chrono::seconds(1000)});
  ASSERT_FALSE(first.done());
  Attempt second(other, "a", {.mode = kUpdate, .deadlock_timeout = std::chrono::seconds(2000)});
  ASSERT_TRUE(first.done());
  EXPECT_TRUE(first.result().status().Is(sqlstate::kDeadlockDetected));
  owner_.ReleaseAll();
  EXPECT_TRUE(second.done());
  other.ReleaseAll();
}

// The same steps on two tables, by runs and key by key.
TEST(LockRun, AgreesWithOneKeyAtATime) {
  constexpr LockMode kModes[] = {kKeyShare, kShare, kNoKeyUpdate, kUpdate, kForUpdate};
  constexpr size_t kRows = 30'000;
  for (unsigned seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    LockTable tables[2];
    std::vector<std::unique_ptr<LockOwner>> owners[2];
    std::vector<std::vector<size_t>> marks(3);
    for (int t : {0, 1}) {
      for (uint64_t id = 1; id <= 3; ++id) {
        owners[t].push_back(std::make_unique<LockOwner>(tables[t], id));
      }
    }
    for (int step = 0; step < 60; ++step) {
      const size_t who = random() % 3;
      LockOwner& by_runs = *owners[0][who];
      LockOwner& by_keys = *owners[1][who];
      switch (random() % 6) {
        case 0:
          marks[who].push_back(by_runs.mark());
          ASSERT_EQ(by_keys.mark(), marks[who].back());
          break;
        case 1:
          if (marks[who].empty()) break;
          by_runs.ReleaseSince(marks[who].back());
          by_keys.ReleaseSince(marks[who].back());
          marks[who].pop_back();
          break;
        case 2:
          by_runs.Compact(marks[who]);
          by_keys.Compact(marks[who]);
          break;
        default: {
          const LockMode mode = kModes[random() % std::size(kModes)];
          const size_t from = random() % kRows;
          const KeyRun run(from, from + random() % 5000);
          const size_t locked = by_runs.LockRun(run.rows(), mode);
          for (size_t row = 0; row < std::min(locked + 1, run.size()); ++row) {
            Attempt lock(by_keys, run.key(row), {.mode = mode, .wait = LockWait::kNoWait});
            ASSERT_EQ(lock.result().ok(), row < locked) << row << " of " << run.size();
          }
        }
      }
      ASSERT_EQ(tables[0].counts().locked_keys, tables[1].counts().locked_keys);
      for (int i = 0; i < 50; ++i) {
        const std::string key = "row " + std::to_string(random() % (kRows + 5000));
        for (LockMode mode : kModes) {
          ASSERT_EQ(IsFree(tables[0], key, mode), IsFree(tables[1], key, mode)) << key;
        }
      }
    }
    for (int t : {0, 1}) owners[t].clear();
  }
}

// Whoever has locked all of a run is alone with it.
TEST(LockRun, BesideOthers) {
  constexpr size_t kRows = 4000;
  LockTable table;
  std::vector<uint64_t> holders(kRows);  // each under its lock
  std::vector<std::thread> threads;
  for (uint64_t id = 1; id <= 4; ++id) {
    threads.emplace_back([&, id] {
      std::mt19937 random(static_cast<unsigned>(id));
      for (int round = 0; round < 30; ++round) {
        LockOwner owner(table, id);
        const size_t from = random() % kRows;
        const size_t to = std::min<size_t>(kRows, from + random() % 1500);
        const KeyRun run(from, to);
        for (size_t locked = 0;; ++locked) {
          locked += owner.LockRun(run.rows(locked), kUpdate);
          if (locked == run.size()) break;
          const std::string key = run.key(locked);
          ASSERT_TRUE(BlockingWait(owner.Lock(key, {.mode = kUpdate})).ok());
        }
        for (size_t row = from; row < to; ++row) holders[row] = id;
        if (round % 4 == 0) owner.Compact({});
        for (size_t row = from; row < to; ++row) ASSERT_EQ(holders[row], id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(table.counts().locked_keys, 0u);
}

}  // namespace
}  // namespace shale::engine
