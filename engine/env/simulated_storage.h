// SimulatedStorage: Storage in memory that behaves as badly as shared storage may: calls take time
// and overtake each other, replies get lost (40003, applied or not), and a stale owner keeps
// writing.
//
// A SimulatedCluster holds the data; every server attaches to it with an epoch of its own.
// Attaching with a newer epoch fences all older ones: whatever they still try to change fails with
// 40001. Reads are never fenced. For tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/env/storage.h"

namespace shale::engine {

struct SimulationOptions {
  uint64_t seed = 0;
  // Each call waits a random time up to this; with threads that reorders their calls.
  uint64_t delay_us_max = 0;
  // Of each changing call: that its reply is lost. Half of those were applied, a quarter never is,
  // and a quarter arrives later, if it then still meets its conditions.
  double unknown_outcome_probability = 0;
};

// Thread-safe. Outlives the storages attached to it.
class SimulatedCluster {
 public:
  explicit SimulatedCluster(SimulationOptions options = {});
  ~SimulatedCluster();

  // A server's view. Epochs older than the newest attached get a storage that can only read.
  std::unique_ptr<Storage> Attach(uint64_t epoch);
  uint64_t newest_epoch() const;

  // Loses what was appended to logs and not synced, and unfinished blobs, as a power cut would.
  void LoseUnsynced();
  void set_unknown_outcome_probability(double probability);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace shale::engine
