// Goal: the archive holds the log without gap, in spite of crashes and of an archive that fails,
// and with a backup brings back every moment since. Method: a scripted history of which every
// prefix is known; restore to every sequence number and to times noted between commits; compare.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/backup/restore.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/env/fault_file_system.h"
#include "engine/env/memory_file_system.h"
#include "engine/env/read_only_storage.h"
#include "engine/wal/wal_format.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

class ArchiveTest : public testing::Test {
 protected:
  void SetUp() override {
    SetLogLevel(LogLevel::kOff);
    options_ = TinyOptions();
    auto archive = OpenLocalStorage(archive_disk_, "/archive");
    ASSERT_TRUE(archive.ok());
    archive_ = *std::move(archive);
    options_.log_archive = archive_.get();
  }
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }

  void Backup(LsmStore& store) { Backup(store, disk_); }
  void Backup(LsmStore& store, FileSystem& disk) {
    auto target = OpenLocalStorage(disk, "/backup");
    ASSERT_TRUE(target.ok());
    auto summary = store.Checkpoint(target->get(), false);
    ASSERT_TRUE(summary.ok()) << summary.status().ToString();
    backup_sequence_ = summary->sequence;
  }
  // Restores, opens and reads.
  Result<Contents> RestoreAndRead(RestoreJob job, Storage* archive,
                                  RestoreSummary* summary = nullptr, FileSystem* disk = nullptr) {
    MemoryFileSystem target_disk;
    ASSIGN_OR_RETURN(auto backup, OpenReadOnlyStorage(disk == nullptr ? disk_ : *disk, "/backup",
                                                      DirectoryLock::kTake));
    ASSIGN_OR_RETURN(auto target, OpenLocalStorage(target_disk, "/data"));
    job.backup = backup.get();
    job.archive = archive;
    job.target = target.get();
    job.master_key = options_.master_key;
    ASSIGN_OR_RETURN(RestoreSummary restored, Restore(job));
    if (summary != nullptr) *summary = restored;
    target.reset();
    EngineOptions options = options_;
    options.log_archive = nullptr;
    ASSIGN_OR_RETURN(auto store, TestStore::Open(target_disk, options));
    RETURN_IF_ERROR((*store)->CheckConsistency());
    return ReadAll(**store);
  }
  static uint64_t NowUs() { return static_cast<uint64_t>(SystemClock().WallMicros()); }

  MemoryFileSystem disk_;
  MemoryFileSystem archive_disk_;
  std::unique_ptr<LocalStorage> archive_;
  EngineOptions options_;
  SequenceNumber backup_sequence_ = 0;
};

TEST_F(ArchiveTest, EveryMomentSinceTheBackupComesBack) {
  constexpr int kCount = 60;
  ScriptedHistory history(4, kCount);
  std::vector<std::pair<uint64_t, int>> times;  // between commits: how many were in
  {
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok());
    for (int i = 1; i <= kCount; ++i) {
      ASSERT_TRUE(Write(***store, history.batch(i)).status.ok());
      if (i == 20) Backup(***store);
      if (i > 20 && i % 10 == 0) {
        // Times are met to within the interval of the log's time records.
        std::this_thread::sleep_for(std::chrono::microseconds(2 * kWalTimeIntervalUs));
        times.emplace_back(NowUs(), i);
        std::this_thread::sleep_for(std::chrono::microseconds(2 * kWalTimeIntervalUs));
      }
      if (i % 25 == 0) {  // restarts are moments like others
        store->reset();
        store = TestStore::Open(disk_, options_);
        ASSERT_TRUE(store.ok()) << store.status().ToString();
      }
    }
  }
  EXPECT_EQ(backup_sequence_, 20u);
  RestoreSummary summary;
  auto all = RestoreAndRead({}, archive_.get(), &summary);
  ASSERT_TRUE(all.ok()) << all.status().ToString();
  EXPECT_EQ(*all, history.After(kCount));
  EXPECT_GT(summary.log_segments, 1u);
  EXPECT_GT(summary.last_time_us, 0u);
  for (int i = 20; i <= kCount; i += kSanitized ? 7 : 1) {
    auto contents = RestoreAndRead({.until_sequence = i}, archive_.get(), &summary);
    ASSERT_TRUE(contents.ok()) << contents.status().ToString();
    EXPECT_EQ(*contents, history.After(i)) << i;
    EXPECT_EQ(summary.sequence, static_cast<SequenceNumber>(i));
  }
  for (const auto& [time_us, count] : times) {
    auto contents = RestoreAndRead({.until_us = time_us}, archive_.get(), &summary);
    ASSERT_TRUE(contents.ok()) << contents.status().ToString();
    EXPECT_EQ(CounterOf(*contents), count);
    EXPECT_EQ(*contents, history.After(count));
    EXPECT_LE(summary.last_time_us, time_us);
  }
  // Moments that cannot be had.
  for (const RestoreJob& job : {RestoreJob{.until_sequence = 19}, RestoreJob{.until_sequence = 61},
                                RestoreJob{.until_us = 1}}) {
    Status status = RestoreAndRead(job, archive_.get()).status();
    EXPECT_TRUE(status.Is(sqlstate::kInvalidParameterValue)) << status.ToString();
  }
  EXPECT_TRUE(RestoreAndRead({.until_sequence = 30}, nullptr)
                  .status()
                  .Is(sqlstate::kInvalidParameterValue));
}

// Commits that share a record of the log are moments each.
class ArchivedGroupsTest : public ArchiveTest, public testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(PlainAndEncrypted, ArchivedGroupsTest, testing::Bool());

TEST_P(ArchivedGroupsTest, AMomentMayLieWithinAGroup) {
  constexpr int kThreads = 16;
  constexpr int kCommits = 12;
  if (GetParam()) options_.master_key = TestMasterKey();
  options_.log_segment_bytes = 16 << 10;  // several segments
  std::map<SequenceNumber, std::string> keys;
  {
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok());
    Backup(***store);
    std::mutex mutex;  // guards keys
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < kCommits; ++i) {
          std::string key = std::to_string(thread) + "/" + std::to_string(i);
          WriteBatch batch;
          batch.Put(key, std::string(100, 'v'));
          CommitResult result = Write(***store, std::move(batch));
          ASSERT_TRUE(result.status.ok()) << result.status.ToString();
          std::lock_guard lock(mutex);
          keys.emplace(result.sequence, key);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_LT(StatisticOf(***store, "wal.groups"), kThreads * kCommits) << "there was no group";
  }
  Contents expected;
  for (const auto& [sequence, key] : keys) {
    expected.emplace(key, std::string(100, 'v'));
    RestoreSummary summary;
    auto contents = RestoreAndRead({.until_sequence = sequence}, archive_.get(), &summary);
    ASSERT_TRUE(contents.ok()) << sequence << ": " << contents.status().ToString();
    EXPECT_EQ(*contents, expected) << sequence;
    EXPECT_EQ(summary.sequence, sequence);
  }
}

// Segments of a key that the backup's keyring does not have.
TEST_F(ArchiveTest, KeysRotatedSinceTheBackup) {
  options_.master_key = TestMasterKey();
  ScriptedHistory history(4, 60);
  {
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok());
    for (int i = 1; i <= 60; ++i) {
      ASSERT_TRUE(Write(***store, history.batch(i)).status.ok());
      if (i == 20) Backup(***store);
      if (i == 40) {
        ASSERT_TRUE(BlockingWait((**store)->RotateEncryptionKey()).ok());
      }
    }
  }
  for (int i : {30, 50, 60}) {
    auto contents = RestoreAndRead({.until_sequence = i}, archive_.get());
    ASSERT_TRUE(contents.ok()) << contents.status().ToString();
    EXPECT_EQ(*contents, history.After(i));
  }
}

TEST_F(ArchiveTest, GapsAndDamageAreNamed) {
  ScriptedHistory history(4, 60);
  {
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok());
    Backup(***store);
    for (int i = 1; i <= 60; ++i) {
      ASSERT_TRUE(Write(***store, history.batch(i)).status.ok());
    }
  }
  auto segments = archive_->ListBlobs();
  ASSERT_TRUE(segments.ok());
  std::ranges::sort(*segments, {}, &StorageItem::name);
  std::string table = "/archive/blobs/" + segments->front().name;
  EXPECT_NE(table.find("table-"), table.npos);  // of a run
  std::erase_if(*segments, [](const auto& item) { return item.name.starts_with("table-"); });
  ASSERT_GE(segments->size(), 3u);
  archive_.reset();
  auto with_archive = [&](auto&& change) {
    auto disk = archive_disk_.CrashClone({CrashSurvival::kAll, 0});
    change(*disk);
    auto archive = OpenLocalStorage(*disk, "/archive");
    return RestoreAndRead({}, archive->get());
  };
  auto whole = with_archive([](MemoryFileSystem&) {});
  ASSERT_TRUE(whole.ok()) << whole.status().ToString();
  EXPECT_EQ(*whole, history.After(60));
  std::string second = "/archive/blobs/" + (*segments)[1].name;
  Status gap =
      with_archive([&](MemoryFileSystem& disk) { (void)disk.Remove(second).ok(); }).status();
  EXPECT_TRUE(gap.Is(sqlstate::kUndefinedFile)) << gap.ToString();
  EXPECT_NE(gap.message().find("not archived"), std::string::npos);
  Status missing =
      with_archive([&](MemoryFileSystem& disk) { (void)disk.Remove(table).ok(); }).status();
  EXPECT_TRUE(missing.Is(sqlstate::kUndefinedFile)) << missing.ToString();
  EXPECT_NE(missing.message().find("table-"), std::string::npos) << missing.ToString();
  Status changed = with_archive([&](MemoryFileSystem& disk) {
                     ASSERT_TRUE(disk.Corrupt(table, 100, 4).ok());
                   }).status();
  EXPECT_TRUE(changed.Is(sqlstate::kDataCorrupted)) << changed.ToString();
  EXPECT_NE(changed.message().find("table-"), std::string::npos) << changed.ToString();
  Random random(8);
  for (int i = 0; i < 30; ++i) {
    std::string bytes = *archive_disk_.ReadWhole(second);
    uint64_t offset = random.Uniform(bytes.size());
    auto damaged = with_archive([&](MemoryFileSystem& disk) {
      if (i % 2 == 0) {
        ASSERT_TRUE(
            disk.Corrupt(second, offset, static_cast<uint8_t>(1 << random.Uniform(8))).ok());
      } else {
        ASSERT_TRUE(disk.ReplaceWhole(second, bytes.substr(0, offset)).ok());
      }
    });
    // Padding between records has no checksum and no meaning.
    if (damaged.ok()) {
      EXPECT_EQ(*damaged, history.After(60));
    } else {
      EXPECT_NE(damaged.status().message().find("wal-"), std::string::npos)
          << damaged.status().ToString();
    }
  }
}

TEST_F(ArchiveTest, SegmentsWaitForAnArchiveThatFails) {
  FaultFileSystem faulty(archive_disk_);
  archive_.reset();
  auto archive = OpenLocalStorage(faulty, "/archive");
  ASSERT_TRUE(archive.ok());
  options_.log_archive = archive->get();
  ScriptedHistory history(6, 80);
  {
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok());
    Backup(***store);
    faulty.AddRule({.path_contains = "/archive", .once = false});
    for (int i = 1; i <= 60; ++i) {
      ASSERT_TRUE(Write(***store, history.batch(i)).status.ok());
    }
    ASSERT_TRUE(Flush(***store).ok());
    EXPECT_TRUE((**store)->CheckConsistency().ok());
    // The archiver has its own thread.
    for (int i = 0; i < 5000 && StatisticOf(***store, "wal.archive.failures") == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_GT(StatisticOf(***store, "wal.archive.failures"), 0);
    EXPECT_EQ(StatisticOf(***store, "wal.archive.segments"), 0);
    faulty.ClearRules();
    for (int i = 61; i <= 80; ++i) {
      ASSERT_TRUE(Write(***store, history.batch(i)).status.ok());
    }
  }
  auto contents = RestoreAndRead({}, archive->get());
  ASSERT_TRUE(contents.ok()) << contents.status().ToString();
  EXPECT_EQ(*contents, history.After(80));
  // And what was archived has gone.
  int segments = 0;
  for (const std::string& path : disk_.ListFiles()) {
    segments += path.find("data/log/wal-") != std::string::npos;
  }
  EXPECT_LE(segments, 4);
}

// Crashes of the store at any moment, the archive as it was then. In the end all that was
// acknowledged comes back from backup and archive alone.
TEST_F(ArchiveTest, CrashesLeaveNoGap) {
  archive_.reset();
  for (uint64_t seed = 1; seed <= (kSanitized ? 2 : 8); ++seed) {
    Random random(seed);
    auto disk = std::make_unique<MemoryFileSystem>();
    auto archive_disk = std::make_unique<MemoryFileSystem>();
    Contents expected;
    int number = 0;
    for (int life = 0; life < 6; ++life) {
      auto archive = OpenLocalStorage(*archive_disk, "/archive");
      ASSERT_TRUE(archive.ok());
      options_.log_archive = archive->get();
      auto store = TestStore::Open(*disk, options_);
      ASSERT_TRUE(store.ok()) << store.status().ToString();
      if (life == 0) Backup(***store, *disk);
      auto recovered = ReadAll(***store);
      ASSERT_TRUE(recovered.ok());
      ASSERT_EQ(*recovered, expected) << "seed " << seed << ", life " << life;
      int writes = 5 + static_cast<int>(random.Uniform(25));
      for (int i = 0; i < writes; ++i) {
        ScriptedBatch batch = Scripted(seed, ++number);
        ASSERT_TRUE(Write(***store, batch).status.ok());
        batch.ApplyTo(&expected);
      }
      if (life == 5) break;  // closed
      // The store's disk first: what is deleted there meanwhile is in the archive's clone.
      auto disk_after = disk->CrashClone({CrashSurvival::kNone, seed});
      auto archive_after = archive_disk->CrashClone({CrashSurvival::kNone, seed});
      store->reset();
      archive->reset();
      disk = std::move(disk_after);
      archive_disk = std::move(archive_after);
    }
    auto archive = OpenLocalStorage(*archive_disk, "/archive");
    ASSERT_TRUE(archive.ok());
    auto contents = RestoreAndRead({}, archive->get(), nullptr, disk.get());
    ASSERT_TRUE(contents.ok()) << contents.status().ToString();
    EXPECT_EQ(*contents, expected) << "seed " << seed;
  }
}

TEST_F(ArchiveTest, AnotherFutureIsRefused) {
  ScriptedHistory history(4, 80);
  {
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok());
    Backup(***store);
    for (int i = 1; i <= 80; ++i) {
      ASSERT_TRUE(Write(***store, history.batch(i)).status.ok());
    }
  }
  auto backup = OpenReadOnlyStorage(disk_, "/backup", DirectoryLock::kTake);
  MemoryFileSystem restored_disk;
  {
    auto target = OpenLocalStorage(restored_disk, "/data");
    ASSERT_TRUE(Restore({.backup = backup->get(), .target = target->get()}).ok());
  }
  EngineOptions without_archive = options_;
  without_archive.log_archive = nullptr;
  // However many files it has written of its own since.
  for (int round = 0; round < 3; ++round) {
    Status status = TestStore::Open(restored_disk, options_).status();
    EXPECT_TRUE(status.Is(sqlstate::kObjectNotInPrerequisiteState)) << status.ToString();
    EXPECT_NE(status.message().find("log archive"), std::string::npos);
    auto store = TestStore::Open(restored_disk, without_archive);
    ASSERT_TRUE(store.ok());
    for (int i = 1; i <= 80; ++i) {
      ASSERT_TRUE(Write(***store, history.batch(i)).status.ok());
    }
  }
}

TEST_F(ArchiveTest, OneStoreAloneWritesToAnArchive) {
  ScriptedHistory history(4, 10);
  for (int round = 0; round < 2; ++round) {
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    for (int i = 1; i <= 10; ++i) {
      ASSERT_TRUE(Write(***store, history.batch(i)).status.ok());
    }
  }
  MemoryFileSystem other_disk;
  Status status = TestStore::Open(other_disk, options_).status();
  EXPECT_TRUE(status.Is(sqlstate::kObjectNotInPrerequisiteState)) << status.ToString();
}

}  // namespace
}  // namespace shale::engine
