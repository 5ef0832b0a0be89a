// Goal: a subquery in an expression gives what the loop over its rows gives, whatever plan it gets,
// runs when and as often as it must, and sees none of its statement's writes. Method: random rows
// against the loop written out, with and without an engine that makes every call wait; the shapes
// of plans; two clients by hand.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <optional>

#include "tests/sql/exec/test_database.h"

namespace shale::sql {
namespace {

using Number = std::optional<int>;
using Rows = std::vector<std::pair<Number, Number>>;

std::string TextOf(Number number) { return number ? fmt::format("{}", *number) : "NULL"; }

Rows RandomNumbers() {
  auto number =
      rc::gen::map(rc::gen::inRange(0, 6), [](int n) { return n == 0 ? Number() : Number(n); });
  return *rc::gen::container<Rows>(rc::gen::pair(number, number));
}

void Fill(TestDatabase* database, const std::string& table, const Rows& rows) {
  int id = 0;
  std::string values;
  for (const auto& [a, b] : rows) {
    values += fmt::format("{}({}, {}, {})", values.empty() ? "" : ", ", ++id, TextOf(a), TextOf(b));
  }
  if (!values.empty()) database->Query(fmt::format("INSERT INTO {} VALUES {}", table, values));
}

// Ids of the left rows, one per line as Query gives them.
template <typename Test>
std::string IdsWhere(const Rows& left, Test test) {
  std::string ids;
  int id = 0;
  for (const auto& row : left) {
    ++id;
    if (test(row)) ids += fmt::format("{}{}", ids.empty() ? "" : ";", id);
  }
  return ids;
}

template <typename Test>
bool Any(const Rows& rows, Test test) {
  return std::any_of(rows.begin(), rows.end(), test);
}

TEST(SubqueryTest, JoinsGiveWhatTheLoopGives) {
  EXPECT_TRUE(rc::check("semi and anti joins", [] {
    TestDatabase database({.slow = *rc::gen::arbitrary<bool>()});
    const bool has_key = *rc::gen::arbitrary<bool>();
    for (const char* name : {"l", "r"}) {
      database.AddTable(name, {{"id"}, {"a"}, {"b"}},
                        has_key ? std::vector<std::string>{"id"} : std::vector<std::string>{});
    }
    const Rows left = RandomNumbers();
    const Rows right = RandomNumbers();
    Fill(&database, "l", left);
    Fill(&database, "r", right);
    auto ids = [&](const std::string& condition) {
      return database.Query("SELECT id FROM l WHERE " + condition + " ORDER BY id");
    };
    auto same = [&](Number x, Number y) { return x && y && *x == *y; };
    auto below = [&](Number x, Number y) { return x && y && *x < *y; };
    for (const bool negated : {false, true}) {
      const std::string exists = negated ? "NOT EXISTS" : "EXISTS";
      RC_ASSERT(
          ids(exists + " (SELECT 1 FROM r WHERE r.a = l.a)") == IdsWhere(left, [&](const auto& l) {
            return Any(right, [&](const auto& r) { return same(r.first, l.first); }) != negated;
          }));
      RC_ASSERT(ids(exists + " (SELECT 1 FROM r WHERE r.a = l.a AND r.b < l.b)") ==
                IdsWhere(left, [&](const auto& l) {
                  return Any(right, [&](const auto& r) {
                           return same(r.first, l.first) && below(r.second, l.second);
                         }) != negated;
                }));
      RC_ASSERT(
          ids(exists + " (SELECT 1 FROM r WHERE r.a < l.a)") == IdsWhere(left, [&](const auto& l) {
            return Any(right, [&](const auto& r) { return below(r.first, l.first); }) != negated;
          }));
      RC_ASSERT(ids(exists + " (SELECT 1 FROM r WHERE r.id = l.a AND r.b = 2)") ==
                IdsWhere(left, [&](const auto& l) {
                  const bool found = l.first && *l.first <= static_cast<int>(right.size()) &&
                                     same(right[static_cast<size_t>(*l.first - 1)].second, 2);
                  return found != negated;
                }));
    }
    RC_ASSERT(ids("(a, b) IN (SELECT a, b FROM r)") == IdsWhere(left, [&](const auto& l) {
                return Any(right, [&](const auto& r) {
                  return same(r.first, l.first) && same(r.second, l.second);
                });
              }));
  }));
}

TEST(SubqueryTest, NullsDecideAsTheyShould) {
  EXPECT_TRUE(rc::check("IN, NOT IN, ANY and ALL", [] {
    TestDatabase database({.slow = *rc::gen::arbitrary<bool>()});
    for (const char* name : {"l", "r"}) database.AddTable(name, {{"id"}, {"a"}, {"b"}}, {"id"});
    const Rows left = RandomNumbers();
    const Rows right = RandomNumbers();
    Fill(&database, "l", left);
    Fill(&database, "r", right);
    // Unknown where no comparison decides and one is unknown.
    auto combine = [&](const auto& compare, bool decisive) {
      Number result = decisive ? 0 : 1;
      for (const auto& row : right) {
        const Number one = compare(row);
        if (one && (*one != 0) == decisive) return Number(decisive ? 1 : 0);
        if (!one) result = std::nullopt;
      }
      return result;
    };
    auto equal = [](Number x, Number y) { return x && y ? Number(*x == *y) : Number(); };
    std::string expected;
    for (const auto& l : left) {
      const Number in = combine([&](const auto& r) { return equal(l.first, r.first); }, true);
      const Number below = combine(
          [&](const auto& r) {
            return l.first && r.first ? Number(*l.first < *r.first) : Number();
          },
          false);
      const Number rows = combine(
          [&](const auto& r) {
            const Number first = equal(l.first, r.first);
            const Number second = equal(l.second, r.second);
            if ((first && *first == 0) || (second && *second == 0)) return Number(0);
            return first && second ? Number(1) : Number();
          },
          true);
      auto text = [](Number value) { return !value ? "" : *value != 0 ? "t" : "f"; };
      expected +=
          fmt::format("{}{}|{}|{}", expected.empty() ? "" : ";", text(in), text(below), text(rows));
    }
    RC_ASSERT(database.Query("SELECT a IN (SELECT a FROM r), a < ALL (SELECT a FROM r), (a, b) IN "
                             "(SELECT a, b FROM r) FROM l ORDER BY id") == expected);
    // The same of correlated ones, which are asked row by row.
    RC_ASSERT(database.Query("SELECT a IN (SELECT a FROM r WHERE r.id + l.id > 0), a < ALL (SELECT "
                             "a FROM r WHERE r.id + l.id > 0), (a, b) IN (SELECT a, b FROM r WHERE "
                             "r.id + l.id > 0) FROM l ORDER BY id") == expected);
  }));
}

class SubqueryPlanTest : public testing::Test {
 protected:
  SubqueryPlanTest() {
    database_.AddTable("t", {{"id"}, {"n"}, {"m"}}, {"id"});
    database_.AddTable("u", {{"id"}, {"t_id"}, {"x"}}, {"id"});
    database_.Query("INSERT INTO t VALUES (1, 10, 1), (2, 20, 2), (3, 30, 3)");
    database_.Query("INSERT INTO u VALUES (5, 2, 7), (6, 9, 8), (7, 2, NULL)");
  }
  TestDatabase database_;
};

TEST_F(SubqueryPlanTest, PlansAreAsPostgresNamesThem) {
  EXPECT_EQ(database_.Explain("SELECT id FROM t WHERE n > (SELECT max(x) FROM u)"),
            "Seq Scan on t\n"
            "  Filter: (n > $0)\n"
            "  InitPlan 1 (returns $0)\n"
            "    ->  Aggregate\n"
            "          ->  Seq Scan on u\n");
  EXPECT_EQ(database_.Explain("SELECT id, (SELECT max(x) FROM u WHERE t_id = t.id) FROM t"),
            "Seq Scan on t\n"
            "  SubPlan 1\n"
            "    ->  Aggregate\n"
            "          ->  Seq Scan on u\n"
            "                Filter: (t_id = t.id)\n");
  EXPECT_EQ(database_.Explain("SELECT id FROM t WHERE id = (SELECT 2)"),
            "Index Scan using t_pkey on t\n"
            "  Index Cond: (id = $0)\n"
            "  InitPlan 1 (returns $0)\n"
            "    ->  Result\n");
  EXPECT_EQ(database_.Explain("SELECT id FROM t WHERE n NOT IN (SELECT x FROM u)"),
            "Seq Scan on t\n"
            "  Filter: (NOT (hashed SubPlan 1))\n"
            "  SubPlan 1\n"
            "    ->  Seq Scan on u\n");
  EXPECT_EQ(database_.Explain("SELECT n FROM t WHERE EXISTS (SELECT 1 FROM u WHERE t_id = n)"),
            "Hash Semi Join\n"
            "  Hash Cond: (n = t_id)\n"
            "  ->  Seq Scan on t\n"
            "  ->  Seq Scan on u\n");
  EXPECT_EQ(database_.Explain("SELECT n FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE t_id = n)"),
            "Hash Anti Join\n"
            "  Hash Cond: (n = t_id)\n"
            "  ->  Seq Scan on t\n"
            "  ->  Seq Scan on u\n");
}

TEST_F(SubqueryPlanTest, RunsAsOftenAsItMust) {
  const catalog::Oid sequence = database_.AddSequence("s");
  const std::string next = fmt::format("nextval({}::regclass)", sequence);
  auto count = [&] { return std::stoi(database_.Query(fmt::format("SELECT {}", next))); };
  int before = count();
  auto calls = [&] {
    const int now = count();
    return now - std::exchange(before, now) - 1;
  };
  // What takes nothing from around it: once, volatile or not; what does: for each row.
  database_.Query(fmt::format("SELECT (SELECT {}) FROM t", next));
  EXPECT_EQ(calls(), 1);
  database_.Query(fmt::format("SELECT (SELECT {} WHERE t.id > 0) FROM t", next));
  EXPECT_EQ(calls(), 3);
  // A repeated evaluation calls nothing again.
  database_.Query(fmt::format("SELECT {}, (SELECT max(x) FROM u), {} FROM t", next, next));
  EXPECT_EQ(calls(), 6);
  // What is not asked for does not run.
  database_.Query(fmt::format("SELECT CASE WHEN t.id < 0 THEN (SELECT {}) END FROM t", next));
  EXPECT_EQ(calls(), 0);
}

class SubqueryChangeTest : public testing::TestWithParam<bool> {
 protected:
  SubqueryChangeTest() : database_({.slow = GetParam()}) {
    database_.AddTable("t", {{"id"}, {"v"}}, {"id"});
    database_.AddTable("u", {{"a"}, {"b"}}, {});
    database_.Query("INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)");
    database_.Query("INSERT INTO u VALUES (1, 100), (2, 200)");
  }
  TestDatabase database_;
};
INSTANTIATE_TEST_SUITE_P(Engines, SubqueryChangeTest, testing::Values(false, true),
                         [](const auto& info) {
                           return std::string(info.param ? "Slow" : "Immediate");
                         });

TEST_P(SubqueryChangeTest, SeesNothingOfTheStatementsWrites) {
  database_.Query("INSERT INTO t SELECT id + 10, v FROM t");
  EXPECT_EQ(database_.Query("UPDATE t SET v = (SELECT sum(v) FROM t) + (SELECT x.v FROM t x WHERE "
                            "x.id = t.id) RETURNING v, (SELECT max(v) FROM t)"),
            "130|30;140|30;150|30;130|30;140|30;150|30");
  EXPECT_EQ(
      database_.Query("DELETE FROM t WHERE id > 10 RETURNING (SELECT count(*) FROM t), EXISTS "
                      "(SELECT 1 FROM t x WHERE x.id = t.id)"),
      "6|t;6|t;6|t");
  EXPECT_EQ(
      database_.Query("INSERT INTO t VALUES (4, (SELECT max(id) FROM t)), (5, (SELECT max(id) "
                      "FROM t)) RETURNING v, (SELECT count(*) FROM t)"),
      "3|3;3|3");
}

TEST_P(SubqueryChangeTest, ChangedRowsAreAskedAgain) {
  TestSession first(&database_), second(&database_);
  first.Run("UPDATE t SET v = 100 WHERE id = 1");
  auto waiting = second.Start(
      "UPDATE t SET v = (SELECT b + t.v FROM u WHERE a = t.id) WHERE v < (SELECT 50 + max(b) FROM "
      "u "
      "WHERE a = t.id) RETURNING id, v");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(waiting.get().ToString(), "1|200;2|220");
  second.Rollback();
  first.Run("UPDATE t SET v = 1000 WHERE id = 1");
  waiting = second.Start(
      "DELETE FROM t WHERE v < (SELECT 50 + max(b) FROM u WHERE a = t.id) RETURNING id");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(waiting.get().ToString(), "2");
}

TEST_P(SubqueryChangeTest, ChangedRowsKeepTheirPartner) {
  TestSession first(&database_), second(&database_);
  first.Run("UPDATE t SET v = 11 WHERE id = 1");
  auto waiting = second.Start(
      "UPDATE t SET v = v + 1 WHERE EXISTS (SELECT 1 FROM u WHERE a = t.id) AND v < 15 RETURNING "
      "id, v");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(waiting.get().ToString(), "1|12");
  second.Rollback();
  first.Run("UPDATE t SET v = 50 WHERE id = 3");
  waiting = second.Start(
      "SELECT id, v FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE a = t.id) FOR UPDATE");
  EXPECT_TRUE(second.Waits());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(waiting.get().ToString(), "3|50");
}

}  // namespace
}  // namespace shale::sql
