// A closed store with tables on several levels, values apart, range tombstones, and a log that
// replay needs.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/base/log.h"
#include "engine/env/memory_file_system.h"
#include "engine/env/read_only_storage.h"
#include "engine/inspect/check_store.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {

class InspectTest : public testing::Test {
 protected:
  void SetUp() override {
    SetLogLevel(LogLevel::kOff);
    // Nothing is compacted but where it is asked for.
    options_ = OptionSet(7);
    options_.block_bytes = 512;
    options_.log_segment_bytes = 64 << 10;
    options_.level0_compaction_files = 100;
    options_.level0_slowdown_files = 200;
    options_.level0_stop_files = 300;
    options_.value_separation_bytes = 60;
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    ScriptedHistory history(11, 60);
    for (int i = 1; i <= 60; ++i) {
      ASSERT_TRUE(Write(***store, history.batch(i)).status.ok());
    }
    ASSERT_TRUE(CompactRange(***store).ok());
    Snapshot held = (**store)->AcquireSnapshot();  // keeps what the range tombstone hides
    WriteBatch batch;
    batch.DeleteRange("key/5", "key/6");
    batch.Put("key/55", "kept: it is of the same batch");
    batch.Put("last", std::string("in a table\n\xff", 12));
    ASSERT_TRUE(Write(***store, std::move(batch)).status.ok());
    ASSERT_TRUE(Flush(***store).ok());
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(Put(***store, fmt::format("log/{}", i), "in the log only").ok());
    }
  }
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }

  // The directory's verdict.
  static CheckReport Check(MemoryFileSystem& disk) {
    auto storage = OpenReadOnlyStorage(disk, "/data", DirectoryLock::kTake);
    if (!storage.ok()) {
      CheckReport report;
      report.problems.push_back(storage.status());
      return report;
    }
    EngineOptions options;
    options.storage = storage->get();
    return CheckStore(options);
  }

  // The first file whose path has the part in it.
  static std::string FileWith(MemoryFileSystem& disk, const std::string& part) {
    for (const std::string& path : disk.ListFiles()) {
      if (path.find(part) != std::string::npos) return path;
    }
    ADD_FAILURE() << "no file with " << part;
    return "";
  }

  MemoryFileSystem disk_;
  EngineOptions options_;
};

}  // namespace shale::engine
