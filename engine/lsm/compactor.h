// Compactor: the threads that merge tables, and what they are at.
//
// Each thread takes the most urgent compaction that touches no table of a running one (a table in a
// running compaction is marked busy), so several run side by side. A compaction of several tables'
// size is cut into shares by key range, which idle threads help with; its own thread does what
// nobody else has taken, so it never waits for a thread to become free.
//
// A range compaction, asked for by a caller, is done piece by piece between those; it may be
// cancelled, and what it has done until then stays done.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/base/executor.h"
#include "engine/lsm/background_context.h"
#include "engine/lsm/compaction_picker.h"
#include "engine/lsm/level0_rest.h"

namespace shale::engine {

// A caller's wish to have a range rewritten; lives in its coroutine until done is set. The status
// of a cancelled one is 57014.
struct RangeCompaction {
  UserKeyRange range;
  std::atomic<bool> cancelled{false};
  Status status;
  Event done;
};

class Compactor {
 public:
  explicit Compactor(BackgroundContext* context);
  ~Compactor();

  // Thread-safe; return at once. After Stop they do nothing.
  void Schedule();
  void Schedule(RangeCompaction* request);
  // To be called every second. Looks for work that has come up unnoticed: garbage that a snapshot
  // held, for one.
  void ScheduleIfNeeded();

  // Drops tables of which deleted ranges have left nothing. Blocks.
  void DropCovered();

  // For each table of a run its level, as RunPlacement finds it at or above the given one, beside
  // compactions that are running. None begins to write there until ReleaseLevels. One caller at a
  // time.
  struct LevelWish {
    int level_max = 0;
    UserKeyRange range;
  };
  std::vector<int> ClaimLevels(const std::vector<LevelWish>& wishes);
  void ReleaseLevels();

  // Those running, oldest first.
  std::vector<CompactionProgress> Running() const;
  // 42704 where none with that id is running, 55000 where it is not a range compaction's: those
  // the store has chosen would only be chosen again.
  Status Cancel(uint64_t id);
  void Cancel(RangeCompaction* request);

  // Keeps all of it from running, having waited for what does, until Resume by the same thread.
  // Blocks.
  void Pause();
  void Resume();
  // Gives up what is running and ends the threads; the context has been stopped.
  void Stop();

 private:
  using Outcome = BackgroundContext::Outcome;

  struct Job {
    uint64_t id = 0;
    Compaction compaction;
    RangeCompaction* request = nullptr;  // whose piece it is; null: the picker's choice
    int64_t started_us = 0;
    std::atomic<uint64_t> entries_read{0};
  };
  using JobHandle = std::list<Job>::iterator;

  void Post(std::function<void()> function);
  void CompactAll();
  Outcome CompactOne();
  Status CompactRange(RangeCompaction* request);
  Status CompactLevel(RangeCompaction* request, uint64_t id, int level,
                      std::optional<uint64_t> rewrite_below_number);
  bool HasValuesToMove(const Version& version, const TableMetadata& table) const;
  // Ok and nothing: there is none. Waits for compactions that have part of it.
  Result<std::optional<JobHandle>> BeginPiece(RangeCompaction* request, uint64_t id, int level,
                                              bool in_place, const UserKeyRange& rest);
  // Under mutex_. Marks the inputs busy; End unmarks them.
  JobHandle Begin(Compaction compaction, RangeCompaction* request, uint64_t id);
  void End(JobHandle job);
  int DeepestLevel() const;
  // Under mutex_: whether a running compaction, or a table that will be installed, has a part of
  // the range at the level.
  bool IsBeingWritten(int level, const UserKeyRange& range) const;
  bool MeetsAnother(const Compaction& compaction) const;  // in what it will write
  void MarkBusy(const Compaction& compaction, bool busy);
  Status Run(Job* job);
  // Takes out of the inputs what need not be rewritten. Blocks.
  void SetAside(Job* job);
  JobResult RunShares(Job* job, const LiveSnapshots& snapshots);
  Status Apply(const Compaction& compaction, JobResult result,
               std::optional<SequenceNumber> history_floor);

  BackgroundContext* const context_;
  const BackgroundParts& parts_;
  const int threads_;
  std::mutex post_mutex_;  // orders posts and the stop
  std::atomic<int> scheduled_{0};
  std::atomic<int> requests_queued_{0};

  mutable std::mutex mutex_;  // guards the picker, TableFile::busy and what follows
  std::condition_variable changed_;
  CompactionPicker picker_;
  Level0Rest level0_rest_;
  std::list<Job> jobs_;
  std::list<std::pair<uint64_t, RangeCompaction*>> requests_;  // with their ids
  std::vector<std::pair<int, UserKeyRange>> claims_;           // levels of tables to come
  uint64_t next_id_ = 1;
  int working_ = 0;  // threads that hold files
  int paused_ = 0;
  int pieces_waiting_ = 0;  // for busy tables: nothing else is picked

  std::unique_ptr<ThreadPool> pool_;
};

}  // namespace shale::engine
