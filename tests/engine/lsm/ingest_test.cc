// Goal: a sorted run becomes part of the store with its batch, whole or not at all, at one sequence
// number, and where nothing of its range is stored without being rewritten. Method: runs that wait
// behind a flush that is held, runs over all shapes of the tree, crashes while a run waits, and
// damage to its tables.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "engine/base/log.h"
#include "engine/base/sync_point.h"
#include "engine/env/memory_file_system.h"
#include "engine/env/read_only_storage.h"
#include "engine/inspect/check_store.h"
#include "engine/inspect/dump.h"
#include "engine/lsm/table_metadata.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

std::string Key(int number) { return fmt::format("key/{:06}", number); }

// Keeps flushes from taking effect while it lives: what is committed stays in the queue. Only where
// there are sync points.
class HeldFlushes {
 public:
#ifdef SHALE_SYNC_POINTS
  static constexpr bool kWorks = true;
#else
  static constexpr bool kWorks = false;
#endif
  HeldFlushes()
      : point_("flush:before_edit", [state = state_] {
          std::unique_lock lock(state->mutex);
          state->reached = true;
          state->changed.notify_all();
          state->changed.wait(lock, [&] { return state->released; });
        }) {}
  ~HeldFlushes() {
    std::lock_guard lock(state_->mutex);
    state_->released = true;
    state_->changed.notify_all();
  }
  void WaitForOne() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [this] { return state_->reached; });
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool reached = false;
    bool released = false;
  };
  // A flush may still be inside when this is gone.
  std::shared_ptr<State> state_ = std::make_shared<State>();
  ScopedSyncPoint point_;
};

class IngestTest : public testing::Test {
 protected:
  void SetUp() override {
    SetLogLevel(LogLevel::kWarning);
    options_ = TinyOptions();
    options_.memtable_bytes_max = 1 << 20;
    Reopen();
  }
  void TearDown() override {
    store_.reset();
    SetLogLevel(LogLevel::kInfo);
  }
  void Reopen() {
    store_.reset();
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
  }
  LsmStore& store() { return **store_; }

  // Keys from begin on, every step-th, each with the value.
  SortedRun Build(int begin, int count, const std::string& value, int step = 1) {
    std::unique_ptr<RunWriter> writer = store().NewRunWriter();
    for (int i = 0; i < count; ++i) {
      Status status = writer->Put(Key(begin + i * step), value);
      EXPECT_TRUE(status.ok()) << status.ToString();
    }
    Result<SortedRun> run = writer->Finish();
    EXPECT_TRUE(run.ok()) << run.status().ToString();
    return *std::move(run);
  }
  SequenceNumber Ingest(SortedRun run, WriteBatch batch = {}) {
    batch.Ingest(std::move(run));
    CommitResult result = Write(store(), std::move(batch));
    EXPECT_EQ(result.outcome, CommitOutcome::kCommitted) << result.status.ToString();
    return result.sequence;
  }
  std::optional<std::string> At(int key, SequenceNumber snapshot) {
    auto value = Get(store(), Key(key), snapshot);
    EXPECT_TRUE(value.ok()) << value.status().ToString();
    return *value;
  }
  std::optional<std::string> Now(int key) { return At(key, store().visible_sequence()); }
  double Statistic(const std::string& name) { return StatisticOf(store(), name); }
  int TablesOnDisk(MemoryFileSystem& disk) {
    int count = 0;
    for (const std::string& path : disk.ListFiles()) {
      count += path.find("blobs/table-") != path.npos;
    }
    return count;
  }

  MemoryFileSystem disk_;
  EngineOptions options_;
  std::unique_ptr<TestStore> store_;
};

TEST_F(IngestTest, ARunIsVisibleWholeFromItsSequenceNumberOn) {
  if (!HeldFlushes::kWorks) GTEST_SKIP() << "no sync points in this build";
  ASSERT_TRUE(Put(store(), Key(5), "before").ok());
  Snapshot before = store().AcquireSnapshot();
  HeldFlushes held;
  SortedRun run = Build(0, 300, "run");
  EXPECT_GT(run.tables().size(), 2u);
  EXPECT_EQ(Now(5), "before");
  WriteBatch batch;
  batch.Put("beside", "x");
  SequenceNumber sequence = Ingest(std::move(run), std::move(batch));
  EXPECT_EQ(sequence, before.sequence() + 1);
  ASSERT_TRUE(Put(store(), Key(6), "after").ok());
  auto check = [&] {
    EXPECT_EQ(At(5, before.sequence()), "before");
    EXPECT_EQ(At(4, before.sequence()), std::nullopt);
    EXPECT_EQ(At(4, sequence), "run");
    EXPECT_EQ(At(5, sequence), "run");
    EXPECT_EQ(At(6, sequence), "run");
    EXPECT_EQ(Now(6), "after");
    for (bool reverse : {false, true}) {
      auto rows = Scan(store(), before.sequence(), {.reverse = reverse});
      ASSERT_TRUE(rows.ok()) << rows.status().ToString();
      EXPECT_EQ(rows->size(), 1u);
      rows = Scan(store(), sequence, {.range = {Key(100), Key(110)}, .reverse = reverse});
      ASSERT_TRUE(rows.ok()) << rows.status().ToString();
      EXPECT_EQ(rows->size(), 10u);
      EXPECT_EQ(rows->front().first, Key(reverse ? 109 : 100));
    }
    auto all = ReadAll(store());
    ASSERT_TRUE(all.ok()) << all.status().ToString();
    EXPECT_EQ(all->size(), 301u);
    PinnedBytes value;
    SequenceNumber version = 0;
    ASSERT_TRUE(*BlockingWait(store().GetLatest(Key(7), &value, &version)));
    EXPECT_EQ(version, sequence);
  };
  held.WaitForOne();
  check();  // from the queue
}

TEST_F(IngestTest, AnEmptyRangeIsLoadedIntoTheLastLevelAsItIs) {
  SequenceNumber sequence = Ingest(Build(0, 2000, std::string(50, 'v')));
  ASSERT_TRUE(Flush(store()).ok());
  EXPECT_EQ(Statistic("lsm.level6.files"), Statistic("lsm.ingested_tables"));
  EXPECT_EQ(Statistic("lsm.level0.files"), 0);
  // Level 0 spans the range without having anything in it.
  ASSERT_TRUE(Put(store(), Key(-1), "below").ok());
  ASSERT_TRUE(Put(store(), Key(900'000), "above").ok());
  ASSERT_TRUE(Flush(store()).ok());
  Ingest(Build(10'000, 2000, std::string(50, 'w')));
  ASSERT_TRUE(Flush(store()).ok());
  EXPECT_EQ(Statistic("lsm.level6.files"), Statistic("lsm.ingested_tables"));
  EXPECT_EQ(Statistic("lsm.compaction.bytes_written"), 0);
  EXPECT_EQ(At(10'000, sequence), std::nullopt);
  EXPECT_EQ(Now(10'000), std::string(50, 'w'));
  Status status = store().CheckConsistency();
  EXPECT_TRUE(status.ok()) << status.ToString();
  Reopen();
  auto all = ReadAll(store());
  ASSERT_TRUE(all.ok()) << all.status().ToString();
  EXPECT_EQ(all->size(), 4002u);
}

TEST_F(IngestTest, NewDataStaysAboveOld) {
  options_.compaction_threads = 1;
  Reopen();
  // Something of the range at every height: the last level, level 0, and the memtable beside it.
  Ingest(Build(0, 500, "last level"));
  ASSERT_TRUE(CompactRange(store()).ok());
  for (int round = 0; round < 6; ++round) {
    ASSERT_TRUE(Put(store(), Key(100 * round), fmt::format("put {}", round)).ok());
    if (round % 2 == 0) {
      ASSERT_TRUE(Flush(store()).ok());
    }
    Snapshot before = store().AcquireSnapshot();
    std::string value = fmt::format("run {}", round);
    Ingest(Build(50, 200, value, 2));
    EXPECT_EQ(Now(100), value);
    EXPECT_NE(At(100, before.sequence()), value);
    ASSERT_TRUE(Flush(store()).ok());
    EXPECT_EQ(Now(100), value);
    EXPECT_NE(At(100, before.sequence()), value);
    if (round == 3) {
      ASSERT_TRUE(CompactRange(store()).ok());
      EXPECT_EQ(Now(100), value);
      EXPECT_NE(At(100, before.sequence()), value);
    }
    Status status = store().CheckConsistency();
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  auto all = ReadAll(store());
  ASSERT_TRUE(all.ok()) << all.status().ToString();
  EXPECT_EQ(all->size(), 501u);
}

TEST_F(IngestTest, ARangeDeletionOfItsBatchHidesWhatIsOlderOnly) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Put(store(), Key(i), "old").ok());
  }
  ASSERT_TRUE(CompactRange(store()).ok());
  WriteBatch batch;
  batch.DeleteRange(Key(0), Key(100));
  batch.Put(Key(3), "put");
  Ingest(Build(4, 2, "run"), std::move(batch));
  Contents expected{{Key(3), "put"}, {Key(4), "run"}, {Key(5), "run"}};
  for (int step = 0; step < 4; ++step) {
    auto all = ReadAll(store());
    ASSERT_TRUE(all.ok()) << all.status().ToString();
    EXPECT_EQ(*all, expected) << "step " << step;
    EXPECT_EQ(Now(4), "run") << "step " << step;
    if (step == 0) {
      ASSERT_TRUE(Flush(store()).ok());
    }
    if (step == 1) Reopen();
    if (step == 2) {
      ASSERT_TRUE(CompactRange(store()).ok());
    }
  }
}

TEST_F(IngestTest, DeletionsInARunHideWhatIsOlder) {
  Ingest(Build(0, 100, "old"));
  std::unique_ptr<RunWriter> writer = store().NewRunWriter();
  for (int i = 0; i < 100; i += 2) {
    ASSERT_TRUE(writer->Delete(Key(i)).ok());
  }
  Snapshot before = store().AcquireSnapshot();
  Ingest(*writer->Finish());
  EXPECT_EQ(ReadAll(store())->size(), 50u);
  EXPECT_EQ(At(2, before.sequence()), "old");
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_EQ(ReadAll(store())->size(), 50u);
  EXPECT_EQ(At(2, before.sequence()), "old");
  EXPECT_EQ(Now(2), std::nullopt);
}

TEST_F(IngestTest, WhatIsNotCommittedLeavesNothing) {
  ASSERT_TRUE(Flush(store()).ok());
  int before = TablesOnDisk(disk_);
  {
    SortedRun dropped = Build(0, 100, "dropped");
    EXPECT_GT(TablesOnDisk(disk_), before);
    Status status = store().CheckConsistency();  // no orphans
    EXPECT_TRUE(status.ok()) << status.ToString();
    std::unique_ptr<RunWriter> writer = store().NewRunWriter();
    ASSERT_TRUE(writer->Put(Key(0), std::string(5000, 'x')).ok());
    ASSERT_TRUE(writer->Put(Key(1), "unfinished").ok());
  }
  Status status = store().CheckConsistency();  // deletes what is obsolete
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(TablesOnDisk(disk_), before);
  EXPECT_EQ(Now(0), std::nullopt);

  SortedRun crashed = Build(0, 100, "crashed");
  auto clone = disk_.CrashClone({CrashSurvival::kAll, 0});
  auto recovered = TestStore::Open(*clone, options_);
  ASSERT_TRUE(recovered.ok()) << recovered.status().ToString();
  EXPECT_TRUE(ReadAll(***recovered)->empty());
  status = (**recovered)->CheckConsistency();
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(TablesOnDisk(*clone), before);
}

TEST_F(IngestTest, LimitsAndOrder) {
  options_.key_bytes_max = 20;
  options_.value_bytes_max = 100;
  Reopen();
  EXPECT_TRUE(
      store().NewRunWriter()->Put(std::string(21, 'k'), "").Is(sqlstate::kProgramLimitExceeded));
  EXPECT_TRUE(
      store().NewRunWriter()->Put("k", std::string(101, 'v')).Is(sqlstate::kProgramLimitExceeded));
  auto empty = store().NewRunWriter()->Finish();
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->empty());
  WriteBatch batch;
  batch.Ingest(*std::move(empty));
  EXPECT_TRUE(batch.empty());
  SortedRun both = Build(0, 10, "a");
  both.Append(Build(10, 10, "b"));
  EXPECT_EQ(both.entries(), 20u);
  Ingest(std::move(both));
  EXPECT_EQ(ReadAll(store())->size(), 20u);
}

// A crash with a run in the queue; the log names it.
class QueuedRunTest : public IngestTest, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    if (!HeldFlushes::kWorks) GTEST_SKIP() << "no sync points in this build";
    IngestTest::SetUp();
    store_.reset();
    if (GetParam()) options_.master_key = TestMasterKey();
    auto opened = TestStore::Open(queue_disk_, options_);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    store_ = *std::move(opened);
    HeldFlushes held;
    ASSERT_TRUE(Put(store(), Key(3), "old").ok());
    WriteBatch batch;
    batch.Put("beside", "x");
    SortedRun run = Build(0, 200, "run");
    for (const TableMetadata& table : run.tables()) run_tables_.insert(TableName(table.number));
    Ingest(std::move(run), std::move(batch));
    ASSERT_TRUE(Put(store(), Key(4), "new").ok());
    crashed_ = queue_disk_.CrashClone({CrashSurvival::kNone, 0});
  }

  void TearDown() override {
    store_.reset();  // before its disk
    IngestTest::TearDown();
  }

  CheckReport Check(MemoryFileSystem& disk) {
    auto storage = OpenReadOnlyStorage(disk, "/data", DirectoryLock::kTake);
    EXPECT_TRUE(storage.ok()) << storage.status().ToString();
    EngineOptions options = options_;
    options.storage = storage->get();
    return CheckStore(options);
  }
  std::vector<std::string> TablePaths() {
    std::vector<std::string> paths;
    for (const std::string& path : crashed_->ListFiles()) {
      if (run_tables_.contains(path.substr(path.rfind('/') + 1))) paths.push_back(path);
    }
    return paths;
  }

  MemoryFileSystem queue_disk_;
  std::unique_ptr<MemoryFileSystem> crashed_;
  std::set<std::string> run_tables_;
};

TEST_P(QueuedRunTest, RecoveryMakesItPartOfTheStore) {
  CheckReport report = Check(*crashed_);
  EXPECT_TRUE(report.ok()) << DescribeCheck(report);
  for (const std::string& orphan : report.orphans) {
    EXPECT_FALSE(run_tables_.contains(orphan)) << DescribeCheck(report);
  }
  EXPECT_EQ(report.table_entries, 200u);
  std::string dump;
  DumpOptions dump_options;
  dump_options.master_key = options_.master_key;
  for (const std::string& path : crashed_->ListFiles()) {
    if (path.find("/wal-") == path.npos) continue;
    std::string full = path.starts_with("/") ? path : "/" + path;
    (void)Dump(*crashed_, full, dump_options, [&](std::string_view text) { dump += text; }).ok();
  }
  EXPECT_NE(dump.find("ingest table"), dump.npos) << dump;

  for (int open = 0; open < 2; ++open) {
    auto store = TestStore::Open(*crashed_, options_);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    auto all = ReadAll(***store);
    ASSERT_TRUE(all.ok()) << all.status().ToString();
    EXPECT_EQ(all->size(), 201u);
    EXPECT_EQ((*all)[Key(3)], "run");
    EXPECT_EQ((*all)[Key(4)], "new");
    EXPECT_EQ((*all)["beside"], "x");
    Status status = (**store)->CheckConsistency();
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
}

TEST_P(QueuedRunTest, AMissingOrDamagedTableIsNamed) {
  SetLogLevel(LogLevel::kOff);
  std::vector<std::string> paths = TablePaths();
  ASSERT_GT(paths.size(), 1u);
  Random random(7);
  for (const std::string& path : paths) {
    std::string name = path.substr(path.rfind('/') + 1);
    std::string bytes = *crashed_->ReadWhole(path);
    for (int i = 0; i < 12; ++i) {
      auto damaged = crashed_->CrashClone({CrashSurvival::kAll, 0});
      std::string changed = bytes;
      if (i == 0) {
        ASSERT_TRUE(damaged->Remove(path.starts_with("/") ? path : "/" + path).ok());
      } else if (i == 1) {
        changed.resize(random.Uniform(changed.size()));
      } else if (i == 2) {
        changed = *crashed_->ReadWhole(path == paths[0] ? paths[1] : paths[0]);
      } else {
        changed[random.Uniform(changed.size())] ^= static_cast<char>(1 << random.Uniform(8));
      }
      if (i > 0) {
        ASSERT_TRUE(damaged->ReplaceWhole(path, changed).ok());
      }
      CheckReport report = Check(*damaged);
      ASSERT_FALSE(report.ok()) << name << ", change " << i;
      EXPECT_NE(report.problems.front().message().find(name), std::string::npos)
          << report.problems.front().message();
      auto store = TestStore::Open(*damaged, options_);
      Status status = store.status();
      if (store.ok()) {
        auto all = ReadAll(***store);
        status = all.status();
        if (all.ok()) {
          EXPECT_EQ(all->size(), 201u);
          status = (**store)->CheckConsistency();
        }
      }
      // Scans read no filters, and a compaction may have replaced the table.
      if (i > 2 && status.ok()) continue;
      ASSERT_TRUE(status.Is(sqlstate::kDataCorrupted)) << name << ", change " << i;
      EXPECT_NE(status.message().find(name), std::string::npos) << status.message();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(PlainAndEncrypted, QueuedRunTest, testing::Bool());

}  // namespace
}  // namespace shale::engine
