// Goal: a LATERAL item gives for each row on its left what it would give on its own with that row's
// values put in. Method: random rows against the loop written out, with and without an engine that
// makes every call wait; the shapes of plans; lookups by the keys in an array.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "tests/sql/exec/test_database.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

std::string ValuesOf(const std::vector<std::pair<int, int>>& rows) {
  std::string text;
  for (const auto& [first, second] : rows) {
    text += fmt::format("{}({}, {})", text.empty() ? "" : ", ", first, second);
  }
  return text;
}

std::vector<std::pair<int, int>> RandomPairs() {
  auto number = rc::gen::inRange(0, 5);
  return *rc::gen::container<std::vector<std::pair<int, int>>>(rc::gen::pair(number, number));
}

std::vector<std::string> Sorted(std::vector<std::string> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

TEST(LateralTest, GivesWhatTheLoopGives) {
  EXPECT_TRUE(rc::check("inner and left", [] {
    TestDatabase database({.slow = *rc::gen::arbitrary<bool>()});
    for (const char* name : {"l", "r"}) database.AddTable(name, {{"a"}, {"b"}}, {});
    const auto left = RandomPairs();
    const auto right = RandomPairs();
    if (!left.empty()) database.Query("INSERT INTO l VALUES " + ValuesOf(left));
    if (!right.empty()) database.Query("INSERT INTO r VALUES " + ValuesOf(right));
    std::vector<std::string> inner;
    std::vector<std::string> outer;
    for (const auto& [a, b] : left) {
      bool matched = false;
      for (const auto& [c, d] : right) {
        if (c < a || d == b) continue;
        inner.push_back(fmt::format("{}|{}|{}", a, b, c + d + a));
        matched = true;
      }
      if (!matched) outer.push_back(fmt::format("{}|{}|", a, b));
    }
    outer.insert(outer.end(), inner.begin(), inner.end());
    Outcome inner_found = database.Run(
        "SELECT l.a, l.b, x.s FROM l, LATERAL (SELECT r.a + r.b + l.a AS s, r.b FROM r "
        "WHERE r.a >= l.a) x WHERE x.b <> l.b");
    Outcome outer_found = database.Run(
        "SELECT l.a, l.b, x.s FROM l LEFT JOIN LATERAL (SELECT r.a + r.b + l.a AS s, r.b FROM r "
        "WHERE r.a >= l.a) x ON x.b <> l.b");
    RC_ASSERT(inner_found.status.ok() && outer_found.status.ok());
    RC_ASSERT(Sorted(inner_found.rows) == Sorted(inner));
    RC_ASSERT(Sorted(outer_found.rows) == Sorted(outer));
  }));
}

TEST(LateralTest, RunsAsOftenAsItMust) {
  TestDatabase database;
  database.AddTable("t", {{"id"}, {"n"}}, {"id"});
  database.AddTable("u", {{"id"}, {"t_id"}}, {"id"});
  database.Query("INSERT INTO t VALUES (1, 10), (2, 20)");
  database.Query("INSERT INTO u VALUES (5, 2), (6, 9)");
  EXPECT_EQ(database.Explain("SELECT * FROM u, LATERAL (SELECT n FROM t WHERE t.id = u.t_id) x"),
            "Nested Loop\n"
            "  ->  Seq Scan on u\n"
            "  ->  Index Scan using t_pkey on t\n"
            "        Index Cond: (id = t_id)\n");
  // One row of expressions is computed in passing.
  EXPECT_EQ(database.Explain("SELECT x.m FROM t, LATERAL (SELECT t.n + 1) x(m)"),
            "Seq Scan on t\n");
  EXPECT_EQ(database.Query("SELECT u.id, n FROM u LEFT JOIN LATERAL (SELECT n FROM t WHERE "
                           "t.id = u.t_id) x ON true ORDER BY 1"),
            "5|20;6|");
  // A statement does not see what it changes itself.
  database.Query("UPDATE t SET n = x.m FROM u, LATERAL (SELECT max(t.n) AS m FROM t) x");
  EXPECT_EQ(database.Query("SELECT * FROM t ORDER BY id"), "1|20;2|20");
}

TEST(LateralTest, ErrorsEndTheLoop) {
  TestDatabase database({.slow = true});
  database.AddTable("t", {{"id"}}, {"id"});
  database.Query("INSERT INTO t VALUES (2), (1), (0)");
  EXPECT_EQ(database.Run("SELECT x.q FROM t, LATERAL (SELECT 4 / t.id AS q FROM t u) x")
                .status.sqlstate(),
            sqlstate::kDivisionByZero);
}

TEST(LateralTest, ArraysGiveKeys) {
  TestDatabase database;
  database.AddTable("t", {{"a"}, {"b", type_oid::kInt8}, {"c"}}, {"a", "b"});
  database.Query("INSERT INTO t VALUES (1, 1, 11), (1, 2, 12), (1, 3, 13), (2, 1, 21)");
  const std::string by_keys = "SELECT c FROM t WHERE a = 1 AND b = ANY ($1)";
  const catalog::Type bigints{1016, -1};
  Arena arena;
  auto array = [&](std::string_view text) {
    return catalog::Value(bigints,
                          *catalog::ParseText(bigints, text, catalog::FormatSettings(), &arena));
  };
  EXPECT_EQ(database.Query(by_keys, {array("{3,1,3,NULL,7}")}), "11;13");
  EXPECT_EQ(database.Query(by_keys, {array("{}")}), "");
  EXPECT_EQ(database.Query(by_keys, {catalog::Value::Null(bigints)}), "");
  EXPECT_EQ(database.Query("SELECT c FROM t WHERE a = 1 AND b = ANY ('{2}'::int[])"), "12");
  EXPECT_EQ(database.Query("SELECT c FROM t WHERE a = ANY ('{2}')"), "21");
  EXPECT_EQ(database.Explain("SELECT c FROM t WHERE a = 1 AND b = ANY ('{2}'::int[])"),
            "Index Scan using t_pkey on t\n"
            "  Index Cond: ((a = 1) AND (b = ANY ('{2}'::integer[])))\n");
  database.Query("UPDATE t SET c = 0 WHERE a = 1 AND b = ANY ('{1,2}')");
  EXPECT_EQ(database.Query("SELECT c FROM t ORDER BY a, b"), "0;0;13;21");
}

}  // namespace
}  // namespace shale::sql
