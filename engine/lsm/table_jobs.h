// The two jobs that write tables: a flush makes level-0 tables of a memtable, a compaction merges
// tables into a deeper level. Both block, run on background threads, and only produce tables:
// making them part of the store is the caller's, by a VersionEdit.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "engine/base/status.h"
#include "engine/lsm/compaction_picker.h"
#include "engine/lsm/snapshot_list.h"
#include "engine/memtable/memtable.h"
#include "engine/options.h"

namespace shale::engine {

struct JobContext {
  const EngineOptions* options = nullptr;
  std::function<uint64_t()> new_file_number;
  const std::atomic<bool>* stop = nullptr;  // the store is closing: give up with 57P01
};

struct JobResult {
  Status status;
  std::vector<TableMetadata> tables;  // written; after an error, to be deleted
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t entries_dropped = 0;
};

// Nothing writes to the memtable any more, and all in it is published.
JobResult RunFlush(const JobContext& context, const MemTable& memtable,
                   const LiveSnapshots& snapshots);

JobResult RunCompaction(const JobContext& context, const Compaction& compaction,
                        const LiveSnapshots& snapshots);

}  // namespace shale::engine
