// Goal: rules fire where they say and nowhere else, and calls are counted. Method: by example, on
// the in-memory file system.
#include "engine/env/fault_file_system.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "engine/base/clock.h"
#include "engine/env/memory_file_system.h"

namespace shale::engine {
namespace {

class FaultTest : public testing::Test {
 protected:
  FaultTest() {
    EXPECT_TRUE(memory_.ReplaceWhole("a", "aaaa").ok());
    EXPECT_TRUE(memory_.ReplaceWhole("b", "bbbb").ok());
    a_ = *faults_.Open("a", OpenMode::kReadWrite);
    b_ = *faults_.Open("b", OpenMode::kReadWrite);
    faults_.ResetCounts();
  }
  MemoryFileSystem memory_;
  FaultFileSystem faults_{memory_, 1};
  std::unique_ptr<File> a_;
  std::unique_ptr<File> b_;
};

TEST_F(FaultTest, PassesCallsOnWithoutRules) {
  EXPECT_TRUE(a_->Write(0, "x").ok());
  char buffer[4];
  EXPECT_EQ(*a_->Read(0, 4, buffer), 4u);
  EXPECT_EQ(std::string_view(buffer, 4), "xaaa");
  EXPECT_TRUE(faults_.Rename("a", "c").ok());
  EXPECT_TRUE(*faults_.Exists("c"));
  EXPECT_EQ(faults_.total_calls(), 4u);
  EXPECT_EQ(faults_.calls(FileOperation::kWrite), 1u);
  EXPECT_EQ(faults_.calls(FileOperation::kSync), 0u);
  EXPECT_EQ(faults_.faults_injected(), 0u);
}

TEST_F(FaultTest, FiresOnTheNthMatchOnce) {
  faults_.AddRule({.operation = FileOperation::kWrite, .path_contains = "a", .nth = 2});
  EXPECT_TRUE(a_->Write(0, "1").ok());
  EXPECT_TRUE(b_->Write(0, "1").ok());
  EXPECT_TRUE(a_->Sync().ok());
  Status status = a_->Write(0, "2");
  EXPECT_TRUE(status.Is(sqlstate::kIoError));
  EXPECT_EQ(status.message(), "could not write file \"a\": Input/output error");
  EXPECT_TRUE(a_->Write(1, "3").ok());
  EXPECT_EQ(*memory_.ReadWhole("a"), "13aa");
  EXPECT_EQ(faults_.faults_injected(), 1u);
}

TEST_F(FaultTest, FiresForEver) {
  faults_.AddRule(
      {.operation = FileOperation::kWrite, .effect = FaultEffect::kNoSpace, .once = false});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(a_->Write(0, "1").Is(sqlstate::kDiskFull));
  faults_.ClearRules();
  EXPECT_TRUE(a_->Write(0, "1").ok());
}

TEST_F(FaultTest, FiresWithAProbability) {
  faults_.AddRule({.operation = FileOperation::kWrite, .probability = 0.3, .once = false});
  int failed = 0;
  for (int i = 0; i < 1000; ++i) failed += !a_->Write(0, "1").ok();
  EXPECT_NEAR(failed, 300, 60);
}

TEST_F(FaultTest, ShortReadsAndPartialWrites) {
  faults_.AddRule({.effect = FaultEffect::kShortRead});
  EXPECT_TRUE(a_->Sync().ok());
  char buffer[4];
  EXPECT_EQ(*a_->Read(0, 4, buffer), 2u);
  EXPECT_EQ(*a_->Read(0, 4, buffer), 4u);
  faults_.AddRule({.operation = FileOperation::kWrite, .effect = FaultEffect::kPartialWrite});
  EXPECT_TRUE(a_->Write(0, "1234").Is(sqlstate::kIoError));
  EXPECT_EQ(*memory_.ReadWhole("a"), "12aa");
}

TEST_F(FaultTest, Delays) {
  faults_.AddRule(
      {.operation = FileOperation::kSync, .effect = FaultEffect::kDelay, .delay_us = 5000});
  int64_t start = SystemClock().MonotonicNanos();
  EXPECT_TRUE(a_->Sync().ok());
  EXPECT_GE(SystemClock().MonotonicNanos() - start, 5'000'000);
  EXPECT_EQ(faults_.faults_injected(), 0u);
}

TEST_F(FaultTest, Holds) {
  faults_.AddRule({.operation = FileOperation::kSync, .effect = FaultEffect::kHold});
  std::atomic<bool> released{false};
  auto sync = std::async(std::launch::async, [&] {
    EXPECT_TRUE(a_->Sync().ok());
    return released.load();
  });
  while (faults_.calls(FileOperation::kSync) == 0) std::this_thread::yield();
  EXPECT_TRUE(a_->Write(0, "x").ok());
  released = true;
  faults_.ReleaseHeld();
  EXPECT_TRUE(sync.get());
  EXPECT_TRUE(a_->Sync().ok());
}

TEST_F(FaultTest, FailsTheNthCallOfAll) {
  auto work = [&] {
    int failures = 0;
    failures += !a_->Write(0, "x").ok();
    failures += !a_->Sync().ok();
    failures += !faults_.SyncDirectory("").ok();
    failures += !faults_.List("").ok();
    return failures;
  };
  EXPECT_EQ(work(), 0);
  uint64_t calls = faults_.total_calls();
  EXPECT_EQ(calls, 4u);
  for (uint64_t call = 1; call <= calls; ++call) {
    faults_.ResetCounts();
    faults_.FailCall(call);
    EXPECT_EQ(work(), 1);
    faults_.ResetCounts();
    faults_.FailCall(call, FaultEffect::kNoSpace, true);
    EXPECT_EQ(work(), static_cast<int>(calls - call + 1));
  }
}

// Who repeats a failed sync loses data without being told: what the log must never do.
TEST_F(FaultTest, ASyncThatLosesData) {
  faults_.set_lose_unsynced_data(
      [this](const std::string& path) { return memory_.LoseUnsyncedData(path); });
  faults_.AddRule({.effect = FaultEffect::kSyncLosesData});
  EXPECT_TRUE(a_->Write(0, "new!").ok());
  EXPECT_TRUE(a_->Sync().Is(sqlstate::kIoError));
  EXPECT_TRUE(a_->Sync().ok());
  EXPECT_EQ(*memory_.ReadWhole("a"), "new!");
  EXPECT_EQ(*memory_.CrashClone({})->ReadWhole("a"), "aaaa");
}

}  // namespace
}  // namespace shale::engine
