// Goal: the store's calls do what their contracts say, over memtables, tables, compactions and
// restarts.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "engine/env/memory_file_system.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

class LsmStoreTest : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen(EngineOptions options = TinyOptions()) {
    store_.reset();
    auto store = TestStore::Open(file_system_, options);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
  }

  LsmStore& store() { return **store_; }

  std::optional<std::string> Read(const std::string& key) {
    Snapshot snapshot = store().AcquireSnapshot();
    return ReadAt(key, snapshot.sequence());
  }
  std::optional<std::string> ReadAt(const std::string& key, SequenceNumber snapshot) {
    auto value = Get(store(), key, snapshot);
    EXPECT_TRUE(value.ok()) << value.status().ToString();
    return value.ok() ? *value : std::nullopt;
  }

  MemoryFileSystem file_system_;
  std::unique_ptr<TestStore> store_;
};

TEST_F(LsmStoreTest, ReadsWhatWasWritten) {
  EXPECT_EQ(Read("a"), std::nullopt);
  ASSERT_TRUE(Put(store(), "a", "1").ok());
  ASSERT_TRUE(Put(store(), "b", "2").ok());
  EXPECT_EQ(Read("a"), "1");
  EXPECT_EQ(Read("b"), "2");
  EXPECT_EQ(store().visible_sequence(), 2u);
  WriteBatch batch;
  batch.Delete("a");
  batch.Put("c", "3");
  CommitResult result = Write(store(), std::move(batch));
  EXPECT_EQ(result.outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(result.sequence, 3u);
  EXPECT_EQ(Read("a"), std::nullopt);
  EXPECT_EQ(Read("c"), "3");
}

TEST_F(LsmStoreTest, AnEmptyBatchCommitsAtOnce) {
  CommitResult result = Write(store(), WriteBatch());
  EXPECT_EQ(result.outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(result.sequence, 0u);
}

TEST_F(LsmStoreTest, SurvivesRestarts) {
  ASSERT_TRUE(Put(store(), "a", "1").ok());
  Reopen();
  EXPECT_EQ(Read("a"), "1");
  ASSERT_TRUE(Flush(store()).ok());
  ASSERT_TRUE(Put(store(), "b", "2").ok());
  Reopen();
  EXPECT_EQ(Read("a"), "1");
  EXPECT_EQ(Read("b"), "2");
  Status status = store().CheckConsistency();
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(store().visible_sequence(), 2u);
}

TEST_F(LsmStoreTest, SnapshotsSeeTheirMoment) {
  std::vector<Snapshot> snapshots;
  for (int i = 1; i <= 1000; ++i) {
    ASSERT_TRUE(Put(store(), "x", std::to_string(i)).ok());
    snapshots.push_back(store().AcquireSnapshot());
    if (i % 100 == 0) {
      ASSERT_TRUE(Flush(store()).ok());
    }
  }
  ASSERT_TRUE(CompactRange(store()).ok());
  Random random(1);
  while (!snapshots.empty()) {
    size_t i = random.Uniform(snapshots.size());
    SequenceNumber sequence = snapshots[i].sequence();
    EXPECT_EQ(ReadAt("x", sequence), std::to_string(sequence));
    snapshots[i] = std::move(snapshots.back());
    snapshots.pop_back();
    if (snapshots.size() == 500) {
      ASSERT_TRUE(CompactRange(store()).ok());
    }
  }
}

TEST_F(LsmStoreTest, CompactionKeepsOnlyWhatSnapshotsSee) {
  Snapshot old;
  for (int i = 1; i <= 100; ++i) {
    ASSERT_TRUE(Put(store(), "x", std::to_string(i)).ok());
    if (i == 10) old = store().AcquireSnapshot();
    if (i % 10 == 0) {
      ASSERT_TRUE(Flush(store()).ok());
    }
  }
  Snapshot middle = store().AcquireSnapshot();
  ASSERT_TRUE(Put(store(), "x", "last").ok());
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_EQ(ReadAt("x", old.sequence()), "10");
  EXPECT_EQ(ReadAt("x", middle.sequence()), "100");
  EXPECT_EQ(Read("x"), "last");
  old.Release();
  middle.Release();
  ASSERT_TRUE(CompactRange(store()).ok());
  double bytes = StatisticOf(store(), "lsm.bytes");
  WriteBatch batch;
  batch.Delete("x");
  ASSERT_TRUE(Write(store(), std::move(batch)).status.ok());
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_GT(bytes, 0);
  EXPECT_EQ(StatisticOf(store(), "lsm.files"), 0);
}

TEST_F(LsmStoreTest, RangeDeletionsHideAndGiveSpaceBack) {
  Contents expected;
  for (int i = 0; i < 500; ++i) {
    std::string key = fmt::format("k{:04}", i);
    ASSERT_TRUE(Put(store(), key, "value").ok());
    expected[key] = "value";
  }
  ASSERT_TRUE(Flush(store()).ok());
  Snapshot before = store().AcquireSnapshot();
  WriteBatch batch;
  batch.DeleteRange("k0100", "k0400");
  batch.Put("k0200", "again");
  ASSERT_TRUE(Write(store(), std::move(batch)).status.ok());
  expected.erase(expected.lower_bound("k0100"), expected.lower_bound("k0400"));
  expected["k0200"] = "again";
  for (int round = 0; round < 4; ++round) {
    auto contents = ReadAll(store());
    ASSERT_TRUE(contents.ok()) << contents.status().ToString();
    EXPECT_EQ(*contents, expected) << round;
    EXPECT_EQ(Read("k0300"), std::nullopt);
    EXPECT_EQ(Read("k0200"), "again");
    EXPECT_EQ(Read("k0400"), "value");
    if (round < 3) {
      EXPECT_EQ(ReadAt("k0300", before.sequence()), "value");
    }
    if (round == 0) {
      ASSERT_TRUE(Flush(store()).ok());
    }
    if (round == 1) {
      ASSERT_TRUE(CompactRange(store()).ok());
    }
    if (round == 2) {
      before.Release();
      ASSERT_TRUE(CompactRange(store()).ok());
    }
  }
  batch.DeleteRange("", "");
  ASSERT_TRUE(Write(store(), std::move(batch)).status.ok());
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_EQ(StatisticOf(store(), "lsm.files"), 0);
  Reopen();
  auto contents = ReadAll(store());
  ASSERT_TRUE(contents.ok());
  EXPECT_TRUE(contents->empty());
}

TEST_F(LsmStoreTest, CursorsPageSkipAndTurn) {
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(Put(store(), fmt::format("k{:04}", i), std::to_string(i)).ok());
  }
  Snapshot snapshot = store().AcquireSnapshot();
  CursorOptions options{.range = {"k0010", "k0290"}, .page_rows_max = 7};
  auto rows = Scan(store(), snapshot.sequence(), options);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 280u);
  EXPECT_EQ(rows->front().first, "k0010");
  EXPECT_EQ(rows->back().first, "k0289");
  options.reverse = true;
  rows = Scan(store(), snapshot.sequence(), options);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 280u);
  EXPECT_EQ(rows->front().first, "k0289");
  EXPECT_EQ(rows->back().first, "k0010");
  for (bool reverse : {false, true}) {
    options.reverse = reverse;
    auto cursor = store().NewCursor(snapshot.sequence(), options);
    auto page = BlockingWait(cursor->NextPage());
    ASSERT_TRUE(page.ok());
    ASSERT_FALSE(page->empty());
    cursor->SkipTo("k0150");
    page = BlockingWait(cursor->NextPage());
    ASSERT_TRUE(page.ok());
    ASSERT_FALSE(page->empty());
    EXPECT_EQ((*page)[0].key, "k0150");
    EXPECT_EQ((*page)[0].value, "150");
  }
  options.range = {"k0200", "k0100"};
  rows = Scan(store(), snapshot.sequence(), options);
  ASSERT_TRUE(rows.ok());
  EXPECT_TRUE(rows->empty());
}

TEST_F(LsmStoreTest, ABatchMuchLargerThanAMemTableIsOne) {
  Contents expected;
  WriteBatch batch;
  for (int i = 0; i < 30'000; ++i) {
    std::string key = fmt::format("k{:06}", i);
    std::string value(100, static_cast<char>('a' + i % 26));
    batch.Put(key, value);
    expected[key] = value;
  }
  std::string big(3'000'000, 'b');
  batch.Put("z", big);
  expected["z"] = big;
  ASSERT_GT(batch.chunks().size(), 3u);
  ASSERT_TRUE(Write(store(), std::move(batch)).status.ok());
  for (int round = 0; round < 3; ++round) {
    auto contents = ReadAll(store());
    ASSERT_TRUE(contents.ok()) << contents.status().ToString();
    EXPECT_TRUE(*contents == expected);
    EXPECT_EQ(store().visible_sequence(), 1u);
    Reopen();
  }
}

TEST_F(LsmStoreTest, LimitsAreNamed) {
  EngineOptions options = TinyOptions();
  options.key_bytes_max = 10;
  options.value_bytes_max = 20;
  options.transaction_bytes_max = 100;
  Reopen(options);
  EXPECT_TRUE(Put(store(), std::string(11, 'k'), "v").Is(sqlstate::kProgramLimitExceeded));
  EXPECT_TRUE(Put(store(), "k", std::string(21, 'v')).Is(sqlstate::kProgramLimitExceeded));
  WriteBatch batch;
  for (int i = 0; i < 10; ++i) batch.Put(std::to_string(i), "123456789012345");
  EXPECT_TRUE(Write(store(), std::move(batch)).status.Is(sqlstate::kProgramLimitExceeded));
  EXPECT_TRUE(Put(store(), "k", "v").ok());
}

TEST_F(LsmStoreTest, AsynchronousCommitsAreSyncedSoon) {
  WriteBatch batch;
  batch.Put("a", "1");
  ASSERT_TRUE(Write(store(), std::move(batch), false).status.ok());
  EXPECT_EQ(Read("a"), "1");
  for (int i = 0; i < 1000 && StatisticOf(store(), "wal.syncs") == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_GE(StatisticOf(store(), "wal.syncs"), 1);
  auto clone = file_system_.CrashClone({});
  auto recovered = TestStore::Open(*clone, TinyOptions());
  ASSERT_TRUE(recovered.ok()) << recovered.status().ToString();
  auto contents = ReadAll(***recovered);
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(*contents, (Contents{{"a", "1"}}));
}

TEST_F(LsmStoreTest, OnPublishRunsInOrderBeforeVisibility) {
  std::vector<SequenceNumber> published;
  for (int i = 0; i < 20; ++i) {
    WriteBatch batch;
    batch.Put("a", std::to_string(i));
    CommitResult result =
        BlockingWait(store().Write(std::move(batch), {}, [&](SequenceNumber sequence) {
          EXPECT_EQ(store().visible_sequence(), sequence - 1);
          published.push_back(sequence);
        }));
    EXPECT_EQ(result.sequence, published.back());
  }
  EXPECT_EQ(published.size(), 20u);
}

TEST_F(LsmStoreTest, TablesAreClosedBeyondTheLimitAndOpenedAgain) {
  EngineOptions options = TinyOptions();
  options.open_tables_max = 2;
  options.level0_compaction_files = 100;
  options.level0_slowdown_files = 100;
  options.level0_stop_files = 100;
  Reopen(options);
  for (int table = 0; table < 8; ++table) {
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(Put(store(), fmt::format("{}/{}", table, i), "value").ok());
    }
    ASSERT_TRUE(Flush(store()).ok());
  }
  EXPECT_GE(StatisticOf(store(), "lsm.files"), 8);
  for (int round = 0; round < 3; ++round) {
    for (int table = 0; table < 8; ++table) {
      for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(Read(fmt::format("{}/{}", table, i)), "value");
        EXPECT_EQ(Read(fmt::format("{}/{}x", table, i)), std::nullopt);
      }
    }
    auto all = ReadAll(store());
    ASSERT_TRUE(all.ok()) << all.status().ToString();
    EXPECT_EQ(all->size(), 160u);
  }
  // Tidying closes them soon.
  for (int i = 0; i < 1000 && StatisticOf(store(), "lsm.files_open") > 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_LE(StatisticOf(store(), "lsm.files_open"), 2);
  EXPECT_TRUE(store().CheckConsistency().ok());
}

// Pages of every size: undecided versions are carried from one to the next.
TEST_F(LsmStoreTest, ReversePagesEqualForwardPages) {
  ScriptedHistory history(5, 60);
  for (int i = 1; i <= 60; ++i) {
    ASSERT_TRUE(Write(store(), history.batch(i)).status.ok());
    if (i % 20 == 0) {
      ASSERT_TRUE(Flush(store()).ok());
    }
  }
  Snapshot snapshot = store().AcquireSnapshot();
  auto forward = Scan(store(), snapshot.sequence(), {});
  ASSERT_TRUE(forward.ok());
  std::reverse(forward->begin(), forward->end());
  for (size_t rows : {1, 2, 3, 7, 1000}) {
    auto backward = Scan(store(), snapshot.sequence(), {.reverse = true, .page_rows_max = rows});
    ASSERT_TRUE(backward.ok());
    EXPECT_EQ(*backward, *forward) << rows;
    auto cursor = store().NewCursor(snapshot.sequence(), {.reverse = true, .page_rows_max = rows});
    size_t seen = 0;
    while (true) {
      auto page = BlockingWait(cursor->NextPage());
      ASSERT_TRUE(page.ok());
      if (page->empty()) break;
      EXPECT_LE(page->size(), rows);
      seen += page->size();
    }
    EXPECT_EQ(seen, forward->size());
  }
}

TEST_F(LsmStoreTest, GetLatestGivesTheVersion) {
  ASSERT_TRUE(Put(store(), "a", "1").ok());
  ASSERT_TRUE(Put(store(), "b", "2").ok());
  Snapshot before = store().AcquireSnapshot();  // a compaction would give what all see the number 0
  ASSERT_TRUE(Put(store(), "a", "3").ok());
  ASSERT_TRUE(Flush(store()).ok());
  PinnedBytes value;
  SequenceNumber version = 0;
  auto found = BlockingWait(store().GetLatest("a", &value, &version));
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ(value.view(), "3");
  EXPECT_EQ(version, 3u);
  found = BlockingWait(store().GetLatest("c", &value, &version));
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(*found);
  EXPECT_EQ(version, 0u);
}

TEST_F(LsmStoreTest, AFullDiskMakesReadOnlyAndPasses) {
  ASSERT_TRUE(Put(store(), "a", "1").ok());
  file_system_.set_capacity_bytes(file_system_.used_bytes());
  Status refused;
  int written = 0;
  for (int i = 0; i < 1000 && refused.ok(); ++i) {
    refused = Put(store(), fmt::format("b{}", i), std::string(1000, 'x'));
    if (refused.ok()) ++written;
  }
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.Is(sqlstate::kDiskFull) || refused.Is(sqlstate::kStatementCompletionUnknown))
      << refused.ToString();
  EXPECT_TRUE(store().Health().Is(sqlstate::kDiskFull)) << store().Health().ToString();
  EXPECT_EQ(Read("a"), "1");
  file_system_.set_capacity_bytes(UINT64_MAX);
  Status resumed;
  for (int i = 0; i < 5000; ++i) {
    resumed = Put(store(), "c", "3");
    if (resumed.ok()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_TRUE(resumed.ok()) << resumed.ToString();
  EXPECT_TRUE(store().Health().ok());
  Reopen();
  EXPECT_EQ(Read("a"), "1");
  EXPECT_EQ(Read("c"), "3");
  for (int i = 0; i < written; ++i) EXPECT_NE(Read(fmt::format("b{}", i)), std::nullopt);
  EXPECT_TRUE(store().CheckConsistency().ok());
}

}  // namespace
}  // namespace shale::engine
