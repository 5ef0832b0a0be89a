// Goal: no failing file call turns into a false answer. Method: the same workload again and again,
// the i-th file call failing, for every i, once and for ever, in several ways; whatever the store
// said of each commit must be true of what is found when the disk is sound again.
#include <gtest/gtest.h>

#include "engine/base/log.h"
#include "engine/env/fault_file_system.h"
#include "engine/env/memory_file_system.h"
#include "engine/wal/wal_format.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

constexpr int kFaultBatches = 18;

struct RunResult {
  std::vector<CommitOutcome> outcomes{CommitOutcome::kConflict};  // by batch; [0] unused
  uint64_t calls = 0;
  uint64_t faults = 0;
};

// Batches do not depend on each other here, so any subset of them is possible contents.
RunResult RunWorkload(FaultFileSystem* faults, const ScriptedHistory& history,
                      const EngineOptions& options) {
  RunResult result;
  result.outcomes.resize(kFaultBatches + 1, CommitOutcome::kConflict);
  auto store = TestStore::Open(*faults, options);
  for (int i = 1; i <= kFaultBatches; ++i) {
    if (!store.ok()) {
      store = TestStore::Open(*faults, options);
      if (!store.ok()) continue;
    }
    CommitResult written = Write(***store, history.batch(i));
    result.outcomes[i] = written.outcome;
    if (i % 8 == 0) (void)Flush(***store).ok();
    if (i % 12 == 0) (void)CompactRange(***store).ok();
    if (i % 10 == 0) {
      (void)ReadAll(***store).ok();
      store->reset();
      store = TestStore::Open(*faults, options);
    }
  }
  if (store.ok()) store->reset();
  result.calls = faults->total_calls();
  result.faults = faults->faults_injected();
  return result;
}

// Empty where everything the store said is true.
std::string Judge(MemoryFileSystem* disk, const ScriptedHistory& history,
                  const EngineOptions& options, const RunResult& run) {
  auto store = TestStore::Open(*disk, options);
  if (!store.ok()) return "open: " + store.status().ToString();
  auto contents = ReadAll(***store);
  if (!contents.ok()) return "read: " + contents.status().ToString();
  Contents expected;
  for (int i = 1; i <= kFaultBatches; ++i) {
    bool there = contents->contains(MarkerKey(i));
    if (there && run.outcomes[i] == CommitOutcome::kConflict) {
      return fmt::format("batch {} was refused, yet it is there", i);
    }
    if (!there && run.outcomes[i] == CommitOutcome::kCommitted) {
      return fmt::format("batch {} was acknowledged and is lost", i);
    }
    if (there) history.batch(i).ApplyTo(&expected);
  }
  if (*contents != expected) return "the contents are of no sequence of batches";
  Status status = (**store)->CheckConsistency();
  return status.ok() ? "" : status.ToString();
}

// Fails each file call of the workload, one a run, in every way.
void SweepCalls(const EngineOptions& options, uint64_t seed, uint64_t* injected, int* silent) {
  ScriptedHistory history(seed, kFaultBatches);
  constexpr uint64_t kCallStep = kSanitized ? 23 : 1;
  struct Kind {
    FaultEffect effect;
    bool for_ever;
    std::optional<FileOperation> operation;
  };
  for (Kind kind : {Kind{FaultEffect::kIoError, false, {}}, Kind{FaultEffect::kIoError, true, {}},
                    Kind{FaultEffect::kNoSpace, false, {}}, Kind{FaultEffect::kNoSpace, true, {}},
                    Kind{FaultEffect::kPartialWrite, false, FileOperation::kWrite},
                    Kind{FaultEffect::kSyncLosesData, false, FileOperation::kSync}}) {
    uint64_t last_call = 1;
    for (uint64_t call = 1; call <= last_call && !testing::Test::HasFailure(); call += kCallStep) {
      MemoryFileSystem disk;
      FaultFileSystem faults(disk);
      faults.set_lose_unsynced_data(
          [&](const std::string& path) { return disk.LoseUnsyncedData(path); });
      faults.AddRule({.operation = kind.operation,
                      .effect = kind.effect,
                      .nth = call,
                      .once = !kind.for_ever});
      RunResult run = RunWorkload(&faults, history, options);
      // On while there is a call to fail: threads take turns as they like, so their number varies.
      if (run.faults > 0) last_call = call + kCallStep;
      *injected += run.faults;
      // The process ends, or the power fails.
      for (CrashSurvival survival : {CrashSurvival::kAll, CrashSurvival::kNone}) {
        auto found = disk.CrashClone({survival, call});
        std::string problem = Judge(found.get(), history, options, run);
        if (!problem.empty()) {
          ++*silent;
          ADD_FAILURE() << "effect " << static_cast<int>(kind.effect)
                        << (kind.for_ever ? " for ever" : " once") << " at call " << call
                        << ", survival " << static_cast<int>(survival) << ": " << problem;
        }
      }
    }
  }
}

class FaultTest : public testing::Test {
 protected:
  void SetUp() override { SetLogLevel(LogLevel::kOff); }
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }
};

TEST_F(FaultTest, NoFailingFileCallIsSilent) {
  EngineOptions options = TinyOptions();
  options.memtable_bytes_max = 8 << 10;
  options.log_segment_bytes = 8 << 10;
  options.value_separation_bytes = 64;
  options.master_key = TestMasterKey();
  uint64_t injected = 0;
  int silent = 0;
  SweepCalls(options, 3, &injected, &silent);
  // Beyond the short run also option sets drawn at random.
  for (int round = 1; round < TortureFactor(); ++round) {
    SweepCalls(OptionSet(kOptionSets + round), 3 + round, &injected, &silent);
  }
  fmt::print("faults injected: {}, silent failures: {}\n", injected, silent);
  EXPECT_EQ(silent, 0);
}

TEST_F(FaultTest, AFailedLogSyncIsUnknownAndPoisons) {
  MemoryFileSystem disk;
  FaultFileSystem faults(disk);
  EngineOptions options = TinyOptions();
  options.log_segment_bytes = 1 << 20;
  options.memtable_bytes_max = 1 << 20;
  auto store = TestStore::Open(faults, options);
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(Put(***store, "a", "1").ok());
  // The first segment is in use; the one prepared in the background, which is synced too, is
  // another.
  faults.AddRule({.operation = FileOperation::kSync, .path_contains = WalSegmentName(1)});
  WriteBatch batch;
  batch.Put("b", "2");
  CommitResult result = Write(***store, std::move(batch));
  EXPECT_EQ(result.outcome, CommitOutcome::kUnknown);
  EXPECT_TRUE(result.status.Is(sqlstate::kStatementCompletionUnknown));
  for (int i = 0; i < 3; ++i) {
    Status later = Put(***store, "c", "3");
    ASSERT_TRUE(later.Is(sqlstate::kIoError)) << later.ToString();
    EXPECT_NE(later.message().find("writes are refused"), std::string::npos);
  }
  EXPECT_TRUE((**store)->Health().Is(sqlstate::kIoError));
  auto value = Get(***store, "a", (**store)->visible_sequence());
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value, "1");
  value = Get(***store, "b", (**store)->visible_sequence());
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value, std::nullopt);
  store->reset();
  store = TestStore::Open(faults, options);
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  value = Get(***store, "a", (**store)->visible_sequence());
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value, "1");
  EXPECT_TRUE(Put(***store, "c", "3").ok());
}

}  // namespace
}  // namespace shale::engine
