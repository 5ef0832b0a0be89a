// Goal: space comes back: after deletions of ranges and keys, after overwrites, once a snapshot
// that held old versions is gone; while it is held, one more version of each key is kept, not the
// history. Compactions are cut into shares, listed and cancelled without changing what is read.
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>

#include "engine/env/memory_file_system.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

// Large enough that levels take shape, small enough to be quick.
EngineOptions SmallOptions() {
  EngineOptions options;
  options.memtable_bytes_max = 256 << 10;
  options.table_bytes_max = 64 << 10;
  options.level_base_bytes = 256 << 10;
  options.level_multiplier = 4;
  options.block_bytes = 1 << 10;
  options.block_cache_bytes = 4 << 20;
  options.log_segment_bytes = 1 << 20;
  options.compression = Compression::kNone;
  options.bottom_compression = Compression::kNone;
  return options;
}

class SpaceTest : public testing::Test {
 protected:
  void Open(EngineOptions options = SmallOptions()) {
    store_.reset();
    auto store = TestStore::Open(file_system_, options);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
  }
  LsmStore& store() { return **store_; }
  double Statistic(const std::string& name) { return StatisticOf(store(), name); }

  static std::string Key(int i) { return fmt::format("key/{:08}", i); }

  // Keys begin, begin + step, ... below end, many in a batch.
  void Write(int begin, int end, int step, const std::function<void(WriteBatch*, int)>& add) {
    int i = begin;
    while (i < end) {
      WriteBatch batch;
      for (int n = 0; n < 200 && i < end; ++n, i += step) add(&batch, i);
      ASSERT_TRUE(engine::Write(store(), std::move(batch), false).status.ok());
    }
  }
  void PutAll(int begin, int end, int round, int step = 1) {
    Write(begin, end, step, [&](WriteBatch* batch, int i) {
      batch->Put(Key(i), fmt::format("{:0100}", i * 10 + round));
    });
  }

  template <typename Condition>
  bool Eventually(Condition condition) {
    for (int i = 0; i < 5000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }
  void ExpectConsistent() {
    Status status = store().CheckConsistency();
    EXPECT_TRUE(status.ok()) << status.ToString();
  }

  MemoryFileSystem file_system_;
  std::unique_ptr<TestStore> store_;
};

// Small rows are packed tight from the start, large ones fast.
TEST_F(SpaceTest, FlushesOfSmallRowsAreTight) {
  auto bytes_of = [this](size_t value_bytes, Compression compression) {
    EngineOptions options = SmallOptions();
    options.memtable_bytes_max = 16 << 20;
    options.compression = compression;
    options.bottom_compression = Compression::kZstd;
    MemoryFileSystem file_system;
    auto store = TestStore::Open(file_system, options);
    EXPECT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
    std::mt19937 random(7);
    Write(0, 2000, 1, [&](WriteBatch* batch, int i) {
      std::string value(value_bytes, ' ');
      for (char& c : value) c = static_cast<char>('a' + random() % 16);
      batch->Put(Key(i), value);
    });
    EXPECT_TRUE(Flush(this->store()).ok());
    const double bytes = Statistic("lsm.bytes");
    store_.reset();
    return bytes;
  };
  EXPECT_EQ(bytes_of(60, Compression::kLz4), bytes_of(60, Compression::kZstd));
  EXPECT_GT(bytes_of(1000, Compression::kLz4), bytes_of(1000, Compression::kZstd) * 1.2);
  EXPECT_GT(bytes_of(60, Compression::kNone), bytes_of(60, Compression::kZstd) * 1.2);
}

// Level 0 spans the whole store, and has keys at its ends only.
TEST_F(SpaceTest, TablesBetweenNewKeysStayAsTheyAre) {
  EngineOptions options = SmallOptions();
  options.level_base_bytes = 16 << 20;  // one level beside level 0
  options.level0_compaction_files = options.level0_compaction_files_max = 1;
  Open(options);
  PutAll(0, 20'000, 1);
  ASSERT_TRUE(CompactRange(store()).ok());
  double bytes = Statistic("lsm.bytes");
  ASSERT_GT(bytes, 2'000'000);

  double written = Statistic("lsm.compaction.bytes_written");
  PutAll(0, 40, 2);
  PutAll(19'960, 20'000, 2);
  ASSERT_TRUE(Flush(store()).ok());
  ASSERT_TRUE(Eventually([&] { return Statistic("lsm.level0.files") == 0; }));
  EXPECT_LT(Statistic("lsm.compaction.bytes_written") - written, bytes / 8);
  EXPECT_EQ(Statistic("lsm.level0.files"), 0);
  EXPECT_EQ(Statistic("lsm.entries"), 20'000);
  EXPECT_EQ(*Get(store(), Key(0), store().visible_sequence()), fmt::format("{:0100}", 2));
  EXPECT_EQ(*Get(store(), Key(10'000), store().visible_sequence()),
            fmt::format("{:0100}", 100'001));
  EXPECT_EQ(*Get(store(), Key(19'999), store().visible_sequence()),
            fmt::format("{:0100}", 199'992));
  ExpectConsistent();
}

// Rows that come one after the other between tables that stay.
TEST_F(SpaceTest, TablesBesideNewOnesDoNotBecomeMany) {
  EngineOptions options = SmallOptions();
  options.level_base_bytes = 16 << 20;
  options.level0_compaction_files = options.level0_compaction_files_max = 1;
  Open(options);
  PutAll(0, 5'000, 1);
  ASSERT_TRUE(Flush(store()).ok());
  PutAll(20'000, 25'000, 1);
  ASSERT_TRUE(CompactRange(store()).ok());
  double files = Statistic("lsm.files");
  ASSERT_GT(files, 10);
  for (int round = 0; round < 30; ++round) {
    PutAll(5'000 + round * 20, 5'020 + round * 20, 2);
    PutAll(24'990, 25'000, 2);
    ASSERT_TRUE(Flush(store()).ok());
    ASSERT_TRUE(Eventually([&] { return Statistic("lsm.level0.files") == 0; }));
  }
  EXPECT_LE(Statistic("lsm.files"), files + 5);
  EXPECT_EQ(Statistic("lsm.entries"), 10'600);
  ExpectConsistent();
}

TEST_F(SpaceTest, ADeletedRangeIsDroppedUnread) {
  Open();
  PutAll(0, 20'000, 1);
  ASSERT_TRUE(CompactRange(store()).ok());
  double bytes = Statistic("lsm.bytes");
  ASSERT_GT(bytes, 2'000'000);
  double read = Statistic("lsm.compaction.bytes_read");
  Snapshot held = store().AcquireSnapshot();
  WriteBatch batch;
  batch.DeleteRange(Key(0), Key(18'000));
  ASSERT_TRUE(engine::Write(store(), std::move(batch)).status.ok());
  ASSERT_TRUE(Flush(store()).ok());
  EXPECT_GE(Statistic("lsm.bytes"), bytes);
  EXPECT_EQ(Statistic("lsm.tables_dropped"), 0);
  auto value = Get(store(), Key(17), held.sequence());
  ASSERT_TRUE(value.ok());
  EXPECT_TRUE(value->has_value());
  held.Release();
  // Nothing announces that a snapshot is gone: it is found within seconds.
  EXPECT_TRUE(Eventually([&] { return Statistic("lsm.bytes") < bytes * 0.15; }));
  EXPECT_GT(Statistic("lsm.tables_dropped"), 10);
  EXPECT_LT(Statistic("lsm.compaction.bytes_read") - read, bytes * 0.2);
  auto contents = ReadAll(store());
  ASSERT_TRUE(contents.ok()) << contents.status().ToString();
  EXPECT_EQ(contents->size(), 2'000u);
  ExpectConsistent();
  Open();
  contents = ReadAll(store());
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(contents->size(), 2'000u);

  batch.DeleteRange("", "");
  ASSERT_TRUE(engine::Write(store(), std::move(batch)).status.ok());
  ASSERT_TRUE(Flush(store()).ok());
  EXPECT_TRUE(Eventually([&] { return Statistic("lsm.bytes") < 10'000; }));
}

TEST_F(SpaceTest, SpaceComesBackAfterDeletions) {
  Open();
  PutAll(0, 20'000, 1);
  ASSERT_TRUE(CompactRange(store()).ok());
  double bytes = Statistic("lsm.bytes");
  Write(0, 20'000, 1, [](WriteBatch* batch, int i) {
    if (i % 10 != 0) batch->Delete(Key(i));
  });
  ASSERT_TRUE(Flush(store()).ok());
  EXPECT_TRUE(Eventually([&] { return Statistic("lsm.bytes") < bytes * 0.35; }))
      << Statistic("lsm.bytes") << " of " << bytes;
  auto contents = ReadAll(store());
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(contents->size(), 2'000u);
  ExpectConsistent();
}

TEST_F(SpaceTest, ASnapshotKeepsOneVersionOfEachKey) {
  Open();
  constexpr int kKeys = 5'000;
  PutAll(0, kKeys, 0);
  ASSERT_TRUE(CompactRange(store()).ok());
  double once = Statistic("lsm.bytes");
  Snapshot held = store().AcquireSnapshot();
  constexpr int kRounds = kSanitized ? 4 : 20;
  for (int round = 1; round < kRounds; ++round) PutAll(0, kKeys, round % 10);
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_LT(Statistic("lsm.bytes"), once * 2.2);
  for (int i = 0; i < kKeys; i += 77) {
    auto value = Get(store(), Key(i), held.sequence());
    ASSERT_TRUE(value.ok() && value->has_value());
    EXPECT_EQ(**value, fmt::format("{:0100}", i * 10));
  }
  ExpectConsistent();
  held.Release();
  // Half of what is stored is hidden now, and goes without anybody asking.
  EXPECT_TRUE(Eventually([&] { return Statistic("lsm.bytes") < once * 1.2; }))
      << Statistic("lsm.bytes") << " of " << once;
  ExpectConsistent();
}

TEST_F(SpaceTest, OverwritesKeepTheStoreSmall) {
  Open();
  constexpr int kKeys = 10'000;
  PutAll(0, kKeys, 0);
  ASSERT_TRUE(CompactRange(store()).ok());
  double once = Statistic("lsm.bytes");
  double written_before = Statistic("lsm.compaction.bytes_written");
  constexpr int kRounds = kSanitized ? 2 : 10;
  for (int round = 0; round < kRounds; ++round) {
    Write(0, kKeys, 1, [&](WriteBatch* batch, int i) {
      batch->Put(Key((i * 7919 + round) % kKeys), fmt::format("{:0100}", round));
    });
  }
  ASSERT_TRUE(Flush(store()).ok());
  ASSERT_TRUE(Eventually([&] {
    return Statistic("lsm.compaction.running") == 0 && Statistic("lsm.compaction.debt_bytes") == 0;
  }));
  double written = Statistic("lsm.compaction.bytes_written") - written_before;
  double ingested = 116.0 * kRounds * kKeys;
  fmt::print("overwritten {} times: {:.2f} of the data's size, write amplification {:.1f}\n",
             kRounds, Statistic("lsm.bytes") / once, 1 + written / ingested);
  EXPECT_LT(Statistic("lsm.bytes"), once * 1.9);
  EXPECT_LT(written / ingested, 8);
  ExpectConsistent();
}

TEST_F(SpaceTest, SequentialDataIsWrittenOnce) {
  Open();
  PutAll(0, 20'000, 1);
  ASSERT_TRUE(Flush(store()).ok());
  ASSERT_TRUE(Eventually([&] {
    return Statistic("lsm.compaction.running") == 0 && Statistic("lsm.level0.files") < 4;
  }));
  EXPECT_EQ(Statistic("lsm.compaction.bytes_written"), 0);
  EXPECT_GT(Statistic("lsm.compaction.moves"), 0);
  ExpectConsistent();
}

// As two writers leave it: where one memtable ends lie keys that the next one begins with.
TEST_F(SpaceTest, NearlySequentialDataIsMergedOnce) {
  EngineOptions options = SmallOptions();
  options.index_partition_bytes = 512;
  options.table_bytes_max = 1 << 20;
  Open(options);
  constexpr int kKeys = 60'000;
  constexpr int kBatch = 20;
  constexpr int kLag = 100;  // of the second writer, which has the odd keys
  for (int i = 0; i < kKeys; i += kBatch) {
    PutAll(i, i + kBatch, 1, 2);
    if (i >= kLag) PutAll(i - kLag + 1, i - kLag + kBatch, 1, 2);
  }
  ASSERT_TRUE(Flush(store()).ok());
  ASSERT_TRUE(Eventually([&] {
    return Statistic("lsm.compaction.running") == 0 && Statistic("lsm.level0.files") < 4;
  }));
  double times = Statistic("lsm.compaction.bytes_written") / Statistic("lsm.bytes");
  fmt::print("nearly sequential data merged {:.2f} times\n", times);
  EXPECT_LT(times, 1.2);
  ExpectConsistent();
}

// From parts of indexes where few pieces are asked for, else from blocks.
TEST_F(SpaceTest, SplitKeysMakePiecesOfOneSize) {
  EngineOptions options = SmallOptions();
  options.index_partition_bytes = 512;
  Open(options);
  PutAll(0, 20'000, 1);
  ASSERT_TRUE(Flush(store()).ok());
  for (size_t count : {3, 7, 150}) {
    auto keys = store().SplitKeys({}, count);
    ASSERT_TRUE(keys.ok());
    ASSERT_EQ(keys->size(), count);
    EXPECT_TRUE(std::is_sorted(keys->begin(), keys->end()));
    if (count > 7) continue;  // too small for an estimate of their sizes
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    for (size_t i = 0; i < count; ++i) {  // before the first key there is little
      const std::string end = i + 1 < count ? (*keys)[i + 1] : std::string();
      const uint64_t bytes = store().ApproximateBytes({(*keys)[i], end});
      least = std::min(least, bytes);
      most = std::max(most, bytes);
    }
    EXPECT_LT(most, 2 * least) << count;
  }
}

TEST_F(SpaceTest, SharesMakeTheSameStore) {
  EngineOptions options = SmallOptions();
  options.compaction_threads = 4;
  Open(options);
  Contents expected;
  Random random(7);
  for (int round = 0; round < 6; ++round) {
    // Scattered keys, each once.
    Write(0, 6'000, 1, [&](WriteBatch* batch, int i) {
      std::string key = Key((i * 3571 + round * 911) % 8'000);
      if (random.OneIn(4)) {
        batch->Delete(key);
        expected.erase(key);
      } else {
        std::string value(80 + random.Uniform(60), static_cast<char>('a' + random.Uniform(26)));
        batch->Put(key, value);
        expected[key] = value;
      }
    });
    WriteBatch batch;
    int from = static_cast<int>(random.Uniform(8'000));
    batch.DeleteRange(Key(from), Key(from + 300));
    expected.erase(expected.lower_bound(Key(from)), expected.lower_bound(Key(from + 300)));
    ASSERT_TRUE(engine::Write(store(), std::move(batch)).status.ok());
    ASSERT_TRUE(CompactRange(store()).ok());
    auto contents = ReadAll(store());
    ASSERT_TRUE(contents.ok()) << contents.status().ToString();
    ASSERT_TRUE(*contents == expected) << round;
  }
  EXPECT_GT(Statistic("lsm.compaction.shares"), 0);
  ExpectConsistent();
}

TEST_F(SpaceTest, ARangeCompactionIsListedAndCancelled) {
  EngineOptions options = SmallOptions();
  options.background_rate_bytes_max = 500'000;
  Open();
  PutAll(0, 20'000, 1);
  ASSERT_TRUE(CompactRange(store()).ok());
  Open(options);
  CancelToken token;
  Status status;
  std::thread compacting([&] { status = BlockingWait(store().CompactRange({}, &token)); });
  std::vector<CompactionProgress> running;
  EXPECT_TRUE(Eventually([&] {
    running = store().Compactions();
    return !running.empty() && running.front().done_bytes > 0;
  }));
  ASSERT_FALSE(running.empty());
  EXPECT_TRUE(running.front().requested);
  EXPECT_GT(running.front().input_bytes, running.front().done_bytes);
  EXPECT_EQ(running.front().output_level, 6);
  EXPECT_TRUE(store().CancelCompaction(running.front().id + 100).Is(sqlstate::kUndefinedObject));
  token.Cancel(Error(sqlstate::kQueryCanceled, "canceling statement due to user request"));
  compacting.join();
  EXPECT_TRUE(status.Is(sqlstate::kQueryCanceled));
  EXPECT_EQ(status.message(), "canceling statement due to user request");
  EXPECT_TRUE(store().Compactions().empty());
  EXPECT_TRUE(store().Health().ok());
  ExpectConsistent();

  std::thread again([&] { status = BlockingWait(store().CompactRange({}, nullptr)); });
  EXPECT_TRUE(Eventually([&] {
    running = store().Compactions();
    return !running.empty();
  }));
  EXPECT_TRUE(store().CancelCompaction(running.front().id).ok());
  again.join();
  EXPECT_TRUE(status.Is(sqlstate::kQueryCanceled)) << status.ToString();
  auto contents = ReadAll(store());
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(contents->size(), 20'000u);
}

}  // namespace
}  // namespace shale::engine
