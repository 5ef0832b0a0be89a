// Goal: a backup's description keeps its bytes, comes back as written, and no changed byte is
// taken. Method: a golden file in hexadecimal; every byte flipped, every length cut.
#include "engine/lsm/backup_format.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "engine/base/coding.h"

namespace shale::engine {
namespace {

BackupDescription SampleBackup() {
  return {.manifest_number = 9,
          .sequence = 300,
          .made_us = 1'700'000'000'000'000,
          .log_start = {.log_number = 8, .first_lsn = 1234},
          .store_id = 0xabcdef,
          .files = {{.number = 3, .bytes = 4096, .digest = 0x1122334455667788, .fingerprint = 5},
                    {.number = 700, .bytes = 70'000, .digest = 1, .fingerprint = 2}}};
}

TEST(BackupFormat, IsGolden) {
  std::string hex;
  for (unsigned char byte : EncodeBackup(SampleBackup())) hex += fmt::format("{:02x}", byte);
  EXPECT_EQ(hex,
            "5348414c4241434b"
            "0100000000000000"
            "0900000000000000"
            "2c01000000000000"
            "00401e18240a0600"
            "0800000000000000"
            "d204000000000000"
            "efcdab0000000000"
            "0200000000000000"
            "038020"
            "8877665544332211"
            "0500000000000000"
            "bc05f0a204"
            "0100000000000000"
            "0200000000000000"
            "7022773162f6dd13");
}

TEST(BackupFormat, ValueFilesMakeItVersionTwo) {
  BackupDescription backup = SampleBackup();
  std::string tables_only = EncodeBackup(backup);
  backup.files[1].kind = BackupFile::Kind::kValues;
  std::string bytes = EncodeBackup(backup);
  EXPECT_EQ(LoadFixed<uint32_t>(bytes.data() + 8), 2u);
  EXPECT_EQ(bytes.size(), tables_only.size() + 2);
  // Behind what version 1 has of each file.
  EXPECT_EQ(bytes[72 + 19], 0);
  EXPECT_EQ(bytes[bytes.size() - 9], 1);
  EXPECT_EQ(backup.files[0].Name(), "table-00000000000000000003");
  EXPECT_EQ(backup.files[1].Name(), "values-00000000000000000700");
  auto read = DecodeBackup(bytes, "b");
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->files, backup.files);
}

TEST(BackupFormat, ComesBackAsWritten) {
  ASSERT_TRUE(rc::check([](uint64_t manifest, uint64_t sequence, uint64_t lsn,
                           const std::map<uint64_t, uint64_t>& tables) {
    BackupDescription written{.manifest_number = manifest,
                              .sequence = sequence,
                              .made_us = lsn,
                              .log_start = {.log_number = sequence, .first_lsn = lsn},
                              .store_id = manifest};
    for (const auto& [number, value] : tables) {
      auto kind = value % 2 == 0 ? BackupFile::Kind::kTable : BackupFile::Kind::kValues;
      written.files.push_back({number, value, value * 3, ~value, kind});
    }
    auto read = DecodeBackup(EncodeBackup(written), "b");
    RC_ASSERT(read.ok());
    RC_ASSERT(read->manifest_number == manifest);
    RC_ASSERT(read->sequence == sequence);
    RC_ASSERT(read->log_start.first_lsn == lsn);
    RC_ASSERT(read->store_id == manifest);
    RC_ASSERT(read->files == written.files);
    for (const BackupFile& table : written.files) RC_ASSERT(*read->Find(table.number) == table);
  }));
}

TEST(BackupFormat, EveryDamageIsFound) {
  std::string bytes = EncodeBackup(SampleBackup());
  for (size_t offset = 0; offset < bytes.size(); ++offset) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[offset] ^= static_cast<char>(1 << bit);
      Status status = DecodeBackup(changed, "the file").status();
      ASSERT_TRUE(status.Is(sqlstate::kDataCorrupted)) << offset;
      ASSERT_NE(status.message().find("\"the file\" is damaged at offset"), std::string::npos);
    }
    ASSERT_FALSE(DecodeBackup(std::string_view(bytes).substr(0, offset), "f").ok());
  }
  EXPECT_FALSE(DecodeBackup(bytes + "x", "f").ok());
}

TEST(BackupFormat, NamesAndNumbers) {
  EXPECT_EQ(BackupName(7), "backup-00000000000000000007");
  EXPECT_EQ(ParseBackupName(BackupName(7)), 7u);
  EXPECT_EQ(ParseBackupName("backup-7"), std::nullopt);
  EXPECT_EQ(SampleBackup().Find(4), nullptr);
}

}  // namespace
}  // namespace shale::engine
