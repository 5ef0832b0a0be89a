// Goal: temporary files give back what was put in them, tell damage, hide their bytes where the
// store is encrypted, and leave nothing behind. Method: pieces written and read in any order; files
// looked at and changed below; a store opened again after a crash.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/crypto/secret_key.h"
#include "engine/env/fault_file_system.h"
#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "engine/mvcc/sealed_file.h"

namespace shale::engine {
namespace {

constexpr std::string_view kScratch = "/data/scratch/";

std::unique_ptr<LocalStorage> OpenData(FileSystem& files) {
  auto storage = OpenLocalStorage(files, "/data");
  EXPECT_TRUE(storage.ok());
  return std::move(*storage);
}

std::vector<std::string> ScratchFiles(const MemoryFileSystem& files) {
  std::vector<std::string> found = files.ListFiles();
  std::erase_if(found, [](const std::string& path) {
    return path.find(kScratch.substr(1)) == std::string::npos;
  });
  return found;
}

class TemporaryFileTest : public testing::TestWithParam<bool> {
 protected:
  std::unique_ptr<TemporaryFile> Create() {
    auto file = CreateSealedFile(*storage_, GetParam());
    EXPECT_TRUE(file.ok());
    return std::move(*file);
  }

  MemoryFileSystem files_;
  std::unique_ptr<LocalStorage> storage_ = OpenData(files_);
};

TEST_P(TemporaryFileTest, GivesBackPiecesInAnyOrder) {
  auto file = Create();
  std::vector<std::string> contents = {"first", "", std::string(3 << 20, 'x'), "last"};
  std::vector<FilePiece> pieces;
  for (const std::string& bytes : contents) {
    auto piece = file->Append(bytes);
    ASSERT_TRUE(piece.ok());
    pieces.push_back(*piece);
  }
  std::string bytes;
  for (size_t i : {3, 0, 2, 1, 2}) {
    ASSERT_TRUE(file->Read(pieces[i], &bytes).ok());
    EXPECT_EQ(bytes, contents[i]);
  }
}

TEST_P(TemporaryFileTest, TellsDamageAndHidesBytes) {
  auto file = Create();
  const std::string secret = "the secret that the store keeps";
  auto piece = file->Append(secret);
  ASSERT_TRUE(piece.ok());
  const std::vector<std::string> found = ScratchFiles(files_);
  ASSERT_EQ(found.size(), 1u);
  auto whole = files_.ReadWhole(found[0]);
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->find(secret) == std::string::npos, GetParam());
  ASSERT_TRUE(files_.Corrupt(found[0], 5, 1).ok());
  std::string bytes;
  EXPECT_TRUE(file->Read(*piece, &bytes).Is(sqlstate::kDataCorrupted));
}

TEST_P(TemporaryFileTest, LeavesNothingBehind) {
  {
    auto file = Create();
    ASSERT_TRUE(file->Append("bytes").ok());
    EXPECT_EQ(ScratchFiles(files_).size(), 1u);
  }
  EXPECT_TRUE(ScratchFiles(files_).empty());
  ASSERT_TRUE(files_.ReplaceWhole("/data/scratch/77", "left by a crash").ok());
  storage_.reset();
  storage_ = OpenData(files_);
  EXPECT_TRUE(ScratchFiles(files_).empty());
}

TEST_P(TemporaryFileTest, SaysWhatTheDiskSays) {
  FaultFileSystem faults(files_);
  storage_.reset();
  storage_ = OpenData(faults);
  faults.AddRule({.operation = FileOperation::kWrite, .path_contains = "scratch/"});
  auto file = Create();
  EXPECT_TRUE(file->Append("bytes").status().Is(sqlstate::kIoError));
  faults.ClearRules();
  faults.AddRule({.path_contains = "scratch/", .effect = FaultEffect::kNoSpace});
  EXPECT_TRUE(CreateSealedFile(*storage_, GetParam()).status().Is(sqlstate::kDiskFull));
  faults.ClearRules();
  file.reset();
  EXPECT_TRUE(ScratchFiles(files_).empty());
  storage_.reset();
}

INSTANTIATE_TEST_SUITE_P(PlainAndEncrypted, TemporaryFileTest, testing::Bool());

}  // namespace
}  // namespace shale::engine
