// Goal: files open with their store's keys and nothing else, through rotation, change of the master
// key, crashes and failing disks; every mistake has its own message. Method: keyrings on the memory
// file system.
#include "engine/crypto/keyring.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/base/log.h"
#include "engine/env/fault_file_system.h"
#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "tests/engine/crypto/test_keys.h"

namespace shale::engine {
namespace {

constexpr FileIdentity kFile{FileKind::kTable, 7};

class KeyringTest : public testing::Test {
 protected:
  void SetUp() override {
    SetLogLevel(LogLevel::kOff);
    Mount(std::make_unique<MemoryFileSystem>());
  }
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }

  void Mount(std::unique_ptr<MemoryFileSystem> disk) {
    storage_.reset();
    disk_ = std::move(disk);
    auto storage = OpenLocalStorage(*disk_, "/data");
    ASSERT_TRUE(storage.ok());
    storage_ = *std::move(storage);
  }

  Result<std::unique_ptr<Keyring>> Open(uint64_t master,
                                        std::shared_ptr<const SecretKey> old = nullptr) {
    return Keyring::Open(
        {.storage = storage_.get(), .master_key = TestKey(master), .old_master_key = old});
  }
  // Must succeed.
  std::unique_ptr<Keyring> Reopen(uint64_t master) {
    auto keyring = Open(master);
    EXPECT_TRUE(keyring.ok()) << keyring.status().ToString();
    return keyring.ok() ? *std::move(keyring) : nullptr;
  }

  std::unique_ptr<MemoryFileSystem> disk_;
  std::unique_ptr<LocalStorage> storage_;
};

// A file of one sealed piece behind its header.
struct SampleFile {
  std::string header;
  std::string piece;
};

SampleFile WriteFile(Keyring* keyring, FileIdentity identity = kFile) {
  SampleFile file{.header = "own header", .piece = std::string(5 + kSealTagBytes, '\0')};
  auto sealer = keyring->StartFile(identity, &file.header);
  sealer->Seal(200, {}, "piece", file.piece.data());
  return file;
}

Status ReadFile(const Keyring& keyring, const SampleFile& file, FileIdentity identity = kFile) {
  ASSIGN_OR_RETURN(auto opener, keyring.OpenFile(identity, file.header, "the file"));
  std::string plain(file.piece.size(), '\0');
  if (!opener->Open(200, {}, file.piece, plain.data())) {
    return Error(sqlstate::kInternalError, "the piece does not open");
  }
  return plain.substr(0, 5) == "piece" ? Status::Ok() : Error(sqlstate::kInternalError, "wrong");
}

TEST_F(KeyringTest, FilesOfAllGenerationsOpenAfterReopening) {
  std::vector<SampleFile> files;
  auto keyring = Reopen(1);
  for (uint32_t generation = 1; generation <= 4; ++generation) {
    EXPECT_EQ(keyring->generation(), generation);
    files.push_back(WriteFile(keyring.get()));
    auto rotated = keyring->RotateStoreKey(100 * generation);
    ASSERT_TRUE(rotated.ok()) << rotated.status().ToString();
    EXPECT_EQ(*rotated, generation + 1);
    keyring = Reopen(1);
    EXPECT_EQ(keyring->first_file_number(), 100 * generation);
    for (const SampleFile& file : files) {
      EXPECT_TRUE(ReadFile(*keyring, file).ok());
    }
  }
}

TEST_F(KeyringTest, EachMistakeHasItsMessage) {
  auto exists = Keyring::Exists(storage_.get());
  ASSERT_TRUE(exists.ok());
  EXPECT_FALSE(*exists);
  auto keyring = Reopen(1);
  exists = Keyring::Exists(storage_.get());
  ASSERT_TRUE(exists.ok());
  EXPECT_TRUE(*exists);
  SampleFile file = WriteFile(keyring.get());

  auto wrong = Open(2);
  ASSERT_FALSE(wrong.ok());
  EXPECT_TRUE(wrong.status().Is(sqlstate::kInvalidAuthorizationSpecification));

  auto expect = [&](const SampleFile& changed, FileIdentity identity, const Keyring& by,
                    std::string_view message) {
    Status status = ReadFile(by, changed, identity);
    EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted)) << status.ToString();
    EXPECT_EQ(status.message(), message);
  };
  expect(file, {FileKind::kTable, 8}, *keyring,
         "file \"the file\" does not authenticate at offset 10: it is table 7 of this store");
  expect(file, {FileKind::kLog, 7}, *keyring,
         "file \"the file\" does not authenticate at offset 10: it is table 7 of this store");
  SampleFile changed = file;
  changed.header[0] = 'O';
  expect(changed, kFile, *keyring,
         "file \"the file\" does not authenticate at offset 0: its header was changed");
  changed = file;
  changed.header[30] ^= 1;
  expect(changed, kFile, *keyring,
         "file \"the file\" is damaged at offset 10: invalid encryption header");

  // Another store, under the same master key even.
  ASSERT_TRUE(keyring->RotateStoreKey(9).ok());
  SampleFile newer = WriteFile(keyring.get());
  Mount(std::make_unique<MemoryFileSystem>());
  auto other = Reopen(1);
  expect(file, kFile, *other,
         "file \"the file\" does not authenticate at offset 10: its key is not of this store");
  expect(newer, kFile, *other,
         "file \"the file\" does not authenticate at offset 10: the keyring has no store key of "
         "generation 2");
}

TEST_F(KeyringTest, TheMasterKeyChangesWithoutTouchingFiles) {
  auto keyring = Reopen(1);
  SampleFile file = WriteFile(keyring.get());
  ASSERT_TRUE(keyring->ChangeMasterKey(TestKey(2)).ok());
  ASSERT_TRUE(keyring->RotateStoreKey(3).ok());
  EXPECT_TRUE(Open(1).status().Is(sqlstate::kInvalidAuthorizationSpecification));
  keyring = Reopen(2);
  EXPECT_TRUE(ReadFile(*keyring, file).ok());
  EXPECT_EQ(keyring->generation(), 2u);
  // At opening, told both keys: changed once, the old one needed no more.
  for (int i = 0; i < 2; ++i) {
    auto changed = Keyring::Open({.storage = storage_.get(),
                                  .master_key = TestKey(3),
                                  .old_master_key = std::make_shared<SecretKey>(TestKey(2))});
    ASSERT_TRUE(changed.ok()) << changed.status().ToString();
    EXPECT_TRUE(ReadFile(**changed, file).ok());
    EXPECT_TRUE(Open(2).status().Is(sqlstate::kInvalidAuthorizationSpecification));
  }
  // Neither key.
  auto neither = Open(4, std::make_shared<SecretKey>(TestKey(2)));
  EXPECT_TRUE(neither.status().Is(sqlstate::kInvalidAuthorizationSpecification));
  EXPECT_TRUE(ReadFile(*Reopen(3), file).ok());
}

TEST_F(KeyringTest, ADamagedKeyringIsNamed) {
  Reopen(1).reset();
  storage_.reset();
  for (const std::string& path : disk_->ListFiles()) {
    if (path.find("keyring~") == std::string::npos) continue;
    ASSERT_TRUE(disk_->Corrupt(path, 60, 0xff).ok());
  }
  auto storage = OpenLocalStorage(*disk_, "/data");
  ASSERT_TRUE(storage.ok());
  storage_ = *std::move(storage);
  auto keyring = Open(1);
  ASSERT_FALSE(keyring.ok());
  EXPECT_TRUE(keyring.status().Is(sqlstate::kDataCorrupted)) << keyring.status().ToString();
  EXPECT_NE(keyring.status().message().find("keyring"), std::string::npos);
}

// Rotations and changes of the master key, with a crash after every call that changes the disk: all
// files written by then open with the key before or the key after.
TEST_F(KeyringTest, CrashesLoseNoKey) {
  std::vector<std::unique_ptr<MemoryFileSystem>> clones;
  std::vector<size_t> written;  // files at the time of the clone
  std::vector<SampleFile> files;
  auto keyring = Reopen(1);
  files.push_back(WriteFile(keyring.get()));
  disk_->set_mutation_hook([&](FileOperation, const std::string&) {
    for (CrashOptions options :
         {CrashOptions{CrashSurvival::kNone, clones.size()},
          CrashOptions{CrashSurvival::kAll, clones.size()}, CrashOptions::Worst(clones.size())}) {
      clones.push_back(disk_->CrashClone(options));
      written.push_back(files.size());
    }
  });
  for (uint64_t master = 2; master <= 4; ++master) {
    ASSERT_TRUE(keyring->RotateStoreKey(master).ok());
    files.push_back(WriteFile(keyring.get()));
    ASSERT_TRUE(keyring->ChangeMasterKey(TestKey(master)).ok());
    files.push_back(WriteFile(keyring.get()));
  }
  disk_->set_mutation_hook(nullptr);
  std::set<int> opened_by;
  for (size_t i = 0; i < clones.size(); ++i) {
    Mount(std::move(clones[i]));
    int openings = 0;
    for (int master = 1; master <= 4; ++master) {
      auto found = Open(master);
      if (!found.ok()) {
        EXPECT_TRUE(found.status().Is(sqlstate::kInvalidAuthorizationSpecification))
            << i << found.status().ToString();
        continue;
      }
      ++openings;
      opened_by.insert(master);
      for (size_t file = 0; file < written[i]; ++file) {
        EXPECT_TRUE(ReadFile(**found, files[file]).ok()) << i << " " << file;
      }
    }
    EXPECT_EQ(openings, 1) << i;
  }
  EXPECT_EQ(opened_by.size(), 4u);
  fmt::print("crash points of key changes: {}, files lost: 0\n", written.size());
}

TEST_F(KeyringTest, FailingCallsLeaveTheKeysInUse) {
  for (FaultEffect effect : {FaultEffect::kIoError, FaultEffect::kNoSpace}) {
    for (uint64_t call = 1;; ++call) {
      MemoryFileSystem disk;
      FaultFileSystem faults(disk);
      auto storage = OpenLocalStorage(faults, "/data");
      ASSERT_TRUE(storage.ok());
      auto keyring = Keyring::Open({.storage = storage->get(), .master_key = TestKey(1)});
      ASSERT_TRUE(keyring.ok());
      SampleFile before = WriteFile(keyring->get());
      faults.ResetCounts();
      faults.FailCall(call, effect);
      auto rotated = (*keyring)->RotateStoreKey(5);
      bool done = rotated.ok();
      faults.ClearRules();
      EXPECT_EQ((*keyring)->generation(), done ? 2u : 1u);
      SampleFile after = WriteFile(keyring->get());
      if (!done && effect == FaultEffect::kIoError) {
        EXPECT_TRUE(rotated.status().Is(sqlstate::kIoError) ||
                    rotated.status().Is(sqlstate::kStatementCompletionUnknown));
      }
      storage->reset();
      storage = OpenLocalStorage(faults, "/data");
      ASSERT_TRUE(storage.ok()) << storage.status().ToString();
      auto again = Keyring::Open({.storage = storage->get(), .master_key = TestKey(1)});
      ASSERT_TRUE(again.ok()) << again.status().ToString();
      EXPECT_TRUE(ReadFile(**again, before).ok());
      EXPECT_TRUE(ReadFile(**again, after).ok());
      if (done) break;
      ASSERT_LT(call, 100u);
    }
  }
}

}  // namespace
}  // namespace shale::engine
