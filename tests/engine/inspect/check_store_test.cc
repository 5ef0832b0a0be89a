// Goal: check finds sound what is sound, names what is not, and changes nothing. Method: a closed
// store; crash clones; one byte of any file flipped, a file cut off or taken away; the verdict is
// compared with what opening and reading the store says.
#include "engine/inspect/check_store.h"

#include "tests/engine/inspect/inspect_fixture.h"

namespace shale::engine {
namespace {

using CheckStoreTest = InspectTest;

TEST_F(CheckStoreTest, AClosedStoreIsSound) {
  std::vector<std::string> before = disk_.ListFiles();
  int changes = 0;
  disk_.set_mutation_hook([&](FileOperation, const std::string&) { ++changes; });
  CheckReport report = Check(disk_);
  disk_.set_mutation_hook(nullptr);
  EXPECT_TRUE(report.ok()) << DescribeCheck(report);
  EXPECT_GT(report.tables, 1u);
  EXPECT_GT(report.table_entries, 50u);
  EXPECT_EQ(report.log_batches, 5u);
  EXPECT_EQ(report.log_operations, 5u);
  EXPECT_EQ(report.last_sequence, 66u);
  EXPECT_TRUE(report.closed_clean);
  EXPECT_TRUE(report.orphans.empty()) << DescribeCheck(report);
  EXPECT_EQ(changes, 0);
  EXPECT_EQ(disk_.ListFiles(), before);
  EXPECT_NE(DescribeCheck(report).find("no problem found"), std::string::npos);
}

TEST_F(CheckStoreTest, WhatACrashLeavesIsSound) {
  int checked = 0;
  int with_orphans = 0;
  std::vector<std::unique_ptr<MemoryFileSystem>> clones;
  MemoryFileSystem disk;
  int calls = 0;
  disk.set_mutation_hook([&](FileOperation, const std::string&) {
    if (++calls % (kSanitized ? 41 : 7) != 0) return;
    clones.push_back(disk.CrashClone(CrashOptions::Worst(static_cast<uint64_t>(calls))));
  });
  {
    EngineOptions options = TinyOptions();
    auto store = TestStore::Open(disk, options);
    ASSERT_TRUE(store.ok());
    ScriptedHistory history(3, 30);
    for (int i = 1; i <= 30; ++i) {
      ASSERT_TRUE(Write(***store, history.batch(i)).status.ok());
    }
    ASSERT_TRUE(Flush(***store).ok());
  }
  disk.set_mutation_hook(nullptr);
  for (auto& clone : clones) {
    if (!*clone->Exists("/data/registers") || !*clone->Exists("/data/log") ||
        !*clone->Exists("/data/blobs")) {
      continue;
    }
    CheckReport report = Check(*clone);
    EXPECT_TRUE(report.ok()) << DescribeCheck(report);
    ++checked;
    with_orphans += !report.orphans.empty();
  }
  fmt::print("crashed directories checked: {}, with orphans: {}\n", checked, with_orphans);
  EXPECT_GT(checked, 10);
  EXPECT_GT(with_orphans, 0);
}

// Whatever recovery or a read refuses, check refuses; and its message names a file.
TEST_F(CheckStoreTest, DamageThatAReadMeetsIsFound) {
  Random random(5);
  int mutations = 0;
  int found = 0;
  for (const std::string& path : disk_.ListFiles()) {
    if (path.ends_with("LOCK")) continue;
    std::string bytes = *disk_.ReadWhole(path);
    bool is_blob = path.find("/blobs/") != std::string::npos;
    for (int i = 0; i < (kSanitized ? 4 : 25) && !bytes.empty(); ++i) {
      auto damaged = disk_.CrashClone({CrashSurvival::kAll, 0});
      uint64_t offset =
          random.Uniform(is_blob ? bytes.size() : std::min<size_t>(900, bytes.size()));
      ASSERT_TRUE(
          damaged->Corrupt(path, offset, static_cast<uint8_t>(1 << random.Uniform(8))).ok());
      CheckReport report = Check(*damaged);
      ++mutations;
      found += !report.ok();
      for (const Status& problem : report.problems) {
        EXPECT_TRUE(problem.Is(sqlstate::kDataCorrupted) ||
                    problem.Is(sqlstate::kFeatureNotSupported))
            << problem.ToString();
        EXPECT_NE(problem.message().find('"'), std::string::npos) << problem.ToString();
      }
      // Tables and value files have no byte without meaning.
      if (is_blob) {
        EXPECT_FALSE(report.ok()) << path << " changed at " << offset;
        continue;
      }
      auto store = TestStore::Open(*damaged, options_);
      bool refused = !store.ok() || !ReadAll(***store).ok();
      EXPECT_EQ(refused, !report.ok()) << path << " changed at " << offset << "\n"
                                       << DescribeCheck(report);
    }
  }
  fmt::print("check: {} mutations, {} found, others harmless\n", mutations, found);
}

TEST_F(CheckStoreTest, AllProblemsAreListed) {
  {
    // More tables, none merged with others.
    options_.level0_compaction_files = 100;
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok());
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(Put(***store, "more", "rows").ok());
      ASSERT_TRUE(Flush(***store).ok());
    }
  }
  std::vector<std::string> tables;
  for (const std::string& path : disk_.ListFiles()) {
    if (path.find("table-") != std::string::npos) tables.push_back(path);
  }
  ASSERT_GE(tables.size(), 3u);
  ASSERT_TRUE(disk_.Corrupt(tables[0], 100, 1).ok());
  ASSERT_TRUE(disk_.Remove(tables[1].starts_with("/") ? tables[1] : "/" + tables[1]).ok());
  std::string cut = *disk_.ReadWhole(tables[2]);
  ASSERT_TRUE(disk_.ReplaceWhole(tables[2], cut.substr(0, cut.size() / 2)).ok());
  CheckReport report = Check(disk_);
  ASSERT_EQ(report.problems.size(), 3u) << DescribeCheck(report);
  std::string text = DescribeCheck(report);
  for (int i = 0; i < 3; ++i) {
    std::string name = tables[i].substr(tables[i].rfind('/') + 1);
    EXPECT_NE(text.find(name), std::string::npos) << text;
  }
  EXPECT_NE(text.find("is missing"), std::string::npos);
  EXPECT_NE(text.find("offset"), std::string::npos);
  EXPECT_NE(text.find("problems found: 3"), std::string::npos);
}

TEST_F(CheckStoreTest, MissingAndDamagedValuesAreNamed) {
  std::string path = FileWith(disk_, "values-");
  if (!path.starts_with("/")) path = "/" + path;
  std::string name = path.substr(path.rfind('/') + 1);
  EXPECT_GT(Check(disk_).value_files, 0u);
  EXPECT_NE(DescribeCheck(Check(disk_)).find("value files: "), std::string::npos);
  auto missing = disk_.CrashClone({CrashSurvival::kAll, 0});
  ASSERT_TRUE(missing->Remove(path).ok());
  CheckReport report = Check(*missing);
  // Once, not for each table that refers to it.
  ASSERT_EQ(report.problems.size(), 1u) << DescribeCheck(report);
  EXPECT_EQ(report.problems[0].message(), fmt::format("value file \"{}\" is missing", name));
  std::string bytes = *disk_.ReadWhole(path);
  for (size_t offset : {size_t{3}, size_t{40}, bytes.size() / 2, bytes.size() - 1}) {
    auto damaged = disk_.CrashClone({CrashSurvival::kAll, 0});
    std::string changed = bytes;
    changed[offset] ^= 1;
    ASSERT_TRUE(damaged->ReplaceWhole(path, changed).ok());
    report = Check(*damaged);
    ASSERT_FALSE(report.ok()) << offset;
    EXPECT_NE(report.problems[0].message().find(name), std::string::npos) << DescribeCheck(report);
  }
}

TEST_F(CheckStoreTest, FilesWithoutARootAreRefused) {
  for (const char* copy : {"root~0", "root~1"}) {
    std::string path = FileWith(disk_, copy);
    ASSERT_TRUE(disk_.Remove(path.starts_with("/") ? path : "/" + path).ok());
  }
  CheckReport report = Check(disk_);
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_NE(report.problems[0].message().find("root"), std::string::npos);
}

}  // namespace
}  // namespace shale::engine
