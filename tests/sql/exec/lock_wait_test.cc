// Goal: functions that must wait for a lock may stand anywhere in a statement, are called once for
// each row and in its order, and so is what stands beside them. Method: a host that lets each call
// wait once and notes what was taken.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/sql/exec/test_database.h"
#include "tests/sql/expr/test_host.h"

namespace shale::sql {
namespace {

class LockWaitTest : public ::testing::TestWithParam<bool> {
 protected:
  LockWaitTest() {
    database_.AddTable("job", {{"id"}, {"state", catalog::type_oid::kText}}, {"id"});
    database_.AddSequence("s");
    EXPECT_EQ(database_.Query("INSERT INTO job SELECT n, 'new' FROM generate_series(1, 4) n"), "");
    session_ = std::make_unique<TestSession>(&database_);
    host().locks_must_wait = GetParam();
  }

  TestHost& host() { return static_cast<TestHost&>(*session_->context().host); }

  // The rows, then the objects of the locks taken meanwhile, in their order.
  std::string Run(const std::string& sql) {
    host().taken.clear();
    host().lock_waits = 0;
    Outcome outcome = session_->Run(sql);
    std::string text = outcome.ToString() + " locks";
    for (const AdvisoryLock& lock : host().taken) text += " " + std::to_string(lock.key.object_id);
    EXPECT_EQ(host().lock_waits, GetParam() && outcome.status.ok() ? blocking_calls_ : 0) << sql;
    return text;
  }

  // With how many calls that may wait.
  std::string Run(int calls, const std::string& sql) {
    blocking_calls_ = calls;
    return Run(sql);
  }

  TestDatabase database_;
  std::unique_ptr<TestSession> session_;
  int blocking_calls_ = 0;
};

INSTANTIATE_TEST_SUITE_P(MustWait, LockWaitTest, ::testing::Bool());

TEST_P(LockWaitTest, SelectList) {
  EXPECT_EQ(Run(1, "SELECT pg_advisory_lock(7)"), " locks 7");
  EXPECT_EQ(Run(4, "SELECT id, pg_advisory_lock(id) FROM job"), "1|;2|;3|;4| locks 1 2 3 4");
  EXPECT_EQ(
      Run(6, "SELECT pg_advisory_lock(id), pg_advisory_xact_lock(id + 10) FROM job WHERE id < 4"),
      "|;|;| locks 1 11 2 12 3 13");
}

TEST_P(LockWaitTest, WhatStandsBesideIsCalledOnce) {
  EXPECT_EQ(Run(8,
                "SELECT concat(pg_advisory_lock(id), nextval('s'), pg_advisory_lock(id + 10)) FROM "
                "job"),
            "1;2;3;4 locks 1 11 2 12 3 13 4 14");
  EXPECT_EQ(Run(4, "SELECT count(pg_advisory_lock(id)), max(nextval('s')) FROM job"),
            "4|8 locks 1 2 3 4");
}

TEST_P(LockWaitTest, Branches) {
  EXPECT_EQ(
      Run(2, "SELECT id, CASE WHEN id > 2 THEN concat(pg_advisory_lock(id), 'x') END FROM job"),
      "1|;2|;3|x;4|x locks 3 4");
}

TEST_P(LockWaitTest, ConditionsGoAsFarAsRowsAreAskedFor) {
  EXPECT_EQ(Run(0, "SELECT id FROM job WHERE pg_try_advisory_lock(id) LIMIT 2"), "1;2 locks 1 2");
  EXPECT_EQ(Run(2, "SELECT id FROM job WHERE pg_advisory_lock(id) IS NOT NULL LIMIT 2"),
            "1;2 locks 1 2");
  EXPECT_EQ(Run(0, "SELECT id FROM job WHERE id > 2 AND pg_try_advisory_lock(id)"),
            "3;4 locks 3 4");
}

TEST_P(LockWaitTest, TargetsComeAfterOrderAndLimit) {
  EXPECT_EQ(Run(2, "SELECT id, pg_advisory_lock(id) FROM job ORDER BY -id LIMIT 2"),
            "4|;3| locks 4 3");
  EXPECT_EQ(Run(1, "SELECT pg_advisory_lock(id) FROM job ORDER BY id DESC LIMIT 1 OFFSET 1"),
            " locks 3");
}

TEST_P(LockWaitTest, Changes) {
  EXPECT_EQ(Run(1, "INSERT INTO job SELECT 9, concat(pg_advisory_lock(9), 'a')"), " locks 9");
  EXPECT_EQ(Run(2,
                "INSERT INTO job VALUES (5, concat(pg_advisory_lock(5), 'a')), (6, "
                "concat(pg_advisory_lock(6), 'b'))"),
            " locks 5 6");
  EXPECT_EQ(
      Run(2,
          "UPDATE job SET state = concat(pg_advisory_lock(id), state) WHERE id > 4 AND id < 7 "
          "RETURNING id, state"),
      "5|a;6|b locks 5 6");
  EXPECT_EQ(Run(1, "DELETE FROM job WHERE id = 5 RETURNING id, pg_advisory_lock(id)"),
            "5| locks 5");
  EXPECT_EQ(Run(0, "UPDATE job SET state = 'x' WHERE pg_try_advisory_xact_lock(id) RETURNING id"),
            "1;2;3;4;6;9 locks 1 2 3 4 6 9");
}

TEST_P(LockWaitTest, Joins) {
  EXPECT_EQ(Run(2,
                "SELECT a.id, b.id FROM job a JOIN job b ON a.id = b.id AND a.id < 3 WHERE "
                "pg_advisory_lock(a.id) IS NOT NULL ORDER BY 1"),
            "1|1;2|2 locks 1 2");
  EXPECT_EQ(Run(2,
                "SELECT a.id, b.n FROM job a LEFT JOIN (VALUES (1), (2)) b(n) ON a.id = b.n AND "
                "pg_advisory_lock(b.n) IS NOT NULL WHERE a.id < 4 ORDER BY 1"),
            "1|1;2|2;3| locks 1 2");
}

// What is stable reads what something volatile changes.
TEST_P(LockWaitTest, StableFunctionsKeepTheirFirstAnswer) {
  host().settings["x.y"] = "1";
  EXPECT_EQ(Run(1,
                "SELECT concat(current_setting('x.y'), set_config('x.y', '2', false), "
                "pg_advisory_lock(1))"),
            "12 locks 1");
  EXPECT_EQ(Run(4,
                "SELECT concat(id, current_setting('x.y'), set_config('x.y', id::text, false), "
                "pg_advisory_lock(id)) FROM job"),
            "121;212;323;434 locks 1 2 3 4");
}

// Each pair of rows is one call, whatever the condition looks like.
TEST_P(LockWaitTest, EqualitiesOfOuterJoins) {
  EXPECT_EQ(Run(16,
                "SELECT count(*), count(b.id) FROM job a LEFT JOIN job b "
                "ON a.state = concat(pg_advisory_lock(b.id), b.state)"),
            "16|16 locks 1 1 1 1 2 2 2 2 3 3 3 3 4 4 4 4");
  EXPECT_EQ(Run(4,
                "SELECT a.id, n FROM job a LEFT JOIN (SELECT 7) c(n) "
                "ON concat(pg_advisory_lock(a.id), a.id) = concat('', n - 6) ORDER BY 1"),
            "1|7;2|;3|;4| locks 1 2 3 4");
}

TEST_P(LockWaitTest, Limits) {
  EXPECT_EQ(Run(1, "SELECT id FROM job ORDER BY id LIMIT 2 + length(concat(pg_advisory_lock(7)))"),
            "1;2 locks 7");
  EXPECT_EQ(Run(4,
                "SELECT count(*) FROM job a LEFT JOIN (SELECT b.id, n FROM job b, LATERAL (SELECT "
                "b.id FROM job LIMIT 1 + length(concat(pg_advisory_lock(7)))) c(n)) d "
                "ON a.id = d.id AND a.id = d.n"),
            "4 locks 7 7 7 7");
}

TEST_P(LockWaitTest, WhatRowsAreSortedByIsCalledOnce) {
  EXPECT_EQ(Run(4, "SELECT -nextval('s') AS n, pg_advisory_lock(id), id FROM job ORDER BY n"),
            "-4||4;-3||3;-2||2;-1||1 locks 4 3 2 1");
  EXPECT_EQ(
      Run(4, "SELECT -id, concat(pg_advisory_lock(id), -id) AS l FROM job ORDER BY l, l DESC"),
      "-1|-1;-2|-2;-3|-3;-4|-4 locks 1 2 3 4");
  EXPECT_EQ(Run(4,
                "SELECT id, concat(pg_advisory_lock(id), -id) AS l FROM job ORDER BY l DESC "
                "FOR UPDATE"),
            "4|-4;3|-3;2|-2;1|-1 locks 1 2 3 4");
}

}  // namespace
}  // namespace shale::sql
