// Goal: encrypted log segments and manifests are formats: today's reader reads yesterday's bytes.
// Method: golden files made with fixed keys and random bytes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "engine/lsm/manifest.h"
#include "engine/lsm/manifest_format.h"
#include "engine/wal/wal_recovery.h"
#include "engine/wal/wal_writer.h"
#include "tests/engine/crypto/test_keyring.h"

namespace shale::engine {
namespace {

// SHALE_UPDATE_GOLDEN=1 rewrites the file; a change is a new format version.
void ExpectGolden(const std::string& name, TestKeyring* keyring, const std::string& log_name) {
  auto log = keyring->storage()->OpenLog(log_name);
  ASSERT_TRUE(log.ok()) << log.status().ToString();
  std::string bytes((*log)->size(), '\0');
  auto got = (*log)->Read(0, bytes.size(), bytes.data());
  ASSERT_TRUE(got.ok());
  bytes.resize(*got);
  bytes.resize(bytes.find_last_not_of('\0') + 1);
  const std::string path = SHALE_SOURCE_DIR "/tests/engine/lsm/golden/" + name;
  if (std::getenv("SHALE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::ifstream file(path, std::ios::binary);
  std::string golden((std::istreambuf_iterator<char>(file)), {});
  EXPECT_TRUE(bytes == golden) << "the output differs from " << path;
}

TEST(EncryptedFormat, LogSegmentMatchesTheGoldenFile) {
  TestKeyring keyring(7);
  auto segment = keyring.storage()->CreateLog(WalSegmentName(5), 1, 4096);
  ASSERT_TRUE(segment.ok()) << segment.status().ToString();
  WalWriter writer(1, 10, keyring.get());
  writer.StartSegment(5, *std::move(segment), 4096);
  ASSERT_TRUE(writer.Add(3, {"chunk one", "chunk two"}).ok());
  ASSERT_TRUE(writer.Append().ok());
  ASSERT_TRUE(writer.Close(3).ok());
  ExpectGolden("wal_encrypted.bin", &keyring, WalSegmentName(5));
  std::vector<std::string> replayed;
  auto visitor = [&](SequenceNumber sequence, std::vector<std::string> chunks) {
    EXPECT_EQ(sequence, 3u);
    replayed = std::move(chunks);
    return Status::Ok();
  };
  auto result = RecoverWal(keyring.storage(), {5}, 10, visitor, keyring.get());
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(replayed, (std::vector<std::string>{"chunk one", "chunk two"}));
  EXPECT_TRUE(result->ended_clean);
}

TEST(EncryptedFormat, ManifestMatchesTheGoldenFile) {
  TestKeyring keyring(7);
  VersionEdit edit{.next_file_number = 17, .last_sequence = 300};
  auto writer = ManifestWriter::Create(keyring.storage(), 1, 6, edit, keyring.get());
  ASSERT_TRUE(writer.ok()) << writer.status().ToString();
  ASSERT_TRUE((*writer)->Append({.last_sequence = 301}).ok());
  ExpectGolden("manifest_encrypted.bin", &keyring, ManifestName(6));
  auto edits = ReadManifest(keyring.storage(), 6, keyring.get());
  ASSERT_TRUE(edits.ok()) << edits.status().ToString();
  ASSERT_EQ(edits->size(), 2u);
  EXPECT_EQ((*edits)[0].next_file_number, 17u);
  EXPECT_EQ((*edits)[1].last_sequence, 301u);
}

}  // namespace
}  // namespace shale::engine
