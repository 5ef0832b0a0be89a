// Goal: scans go around what was deleted, and no snapshot ever misses a row by it. Method: a queue
// whose done jobs are counted as skipped; puts into runs, seen by new snapshots and not by old
// ones; and threads that take jobs from the front and put them back anywhere, while scans at
// snapshots new and old must always find the same number of jobs. Runs under TSan too.
#include "engine/lsm/dead_runs.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "engine/env/memory_file_system.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

std::string JobKey(uint64_t number) { return fmt::format("job/{:08}", number); }

const KeyRange kJobs{"job/", "job0"};

// Keys alone, page by page.
std::vector<std::string> KeysOf(LsmStore& store, SequenceNumber snapshot, size_t rows_max,
                                size_t page_rows_max) {
  auto cursor = store.NewCursor(snapshot, {.range = kJobs, .page_rows_max = page_rows_max});
  std::vector<std::string> keys;
  while (keys.size() < rows_max) {
    auto page = BlockingWait(cursor->NextPage());
    EXPECT_TRUE(page.ok());
    if (!page.ok() || page->empty()) break;
    EXPECT_LE(page->size(), page_rows_max);
    for (const KeyValue& row : *page) keys.emplace_back(row.key);
  }
  return keys;
}

std::vector<std::string> First(LsmStore& store, SequenceNumber snapshot) {
  return KeysOf(store, snapshot, 1, 1);
}

class DeadRunsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    EngineOptions options;
    options.compaction_threads = 1;
    options.dead_run_entries = 4;
    auto opened = TestStore::Open(disk_, options);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    store_ = std::move(*opened);
  }
  LsmStore& store() { return **store_; }

  void Put(uint64_t number) {
    WriteBatch batch;
    batch.Put(JobKey(number), "job");
    ASSERT_TRUE(Write(store(), std::move(batch), false).status.ok());
  }
  void Done(uint64_t number) {
    WriteBatch batch;
    batch.Delete(JobKey(number));
    ASSERT_TRUE(Write(store(), std::move(batch), false).status.ok());
  }
  SequenceNumber now() { return store().visible_sequence(); }

  MemoryFileSystem disk_;
  std::unique_ptr<TestStore> store_;
};

// A client whose snapshot is a moment old does not walk over what had died long before.
TEST(DeadRuns, ASnapshotGoesAroundWhatWasDeadLongBeforeIt) {
  constexpr uint64_t kGrowths = 5000;
  DeadRuns runs;
  for (uint64_t i = 1; i <= kGrowths; ++i) runs.Note(JobKey(0), JobKey(i), i);
  std::string end;
  for (uint64_t snapshot = 1; snapshot <= kGrowths; ++snapshot) {
    const uint64_t died_since = kGrowths - snapshot;
    const bool skips = runs.Skip(JobKey(0), snapshot, &end);
    if (skips) {
      ASSERT_LE(end, JobKey(snapshot));
    }
    if (snapshot <= 2 * died_since + 2) continue;
    ASSERT_TRUE(skips) << snapshot;
    ASSERT_GE(end, JobKey(snapshot - 2 * died_since - 2)) << snapshot;
  }
}

TEST(DeadRuns, APutCutsAllStretchesBehindIt) {
  for (uint64_t put = 0; put <= 100; ++put) {
    DeadRuns runs;
    for (uint64_t i = 1; i <= 100; ++i) runs.Note(JobKey(0), JobKey(i), i);
    { DeadRuns::Writer(&runs, 101).Put(JobKey(put)); }
    std::string end;
    ASSERT_EQ(runs.Skip(JobKey(0), 200, &end), put > 0);
    if (put > 0) {
      EXPECT_EQ(end, JobKey(put));
    }
    EXPECT_FALSE(runs.Skip(JobKey(put), 200, &end));
    // What a later scan finds dead from there on is a run again, without the key that was put.
    runs.Note(JobKey(put) + "a", JobKey(100), 150);
    if (put < 100) {
      EXPECT_TRUE(runs.Skip(JobKey(put) + "a", 200, &end));
      EXPECT_FALSE(runs.Skip(JobKey(put), 200, &end));
    }
  }
}

TEST_F(DeadRunsTest, TheFirstJobCostsAsMuchHoweverManyWereDone) {
  for (uint64_t job = 0; job < 50; ++job) Put(job);
  for (uint64_t job = 0; job < 5000; ++job) {
    Snapshot snapshot = store().AcquireSnapshot();
    ASSERT_EQ(First(store(), snapshot.sequence()), std::vector{JobKey(job)});
    Done(job);
    Put(job + 50);
  }
  // Each scan but the first few had a run to go around.
  EXPECT_GT(StatisticOf(store(), "lsm.cursor.runs_skipped"), 4900);
}

TEST_F(DeadRunsTest, APutIntoARunIsFoundAndOlderSnapshotsSeeWhatTheyDid) {
  for (uint64_t job = 0; job < 100; ++job) Put(job);
  Snapshot before = store().AcquireSnapshot();
  for (uint64_t job = 0; job < 90; ++job) Done(job);
  Snapshot after = store().AcquireSnapshot();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(First(store(), after.sequence()).front(), JobKey(90));
  ASSERT_GT(StatisticOf(store(), "lsm.cursor.runs_skipped"), 0);
  Put(40);
  EXPECT_EQ(First(store(), now()).front(), JobKey(40));
  EXPECT_EQ(First(store(), after.sequence()).front(), JobKey(90));
  EXPECT_EQ(First(store(), before.sequence()).front(), JobKey(0));
  EXPECT_EQ(KeysOf(store(), before.sequence(), 1000, 7).size(), 100u);
  EXPECT_EQ(KeysOf(store(), now(), 1000, 7).size(), 11u);
}

TEST_F(DeadRunsTest, WhatAScanDidNotSeeIsNotTakenForDead) {
  for (uint64_t job = 0; job < 100; ++job) Put(job);
  for (uint64_t job = 0; job < 100; ++job) Done(job);
  Snapshot empty = store().AcquireSnapshot();
  Put(50);  // younger than the scans that make the run
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(First(store(), empty.sequence()).empty());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(First(store(), now()).front(), JobKey(50));
}

TEST_F(DeadRunsTest, ARunIngestedIsFound) {
  for (uint64_t job = 0; job < 100; ++job) Put(job);
  for (uint64_t job = 0; job < 90; ++job) Done(job);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(First(store(), now()).front(), JobKey(90));
  std::unique_ptr<RunWriter> writer = store().NewRunWriter();
  ASSERT_TRUE(writer->Put(JobKey(20), "job").ok());
  auto run = writer->Finish();
  ASSERT_TRUE(run.ok());
  WriteBatch batch;
  batch.Ingest(*std::move(run));
  ASSERT_TRUE(Write(store(), std::move(batch), true).status.ok());
  EXPECT_EQ(First(store(), now()).front(), JobKey(20));
}

TEST_F(DeadRunsTest, ALongPageFollowsShortOnes) {
  for (uint64_t job = 0; job < 3000; ++job) Put(job);
  for (uint64_t job = 500; job < 2500; ++job) Done(job);
  for (int i = 0; i < 3; ++i) {
    for (size_t rows : {1, 2, 3, 100, 5000}) {
      ASSERT_EQ(KeysOf(store(), now(), 5000, rows).size(), 1000u) << rows;
    }
  }
}

TEST_F(DeadRunsTest, PagesDouble) {
  for (uint64_t job = 0; job < 100; ++job) Put(job);
  for (uint64_t job = 10; job < 20; ++job) Done(job);
  for (bool reverse : {false, true}) {
    auto cursor = store().NewCursor(
        now(), {.range = kJobs, .reverse = reverse, .page_rows_max = 12, .first_page_rows = 1});
    std::vector<size_t> sizes;
    size_t rows = 0;
    while (true) {
      auto page = BlockingWait(cursor->NextPage());
      ASSERT_TRUE(page.ok());
      if (page->empty()) break;
      sizes.push_back(page->size());
      rows += page->size();
    }
    EXPECT_EQ(rows, 90u);
    EXPECT_EQ(sizes.front(), 1u);
    EXPECT_LE(std::ranges::max(sizes), 12u);
    EXPECT_LT(sizes.size(), 40u);
  }
}

// Each batch takes one job away and puts another, so every snapshot has as many.
TEST(DeadRunsConcurrency, EverySnapshotFindsAllJobs) {
  constexpr int kWriters = 3;
  constexpr uint64_t kJobsEach = 20;
  MemoryFileSystem disk;
  EngineOptions options = TinyOptions();
  options.memtable_bytes_max = 64 << 10;
  auto opened = TestStore::Open(disk, options);
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  LsmStore& store = ***opened;
  {
    WriteBatch batch;
    for (uint64_t i = 0; i < kWriters * kJobsEach; ++i) batch.Put(JobKey(i), "job");
    ASSERT_TRUE(Write(store, std::move(batch), false).status.ok());
  }
  const size_t jobs = kWriters * kJobsEach;
  std::atomic<int> writing{kWriters};
  std::vector<std::thread> threads;
  for (uint64_t writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      Random random(writer);
      std::set<uint64_t> mine;
      for (uint64_t i = 0; i < kJobsEach; ++i) mine.insert(i * kWriters + writer);
      uint64_t next = jobs + writer;
      for (int i = 0; i < 3000; ++i) {
        auto taken =
            random.OneIn(4) ? std::next(mine.begin(), random.Uniform(kJobsEach)) : mine.begin();
        const uint64_t done = *taken;
        WriteBatch batch;
        batch.Delete(JobKey(done));
        uint64_t job = next;
        // Of the writer's numbers one that is in a run, sooner or later.
        if (random.OneIn(3)) job = random.Uniform(next / kWriters + 1) * kWriters + writer;
        // A key is once in a batch.
        if (job == next || !mine.insert(job).second) {
          job = next;
          next += kWriters;
          mine.insert(job);
        }
        mine.erase(done);
        batch.Put(JobKey(job), "job");
        EXPECT_TRUE(Write(store, std::move(batch), false).status.ok());
      }
      writing.fetch_sub(1);
    });
  }
  for (int reader = 0; reader < 3; ++reader) {
    threads.emplace_back([&, reader] {
      Random random(100 + reader);
      std::vector<std::pair<Snapshot, std::vector<std::string>>> old;
      while (writing.load() > 0) {
        Snapshot snapshot = store.AcquireSnapshot();
        std::vector<std::string> keys = KeysOf(store, snapshot.sequence(), 1000, reader * 5 + 1);
        EXPECT_EQ(keys.size(), jobs);
        if (!old.empty()) {
          auto& [at, before] = old[random.Uniform(old.size())];
          EXPECT_EQ(KeysOf(store, at.sequence(), 1000, 3), before);
        }
        if (old.size() < 10) {
          old.emplace_back(std::move(snapshot), std::move(keys));
        } else if (random.OneIn(3)) {
          old[random.Uniform(10)] = {std::move(snapshot), std::move(keys)};
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(StatisticOf(store, "lsm.cursor.runs_skipped"), 0);
  EXPECT_EQ(KeysOf(store, store.visible_sequence(), 1000, 100).size(), jobs);
}

}  // namespace
}  // namespace shale::engine
