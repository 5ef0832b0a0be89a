// Goal: many transactions at once keep what one at a time would. Method: threads of bank transfers,
// with row locks as READ COMMITTED and REPEATABLE READ take them; every snapshot must show the same
// total.
#include <atomic>
#include <random>

#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

constexpr int kAccounts = 8;
constexpr int kStart = 1000;
constexpr int kThreads = 4;

std::string Account(int i) { return "account" + std::to_string(i); }

class StressTest : public ConformanceTest {
 protected:
  void SetUp() override {
    ConformanceTest::SetUp();
    Rows rows;
    for (int i = 0; i < kAccounts; ++i) rows.emplace_back(Account(i), std::to_string(kStart));
    PutCommitted(rows);
  }

  static long Total(KvTransaction& transaction, bool reverse) {
    long total = 0;
    Rows rows = ScanAll(transaction,
                        {.range = {"account", "accounu"}, .reverse = reverse, .page_rows_max = 3});
    EXPECT_EQ(rows.size(), static_cast<size_t>(kAccounts));
    for (const auto& [key, value] : rows) total += std::stol(value);
    return total;
  }

  // Locks the row, then reads what is newest. False: the transaction has to be given up.
  static bool LockAndRead(KvTransaction& transaction, const std::string& key, bool repeatable,
                          long* balance) {
    Result<LockOutcome> outcome =
        BlockingWait(transaction.Lock(key, {.mode = LockMode::kNoKeyUpdate}));
    if (!outcome.ok()) {
      EXPECT_TRUE(outcome.status().Is(sqlstate::kDeadlockDetected)) << outcome.status().ToString();
      return false;
    }
    PinnedBytes value;
    SequenceNumber sequence = 0;
    Result<bool> found = BlockingWait(transaction.GetLatest(key, &value, &sequence));
    EXPECT_TRUE(found.ok() && *found);
    if (repeatable && sequence > transaction.snapshot()) return false;  // first updater wins
    *balance = std::stol(std::string(value.view()));
    return true;
  }

  bool Transfer(std::mt19937& random, bool repeatable) {
    int from = static_cast<int>(random() % kAccounts);
    int to = static_cast<int>((from + 1 + random() % (kAccounts - 1)) % kAccounts);
    long amount = static_cast<long>(random() % 20);
    Transaction mine = store().Begin(
        {.isolation = repeatable ? IsolationLevel::kRepeatableRead : IsolationLevel::kReadCommitted,
         .synchronous_commit = random() % 4 == 0});
    long from_balance = 0;
    long to_balance = 0;
    if (!LockAndRead(*mine, Account(from), repeatable, &from_balance)) return false;
    Put(*mine, Account(from), std::to_string(from_balance - amount));
    if (random() % 8 == 0) {
      // A detour that is undone.
      uint64_t mark = mine->SetSavepoint();
      Put(*mine, Account(from), "garbage");
      mine->RollbackToSavepoint(mark);
    }
    if (!LockAndRead(*mine, Account(to), repeatable, &to_balance)) return false;
    Put(*mine, Account(to), std::to_string(to_balance + amount));
    if (random() % 16 == 0) return false;  // rolled back by its end
    Commit(std::move(mine));
    return true;
  }
};
CONFORMANCE_SUITE(StressTest);

TEST_P(StressTest, BankTransfers) {
  std::atomic<bool> stop{false};
  std::atomic<int> transfers{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 random(thread);
      for (int i = 0; i < 300; ++i) {
        if (Transfer(random, thread % 2 == 1)) ++transfers;
      }
    });
  }
  std::thread auditor([&] {
    for (int i = 0; !stop; ++i) {
      Transaction reader = Begin(IsolationLevel::kRepeatableRead);
      EXPECT_EQ(Total(*reader, i % 2 == 1), long{kAccounts} * kStart);
      if (i % 10 == 0) {
        EXPECT_EQ(Total(*reader, false), long{kAccounts} * kStart);
      }
    }
  });
  std::thread maintainer([&] {
    while (!stop) {
      EXPECT_TRUE(BlockingWait(store().Flush()).ok());
      EXPECT_TRUE(BlockingWait(store().Compact({})).ok());
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  for (std::thread& thread : threads) thread.join();
  stop = true;
  auditor.join();
  maintainer.join();
  EXPECT_GT(transfers, 0);
  EXPECT_EQ(Total(*Begin(), false), long{kAccounts} * kStart);
}

// Counters behind one lock each: not one increment may be lost.
TEST_P(StressTest, IncrementsAreNotLost) {
  PutCommitted({{"counter", "0"}});
  std::vector<std::thread> threads;
  constexpr int kIncrements = 100;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < kIncrements; ++i) {
        Transaction mine = store().Begin({.synchronous_commit = false});
        long count = 0;
        ASSERT_TRUE(LockAndRead(*mine, "counter", false, &count));
        Put(*mine, "counter", std::to_string(count + 1));
        Commit(std::move(mine));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(GetCommitted("counter"), std::to_string(kThreads * kIncrements));
}

// Locks, cancels and timeouts in a heap: everybody gets an answer, and nothing stays locked.
TEST_P(StressTest, LocksUnderCancelAndTimeout) {
  std::vector<std::thread> threads;
  std::atomic<int> granted{0};
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 random(100 + thread);
      for (int i = 0; i < 150; ++i) {
        Transaction mine = Begin();
        CancelToken token;
        std::thread canceller;
        if (random() % 8 == 0) canceller = std::thread([&] { token.Cancel(Status()); });
        for (int key = 0; key < 4; ++key) {
          LockOptions options{.mode = static_cast<LockMode>(random() % 4), .cancel = &token};
          if (random() % 4 == 0) options.wait = LockWait::kSkipLocked;
          if (random() % 4 == 0) options.timeout = std::chrono::milliseconds(1);
          std::string name = "k" + std::to_string(random() % 3);
          uint64_t mark = mine->SetSavepoint();
          Result<LockOutcome> outcome = BlockingWait(mine->Lock(name, options));
          if (!outcome.ok()) {
            mine->RollbackToSavepoint(mark);
          } else {
            ++granted;
          }
        }
        if (canceller.joinable()) canceller.join();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(granted, 0);
  Transaction last = Begin();
  for (const char* key : {"k0", "k1", "k2"}) {
    EXPECT_TRUE(LockNow(*last, key, LockMode::kUpdate).ok());
  }
}

}  // namespace
}  // namespace shale::engine::conformance
