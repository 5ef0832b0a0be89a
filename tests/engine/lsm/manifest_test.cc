// Goal: version edits and manifests come back as they were written, torn tails are dropped and
// damage is refused.
#include "engine/lsm/manifest.h"

#include <gtest/gtest.h>

#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "engine/lsm/manifest_format.h"

namespace shale::engine {
namespace {

VersionEdit SampleEdit() {
  VersionEdit edit;
  edit.next_file_number = 17;
  edit.last_sequence = 300;
  edit.log_start = LogStart{.log_number = 9, .first_lsn = 1234};
  edit.history_floor = 42;
  edit.time_marks = {{.sequence = 10, .wall_micros = 1'000'000}};
  edit.removed = {{0, 3}, {6, 5}};
  TableMetadata table{.number = 12,
                      .bytes = 4096,
                      .digest = 0x0123456789abcdef,
                      .entries = 100,
                      .deletions = 7,
                      .range_tombstones = 2,
                      .hidden = 3,
                      .sequence_min = 10,
                      .sequence_max = 20,
                      .range = {"a", std::string("b\0c", 3), UserKeyRange::End::kExclusive}};
  edit.added = {{1, table}};
  table.range_tombstones = 0;
  table.sequence_min = table.sequence_max;
  table.is_run = true;
  table.range.end = UserKeyRange::End::kInclusive;
  edit.added.emplace_back(6, table);
  return edit;
}

TEST(VersionEdit, GoesThereAndBackAndIsGolden) {
  std::string bytes;
  SampleEdit().Encode(&bytes);
  std::string hex;
  for (unsigned char byte : bytes) hex += fmt::format("{:02x}", byte);
  EXPECT_EQ(hex,
            "011102ac02"
            "0309d209"
            "072a"
            "080ac0843d"
            "040003040605"
            "05010c8020efcdab896745230164070203"
            "0a140161036200"
            "6301"
            "09060c8020efcdab896745230164070003"
            "1414016103620063"
            "00");
  VersionEdit edit;
  ASSERT_TRUE(VersionEdit::Decode(bytes, &edit));
  std::string again;
  edit.Encode(&again);
  EXPECT_EQ(again, bytes);
  for (size_t length = 1; length < bytes.size(); ++length) {
    VersionEdit ignored;
    (void)VersionEdit::Decode(bytes.substr(0, length), &ignored);  // must not crash
  }
  VersionEdit unknown;
  EXPECT_FALSE(VersionEdit::Decode("\x0a", &unknown));
}

TEST(VersionEdit, ValueFilesGoThereAndBackAndAreGolden) {
  VersionEdit edit;
  edit.added_value_files = {{.number = 7, .bytes = 300, .record_bytes = 268, .digest = 9}};
  TableMetadata table{.number = 8, .range = {"a", "b"}};
  edit.added = {{0, table}, {6, table}};
  edit.added[1].second.values = {{.file_number = 7, .bytes = 200},
                                 {.file_number = 300, .bytes = 1}};
  std::string bytes;
  edit.Encode(&bytes);
  std::string hex;
  for (unsigned char byte : bytes) hex += fmt::format("{:02x}", byte);
  std::string encoded_table =
      "0800"
      "0000000000000000"
      "000000000000"
      "01610162"
      "00";
  EXPECT_EQ(hex,
            "0c07ac028c02"
            "0900000000000000"
            "0500" +
                encoded_table + "0506" + encoded_table +
                "0d02"
                "07c801"
                "ac0201");
  VersionEdit read;
  ASSERT_TRUE(VersionEdit::Decode(bytes, &read));
  EXPECT_TRUE(read.added[0].second.values.empty());
  EXPECT_EQ(read.added[1].second.values, edit.added[1].second.values);
  std::string again;
  read.Encode(&again);
  EXPECT_EQ(again, bytes);
  // Without a table, of one twice, out of order, none at all.
  for (const char* bad : {"0d010701", "0d02ac02010701", "0d00"}) {
    std::string changed = bytes.substr(0, bytes.size() - 8);
    for (size_t i = 0; bad[i] != 0; i += 2) {
      changed.push_back(static_cast<char>(std::stoi(std::string(bad + i, 2), nullptr, 16)));
    }
    VersionEdit refused;
    bool alone = std::string_view(bad) == "0d010701";
    EXPECT_EQ(VersionEdit::Decode(changed, &refused), alone) << bad;
    if (alone) {
      EXPECT_FALSE(VersionEdit::Decode(changed + "\x0d\x01\x08\x01", &refused));
      VersionEdit without_table;
      EXPECT_FALSE(VersionEdit::Decode("\x0d\x01\x07\x01", &without_table));
    }
  }
}

TEST(UserKeyRange, EndsAreExact) {
  using End = UserKeyRange::End;
  UserKeyRange inclusive{"b", "d", End::kInclusive};
  UserKeyRange exclusive{"b", "d", End::kExclusive};
  UserKeyRange unbounded{"b", "", End::kUnbounded};
  EXPECT_TRUE(inclusive.Contains("d"));
  EXPECT_FALSE(exclusive.Contains("d"));
  EXPECT_TRUE(unbounded.Contains("z"));
  EXPECT_FALSE(unbounded.Contains("a"));
  UserKeyRange next{"d", "e", End::kInclusive};
  EXPECT_TRUE(inclusive.Overlaps(next));
  EXPECT_FALSE(exclusive.Overlaps(next));
  EXPECT_TRUE(unbounded.Overlaps(next));
  EXPECT_TRUE(exclusive.EndsBefore(inclusive));
  EXPECT_FALSE(inclusive.EndsBefore(exclusive));
  EXPECT_TRUE(inclusive.EndsBefore(unbounded));
  exclusive.Extend(next);
  EXPECT_EQ(exclusive.largest, "e");
  EXPECT_TRUE(exclusive.Contains("e"));
}

class ManifestTest : public testing::Test {
 protected:
  void SetUp() override {
    auto storage = OpenLocalStorage(disk_, "/data");
    ASSERT_TRUE(storage.ok());
    storage_ = *std::move(storage);
    auto writer = ManifestWriter::Create(storage_.get(), 1, 4, SampleEdit());
    ASSERT_TRUE(writer.ok()) << writer.status().ToString();
    first_end_ = (*writer)->bytes();
    for (int i = 0; i < 3; ++i) {
      VersionEdit edit;
      edit.last_sequence = 1000 + i;
      ASSERT_TRUE((*writer)->Append(edit).ok());
    }
    path_ = "/data/log/" + ManifestName(4);
    whole_ = *disk_.ReadWhole(path_);
  }

  MemoryFileSystem disk_;
  std::unique_ptr<LocalStorage> storage_;
  std::string path_;
  std::string whole_;
  uint64_t first_end_ = 0;
};

TEST_F(ManifestTest, ReadsAllEdits) {
  auto edits = ReadManifest(storage_.get(), 4);
  ASSERT_TRUE(edits.ok()) << edits.status().ToString();
  ASSERT_EQ(edits->size(), 4u);
  EXPECT_EQ((*edits)[0].next_file_number, 17u);
  EXPECT_EQ((*edits)[3].last_sequence, 1002u);
}

TEST_F(ManifestTest, DropsATornEditButNotTheFirst) {
  for (size_t length = 0; length < whole_.size(); ++length) {
    ASSERT_TRUE(disk_.ReplaceWhole(path_, whole_.substr(0, length)).ok());
    auto edits = ReadManifest(storage_.get(), 4);
    EXPECT_EQ(edits.ok(), length >= first_end_ - (kManifestAlignment - 1) && edits.ok()) << length;
    if (length >= first_end_) {
      ASSERT_TRUE(edits.ok()) << length << edits.status().ToString();
    }
    if (length < kManifestHeaderBytes) {
      EXPECT_FALSE(edits.ok()) << length;
    }
  }
}

TEST_F(ManifestTest, NamesDamage) {
  for (size_t i = 0; i < whole_.size(); ++i) {
    std::string changed = whole_;
    changed[i] ^= 0x10;
    ASSERT_TRUE(disk_.ReplaceWhole(path_, changed).ok());
    auto edits = ReadManifest(storage_.get(), 4);
    if (edits.ok()) {
      EXPECT_GE(edits->size(), 3u) << i;  // the last edit, taken for torn, or padding
    } else {
      EXPECT_NE(edits.status().message().find("manifest-"), std::string::npos);
    }
  }
}

TEST(RootRegister, GoesThereAndBack) {
  std::string bytes = EncodeRoot(42);
  auto number = DecodeRoot(bytes);
  ASSERT_TRUE(number.ok());
  EXPECT_EQ(*number, 42u);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] ^= 1;
    EXPECT_FALSE(DecodeRoot(changed).ok()) << i;
  }
}

}  // namespace
}  // namespace shale::engine
