// Goal: a run of keys is locked up to the first that is not to be had, and its locks are as others.
// Method: a holder in its middle, savepoints around it.
#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

class LockRunTest : public ConformanceTest {};
CONFORMANCE_SUITE(LockRunTest);

TEST_P(LockRunTest, IsLockedAsFarAsItCanBe) {
  using enum LockMode;
  std::vector<std::string> keys;
  for (int i = 0; i < 50; ++i) keys.push_back("row " + std::to_string(100 + i));
  std::vector<KeyValue> rows;
  for (const std::string& key : keys) rows.push_back({key, "unused"});
  Transaction holder = Begin();
  ASSERT_TRUE(LockNow(*holder, keys[30], kShare).ok());
  Transaction other = Begin();
  ASSERT_EQ(other->LockRun(std::span(rows).first(10), kUpdate), 10u);
  const uint64_t savepoint = other->SetSavepoint();
  ASSERT_EQ(other->LockRun(rows, kUpdate), 30u);
  EXPECT_FALSE(LockNow(*holder, keys[29], kKeyShare).ok());
  EXPECT_TRUE(LockNow(*holder, keys[31], kKeyShare).ok());
  other->RollbackToSavepoint(savepoint);
  EXPECT_TRUE(LockNow(*holder, keys[29], kKeyShare).ok());
  EXPECT_FALSE(LockNow(*holder, keys[9], kKeyShare).ok());
  EXPECT_EQ(other->LockRun(rows, kShare), 50u);
  other->RollbackToSavepoint(savepoint);
  {
    PendingLock wait(*other, keys[30], {.mode = kUpdate});
    ASSERT_TRUE(wait.WaitUntilBlocked(store()));
    Commit(std::move(holder));
    EXPECT_TRUE(wait.Join().ok());
  }
  EXPECT_EQ(other->LockRun(rows, kUpdate), 50u);
  other.reset();
  EXPECT_TRUE(LockNow(*Begin(), keys[49], kUpdate).ok());
}

}  // namespace
}  // namespace shale::engine::conformance
