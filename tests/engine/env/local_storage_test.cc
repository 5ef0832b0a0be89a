// Goal: one owner per directory, stale epochs refused, a failed sync final, damaged registers
// restored or refused, and no call's failure goes unnoticed. Method: by example on the in-memory
// file system, every damage of every byte of a register's copies, and a sweep that fails each call
// in turn.
#include "engine/env/local_storage.h"

#include <gtest/gtest.h>

#include "engine/base/log.h"
#include "engine/env/fault_file_system.h"
#include "engine/env/memory_file_system.h"

namespace shale::engine {
namespace {

class LocalStorageTest : public testing::Test {
 protected:
  // Restored copies are reported; the tests mean them to be.
  LocalStorageTest() { SetLogLevel(LogLevel::kOff); }
  ~LocalStorageTest() override { SetLogLevel(LogLevel::kInfo); }

  MemoryFileSystem fs_;
};

TEST_F(LocalStorageTest, HasOneOwner) {
  auto first = OpenLocalStorage(fs_, "data");
  ASSERT_TRUE(first.ok());
  Status second = OpenLocalStorage(fs_, "data").status();
  EXPECT_TRUE(second.Is(sqlstate::kObjectInUse));
  EXPECT_EQ(second.message(), "data directory \"data\" is in use by another server");
  first->reset();
  EXPECT_TRUE(OpenLocalStorage(fs_, "data").ok());
  EXPECT_TRUE(OpenLocalStorage(fs_, "no/such").status().Is(sqlstate::kUndefinedFile));
}

TEST_F(LocalStorageTest, RemovesTemporariesAtOpen) {
  std::unique_ptr<MemoryFileSystem> crashed;
  {
    auto storage = *OpenLocalStorage(fs_, "data");
    auto writer = *storage->CreateBlob("a");
    ASSERT_TRUE(writer->Append(std::string(200'000, 'x')).ok());
    ASSERT_TRUE(writer->Append(std::string(200'000, 'x')).ok());
    crashed = fs_.CrashClone({CrashSurvival::kAll});
  }
  EXPECT_TRUE(*crashed->Exists("data/blobs/a~"));
  auto storage = *OpenLocalStorage(*crashed, "data");
  EXPECT_FALSE(*crashed->Exists("data/blobs/a~"));
  EXPECT_TRUE(storage->ListBlobs()->empty());
}

TEST_F(LocalStorageTest, EpochsAreKeptAndFence) {
  {
    auto storage = *OpenLocalStorage(fs_, "data");
    EXPECT_EQ(storage->epoch(), 0u);
    auto old_log = *storage->CreateLog("1", 3, 0);
    EXPECT_EQ(storage->epoch(), 3u);
    EXPECT_TRUE(old_log->Append(3, 0, "x").ok());
    auto new_log = *storage->CreateLog("2", 4, 0);
    Status stale = old_log->Append(3, 1, "x");
    EXPECT_TRUE(stale.Is(sqlstate::kSerializationFailure));
    EXPECT_NE(stale.message().find("epoch 3 is stale"), std::string::npos);
    EXPECT_TRUE(new_log->Append(4, 0, "x").ok());
    EXPECT_TRUE(storage->CreateLog("3", 3, 0).status().Is(sqlstate::kSerializationFailure));
  }
  auto after = fs_.CrashClone({});
  auto storage = *OpenLocalStorage(*after, "data");
  EXPECT_EQ(storage->epoch(), 4u);
  EXPECT_TRUE(storage->CreateLog("3", 3, 0).status().Is(sqlstate::kSerializationFailure));
  EXPECT_TRUE(storage->CreateLog("3", 4, 0).ok());
}

TEST_F(LocalStorageTest, SyncedAppendsWriteDataAlone) {
  FaultFileSystem counting(fs_);
  auto storage = *OpenLocalStorage(counting, "data");
  auto log = *storage->CreateLog("1", 1, 1 << 20);
  counting.ResetCounts();
  uint64_t length = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(log->Append(1, length, "a record of some length").ok());
    length += 23;
    ASSERT_TRUE(log->Sync().ok());
  }
  EXPECT_EQ(counting.total_calls(), 200u);
  EXPECT_EQ(counting.calls(FileOperation::kWrite), 100u);
  EXPECT_EQ(counting.calls(FileOperation::kSync), 100u);
  EXPECT_EQ(fs_.ReadWhole("data/log/1")->size(), size_t{1} << 20);
}

TEST_F(LocalStorageTest, AFailedLogSyncIsFinal) {
  FaultFileSystem faults(fs_);
  faults.set_lose_unsynced_data([this](const std::string& p) { return fs_.LoseUnsyncedData(p); });
  auto storage = *OpenLocalStorage(faults, "data");
  auto log = *storage->CreateLog("1", 1, 4096);
  ASSERT_TRUE(log->Append(1, 0, "kept").ok());
  ASSERT_TRUE(log->Sync().ok());
  faults.AddRule({.path_contains = "log/", .effect = FaultEffect::kSyncLosesData});
  ASSERT_TRUE(log->Append(1, 4, "lost").ok());
  EXPECT_TRUE(log->Sync().Is(sqlstate::kIoError));
  EXPECT_TRUE(log->Sync().Is(sqlstate::kIoError));
  EXPECT_TRUE(log->Append(1, 8, "more").Is(sqlstate::kIoError));
  EXPECT_TRUE(log->Seal().Is(sqlstate::kIoError));
  EXPECT_EQ(fs_.CrashClone({})->ReadWhole("data/log/1")->substr(0, 8),
            std::string("kept\0\0\0\0", 8));
}

// A process is killed between append and sync, the next one recovers the record, and then power
// fails.
TEST_F(LocalStorageTest, WhatRecoveryReadsIsDurable) {
  {
    auto storage = *OpenLocalStorage(fs_, "data");
    auto log = *storage->CreateLog("1", 1, 4096);
    ASSERT_TRUE(log->Append(1, 0, "unsynced").ok());
  }
  EXPECT_EQ((*fs_.CrashClone({})->ReadWhole("data/log/1"))[0], '\0');
  auto storage = *OpenLocalStorage(fs_, "data");
  auto reader = *storage->OpenLog("1");
  char buffer[8];
  ASSERT_EQ(*reader->Read(0, 8, buffer), 8u);
  ASSERT_EQ(std::string_view(buffer, 8), "unsynced");
  EXPECT_EQ(fs_.CrashClone({})->ReadWhole("data/log/1")->substr(0, 8), "unsynced");
}

TEST_F(LocalStorageTest, AFullDiskIsSaidAndPasses) {
  auto storage = *OpenLocalStorage(fs_, "data");
  auto log = *storage->CreateLog("1", 1, 8192);
  ASSERT_TRUE(storage->CompareAndSet("root", 0, "one").ok());
  fs_.set_capacity_bytes(fs_.used_bytes());
  EXPECT_EQ(*storage->FreeBytes(), 0u);
  ASSERT_TRUE(log->Append(1, 0, std::string(8192, 'x')).ok());
  EXPECT_TRUE(log->Append(1, 8192, "x").Is(sqlstate::kDiskFull));
  EXPECT_TRUE(storage->CreateLog("2", 1, 8192).status().Is(sqlstate::kDiskFull));
  EXPECT_FALSE(*fs_.Exists("data/log/2"));
  auto blob = *storage->CreateBlob("b");
  ASSERT_TRUE(blob->Append("bytes").ok());
  EXPECT_TRUE(blob->Finish().Is(sqlstate::kDiskFull));
  blob.reset();
  EXPECT_TRUE(storage->CompareAndSet("root", 1, std::string(5000, 'x')).Is(sqlstate::kDiskFull));
  EXPECT_TRUE(storage->CompareAndSet("root", 1, "two").ok());  // fits where it is
  fs_.set_capacity_bytes(1 << 30);
  EXPECT_TRUE(log->Append(1, 8192, "x").ok());
  EXPECT_TRUE(log->Sync().ok());
  EXPECT_TRUE(storage->CompareAndSet("root", 2, std::string(5000, 'x')).ok());
  EXPECT_TRUE(storage->CreateLog("2", 1, 8192).ok());
}

TEST_F(LocalStorageTest, ARegisterOutlivesTheDamageOfOneCopy) {
  {
    auto storage = *OpenLocalStorage(fs_, "data");
    ASSERT_TRUE(storage->CompareAndSet("root", 0, "first").ok());
    ASSERT_TRUE(storage->CompareAndSet("root", 1, "second").ok());
  }
  const size_t record_bytes = 24 + 6 + 8;
  for (const char* copy : {"data/registers/root~0", "data/registers/root~1"}) {
    for (size_t offset = 0; offset < record_bytes; ++offset) {
      auto damaged = fs_.CrashClone({});
      ASSERT_TRUE(damaged->Corrupt(copy, offset, 0x41).ok());
      for (int round = 0; round < 2; ++round) {
        auto storage = *OpenLocalStorage(*damaged, "data");
        RegisterValue value = *storage->ReadRegister("root");
        ASSERT_EQ(value.version, 2u);
        ASSERT_EQ(value.bytes, "second");
      }
      // The damaged copy was restored.
      ASSERT_EQ(*damaged->ReadWhole(copy), *fs_.ReadWhole(copy));
    }
    auto missing = fs_.CrashClone({});
    ASSERT_TRUE(missing->Remove(copy).ok());
    auto storage = *OpenLocalStorage(*missing, "data");
    EXPECT_EQ(storage->ReadRegister("root")->bytes, "second");
    EXPECT_TRUE(storage->CompareAndSet("root", 2, "third").ok());
  }
}

TEST_F(LocalStorageTest, ARegisterWithBothCopiesDamagedIsRefused) {
  {
    auto storage = *OpenLocalStorage(fs_, "data");
    ASSERT_TRUE(storage->CompareAndSet("root", 0, "first").ok());
    ASSERT_TRUE(storage->CompareAndSet("other", 0, "first").ok());
  }
  ASSERT_TRUE(fs_.Corrupt("data/registers/root~0", 30, 1).ok());
  ASSERT_TRUE(fs_.Corrupt("data/registers/root~1", 30, 1).ok());
  auto storage = *OpenLocalStorage(fs_, "data");
  EXPECT_TRUE(storage->ReadRegister("root").status().Is(sqlstate::kDataCorrupted));
  EXPECT_TRUE(storage->CompareAndSet("root", 0, "x").Is(sqlstate::kDataCorrupted));
  EXPECT_EQ(storage->ReadRegister("other")->bytes, "first");
  storage.reset();

  // Copies that changed places or names do not pass.
  std::string first = *fs_.ReadWhole("data/registers/other~0");
  std::string second = *fs_.ReadWhole("data/registers/other~1");
  ASSERT_TRUE(fs_.ReplaceWhole("data/registers/other~0", second).ok());
  ASSERT_TRUE(fs_.ReplaceWhole("data/registers/other~1", first).ok());
  ASSERT_TRUE(fs_.ReplaceWhole("data/registers/new~0", first).ok());
  ASSERT_TRUE(fs_.ReplaceWhole("data/registers/new~1", second).ok());
  storage = *OpenLocalStorage(fs_, "data");
  EXPECT_TRUE(storage->ReadRegister("other").status().Is(sqlstate::kDataCorrupted));
  EXPECT_TRUE(storage->ReadRegister("new").status().Is(sqlstate::kDataCorrupted));
}

TEST_F(LocalStorageTest, AnUnknownRegisterOutcomeIsSaid) {
  FaultFileSystem faults(fs_);
  auto storage = *OpenLocalStorage(faults, "data");
  ASSERT_TRUE(storage->CompareAndSet("root", 0, "one").ok());
  faults.AddRule({.operation = FileOperation::kSync, .path_contains = "root~1"});
  EXPECT_TRUE(storage->CompareAndSet("root", 1, "two").Is(sqlstate::kStatementCompletionUnknown));
  EXPECT_TRUE(storage->ReadRegister("root").status().Is(sqlstate::kIoError));
  EXPECT_TRUE(storage->CompareAndSet("root", 1, "two").Is(sqlstate::kIoError));
  storage.reset();
  EXPECT_EQ((*OpenLocalStorage(fs_, "data"))->ReadRegister("root")->bytes, "two");
}

// What a client of the storage was told, and what it finds afterwards.
struct Journal {
  std::string register_acknowledged;
  std::string register_attempted;
  std::vector<std::string> blobs;
  std::string log_synced;
  bool all_ok = true;
};

Journal Work(Storage& storage) {
  Journal journal;
  auto note = [&journal](const Status& status) {
    journal.all_ok &= status.ok();
    return status.ok();
  };
  auto log = storage.CreateLog("log", 1, 4096);
  note(log.status());
  std::string appended;
  uint64_t version = 0;
  for (int i = 0; i < 3; ++i) {
    std::string value = "value" + std::to_string(i);
    if (journal.register_attempted == journal.register_acknowledged) {
      journal.register_attempted = value;
      if (note(storage.CompareAndSet("root", version, value))) {
        journal.register_acknowledged = value;
        ++version;
      }
    }
    auto blob = storage.CreateBlob(value);
    if (note(blob.status()) && note((*blob)->Append(value)) && note((*blob)->Finish())) {
      journal.blobs.push_back(value);
    }
    if (log.ok() && note((*log)->Append(1, appended.size(), value))) {
      appended += value;
      if (note((*log)->Sync())) journal.log_synced = appended;
    }
  }
  return journal;
}

// Empty where the storage holds everything that the journal was promised.
std::string Verify(FileSystem& fs, const Journal& journal) {
  auto storage = OpenLocalStorage(fs, "data");
  if (!storage.ok()) return storage.status().ToString();
  Result<RegisterValue> root = (*storage)->ReadRegister("root");
  if (!root.ok()) return root.status().ToString();
  if (root->bytes != journal.register_acknowledged && root->bytes != journal.register_attempted) {
    return "register holds " + root->bytes + " instead of " + journal.register_acknowledged;
  }
  for (const std::string& name : journal.blobs) {
    auto blob = (*storage)->OpenBlob(name);
    if (!blob.ok()) return blob.status().ToString();
    std::string bytes((*blob)->size(), '\0');
    if (!(*blob)->Read(0, bytes.size(), bytes.data()).ok() || bytes != name) return "blob " + name;
  }
  if (!journal.log_synced.empty()) {
    auto log = (*storage)->OpenLog("log");
    if (!log.ok()) return log.status().ToString();
    std::string bytes(journal.log_synced.size(), '\0');
    if (!(*log)->Read(0, bytes.size(), bytes.data()).ok() || bytes != journal.log_synced) {
      return "log holds " + bytes;
    }
  }
  return "";
}

TEST_F(LocalStorageTest, EachCallFailsOnceOrForEver) {
  uint64_t calls = 0;
  {
    MemoryFileSystem fs;
    FaultFileSystem faults(fs);
    auto storage = *OpenLocalStorage(faults, "data");
    faults.ResetCounts();
    Journal journal = Work(*storage);
    EXPECT_TRUE(journal.all_ok);
    calls = faults.total_calls();
    storage.reset();
    EXPECT_EQ(Verify(fs, journal), "");
  }
  EXPECT_GT(calls, 80u);
  uint64_t injected = 0;
  for (FaultEffect effect : {FaultEffect::kIoError, FaultEffect::kNoSpace,
                             FaultEffect::kPartialWrite, FaultEffect::kSyncLosesData}) {
    for (bool for_ever : {false, true}) {
      for (uint64_t call = 1; call <= calls; ++call) {
        MemoryFileSystem fs;
        FaultFileSystem faults(fs);
        faults.set_lose_unsynced_data(
            [&fs](const std::string& p) { return fs.LoseUnsyncedData(p); });
        auto storage = *OpenLocalStorage(faults, "data");
        faults.ResetCounts();
        faults.FailCall(call, effect, for_ever);
        Journal journal = Work(*storage);
        ASSERT_GE(faults.faults_injected(), 1u);
        injected += faults.faults_injected();
        storage.reset();
        for (CrashSurvival survival : {CrashSurvival::kNone, CrashSurvival::kAll}) {
          auto crashed = fs.CrashClone({survival});
          ASSERT_EQ(Verify(*crashed, journal), "")
              << "call " << call << " effect " << static_cast<int>(effect) << " for ever "
              << for_ever << " survival " << static_cast<int>(survival);
        }
      }
    }
  }
  RecordProperty("faults_injected", static_cast<int>(injected));
}

}  // namespace
}  // namespace shale::engine
