// Joins, groups and set operations over random rows against nested loops over plain vectors.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "tests/sql/exec/test_database.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

using Cell = std::optional<int>;
using Row = std::vector<Cell>;

std::string Show(const Row& row) {
  std::string text;
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) text += '|';
    if (row[i]) text += std::to_string(*row[i]);
  }
  return text;
}

std::vector<std::string> ShowSorted(const std::vector<Row>& rows) {
  std::vector<std::string> texts;
  for (const Row& row : rows) texts.push_back(Show(row));
  std::sort(texts.begin(), texts.end());
  return texts;
}

// Small numbers, so that many are equal, and NULLs.
std::vector<Row> RandomRows() {
  auto cell =
      rc::gen::map(rc::gen::inRange(-1, 6), [](int v) -> Cell { return v < 0 ? Cell() : Cell(v); });
  auto pairs = *rc::gen::container<std::vector<std::pair<Cell, Cell>>>(rc::gen::pair(cell, cell));
  std::vector<Row> rows;
  for (const auto& [first, second] : pairs) rows.push_back({first, second});
  return rows;
}

struct TwoTables {
  explicit TwoTables(bool slow) : database({.slow = slow}) {
    for (const char* name : {"l", "r"}) database.AddTable(name, {{"a"}, {"b"}}, {});
    left = RandomRows();
    right = RandomRows();
    Fill("l", left);
    Fill("r", right);
  }
  void Fill(const std::string& name, const std::vector<Row>& rows) {
    std::string values;
    for (const Row& row : rows) {
      values += values.empty() ? "(" : ", (";
      values += (row[0] ? std::to_string(*row[0]) : "NULL") + ", ";
      values += (row[1] ? std::to_string(*row[1]) : "NULL") + ")";
    }
    if (!values.empty()) database.Query("INSERT INTO " + name + " VALUES " + values);
  }
  std::vector<std::string> Sorted(const std::string& sql) {
    Outcome outcome = database.Run(sql);
    EXPECT_TRUE(outcome.status.ok()) << sql << "\n" << outcome.status.ToString();
    std::sort(outcome.rows.begin(), outcome.rows.end());
    return outcome.rows;
  }
  TestDatabase database;
  std::vector<Row> left;
  std::vector<Row> right;
};

using Condition = std::function<bool(const Row&, const Row&)>;

std::vector<Row> Join(const TwoTables& tables, bool keep_left, bool keep_right,
                      const Condition& condition) {
  std::vector<Row> result;
  std::vector<bool> right_matched(tables.right.size());
  for (const Row& left : tables.left) {
    bool matched = false;
    for (size_t i = 0; i < tables.right.size(); ++i) {
      const Row& right = tables.right[i];
      if (!condition(left, right)) continue;
      matched = right_matched[i] = true;
      result.push_back({left[0], left[1], right[0], right[1]});
    }
    if (!matched && keep_left) result.push_back({left[0], left[1], {}, {}});
  }
  for (size_t i = 0; i < tables.right.size(); ++i) {
    if (!right_matched[i] && keep_right) {
      result.push_back({{}, {}, tables.right[i][0], tables.right[i][1]});
    }
  }
  return result;
}

TEST(JoinTest, MatchesNestedLoops) {
  EXPECT_TRUE(rc::check([](bool slow) {
    TwoTables tables(slow);
    struct Case {
      std::string on;
      Condition condition;
      bool has_equality;
    };
    std::vector<Case> cases = {
        {"l.a = r.a", [](const Row& l, const Row& r) { return l[0] && l[0] == r[0]; }, true},
        {"l.a = r.a AND l.b = r.b",
         [](const Row& l, const Row& r) { return l[0] && l[0] == r[0] && l[1] && l[1] == r[1]; },
         true},
        {"l.a + 1 = r.b AND l.b < r.a",
         [](const Row& l, const Row& r) {
           return l[0] && r[1] && *l[0] + 1 == *r[1] && l[1] && r[0] && *l[1] < *r[0];
         },
         true},
        {"l.a < r.a", [](const Row& l, const Row& r) { return l[0] && r[0] && *l[0] < *r[0]; },
         false},
        {"l.a = 1", [](const Row& l, const Row&) { return l[0] == 1; }, false},
    };
    for (const Case& test : cases) {
      const std::string tail = " JOIN r ON " + test.on;
      RC_ASSERT(tables.Sorted("SELECT * FROM l" + tail) ==
                ShowSorted(Join(tables, false, false, test.condition)));
      RC_ASSERT(tables.Sorted("SELECT * FROM l LEFT" + tail) ==
                ShowSorted(Join(tables, true, false, test.condition)));
      RC_ASSERT(tables.Sorted("SELECT l.a, l.b, r.a, r.b FROM r RIGHT JOIN l ON " + test.on) ==
                ShowSorted(Join(tables, true, false, test.condition)));
      if (test.has_equality) {
        RC_ASSERT(tables.Sorted("SELECT * FROM l FULL" + tail) ==
                  ShowSorted(Join(tables, true, true, test.condition)));
      }
    }
    RC_ASSERT(tables.Sorted("SELECT * FROM l CROSS JOIN r").size() ==
              tables.left.size() * tables.right.size());
  }));
}

TEST(JoinTest, NullsHaveNoPartner) {
  TestDatabase database;
  for (const char* name : {"l", "r"}) {
    database.AddTable(name, {{"a"}, {"b"}}, {});
    database.Query(std::string("INSERT INTO ") + name + " VALUES (NULL, NULL)");
  }
  for (const char* on : {"l.a = r.a", "l.a = r.a AND l.b = r.b", "l.a + 1 = r.b",
                         "l.a = r.b AND l.b < r.a", "l.a < r.a", "l.a = 1", "NULL"}) {
    EXPECT_EQ(database.Query(std::string("SELECT * FROM l JOIN r ON ") + on), "") << on;
    EXPECT_EQ(database.Query(std::string("SELECT 1 FROM l LEFT JOIN r ON ") + on), "1") << on;
  }
}

TEST(JoinTest, LooksRowsUpByKey) {
  for (bool slow : {false, true}) {
    TestDatabase database({.slow = slow});
    database.AddTable("big", {{"id"}, {"v"}}, {"id"});
    database.AddTable("few", {{"n"}, {"ref"}}, {});
    database.Query("INSERT INTO big SELECT g, g * 2 FROM generate_series(1, 5000) AS s(g)");
    database.Query("INSERT INTO few VALUES (1, 10), (2, 4999), (3, NULL), (4, 9999), (5, 10)");
    const std::string inner = "SELECT n, v FROM few JOIN big ON big.id = few.ref";
    EXPECT_EQ(database.Query(inner + " ORDER BY n"), "1|20;2|9998;5|20");
    EXPECT_EQ(database.Query("SELECT n, v FROM few LEFT JOIN big ON big.id = few.ref ORDER BY n"),
              "1|20;2|9998;3|;4|;5|20");
    EXPECT_EQ(database.Query(
                  "SELECT n, v FROM few LEFT JOIN big ON big.id = few.ref AND v < 100 ORDER BY n"),
              "1|20;2|;3|;4|;5|20");
    // Rows found by key are those of before the statement, though it writes to the same table.
    EXPECT_EQ(database.Run("UPDATE big SET id = big.id + 1000000 FROM few WHERE big.id = few.ref")
                  .affected,
              2u);
    EXPECT_EQ(database.Query(inner), "");
  }
}

TEST(JoinTest, LargeSidesSpanBatches) {
  TestDatabase database;
  database.AddTable("t", {{"id"}, {"g"}}, {"id"});
  database.Query("INSERT INTO t SELECT g, g % 50 FROM generate_series(1, 5000) AS s(g)");
  EXPECT_EQ(database.Query("SELECT count(*), sum(x.id - y.id) FROM t x JOIN t y ON x.g = y.g"),
            "500000|0");
  EXPECT_EQ(database.Query("SELECT count(*) FROM t x JOIN t y ON x.id < y.id AND y.id <= 3000"),
            std::to_string(3000 * 2999 / 2));
}

TEST(AggregateTest, MatchesMaps) {
  EXPECT_TRUE(rc::check([](bool slow) {
    TwoTables tables(slow);
    struct Group {
      int rows = 0;
      int count = 0;
      int sum = 0;
      int big = 0;
      std::optional<int> max;
      std::set<int> distinct;
    };
    std::map<Cell, Group> groups;
    for (const Row& row : tables.left) {
      Group& group = groups[row[0]];
      ++group.rows;
      if (!row[1]) continue;
      ++group.count;
      group.sum += *row[1];
      group.big += *row[1] > 2 ? 1 : 0;
      group.max = std::max(group.max.value_or(-100), *row[1]);
      group.distinct.insert(*row[1]);
    }
    std::vector<Row> expected;
    std::vector<Row> having;
    for (const auto& [key, group] : groups) {
      expected.push_back({key, group.rows, group.count, group.count > 0 ? Cell(group.sum) : Cell(),
                          group.max, static_cast<int>(group.distinct.size()), group.big});
      if (group.rows > 1) having.push_back({key});
    }
    RC_ASSERT(tables.Sorted("SELECT a, count(*), count(b), sum(b), max(b), count(DISTINCT b), "
                            "count(*) FILTER (WHERE b > 2) FROM l GROUP BY a") ==
              ShowSorted(expected));
    RC_ASSERT(tables.Sorted("SELECT a FROM l GROUP BY a HAVING count(*) > 1") ==
              ShowSorted(having));
    std::set<Row> distinct(tables.left.begin(), tables.left.end());
    RC_ASSERT(tables.Sorted("SELECT DISTINCT a, b FROM l") ==
              ShowSorted(std::vector<Row>(distinct.begin(), distinct.end())));
    RC_ASSERT(tables.database.Query("SELECT count(*), count(a) FROM l") ==
              std::to_string(tables.left.size()) + "|" +
                  std::to_string(std::count_if(tables.left.begin(), tables.left.end(),
                                               [](const Row& row) { return row[0]; })));
  }));
}

TEST(AggregateTest, OrdersValuesWithinGroups) {
  TestDatabase database;
  database.AddTable("t", {{"id"}, {"g"}, {"s", type_oid::kText}}, {"id"});
  database.Query(
      "INSERT INTO t VALUES (1, 1, 'c'), (2, 2, 'x'), (3, 1, 'a'), (4, 1, 'b'), "
      "(5, 2, NULL), (6, 1, 'a')");
  EXPECT_EQ(database.Query("SELECT g, string_agg(s, ',' ORDER BY s DESC, id) FROM t GROUP BY g "
                           "ORDER BY g"),
            "1|c,b,a,a;2|x");
  EXPECT_EQ(database.Query("SELECT string_agg(DISTINCT s, '-') FROM t"), "a-b-c-x");
  EXPECT_EQ(database.Query("SELECT sum(g), avg(g), min(s) FROM t WHERE id > 100"), "||");
  EXPECT_EQ(database.Query("SELECT g, sum(id) FROM t WHERE id > 100 GROUP BY g"), "");
}

TEST(SetOperationTest, MatchesMultisets) {
  EXPECT_TRUE(rc::check([](bool slow) {
    TwoTables tables(slow);
    std::map<Row, std::pair<int, int>> counts;
    for (const Row& row : tables.left) ++counts[row].first;
    for (const Row& row : tables.right) ++counts[row].second;
    auto expect = [&](const std::string& operation, auto times) {
      std::vector<Row> expected;
      for (const auto& [row, count] : counts) {
        for (int i = 0; i < times(count.first, count.second); ++i) expected.push_back(row);
      }
      RC_ASSERT(tables.Sorted("SELECT a, b FROM l " + operation + " SELECT a, b FROM r") ==
                ShowSorted(expected));
    };
    expect("UNION ALL", [](int l, int r) { return l + r; });
    expect("UNION", [](int, int) { return 1; });
    expect("INTERSECT ALL", [](int l, int r) { return std::min(l, r); });
    expect("INTERSECT", [](int l, int r) { return l > 0 && r > 0 ? 1 : 0; });
    expect("EXCEPT ALL", [](int l, int r) { return std::max(l - r, 0); });
    expect("EXCEPT", [](int l, int r) { return l > 0 && r == 0 ? 1 : 0; });
  }));
}

TEST(SeriesTest, CountsUpAndDown) {
  TestDatabase database;
  EXPECT_EQ(database.Query("SELECT * FROM generate_series(1, 10, 4)"), "1;5;9");
  EXPECT_EQ(database.Query("SELECT * FROM generate_series(3, 1, -1)"), "3;2;1");
  EXPECT_EQ(database.Query("SELECT * FROM generate_series(3, 1)"), "");
  EXPECT_EQ(database.Query("SELECT * FROM generate_series(1, NULL::int)"), "");
  EXPECT_EQ(database.Query("SELECT * FROM generate_series(9223372036854775806, "
                           "9223372036854775807)"),
            "9223372036854775806;9223372036854775807");
  EXPECT_EQ(database.Run("SELECT * FROM generate_series(1, 2, 0)").ToString(),
            "22023: step size cannot equal zero");
  EXPECT_EQ(database.Query("SELECT * FROM generate_series(timestamp '2024-01-31', "
                           "'2024-04-01', '1 month')"),
            "2024-01-31 00:00:00;2024-02-29 00:00:00;2024-03-29 00:00:00");
  EXPECT_EQ(database.Query("SELECT * FROM generate_series(1.0, 2, 0.5)"), "1.0;1.5;2.0");
}

}  // namespace
}  // namespace shale::sql
