// Goal: statements that have more rows than work_mem holds give what they give in memory, by
// temporary files that go with them. Method: each statement with much memory and with very little,
// on the LSM engine; disks that fail at every call; a limit on files; statements that are dropped
// half way.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/env/fault_file_system.h"
#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "tests/sql/exec/test_database.h"

namespace shale::sql {
namespace {

using engine::FaultFileSystem;
using engine::MemoryFileSystem;

constexpr int64_t kLittleMemory = 64 << 10;

// Statements whose sorts, tables and buffers are beyond that, and whether they give an order.
struct Case {
  const char* sql;
  bool is_ordered = false;
};
constexpr Case kCases[] = {
    {"SELECT g, 20000 - g FROM generate_series(1, 20000) AS s(g) ORDER BY g % 97, g DESC", true},
    {"SELECT g::text || 'x' FROM generate_series(1, 20000) AS s(g) ORDER BY g::text DESC", true},
    {"SELECT g::text || repeat('w', 120) FROM generate_series(1, 20000) AS s(g) ORDER BY 1 DESC",
     true},
    {"SELECT g % 1000 AS k, g FROM generate_series(1, 20000) AS s(g) ORDER BY k LIMIT 5000", true},
    {"SELECT g, count(*), sum(g), max(g::text) FROM generate_series(1, 20000) AS s(g) GROUP BY g"},
    {"SELECT g % 5000, array_agg(g ORDER BY g DESC) FROM generate_series(1, 20000) AS s(g) "
     "GROUP BY g % 5000"},
    {"SELECT g % 3000, count(DISTINCT g % 7), sum(g) FILTER (WHERE g % 2 = 0) "
     "FROM generate_series(1, 20000) AS s(g) GROUP BY g % 3000"},
    {"SELECT count(DISTINCT g), string_agg(DISTINCT (g % 3000)::text, ',') "
     "FROM generate_series(1, 20000) AS s(g)"},
    {"SELECT percentile_disc(0.3) WITHIN GROUP (ORDER BY g DESC), "
     "dense_rank(777) WITHIN GROUP (ORDER BY g % 5000) FROM generate_series(1, 20000) AS s(g)"},
    {"SELECT g % 100, g % 4000, GROUPING(g % 100), count(*) FROM generate_series(1, 20000) AS s(g) "
     "GROUP BY CUBE (g % 100, g % 4000)"},
    {"SELECT DISTINCT g % 15000, g % 2 FROM generate_series(1, 20000) AS s(g)"},
    {"SELECT DISTINCT ON (g % 5000) g % 5000, g FROM generate_series(1, 20000) AS s(g) "
     "ORDER BY g % 5000, g DESC",
     true},
    {"SELECT g FROM generate_series(1, 20000) AS s(g) UNION SELECT g FROM "
     "generate_series(10000, 30000) AS r(g)"},
    {"SELECT g % 9000 FROM generate_series(1, 20000) AS s(g) INTERSECT ALL "
     "SELECT g FROM generate_series(1, 20000) AS r(g)"},
    {"SELECT g FROM generate_series(1, 20000) AS s(g) EXCEPT SELECT g * 2 FROM "
     "generate_series(1, 20000) AS r(g)"},
    {"SELECT g % 9000 FROM generate_series(1, 20000) AS s(g) EXCEPT ALL SELECT g * 2 FROM "
     "generate_series(1, 20000) AS r(g)"},
    {"SELECT s.g, r.h FROM generate_series(1, 20000) AS s(g) JOIN "
     "(SELECT g AS h, g % 4 AS m FROM generate_series(5000, 25000) AS r(g)) AS r "
     "ON s.g = r.h AND m < 3"},
    {"SELECT s.g, r.h FROM generate_series(1, 20000) AS s(g) LEFT JOIN "
     "generate_series(5000, 25000) AS r(h) ON s.g = r.h"},
    {"SELECT s.g, r.h FROM generate_series(1, 20000) AS s(g) FULL JOIN "
     "generate_series(5000, 25000) AS r(h) ON s.g = r.h"},
    {"SELECT s.g, r.h FROM generate_series(1, 12) AS s(g) LEFT JOIN "
     "generate_series(1, 20000) AS r(h) ON s.g * r.h = 19998"},
    {"SELECT g, sum(g) OVER (ORDER BY g ROWS 10 PRECEDING), lag(g::text, 3000) OVER (ORDER BY g), "
     "rank() OVER (ORDER BY g % 50) FROM generate_series(1, 20000) AS s(g)"},
    {"SELECT g, min(g) OVER w, first_value(g) OVER w, count(*) OVER (PARTITION BY g % 3) FROM "
     "generate_series(1, 20000) AS s(g) WINDOW w AS (ORDER BY g DESC ROWS BETWEEN 3000 PRECEDING "
     "AND 3000 FOLLOWING EXCLUDE TIES)"},
};

class SpillTest : public testing::Test {
 protected:
  std::string RunWith(int64_t work_mem, const Case& one) {
    TestSession session(&database_);
    session.context().work_mem_bytes = work_mem;
    return Text(session.Run(one.sql), one);
  }

  static std::string Text(Outcome outcome, const Case& one) {
    if (!one.is_ordered) std::sort(outcome.rows.begin(), outcome.rows.end());
    return outcome.ToString();
  }

  size_t FilesLeft() const {
    size_t count = 0;
    for (const std::string& path : files_.ListFiles()) count += path.find("scratch/") != path.npos;
    return count;
  }

  MemoryFileSystem files_;
  FaultFileSystem faults_{files_};
  std::unique_ptr<engine::LocalStorage> storage_ =
      std::move(*engine::OpenLocalStorage(faults_, "/data"));
  TestDatabase database_{{.use_workers = true, .storage = storage_.get()}};
};

TEST_F(SpillTest, GivesWhatMemoryGives) {
  for (const Case& one : kCases) {
    uint64_t before = 0;
    std::string expected;
    // The store opens files of its own in the background, a log segment ahead: seldom, so that one
    // of a few runs is without.
    for (int run = 0; run < 5; ++run) {
      before = faults_.calls(engine::FileOperation::kOpen);
      expected = RunWith(64 << 20, one);
      if (faults_.calls(engine::FileOperation::kOpen) == before) break;
    }
    ASSERT_EQ(faults_.calls(engine::FileOperation::kOpen), before) << one.sql;
    EXPECT_EQ(RunWith(kLittleMemory, one), expected) << one.sql;
    EXPECT_GT(faults_.calls(engine::FileOperation::kOpen), before) << one.sql;
    EXPECT_EQ(FilesLeft(), 0u) << one.sql;
  }
}

// A call on a temporary file fails: the statement says so and leaves nothing.
TEST_F(SpillTest, EndsWithTheDisksError) {
  using engine::FileOperation;
  for (const Case& one : kCases) {
    for (FileOperation operation :
         {FileOperation::kOpen, FileOperation::kWrite, FileOperation::kRead}) {
      for (uint64_t nth : {1, 6, 30}) {
        faults_.AddRule({.operation = operation, .path_contains = "scratch/", .nth = nth});
        const uint64_t injected = faults_.faults_injected();
        const std::string found = RunWith(kLittleMemory, one);
        faults_.ClearRules();
        if (faults_.faults_injected() == injected) break;  // it had not so many
        EXPECT_EQ(found.substr(0, 5), "58030") << one.sql << " at call " << nth;
        EXPECT_EQ(FilesLeft(), 0u) << one.sql << " at call " << nth;
      }
    }
  }
}

TEST_F(SpillTest, KeepsTheLimitOfFiles) {
  TestSession session(&database_);
  session.context().work_mem_bytes = kLittleMemory;
  session.context().temp_file_limit_bytes = 8 << 10;
  for (const Case& one : kCases) {
    EXPECT_EQ(session.Run(one.sql).ToString(),
              "53400: temporary file size exceeds temp_file_limit (8kB)")
        << one.sql;
    EXPECT_EQ(FilesLeft(), 0u) << one.sql;
  }
  session.context().temp_file_limit_bytes = 100 << 20;
  EXPECT_TRUE(session.Run(kCases[0].sql).status.ok());
}

TEST_F(SpillTest, LeavesNothingWhenDropped) {
  for (const Case& one : kCases) {
    TestSession session(&database_);
    session.context().work_mem_bytes = kLittleMemory;
    const std::string sql = std::string("SELECT 1 FROM (") + one.sql + ") AS q LIMIT 1";
    EXPECT_EQ(session.Run(sql).ToString(), "1") << one.sql;
    EXPECT_EQ(FilesLeft(), 0u) << one.sql;
  }
}

}  // namespace
}  // namespace shale::sql
