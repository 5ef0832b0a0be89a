// Goal: a backup is the store as of its sequence number, whole, whatever happens meanwhile, and
// restores to exactly that; renewing it copies what is new; an interruption or a failure leaves the
// earlier one. Method: scripted histories of which every prefix is known, writers beside the
// backup, crash clones after every file call, an error at every file call.
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "engine/backup/backup_target.h"
#include "engine/backup/restore.h"
#include "engine/base/log.h"
#include "engine/env/fault_file_system.h"
#include "engine/env/memory_file_system.h"
#include "engine/env/read_only_storage.h"
#include "engine/lsm/backup_format.h"
#include "engine/mvcc/lsm_kv_store.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

constexpr uint64_t kSeed = 21;

class BackupTest : public testing::Test {
 protected:
  void SetUp() override {
    SetLogLevel(LogLevel::kError);
    options_ = TinyOptions();
    options_.value_separation_bytes = 64;
  }
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }

  static void WriteUpTo(LsmStore& store, const ScriptedHistory& history, int from, int to) {
    for (int i = from; i <= to; ++i) {
      ASSERT_TRUE(Write(store, history.batch(i)).status.ok());
    }
  }
  static Result<BackupSummary> Backup(LsmStore& store, FileSystem& disk, bool link = false) {
    ASSIGN_OR_RETURN(auto target, OpenLocalStorage(disk, "/backup"));
    return store.Checkpoint(target.get(), link);
  }
  Result<RestoreSummary> RestoreTo(FileSystem& disk, const std::string& directory,
                                   RestoreJob job = {}) {
    ASSIGN_OR_RETURN(auto backup, OpenReadOnlyStorage(disk, "/backup", DirectoryLock::kTake));
    ASSIGN_OR_RETURN(auto target, OpenLocalStorage(disk, directory));
    job.backup = backup.get();
    job.master_key = options_.master_key;
    job.target = target.get();
    return Restore(job);
  }
  // What the store in the directory holds.
  Result<Contents> ContentsOf(FileSystem& disk, const std::string& directory) {
    ASSIGN_OR_RETURN(auto storage, OpenLocalStorage(disk, directory));
    EngineOptions options = options_;
    options.storage = storage.get();
    options.owner_epoch = storage->epoch() + 1;
    ASSIGN_OR_RETURN(auto store, LsmStore::Open(options));
    RETURN_IF_ERROR(store->CheckConsistency());
    return ReadAll(*store);
  }
  CheckReport Check(FileSystem& disk, const std::string& directory) {
    auto storage = OpenReadOnlyStorage(disk, directory, DirectoryLock::kTake);
    if (!storage.ok()) return {.problems = {storage.status()}};
    EngineOptions options;
    options.storage = storage->get();
    options.master_key = options_.master_key;
    return CheckStore(options);
  }

  MemoryFileSystem disk_;
  EngineOptions options_;
};

TEST_F(BackupTest, IsTheStoreAsOfThen) {
  for (bool link : {false, true}) {
    MemoryFileSystem disk;
    ScriptedHistory history(kSeed, 60);
    {
      auto store = TestStore::Open(disk, options_);
      ASSERT_TRUE(store.ok());
      WriteUpTo(***store, history, 1, 40);
      auto summary = Backup(***store, disk, link);
      ASSERT_TRUE(summary.ok()) << summary.status().ToString();
      EXPECT_EQ(summary->sequence, 40u);
      EXPECT_GT(summary->files, 0u);
      EXPECT_EQ(link ? summary->files_linked : summary->files_copied, summary->files);
      WriteUpTo(***store, history, 41, 60);
      ASSERT_TRUE(CompactRange(***store).ok());
      EXPECT_TRUE((**store)->CheckConsistency().ok());
    }
    CheckReport report = Check(disk, "/backup");
    EXPECT_TRUE(report.ok()) << DescribeCheck(report);
    EXPECT_TRUE(report.orphans.empty()) << DescribeCheck(report);
    EXPECT_EQ(report.last_sequence, 40u);
    auto restored = RestoreTo(disk, "/restored");
    ASSERT_TRUE(restored.ok()) << restored.status().ToString();
    EXPECT_EQ(restored->sequence, 40u);
    EXPECT_EQ(*ContentsOf(disk, "/restored"), history.After(40));
    // In its place as well.
    EXPECT_EQ(*ContentsOf(disk, "/backup"), history.After(40));
    EXPECT_EQ(*ContentsOf(disk, "/data"), history.After(60));
  }
}

TEST_F(BackupTest, RenewingCopiesWhatIsNew) {
  options_ = OptionSet(7);
  options_.level0_compaction_files = 100;
  options_.level0_slowdown_files = 200;
  options_.level0_stop_files = 300;
  Contents expected;
  {
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok());
    // Other keys each time: nothing is worth compacting.
    auto write = [&](int round) {
      for (int i = 0; i < 20; ++i) {
        std::string key = fmt::format("{}/{}", round, i);
        ASSERT_TRUE(Put(***store, key, std::string(100, 'x')).ok());
        expected[key] = std::string(100, 'x');
      }
    };
    write(1);
    auto first = Backup(***store, disk_);
    ASSERT_TRUE(first.ok()) << first.status().ToString();
    write(2);
    auto second = Backup(***store, disk_);
    ASSERT_TRUE(second.ok()) << second.status().ToString();
    EXPECT_EQ(second->files_kept, first->files);
    EXPECT_GT(second->files_copied, 0u);
    EXPECT_EQ(second->sequence, 40u);
    // Nothing new.
    auto third = Backup(***store, disk_);
    ASSERT_TRUE(third.ok()) << third.status().ToString();
    EXPECT_EQ(third->files_copied, 0u);
    EXPECT_EQ(third->files_kept, second->files);
    // All rewritten: the old files go.
    write(3);
    ASSERT_TRUE(CompactRange(***store).ok());
    auto fourth = Backup(***store, disk_);
    ASSERT_TRUE(fourth.ok()) << fourth.status().ToString();
    EXPECT_EQ(fourth->files_kept, 0u);
  }
  CheckReport report = Check(disk_, "/backup");
  EXPECT_TRUE(report.ok() && report.orphans.empty()) << DescribeCheck(report);
  ASSERT_TRUE(RestoreTo(disk_, "/restored").ok());
  EXPECT_EQ(*ContentsOf(disk_, "/restored"), expected);
}

TEST_F(BackupTest, GoesOnBesideWriters) {
  options_ = OptionSet(1);
  auto store = TestStore::Open(disk_, options_);
  ASSERT_TRUE(store.ok());
  // Pairs that always agree, and a counter that says how many commits are in.
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  std::thread writer([&] {
    for (int i = 1; !stop.load(); ++i) {
      WriteBatch batch;
      batch.Put(fmt::format("left/{}", i % 50), fmt::format("{}", i));
      batch.Put(fmt::format("right/{}", i % 50), fmt::format("{}", i));
      batch.Put(kCounterKey, fmt::format("{}", i));
      ASSERT_TRUE(Write(***store, std::move(batch)).status.ok());
      written.store(i);
    }
  });
  int last = 0;
  for (int round = 0; round < (kSanitized ? 3 : 12); ++round) {
    int before = written.load();
    auto summary = Backup(***store, disk_, round % 2 == 0);
    ASSERT_TRUE(summary.ok()) << summary.status().ToString();
    int after = written.load();
    std::string directory = fmt::format("/restored{}", round);
    auto restored = RestoreTo(disk_, directory);
    ASSERT_TRUE(restored.ok()) << restored.status().ToString();
    auto contents = ContentsOf(disk_, directory);
    ASSERT_TRUE(contents.ok()) << contents.status().ToString();
    int counter = CounterOf(*contents);
    EXPECT_GE(counter, before);
    EXPECT_LE(counter, after + 1);
    EXPECT_GE(counter, last);
    EXPECT_EQ(static_cast<SequenceNumber>(counter), summary->sequence);
    last = counter;
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ((*contents)[fmt::format("left/{}", i)], (*contents)[fmt::format("right/{}", i)]);
    }
  }
  stop.store(true);
  writer.join();
}

// Renewed after its keys were rotated, by a store whose tables are of both generations.
TEST_F(BackupTest, AnEncryptedStoreIsBackedUpEncrypted) {
  options_.master_key = TestMasterKey();
  ScriptedHistory history(kSeed, 60);
  {
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    WriteUpTo(***store, history, 1, 30);
    ASSERT_TRUE(Backup(***store, disk_).ok());
    ASSERT_TRUE(BlockingWait((**store)->RotateEncryptionKey()).ok());
    WriteUpTo(***store, history, 31, 60);
    auto renewed = Backup(***store, disk_, true);
    ASSERT_TRUE(renewed.ok()) << renewed.status().ToString();
  }
  CheckReport report = Check(disk_, "/backup");
  EXPECT_TRUE(report.ok()) << DescribeCheck(report);
  auto restored = RestoreTo(disk_, "/restored");
  ASSERT_TRUE(restored.ok()) << restored.status().ToString();
  EXPECT_EQ(*ContentsOf(disk_, "/restored"), history.After(60));
  for (const std::string& path : disk_.ListFiles()) {
    if (path.find("backup/") == std::string::npos) continue;
    EXPECT_EQ(disk_.ReadWhole(path)->find(kCounterKey), std::string::npos) << path;
  }
  options_.master_key = nullptr;
  Status status = RestoreTo(disk_, "/without").status();
  EXPECT_TRUE(status.Is(sqlstate::kObjectNotInPrerequisiteState)) << status.ToString();
  EXPECT_FALSE(Check(disk_, "/backup").ok());
  options_.master_key = std::make_shared<const SecretKey>("another master key, of 32 bytes.");
  EXPECT_TRUE(RestoreTo(disk_, "/wrong").status().Is(sqlstate::kInvalidAuthorizationSpecification));
}

TEST_F(BackupTest, OtherContentsAreNeverOverwritten) {
  ScriptedHistory history(kSeed, 30);
  ScriptedHistory other_history(kSeed + 1, 30);
  auto store = TestStore::Open(disk_, options_);
  ASSERT_TRUE(store.ok());
  WriteUpTo(***store, history, 1, 30);
  // Files that are no backup.
  ASSERT_TRUE(OpenLocalStorage(disk_, "/backup").ok());
  ASSERT_TRUE(disk_.ReplaceWhole("/backup/blobs/table-00000000000000000001", "x").ok());
  Status status = Backup(***store, disk_).status();
  EXPECT_TRUE(status.Is(sqlstate::kObjectNotInPrerequisiteState)) << status.ToString();
  ASSERT_TRUE(disk_.Remove("/backup/blobs/table-00000000000000000001").ok());
  ASSERT_TRUE(Backup(***store, disk_).ok());
  // Another store.
  MemoryFileSystem other_disk;
  auto other = TestStore::Open(other_disk, options_);
  ASSERT_TRUE(other.ok());
  WriteUpTo(***other, other_history, 1, 30);
  status = Backup(***other, disk_).status();
  EXPECT_TRUE(status.Is(sqlstate::kObjectNotInPrerequisiteState)) << status.ToString();
  EXPECT_NE(status.message().find("another store"), std::string::npos) << status.ToString();
  EXPECT_TRUE(Check(disk_, "/backup").ok());
  // A store that was started in the backup's place.
  ASSERT_EQ(*ContentsOf(disk_, "/backup"), history.After(30));
  status = Backup(***store, disk_).status();
  EXPECT_TRUE(status.Is(sqlstate::kObjectNotInPrerequisiteState)) << status.ToString();
  EXPECT_NE(status.message().find("no backup"), std::string::npos);
  EXPECT_TRUE(RestoreTo(disk_, "/restored").status().Is(sqlstate::kObjectNotInPrerequisiteState));
  // Nor is a store restored over.
  EXPECT_TRUE(RestoreTo(disk_, "/data").status().Is(sqlstate::kObjectInUse));
}

TEST_F(BackupTest, DamageIsNotBackedUpAndNotRestored) {
  for (const std::string kind : {"table-", "values-"}) {
    MemoryFileSystem disk;
    ScriptedHistory history(kSeed, 40);
    auto store = TestStore::Open(disk, options_);
    ASSERT_TRUE(store.ok());
    WriteUpTo(***store, history, 1, 20);
    ASSERT_TRUE(Backup(***store, disk).ok());
    std::string damaged_path;
    for (const std::string& path : disk.ListFiles()) {
      if (path.find("backup/blobs/" + kind) != std::string::npos) damaged_path = path;
    }
    ASSERT_NE(damaged_path, "");
    auto damaged = disk.CrashClone({CrashSurvival::kAll, 0});
    ASSERT_TRUE(damaged->Corrupt(damaged_path, 30, 4).ok());
    Status status = RestoreTo(*damaged, "/restored").status();
    EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted)) << status.ToString();
    EXPECT_NE(status.message().find(kind), std::string::npos);
    EXPECT_FALSE(Check(*damaged, "/backup").ok());

    // Damage in the store: the backup made before stays as it is.
    WriteUpTo(***store, history, 21, 40);
    ASSERT_TRUE(CompactRange(***store).ok());
    for (const std::string& path : disk.ListFiles()) {
      if (path.find("data/blobs/" + kind) != std::string::npos) {
        ASSERT_TRUE(disk.Corrupt(path, 25, 1).ok());
      }
    }
    status = Backup(***store, disk).status();
    EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted)) << status.ToString();
    ASSERT_TRUE(RestoreTo(disk, "/restored").ok());
    EXPECT_EQ(*ContentsOf(disk, "/restored"), history.After(20));
  }
}

// A crash after any file call of a first backup and of its renewal: the one in force restores to a
// prefix that was asked for, and the next backup succeeds.
TEST_F(BackupTest, NoCrashHarmsTheEarlierBackup) {
  ScriptedHistory history(kSeed, 40);
  struct Point {
    std::unique_ptr<MemoryFileSystem> disk;
    int floor;  // a backup of this prefix had been reported
  };
  std::vector<Point> points;
  std::atomic<int> reported{0};
  std::atomic<bool> collecting{false};
  std::mutex mutex;
  uint64_t calls = 0;
  disk_.set_mutation_hook([&](FileOperation, const std::string& path) {
    if (!collecting.load() || path.find("backup") == std::string::npos) return;
    std::lock_guard lock(mutex);
    if (++calls % (kSanitized ? 9 : 1) != 0) return;
    auto mode = calls % 3 == 0   ? CrashOptions{CrashSurvival::kNone, calls}
                : calls % 3 == 1 ? CrashOptions{CrashSurvival::kAll, calls}
                                 : CrashOptions::Worst(calls);
    int floor = reported.load();
    points.push_back({disk_.CrashClone(mode), floor});
  });
  {
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok());
    for (int prefix : {15, 30, 40}) {
      WriteUpTo(***store, history, prefix == 15 ? 1 : reported.load() + 1, prefix);
      collecting.store(true);
      ASSERT_TRUE(Backup(***store, disk_).ok());
      collecting.store(false);
      reported.store(prefix);
    }
  }
  disk_.set_mutation_hook(nullptr);
  int whole = 0;
  for (Point& point : points) {
    auto restored = RestoreTo(*point.disk, "/restored");
    if (point.floor > 0) {
      ASSERT_TRUE(restored.ok()) << restored.status().ToString();
    }
    if (restored.ok()) {
      ++whole;
      auto contents = ContentsOf(*point.disk, "/restored");
      ASSERT_TRUE(contents.ok()) << contents.status().ToString();
      EXPECT_GE(CounterOf(*contents), point.floor);
      EXPECT_EQ(*contents, history.After(CounterOf(*contents)));
    }
    auto store = TestStore::Open(*point.disk, options_);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    auto again = Backup(***store, *point.disk);
    ASSERT_TRUE(again.ok()) << again.status().ToString();
    CheckReport report = Check(*point.disk, "/backup");
    EXPECT_TRUE(report.ok() && report.orphans.empty()) << DescribeCheck(report);
  }
  fmt::print("backup crash points: {}, with a whole backup: {}\n", points.size(), whole);
  EXPECT_GT(points.size(), kSanitized ? 10u : 100u);
}

// Each file call of a renewal fails: an error is reported, and the earlier backup or the new one is
// there.
TEST_F(BackupTest, NoFailedCallHarmsTheEarlierBackup) {
  ScriptedHistory history(kSeed, 30);
  {
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok());
    WriteUpTo(***store, history, 1, 20);
    ASSERT_TRUE(Backup(***store, disk_).ok());
    WriteUpTo(***store, history, 21, 30);
    ASSERT_TRUE(Flush(***store).ok());
  }
  int failures = 0;
  for (uint64_t nth = 1;; nth += kSanitized ? 13 : 1) {
    auto disk = disk_.CrashClone({CrashSurvival::kAll, 0});
    auto store = TestStore::Open(*disk, options_);
    ASSERT_TRUE(store.ok());
    FaultFileSystem faulty(*disk);
    faulty.FailCall(nth);
    auto summary = Backup(***store, faulty);
    bool injected = faulty.faults_injected() > 0;
    store->reset();
    if (!summary.ok()) ++failures;
    auto restored = RestoreTo(*disk, "/restored");
    ASSERT_TRUE(restored.ok()) << "call " << nth << ": " << restored.status().ToString();
    auto contents = ContentsOf(*disk, "/restored");
    ASSERT_TRUE(contents.ok());
    int counter = CounterOf(*contents);
    EXPECT_TRUE(counter == 30 || (counter == 20 && !summary.ok())) << counter;
    EXPECT_EQ(*contents, history.After(counter));
    if (!injected) break;
  }
  fmt::print("backup with failing file calls: {} reported\n", failures);
  EXPECT_GT(failures, 5);
}

TEST_F(BackupTest, ThroughTheSeam) {
  ThreadPool io("io", 2);
  auto storage = OpenLocalStorage(disk_, "/data");
  ASSERT_TRUE(storage.ok());
  EngineOptions options = options_;
  options.storage = storage->get();
  options.io_executor = &io;
  {
    auto store = LsmKvStore::Open(options);
    ASSERT_TRUE(store.ok());
    Status status = BlockingWait((*store)->Backup({.name = "x"})).status();
    EXPECT_TRUE(status.Is(sqlstate::kFeatureNotSupported));
  }
  options.owner_epoch = 2;
  options.open_backup_target = [this](const std::string& name) {
    return OpenBackupTarget(disk_, "/backups", name);
  };
  auto store = LsmKvStore::Open(options);
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  auto transaction = (*store)->Begin({});
  ASSERT_TRUE(transaction->Put("k", "v").ok());
  ASSERT_EQ(BlockingWait(transaction->Commit()).outcome, CommitOutcome::kCommitted);
  transaction.reset();
  auto summary = BlockingWait((*store)->Backup({.name = "nightly/1"}));
  ASSERT_TRUE(summary.ok()) << summary.status().ToString();
  EXPECT_GT(summary->sequence, 0u);
  EXPECT_TRUE(Check(disk_, "/backups/nightly/1").ok());
  EXPECT_TRUE(BlockingWait((*store)->Check()).ok());
  for (const char* name :
       {"", "..", "../x", "a/../b", "/etc", "a//b", "a/", ".hidden", "a b", "a\n"}) {
    Status refused = BlockingWait((*store)->Backup({.name = name})).status();
    EXPECT_TRUE(refused.Is(sqlstate::kInvalidName)) << name << ": " << refused.ToString();
  }
}

}  // namespace
}  // namespace shale::engine
