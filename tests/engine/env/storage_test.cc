// Goal: every Storage keeps its contract. Method: the same checks on LocalStorage over the
// in-memory and the real file system, and on SimulatedStorage.
#include "engine/env/storage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "engine/env/simulated_storage.h"

namespace shale::engine {
namespace {

enum class Kind { kLocalMemory, kLocalPosix, kSimulated };

class StorageTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    switch (GetParam()) {
      case Kind::kLocalMemory:
        storage_ = *OpenLocalStorage(memory_, "data");
        break;
      case Kind::kLocalPosix: {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "shale_storage_XXXXXX").string();
        directory_ = mkdtemp(pattern.data());
        storage_ = *OpenLocalStorage(PosixFileSystem(), directory_);
        break;
      }
      case Kind::kSimulated:
        storage_ = cluster_.Attach(1);
    }
  }
  void TearDown() override {
    storage_.reset();
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  void PutBlob(const std::string& name, std::string_view bytes) {
    auto writer = *storage_->CreateBlob(name);
    ASSERT_TRUE(writer->Append(bytes).ok());
    ASSERT_TRUE(writer->Finish().ok());
  }
  static std::vector<std::string> Names(std::vector<StorageItem> items) {
    std::vector<std::string> names;
    for (auto& item : items) names.push_back(item.name);
    std::sort(names.begin(), names.end());
    return names;
  }

  MemoryFileSystem memory_;
  std::string directory_;
  SimulatedCluster cluster_;
  std::unique_ptr<Storage> storage_;
};

INSTANTIATE_TEST_SUITE_P(All, StorageTest,
                         testing::Values(Kind::kLocalMemory, Kind::kLocalPosix, Kind::kSimulated),
                         [](const auto& info) {
                           switch (info.param) {
                             case Kind::kLocalMemory:
                               return "LocalMemory";
                             case Kind::kLocalPosix:
                               return "LocalPosix";
                             case Kind::kSimulated:
                               return "Simulated";
                           }
                           return "";
                         });

TEST_P(StorageTest, BlobsAreWholeOrAbsent) {
  auto writer = *storage_->CreateBlob("0001.tbl");
  EXPECT_TRUE(writer->Append("hello ").ok());
  std::string large(300'000, 'x');
  EXPECT_TRUE(writer->Append(large).ok());
  EXPECT_TRUE(writer->Append("world").ok());
  EXPECT_TRUE(storage_->ListBlobs()->empty());
  EXPECT_TRUE(storage_->OpenBlob("0001.tbl").status().Is(sqlstate::kUndefinedFile));
  EXPECT_TRUE(writer->Finish().ok());
  writer.reset();

  auto reader = *storage_->OpenBlob("0001.tbl");
  EXPECT_EQ(reader->size(), large.size() + 11);
  std::string bytes(reader->size(), '\0');
  EXPECT_TRUE(reader->Read(0, bytes.size(), bytes.data()).ok());
  EXPECT_EQ(bytes, "hello " + large + "world");
  EXPECT_TRUE(reader->Read(large.size() + 6, 5, bytes.data()).ok());
  EXPECT_EQ(bytes.substr(0, 5), "world");
  EXPECT_TRUE(reader->Read(large.size() + 7, 5, bytes.data()).Is(sqlstate::kDataCorrupted));
  EXPECT_TRUE(reader->Read(UINT64_MAX, 5, bytes.data()).Is(sqlstate::kDataCorrupted));
  auto items = *storage_->ListBlobs();
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].size, large.size() + 11);
}

TEST_P(StorageTest, BlobsAreExclusive) {
  PutBlob("a", "1");
  EXPECT_TRUE(storage_->CreateBlob("a").status().Is(sqlstate::kDuplicateFile));
  EXPECT_TRUE(storage_->DeleteBlob("a").ok());
  EXPECT_TRUE(storage_->DeleteBlob("a").Is(sqlstate::kUndefinedFile));
  PutBlob("a", "2");
}

TEST_P(StorageTest, UnfinishedBlobsVanish) {
  {
    auto writer = *storage_->CreateBlob("a");
    EXPECT_TRUE(writer->Append("some").ok());
  }
  EXPECT_TRUE(storage_->ListBlobs()->empty());
  PutBlob("a", "whole");
}

TEST_P(StorageTest, ADeletedBlobStaysReadable) {
  PutBlob("a", "text");
  auto reader = *storage_->OpenBlob("a");
  EXPECT_TRUE(storage_->DeleteBlob("a").ok());
  char buffer[4];
  EXPECT_TRUE(reader->Read(0, 4, buffer).ok());
  EXPECT_EQ(std::string_view(buffer, 4), "text");
}

TEST_P(StorageTest, LogsAppendAtTheExpectedLength) {
  auto writer = *storage_->CreateLog("1.log", 1, 64 << 10);
  EXPECT_TRUE(writer->Append(1, 0, "abc").ok());
  EXPECT_TRUE(writer->Append(1, 3, "defg").ok());
  EXPECT_TRUE(writer->Append(1, 3, "again").Is(sqlstate::kSerializationFailure));
  EXPECT_TRUE(writer->Append(1, 100, "x").Is(sqlstate::kSerializationFailure));
  EXPECT_TRUE(writer->Append(0, 7, "x").Is(sqlstate::kSerializationFailure));
  EXPECT_TRUE(writer->Sync().ok());
  EXPECT_TRUE(storage_->CreateLog("1.log", 1, 0).status().Is(sqlstate::kDuplicateFile));

  auto reader = *storage_->OpenLog("1.log");
  std::string bytes(reader->size(), 'x');
  EXPECT_EQ(*reader->Read(0, bytes.size(), bytes.data()), bytes.size());
  EXPECT_EQ(bytes.substr(0, 7), "abcdefg");
  EXPECT_EQ(bytes.find_first_not_of('\0', 7), std::string::npos);

  EXPECT_TRUE(writer->Seal().ok());
  EXPECT_TRUE(writer->Append(1, 7, "x").Is(sqlstate::kObjectNotInPrerequisiteState));
  EXPECT_EQ((*storage_->OpenLog("1.log"))->size(), 7u);
  EXPECT_EQ(Names(*storage_->ListLogs()), std::vector<std::string>{"1.log"});
  EXPECT_TRUE(storage_->DeleteLog("1.log").ok());
  EXPECT_TRUE(storage_->DeleteLog("1.log").Is(sqlstate::kUndefinedFile));
  EXPECT_TRUE(storage_->OpenLog("1.log").status().Is(sqlstate::kUndefinedFile));
}

TEST_P(StorageTest, LogsGrowBeyondTheirHint) {
  for (uint64_t hint : {uint64_t{0}, uint64_t{1000}, uint64_t{2} << 20}) {
    std::string name = "log-" + std::to_string(hint);
    auto writer = *storage_->CreateLog(name, 1, hint);
    std::string expected;
    for (int i = 0; i < 60; ++i) {
      std::string record(i % 7 == 0 ? 200'000 : 100, static_cast<char>('a' + i % 26));
      ASSERT_TRUE(writer->Append(1, expected.size(), record).ok());
      expected += record;
    }
    ASSERT_TRUE(writer->Sync().ok());
    auto reader = *storage_->OpenLog(name);
    std::string bytes(expected.size(), '\0');
    ASSERT_EQ(*reader->Read(0, bytes.size(), bytes.data()), bytes.size());
    EXPECT_EQ(bytes, expected);
    ASSERT_TRUE(writer->Seal().ok());
    EXPECT_EQ((*storage_->OpenLog(name))->size(), expected.size());
  }
}

TEST_P(StorageTest, RegistersCompareAndSet) {
  EXPECT_EQ(storage_->ReadRegister("root")->version, 0u);
  EXPECT_TRUE(storage_->CompareAndSet("root", 1, "x").Is(sqlstate::kSerializationFailure));
  EXPECT_TRUE(storage_->CompareAndSet("root", 0, "one").ok());
  EXPECT_TRUE(storage_->CompareAndSet("root", 0, "x").Is(sqlstate::kSerializationFailure));
  std::string large(20'000, 'l');
  EXPECT_TRUE(storage_->CompareAndSet("root", 1, large).ok());
  EXPECT_TRUE(storage_->CompareAndSet("root", 2, "").ok());
  RegisterValue value = *storage_->ReadRegister("root");
  EXPECT_EQ(value.version, 3u);
  EXPECT_EQ(value.bytes, "");
  EXPECT_EQ(storage_->ReadRegister("other")->version, 0u);
}

TEST_P(StorageTest, NamesAreChecked) {
  for (std::string name : {"", ".", "..", "a/b", "A", "a~", ".hidden", "a b"}) {
    EXPECT_TRUE(storage_->CreateBlob(name).status().Is(sqlstate::kInternalError)) << name;
    EXPECT_TRUE(storage_->CreateLog(name, 1, 0).status().Is(sqlstate::kInternalError)) << name;
    EXPECT_TRUE(storage_->ReadRegister(name).status().Is(sqlstate::kInternalError)) << name;
  }
  EXPECT_GT(*storage_->FreeBytes(), 0u);
}

TEST_P(StorageTest, ThreadsShareIt) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      std::string name = "t" + std::to_string(t);
      auto log = *storage_->CreateLog(name, 1, 4096);
      uint64_t length = 0;
      for (int i = 0; i < 15; ++i) {
        ASSERT_TRUE(log->Append(1, length, "record").ok());
        length += 6;
        ASSERT_TRUE(log->Sync().ok());
        PutBlob(name + "-" + std::to_string(i), name);
        ASSERT_TRUE(storage_->CompareAndSet(name, i, "value").ok());
        // All race for one register: somebody wins each time.
        uint64_t version = storage_->ReadRegister("shared")->version;
        (void)storage_->CompareAndSet("shared", version, name).ok();
        ASSERT_TRUE(storage_->ListBlobs().ok());
        if (i % 2 == 0) {
          ASSERT_TRUE(storage_->DeleteBlob(name + "-" + std::to_string(i)).ok());
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(storage_->ListBlobs()->size(), 4u * 7);
  EXPECT_GE(storage_->ReadRegister("shared")->version, 15u);
}

}  // namespace
}  // namespace shale::engine
