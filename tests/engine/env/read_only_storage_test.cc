// Goal: who only looks changes nothing and sees all. Method: a directory with every kind of file
// and remains of a crash; every call that reads gives what the storage itself gives, every other
// call is refused, and not one mutating call reaches the file system.
#include "engine/env/read_only_storage.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/env/memory_file_system.h"

namespace shale::engine {
namespace {

class ReadOnlyStorageTest : public testing::Test {
 protected:
  void SetUp() override {
    auto storage = OpenLocalStorage(disk_, "/data");
    ASSERT_TRUE(storage.ok());
    auto blob = *(*storage)->CreateBlob("table");
    ASSERT_TRUE(blob->Append("contents").ok());
    ASSERT_TRUE(blob->Finish().ok());
    log_ = *(*storage)->CreateLog("log-1", 3, 0);
    ASSERT_TRUE(log_->Append(3, 0, "records").ok());
    ASSERT_TRUE((*storage)->CompareAndSet("root", 0, "value").ok());
    storage_ = *std::move(storage);
  }
  void Close() {
    log_.reset();
    storage_.reset();
  }

  MemoryFileSystem disk_;
  std::unique_ptr<LocalStorage> storage_;
  std::unique_ptr<LogWriter> log_;
};

TEST_F(ReadOnlyStorageTest, ReadsEverythingAndChangesNothing) {
  Close();
  ASSERT_TRUE(disk_.ReplaceWhole("/data/blobs/unfinished~", "half").ok());
  int changes = 0;
  disk_.set_mutation_hook([&](FileOperation, const std::string&) { ++changes; });
  {
    auto storage = OpenReadOnlyStorage(disk_, "/data", DirectoryLock::kTake);
    ASSERT_TRUE(storage.ok()) << storage.status().ToString();
    EXPECT_EQ((*storage)->epoch(), 3u);
    EXPECT_EQ((*storage)->ReadRegister("root")->bytes, "value");
    EXPECT_EQ((*storage)->ReadRegister("absent")->version, 0u);
    EXPECT_EQ((*storage)->ListBlobs()->size(), 1u);
    EXPECT_EQ((*storage)->ListLogs()->size(), 1u);
    char buffer[8];
    auto blob = (*storage)->OpenBlob("table");
    ASSERT_TRUE(blob.ok() && (*blob)->Read(0, 8, buffer).ok());
    EXPECT_EQ(std::string(buffer, 8), "contents");
    auto log = (*storage)->OpenLog("log-1");
    ASSERT_TRUE(log.ok());
    EXPECT_EQ(*(*log)->Read(0, 7, buffer), 7u);
    EXPECT_EQ(std::string(buffer, 7), "records");
    for (const Status& status :
         {(*storage)->CreateBlob("b").status(), (*storage)->DeleteBlob("table"),
          (*storage)->CreateLog("l", 9, 0).status(), (*storage)->DeleteLog("log-1"),
          (*storage)->CompareAndSet("root", 1, "other")}) {
      EXPECT_TRUE(status.Is(sqlstate::kReadOnlySqlTransaction)) << status.ToString();
    }
  }
  disk_.set_mutation_hook(nullptr);
  EXPECT_EQ(changes, 0);
  EXPECT_TRUE(*disk_.Exists("/data/blobs/unfinished~"));
}

TEST_F(ReadOnlyStorageTest, LeavesADamagedRegisterCopyAsItIs) {
  Close();
  for (const char* copy : {"/data/registers/root~0", "/data/registers/root~1"}) {
    auto disk = disk_.CrashClone({CrashSurvival::kAll, 0});
    ASSERT_TRUE(disk->Corrupt(copy, 26, 0x40).ok());
    std::string damaged = *disk->ReadWhole(copy);
    auto storage = OpenReadOnlyStorage(*disk, "/data", DirectoryLock::kTake);
    ASSERT_TRUE(storage.ok());
    EXPECT_EQ((*storage)->ReadRegister("root")->bytes, "value");
    EXPECT_EQ(*disk->ReadWhole(copy), damaged);
  }
}

TEST_F(ReadOnlyStorageTest, TheLockIsTakenUnlessAskedNotTo) {
  Status refused = OpenReadOnlyStorage(disk_, "/data", DirectoryLock::kTake).status();
  EXPECT_TRUE(refused.Is(sqlstate::kObjectInUse));
  EXPECT_NE(refused.message().find("/data"), std::string::npos);
  EXPECT_TRUE(OpenReadOnlyStorage(disk_, "/data", DirectoryLock::kLeave).ok());
  Close();
  auto reader = OpenReadOnlyStorage(disk_, "/data", DirectoryLock::kTake);
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(OpenLocalStorage(disk_, "/data").status().Is(sqlstate::kObjectInUse));
}

TEST_F(ReadOnlyStorageTest, OtherDirectoriesAreNamed) {
  Status status = OpenReadOnlyStorage(disk_, "/nowhere", DirectoryLock::kTake).status();
  EXPECT_TRUE(status.Is(sqlstate::kUndefinedFile));
  EXPECT_NE(status.message().find("/nowhere"), std::string::npos);
}

TEST_F(ReadOnlyStorageTest, ASingleFileAnswersToAnyName) {
  auto storage = NewSingleFileStorage(disk_, "/data/blobs/table");
  EXPECT_EQ((*storage->OpenBlob("x"))->size(), 8u);
  EXPECT_EQ((*storage->OpenLog("y"))->name(), "/data/blobs/table");
  EXPECT_TRUE(storage->DeleteBlob("x").Is(sqlstate::kReadOnlySqlTransaction));
  auto missing = NewSingleFileStorage(disk_, "/data/blobs/none");
  EXPECT_TRUE(missing->OpenBlob("x").status().Is(sqlstate::kUndefinedFile));
}

}  // namespace
}  // namespace shale::engine
