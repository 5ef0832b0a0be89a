// Goal: WITH queries give what they would give in place, are computed once and as far as they are
// read, and those that change rows see the state of before. Method: statements with known answers,
// random graphs against the closure written out, each also on an engine that makes every call wait.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "tests/sql/exec/test_database.h"

namespace shale::sql {
namespace {

class WithTest : public testing::TestWithParam<bool> {
 protected:
  WithTest() : database_({.slow = GetParam()}) {}
  TestDatabase database_;
};
INSTANTIATE_TEST_SUITE_P(Engines, WithTest, testing::Bool());

TEST_P(WithTest, IsComputedOnceForAllWhoScanIt) {
  database_.AddSequence("s");
  EXPECT_EQ(database_.Query("WITH q AS (SELECT nextval('s') AS n) SELECT x.n, y.n FROM q x, q y"),
            "1|1");
  EXPECT_EQ(database_.Query("WITH q AS MATERIALIZED (SELECT g FROM generate_series(1, 3000) g) "
                            "SELECT count(*), sum(x.g) FROM q x JOIN q y ON x.g = y.g + 1"),
            "2999|4501499");
}

TEST_P(WithTest, IsReadAsFarAsItMustBe) {
  Outcome found = database_.Run(
      "WITH q AS MATERIALIZED (SELECT 1 / (2000 - g) AS x FROM generate_series(1, 3000) g) "
      "SELECT x FROM q LIMIT 2");
  EXPECT_EQ(found.ToString(), "0;0");
  found = database_.Run(
      "WITH RECURSIVE r(n) AS (SELECT 3 UNION ALL SELECT n - 1 + 0 / n FROM r) "
      "SELECT n FROM r LIMIT 4");
  EXPECT_EQ(found.ToString(), "3;2;1;0");
}

TEST_P(WithTest, StartsAnewForEachRowOfWhatItReadsFromAround) {
  EXPECT_EQ(database_.Query(
                "SELECT g, x.c FROM generate_series(1, 3) g, LATERAL (WITH q AS MATERIALIZED "
                "(SELECT h FROM generate_series(1, g) h) SELECT count(*) AS c FROM q a, q b) x"),
            "1|1;2|4;3|9");
}

TEST_P(WithTest, ChangesSeeTheStateOfBefore) {
  database_.AddTable("t", {{"id"}, {"v"}}, {"id"});
  database_.AddTable("log", {{"id"}}, {});
  database_.Query("INSERT INTO t VALUES (1, 10), (2, 20)");
  EXPECT_EQ(database_.Query("WITH u AS (UPDATE t SET v = v + 1 WHERE id = 1 RETURNING *) "
                            "SELECT t.v, u.v FROM t JOIN u USING (id) WHERE t.id = 1"),
            "10|11");
  EXPECT_EQ(database_.Query("WITH i AS (INSERT INTO t VALUES (3, 30) RETURNING id) SELECT x.v FROM "
                            "i LEFT JOIN LATERAL (SELECT v FROM t WHERE t.id = i.id) x ON true"),
            "");
  EXPECT_EQ(database_.Query("SELECT id, v FROM t"), "1|11;2|20;3|30");
  // Read or not, to the end, and not counted.
  Outcome moved = database_.Run(
      "WITH d AS (DELETE FROM t WHERE id > 1 RETURNING id), i AS (INSERT INTO log VALUES (7)) "
      "INSERT INTO log SELECT id FROM d LIMIT 1");
  EXPECT_EQ(moved.affected, 1u);
  EXPECT_EQ(database_.Query("SELECT count(*) FROM t"), "1");
  EXPECT_EQ(database_.Query("SELECT count(*) FROM log"), "2");
}

TEST_P(WithTest, ARowIsChangedOnceInAStatement) {
  database_.AddTable("t", {{"id"}, {"v"}}, {"id"});
  database_.Query("INSERT INTO t VALUES (1, 10)");
  database_.Query(
      "WITH a AS (UPDATE t SET v = 1 WHERE id = 1 RETURNING v), "
      "b AS (UPDATE t SET v = 2 WHERE id = 1 RETURNING v) SELECT count(*) FROM a");
  EXPECT_EQ(database_.Query("SELECT v FROM t"), "1");
  Outcome twice = database_.Run(
      "WITH a AS (UPDATE t SET v = 5 RETURNING v) INSERT INTO t SELECT 1, v FROM a "
      "ON CONFLICT (id) DO UPDATE SET v = 6");
  EXPECT_EQ(twice.status.sqlstate().code, std::string("21000"));
}

TEST_P(WithTest, IsSeenInSubqueriesOfExpressions) {
  EXPECT_EQ(database_.Query("WITH w AS (SELECT g FROM generate_series(1, 3) g) "
                            "SELECT (SELECT count(*) FROM w), g FROM generate_series(2, 5) g "
                            "WHERE g IN (SELECT g FROM w)"),
            "3|2;3|3");
  // An argument of a function in FROM: it is asked for while operators are made.
  EXPECT_EQ(database_.Query("WITH w AS MATERIALIZED (SELECT 3 AS n) "
                            "SELECT g FROM generate_series(1, (SELECT n FROM w)) g"),
            "1;2;3");
}

TEST_P(WithTest, OfASubqueryDependsOnWhatThatTakesFromAround) {
  for (std::string_view materialized : {"", "MATERIALIZED ", "NOT MATERIALIZED "}) {
    EXPECT_EQ(database_.Query(fmt::format("SELECT g, (WITH w AS {}(SELECT g + 1 AS x) "
                                          "SELECT (SELECT x FROM w) + (SELECT x FROM w)) "
                                          "FROM generate_series(1, 3) g",
                                          materialized)),
              "1|4;2|6;3|8");
    EXPECT_EQ(database_.Query(fmt::format("SELECT g FROM generate_series(1, 4) g WHERE EXISTS "
                                          "(WITH w AS {}(SELECT g AS x) SELECT FROM w "
                                          "WHERE x > 2 AND x = g)",
                                          materialized)),
              "3;4");
  }
}

TEST_P(WithTest, SubqueriesBesideChangesSeeTheStateOfBefore) {
  database_.AddTable("t", {{"id"}, {"v"}}, {"id"});
  database_.Query("INSERT INTO t VALUES (1, 10), (2, 20)");
  EXPECT_EQ(database_.Query("WITH u AS (UPDATE t SET v = v + (SELECT max(v) FROM t) RETURNING v) "
                            "SELECT (SELECT sum(v) FROM u), (SELECT sum(v) FROM t)"),
            "70|30");
  EXPECT_EQ(database_.Query("SELECT sum(v) FROM t"), "70");
}

TEST_P(WithTest, FunctionsOfSetsRunInLockStep) {
  EXPECT_EQ(database_.Query("SELECT g, generate_series(1, g), generate_series(1, 2) FROM "
                            "generate_series(0, 3) g"),
            "0||1;0||2;1|1|1;1||2;2|1|1;2|2|2;3|1|1;3|2|2;3|3|");
  EXPECT_EQ(database_.Query("SELECT count(*), sum(x) FROM (SELECT generate_series(1, g) AS x FROM "
                            "generate_series(1, 100) g) s"),
            "5050|171700");
}

TEST(RecursionTest, GivesTheClosureOfAGraph) {
  EXPECT_TRUE(rc::check("reachable pairs", [] {
    TestDatabase database({.slow = *rc::gen::arbitrary<bool>()});
    database.AddTable("edge", {{"f"}, {"t"}}, {});
    auto node = rc::gen::inRange(0, 6);
    const auto edges =
        *rc::gen::container<std::vector<std::pair<int, int>>>(rc::gen::pair(node, node));
    std::string rows;
    std::set<std::pair<int, int>> closure(edges.begin(), edges.end());
    for (const auto& [from, to] : edges)
      rows += fmt::format("{}({}, {})", rows.empty() ? "" : ", ", from, to);
    if (!rows.empty()) database.Query("INSERT INTO edge VALUES " + rows);
    for (size_t size = 0; size != closure.size();) {
      size = closure.size();
      const std::set<std::pair<int, int>> known = closure;
      for (const auto& [a, b] : known) {
        for (const auto& [c, d] : known) {
          if (b == c) closure.insert({a, d});
        }
      }
    }
    std::string expected;
    for (const auto& [a, b] : closure)
      expected += fmt::format("{}{}|{}", expected.empty() ? "" : ";", a, b);
    RC_ASSERT(
        database.Query("WITH RECURSIVE r(f, t) AS (SELECT f, t FROM edge UNION SELECT r.f, "
                       "e.t FROM r JOIN edge e ON r.t = e.f) SELECT f, t FROM r ORDER BY 1, 2") ==
        expected);
  }));
}

TEST(WithPlanTest, ShowsWhereItIsComputed) {
  TestDatabase database;
  database.AddTable("t", {{"id"}, {"v"}}, {"id"});
  EXPECT_EQ(database.Explain("WITH q AS (SELECT * FROM t) SELECT * FROM q WHERE id = 1"),
            "Index Scan using t_pkey on t\n"
            "  Index Cond: (id = 1)\n");
  EXPECT_EQ(database.Explain("WITH q AS MATERIALIZED (SELECT * FROM t) SELECT * FROM q LIMIT 1"),
            "Limit\n"
            "  CTE q\n"
            "    ->  Seq Scan on t\n"
            "  ->  CTE Scan on q\n");
  EXPECT_EQ(database.Explain("SELECT v FROM (SELECT id AS k, v FROM t) s WHERE k = 3"),
            "Index Scan using t_pkey on t\n"
            "  Index Cond: (id = 3)\n");
}

}  // namespace
}  // namespace shale::sql
