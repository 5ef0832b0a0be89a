// Goal: SERIALIZABLE holds between threads. Method: each pair of accounts may be overdrawn in one
// if the other covers it; withdrawals look at both and take from one, so that two at once would
// take twice what is there. A report, declared READ ONLY now and then, must never see a pair below
// zero. The control is the same under REPEATABLE READ.
#include <atomic>
#include <random>

#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

constexpr uint32_t kPairs = 3;
constexpr int kWorkers = 4;
constexpr int kRounds = 400;

std::string AccountOf(uint32_t pair, uint32_t side) {
  return "pair" + std::to_string(pair) + (side == 0 ? "-left" : "-right");
}

class SerializableStressTest : public ConformanceTest {
 protected:
  void SetUp() override {
    ConformanceTest::SetUp();
    Rows rows;
    for (uint32_t pair = 0; pair < kPairs; ++pair) {
      for (uint32_t side = 0; side < 2; ++side) rows.emplace_back(AccountOf(pair, side), "50");
    }
    PutCommitted(rows);
  }

  // Nothing: the read was refused.
  static std::optional<long> Balance(KvTransaction& transaction, uint32_t pair, bool by_scan) {
    long balance = 0;
    if (by_scan) {
      std::string prefix = "pair" + std::to_string(pair);
      auto cursor = transaction.Scan({.range = {prefix + "-", prefix + "."}, .page_rows_max = 1});
      while (true) {
        auto page = BlockingWait(cursor->NextPage());
        if (!page.ok()) return std::nullopt;
        if (page->empty()) return balance;
        balance += std::stol(std::string(page->front().value));
      }
    }
    for (uint32_t side = 0; side < 2; ++side) {
      PinnedBytes value;
      Result<bool> found = BlockingWait(transaction.Get(AccountOf(pair, side), &value));
      if (!found.ok()) return std::nullopt;
      balance += std::stol(std::string(value.view()));
    }
    return balance;
  }

  // Takes 60 from one account where both together have it, else pays in.
  void Move(std::mt19937& random, IsolationLevel level) {
    Transaction mine = store().Begin({.isolation = level, .synchronous_commit = false});
    uint32_t pair = random() % kPairs;
    std::string key = AccountOf(pair, random() % 2);
    std::optional<long> both = Balance(*mine, pair, random() % 2 == 0);
    if (!both.has_value()) return;
    if (random() % 4 == 0) std::this_thread::yield();
    auto lock = BlockingWait(mine->Lock(key, {.mode = LockMode::kNoKeyUpdate}));
    if (!lock.ok()) return;
    PinnedBytes value;
    SequenceNumber sequence = 0;
    Result<bool> found = BlockingWait(mine->GetLatest(key, &value, &sequence));
    if (!found.ok() || !*found || sequence > mine->snapshot()) return;
    long change = *both >= 60 ? -60 : 40;
    if (!mine->Put(key, std::to_string(std::stol(std::string(value.view())) + change)).ok()) return;
    if (BlockingWait(mine->Commit()).outcome == CommitOutcome::kCommitted) ++moved_;
  }

  void Report(std::mt19937& random, IsolationLevel level) {
    Transaction mine = store().Begin({.isolation = level, .read_only = random() % 2 == 0});
    bool is_negative = false;
    for (uint32_t pair = 0; pair < kPairs; ++pair) {
      std::optional<long> both = Balance(*mine, pair, random() % 2 == 0);
      if (!both.has_value()) return;
      is_negative = is_negative || *both < 0;
    }
    if (BlockingWait(mine->Commit()).outcome == CommitOutcome::kCommitted && is_negative) ++wrong_;
  }

  void Run(IsolationLevel level) {
    std::vector<std::thread> threads;
    for (uint32_t worker = 0; worker < kWorkers; ++worker) {
      threads.emplace_back([this, worker, level] {
        std::mt19937 random(worker);
        for (int i = 0; i < kRounds; ++i) {
          if (random() % 4 == 0) {
            Report(random, level);
          } else {
            Move(random, level);
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  std::atomic<int> moved_{0};
  std::atomic<int> wrong_{0};
};
CONFORMANCE_SUITE(SerializableStressTest);

TEST_P(SerializableStressTest, NoPairIsOverdrawn) {
  Run(IsolationLevel::kSerializable);
  EXPECT_EQ(wrong_, 0);
  EXPECT_GT(moved_, kWorkers * kRounds / 20);
  Transaction after = Begin();
  for (uint32_t pair = 0; pair < kPairs; ++pair) EXPECT_GE(Balance(*after, pair, true), 0);
}

TEST_P(SerializableStressTest, ControlAtRepeatableRead) {
  bool overdrawn = false;
  for (int round = 0; round < 20 && !overdrawn; ++round) {
    Run(IsolationLevel::kRepeatableRead);
    overdrawn = wrong_ > 0;
  }
  EXPECT_TRUE(overdrawn);
}

}  // namespace
}  // namespace shale::engine::conformance
