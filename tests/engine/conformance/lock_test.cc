// Goal: locks conflict, queue, time out, deadlock and are cancelled as PostgreSQL's do.
// Method: every pair of modes against the tables of PostgreSQL's manual (section 13.3), written out
// here again; waits on threads of their own, arranged step by step.
#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

using enum LockMode;
using std::chrono::milliseconds;

class LockTest : public ConformanceTest {
 protected:
  void Hold(KvTransaction& transaction, std::string_view key, LockMode mode) {
    Result<LockOutcome> outcome = LockNow(transaction, key, mode);
    ASSERT_TRUE(outcome.ok()) << outcome.status().ToString();
    EXPECT_EQ(*outcome, LockOutcome::kGranted);
  }
};
CONFORMANCE_SUITE(LockTest);

constexpr LockMode kRowModes[] = {kKeyShare,       kShare,     kNoKeyUpdate, kUpdate,
                                  kForNoKeyUpdate, kForUpdate, kPresence};
// X: the two may not be held together. Rows: held, columns: requested, in that order.
constexpr const char* kRowConflicts[] = {
    "...X.X.", "..XXXX.", ".XXXXXX", "XXXXXXX", ".XXXXX.", "XXXXXX.", "..XX...",
};
constexpr LockMode kTableModes[] = {
    kTableAccessShare, kTableRowShare,          kTableRowExclusive, kTableShareUpdateExclusive,
    kTableShare,       kTableShareRowExclusive, kTableExclusive,    kTableAccessExclusive};
constexpr const char* kTableConflicts[] = {
    ".......X", "......XX", "....XXXX", "...XXXXX", "..XX.XXX", "..XXXXXX", ".XXXXXXX", "XXXXXXXX",
};

TEST_P(LockTest, ExclusiveTableLocksAreKnownToAll) {
  Transaction holder = Begin();
  Transaction other = Begin();
  Hold(*holder, "k", kTableExclusive);
  EXPECT_FALSE(other->HasExclusiveTableLocks());
  Hold(*holder, "k", kTableAccessExclusive);
  EXPECT_TRUE(other->HasExclusiveTableLocks());
  holder->Rollback();
  EXPECT_FALSE(other->HasExclusiveTableLocks());
}

TEST_P(LockTest, EveryPairOfModes) {
  auto check = [this](std::span<const LockMode> modes, std::span<const char* const> conflicts) {
    for (size_t held = 0; held < modes.size(); ++held) {
      for (size_t wanted = 0; wanted < modes.size(); ++wanted) {
        bool conflict = conflicts[held][wanted] == 'X';
        Transaction holder = Begin();
        Transaction other = Begin();
        Hold(*holder, "k", modes[held]);
        Result<LockOutcome> no_wait = LockNow(*other, "k", modes[wanted]);
        EXPECT_EQ(no_wait.ok(), !conflict) << held << " " << wanted;
        if (conflict) {
          EXPECT_TRUE(no_wait.status().Is(sqlstate::kLockNotAvailable));
        }
        Transaction third = Begin();
        Result<LockOutcome> skip = LockNow(*third, "k", modes[wanted], LockWait::kSkipLocked);
        ASSERT_TRUE(skip.ok());
        if (conflict) {
          EXPECT_EQ(*skip, LockOutcome::kSkipped);
        }
        // One's own locks are never in the way.
        other->Rollback();
        third->Rollback();
        EXPECT_TRUE(LockNow(*holder, "k", modes[wanted]).ok());
      }
    }
  };
  check(kRowModes, kRowConflicts);
  check(kTableModes, kTableConflicts);
}

TEST_P(LockTest, LocksEndWithTheTransaction) {
  Transaction committer = Begin();
  Transaction aborter = Begin();
  Hold(*committer, "a", kUpdate);
  Hold(*aborter, "b", kUpdate);
  Transaction other = Begin();
  EXPECT_FALSE(LockNow(*other, "a", kUpdate).ok());
  Commit(std::move(committer));
  aborter.reset();
  Hold(*other, "a", kUpdate);
  Hold(*other, "b", kUpdate);
}

TEST_P(LockTest, WaiterSeesWhatTheHolderCommitted) {
  PutCommitted({{"k", "0"}});
  Transaction holder = Begin();
  Hold(*holder, "k", kUpdate);
  Put(*holder, "k", "1");
  Transaction waiter = Begin();
  PendingLock lock(*waiter, "k", {});
  ASSERT_TRUE(lock.WaitUntilBlocked(store()));
  EXPECT_EQ(store().BlockingTransactions(waiter->id()), std::vector<uint64_t>{holder->id()});
  EXPECT_TRUE(store().BlockingTransactions(holder->id()).empty());
  SequenceNumber committed = Commit(std::move(holder));
  Result<LockOutcome> outcome = lock.Join();
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(*outcome, LockOutcome::kWaited);
  PinnedBytes value;
  SequenceNumber sequence = 0;
  Result<bool> found = BlockingWait(waiter->GetLatest("k", &value, &sequence));
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ(value.view(), "1");
  EXPECT_EQ(sequence, committed);
  EXPECT_GT(sequence, waiter->snapshot());
}

TEST_P(LockTest, TheKeyNeedNotOutliveTheCall) {
  std::string key(100, 'k');
  Transaction holder = Begin();
  Hold(*holder, key, kUpdate);
  Transaction other = Begin();
  LockOptions options;
  options.mode = kUpdate;
  options.timeout = std::chrono::milliseconds(20);
  Async<Result<LockOutcome>> lock = other->Lock(key, options);
  ASSERT_FALSE(lock.ready());
  key.assign(100, '?');
  options.mode = kKeyShare;
  Result<LockOutcome> outcome = BlockingWait(std::move(lock));
  EXPECT_TRUE(outcome.status().Is(sqlstate::kLockNotAvailable));
}

TEST_P(LockTest, FirstComeFirstServed) {
  auto holder = Begin();
  Hold(*holder, "k", kUpdate);
  constexpr int kWaiters = 6;
  std::vector<Transaction> transactions;
  std::vector<std::unique_ptr<PendingLock>> locks;
  for (int i = 0; i < kWaiters; ++i) {
    transactions.push_back(Begin());
    locks.push_back(std::make_unique<PendingLock>(*transactions[i], "k", LockOptions{}));
    ASSERT_TRUE(locks[i]->WaitUntilBlocked(store()));
    EXPECT_EQ(store().BlockingTransactions(transactions[i]->id()).size(), i + 1u);
  }
  holder.reset();
  for (int i = 0; i < kWaiters; ++i) {
    Result<LockOutcome> outcome = locks[i]->Join();
    ASSERT_TRUE(outcome.ok());
    for (int later = i + 1; later < kWaiters; ++later) EXPECT_FALSE(locks[later]->finished());
    transactions[i].reset();
  }
}

TEST_P(LockTest, NewRequestsQueueBehindConflictingWaiters) {
  Transaction sharer = Begin();
  Transaction writer = Begin();
  Transaction late = Begin();
  Hold(*sharer, "k", kShare);
  PendingLock write(*writer, "k", {.mode = kUpdate});
  ASSERT_TRUE(write.WaitUntilBlocked(store()));
  PendingLock share(*late, "k", {.mode = kShare});
  ASSERT_TRUE(share.WaitUntilBlocked(store()));
  EXPECT_EQ(store().BlockingTransactions(late->id()), std::vector<uint64_t>{writer->id()});
  // Who does not wait may pass: the row is free for a sharer now.
  Transaction skipper = Begin();
  Result<LockOutcome> skip = LockNow(*skipper, "k", kKeyShare, LockWait::kSkipLocked);
  ASSERT_TRUE(skip.ok());
  EXPECT_EQ(*skip, LockOutcome::kGranted);
  skipper->Rollback();

  sharer.reset();
  EXPECT_TRUE(write.Join().ok());
  EXPECT_FALSE(share.finished());
  writer.reset();
  EXPECT_TRUE(share.Join().ok());
}

TEST_P(LockTest, CompatibleWaitersAreServedTogether) {
  Transaction writer = Begin();
  Transaction one = Begin();
  Transaction two = Begin();
  Hold(*writer, "k", kUpdate);
  PendingLock first(*one, "k", {.mode = kShare});
  ASSERT_TRUE(first.WaitUntilBlocked(store()));
  PendingLock second(*two, "k", {.mode = kKeyShare});
  ASSERT_TRUE(second.WaitUntilBlocked(store()));
  writer.reset();
  EXPECT_TRUE(first.Join().ok());
  EXPECT_TRUE(second.Join().ok());
}

// PostgreSQL's rule: whom a waiter waits for goes before that waiter.
TEST_P(LockTest, UpgradeByAHolderGoesBeforeTheQueue) {
  Transaction holder = Begin();
  Transaction other_holder = Begin();
  Transaction waiter = Begin();
  Hold(*holder, "k", kKeyShare);
  Hold(*other_holder, "k", kKeyShare);
  PendingLock wait(*waiter, "k", {.mode = kUpdate});
  ASSERT_TRUE(wait.WaitUntilBlocked(store()));
  // In conflict with the waiter only: at once.
  Result<LockOutcome> share = LockNow(*holder, "k", kShare, LockWait::kWait);
  ASSERT_TRUE(share.ok());
  EXPECT_EQ(*share, LockOutcome::kGranted);
  // In conflict with the other holder too: before the waiter.
  PendingLock upgrade(*holder, "k", {.mode = kUpdate});
  ASSERT_TRUE(upgrade.WaitUntilBlocked(store()));
  EXPECT_EQ(store().BlockingTransactions(holder->id()), std::vector<uint64_t>{other_holder->id()});
  other_holder.reset();
  EXPECT_TRUE(upgrade.Join().ok());
  EXPECT_FALSE(wait.finished());
  holder.reset();
  EXPECT_TRUE(wait.Join().ok());
}

TEST_P(LockTest, LockTimeout) {
  Transaction holder = Begin();
  Transaction waiter = Begin();
  Hold(*holder, "k", kUpdate);
  auto start = std::chrono::steady_clock::now();
  Result<LockOutcome> outcome =
      BlockingWait(waiter->Lock("k", {.mode = kShare, .timeout = milliseconds(30)}));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(30));
  ASSERT_FALSE(outcome.ok());
  EXPECT_TRUE(outcome.status().Is(sqlstate::kLockNotAvailable));
  EXPECT_EQ(outcome.status().message(), "canceling statement due to lock timeout");
  EXPECT_TRUE(store().BlockingTransactions(waiter->id()).empty());
  holder.reset();
  // Granted within the time: the timer does no harm later.
  Result<LockOutcome> granted =
      BlockingWait(waiter->Lock("k", {.mode = kShare, .timeout = milliseconds(1)}));
  EXPECT_TRUE(granted.ok());
  std::this_thread::sleep_for(milliseconds(5));
}

TEST_P(LockTest, CancelEndsTheWaitWithItsReason) {
  Transaction holder = Begin();
  Transaction waiter = Begin();
  Hold(*holder, "k", kUpdate);
  CancelToken token;
  {
    PendingLock lock(*waiter, "k", {.cancel = &token});
    ASSERT_TRUE(lock.WaitUntilBlocked(store()));
    token.Cancel(Error(sqlstate::kQueryCanceled, "canceling statement due to statement timeout"));
    token.Cancel(Status());
    Result<LockOutcome> outcome = lock.Join();
    ASSERT_FALSE(outcome.ok());
    EXPECT_TRUE(outcome.status().Is(sqlstate::kQueryCanceled));
    EXPECT_EQ(outcome.status().message(), "canceling statement due to statement timeout");
  }
  // Cancelled already: no wait at all.
  Result<LockOutcome> again = BlockingWait(waiter->Lock("k", {.cancel = &token}));
  EXPECT_TRUE(again.status().Is(sqlstate::kQueryCanceled));
  // And once reset, it waits again.
  token.Reset();
  PendingLock lock(*waiter, "k", {.cancel = &token});
  ASSERT_TRUE(lock.WaitUntilBlocked(store()));
  holder.reset();
  EXPECT_TRUE(lock.Join().ok());
}

TEST_P(LockTest, CancelledWaiterLetsThoseBehindPass) {
  Transaction sharer = Begin();
  Transaction writer = Begin();
  Transaction late = Begin();
  Hold(*sharer, "k", kShare);
  CancelToken token;
  PendingLock write(*writer, "k", {.cancel = &token});
  ASSERT_TRUE(write.WaitUntilBlocked(store()));
  PendingLock share(*late, "k", {.mode = kShare});
  ASSERT_TRUE(share.WaitUntilBlocked(store()));
  token.Cancel(Status());
  EXPECT_FALSE(write.Join().ok());
  EXPECT_TRUE(share.Join().ok());
}

// Makes a request the first of its circle to look, and so the victim.
constexpr milliseconds kSoon{1};

TEST_P(LockTest, DeadlockOfTwo) {
  Transaction one = Begin();
  Transaction two = Begin();
  Hold(*one, "a", kUpdate);
  Hold(*two, "b", kUpdate);
  PendingLock wait(*one, "b", {});
  ASSERT_TRUE(wait.WaitUntilBlocked(store()));
  Result<LockOutcome> outcome = BlockingWait(two->Lock("a", {.deadlock_timeout = kSoon}));
  ASSERT_FALSE(outcome.ok());
  EXPECT_TRUE(outcome.status().Is(sqlstate::kDeadlockDetected));
  EXPECT_EQ(outcome.status().message(), "deadlock detected");
  EXPECT_NE(outcome.status().error().detail.find("blocked by transaction"), std::string::npos);
  EXPECT_FALSE(wait.finished());
  two.reset();
  EXPECT_TRUE(wait.Join().ok());
}

// The one who would look first is refused, though another closed the circle.
TEST_P(LockTest, DeadlockVictimIsWhoWouldLookFirst) {
  Transaction one = Begin();
  Transaction two = Begin();
  Hold(*one, "a", kUpdate);
  Hold(*two, "b", kUpdate);
  PendingLock first(*one, "b", {.deadlock_timeout = std::chrono::seconds(1000)});
  ASSERT_TRUE(first.WaitUntilBlocked(store()));
  PendingLock second(*two, "a", {.deadlock_timeout = std::chrono::seconds(2000)});
  Result<LockOutcome> refused = first.Join();
  EXPECT_TRUE(refused.status().Is(sqlstate::kDeadlockDetected));
  one.reset();
  EXPECT_TRUE(second.Join().ok());
}

// Whose time was up before the circle closed has looked already, and saw nothing.
TEST_P(LockTest, DeadlockVictimHasNotLookedBefore) {
  Transaction one = Begin();
  Transaction two = Begin();
  Hold(*one, "a", kUpdate);
  Hold(*two, "b", kUpdate);
  PendingLock first(*one, "b", {.deadlock_timeout = kSoon});
  ASSERT_TRUE(first.WaitUntilBlocked(store()));
  std::this_thread::sleep_for(milliseconds(5));
  Result<LockOutcome> second =
      BlockingWait(two->Lock("a", {.deadlock_timeout = std::chrono::seconds(1000)}));
  EXPECT_TRUE(second.status().Is(sqlstate::kDeadlockDetected));
  two.reset();
  EXPECT_TRUE(first.Join().ok());
}

TEST_P(LockTest, DeadlockOfMany) {
  constexpr int kCount = 5;
  std::vector<Transaction> transactions;
  std::vector<std::unique_ptr<PendingLock>> locks;
  auto key = [](int i) { return "k" + std::to_string(i % kCount); };
  for (int i = 0; i < kCount; ++i) {
    transactions.push_back(Begin());
    Hold(*transactions[i], key(i), kUpdate);
  }
  for (int i = 0; i + 1 < kCount; ++i) {
    locks.push_back(std::make_unique<PendingLock>(*transactions[i], key(i + 1), LockOptions{}));
    ASSERT_TRUE(locks[i]->WaitUntilBlocked(store()));
  }
  Result<LockOutcome> outcome =
      BlockingWait(transactions.back()->Lock("k0", {.deadlock_timeout = kSoon}));
  ASSERT_FALSE(outcome.ok());
  EXPECT_TRUE(outcome.status().Is(sqlstate::kDeadlockDetected));
  for (int i = kCount - 1; i >= 0; --i) {
    transactions[i].reset();
    if (i > 0) {
      EXPECT_TRUE(locks[i - 1]->Join().ok());
    }
  }
}

TEST_P(LockTest, DeadlockOfTwoUpgrades) {
  Transaction one = Begin();
  Transaction two = Begin();
  Hold(*one, "k", kShare);
  Hold(*two, "k", kShare);
  PendingLock wait(*one, "k", {.mode = kUpdate});
  ASSERT_TRUE(wait.WaitUntilBlocked(store()));
  Result<LockOutcome> outcome =
      BlockingWait(two->Lock("k", {.mode = kUpdate, .deadlock_timeout = kSoon}));
  ASSERT_FALSE(outcome.ok());
  EXPECT_TRUE(outcome.status().Is(sqlstate::kDeadlockDetected));
  two.reset();
  EXPECT_TRUE(wait.Join().ok());
}

// The cycle exists only because one waits behind another in a queue: the queue changes, nobody
// fails.
TEST_P(LockTest, CycleThroughAQueueIsNoDeadlock) {
  Transaction sharer = Begin();
  Transaction writer = Begin();
  Transaction late = Begin();
  Hold(*late, "b", kUpdate);
  Hold(*sharer, "a", kShare);
  PendingLock write(*writer, "a", {.mode = kUpdate});
  ASSERT_TRUE(write.WaitUntilBlocked(store()));
  PendingLock wait(*sharer, "b", {});
  ASSERT_TRUE(wait.WaitUntilBlocked(store()));
  // late -> writer (queue) -> sharer -> late
  Result<LockOutcome> outcome = BlockingWait(late->Lock("a", {.mode = kShare}));
  ASSERT_TRUE(outcome.ok()) << outcome.status().ToString();
  late.reset();
  EXPECT_TRUE(wait.Join().ok());
  sharer.reset();
  EXPECT_TRUE(write.Join().ok());
}

// A session and its transaction are one party: they share what either holds, and a circle through
// both is a deadlock.
TEST_P(LockTest, SessionAndItsTransactionAreOne) {
  std::unique_ptr<LockSession> session = store().OpenLockSession({.id = 7});
  std::unique_ptr<LockSession> other = store().OpenLockSession({.id = 8});
  ASSERT_NE(session, nullptr);
  Transaction mine = store().Begin({.session = session.get()});
  Transaction theirs = store().Begin({.session = other.get()});
  const LockOptions exclusive{.mode = kAdvisoryExclusive};
  const LockOptions at_once{.mode = kAdvisoryExclusive, .wait = LockWait::kNoWait};
  ASSERT_TRUE(BlockingWait(session->Lock("k", exclusive)).ok());
  ASSERT_TRUE(BlockingWait(mine->Lock("k", at_once)).ok());
  EXPECT_FALSE(BlockingWait(theirs->Lock("k", at_once)).ok());

  Hold(*theirs, "row", kUpdate);
  PendingLock wait(*theirs, "k", {.mode = kAdvisoryExclusive});
  ASSERT_TRUE(wait.WaitUntilBlocked(store()));
  EXPECT_EQ(other->waits_for(), kAdvisoryExclusive);
  EXPECT_EQ(session->waits_for(), std::nullopt);
  const std::vector<LockBlocker> blockers = other->Blockers();
  ASSERT_EQ(blockers.size(), 1u);
  EXPECT_EQ(blockers[0].session, 7u);
  Result<LockOutcome> closing = BlockingWait(mine->Lock("row", {.deadlock_timeout = kSoon}));
  EXPECT_TRUE(closing.status().Is(sqlstate::kDeadlockDetected));
  mine->Rollback();
  EXPECT_FALSE(wait.finished());  // the session has it still
  EXPECT_TRUE(session->Unlock("k", kAdvisoryExclusive));
  EXPECT_TRUE(wait.Join().ok());
}

TEST_P(LockTest, SessionLocksAreCounted) {
  std::unique_ptr<LockSession> session = store().OpenLockSession({.id = 7});
  Transaction other = Begin();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(BlockingWait(session->Lock("k", {.mode = kAdvisoryExclusive})).ok());
  }
  ASSERT_TRUE(BlockingWait(session->Lock("k", {.mode = kAdvisoryShare})).ok());
  EXPECT_TRUE(session->Unlock("k", kAdvisoryExclusive));
  EXPECT_FALSE(LockNow(*other, "k", kAdvisoryShare).ok());
  EXPECT_TRUE(session->Unlock("k", kAdvisoryExclusive));
  EXPECT_FALSE(session->Unlock("k", kAdvisoryExclusive));
  // The weaker mode was taken for itself, and stays.
  EXPECT_TRUE(LockNow(*other, "k", kAdvisoryShare).ok());
  EXPECT_FALSE(LockNow(*other, "k", kAdvisoryExclusive).ok());
  session->UnlockAll();
  EXPECT_FALSE(session->Unlock("k", kAdvisoryShare));
  EXPECT_TRUE(LockNow(*other, "k", kAdvisoryExclusive).ok());
}

TEST_P(LockTest, LocksAreListed) {
  std::unique_ptr<LockSession> session = store().OpenLockSession({.id = 7});
  Transaction mine = store().Begin({.session = session.get()});
  Transaction other = Begin();
  Hold(*mine, "table", kTableRowExclusive);
  Hold(*mine, "row1", kUpdate);
  Hold(*mine, "row2", kUpdate);
  ASSERT_TRUE(BlockingWait(session->Lock("k", {.mode = kAdvisoryShare})).ok());
  PendingLock wait(*other, "row2", {.mode = kShare});
  ASSERT_TRUE(wait.WaitUntilBlocked(store()));
  int tables = 0;
  int rows = 0;
  int advisory = 0;
  int waits = 0;
  for (const LockInfo& lock : store().Locks()) {
    if (!lock.granted) {
      ++waits;
      EXPECT_EQ(lock.key, "row2");
      EXPECT_EQ(lock.mode, kShare);
      EXPECT_EQ(lock.transaction, other->id());
      EXPECT_EQ(lock.blocker, mine->id());
      EXPECT_GT(lock.wait_started_us, 0);
      continue;
    }
    EXPECT_EQ(lock.session, 7u);
    tables += lock.mode == kTableRowExclusive ? 1 : 0;
    rows += lock.mode == kUpdate ? 1 : 0;
    advisory += lock.mode == kAdvisoryShare && lock.transaction == 0 ? 1 : 0;
  }
  EXPECT_EQ(tables, 1);
  EXPECT_GE(rows, 1);
  EXPECT_EQ(advisory, 1);
  EXPECT_EQ(waits, 1);
  mine->Rollback();
  EXPECT_TRUE(wait.Join().ok());
}

TEST_P(LockTest, ManyLocksOfOneTransaction) {
  Transaction mine = Begin();
  constexpr int kCount = 20'000;
  for (int i = 0; i < kCount; ++i) {
    Result<LockOutcome> outcome = BlockingWait(mine->Lock(std::to_string(i), {}));
    ASSERT_TRUE(outcome.ok());
  }
  Transaction other = Begin();
  EXPECT_FALSE(LockNow(*other, "777", kKeyShare).ok());
  mine->Rollback();
  for (int i = 0; i < kCount; i += 100) Hold(*other, std::to_string(i), kUpdate);
}

TEST_P(LockTest, LongKeys) {
  std::string long_key(5000, 'k');
  Transaction mine = Begin();
  Transaction other = Begin();
  Hold(*mine, long_key, kUpdate);
  EXPECT_FALSE(LockNow(*other, long_key, kKeyShare).ok());
  Hold(*other, long_key + "x", kKeyShare);
  Hold(*other, "", kUpdate);
  EXPECT_FALSE(LockNow(*mine, "", kShare).ok());
}

}  // namespace
}  // namespace shale::engine::conformance
