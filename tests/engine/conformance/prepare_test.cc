// Goal: a prepared transaction is no session's any more, keeps its locks, is seen by nobody, and is
// committed or rolled back by its name alone. Method: hand-written cases on every engine. That it
// outlives the store is tested in tests/engine/mvcc.
#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

class PrepareTest : public ConformanceTest {
 protected:
  Status Prepare(Transaction transaction, std::string name, std::string payload = "mine") {
    return BlockingWait(
        store().Prepare(std::move(transaction), std::move(name), std::move(payload)));
  }
  Status CommitPrepared(std::string name) {
    return BlockingWait(store().CommitPrepared(std::move(name)));
  }
  Status RollbackPrepared(std::string name) {
    return BlockingWait(store().RollbackPrepared(std::move(name)));
  }
};
CONFORMANCE_SUITE(PrepareTest);

TEST_P(PrepareTest, ItIsSeenOnceItIsCommitted) {
  PutCommitted({{"a", "1"}, {"b", "1"}, {"x1", "1"}, {"x2", "1"}});
  Transaction mine = Begin();
  const uint64_t id = mine->id();
  Put(*mine, "a", "2");
  Delete(*mine, "b");
  DeleteRange(*mine, "x", "y");
  Put(*mine, "x2", "2");
  ASSERT_TRUE(Prepare(std::move(mine), "first").ok());
  EXPECT_EQ(ScanCommitted(), (Rows{{"a", "1"}, {"b", "1"}, {"x1", "1"}, {"x2", "1"}}));
  std::vector<PreparedTransaction> list = store().ListPrepared();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].name, "first");
  EXPECT_EQ(list[0].payload, "mine");
  EXPECT_EQ(list[0].id, id);
  EXPECT_GT(list[0].prepared_us, 0);
  ASSERT_TRUE(CommitPrepared("first").ok());
  EXPECT_EQ(ScanCommitted(), (Rows{{"a", "2"}, {"x2", "2"}}));
  EXPECT_TRUE(store().ListPrepared().empty());
}

TEST_P(PrepareTest, RolledBackItLeavesNothing) {
  PutCommitted({{"a", "1"}});
  Transaction mine = Begin();
  Put(*mine, "a", "2");
  const uint64_t savepoint = mine->SetSavepoint();
  Put(*mine, "b", "2");
  mine->RollbackToSavepoint(savepoint);
  ASSERT_TRUE(Prepare(std::move(mine), "first").ok());
  ASSERT_TRUE(RollbackPrepared("first").ok());
  EXPECT_EQ(ScanCommitted(), (Rows{{"a", "1"}}));
  EXPECT_TRUE(CommitPrepared("first").Is(sqlstate::kUndefinedObject));
}

TEST_P(PrepareTest, WhatItsOutcomeRunsIsMadeOfItsPayload) {
  using OnPublish = std::function<void(SequenceNumber)>;
  for (const bool commit : {true, false}) {
    Transaction mine = Begin();
    Put(*mine, "a", "2");
    ASSERT_TRUE(Prepare(std::move(mine), "first", "what to run").ok());
    auto end = [&](PreparedOutcome outcome) {
      return BlockingWait(commit ? store().CommitPrepared("first", std::move(outcome))
                                 : store().RollbackPrepared("first", std::move(outcome)));
    };
    auto refuse = [](std::string_view) -> Result<OnPublish> { return NotSupported("this"); };
    EXPECT_TRUE(end(refuse).Is(sqlstate::kFeatureNotSupported));
    EXPECT_EQ(store().ListPrepared().size(), 1u);
    std::string ran;
    auto run = [&ran](std::string_view payload) -> Result<OnPublish> {
      return OnPublish([&ran, text = std::string(payload)](SequenceNumber) { ran += text; });
    };
    EXPECT_TRUE(end(run).ok());
    EXPECT_EQ(ran, "what to run");
    EXPECT_TRUE(store().ListPrepared().empty());
  }
}

TEST_P(PrepareTest, ItKeepsItsLocksUntilItsOutcome) {
  auto session = store().OpenLockSession({.id = 7});
  Transaction mine = store().Begin({.session = session.get()});
  ASSERT_TRUE(LockNow(*mine, "row", LockMode::kUpdate).ok());
  ASSERT_TRUE(LockNow(*mine, "table", LockMode::kTableRowExclusive).ok());
  ASSERT_TRUE(Prepare(std::move(mine), "first").ok());
  // In its own session's way too, which may go before it.
  {
    Transaction next = store().Begin({.session = session.get()});
    EXPECT_TRUE(LockNow(*next, "row", LockMode::kShare).status().Is(sqlstate::kLockNotAvailable));
  }
  session.reset();
  Transaction other = Begin();
  EXPECT_TRUE(
      LockNow(*other, "table", LockMode::kTableShare).status().Is(sqlstate::kLockNotAvailable));
  PendingLock waiting(*other, "row", {.mode = LockMode::kShare});
  ASSERT_TRUE(waiting.WaitUntilBlocked(store()));
  ASSERT_TRUE(CommitPrepared("first").ok());
  Result<LockOutcome> outcome = waiting.Join();
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(*outcome, LockOutcome::kWaited);
}

TEST_P(PrepareTest, NamesAreTakenOnceAtATime) {
  Transaction first = Begin();
  Put(*first, "a", "1");
  ASSERT_TRUE(Prepare(std::move(first), "name").ok());
  Transaction second = Begin();
  Put(*second, "b", "1");
  Status status = Prepare(std::move(second), "name");
  EXPECT_TRUE(status.Is(sqlstate::kDuplicateObject));
  EXPECT_EQ(status.message(), "transaction identifier \"name\" is already in use");
  EXPECT_TRUE(RollbackPrepared("other").Is(sqlstate::kUndefinedObject));
  ASSERT_TRUE(RollbackPrepared("name").ok());
  Transaction third = Begin();
  Put(*third, "c", "1");
  ASSERT_TRUE(Prepare(std::move(third), "name").ok());
  ASSERT_TRUE(CommitPrepared("name").ok());
  EXPECT_EQ(ScanCommitted(), (Rows{{"c", "1"}}));
}

TEST_P(PrepareTest, OneWithoutWritesToo) {
  Transaction mine = Begin();
  ASSERT_TRUE(LockNow(*mine, "row", LockMode::kShare).ok());
  ASSERT_TRUE(Prepare(std::move(mine), "").ok());
  EXPECT_TRUE(LockNow(*Begin(), "row", LockMode::kUpdate).status().Is(sqlstate::kLockNotAvailable));
  ASSERT_TRUE(CommitPrepared("").ok());
  EXPECT_TRUE(LockNow(*Begin(), "row", LockMode::kUpdate).ok());
}

// Write skew, one of the two prepared: it cannot be cancelled any more.
TEST_P(PrepareTest, SerializableTransactionsAreHeldToIt) {
  PutCommitted({{"a", "0"}, {"b", "0"}});
  Transaction mine = Begin(IsolationLevel::kSerializable);
  Transaction other = Begin(IsolationLevel::kSerializable);
  EXPECT_EQ(Get(*mine, "a"), "0");
  EXPECT_EQ(Get(*other, "b"), "0");
  Put(*mine, "b", "1");
  Put(*other, "a", "1");
  ASSERT_TRUE(Prepare(std::move(mine), "name").ok());
  CommitResult result = BlockingWait(other->Commit());
  EXPECT_EQ(result.outcome, CommitOutcome::kConflict);
  EXPECT_TRUE(result.status.Is(sqlstate::kSerializationFailure)) << result.status.ToString();
  other.reset();
  ASSERT_TRUE(CommitPrepared("name").ok());
  EXPECT_EQ(ScanCommitted(), (Rows{{"a", "0"}, {"b", "1"}}));
}

TEST_P(PrepareTest, OneThatSharesLocksWithItsSessionIsRefused) {
  auto session = store().OpenLockSession({.id = 7});
  const LockOptions options{.mode = LockMode::kAdvisoryExclusive, .wait = LockWait::kNoWait};
  ASSERT_TRUE(BlockingWait(session->Lock("key", options)).ok());
  Transaction mine = store().Begin({.session = session.get()});
  ASSERT_TRUE(BlockingWait(mine->Lock("key", options)).ok());
  Put(*mine, "a", "1");
  EXPECT_TRUE(Prepare(std::move(mine), "name").Is(sqlstate::kFeatureNotSupported));
  EXPECT_TRUE(store().ListPrepared().empty());
  EXPECT_TRUE(ScanCommitted().empty());
}

TEST_P(PrepareTest, OneIsEndedByOneOfMany) {
  for (int round = 0; round < 20; ++round) {
    Transaction mine = Begin();
    Put(*mine, "a", std::to_string(round));
    ASSERT_TRUE(Prepare(std::move(mine), "name").ok());
    std::vector<std::future<Status>> ends;
    for (int i = 0; i < 4; ++i) {
      ends.push_back(std::async(std::launch::async, [&, i] {
        return i % 2 == 0 ? CommitPrepared("name") : RollbackPrepared("name");
      }));
    }
    int ended = 0;
    for (auto& end : ends) {
      Status status = end.get();
      ended += status.ok() ? 1 : 0;
      EXPECT_TRUE(status.ok() || status.Is(sqlstate::kUndefinedObject) ||
                  status.Is(sqlstate::kObjectNotInPrerequisiteState))
          << status.ToString();
    }
    EXPECT_EQ(ended, 1);
  }
}

}  // namespace
}  // namespace shale::engine::conformance
