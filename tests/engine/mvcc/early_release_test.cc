// Goal: who waits for a row goes on as soon as the commit before it has its place in the log, and
// yet nobody is ever told of what a crash could take back. Method: log syncs that are held, while
// it is looked at what everybody sees; a sync that fails; and many threads that count in one
// row while the disk is cloned as after a power cut, again and again: each clone must have what was
// acknowledged, and what was read, before it was made. Runs under TSan too.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "engine/env/fault_file_system.h"
#include "engine/env/memory_file_system.h"
#include "tests/engine/mvcc/opened_store.h"

namespace shale::engine {
namespace {

const std::string kRow = "row";

class EarlyRelease : public ::testing::Test {
 protected:
  EarlyRelease() : faults_(disk_), store_(std::make_unique<OpenedStore>(faults_)) {
    EXPECT_EQ(PutOne(**store_, kRow, "0").outcome, CommitOutcome::kCommitted);
  }

  ~EarlyRelease() override { faults_.ReleaseHeld(); }

  LsmKvStore& store() { return **store_; }

  // From the next one on.
  void MakeSyncs(FaultEffect effect) {
    faults_.AddRule({.operation = FileOperation::kSync, .effect = effect, .once = false});
  }

  bool SomebodyWaits() {
    for (const LockInfo& lock : store().Locks()) {
      if (!lock.granted) return true;
    }
    return false;
  }

  // The first one holds the row and has written 1; the second one waits for it, and has it when the
  // first one's commit has its place in the log.
  void CommitBeforeOneWhoWaits(const TransactionOptions& first = {},
                               const TransactionOptions& second = {}) {
    first_ = store().Begin(first);
    second_ = store().Begin(second);
    ASSERT_TRUE(BlockingWait(first_->Lock(kRow, {})).ok());
    ASSERT_TRUE(first_->Put(kRow, "1").ok());
    auto locked =
        std::async(std::launch::async, [&] { return BlockingWait(second_->Lock(kRow, {})).ok(); });
    while (!SomebodyWaits()) std::this_thread::yield();
    commit_ = std::async(std::launch::async, [&] { return BlockingWait(first_->Commit()); });
    ASSERT_TRUE(locked.get());
  }
  bool committed() {
    return commit_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  MemoryFileSystem disk_;
  FaultFileSystem faults_;
  std::unique_ptr<OpenedStore> store_;
  std::unique_ptr<KvTransaction> first_;
  std::unique_ptr<KvTransaction> second_;
  std::future<CommitResult> commit_;
  PinnedBytes value_;
  SequenceNumber sequence_ = 0;
};

TEST_F(EarlyRelease, WhoWaitsGoesOnBeforeTheCommitIsDurable) {
  MakeSyncs(FaultEffect::kHold);
  CommitBeforeOneWhoWaits();
  auto early = second_->GetLatestEarly(kRow, &value_, &sequence_);
  ASSERT_TRUE(early.ready());
  EXPECT_TRUE(*std::move(early).value());
  EXPECT_EQ(value_.view(), "1");
  EXPECT_GT(sequence_, second_->snapshot());
  // Others neither see it nor hear that it was committed.
  EXPECT_EQ(GetOne(store(), kRow), "0");
  EXPECT_FALSE(WasCommitted(store(), first_->id()));
  EXPECT_FALSE(committed());
  auto shown = second_->AwaitEarly();
  EXPECT_FALSE(shown.ready());
  faults_.ReleaseHeld();
  EXPECT_TRUE(BlockingWait(std::move(shown)).ok());
  EXPECT_EQ(GetOne(store(), kRow), "1");
  EXPECT_EQ(commit_.get().outcome, CommitOutcome::kCommitted);
  EXPECT_TRUE(WasCommitted(store(), first_->id()));
}

TEST_F(EarlyRelease, OtherReadsWaitUntilTheCommitIsDurable) {
  MakeSyncs(FaultEffect::kHold);
  CommitBeforeOneWhoWaits();
  second_->RefreshSnapshot();
  auto get = second_->Get(kRow, &value_);
  PinnedBytes latest_value;
  auto latest = second_->GetLatest(kRow, &latest_value, &sequence_);
  auto cursor = second_->Scan({});
  auto page = cursor->NextPage();
  EXPECT_FALSE(get.ready() || latest.ready() || page.ready());
  EXPECT_FALSE(committed());
  EXPECT_EQ(GetOne(store(), kRow), "0");
  faults_.ReleaseHeld();
  // A snapshot that was taken after the lock shows what was done under it.
  ASSERT_TRUE(*BlockingWait(std::move(get)));
  EXPECT_EQ(value_.view(), "1");
  EXPECT_EQ(GetOne(store(), kRow), "1");
  ASSERT_TRUE(*BlockingWait(std::move(latest)));
  EXPECT_EQ(latest_value.view(), "1");
  auto rows = BlockingWait(std::move(page));
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ(rows->front().value, "1");
}

// What sessions run is in the log of transactions, which hears of commits when they are visible.
TEST_F(EarlyRelease, SnapshotsOfSessionsAreDescribedAsTheyAreSeen) {
  auto one = store().OpenLockSession({.id = 1});
  auto two = store().OpenLockSession({.id = 2});
  MakeSyncs(FaultEffect::kHold);
  CommitBeforeOneWhoWaits({.session = one.get()}, {.session = two.get()});
  second_->RefreshSnapshot();
  auto described =
      std::async(std::launch::async, [&] { return second_->DescribeSnapshot().value(); });
  EXPECT_EQ(described.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  EXPECT_FALSE(committed());
  faults_.ReleaseHeld();
  const SnapshotDescription description = described.get();
  EXPECT_GT(description.next, first_->id());
  EXPECT_TRUE(description.running.empty());
  EXPECT_EQ(GetOne(store(), kRow), "1");
  EXPECT_EQ(commit_.get().outcome, CommitOutcome::kCommitted);
  first_.reset();
  second_.reset();
}

TEST_F(EarlyRelease, SharedSnapshotsAreVisibleToAll) {
  MakeSyncs(FaultEffect::kHold);
  CommitBeforeOneWhoWaits();
  second_->RefreshSnapshot();
  auto sharing = std::async(std::launch::async, [&] { return second_->ShareSnapshot().value(); });
  EXPECT_EQ(sharing.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  EXPECT_FALSE(committed());
  faults_.ReleaseHeld();
  auto shared = sharing.get();
  EXPECT_EQ(GetOne(store(), kRow), "1");
  auto third = store().Begin({});
  ASSERT_TRUE(third->UseSnapshot(shared).ok());
  auto get = third->Get(kRow, &value_);
  ASSERT_TRUE(*BlockingWait(std::move(get)));
  EXPECT_EQ(value_.view(), "1");
}

// One who has the lock without waiting, from one who gave up.
TEST_F(EarlyRelease, TheOneAfterTheNextKnowsToo) {
  MakeSyncs(FaultEffect::kHold);
  CommitBeforeOneWhoWaits();
  second_->Rollback();
  auto third = store().Begin({});
  ASSERT_TRUE(BlockingWait(third->Lock(kRow, {})).ok());
  EXPECT_FALSE(committed());
  EXPECT_EQ(GetOne(store(), kRow), "0");
  auto latest = third->GetLatest(kRow, &value_, &sequence_);
  EXPECT_FALSE(latest.ready());
  faults_.ReleaseHeld();
  ASSERT_TRUE(*BlockingWait(std::move(latest)));
  EXPECT_EQ(value_.view(), "1");
}

TEST_F(EarlyRelease, OwnWritesAfterAnEarlyReadWaitToo) {
  MakeSyncs(FaultEffect::kHold);
  CommitBeforeOneWhoWaits();
  ASSERT_TRUE(*second_->GetLatestEarly(kRow, &value_, &sequence_).value());
  ASSERT_TRUE(second_->Put(kRow, "2").ok());
  second_->RefreshSnapshot();
  PinnedBytes own;
  auto early = second_->GetLatestEarly(kRow, &own, &sequence_);
  EXPECT_FALSE(early.ready());
  EXPECT_FALSE(committed());
  faults_.ReleaseHeld();
  ASSERT_TRUE(*BlockingWait(std::move(early)));
  EXPECT_EQ(own.view(), "2");
  EXPECT_EQ(GetOne(store(), kRow), "1");
  EXPECT_EQ(BlockingWait(second_->Commit()).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(GetOne(store(), kRow), "2");
}

TEST_F(EarlyRelease, AnUnsyncedCommitAfterItIsNotSeenBeforeIt) {
  MakeSyncs(FaultEffect::kHold);
  CommitBeforeOneWhoWaits();
  ASSERT_TRUE(*second_->GetLatestEarly(kRow, &value_, &sequence_).value());
  ASSERT_TRUE(second_->Put(kRow, "2").ok());
  second_->set_synchronous_commit(false);
  auto commit = std::async(std::launch::async, [&] { return BlockingWait(second_->Commit()); });
  EXPECT_EQ(commit.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  EXPECT_FALSE(committed());
  faults_.ReleaseHeld();
  EXPECT_EQ(commit.get().outcome, CommitOutcome::kCommitted);
  auto clone = disk_.CrashClone({.survival = CrashSurvival::kNone});
  OpenedStore after(*clone);
  std::optional<std::string> found = GetOne(*after, kRow);
  EXPECT_TRUE(found == "1" || found == "2") << found.value_or("nothing");
}

TEST_F(EarlyRelease, AFailedSyncTakesAllThatFollowed) {
  MakeSyncs(FaultEffect::kIoError);
  CommitBeforeOneWhoWaits();
  EXPECT_EQ(commit_.get().outcome, CommitOutcome::kUnknown);
  auto early = BlockingWait(second_->GetLatestEarly(kRow, &value_, &sequence_));
  ASSERT_TRUE(early.ok() && *early);
  EXPECT_EQ(value_.view(), "1");
  EXPECT_TRUE(BlockingWait(second_->AwaitEarly()).Is(sqlstate::kIoError));
  auto latest = BlockingWait(second_->GetLatest(kRow, &value_, &sequence_));
  EXPECT_TRUE(latest.status().Is(sqlstate::kIoError));
  ASSERT_TRUE(second_->Put(kRow, "2").ok());
  CommitResult result = BlockingWait(second_->Commit());
  EXPECT_NE(result.outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(GetOne(store(), kRow), "0");
}

TEST_F(EarlyRelease, NoCrashTakesBackWhatWasToldOrRead) {
  constexpr int kThreads = 6;
  constexpr int kCrashes = 25;
  faults_.AddRule({.operation = FileOperation::kSync,
                   .effect = FaultEffect::kDelay,
                   .once = false,
                   .delay_us = 300});
  std::atomic<int> told{0};
  std::atomic<int> commits{0};
  std::atomic<bool> stop{false};
  auto raise = [&](int value) {
    int seen = told.load();
    while (seen < value && !told.compare_exchange_weak(seen, value)) {
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; !stop.load(); ++i) {
        auto transaction = store().Begin({});
        EXPECT_TRUE(BlockingWait(transaction->Lock(kRow, {})).ok());
        PinnedBytes value;
        SequenceNumber sequence = 0;
        const bool early = (i + thread) % 4 != 0;
        auto found = early ? BlockingWait(transaction->GetLatestEarly(kRow, &value, &sequence))
                           : BlockingWait(transaction->GetLatest(kRow, &value, &sequence));
        EXPECT_TRUE(found.ok() && *found);
        const int count = std::stoi(std::string(value.view()));
        if (!early) raise(count);
        if (early && i % 5 == 0) {
          EXPECT_TRUE(BlockingWait(transaction->AwaitEarly()).ok());
          raise(count);
        }
        if (i % 7 == 0) continue;  // rolled back
        EXPECT_TRUE(transaction->Put(kRow, std::to_string(count + 1)).ok());
        CommitResult result = BlockingWait(transaction->Commit());
        EXPECT_EQ(result.outcome, CommitOutcome::kCommitted);
        commits.fetch_add(1);
        raise(count + 1);
      }
    });
  }
  threads.emplace_back([&] {
    while (!stop.load()) raise(std::stoi(GetOne(store(), kRow).value_or("-1")));
  });
  for (int crash = 0; crash < kCrashes; ++crash) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const int before = told.load();
    auto clone = disk_.CrashClone({.survival = CrashSurvival::kNone});
    OpenedStore after(*clone);
    EXPECT_GE(std::stoi(GetOne(*after, kRow).value_or("-1")), before);
  }
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(GetOne(store(), kRow), std::to_string(commits.load()));
  EXPECT_GT(commits.load(), kCrashes);
}

}  // namespace
}  // namespace shale::engine
