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
            "6301");
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
  EXPECT_FALSE(VersionEdit::Decode("\x09", &unknown));
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
