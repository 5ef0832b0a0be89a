// Goal: snapshots that are shared, those of the past, and what is told of transactions by their
// ids. Method: what several transactions read, with clean-ups in between that drop all they may; a
// stress of sharing against clean-up; a store that is opened again.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "engine/base/clock.h"
#include "engine/env/memory_file_system.h"
#include "tests/engine/mvcc/opened_store.h"

namespace shale::engine {
namespace {

std::string Read(KvTransaction& transaction, std::string_view key) {
  PinnedBytes value;
  Result<bool> found = BlockingWait(transaction.Get(key, &value));
  EXPECT_TRUE(found.ok());
  return found.ok() && *found ? std::string(value.view()) : "none";
}

void CleanUp(LsmKvStore& store) {
  ASSERT_TRUE(BlockingWait(store.Flush()).ok());
  ASSERT_TRUE(BlockingWait(store.Compact({}, nullptr)).ok());
}

TEST(Snapshots, AreReadAsLongAsAnybodyHasThem) {
  MemoryFileSystem files;
  OpenedStore store(files);
  PutOne(*store, "k", "1");
  auto one = store->Begin({});
  auto shared = one->ShareSnapshot();
  ASSERT_TRUE(shared.ok());
  const SequenceNumber sequence = (*shared)->sequence();
  PutOne(*store, "k", "2");
  CleanUp(*store);
  auto two = store->Begin({});
  EXPECT_EQ(Read(*two, "k"), "2");
  ASSERT_TRUE(two->UseSnapshot(*shared).ok());
  shared = std::shared_ptr<const SharedSnapshot>();
  EXPECT_EQ(two->snapshot(), sequence);
  EXPECT_EQ(Read(*two, "k"), "1");
  // The first one goes on, and ends.
  EXPECT_EQ(Read(*one, "k"), "1");
  one->RefreshSnapshot();
  EXPECT_EQ(Read(*one, "k"), "2");
  one.reset();
  PutOne(*store, "k", "3");
  CleanUp(*store);
  EXPECT_EQ(store->OldestSnapshot(), sequence);
  EXPECT_EQ(Read(*two, "k"), "1");
  two.reset();
  EXPECT_GT(store->OldestSnapshot(), sequence);
}

// What others clean up meanwhile must not take a version from who takes a snapshot over.
TEST(Snapshots, AreHandedOverWhileOthersCleanUp) {
  MemoryFileSystem files;
  OpenedStore store(files);
  PutOne(*store, "k", "0");
  std::atomic<bool> stop{false};
  std::thread cleaner([&] {
    for (int i = 1; !stop.load(); ++i) {
      PutOne(*store, "k", std::to_string(i));
      CleanUp(*store);
    }
  });
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      for (int round = 0; round < 100; ++round) {
        auto exporter = store->Begin({});
        const std::string seen = Read(*exporter, "k");
        auto shared = exporter->ShareSnapshot();
        ASSERT_TRUE(shared.ok());
        auto importer = store->Begin({});
        ASSERT_TRUE(importer->UseSnapshot(*shared).ok());
        exporter.reset();
        ASSERT_EQ(Read(*importer, "k"), seen);
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  stop.store(true);
  cleaner.join();
}

TEST(Snapshots, ThePastIsKnownByItsTime) {
  MemoryFileSystem files;
  EngineOptions options;
  options.version_retention_seconds = 100;
  OpenedStore store(files, options);
  PutOne(*store, "k", "1");
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  const int64_t then = SystemClock().WallMicros();
  PutOne(*store, "k", "2");
  CleanUp(*store);
  auto past = store->SnapshotAt(then);
  ASSERT_TRUE(past.ok()) << past.status().ToString();
  auto reader = store->Begin({});
  ASSERT_TRUE(reader->UseSnapshot(*past).ok());
  EXPECT_EQ(Read(*reader, "k"), "1");
  ASSERT_TRUE(store->OldestSnapshotTime().has_value());
  EXPECT_LE(*store->OldestSnapshotTime(), then);
  EXPECT_TRUE(store->SnapshotAt(1).status().Is(sqlstate::kSnapshotTooOld));
}

TEST(Snapshots, FatesOfTransactions) {
  MemoryFileSystem files;
  auto fate = [](LsmKvStore& store, uint64_t id) {
    Result<TransactionFate> answer = BlockingWait(store.FateOf(id));
    EXPECT_TRUE(answer.ok());
    return answer.ok() ? *answer : TransactionFate::kUnknown;
  };
  uint64_t committed = 0;
  uint64_t undone = 0;
  {
    OpenedStore store(files);
    auto one = store->Begin({});
    committed = one->id();
    EXPECT_FALSE(one->has_shown_id());
    ASSERT_TRUE(one->ShowId().ok());
    EXPECT_TRUE(one->has_shown_id());
    EXPECT_EQ(fate(*store, committed), TransactionFate::kRunning);
    ASSERT_TRUE(one->Put("k", "1").ok());
    auto other = store->Begin({});
    auto described = other->DescribeSnapshot();
    ASSERT_TRUE(described.ok());
    EXPECT_LE(described->next, committed);
    EXPECT_EQ(BlockingWait(one->Commit()).outcome, CommitOutcome::kCommitted);
    EXPECT_EQ(fate(*store, committed), TransactionFate::kCommitted);
    described = other->DescribeSnapshot();  // of a snapshot from before
    ASSERT_TRUE(described.ok());
    EXPECT_EQ(described->running, std::vector<uint64_t>{committed});
    other->RefreshSnapshot();
    described = other->DescribeSnapshot();
    ASSERT_TRUE(described.ok());
    EXPECT_TRUE(described->running.empty());
    EXPECT_GT(described->next, committed);
    auto two = store->Begin({});
    undone = two->id();
    ASSERT_TRUE(two->ShowId().ok());
    two->Rollback();
    EXPECT_EQ(fate(*store, undone), TransactionFate::kRolledBack);
    EXPECT_EQ(fate(*store, undone + 1000), TransactionFate::kFuture);
  }
  OpenedStore store(files);
  EXPECT_EQ(fate(*store, committed), TransactionFate::kCommitted);
  EXPECT_EQ(fate(*store, undone), TransactionFate::kUnknown);
}

}  // namespace
}  // namespace shale::engine
