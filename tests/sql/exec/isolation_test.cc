// Two clients by hand: what one sees of the other's changes, what waits, and what fails.
#include <gtest/gtest.h>

#include "tests/sql/exec/test_database.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;
using engine::IsolationLevel;

class IsolationTest : public testing::TestWithParam<bool> {
 protected:
  IsolationTest() : database_({.slow = GetParam()}) {
    database_.AddTable("t", {{"id"}, {"v"}, {"s", type_oid::kText}}, {"id"});
    database_.AddTable("u", {{"a"}, {"b"}}, {});
    database_.Query("INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c')");
    database_.Query("INSERT INTO u VALUES (1, 100), (2, 200)");
  }
  TestDatabase database_;
};
INSTANTIATE_TEST_SUITE_P(Engines, IsolationTest, testing::Values(false, true),
                         [](const auto& info) {
                           return std::string(info.param ? "Slow" : "Immediate");
                         });

TEST_P(IsolationTest, NoUpdateIsLost) {
  TestSession first(&database_), second(&database_);
  EXPECT_EQ(first.Run("UPDATE t SET v = v + 1 WHERE id = 1").affected, 1u);
  auto waiting = second.Start("UPDATE t SET v = v + 1 WHERE id = 1 RETURNING v");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(waiting.get().ToString(), "12");
  EXPECT_TRUE(second.Commit().ok());
  EXPECT_EQ(database_.Query("SELECT v FROM t WHERE id = 1"), "12");
}

TEST_P(IsolationTest, ChangedRowsAreCheckedAgain) {
  TestSession first(&database_), second(&database_);
  first.Run("UPDATE t SET v = v + 5");
  auto waiting = second.Start("UPDATE t SET s = 'hit' WHERE v >= 20 AND v < 30 RETURNING id, v, s");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  // Row 2 passed before and passes as it is now; rows 1 and 3 did not pass at the snapshot.
  EXPECT_EQ(waiting.get().ToString(), "2|25|hit");
  second.Rollback();
  first.Run("UPDATE t SET v = 99 WHERE id = 2");
  waiting = second.Start("DELETE FROM t WHERE v = 25 RETURNING id");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(waiting.get().affected, 0u);
}

TEST_P(IsolationTest, JoinedRowsAreCheckedWithTheSamePartner) {
  TestSession first(&database_), second(&database_);
  first.Run("UPDATE t SET v = 0 WHERE id = 1");
  auto waiting = second.Start(
      "UPDATE t SET v = t.v + u.b FROM u WHERE u.a = t.id AND t.v < 100 RETURNING id, v");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  Outcome outcome = waiting.get();
  std::sort(outcome.rows.begin(), outcome.rows.end());
  EXPECT_EQ(outcome.ToString(), "1|100;2|220");
}

TEST_P(IsolationTest, DeletedRowsAreSkipped) {
  TestSession first(&database_), second(&database_);
  first.Run("DELETE FROM t WHERE id = 2");
  auto waiting = second.Start("UPDATE t SET v = v + 1 RETURNING id");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(waiting.get().ToString(), "1;3");
  second.Rollback();
  first.Run("DELETE FROM t WHERE id = 3");
  waiting = second.Start("UPDATE t SET v = 0 WHERE id = 3");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(waiting.get().affected, 0u);
}

TEST_P(IsolationTest, AbortedChangesAreNone) {
  TestSession first(&database_), second(&database_, IsolationLevel::kRepeatableRead);
  first.Run("UPDATE t SET v = 0 WHERE id = 1");
  second.Run("SELECT 1 FROM t");
  auto waiting = second.Start("UPDATE t SET v = v + 1 WHERE id = 1 RETURNING v");
  EXPECT_TRUE(second.Waits());
  first.Rollback();
  EXPECT_EQ(waiting.get().ToString(), "11");
}

TEST_P(IsolationTest, RepeatableReadRefusesChangedRows) {
  for (const char* change : {"UPDATE t SET v = v + 1 WHERE id = 1", "DELETE FROM t WHERE id = 1"}) {
    for (const char* sql :
         {"UPDATE t SET v = 0 WHERE id = 1", "UPDATE t SET v = 0 WHERE v = 10",
          "DELETE FROM t WHERE id = 1", "SELECT * FROM t WHERE id = 1 FOR UPDATE"}) {
      TestSession first(&database_), second(&database_, IsolationLevel::kRepeatableRead);
      second.Run("SELECT 1 FROM t");
      first.Run(change);
      EXPECT_TRUE(first.Commit().ok());
      // Of a row that is to be locked only, PostgreSQL says "update" of both.
      const std::string reason = change[0] == 'U' || sql[0] == 'S' ? "update" : "delete";
      EXPECT_EQ(second.Run(sql).ToString(),
                "40001: could not serialize access due to concurrent " + reason)
          << sql;
      second.Rollback();
      database_.Query("DELETE FROM t WHERE id = 1");
      database_.Query("INSERT INTO t VALUES (1, 10, 'a')");
    }
  }
}

TEST_P(IsolationTest, RowsBehindTheSnapshotAreNotUpdated) {
  TestSession first(&database_), second(&database_, IsolationLevel::kRepeatableRead);
  second.Run("SELECT 1 FROM t");
  first.Run("INSERT INTO t VALUES (4, 40, 'd')");
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(second.Run("UPDATE t SET v = 0 WHERE id = 4").ToString(), "");
  EXPECT_EQ(second.Run("UPDATE t SET v = 0 WHERE id = 4").affected, 0u);
  EXPECT_EQ(second.Run("DELETE FROM t WHERE id = 4").affected, 0u);
  EXPECT_EQ(second.Run("INSERT INTO t VALUES (4, 1, '')").status.sqlstate().code,
            std::string("23505"));
}

TEST_P(IsolationTest, AbsentRowsKeepNoLock) {
  TestSession first(&database_), second(&database_);
  EXPECT_EQ(first.Run("UPDATE t SET v = 0 WHERE id = 77").affected, 0u);
  EXPECT_EQ(first.Run("UPDATE t SET v = 0 WHERE id = 1 AND v = 11").affected, 0u);
  EXPECT_EQ(second.Run("INSERT INTO t VALUES (77, 1, '')").affected, 1u);
  EXPECT_EQ(second.Run("UPDATE t SET v = 0 WHERE id = 1").affected, 1u);
}

TEST_P(IsolationTest, DuplicateInsertsWait) {
  TestSession first(&database_), second(&database_), third(&database_);
  first.Run("INSERT INTO t VALUES (9, 1, 'first')");
  auto waiting = second.Start("INSERT INTO t VALUES (9, 2, 'second')");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(waiting.get().ToString(),
            "23505: duplicate key value violates unique constraint \"t_pkey\"");
  second.Rollback();

  first.Run("DELETE FROM t WHERE id = 9");
  waiting = second.Start("INSERT INTO t VALUES (9, 2, 'second')");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(waiting.get().affected, 1u);

  waiting = third.Start("INSERT INTO t VALUES (9, 3, 'third') ON CONFLICT DO NOTHING");
  EXPECT_TRUE(third.Waits());
  second.Rollback();
  EXPECT_EQ(waiting.get().affected, 1u);
}

TEST_P(IsolationTest, ForUpdateReadsWhatIsNow) {
  TestSession first(&database_), second(&database_);
  first.Run("UPDATE t SET v = 11, s = NULL WHERE id = 1");
  auto waiting = second.Start("SELECT id, v, s FROM t WHERE id <= 2 ORDER BY id FOR UPDATE");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(waiting.get().ToString(), "1|11|;2|20|b");
}

TEST_P(IsolationTest, NoWaitAndSkipLocked) {
  TestSession first(&database_), second(&database_);
  EXPECT_EQ(first.Run("SELECT id FROM t ORDER BY id LIMIT 1 FOR UPDATE").ToString(), "1");
  EXPECT_EQ(second.Run("SELECT id FROM t WHERE id = 1 FOR UPDATE NOWAIT").ToString(),
            "55P03: could not obtain lock on row in relation \"t\"");
  // The limit locked one row only, and the next one goes to the next client.
  EXPECT_EQ(second.Run("SELECT id FROM t ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED").ToString(),
            "2");
  EXPECT_EQ(first.Run("SELECT id FROM t FOR UPDATE SKIP LOCKED").ToString(), "1;3");
}

TEST_P(IsolationTest, KeyShareAllowsOtherColumnsToChange) {
  TestSession first(&database_), second(&database_);
  first.Run("SELECT id FROM t WHERE id = 1 FOR KEY SHARE");
  EXPECT_EQ(second.Run("UPDATE t SET v = 0 WHERE id = 1").affected, 1u);
  second.Rollback();
  auto waiting = second.Start("UPDATE t SET id = 100 WHERE id = 1");
  EXPECT_TRUE(second.Waits());
  first.Rollback();
  EXPECT_EQ(waiting.get().affected, 1u);
}

// Many clients add to few rows: every addition must be there in the end.
TEST_P(IsolationTest, ConcurrentAdditionsAllCount) {
  constexpr int kClients = 4;
  constexpr int kRounds = 25;
  std::vector<std::future<int>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::async(std::launch::async, [this, i] {
      int failed = 0;
      TestSession session(&database_);
      for (int round = 0; round < kRounds; ++round) {
        const char* sql = (i + round) % 2 == 0 ? "UPDATE t SET v = v + 1 WHERE id = 1"
                                               : "UPDATE t SET v = v + 1 WHERE s = 'a'";
        Outcome outcome = session.Run(sql);
        if (!outcome.status.ok() || outcome.affected != 1 || !session.Commit().ok()) ++failed;
      }
      return failed;
    }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 0);
  EXPECT_EQ(database_.Query("SELECT v FROM t WHERE id = 1"),
            std::to_string(10 + kClients * kRounds));
}

}  // namespace
}  // namespace shale::sql
