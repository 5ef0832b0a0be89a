// Goal: readers, writers, flushes and compactions beside each other keep every snapshot whole.
// Method: writers move amounts between accounts in one batch each, readers check at their snapshot
// that the sum never changes and that versions only grow; many threads, tiny constants; runs under
// TSan too.
#include <gtest/gtest.h>

#include <thread>

#include "engine/env/memory_file_system.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

constexpr int kAccounts = 40;
constexpr int kTotal = kAccounts * 100;

std::string AccountKey(int number) { return fmt::format("account/{:04}", number); }

TEST(LsmConcurrency, EverySnapshotSeesTheWholeSum) {
  MemoryFileSystem disk;
  ThreadPool io("io", 2);
  EngineOptions options = TinyOptions();
  options.memtable_bytes_max = 64 << 10;
  options.table_bytes_max = 8 << 10;
  options.level_base_bytes = 16 << 10;
  options.block_cache_bytes = 16 << 10;
  options.compaction_threads = 2;
  options.io_executor = &io;
  auto opened = TestStore::Open(disk, options);
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  LsmStore& store = ***opened;
  WriteBatch batch;
  for (int i = 0; i < kAccounts; ++i) batch.Put(AccountKey(i), "100");
  ASSERT_TRUE(Write(store, std::move(batch)).status.ok());

  std::atomic<bool> stop{false};
  std::atomic<int> reads{0};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  // Each writer owns its accounts: no locks are needed here.
  for (int writer = 0; writer < 4; ++writer) {
    threads.emplace_back([&, writer] {
      Random random(writer);
      std::vector<int> amounts(kAccounts / 4, 100);
      for (int i = 0; i < 250; ++i) {
        int from = static_cast<int>(random.Uniform(amounts.size()));
        int to = static_cast<int>(random.Uniform(amounts.size()));
        if (from == to) continue;
        amounts[from] -= 7;
        amounts[to] += 7;
        WriteBatch move;
        move.Put(AccountKey(writer * kAccounts / 4 + from), std::to_string(amounts[from]));
        move.Put(AccountKey(writer * kAccounts / 4 + to), std::to_string(amounts[to]));
        move.Put(fmt::format("filler/{}/{}", writer, i), std::string(200, 'x'));
        if (!Write(store, std::move(move), i % 3 == 0).status.ok()) ++failures;
      }
    });
  }
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, reader] {
      SequenceNumber last = 0;
      while (!stop.load()) {
        Snapshot snapshot = store.AcquireSnapshot();
        if (snapshot.sequence() < last) ++failures;
        last = snapshot.sequence();
        int sum = 0;
        if (reader == 0) {
          for (int i = 0; i < kAccounts; ++i) {
            auto value = Get(store, AccountKey(i), snapshot.sequence());
            sum += value.ok() && *value ? std::stoi(**value) : 1'000'000;
          }
        } else {
          auto rows =
              Scan(store, snapshot.sequence(),
                   {.range = {"account/", "account0"}, .reverse = reader == 2, .page_rows_max = 7});
          if (rows.ok()) {
            for (const auto& row : *rows) sum += std::stoi(row.second);
          }
        }
        if (sum != kTotal) ++failures;
        ++reads;
      }
    });
  }
  std::thread maintainer([&] {
    while (!stop.load()) {
      if (!Flush(store).ok()) ++failures;
      if (!CompactRange(store, {"account/", "account0"}).ok()) ++failures;
      (void)store.Statistics();
    }
  });
  for (std::thread& thread : threads) thread.join();
  stop.store(true);
  for (std::thread& thread : readers) thread.join();
  maintainer.join();
  EXPECT_EQ(failures.load(), 0);
  EXPECT_GT(reads.load(), 0);
  EXPECT_LE(StatisticOf(store, "wal.syncs"), StatisticOf(store, "lsm.batches"));
  Status status = store.CheckConsistency();
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST(SnapshotListTest, ManySnapshotsGrowAndCollect) {
  std::atomic<SequenceNumber> visible{5};
  SnapshotList list(&visible);
  std::vector<Snapshot> held;
  for (int i = 0; i < 1000; ++i) {
    held.push_back(list.Acquire());
    visible.fetch_add(1);
  }
  EXPECT_EQ(list.live_count(), 1000u);
  LiveSnapshots live = list.Collect();
  EXPECT_EQ(live.sequences.size(), 1001u);
  EXPECT_EQ(live.visible, 1005u);
  held.erase(held.begin() + 100, held.end());
  live = list.Collect();
  EXPECT_EQ(live.sequences.size(), 101u);
  EXPECT_TRUE(live.Sees(5, 6));
  EXPECT_TRUE(live.Sees(104, 900));
  EXPECT_FALSE(live.Sees(105, 1005));
  EXPECT_TRUE(live.Sees(105, 1006));
  EXPECT_TRUE(live.AllSee(5));
  EXPECT_FALSE(live.AllSee(6));
  held[0].Refresh();
  EXPECT_EQ(held[0].sequence(), 1005u);
}

TEST(SnapshotListTest, ASnapshotIsNeverMissed) {
  // A collector must either list a snapshot or have read a visible sequence at or before it.
  std::atomic<SequenceNumber> visible{1};
  SnapshotList list(&visible);
  std::atomic<bool> stop{false};
  std::atomic<int> missed{0};
  std::thread publisher([&] {
    while (!stop.load()) visible.fetch_add(1);
  });
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      for (int round = 0; round < 3000; ++round) {
        Snapshot snapshot = list.Acquire();
        LiveSnapshots live = list.Collect();
        bool listed =
            std::binary_search(live.sequences.begin(), live.sequences.end(), snapshot.sequence());
        if (!listed && snapshot.sequence() < live.visible) ++missed;
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  stop.store(true);
  publisher.join();
  EXPECT_EQ(missed.load(), 0);
}

}  // namespace
}  // namespace shale::engine
