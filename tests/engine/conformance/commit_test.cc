// Goal: the order of commits, what on_publish may rely on, and what a commit ends.
// Method: hand-written cases; concurrent committers that record the order they were published in.
#include <mutex>

#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

class CommitTest : public ConformanceTest {};
CONFORMANCE_SUITE(CommitTest);

TEST_P(CommitTest, SequencesGrowByCommit) {
  SequenceNumber last = 0;
  for (int i = 0; i < 20; ++i) {
    SequenceNumber sequence = PutCommitted({{"k" + std::to_string(i), "v"}});
    EXPECT_GT(sequence, last);
    last = sequence;
  }
}

TEST_P(CommitTest, NothingWrittenHasNoSequence) {
  Transaction mine = Begin();
  EXPECT_EQ(Get(*mine, "a"), std::nullopt);
  EXPECT_EQ(Commit(std::move(mine)), 0u);
}

TEST_P(CommitTest, OnPublishRunsOnceWithTheSequence) {
  Transaction mine = Begin();
  Put(*mine, "a", "1");
  int runs = 0;
  SequenceNumber published = 0;
  CommitResult result = BlockingWait(mine->Commit({}, [&](SequenceNumber sequence) {
    ++runs;
    published = sequence;
  }));
  EXPECT_EQ(result.outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(published, result.sequence);

  Transaction idle = Begin();
  BlockingWait(idle->Commit({}, [&](SequenceNumber sequence) { ++runs; }));
  EXPECT_EQ(runs, 2);
}

TEST_P(CommitTest, AcknowledgedCommitsAreSeenByTheNextSnapshot) {
  for (bool synchronous : {true, false}) {
    for (int i = 0; i < 100; ++i) {
      Transaction mine = store().Begin({.synchronous_commit = synchronous});
      Put(*mine, "k", std::to_string(i));
      Commit(std::move(mine));
      ASSERT_EQ(GetCommitted("k"), std::to_string(i));
    }
  }
}

TEST_P(CommitTest, CommitReleasesLocksAfterItIsVisible) {
  PutCommitted({{"k", "0"}});
  for (int i = 1; i <= 50; ++i) {
    Transaction holder = Begin();
    ASSERT_TRUE(LockNow(*holder, "k", LockMode::kUpdate).ok());
    Put(*holder, "k", std::to_string(i));
    Transaction waiter = Begin();
    PendingLock lock(*waiter, "k", {});
    ASSERT_TRUE(lock.WaitUntilBlocked(store()));
    Commit(std::move(holder));
    ASSERT_TRUE(lock.Join().ok());
    waiter->RefreshSnapshot();
    ASSERT_EQ(Get(*waiter, "k"), std::to_string(i));
  }
}

// A snapshot that sees a commit was taken after its on_publish; one that does not, may be older or
// newer than the call, never the other way round.
TEST_P(CommitTest, OnPublishComesBeforeVisibilityAndInOrder) {
  constexpr int kThreads = 4;
  constexpr int kCommits = 100;
  std::mutex mutex;
  std::vector<SequenceNumber> published;  // guarded by mutex
  std::atomic<SequenceNumber> newest{0};
  std::atomic<bool> stop{false};
  // The store may have commits of its own, from its opening.
  SequenceNumber first = PutCommitted({{"start", ""}});
  newest = first;
  std::thread reader([&] {
    while (!stop) {
      Transaction snapshot = Begin();
      for (int i = 0; i < kThreads; ++i) Get(*snapshot, "thread" + std::to_string(i));
      EXPECT_GE(newest.load(), snapshot->snapshot());
    }
  });
  std::vector<std::thread> writers;
  for (int thread = 0; thread < kThreads; ++thread) {
    writers.emplace_back([&, thread] {
      for (int i = 0; i < kCommits; ++i) {
        Transaction mine = store().Begin({.synchronous_commit = i % 4 != 0});
        Put(*mine, "thread" + std::to_string(thread), std::to_string(i));
        BlockingWait(mine->Commit({}, [&](SequenceNumber sequence) {
          std::lock_guard lock(mutex);
          published.push_back(sequence);
          newest = sequence;
        }));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  reader.join();
  ASSERT_EQ(published.size(), static_cast<size_t>(kThreads * kCommits));
  for (size_t i = 1; i < published.size(); ++i) EXPECT_LT(published[i - 1], published[i]);
  EXPECT_GT(published.front(), first);
}

TEST_P(CommitTest, LargeTransaction) {
  Transaction mine = Begin();
  Rows rows;
  for (int i = 0; i < 20'000; ++i) {
    rows.emplace_back(std::to_string(1'000'000 + i), std::string(100, 'v'));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& [key, value] = rows[i * 7919 % rows.size()];
    Put(*mine, key, value);
  }
  Commit(std::move(mine));
  EXPECT_EQ(ScanCommitted(), rows);
}

}  // namespace
}  // namespace shale::engine::conformance
