// DeadRuns: ranges of keys in which scans find nothing but what was deleted, so that they go around
// them. A queue's jobs leave such a range behind: whoever takes the first job would walk over all
// that were done before it, deletions and the versions below them.
//
// A run is a range in stretches, each with the sequence number from which on every snapshot finds
// no row in it. It is exact: older snapshots walk, and a put into a run cuts it off before that is
// visible. A run grows at its end, so its stretches' numbers ascend, and a snapshot goes around
// those that were dead when it was taken. Were there one number for all, each snapshot that is
// older than what the run has last grown by would walk over the whole: a client that lost its
// processor for a moment would keep it for as long as the run is. Stretches are merged as a binary
// counter carries (Bentley, Saxe, "Decomposable Searching Problems I", 1980): few, the older the
// longer, so that a snapshot walks over little more than what has died since it was taken.
//
// Scans grow a run. What one of them has walked over without finding a row was dead at its snapshot
// only, so puts are watched: those since `watched_from`, by their smallest key. A scan whose
// snapshot has all before that knows of every later put, and the run grows up to the first one.
//
// Thread-safe. Without a run a batch costs a store and a load.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kv_store.h"

namespace shale::engine {

class DeadRuns {
 public:
  // The end of a run that has the key and that the snapshot finds dead. False: there is none.
  bool Skip(std::string_view key, SequenceNumber snapshot, std::string* end);
  // A scan at the snapshot has found no row in [begin, end), or has skipped what it has not seen.
  void Note(std::string_view begin, std::string_view end, SequenceNumber snapshot);

  // While one batch is applied, by who has the turn to write; gone before the batch is visible.
  class Writer {
   public:
    Writer(DeadRuns* runs, SequenceNumber sequence);
    void Put(std::string_view key) {
      if (tells_) runs_.NotePut(key);
    }
    // Keys that are not told one by one.
    void PutMany() {
      if (tells_) runs_.Forget();
    }

   private:
    DeadRuns& runs_;
    bool tells_;
  };

 private:
  static constexpr size_t kRunsMax = 8;
  static constexpr uint32_t kPutsUnusedMax = 1 << 16;

  struct Stretch {
    std::string end;
    SequenceNumber dead_from = 0;
    uint64_t growths = 1;  // of the run that have been merged into it
  };

  struct Run {
    bool used = false;
    std::string begin;
    std::vector<Stretch> stretches;  // one behind the other, from begin on
    SequenceNumber watched_from = 0;
    bool has_put = false;
    std::string first_put;         // with has_put: the smallest key at or after begin
    uint32_t puts_since_read = 0;  // a run that nobody reads goes

    const std::string& end() const { return stretches.empty() ? begin : stretches.back().end; }
    void Grow(std::string_view new_end, SequenceNumber dead_from);
    void Cut(std::string_view new_end);
  };

  void NotePut(std::string_view key);
  void Forget();

  // With the mutex held.
  Run* RunAt(std::string_view begin);
  Run* NewRun(std::string_view begin);
  void Watch(Run* run);
  void CountRuns();

  std::mutex mutex_;
  std::array<Run, kRunsMax> runs_;  // guarded by mutex_
  // Of the batch that is or was applied last. A batch whose writer has found no run was stored here
  // before it looked, so who makes a run and reads this afterwards knows of it.
  std::atomic<SequenceNumber> applying_{0};
  std::atomic<size_t> run_count_{0};
};

}  // namespace shale::engine
