// Scans, lookups, sorts and limits over random rows against a plain vector of rows.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <optional>

#include "tests/sql/exec/test_database.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

struct ScanRow {
  int a;
  int b;
  std::optional<int> v;
};

std::string ShowScanRow(const ScanRow& row) {
  return std::to_string(row.a) + "|" + std::to_string(row.b) + "|" +
         (row.v ? std::to_string(*row.v) : "");
}

std::string ShowAll(const std::vector<ScanRow>& rows) {
  std::string text;
  for (const ScanRow& row : rows) text += (text.empty() ? "" : ";") + ShowScanRow(row);
  return text;
}

// A table with key (a, b) and its model, rows in key order.
struct Filled {
  explicit Filled(bool slow) : database({.slow = slow}) {
    database.AddTable("t", {{"a"}, {"b"}, {"v"}}, {"a", "b"});
    auto keys = *rc::gen::container<std::set<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(-4, 5), rc::gen::inRange(-20, 21)));
    std::string sql;
    for (auto [a, b] : keys) {
      auto v = *rc::gen::inRange(-1, 6);
      rows.push_back({a, b, v < 0 ? std::nullopt : std::optional<int>(v)});
      sql += (sql.empty() ? "INSERT INTO t VALUES (" : ", (") + std::to_string(a) + ", " +
             std::to_string(b) + ", " + (v < 0 ? "NULL" : std::to_string(v)) + ")";
    }
    if (!sql.empty()) database.Query(sql);
  }
  TestDatabase database;
  std::vector<ScanRow> rows;
};

bool Compare(int left, const std::string& op, int right) {
  if (op == "=") return left == right;
  if (op == "<") return left < right;
  if (op == "<=") return left <= right;
  if (op == ">") return left > right;
  return left >= right;
}

TEST(ScanTest, KeyConditionsSelectTheSameRows) {
  EXPECT_TRUE(rc::check([](bool slow) {
    Filled filled(slow);
    std::string where;
    std::vector<std::tuple<char, std::string, int>> conditions;
    int count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) {
      char column = *rc::gen::element('a', 'b', 'v');
      std::string op = *rc::gen::element(std::string("="), std::string("<"), std::string("<="),
                                         std::string(">"), std::string(">="));
      int value = *rc::gen::inRange(-6, 7);
      conditions.emplace_back(column, op, value);
      where += (where.empty() ? " WHERE " : " AND ") + std::string(1, column) + " " + op + " " +
               std::to_string(value);
    }
    std::vector<ScanRow> expected;
    for (const ScanRow& row : filled.rows) {
      bool passes = true;
      for (const auto& [column, op, value] : conditions) {
        if (column == 'v') {
          passes &= row.v && Compare(*row.v, op, value);
        } else {
          passes &= Compare(column == 'a' ? row.a : row.b, op, value);
        }
      }
      if (passes) expected.push_back(row);
    }
    const std::string sql = "SELECT * FROM t" + where;
    RC_ASSERT(filled.database.Query(sql + " ORDER BY a, b") == ShowAll(expected));
    std::reverse(expected.begin(), expected.end());
    RC_ASSERT(filled.database.Query(sql + " ORDER BY a DESC, b DESC") == ShowAll(expected));
  }));
}

TEST(ScanTest, ListsOfKeysFindEachRowOnce) {
  EXPECT_TRUE(rc::check([](bool slow) {
    Filled filled(slow);
    int a = *rc::gen::inRange(-4, 5);
    auto list = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(-22, 23)));
    std::string items;
    for (int item : list) items += (items.empty() ? "" : ", ") + std::to_string(item);
    std::vector<ScanRow> expected;
    for (const ScanRow& row : filled.rows) {
      if (row.a == a && std::find(list.begin(), list.end(), row.b) != list.end()) {
        expected.push_back(row);
      }
    }
    RC_ASSERT(filled.database.Query("SELECT * FROM t WHERE a = " + std::to_string(a) +
                                    " AND b IN (" + items + ") ORDER BY b") == ShowAll(expected));
  }));
}

TEST(ScanTest, SortsAndLimitsLikeAStableSort) {
  EXPECT_TRUE(rc::check([](bool slow) {
    Filled filled(slow);
    bool descending = *rc::gen::arbitrary<bool>();
    bool nulls_first = *rc::gen::arbitrary<bool>();
    std::vector<ScanRow> expected = filled.rows;
    std::stable_sort(expected.begin(), expected.end(),
                     [&](const ScanRow& left, const ScanRow& right) {
                       if (left.v.has_value() != right.v.has_value())
                         return right.v.has_value() == nulls_first;
                       if (left.v != right.v)
                         return descending ? *left.v > *right.v : *left.v < *right.v;
                       return std::pair(left.b, left.a) < std::pair(right.b, right.a);
                     });
    size_t offset = *rc::gen::inRange<size_t>(0, 8);
    size_t limit = *rc::gen::inRange<size_t>(0, 30);
    expected.erase(expected.begin(),
                   expected.begin() + static_cast<long>(std::min(offset, expected.size())));
    if (expected.size() > limit) expected.resize(limit);
    std::string sql = "SELECT * FROM t ORDER BY v " + std::string(descending ? "DESC" : "ASC") +
                      " NULLS " + (nulls_first ? "FIRST" : "LAST") + ", b, a LIMIT " +
                      std::to_string(limit) + " OFFSET " + std::to_string(offset);
    RC_ASSERT(filled.database.Query(sql) == ShowAll(expected));
  }));
}

TEST(ScanTest, TopRowsOfManyAreTheFirstOfTheSort) {
  TestDatabase database;
  database.AddTable("t", {{"id"}, {"v"}, {"s", type_oid::kText}}, {"id"});
  database.Query(
      "INSERT INTO t SELECT g, (g * 7919) % 1000, 'row ' || (g * 31) % 5000 FROM "
      "generate_series(1, 20000) AS s(g)");
  for (const char* order : {"v, s DESC, id", "s, id", "v DESC, id DESC", "s DESC, v, id"}) {
    std::string all = database.Query(std::string("SELECT id FROM t ORDER BY ") + order);
    for (int limit : {1, 10, 1500}) {
      std::string first = database.Query(std::string("SELECT id FROM t ORDER BY ") + order +
                                         " LIMIT " + std::to_string(limit));
      EXPECT_EQ(std::count(first.begin(), first.end(), ';'), limit - 1);
      EXPECT_EQ(all.substr(0, first.size() + 1), first + ";") << order << " LIMIT " << limit;
    }
  }
}

TEST(ScanTest, ReadsLargeTablesOnWorkers) {
  TestDatabase database({.slow = false, .use_workers = true});
  database.AddTable("t", {{"id"}, {"v"}, {"s", type_oid::kText}}, {"id"});
  EXPECT_EQ(database.Query("SELECT count(*) FROM t"), "0");
  database.Query("INSERT INTO t SELECT g, g % 7, 'x' FROM generate_series(1, 30000) AS s(g)");
  EXPECT_EQ(database.Query("SELECT count(*), sum(v), max(id) FROM t"), "30000|90000|30000");
  EXPECT_EQ(database.Query("SELECT id FROM t LIMIT 2 OFFSET 20000"), "20001;20002");
  EXPECT_EQ(database.Query("SELECT count(*) FROM t WHERE s = 'x' AND v = 3"), "4286");
}

class Row1 : public RowConsumer {
 public:
  Status Consume(const catalog::Datum* values, const bool* nulls) override {
    text = nulls[0] ? "" : std::to_string(values[0].int32);
    text += nulls[1] ? "|" : "|" + std::string(values[1].bytes);
    return Status::Ok();
  }
  std::string text;
};

TEST(ScanTest, PointLookupsTakeTheShortPath) {
  for (bool slow : {false, true}) {
    TestDatabase database({.slow = slow});
    database.AddTable("t", {{"id", type_oid::kInt8}, {"v"}, {"s", type_oid::kText}}, {"id"});
    database.Query("INSERT INTO t VALUES (1, 10, 'one'), (2, 20, NULL)");
    catalog::FormatSettings settings;
    auto look_up = [&](const std::string& sql, std::vector<catalog::Value> parameters) {
      auto plan = PlanOf(database, sql, settings);
      EXPECT_NE(plan->point, nullptr) << sql;
      TestSession session(&database);
      session.context().parameters = parameters.data();
      session.context().parameter_count = parameters.size();
      Row1 row;
      auto lookup = RunPointLookup(*plan, &session.context(), &row);
      EXPECT_EQ(lookup.ready(), !slow);
      auto found = BlockingWait(std::move(lookup));
      if (!found.ok()) return found.status().message();
      return std::to_string(*found) + ":" + row.text;
    };
    EXPECT_EQ(look_up("SELECT v, s FROM t WHERE id = $1", {Int8(1)}), "1:10|one");
    EXPECT_EQ(look_up("SELECT v, s FROM t WHERE id = $1", {Int8(2)}), "1:20|");
    EXPECT_EQ(look_up("SELECT v, s FROM t WHERE id = 3", {}), "0:");
    EXPECT_EQ(look_up("SELECT v + 1, s || '!' FROM t WHERE id = 1", {}), "1:11|one!");
    EXPECT_EQ(look_up("SELECT v, s FROM t WHERE id = 1 AND s <> 'one'", {}), "0:");
    EXPECT_EQ(look_up("SELECT v / 0, s FROM t WHERE id = 1", {}), "division by zero");
  }
}

}  // namespace
}  // namespace shale::sql
