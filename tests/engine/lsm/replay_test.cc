// Goal: replay by several threads gives what was committed, whatever part of the log a memtable
// holds. Method: random batches, some of which are longer than the pieces that threads take, some
// that delete ranges, are written and the process "killed": a clone of the disk, nothing closed.
// The clone is opened with memtables that hold a part of the log or all of it and must give the
// model's contents; also after an opening that found the disk full while it wrote tables.
#include <gtest/gtest.h>

#include "engine/base/log.h"
#include "engine/env/fault_file_system.h"
#include "engine/env/memory_file_system.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

constexpr size_t kRoomForAll = 64 << 20;
constexpr uint64_t kReplayKeys = 20'000;

std::string ReplayKey(uint64_t number) { return fmt::format("key {:06}", number); }

struct UnflushedLog {
  std::unique_ptr<MemoryFileSystem> disk;
  Contents contents;
};

// Batches of a few keys, and now and then one of half a megabyte; all of them in the log alone.
UnflushedLog WriteUnflushedLog(uint64_t seed) {
  UnflushedLog crash;
  MemoryFileSystem disk;
  EngineOptions options;
  options.memtable_bytes_max = kRoomForAll;
  auto store = TestStore::Open(disk, options);
  EXPECT_TRUE(store.ok()) << store.status().ToString();
  Random random(seed);
  for (int i = 0; i < 300; ++i) {
    WriteBatch batch;
    if (random.OneIn(10)) {
      uint64_t begin = random.Uniform(kReplayKeys);
      std::string end = ReplayKey(begin + random.Uniform(500));
      batch.DeleteRange(ReplayKey(begin), end);
      Contents& all = crash.contents;
      if (ReplayKey(begin) < end)
        all.erase(all.lower_bound(ReplayKey(begin)), all.lower_bound(end));
    }
    int puts = random.OneIn(60) ? 15'000 : 1 + static_cast<int>(random.Uniform(20));
    Contents own;
    for (int put = 0; put < puts; ++put) {
      own[ReplayKey(random.Uniform(kReplayKeys))] = fmt::format("{} of batch {}", put, i);
    }
    for (const auto& [key, value] : own) {
      batch.Put(key, value);
      crash.contents[key] = value;
    }
    EXPECT_EQ(Write(***store, std::move(batch), i % 10 == 9).outcome, CommitOutcome::kCommitted);
  }
  crash.disk = disk.CrashClone({CrashSurvival::kAll, seed});
  return crash;
}

class ReplayTest : public testing::Test {
 protected:
  void SetUp() override { SetLogLevel(LogLevel::kError); }
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }
};

TEST_F(ReplayTest, AnyMemTableGivesTheSame) {
  for (uint64_t seed = 1; seed <= (kSanitized ? 1 : 3); ++seed) {
    UnflushedLog crash = WriteUnflushedLog(seed);
    for (size_t memtable_bytes :
         {size_t{64} << 10, size_t{1} << 20, size_t{5} << 20, kRoomForAll}) {
      auto disk = crash.disk->CrashClone({CrashSurvival::kAll, seed});
      EngineOptions options;
      options.memtable_bytes_max = memtable_bytes;
      for (bool again : {false, true}) {
        auto store = TestStore::Open(*disk, options);
        ASSERT_TRUE(store.ok()) << store.status().ToString();
        auto contents = ReadAll(***store);
        ASSERT_TRUE(contents.ok()) << contents.status().ToString();
        EXPECT_TRUE(*contents == crash.contents)
            << "seed " << seed << ", memtables of " << memtable_bytes
            << " bytes, opened again: " << again;
        double files = StatisticOf(***store, "lsm.files");
        if (memtable_bytes <= 64 << 10) {
          EXPECT_GT(files, 0);
        }
        if (memtable_bytes == kRoomForAll) {
          EXPECT_EQ(files, 0);
        }
        Status status = (**store)->CheckConsistency();
        EXPECT_TRUE(status.ok()) << status.ToString();
      }
    }
  }
}

TEST_F(ReplayTest, AFullDiskIsReportedAndLosesNothing) {
  UnflushedLog crash = WriteUnflushedLog(7);
  EngineOptions options;
  options.memtable_bytes_max = 256 << 10;
  FaultFileSystem faulty(*crash.disk);
  // The first tables have been written by then.
  faulty.AddRule(
      {.path_contains = "blobs/", .effect = FaultEffect::kNoSpace, .nth = 12, .once = false});
  auto refused = TestStore::Open(faulty, options);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.status().Is(sqlstate::kDiskFull)) << refused.status().ToString();
  faulty.ClearRules();
  auto store = TestStore::Open(faulty, options);
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  auto contents = ReadAll(***store);
  ASSERT_TRUE(contents.ok()) << contents.status().ToString();
  EXPECT_TRUE(*contents == crash.contents);
}

}  // namespace
}  // namespace shale::engine
