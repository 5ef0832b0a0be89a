// Goal: a change of the version that fails leaves everything that was there. Method: edits on a
// disk that fails all writes of manifests and registers, then one that succeeds; the names of files
// that may be deleted tell what the set takes for unneeded.
#include "engine/lsm/version_set.h"

#include <gtest/gtest.h>

#include "engine/env/fault_file_system.h"
#include "engine/env/memory_file_system.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

TableMetadata Table(uint64_t number) {
  TableMetadata table;
  table.number = number;
  table.bytes = 1000;
  table.entries = 10;
  table.sequence_min = table.sequence_max = number;
  table.range = {fmt::format("key{}", number), fmt::format("key{}", number)};
  return table;
}

TEST(VersionSetTest, AFailedEditGivesUpWhatItAddedAndNotWhatItMoved) {
  MemoryFileSystem memory;
  FaultFileSystem disk(memory);
  auto storage = OpenLocalStorage(disk, "/data");
  ASSERT_TRUE(storage.ok());
  EngineOptions options;
  options.storage = storage->get();
  ObsoleteFiles obsolete([] {});
  TableContext context{.storage = storage->get(), .obsolete = &obsolete};
  VersionSet versions(options, &context);
  ASSERT_TRUE(*versions.Recover() == false);
  VersionEdit first;
  first.added.emplace_back(0, Table(versions.NewFileNumber()));
  uint64_t moved = first.added[0].second.number;
  ASSERT_TRUE(versions.Start(first).ok());

  disk.AddRule(
      {.operation = FileOperation::kWrite, .effect = FaultEffect::kNoSpace, .once = false});
  VersionEdit edit;
  edit.removed.emplace_back(0, moved);
  edit.added.emplace_back(1, first.added[0].second);
  edit.added.emplace_back(1, Table(versions.NewFileNumber()));
  edit.added_value_files.push_back(
      {.number = versions.NewFileNumber(), .bytes = 132, .record_bytes = 100});
  uint64_t values = edit.added_value_files[0].number;
  edit.added[1].second.values.push_back({.file_number = values, .bytes = 100});
  uint64_t added = edit.added[1].second.number;
  ASSERT_FALSE(versions.LogAndApply(edit, [](auto) { FAIL(); }).ok());
  disk.ClearRules();
  obsolete.Take();

  ASSERT_TRUE(versions.LogAndApply(VersionEdit(), [](auto) {}).ok());
  std::vector<std::string> names;
  for (const ObsoleteFiles::File& file : obsolete.Take()) {
    if (file.kind == ObsoleteFiles::File::Kind::kBlob) names.push_back(file.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{TableName(added), ValueFileName(values)}));
}

}  // namespace
}  // namespace shale::engine
