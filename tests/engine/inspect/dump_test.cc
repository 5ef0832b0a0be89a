// Goal: dump prints every kind of file, gives all in front of a damage and names the damage.
// Method: the files of a closed store, whole and damaged at every kind of place; nothing may crash.
#include "engine/inspect/dump.h"

#include "tests/engine/inspect/inspect_fixture.h"

namespace shale::engine {
namespace {

class DumpTest : public InspectTest {
 protected:
  Status DumpOf(MemoryFileSystem& disk, const std::string& path, std::string* text,
                std::optional<uint64_t> entries_max = std::nullopt) {
    text->clear();
    return Dump(disk, path, {.entries_max = entries_max},
                [text](std::string_view piece) { *text += piece; });
  }
  std::string PathWith(const std::string& part) {
    std::string path = FileWith(disk_, part);
    return path.starts_with("/") ? path : "/" + path;
  }
  static int Count(const std::string& text, const std::string& what) {
    int count = 0;
    for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
    return count;
  }
};

TEST_F(DumpTest, ATable) {
  int entries = 0;
  int tombstones = 0;
  bool escaped = false;
  for (const std::string& path : disk_.ListFiles()) {
    if (path.find("table-") == std::string::npos) continue;
    std::string text;
    Status status = DumpOf(disk_, path, &text);
    ASSERT_TRUE(status.ok()) << status.ToString();
    entries += Count(text, "\n  put ") + Count(text, "\n  delete ");
    tombstones += Count(text, "\n  range tombstone ");
    escaped |= text.find("\"in a table\\x0a\\xff\"") != text.npos;
  }
  EXPECT_EQ(static_cast<uint64_t>(entries), Check(disk_).table_entries);
  EXPECT_GT(tombstones, 0);
  EXPECT_TRUE(escaped);
}

TEST_F(DumpTest, AValueFile) {
  std::string text;
  std::string path = PathWith("values-");
  ASSERT_TRUE(DumpOf(disk_, path, &text).ok());
  int values = Count(text, " bytes stored in ");
  EXPECT_GT(values, 1);
  EXPECT_NE(text.find(fmt::format("  {} of {} values\n", values, values)), text.npos) << text;
  ASSERT_TRUE(DumpOf(disk_, path, &text, 1).ok());
  EXPECT_EQ(Count(text, " bytes stored in "), 1);
  // Tables say where their values are.
  std::string tables;
  for (const std::string& file : disk_.ListFiles()) {
    if (file.find("table-") == std::string::npos) continue;
    ASSERT_TRUE(DumpOf(disk_, file, &text).ok());
    tables += text;
  }
  EXPECT_GT(Count(tables, " of values-"), 1);
}

TEST_F(DumpTest, ALogSegment) {
  std::string all;
  for (const std::string& path : disk_.ListFiles()) {
    if (path.find("wal-") == std::string::npos) continue;
    std::string text;
    ASSERT_TRUE(DumpOf(disk_, path, &text).ok());
    all += text;
  }
  EXPECT_EQ(Count(all, "put \"log/"), 5);
  EXPECT_EQ(Count(all, "mark, last sequence number 66"), 1);
}

TEST_F(DumpTest, AManifestAndRegisters) {
  std::string text;
  ASSERT_TRUE(DumpOf(disk_, PathWith("manifest-"), &text).ok());
  EXPECT_NE(text.find("edit 1"), text.npos);
  EXPECT_NE(text.find("log starts in segment"), text.npos);
  EXPECT_NE(text.find("level 0: table"), text.npos);
  EXPECT_NE(text.find("value file "), text.npos);
  EXPECT_NE(text.find(" bytes of value file "), text.npos);
  ASSERT_TRUE(DumpOf(disk_, PathWith("root~0"), &text).ok());
  EXPECT_NE(text.find("names manifest-"), text.npos);
}

TEST_F(DumpTest, ADirectory) {
  std::string text;
  ASSERT_TRUE(DumpOf(disk_, "/data", &text).ok());
  for (const char* what :
       {"register \"", "log segment \"", "manifest \"", "table \"", "value file \""}) {
    EXPECT_GT(Count(text, what), 0) << what;
  }
  EXPECT_EQ(Count(text, "put "), 0);
  ASSERT_TRUE(DumpOf(disk_, "/data", &text, 2).ok());
  EXPECT_GT(Count(text, "put "), 2);
}

TEST_F(DumpTest, ARenamedFileIsKnownByItsContents) {
  for (const char* part : {"table-", "values-", "wal-", "manifest-"}) {
    std::string original;
    std::string renamed;
    std::string path = PathWith(part);
    ASSERT_TRUE(DumpOf(disk_, path, &original).ok());
    ASSERT_TRUE(disk_.ReplaceWhole("/data/copy", *disk_.ReadWhole(path)).ok());
    ASSERT_TRUE(DumpOf(disk_, "/data/copy", &renamed).ok());
    EXPECT_EQ(original.substr(original.find('\n')), renamed.substr(renamed.find('\n')));
  }
}

TEST_F(DumpTest, WhatIsNoFileOfOurs) {
  std::string text;
  ASSERT_TRUE(disk_.ReplaceWhole("/data/notes", "hello").ok());
  EXPECT_TRUE(DumpOf(disk_, "/data/notes", &text).Is(sqlstate::kFeatureNotSupported));
  EXPECT_TRUE(DumpOf(disk_, "/data/none", &text).Is(sqlstate::kUndefinedFile));
}

// Cut or changed anywhere, every file is dumped up to the damage, which is then named.
TEST_F(DumpTest, DamageEndsTheTextAndIsNamed) {
  Random random(9);
  int named = 0;
  for (const std::string& path : disk_.ListFiles()) {
    if (path.ends_with("LOCK")) continue;
    std::string bytes = *disk_.ReadWhole(path);
    bool is_blob = path.find("/blobs/") != std::string::npos;
    for (int i = 0; i < (kSanitized ? 5 : 40) && !bytes.empty(); ++i) {
      std::string changed = bytes;
      uint64_t offset =
          random.Uniform(is_blob ? bytes.size() : std::min<size_t>(900, bytes.size()));
      if (i % 3 == 0) {
        changed.resize(offset);
      } else {
        changed[offset] ^= static_cast<char>(1 << random.Uniform(8));
      }
      auto damaged = disk_.CrashClone({CrashSurvival::kAll, 0});
      ASSERT_TRUE(damaged->ReplaceWhole(path, changed).ok());
      std::string text;
      Status status = DumpOf(*damaged, path, &text);
      if (status.ok()) continue;  // what dump does not read: check reads all
      ++named;
      EXPECT_NE(text.find("STOPS: " + status.message()), text.npos);
      EXPECT_NE(status.message().find('"'), std::string::npos) << status.ToString();
    }
  }
  fmt::print("dump: {} damages named\n", named);
  EXPECT_GT(named, kSanitized ? 5 : 20);
}

TEST_F(DumpTest, EntriesInFrontOfADamagedBlockAreGiven) {
  std::string path;
  std::string whole;
  for (const std::string& file : disk_.ListFiles()) {
    if (file.find("table-") == std::string::npos) continue;
    std::string text;
    ASSERT_TRUE(DumpOf(disk_, file, &text).ok());
    if (text.size() > whole.size()) {
      whole = text;
      path = file;
    }
  }
  // In the middle of the data blocks, which come first in the file.
  ASSERT_TRUE(disk_.Corrupt(path, disk_.ReadWhole(path)->size() / 3, 0x10).ok());
  std::string text;
  Status status = DumpOf(disk_, path, &text);
  EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted));
  EXPECT_GT(Count(text, "\n  put "), 0);
  EXPECT_LT(Count(text, "\n  put "), Count(whole, "\n  put "));
  EXPECT_TRUE(text.ends_with("STOPS: " + status.message() + "\n")) << text;
}

}  // namespace
}  // namespace shale::engine
