// Goal: aggregation by several threads gives what one thread gives, of one snapshot, within its
// memory, ends with the first error or when it is cancelled, and waits for nobody's threads.
// Method: tables on the LSM engine, in part flushed, with random changes; each statement with
// helpers and without; writers beside it; pools that are busy.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <thread>

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "sql/exec/plan_children.h"
#include "sql/exec/work_shares.h"
#include "sql/plan/run_statistics.h"
#include "tests/sql/exec/test_database.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

constexpr int kHelpers = 3;
constexpr int64_t kLittleMemory = 256 << 10;

const AggregateNode* FindParallel(const PlanNode& node) {
  if (node.kind == PlanKind::kAggregate) {
    const auto& aggregate = static_cast<const AggregateNode&>(node);
    if (aggregate.workers > 0) return &aggregate;
  }
  for (const PlanNode* child : ChildrenOf(node)) {
    if (const AggregateNode* found = FindParallel(*child)) return found;
  }
  return nullptr;
}

class ParallelTest : public testing::Test {
 protected:
  ParallelTest() {
    database_.AddTable("t",
                       {{"a"},
                        {"b"},
                        {"c", type_oid::kInt8},
                        {"d", type_oid::kText},
                        {"e", type_oid::kFloat8},
                        {"n", type_oid::kNumeric}},
                       {"a"});
    database_.AddTable("s", {{"k"}, {"v"}}, {"k"});
  }

  void Must(const std::string& sql) {
    Outcome outcome = database_.Run(sql);
    ASSERT_TRUE(outcome.status.ok()) << sql << "\n" << outcome.status.ToString();
  }

  // So many rows, most of them on disk.
  void Fill(int rows) {
    Must(
        "INSERT INTO t SELECT g, g % 97, g * 1000, 'row ' || (g % 331), g::float8 / 8, "
        "g % 1013 / 10.0 FROM generate_series(1, " +
        std::to_string(rows) + ") AS q(g)");
    Flush();
  }

  void Flush() {
    Status flushed = BlockingWait(database_.store().Flush());
    ASSERT_TRUE(flushed.ok()) << flushed.ToString();
  }

  struct Ran {
    Outcome outcome;
    int helpers = 0;  // that it had
  };
  // Rows in no order.
  Ran RunIn(TestSession& session, const std::string& sql) {
    std::shared_ptr<const Plan> plan = PlanOf(database_, sql, settings_);
    RunStatistics run;
    session.context().run_statistics = &run;
    Ran ran{session.Run(plan)};
    session.context().run_statistics = nullptr;
    std::ranges::sort(ran.outcome.rows);
    const AggregateNode* node = FindParallel(*plan->root);
    const GatherRun* gather = node != nullptr ? run.FindGather(*node) : nullptr;
    ran.helpers = gather != nullptr ? gather->workers : 0;
    return ran;
  }
  std::string Alone(const std::string& sql, int64_t work_mem = 64 << 20) {
    TestSession session(&database_);
    session.context().parallel_workers = nullptr;
    session.context().work_mem_bytes = work_mem;
    return RunIn(session, sql).outcome.ToString();
  }

  void ExpectSame(const std::string& sql, int64_t work_mem, bool leads) {
    TestSession session(&database_);
    session.context().work_mem_bytes = work_mem;
    session.context().leader_participates = leads;
    const Ran ran = RunIn(session, sql);
    EXPECT_EQ(ran.outcome.ToString(), Alone(sql)) << sql;
    EXPECT_GT(ran.helpers, 0) << sql;
  }

  catalog::FormatSettings settings_;
  engine::MemoryFileSystem files_;
  std::unique_ptr<engine::LocalStorage> storage_ =
      std::move(*engine::OpenLocalStorage(files_, "/data"));
  TestDatabase database_{{.use_workers = true, .helpers = kHelpers, .storage = storage_.get()}};
};

// e holds eighths, whose sums are exact in any order.
const char* const kStatements[] = {
    "SELECT count(*) FROM t",
    "SELECT count(*), count(b), sum(a), sum(c), avg(b), min(d), max(d), min(n), sum(n), avg(n) "
    "FROM t",
    "SELECT sum(e), min(e), max(e), bool_and(a > 0), bool_or(b = 96), bit_or(b) FROM t",
    "SELECT count(*) FROM t WHERE b = 3 AND d LIKE '%7%'",
    "SELECT count(*), sum(a) FROM t WHERE a BETWEEN 2000 AND 9000",
    "SELECT count(*) FROM t WHERE false",
    "SELECT count(*), min(d) FROM t WHERE a < 0",
    "SELECT b, count(*), sum(a) FROM t GROUP BY b",
    "SELECT d, b % 5, count(*), max(c), variance(b) FROM t GROUP BY d, b % 5",
    "SELECT a, count(*), min(d) FROM t GROUP BY a",
    "SELECT b, sum(a) FILTER (WHERE a % 3 = 0), count(*) FROM t GROUP BY b HAVING count(*) > 10",
    "SELECT x, count(*) FROM (SELECT a % 7 AS x, b FROM t WHERE c > 5000) AS q WHERE b <> 5 "
    "GROUP BY x",
    "SELECT count(*), sum(v) FROM t JOIN s ON b = k",
    "SELECT v, count(*), sum(a) FROM t LEFT JOIN (SELECT k + 0 AS k, v FROM s) AS q ON b = k "
    "GROUP BY v",
    "SELECT count(*), sum(a) FROM t WHERE b IN (SELECT v FROM s)",
    "SELECT count(*), sum(a) FROM t WHERE NOT EXISTS (SELECT FROM s WHERE v = b)",
    "SELECT count(*) FROM t WHERE a = (SELECT max(a) FROM t AS u)",
    "SELECT q.c, count(*) FROM t JOIN (SELECT b AS x, count(*) AS c FROM t GROUP BY b) AS q "
    "ON q.x = t.b GROUP BY q.c",
    "SELECT v, count(*), sum(b) FROM s, LATERAL (SELECT b FROM t WHERE a > k AND a < k + 50) AS q "
    "GROUP BY v",
    "SELECT b, count(*), sum(x) FROM t, LATERAL (SELECT v + b AS x FROM s WHERE k > a AND k < a + "
    "5) "
    "AS q GROUP BY b",
    "SELECT b, count(*), sum(x) FROM t LEFT JOIN LATERAL (SELECT v + b AS x FROM s WHERE k > b AND "
    "k < b + 3) AS q ON x > 5 GROUP BY b",
    "SELECT count(*) FROM t GROUP BY ()",
};

TEST_F(ParallelTest, GivesWhatOneThreadGives) {
  Fill(20000);
  Must("INSERT INTO s SELECT g, g % 10 FROM generate_series(0, 60) AS q(g)");
  int helped = 0;
  for (const char* sql : kStatements) {
    TestSession session(&database_);
    const Ran ran = RunIn(session, sql);
    EXPECT_EQ(ran.outcome.ToString(), Alone(sql)) << sql;
    helped += ran.helpers > 0 ? 1 : 0;
  }
  EXPECT_GT(helped, 12);
  for (bool leads : {true, false}) {
    ExpectSame("SELECT d, count(*) FROM t GROUP BY d", 64 << 20, leads);
    ExpectSame("SELECT count(*), sum(v) FROM t JOIN (SELECT k + 0 AS k, v FROM s) AS q ON b = k",
               64 << 20, leads);
  }
}

// Some rows are on disk in several versions, some in memory, some are deleted.
TEST_F(ParallelTest, GivesWhatOneThreadGivesOfRandomTables) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    Random random(seed);
    Must("DELETE FROM t");
    Fill(3000 + static_cast<int>(random.Uniform(9000)));
    for (int change = 0; change < 6; ++change) {
      const std::string rest = std::to_string(random.Uniform(50));
      Must("UPDATE t SET b = b + 1, n = NULL WHERE a % 50 = " + rest);
      Must("DELETE FROM t WHERE a % 53 = " + rest);
      if (random.Uniform(3) == 0) Flush();
    }
    Must(
        "INSERT INTO t (a, b, c) SELECT 100000 + g, g % 7, g FROM generate_series(1, 500) AS q(g)");
    for (const char* sql : kStatements) {
      TestSession session(&database_);
      EXPECT_EQ(RunIn(session, sql).outcome.ToString(), Alone(sql)) << sql << ", seed " << seed;
    }
  }
}

TEST_F(ParallelTest, SpillsBeyondItsMemory) {
  Fill(20000);
  for (const char* sql : {"SELECT a, count(*), min(d) FROM t GROUP BY a",
                          "SELECT a % 9000, d, sum(c), max(d) FROM t GROUP BY a % 9000, d",
                          "SELECT d, n, count(*) FILTER (WHERE b < 50) FROM t GROUP BY d, n"}) {
    ExpectSame(sql, kLittleMemory, true);
    ExpectSame(sql, kLittleMemory, false);
  }
}

// Either side by several threads; where memory does not hold the other one, by one.
TEST_F(ParallelTest, ReadsBothSidesOfJoins) {
  Fill(20000);
  Must("INSERT INTO s SELECT g, g % 1000 FROM generate_series(1, 15000) AS q(g)");
  Flush();
  for (const char* sql :
       {"SELECT v % 10, count(*), sum(a) FROM t JOIN (SELECT k * 2 AS k, v FROM s) AS q ON a = k "
        "GROUP BY v % 10",
        "SELECT count(v), count(*), sum(a) FROM t LEFT JOIN (SELECT k + 10000 AS k, v FROM s WHERE "
        "v < 700) AS q ON a = k AND b < v",
        "SELECT count(*), sum(a) FROM t WHERE a IN (SELECT k + v FROM s)",
        "SELECT count(*), sum(a) FROM t WHERE NOT EXISTS (SELECT FROM s WHERE v * 20 = a)",
        "SELECT count(*), sum(q.v) FROM t JOIN (SELECT x.k + 0 AS k, y.v FROM s AS x JOIN (SELECT "
        "k "
        "+ 1 AS k, v FROM s) AS y ON x.k = y.k) AS q ON a = q.k",
        "SELECT count(*) FROM t JOIN (SELECT 1000 / (k - 14999) AS k FROM s) AS q ON a = k"}) {
    EXPECT_NE(database_.Explain(sql).find("Parallel Hash"), std::string::npos) << sql;
    const std::string expected = Alone(sql);
    for (int64_t work_mem : {int64_t{64} << 20, int64_t{1} << 20, kLittleMemory}) {
      for (bool leads : {true, false}) {
        TestSession session(&database_);
        session.context().work_mem_bytes = work_mem;
        session.context().leader_participates = leads;
        EXPECT_EQ(RunIn(session, sql).outcome.ToString(), expected) << sql << ", " << work_mem;
      }
    }
  }
}

TEST_F(ParallelTest, StaysWithinTheStatementsBudget) {
  Fill(20000);
  const std::string sql = "SELECT a, d, count(*) FROM t GROUP BY a, d";
  const std::string expected = Alone(sql);
  for (uint64_t limit : {uint64_t{64} << 10, uint64_t{1} << 20, uint64_t{64} << 20}) {
    MemoryAccount account("statement", nullptr, limit);
    {
      TestSession session(&database_);
      session.context().memory = &account;
      const Outcome outcome = RunIn(session, sql).outcome;
      EXPECT_TRUE(outcome.status.ok() || outcome.status.Is(sqlstate::kOutOfMemory))
          << outcome.ToString();
      if (outcome.status.ok()) {
        EXPECT_EQ(outcome.ToString(), expected);
      }
    }
    EXPECT_EQ(account.used(), 0u);
  }
}

// Two rows always change together, so that their sum does not.
TEST_F(ParallelTest, ReadsOneSnapshot) {
  Fill(8000);
  const std::string sql = "SELECT count(*), sum(c) FROM t";
  const std::string expected = Alone(sql);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    Random random(7);
    for (int turn = 0; !stop; ++turn) {
      TestSession session(&database_);
      const std::string low = std::to_string(1 + random.Uniform(4000));
      const std::string high = std::to_string(4001 + random.Uniform(4000));
      session.Run("UPDATE t SET c = c + 5 WHERE a = " + low);
      session.Run("UPDATE t SET c = c - 5 WHERE a = " + high);
      EXPECT_TRUE(session.Commit().ok());
      if (turn % 50 == 49) Flush();
    }
  });
  int helped = 0;
  for (int i = 0; i < 60; ++i) {
    TestSession session(&database_, i % 2 == 0 ? engine::IsolationLevel::kReadCommitted
                                               : engine::IsolationLevel::kRepeatableRead);
    const Ran ran = RunIn(session, sql);
    EXPECT_EQ(ran.outcome.ToString(), expected);
    helped += ran.helpers > 0 ? 1 : 0;
  }
  stop = true;
  writer.join();
  EXPECT_GT(helped, 30);
}

TEST_F(ParallelTest, LeavesAloneWhatOnlyOneThreadCanRead) {
  Fill(8000);
  const std::string sql = "SELECT count(*) FROM t";
  TestSession serializable(&database_, engine::IsolationLevel::kSerializable);
  Ran ran = RunIn(serializable, sql);
  EXPECT_EQ(ran.outcome.ToString(), "8000");
  EXPECT_EQ(ran.helpers, 0);

  TestSession writer(&database_);
  EXPECT_GT(RunIn(writer, sql).helpers, 0);
  writer.Run("DELETE FROM t WHERE a <= 10");
  ran = RunIn(writer, sql);
  EXPECT_EQ(ran.outcome.ToString(), "7990");
  EXPECT_EQ(ran.helpers, 0);
  EXPECT_EQ(Alone(sql), "8000");
  writer.Rollback();
  ran = RunIn(writer, sql);
  EXPECT_EQ(ran.outcome.ToString(), "8000");
  EXPECT_GT(ran.helpers, 0);
}

TEST_F(ParallelTest, EndsWithTheErrorOfAnyThread) {
  Fill(12000);
  for (int bad : {1, 3000, 6000, 9000, 12000}) {
    for (bool leads : {true, false}) {
      TestSession session(&database_);
      session.context().leader_participates = leads;
      const std::string sql =
          "SELECT b, sum(1000 / (a - " + std::to_string(bad) + ")) FROM t GROUP BY b";
      EXPECT_EQ(session.Run(sql).ToString(), "22012: division by zero");
      EXPECT_EQ(session.Run("SELECT count(*) FROM t").ToString(), "12000");
    }
  }
}

TEST_F(ParallelTest, EndsWhenItIsCancelled) {
  Fill(20000);
  int cancelled = 0;
  for (int delay_us = 0; delay_us < 20000; delay_us += 400) {
    TestSession session(&database_);
    auto running = session.Start("SELECT b, count(*), min(d || 'x') FROM t GROUP BY b");
    std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
    session.cancel().Cancel(Status(sqlstate::kQueryCanceled, "stop"));
    const Outcome outcome = running.get();
    if (outcome.status.ok()) {
      EXPECT_EQ(outcome.rows.size(), 97u);
    } else {
      EXPECT_EQ(outcome.ToString(), "57014: stop");
      ++cancelled;
    }
  }
  EXPECT_GT(cancelled, 0);
}

// There is one thread for it: the statement does not wait for others.
TEST_F(ParallelTest, WaitsForNoBusyPool) {
  Fill(8000);
  Alone("SELECT count(*), sum(b) FROM t");  // the store reads its files on the pool, too
  auto release = std::make_shared<std::latch>(1);
  auto blocked = std::make_shared<std::latch>(1 + kHelpers);
  for (int i = 0; i < 1 + kHelpers; ++i) {
    database_.pool()->Post([release, blocked] {
      blocked->count_down();
      release->wait();
    });
  }
  blocked->wait();
  {
    TestSession session(&database_);
    const Ran ran = RunIn(session, "SELECT count(*), sum(b) FROM t");
    EXPECT_GT(ran.helpers, 0);
    EXPECT_EQ(ran.outcome.rows.size(), 1u);
    EXPECT_TRUE(ran.outcome.rows[0].starts_with("8000|"));
  }
  release->count_down();
  EXPECT_EQ(Alone("SELECT count(*) FROM t"), "8000");
}

TEST_F(ParallelTest, SharesTheThreadsAmongStatements) {
  Fill(8000);
  std::vector<std::thread> clients;
  for (int client = 0; client < 6; ++client) {
    clients.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        TestSession session(&database_);
        EXPECT_EQ(session.Run("SELECT count(*), count(DISTINCT b) FROM t").ToString(), "8000|97");
        EXPECT_EQ(session.Run("SELECT count(*) FROM t WHERE b < 50").ToString(), "4146");
      }
    });
  }
  for (std::thread& client : clients) client.join();
  const auto all = database_.helpers().Take(100, 100);
  EXPECT_EQ(all.count(), kHelpers);
}

// Shares that count what they take from one place, and fail where they are told to. Their threads
// take turns after some steps.
class CountingShare : public WorkShare {
 public:
  static constexpr int kSteps = 120;
  static constexpr int64_t kStepNanos = 100'000;
  CountingShare(std::atomic<int>* left, int fails_at, int ends_at, Executor* pool)
      : left_(left), fails_at_(fails_at), ends_at_(ends_at), pool_(pool) {}
  Async<Result<Progress>> Step() override {
    const int number = left_->fetch_sub(1);
    if (number == fails_at_) return Result<Progress>(Error(sqlstate::kInternalError, "{}", number));
    if (number == ends_at_) return Result<Progress>(Progress::kAllEnded);
    if (number <= 0) return Result<Progress>(Progress::kEnded);
    ++done;
    const int64_t until_ns = SystemClock().MonotonicNanos() + kStepNanos;
    while (SystemClock().MonotonicNanos() < until_ns) {
    }
    if (number % 16 == 0) return Wait();
    return Result<Progress>(Progress::kMore);
  }
  int done = 0;

 private:
  Task<Result<Progress>> Wait() {
    co_await ResumeOn(*pool_);
    co_return Progress::kMore;
  }

  std::atomic<int>* left_;
  const int fails_at_;
  const int ends_at_;
  Executor* pool_;
};

TEST(WorkSharesTest, DoAllOnce) {
  constexpr int kEarly = 50;
  ThreadPool pool("shares", 3);
  for (int round = 0; round < 120; ++round) {
    const bool leads = round % 2 == 0;
    const int fails_at = round % 3 == 0 ? kEarly : -1000;
    const int ends_at = round % 3 == 1 ? kEarly : -1000;
    std::atomic<int> left = CountingShare::kSteps;
    std::vector<std::unique_ptr<CountingShare>> shares;
    std::vector<WorkShare*> given;
    for (int i = 0; i < 1 + round % 5; ++i) {
      shares.push_back(std::make_unique<CountingShare>(&left, fails_at, ends_at, &pool));
      given.push_back(shares.back().get());
    }
    Status status = BlockingWait(RunShares(&pool, given, leads));
    int done = 0;
    for (const auto& share : shares) done += share->done;
    shares.clear();
    if (fails_at > 0) {
      EXPECT_EQ(status.message(), std::to_string(kEarly));
    } else {
      EXPECT_TRUE(status.ok());
      EXPECT_GE(done, ends_at > 0 ? CountingShare::kSteps - kEarly : CountingShare::kSteps);
    }
  }
}

}  // namespace
}  // namespace shale::sql
