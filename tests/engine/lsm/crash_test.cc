// Goal: no crash loses an acknowledged commit, keeps half of a transaction, or keeps a later one
// without an earlier. Method: a scripted workload on the memory file system; after every call that
// changes the disk, clones of what each kind of power cut would leave; every clone is recovered and
// its contents must be those after exactly n transactions, n between those acknowledged before and
// those begun until the clone was made. Then the verifier runs, one more transaction is written,
// and a second restart must give the same. Recovery itself is crashed too.
#include <gtest/gtest.h>

#include <array>
#include <mutex>

#include "engine/base/log.h"
#include "engine/env/memory_file_system.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

struct CrashPoint {
  std::unique_ptr<MemoryFileSystem> disk;
  CrashOptions options;
  int acknowledged = 0;  // before the clone was made
  int begun = 0;         // until then
  uint64_t seed = 0;     // of the workload
  std::string call;

  std::string Describe() const {
    return fmt::format(
        "workload seed {}, crash after {}, survival {} seed {}, {} acknowledged, {} begun", seed,
        call, static_cast<int>(options.survival), options.seed, acknowledged, begun);
  }
};

constexpr int kBatches = 40;

// Runs a workload and collects crash points while it runs.
class CrashingWorkload {
 public:
  CrashingWorkload(uint64_t seed, EngineOptions options, bool lying_disk = false)
      : seed_(seed),
        history_(seed, kBatches),
        options_(std::move(options)),
        lying_disk_(lying_disk) {}

  const ScriptedHistory& history() const { return history_; }

  // Everything synced batches promise; with sync off for some, those alone are promised less.
  void Run(bool some_unsynced) {
    MemoryFileSystem disk;
    disk.set_mutation_hook([&](FileOperation operation, const std::string& path) {
      Collect(disk, fmt::format("{} {}", FileOperationName(operation), path));
    });
    std::unique_ptr<FileSystem> lying = NewLyingFileSystem(disk);
    auto store = TestStore::Open(lying_disk_ ? *lying : static_cast<FileSystem&>(disk), options_);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    Random random(seed_);
    for (int i = 1; i <= kBatches; ++i) {
      bool sync = !some_unsynced || random.OneIn(3);
      begun_.store(i);
      CommitResult result = Write(***store, history_.batch(i), sync);
      ASSERT_EQ(result.outcome, CommitOutcome::kCommitted) << result.status.ToString();
      if (sync) acknowledged_.store(i);
      if (random.OneIn(10)) {
        ASSERT_TRUE(Flush(***store).ok());
      }
      if (random.OneIn(25)) {
        ASSERT_TRUE(CompactRange(***store).ok());
      }
      if (random.OneIn(20)) {
        store->reset();  // closing syncs what was not
        acknowledged_.store(i);
        store = TestStore::Open(lying_disk_ ? *lying : static_cast<FileSystem&>(disk), options_);
        ASSERT_TRUE(store.ok()) << store.status().ToString();
      }
    }
    store->reset();
    disk.set_mutation_hook(nullptr);
  }

  std::vector<CrashPoint> TakePoints() { return std::move(points_); }

 private:
  void Collect(const MemoryFileSystem& disk, const std::string& call) {
    uint64_t seed = seed_ * 1'000'000 + calls_.fetch_add(3);
    std::array<CrashOptions, 3> modes{CrashOptions{CrashSurvival::kNone, seed},
                                      CrashOptions{CrashSurvival::kAll, seed + 1},
                                      CrashOptions::Worst(seed + 2)};
    for (const CrashOptions& mode : modes) {
      CrashPoint point;
      point.acknowledged = acknowledged_.load();
      point.disk = disk.CrashClone(mode);
      point.begun = begun_.load();
      point.options = mode;
      point.seed = seed_;
      point.call = call;
      std::lock_guard lock(mutex_);
      points_.push_back(std::move(point));
    }
  }

  const uint64_t seed_;
  const ScriptedHistory history_;
  const EngineOptions options_;
  const bool lying_disk_;
  std::atomic<int> begun_{0};
  std::atomic<int> acknowledged_{0};
  std::atomic<uint64_t> calls_{0};
  std::mutex mutex_;
  std::vector<CrashPoint> points_;  // guarded by mutex_
};

struct Verdict {
  int lost = 0;         // acknowledged and gone
  std::string problem;  // empty: all is well
  int recovered = 0;
};

// Recovers the point's disk and judges what is there.
Verdict Judge(CrashPoint* point, const ScriptedHistory& history, const EngineOptions& options) {
  Verdict verdict;
  Contents contents;
  {
    auto store = TestStore::Open(*point->disk, options);
    if (!store.ok()) {
      return {.lost = point->acknowledged, .problem = "open: " + store.status().ToString()};
    }
    auto read = ReadAll(***store);
    if (!read.ok()) return {.lost = point->acknowledged, .problem = read.status().ToString()};
    contents = *std::move(read);
    verdict.recovered = CounterOf(contents);
    if (verdict.recovered < point->acknowledged) {
      verdict.lost = point->acknowledged - verdict.recovered;
      verdict.problem = fmt::format("only {} recovered", verdict.recovered);
      return verdict;
    }
    if (verdict.recovered > point->begun) return {.problem = "more recovered than begun"};
    if (contents != history.After(verdict.recovered)) {
      return {.problem = fmt::format("contents are not those after {}", verdict.recovered)};
    }
    Status status = (**store)->CheckConsistency();
    if (status.ok()) status = Put(***store, "after the crash", "x");
    if (!status.ok()) return {.problem = status.ToString()};
    contents["after the crash"] = "x";
  }
  auto store = TestStore::Open(*point->disk, options);
  if (!store.ok()) return {.problem = "second open: " + store.status().ToString()};
  auto again = ReadAll(***store);
  if (!again.ok()) return {.problem = "second open: " + again.status().ToString()};
  if (*again != contents) return {.problem = "the second restart gave other contents"};
  return verdict;
}

// Crashes the recovery of the point's disk after each of its calls; every one of those disks must
// recover to the same as the first.
int JudgeCrashesInRecovery(const CrashPoint& point, const ScriptedHistory& history,
                           const EngineOptions& options, int expected) {
  std::vector<CrashPoint> inner;
  std::mutex mutex;
  auto disk = point.disk->CrashClone({CrashSurvival::kAll, 0});
  disk->set_mutation_hook([&](FileOperation operation, const std::string& path) {
    std::lock_guard lock(mutex);
    CrashPoint clone{.options = CrashOptions::Worst(point.options.seed + inner.size()),
                     .acknowledged = expected,
                     .begun = expected,
                     .seed = point.seed};
    clone.disk = disk->CrashClone(clone.options);
    clone.call = fmt::format("{} {} in recovery", FileOperationName(operation), path);
    inner.push_back(std::move(clone));
  });
  {
    auto store = TestStore::Open(*disk, options);
    EXPECT_TRUE(store.ok()) << store.status().ToString();
  }
  disk->set_mutation_hook(nullptr);
  for (CrashPoint& clone : inner) {
    Verdict verdict = Judge(&clone, history, options);
    EXPECT_EQ(verdict.problem, "") << clone.Describe() << " of " << point.Describe();
    clone.disk.reset();
  }
  return static_cast<int>(inner.size());
}

class CrashTest : public testing::Test {
 protected:
  void SetUp() override { SetLogLevel(LogLevel::kWarning); }
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }
};

TEST_F(CrashTest, NoCrashLosesAnAcknowledgedCommit) {
  const int points_wanted = (kSanitized ? 300 : 5000) * TortureFactor();
  // Beyond the short run also option sets drawn at random.
  const uint64_t sets = TortureFactor() > 1 ? 40 : 7;
  int points = 0;
  int in_recovery = 0;
  int lost = 0;
  for (uint64_t seed = 1; points < points_wanted && !HasFailure(); ++seed) {
    EngineOptions options = OptionSet(static_cast<int>(seed % sets));
    CrashingWorkload workload(seed, options);
    workload.Run(seed % 3 == 0);
    for (CrashPoint& point : workload.TakePoints()) {
      // The disk as it was, for crashes in its recovery.
      auto untouched =
          points % 97 == 0 ? point.disk->CrashClone({CrashSurvival::kAll, 0}) : nullptr;
      Verdict verdict = Judge(&point, workload.history(), options);
      ++points;
      lost += verdict.lost;
      EXPECT_EQ(verdict.problem, "") << point.Describe();
      if (untouched != nullptr && verdict.problem.empty()) {
        point.disk = std::move(untouched);
        in_recovery +=
            JudgeCrashesInRecovery(point, workload.history(), options, verdict.recovered);
      }
      point.disk.reset();  // it holds what its recoveries wrote
      if (HasFailure() || points >= points_wanted) break;
    }
  }
  fmt::print("crash points: {} ({} more in recovery), acknowledged commits lost: {}\n", points,
             in_recovery, lost);
  EXPECT_EQ(lost, 0);
}

TEST_F(CrashTest, TheHarnessFindsADiskThatLies) {
  EngineOptions options = TinyOptions();
  CrashingWorkload workload(1, options, true);
  workload.Run(false);
  int lost = 0;
  for (CrashPoint& point : workload.TakePoints()) {
    if (point.options.survival != CrashSurvival::kNone) continue;
    lost += Judge(&point, workload.history(), options).lost;
    if (lost > 0) break;
  }
  fmt::print("negative control (syncs forgotten): acknowledged commits lost: {}\n", lost);
  EXPECT_GT(lost, 0);
}

TEST_F(CrashTest, TheHarnessFindsAnEarlyAcknowledgement) {
  // Batches written without sync but counted as acknowledged: what a store that answers before its
  // sync would do.
  MemoryFileSystem disk;
  EngineOptions options = TinyOptions();
  options.commit_delay_off_us = 10'000'000;
  ScriptedHistory history(5, kBatches);
  auto store = TestStore::Open(disk, options);
  ASSERT_TRUE(store.ok());
  int lost = 0;
  for (int i = 1; i <= 20 && lost == 0; ++i) {
    ASSERT_TRUE(Write(***store, history.batch(i), false).status.ok());
    CrashPoint point{.disk = disk.CrashClone({}), .acknowledged = i, .begun = i};
    lost += Judge(&point, history, options).lost;
  }
  EXPECT_GT(lost, 0);
}

}  // namespace
}  // namespace shale::engine
