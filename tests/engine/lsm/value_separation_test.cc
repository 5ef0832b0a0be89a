// Goal: large values live apart from the tables, are read as if they did not, are carried by
// compactions unread, and give their space back; whatever of them is missing, damaged or exchanged
// is named. Method: stores on the memory file system with values on both sides of the threshold,
// compared with what was written; statistics tell what was moved and what is garbage.
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>

#include "engine/base/coding.h"
#include "engine/base/executor.h"
#include "engine/base/log.h"
#include "engine/env/memory_file_system.h"
#include "engine/table/value_format.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

constexpr size_t kApart = 1 << 10;

class ValueSeparationTest : public testing::Test {
 protected:
  void SetUp() override {
    SetLogLevel(LogLevel::kOff);
    options_.memtable_bytes_max = 256 << 10;
    options_.table_bytes_max = 64 << 10;
    options_.level_base_bytes = 256 << 10;
    options_.block_bytes = 1 << 10;
    options_.block_cache_bytes = 1 << 20;
    options_.log_segment_bytes = 1 << 20;
    options_.compression = Compression::kNone;
    options_.bottom_compression = Compression::kNone;
    options_.value_separation_bytes = kApart;
  }
  void TearDown() override {
    store_.reset();
    SetLogLevel(LogLevel::kInfo);
  }

  void Open() {
    store_.reset();
    auto store = TestStore::Open(*disk_, options_);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
  }
  LsmStore& store() { return **store_; }
  double Statistic(const std::string& name) { return StatisticOf(store(), name); }

  static std::string Key(int i) { return fmt::format("key/{:05}", i); }
  static std::string Value(int i, int round, size_t bytes) {
    std::string value = fmt::format("{}:{}:", i, round);
    Random random(i * 1000 + round);
    while (value.size() < bytes) value.push_back(static_cast<char>('a' + random.Uniform(26)));
    return value;
  }
  void PutAndNote(int i, int round, size_t bytes) {
    expected_[Key(i)] = Value(i, round, bytes);
    ASSERT_TRUE(Put(store(), Key(i), expected_[Key(i)]).ok());
  }
  void ExpectContents() {
    auto contents = ReadAll(store());
    ASSERT_TRUE(contents.ok()) << contents.status().ToString();
    EXPECT_TRUE(*contents == expected_);
    for (const auto& [key, value] : expected_) {
      auto found = Get(store(), key, store().visible_sequence());
      ASSERT_TRUE(found.ok()) << found.status().ToString();
      ASSERT_EQ(*found, value);
    }
    Status status = store().CheckConsistency();
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  template <typename Condition>
  bool Eventually(Condition condition) {
    for (int i = 0; i < 5000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }
  std::vector<std::string> ValueFiles() {
    std::vector<std::string> paths;
    for (const std::string& path : disk_->ListFiles()) {
      if (path.find("values-") != std::string::npos) {
        paths.push_back(path.starts_with("/") ? path : "/" + path);
      }
    }
    return paths;
  }

  std::unique_ptr<MemoryFileSystem> disk_ = std::make_unique<MemoryFileSystem>();
  EngineOptions options_;
  std::unique_ptr<TestStore> store_;
  Contents expected_;
};

TEST_F(ValueSeparationTest, ValuesFromTheThresholdOnGoApart) {
  Open();
  PutAndNote(1, 0, 10);
  PutAndNote(2, 0, kApart - 1);
  ASSERT_TRUE(Flush(store()).ok());
  EXPECT_EQ(Statistic("lsm.values.files"), 0);
  PutAndNote(3, 0, kApart);
  PutAndNote(4, 0, 100'000);
  PutAndNote(5, 0, 7);
  ASSERT_TRUE(Flush(store()).ok());
  EXPECT_EQ(Statistic("lsm.values.files"), 1);
  EXPECT_EQ(ValueFiles().size(), 1u);
  EXPECT_GT(Statistic("lsm.values.bytes"), 100'000 + kApart);
  EXPECT_LT(Statistic("lsm.values.bytes"), 101'000 + kApart);
  EXPECT_EQ(Statistic("lsm.values.garbage_bytes"), 0);
  EXPECT_LT(Statistic("lsm.bytes"), 4000);
  ExpectContents();
  Open();
  ExpectContents();
  // The sizes of ranges count what their values take.
  EXPECT_GT(store().ApproximateBytes({.begin = Key(3), .end = {}}), 50'000u);
}

TEST_F(ValueSeparationTest, CompactionsCarryReferencesUnread) {
  Open();
  for (int i = 0; i < 200; ++i) PutAndNote(i * 7 % 200, 0, 4000);
  ASSERT_TRUE(CompactRange(store()).ok());
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_EQ(Statistic("lsm.values.bytes_moved"), 0);
  EXPECT_GE(Statistic("lsm.values.bytes_written"), 200 * 4000);
  EXPECT_LT(Statistic("lsm.compaction.bytes_written"), 100'000);
  EXPECT_EQ(Statistic("lsm.values.garbage_bytes"), 0);
  ExpectContents();
}

TEST_F(ValueSeparationTest, SpaceComesBackAfterOverwriting) {
  Open();
  const int keys = 200;
  const size_t bytes = 4000;
  for (int round = 0; round < 12; ++round) {
    Random random(round);
    // All of some rounds, a random half of others: files become garbage bit by bit.
    for (int i = 0; i < keys; ++i) {
      if (round % 3 == 0 || random.OneIn(2)) PutAndNote(i, round, bytes);
    }
  }
  ASSERT_TRUE(CompactRange(store()).ok());
  // Half of what is kept may be garbage, and what the tables are too small to be rewritten for.
  double live = keys * (bytes + 24.0);
  EXPECT_TRUE(Eventually([&] { return Statistic("lsm.values.bytes") < live * 2.2; }))
      << Statistic("lsm.values.bytes") << " bytes in " << Statistic("lsm.values.files")
      << " files, " << Statistic("lsm.values.garbage_bytes") << " of them garbage";
  EXPECT_GT(Statistic("lsm.values.bytes_moved"), 0);
  ExpectContents();
  // What is gone is gone from the disk too.
  double on_disk = 0;
  for (const std::string& path : ValueFiles()) on_disk += disk_->ReadWhole(path)->size();
  EXPECT_LT(on_disk, live * 2.2);

  WriteBatch batch;
  batch.DeleteRange("", "");
  ASSERT_TRUE(Write(store(), std::move(batch)).status.ok());
  expected_.clear();
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_TRUE(Eventually([&] { return Statistic("lsm.values.files") == 0; }));
  ExpectContents();
  EXPECT_TRUE(ValueFiles().empty());
}

TEST_F(ValueSeparationTest, AFileLivesAsLongAsOneOfItsValues) {
  Open();
  for (int i = 0; i < 50; ++i) PutAndNote(i, 0, 3000);
  ASSERT_TRUE(CompactRange(store()).ok());
  for (int i = 0; i < 10; ++i) PutAndNote(i * 5, 1, 3000);
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_EQ(Statistic("lsm.values.garbage_bytes"), 10 * (3000 + kValueRecordOverhead));
  EXPECT_EQ(Statistic("lsm.values.bytes_moved"), 0);
  // What is marked for deletion by mistake goes when the store is closed.
  for (int restart = 0; restart < 2; ++restart) {
    Open();
    EXPECT_EQ(Statistic("lsm.values.garbage_bytes"), 10 * (3000 + kValueRecordOverhead));
    ExpectContents();
  }
}

// Mostly garbage, yet not worth rewriting the table for: the file stays, also over an opening.
TEST_F(ValueSeparationTest, AFileThatIsMostlyGarbageStaysWhileATableRefersToIt) {
  Open();
  for (int i = 0; i < 10; ++i) PutAndNote(i, 0, 4000);
  for (int i = 10; i < 400; ++i) PutAndNote(i, 0, 100);
  ASSERT_TRUE(Flush(store()).ok());
  for (int i = 0; i < 7; ++i) PutAndNote(i, 1, 10);
  for (int i = 0; i < options_.level0_compaction_files; ++i) {
    PutAndNote(500, i, 10);
    ASSERT_TRUE(Flush(store()).ok());
  }
  EXPECT_TRUE(Eventually(
      [&] { return Statistic("lsm.values.garbage_bytes") > Statistic("lsm.values.bytes") / 2; }));
  for (int round = 0; round < 3; ++round) {
    PutAndNote(500, round, 10);
    ASSERT_TRUE(Flush(store()).ok());
    Open();
    EXPECT_EQ(Statistic("lsm.values.files"), 1);
    ExpectContents();
  }
}

TEST_F(ValueSeparationTest, ReadersKeepTheFilesOfTheirMoment) {
  Open();
  for (int i = 0; i < 50; ++i) PutAndNote(i, 0, 3000);
  ASSERT_TRUE(CompactRange(store()).ok());
  Snapshot snapshot = store().AcquireSnapshot();
  auto cursor = store().NewCursor(snapshot.sequence(), {.page_rows_max = 10});
  auto page = BlockingWait(cursor->NextPage());
  ASSERT_TRUE(page.ok());
  snapshot.Release();
  Contents before = expected_;
  for (int i = 0; i < 50; ++i) PutAndNote(i, 1, 3000);
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_EQ(Statistic("lsm.values.garbage_bytes"), 0);
  EXPECT_EQ(ValueFiles().size(), 2u);  // one is the cursor's alone
  EXPECT_TRUE(store().CheckConsistency().ok());
  auto row = before.begin();
  while (!page->empty()) {
    for (const KeyValue& found : *page) {
      ASSERT_EQ(found.key, row->first);
      ASSERT_EQ(found.value, row->second);
      ++row;
    }
    page = BlockingWait(cursor->NextPage());
    ASSERT_TRUE(page.ok()) << page.status().ToString();
  }
  EXPECT_EQ(row, before.end());
  cursor.reset();
  ExpectContents();
  EXPECT_EQ(ValueFiles().size(), 1u);
}

TEST_F(ValueSeparationTest, PagesEndByTheBytesOfTheirValues) {
  Open();
  for (int i = 0; i < 60; ++i) PutAndNote(i, 0, i % 3 == 0 ? 20 : 4000);
  ASSERT_TRUE(Flush(store()).ok());
  Snapshot snapshot = store().AcquireSnapshot();
  for (bool reverse : {false, true}) {
    for (bool cold : {false, true}) {
      snapshot.Release();
      if (cold) Open();
      snapshot = store().AcquireSnapshot();
      auto cursor =
          store().NewCursor(snapshot.sequence(), {.reverse = reverse, .page_bytes_max = 10'000});
      std::optional<LoopScope> loop;
      if (cold) loop.emplace();
      int next = reverse ? 59 : 0;
      int step = reverse ? -1 : 1;
      int skips = 0;
      while (true) {
        auto page = BlockingWait(cursor->NextPage());
        ASSERT_TRUE(page.ok()) << page.status().ToString();
        if (page->empty()) break;
        size_t bytes = 0;
        for (const KeyValue& row : *page) {
          EXPECT_LT(bytes, 10'000u);
          bytes += row.key.size() + row.value.size();
          ASSERT_EQ(row.key, Key(next));
          ASSERT_EQ(row.value, expected_[Key(next)]);
          next += step;
        }
        // Over rows that were found already, and over others.
        if (next > 10 && next < 50 && skips < 3) {
          next += step * (skips == 1 ? 1 : 4);
          ++skips;
          cursor->SkipTo(Key(next));
        }
      }
      EXPECT_EQ(next, reverse ? -1 : 60);
      EXPECT_EQ(skips, 3);
    }
  }
  snapshot.Release();
}

TEST_F(ValueSeparationTest, KeysAloneReadNoValue) {
  Open();
  for (int i = 0; i < 40; ++i) PutAndNote(i, 0, 5000);
  ASSERT_TRUE(Flush(store()).ok());
  for (const std::string& path : ValueFiles()) ASSERT_TRUE(disk_->Corrupt(path, 0, 100).ok());
  Snapshot snapshot = store().AcquireSnapshot();
  auto keys = Scan(store(), snapshot.sequence(), {.keys_only = true});
  ASSERT_TRUE(keys.ok()) << keys.status().ToString();
  EXPECT_EQ(keys->size(), 40u);
  EXPECT_FALSE(Scan(store(), snapshot.sequence(), {}).ok());
}

// As a loop reads: what the cache has is answered at once, all else on the I/O executor.
TEST_F(ValueSeparationTest, AReadThatMissesSuspends) {
  ThreadPool io("io", 1);
  options_.io_executor = &io;
  Open();
  for (int i = 0; i < 20; ++i) PutAndNote(i, 0, 2000);
  ASSERT_TRUE(CompactRange(store()).ok());
  // Tables, but no values, come into the cache.
  ASSERT_TRUE(Scan(store(), store().visible_sequence(), {.keys_only = true}).ok());
  LoopScope loop;
  for (int i = 0; i < 20; ++i) {
    double waited = Statistic("lsm.gets_waited");
    PinnedBytes value;
    auto found = BlockingWait(store().Get(Key(i), store().visible_sequence(), &value, nullptr));
    ASSERT_TRUE(found.ok() && *found);
    EXPECT_EQ(value.view(), expected_[Key(i)]);
    EXPECT_EQ(Statistic("lsm.gets_waited"), waited + 1);
    auto again = store().Get(Key(i), store().visible_sequence(), &value, nullptr);
    ASSERT_TRUE(again.ready());
    found = BlockingWait(std::move(again));
    ASSERT_TRUE(found.ok() && *found);
    EXPECT_EQ(value.view(), expected_[Key(i)]);
    EXPECT_EQ(Statistic("lsm.gets_waited"), waited + 1);
  }
  EXPECT_GE(Statistic("cache.values.hits"), 20);
  EXPECT_GE(Statistic("cache.values.misses"), 20);
  store_.reset();
}

TEST_F(ValueSeparationTest, TheThresholdMayChangeFromOneOpeningToTheNext) {
  options_.value_separation_bytes = 0;
  Open();
  for (int i = 0; i < 60; ++i) PutAndNote(i, 0, i % 2 == 0 ? 2000 : 6000);
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_EQ(Statistic("lsm.values.files"), 0);

  options_.value_separation_bytes = 1000;
  Open();
  EXPECT_EQ(Statistic("lsm.values.files"), 0);
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_GT(Statistic("lsm.values.bytes"), 60 * 4000);
  EXPECT_LT(Statistic("lsm.bytes"), 20'000);
  ExpectContents();

  options_.value_separation_bytes = 5000;
  Open();
  ASSERT_TRUE(CompactRange(store()).ok());
  ExpectContents();

  options_.value_separation_bytes = 0;
  Open();
  ExpectContents();
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_EQ(Statistic("lsm.values.files"), 0);
  ExpectContents();
  EXPECT_TRUE(ValueFiles().empty());
}

TEST_F(ValueSeparationTest, FilesAreClosedBeyondTheLimit) {
  options_.open_tables_max = 2;
  options_.block_cache_bytes = 0;
  options_.level0_compaction_files = 100;
  options_.level0_slowdown_files = 100;
  options_.level0_stop_files = 200;
  Open();
  for (int file = 0; file < 8; ++file) {
    for (int i = 0; i < 5; ++i) PutAndNote(file * 5 + i, 0, 2000);
    ASSERT_TRUE(Flush(store()).ok());
  }
  ExpectContents();
  EXPECT_EQ(Statistic("lsm.values.files"), 8);
  EXPECT_TRUE(Eventually([&] { return Statistic("lsm.files_open") <= 2; }));
  ExpectContents();
}

TEST_F(ValueSeparationTest, ValuesMoveToTheNewKey) {
  options_.master_key = TestMasterKey();
  Open();
  for (int i = 0; i < 60; ++i) PutAndNote(i, 0, 3000);
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_EQ(Statistic("encryption.value_files_with_older_keys"), 0);
  for (const std::string& path : ValueFiles()) {
    EXPECT_EQ(disk_->ReadWhole(path)->find(expected_[Key(3)].substr(10, 100)), std::string::npos);
  }
  ASSERT_TRUE(BlockingWait(store().RotateEncryptionKey()).ok());
  PutAndNote(60, 0, 3000);
  EXPECT_GT(Statistic("encryption.value_files_with_older_keys"), 0);
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_EQ(Statistic("encryption.value_files_with_older_keys"), 0);
  ExpectContents();
  Open();
  ExpectContents();
  ASSERT_FALSE(ValueFiles().empty());
  for (const std::string& path : ValueFiles()) {
    std::string bytes = *disk_->ReadWhole(path);
    size_t envelope = bytes.find("SHALENVE");
    ASSERT_NE(envelope, std::string::npos);
    EXPECT_EQ(LoadFixed<uint32_t>(bytes.data() + envelope + 12), 2u) << path;
  }
}

TEST_F(ValueSeparationTest, WhatIsMissingDamagedOrExchangedIsNamed) {
  options_.level0_compaction_files = 100;
  options_.level0_slowdown_files = 100;
  options_.level0_stop_files = 200;
  for (bool encrypted : {false, true}) {
    disk_ = std::make_unique<MemoryFileSystem>();
    expected_.clear();
    options_.master_key = encrypted ? TestMasterKey() : nullptr;
    Open();
    for (int file = 0; file < 2; ++file) {
      for (int i = 0; i < 5; ++i) PutAndNote(file * 5 + i, 0, 2000);
      ASSERT_TRUE(Flush(store()).ok());
    }
    store_.reset();
    std::vector<std::string> files = ValueFiles();
    ASSERT_EQ(files.size(), 2u);
    auto name = [](const std::string& path) { return path.substr(path.rfind('/') + 1); };
    auto judge = [&](MemoryFileSystem& disk, bool refused_at_open) {
      auto store = TestStore::Open(disk, options_);
      EXPECT_EQ(store.ok(), !refused_at_open);
      Status status = store.status();
      if (store.ok()) {
        status = ReadAll(***store).status();
        EXPECT_TRUE((**store)->CheckConsistency().Is(sqlstate::kDataCorrupted));
        // The other file's values are there all the same.
        auto found = Get(***store, Key(9), (**store)->visible_sequence());
        EXPECT_TRUE(found.ok() && *found == expected_[Key(9)]) << found.status().ToString();
      }
      EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted)) << status.ToString();
      EXPECT_NE(status.message().find(name(files[0])), std::string::npos) << status.ToString();
    };
    {
      auto disk = disk_->CrashClone({CrashSurvival::kAll, 0});
      ASSERT_TRUE(disk->Remove(files[0]).ok());
      judge(*disk, true);
    }
    {
      auto disk = disk_->CrashClone({CrashSurvival::kAll, 0});
      std::string bytes = *disk->ReadWhole(files[0]);
      ASSERT_TRUE(disk->ReplaceWhole(files[0], bytes.substr(0, bytes.size() - 1)).ok());
      judge(*disk, true);
    }
    {
      auto disk = disk_->CrashClone({CrashSurvival::kAll, 0});
      std::string bytes = *disk->ReadWhole(files[0]);
      bytes[bytes.size() / 2] ^= 4;
      ASSERT_TRUE(disk->ReplaceWhole(files[0], bytes).ok());
      judge(*disk, false);
    }
    {
      // Two records of a file in each other's place, and a file in another's.
      auto disk = disk_->CrashClone({CrashSurvival::kAll, 0});
      std::string bytes = *disk->ReadWhole(files[0]);
      size_t record = 2000 + 24 + (encrypted ? 16 : 0);
      size_t begin = encrypted ? 128 : 32;
      std::string first = bytes.substr(begin, record);
      bytes.replace(begin, record, bytes.substr(begin + record, record));
      bytes.replace(begin + record, record, first);
      ASSERT_TRUE(disk->ReplaceWhole(files[0], bytes).ok());
      judge(*disk, false);
      disk = disk_->CrashClone({CrashSurvival::kAll, 0});
      ASSERT_TRUE(disk->ReplaceWhole(files[0], *disk->ReadWhole(files[1])).ok());
      judge(*disk, false);
    }
  }
}

}  // namespace
}  // namespace shale::engine
