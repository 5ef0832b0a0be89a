// Goal: damage on disk is named with file and offset, or does no harm; it is never an answer.
// Method: a store of every kind of file, closed; one byte flipped, a block zeroed or a file cut
// off, in all files; then everything is read. Plain and encrypted.
#include <gtest/gtest.h>

#include "engine/base/log.h"
#include "engine/env/memory_file_system.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

// The parameter: whether the store is encrypted.
class CorruptionTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    SetLogLevel(LogLevel::kOff);
    options_ = TinyOptions();
    options_.memtable_bytes_max = 24 << 10;
    options_.block_bytes = 512;
    options_.table_bytes_max = 16 << 10;
    options_.value_separation_bytes = 90;
    if (GetParam()) options_.master_key = TestMasterKey();
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok());
    ScriptedHistory history(11, 80);
    for (int i = 1; i <= 80; ++i) {
      ASSERT_TRUE(Write(***store, history.batch(i)).status.ok());
      if (i == 40) {
        ASSERT_TRUE(CompactRange(***store).ok());
      }
    }
    ASSERT_TRUE(Flush(***store).ok());
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(Put(***store, fmt::format("last/{}", i), "in the log only").ok());
    }
    auto contents = ReadAll(***store);
    ASSERT_TRUE(contents.ok());
    expected_ = *contents;
  }
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }

  enum class Answer { kRight, kError, kWrong };

  // Opens the disk and reads all of it, by scan and by key.
  Answer ReadBack(MemoryFileSystem& disk, std::string* error) {
    auto store = TestStore::Open(disk, options_);
    if (!store.ok()) {
      *error = store.status().ToString();
      return Answer::kError;
    }
    for (const auto& [key, value] : expected_) {
      auto found = Get(***store, key, (**store)->visible_sequence());
      if (!found.ok()) {
        *error = found.status().ToString();
        return Answer::kError;
      }
      if (*found != value) return Answer::kWrong;
    }
    auto contents = ReadAll(***store);
    if (!contents.ok()) {
      *error = contents.status().ToString();
      return Answer::kError;
    }
    return *contents == expected_ ? Answer::kRight : Answer::kWrong;
  }

  MemoryFileSystem disk_;
  EngineOptions options_;
  Contents expected_;
};

TEST_P(CorruptionTest, DamageIsNamedAndNeverServed) {
  std::map<std::string, std::pair<int, int>> by_kind;  // mutations, detected
  int wrong = 0;
  int unnamed = 0;
  Random random(3);
  auto whole = disk_.CrashClone({CrashSurvival::kAll, 0});
  for (const std::string& path : whole->ListFiles()) {
    if (path.ends_with("LOCK")) continue;
    auto bytes = whole->ReadWhole("/" + path);
    if (!bytes.ok()) bytes = whole->ReadWhole(path);
    ASSERT_TRUE(bytes.ok()) << path;
    if (bytes->empty()) continue;
    std::string kind = path.substr(0, path.find_first_of("-~"));
    bool is_blob =
        kind.find("table") != std::string::npos || kind.find("values") != std::string::npos;
    int mutations = (is_blob ? 60 : 40) * TortureFactor();
    for (int i = 0; i < mutations; ++i) {
      std::string changed = *bytes;
      // Most of a preallocated file is zeros that mean nothing: aim at its beginning.
      uint64_t reach = is_blob ? changed.size() : std::min<uint64_t>(changed.size(), 1500);
      uint64_t offset = random.Uniform(reach);
      if (i % 5 == 3) {
        std::fill_n(changed.begin() + offset, std::min<uint64_t>(64, changed.size() - offset),
                    '\0');
      } else if (i % 5 == 4) {
        changed.resize(offset);
      } else {
        changed[offset] ^= static_cast<char>(1 << random.Uniform(8));
      }
      if (changed == *bytes) continue;
      auto damaged = whole->CrashClone({CrashSurvival::kAll, 0});
      ASSERT_TRUE(damaged->ReplaceWhole(path, changed).ok());
      std::string error;
      Answer answer = ReadBack(*damaged, &error);
      auto& [count, detected] = by_kind[kind];
      ++count;
      if (answer == Answer::kError) {
        ++detected;
        bool named = error.find("\"") != std::string::npos;
        if (!named) {
          ++unnamed;
          ADD_FAILURE() << path << ": the error names no file: " << error;
        }
      }
      if (answer == Answer::kWrong) {
        ++wrong;
        ADD_FAILURE() << path << " changed at " << offset << " (mutation " << i
                      << ") gave a wrong answer";
      }
    }
  }
  for (const auto& [kind, counts] : by_kind) {
    fmt::print("{}: {} mutations, {} detected, others harmless\n", kind, counts.first,
               counts.second);
  }
  fmt::print("wrong answers: {}\n", wrong);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(unnamed, 0);
}

INSTANTIATE_TEST_SUITE_P(PlainAndEncrypted, CorruptionTest, testing::Bool());

}  // namespace
}  // namespace shale::engine
