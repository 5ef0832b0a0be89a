// Workloads: what is done to a store, from how many threads, and what comes out of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/engine/store.h"

namespace shale::bench {

struct WorkloadOptions {
  std::string name;
  uint64_t keys = 1'000'000;  // of the data set
  uint64_t operations = 0;    // over all threads; 0: as the workload thinks right
  double seconds_max = 0;     // ends earlier after so long; 0: no limit
  size_t value_bytes = 100;
  int threads = 2;
};

struct Latencies {
  double p50_us = 0;
  double p99_us = 0;
  double p999_us = 0;
};

struct WorkloadResult {
  uint64_t operations = 0;
  double seconds = 0;
  double cpu_seconds = 0;      // of the whole process, background work included
  double settled_seconds = 0;  // until background work was done too
  uint64_t user_bytes = 0;     // keys and values written
  uint64_t written_bytes = 0;  // by the engine, until settled
  uint64_t table_entries = 0;  // of overwrites, when settled
  Latencies latencies;         // of the workload's own operations
  // readwhilewriting: of the writer; commitscan: of the commits beside the scan.
  Latencies other_latencies;
  uint64_t other_operations = 0;
};

// The names that Run knows.
std::vector<std::string> WorkloadNames();
WorkloadResult Run(const WorkloadOptions& options, Store& store);

}  // namespace shale::bench
