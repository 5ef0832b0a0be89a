// INSERT, UPDATE and DELETE of one session: what is written, what is refused, and in which words.
#include <gtest/gtest.h>

#include "tests/sql/exec/test_database.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

// With an engine that answers at once, and with one that never does.
class ChangeTest : public testing::TestWithParam<bool> {
 protected:
  ChangeTest() : database_({.slow = GetParam()}) {
    database_.AddTable("t", {{"id"}, {"v"}, {"s", type_oid::kText}}, {"id"});
    database_.AddTable("h", {{"a", type_oid::kInt4, true}, {"b", type_oid::kText}}, {});
    database_.AddTable("p", {{"a"}, {"b", type_oid::kText}, {"c"}}, {"b", "a"});
  }
  TestDatabase database_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ChangeTest, testing::Values(false, true), [](const auto& info) {
  return std::string(info.param ? "Slow" : "Immediate");
});

TEST_P(ChangeTest, InsertsAndReadsBack) {
  Outcome inserted = database_.Run("INSERT INTO t VALUES (2, 20, 'two'), (1, 10, NULL)");
  EXPECT_TRUE(inserted.status.ok()) << inserted.status.ToString();
  EXPECT_EQ(inserted.affected, 2u);
  EXPECT_EQ(database_.Query("INSERT INTO t (v, id) VALUES (30, 3) RETURNING id, v + 1, s"),
            "3|31|");
  EXPECT_EQ(database_.Query("SELECT * FROM t"), "1|10|;2|20|two;3|30|");
}

TEST_P(ChangeTest, RefusesNull) {
  Outcome outcome = database_.Run("INSERT INTO t VALUES (NULL, 1, 'x')");
  EXPECT_EQ(outcome.ToString(),
            "23502: null value in column \"id\" of relation \"t\" violates not-null constraint");
  EXPECT_EQ(outcome.status.error().detail, "Failing row contains (null, 1, x).");
  EXPECT_EQ(outcome.status.error().table, "t");
  EXPECT_EQ(outcome.status.error().column, "id");
  EXPECT_EQ(database_.Run("INSERT INTO h VALUES (NULL, repeat('y', 100))").status.error().detail,
            "Failing row contains (null, " + std::string(64, 'y') + "...).");
}

TEST_P(ChangeTest, RefusesDuplicateKeys) {
  database_.Query("INSERT INTO p VALUES (1, 'x', 5)");
  Outcome outcome = database_.Run("INSERT INTO p VALUES (1, 'x', 6)");
  EXPECT_EQ(outcome.ToString(), "23505: duplicate key value violates unique constraint \"p_pkey\"");
  EXPECT_EQ(outcome.status.error().detail, "Key (b, a)=(x, 1) already exists.");
  EXPECT_EQ(outcome.status.error().constraint, "p_pkey");
  EXPECT_EQ(database_.Run("INSERT INTO t VALUES (1, 1, ''), (1, 2, '')").status.sqlstate().code,
            std::string("23505"));
  EXPECT_EQ(database_.Query("SELECT count(*) FROM t"), "0");
}

TEST_P(ChangeTest, SkipsConflicts) {
  database_.Query("INSERT INTO t VALUES (1, 10, 'a')");
  Outcome outcome = database_.Run(
      "INSERT INTO t VALUES (1, 11, 'b'), (2, 20, 'c'), (2, 21, 'd') ON CONFLICT DO NOTHING "
      "RETURNING id, v");
  EXPECT_EQ(outcome.ToString(), "2|20");
  EXPECT_EQ(outcome.affected, 1u);
}

TEST_P(ChangeTest, UpdatesOneRowByKey) {
  database_.Query("INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b')");
  Outcome outcome = database_.Run("UPDATE t SET v = v + $1 WHERE id = $2", {Int4(5), Int4(2)});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.affected, 1u);
  EXPECT_EQ(database_.Run("UPDATE t SET v = 0 WHERE id = 7").affected, 0u);
  EXPECT_EQ(database_.Run("UPDATE t SET v = 0 WHERE id = NULL").affected, 0u);
  EXPECT_EQ(database_.Run("UPDATE t SET v = 0 WHERE id = 1 AND v > 10").affected, 0u);
  EXPECT_EQ(database_.Query("SELECT id, v FROM t"), "1|10;2|25");
  EXPECT_EQ(database_.Query("UPDATE t SET s = NULL WHERE id = 1 RETURNING *"), "1|10|");
}

TEST_P(ChangeTest, UpdatesManyRowsWithoutSeeingItsOwn) {
  database_.Query("INSERT INTO t SELECT g, g, 'x' FROM generate_series(1, 3000) AS s(g)");
  Outcome outcome = database_.Run("UPDATE t SET id = id + 10000, v = v + 1");
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.affected, 3000u);
  EXPECT_EQ(database_.Query("SELECT count(*), min(id), max(id), sum(v - id) FROM t"),
            "3000|10001|13000|" + std::to_string(-9999 * 3000));
}

TEST_P(ChangeTest, ChecksMovedKeysRowByRow) {
  database_.Query("INSERT INTO t VALUES (1, 1, ''), (2, 2, ''), (3, 3, '')");
  Outcome up = database_.Run("UPDATE t SET id = id + 1");
  EXPECT_EQ(up.ToString(), "23505: duplicate key value violates unique constraint \"t_pkey\"");
  EXPECT_EQ(up.status.error().detail, "Key (id)=(2) already exists.");
  EXPECT_EQ(database_.Run("UPDATE t SET id = id - 1").affected, 3u);
  EXPECT_EQ(database_.Query("SELECT id, v FROM t"), "0|1;1|2;2|3");
  EXPECT_EQ(database_.Run("UPDATE t SET id = 2 WHERE id = 0").status.sqlstate().code,
            std::string("23505"));
  EXPECT_EQ(database_.Run("UPDATE t SET id = 0 WHERE id = 0").affected, 1u);
  EXPECT_EQ(database_.Run("UPDATE t SET id = NULL WHERE id = 0").status.sqlstate().code,
            std::string("23502"));
}

TEST_P(ChangeTest, JoinedUpdateTouchesARowOnce) {
  database_.Query("INSERT INTO t VALUES (1, 0, ''), (2, 0, '')");
  database_.Query("INSERT INTO h SELECT 1, 'x' FROM generate_series(1, 5)");
  Outcome outcome = database_.Run("UPDATE t SET v = v + 1 FROM h WHERE h.a = t.id");
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.affected, 1u);
  EXPECT_EQ(database_.Query("SELECT id, v FROM t"), "1|1;2|0");
  EXPECT_EQ(database_.Run("DELETE FROM t USING h WHERE h.a = t.id").affected, 1u);
  EXPECT_EQ(database_.Query("SELECT id FROM t"), "2");
}

TEST_P(ChangeTest, DeletesWithReturning) {
  database_.Query("INSERT INTO t SELECT g, g % 10, 'r' || g FROM generate_series(1, 2000) AS s(g)");
  EXPECT_EQ(database_.Query("DELETE FROM t WHERE id = 5 RETURNING s, v"), "r5|5");
  EXPECT_EQ(database_.Run("DELETE FROM t WHERE v <> 3").affected, 1799u);
  EXPECT_EQ(database_.Query("SELECT count(*), min(v), max(v) FROM t"), "200|3|3");
  EXPECT_EQ(database_.Run("DELETE FROM t RETURNING id").rows.size(), 200u);
  EXPECT_EQ(database_.Query("SELECT count(*) FROM t"), "0");
}

TEST_P(ChangeTest, RowsWithoutKeyMayRepeat) {
  database_.Query("INSERT INTO h VALUES (1, 'x'), (1, 'x'), (2, 'y')");
  EXPECT_EQ(database_.Query("SELECT a, b FROM h ORDER BY a, b"), "1|x;1|x;2|y");
  EXPECT_EQ(database_.Run("UPDATE h SET b = 'z' WHERE a = 1").affected, 2u);
  EXPECT_EQ(database_.Run("DELETE FROM h WHERE b = 'z'").affected, 2u);
  EXPECT_EQ(database_.Query("SELECT a, b FROM h"), "2|y");
}

TEST_P(ChangeTest, TakesSequenceValuesWithoutGaps) {
  database_.AddSequence("counter");
  EXPECT_EQ(database_
                .Query("INSERT INTO t SELECT nextval('counter'), g, '' FROM "
                       "generate_series(1, 3000) AS s(g) RETURNING 1")
                .size(),
            2 * 3000u - 1);
  EXPECT_EQ(database_.Query("SELECT min(id), max(id), count(*) FROM t"), "1|3000|3000");
  EXPECT_EQ(database_.Query("INSERT INTO t VALUES (nextval('counter'), 0, '') RETURNING id"),
            "3001");
  EXPECT_EQ(database_.Query("SELECT nextval('counter') FROM generate_series(1, 3)"),
            "3002;3003;3004");
}

TEST_P(ChangeTest, SeesOwnWritesOfEarlierStatements) {
  TestSession session(&database_, engine::IsolationLevel::kRepeatableRead);
  session.Run("INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b')");
  EXPECT_EQ(session.Run("UPDATE t SET v = v + 1").affected, 2u);
  EXPECT_EQ(session.Run("UPDATE t SET v = v + 1 WHERE id = 1").affected, 1u);
  EXPECT_EQ(session.Run("DELETE FROM t WHERE id = 2").affected, 1u);
  EXPECT_EQ(session.Run("UPDATE t SET v = 0 WHERE id = 2").affected, 0u);
  EXPECT_EQ(session.Run("INSERT INTO t VALUES (2, 5, 'c')").affected, 1u);
  EXPECT_EQ(session.Run("SELECT id, v FROM t").ToString(), "1|12;2|5");
  EXPECT_TRUE(session.Commit().ok());
  EXPECT_EQ(database_.Query("SELECT id, v FROM t"), "1|12;2|5");
}

// An index entry whose row is gone is damage, not an empty answer or a reason to look again.
TEST_P(ChangeTest, ReportsEntriesWithoutRow) {
  const char* damage = "XX001: entry without a row in index \"t_v\"";
  database_.AddIndex("t", "t_v", "v");
  database_.Query("INSERT INTO t VALUES (1, 10, 'a')");
  auto damaging = database_.store().Begin({});
  catalog::TableRef table =
      database_.catalog().snapshot()->FindTable(catalog::kPublicSchemaOid, "t");
  const catalog::Datum key[] = {catalog::Datum::Int32(1)};
  std::string row_key;
  CodecOf(table)->EncodeKey(key, &row_key);
  ASSERT_TRUE(damaging->Delete(row_key).ok());
  ASSERT_EQ(BlockingWait(damaging->Commit({}, nullptr)).outcome, engine::CommitOutcome::kCommitted);
  for (const char* sql :
       {"SELECT id FROM t WHERE v = 10 AND id > 0",
        "INSERT INTO t VALUES (2, 10, 'b') ON CONFLICT DO NOTHING",
        "INSERT INTO t VALUES (2, 10, 'b') ON CONFLICT (v) DO NOTHING",
        "INSERT INTO t VALUES (2, 10, 'b') ON CONFLICT (v) DO UPDATE SET s = ''"}) {
    EXPECT_EQ(database_.Run(sql).ToString(), damage) << sql;
  }
}

TEST_P(ChangeTest, RefusesNegativeLimits) {
  EXPECT_EQ(database_.Run("SELECT 1 LIMIT -1").ToString(), "2201W: LIMIT must not be negative");
  EXPECT_EQ(database_.Run("SELECT 1 OFFSET -1").ToString(), "2201X: OFFSET must not be negative");
}

TEST_P(ChangeTest, StopsWhenCancelled) {
  TestSession session(&database_);
  session.cancel().Cancel(
      Error(sqlstate::kQueryCanceled, "canceling statement due to user request"));
  EXPECT_EQ(session.Run("SELECT count(*) FROM generate_series(1, 1000000)").ToString(),
            "57014: canceling statement due to user request");
}

TEST_P(ChangeTest, RefusesToUseMoreThanWorkMem) {
  TestSession session(&database_);
  session.context().work_mem_bytes = 64 << 10;
  for (const char* sql : {"SELECT g FROM generate_series(1, 100000) AS s(g) ORDER BY g DESC",
                          "SELECT g, count(*) FROM generate_series(1, 100000) AS s(g) GROUP BY g",
                          "SELECT DISTINCT g FROM generate_series(1, 100000) AS s(g)"}) {
    EXPECT_EQ(session.Run(sql).ToString(), "53200: out of memory") << sql;
  }
  EXPECT_EQ(session.Run("SELECT g FROM generate_series(1, 100000) AS s(g) ORDER BY g DESC LIMIT 2")
                .ToString(),
            "53200: out of memory")
      << "top-N keeps some thousand rows at first";
  session.context().work_mem_bytes = 1 << 20;
  EXPECT_EQ(session.Run("SELECT g FROM generate_series(1, 100000) AS s(g) ORDER BY g DESC LIMIT 2")
                .ToString(),
            "100000;99999");
}

}  // namespace
}  // namespace shale::sql
