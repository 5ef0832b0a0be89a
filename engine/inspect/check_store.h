// CheckStore: verifies a store that nobody has open, and changes nothing in it.
//
//   - the registers, the manifest and the version it describes (engine/lsm/README.md, L1 and L2)
//   - every table: all blocks and checksums, key order, range and counts as the manifest says, and
//     every value in a value file that it refers to
//   - every value file: that it is, as a whole, the one that was written
//   - the log: every record that recovery would replay, and that each batch decodes
//   - that nothing the manifest names is missing
//
// It goes on after a problem as far as what is left can be judged. Files that nothing refers to are
// no problem: a crash leaves them, and the next open removes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/kv_store.h"
#include "engine/options.h"

namespace shale::engine {

struct CheckReport {
  uint64_t tables = 0;
  uint64_t table_bytes = 0;
  uint64_t table_entries = 0;
  uint64_t value_files = 0;
  uint64_t value_bytes = 0;
  uint64_t value_garbage_bytes = 0;
  uint64_t log_segments = 0;
  uint64_t log_records = 0;
  uint64_t log_batches = 0;
  uint64_t log_operations = 0;
  SequenceNumber last_sequence = 0;
  bool closed_clean = false;         // the log ends with the mark of a store that was closed
  std::vector<std::string> orphans;  // files that nothing refers to, sorted
  std::vector<Status> problems;      // XX001, naming file and offset; 58030 for what was unreadable

  bool ok() const { return problems.empty(); }
};

// Of the options, the storage and, for an encrypted store, the master key are used. Blocks.
CheckReport CheckStore(const EngineOptions& options);

// For people, several lines.
std::string DescribeCheck(const CheckReport& report);

}  // namespace shale::engine
