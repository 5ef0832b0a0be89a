// Goal: scans in both directions, their bounds, pages and limits, merged with own writes, beside
// commits. Method: hand-written cases, and all bounds over a small keyspace compared with a
// filtered map.
#include <algorithm>
#include <map>

#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

class ScanTest : public ConformanceTest {};
CONFORMANCE_SUITE(ScanTest);

Rows Filtered(const std::map<std::string, std::string>& map, const ScanOptions& options) {
  Rows rows;
  for (const auto& [key, value] : map) {
    bool below_end = options.range.end.empty() || key < options.range.end;
    if (key >= options.range.begin && below_end) rows.emplace_back(key, value);
  }
  if (options.reverse) std::reverse(rows.begin(), rows.end());
  return rows;
}

TEST_P(ScanTest, EveryBoundInBothDirectionsWithOwnWrites) {
  std::map<std::string, std::string> expected;
  Transaction setup = Begin();
  for (char c = 'a'; c <= 'j'; c += 2) {
    expected[std::string(1, c)] = "committed";
    Put(*setup, std::string(1, c), "committed");
  }
  Commit(std::move(setup));
  ASSERT_TRUE(BlockingWait(store().Flush()).ok());
  Transaction mine = Begin();
  Put(*mine, "b", "own");
  Put(*mine, "c", "own");
  Delete(*mine, "e");
  Delete(*mine, "f");
  Put(*mine, "k", "own");
  expected["b"] = expected["c"] = expected["k"] = "own";
  expected.erase("e");
  std::vector<std::string> bounds = {""};
  for (char c = 'a'; c <= 'l'; ++c) bounds.emplace_back(1, c);
  for (const std::string& begin : bounds) {
    for (const std::string& end : bounds) {
      for (bool reverse : {false, true}) {
        for (size_t page_rows : {1, 2, 1024}) {
          ScanOptions options{
              .range = {begin, end}, .reverse = reverse, .page_rows_max = page_rows};
          ASSERT_EQ(ScanAll(*mine, options), Filtered(expected, options))
              << "[" << begin << "," << end << ") reverse " << reverse << " page " << page_rows;
        }
      }
    }
  }
}

TEST_P(ScanTest, PagesKeepTheirLimits) {
  Rows rows;
  for (int i = 100; i < 300; ++i) rows.emplace_back(std::to_string(i), std::string(100, 'v'));
  PutCommitted(rows);
  Transaction mine = Begin();
  for (bool own : {false, true}) {
    if (own) Put(*mine, "1505", "own");
    std::unique_ptr<KvCursor> cursor = mine->Scan({.page_rows_max = 7});
    size_t count = 0;
    while (true) {
      Result<std::span<const KeyValue>> page = BlockingWait(cursor->NextPage());
      ASSERT_TRUE(page.ok());
      if (page->empty()) break;
      EXPECT_LE(page->size(), 7u);
      count += page->size();
    }
    EXPECT_EQ(count, rows.size() + (own ? 1 : 0));
    Result<std::span<const KeyValue>> after = BlockingWait(cursor->NextPage());
    ASSERT_TRUE(after.ok());
    EXPECT_TRUE(after->empty());

    cursor = mine->Scan({.page_bytes_max = 1000});
    Result<std::span<const KeyValue>> page = BlockingWait(cursor->NextPage());
    ASSERT_TRUE(page.ok());
    EXPECT_GE(page->size(), 1u);
    EXPECT_LE(page->size(), 10u);
  }
}

TEST_P(ScanTest, RowsLargerThanAPage) {
  PutCommitted({{"a", std::string(5000, 'a')}, {"b", std::string(5000, 'b')}});
  Transaction mine = Begin();
  EXPECT_EQ(ScanAll(*mine, {.page_bytes_max = 10}).size(), 2u);
}

TEST_P(ScanTest, KeysOnly) {
  PutCommitted({{"a", "1"}, {"b", "2"}});
  Transaction mine = Begin();
  Put(*mine, "c", "3");
  Rows rows = ScanAll(*mine, {.keys_only = true});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].first, "a");
  EXPECT_EQ(rows[1].first, "b");
  EXPECT_EQ(rows[2].first, "c");
}

TEST_P(ScanTest, ValuesOnly) {
  Rows committed;
  for (int i = 1000; i < 2000; ++i) committed.emplace_back(std::to_string(i), std::to_string(-i));
  PutCommitted(committed);
  for (bool flushed : {false, true}) {
    if (flushed) {
      ASSERT_TRUE(BlockingWait(store().Flush()).ok());
    }
    for (bool own : {false, true}) {
      Transaction mine = Begin();
      if (own) {
        Put(*mine, "15005", "own");
        ASSERT_TRUE(mine->Delete("1003").ok());
      }
      Rows expected = ScanAll(*mine, {});
      Rows rows = ScanAll(*mine, {.values_only = true});
      ASSERT_EQ(rows.size(), 1000u);
      for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].second, expected[i].second);
    }
  }
}

TEST_P(ScanTest, CommitsDuringAScanAreNotSeen) {
  Rows rows;
  for (int i = 100; i < 400; ++i) rows.emplace_back(std::to_string(i), "old");
  PutCommitted(rows);
  for (bool reverse : {false, true}) {
    Transaction mine = Begin();
    std::unique_ptr<KvCursor> cursor = mine->Scan({.reverse = reverse, .page_rows_max = 10});
    Rows seen;
    int round = 0;
    while (true) {
      Result<std::span<const KeyValue>> page = BlockingWait(cursor->NextPage());
      ASSERT_TRUE(page.ok());
      if (page->empty()) break;
      for (const KeyValue& row : *page) seen.emplace_back(row.key, row.value);
      std::string other = std::to_string(100 + round * 13 % 300);
      PutCommitted({{other, "old"}, {other + "5", "new"}});
      DeleteCommitted(other + "5");
      if (++round == 10) {
        ASSERT_TRUE(BlockingWait(store().Flush()).ok());
      }
    }
    if (reverse) std::reverse(seen.begin(), seen.end());
    EXPECT_EQ(seen, rows);
  }
}

TEST_P(ScanTest, OwnWritesDuringAScanAreNotSeen) {
  Rows rows;
  for (int i = 100; i < 200; ++i) rows.emplace_back(std::to_string(i), "old");
  PutCommitted(rows);
  for (bool reverse : {false, true}) {
    Transaction mine = Begin();
    Put(*mine, "150", "own");
    Put(*mine, "1505", "own");
    Rows expected = ScanAll(*mine, {});
    std::unique_ptr<KvCursor> cursor = mine->Scan({.reverse = reverse, .page_rows_max = 3});
    Rows seen;
    while (true) {
      Result<std::span<const KeyValue>> page = BlockingWait(cursor->NextPage());
      ASSERT_TRUE(page.ok());
      if (page->empty()) break;
      for (const KeyValue& row : *page) {
        // As UPDATE does it: the row itself, and others before and behind.
        std::string key(row.key);
        Put(*mine, key, "changed while scanned");
        EXPECT_EQ(key, row.key);
        Put(*mine, key + "7", "inserted");
        Delete(*mine, "199");
        Delete(*mine, "100");
        seen.emplace_back(row.key, row.value);
      }
      DeleteRange(*mine, "180", "185");
    }
    if (reverse) std::reverse(seen.begin(), seen.end());
    EXPECT_EQ(seen, expected);
  }
}

TEST_P(ScanTest, LargeOwnWritesOverCommitted) {
  std::map<std::string, std::string> expected;
  Transaction setup = Begin();
  for (int i = 0; i < 3000; i += 3) {
    expected[std::to_string(100'000 + i)] = "committed";
    Put(*setup, std::to_string(100'000 + i), "committed");
  }
  Commit(std::move(setup));
  Transaction mine = Begin();
  for (int i = 0; i < 3000; i += 2) {
    std::string key = std::to_string(100'000 + (i * 7919) % 3000);
    if (i % 5 == 0) {
      Delete(*mine, key);
      expected.erase(key);
    } else {
      Put(*mine, key, std::to_string(i));
      expected[key] = std::to_string(i);
    }
  }
  for (bool reverse : {false, true}) {
    ScanOptions options{.reverse = reverse, .page_rows_max = 100};
    EXPECT_EQ(ScanAll(*mine, options), Filtered(expected, options));
  }
  Commit(std::move(mine));
  EXPECT_EQ(ScanCommitted(), Filtered(expected, {}));
}

}  // namespace
}  // namespace shale::engine::conformance
