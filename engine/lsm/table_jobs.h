// The two jobs that write tables: a flush makes level-0 tables of a memtable, a compaction merges
// tables into a deeper level. Both block, run on background threads, and only produce tables:
// making them part of the store is the caller's, by a VersionEdit.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "engine/base/status.h"
#include "engine/lsm/compaction.h"
#include "engine/lsm/io_rate_limiter.h"
#include "engine/lsm/snapshot_list.h"
#include "engine/memtable/memtable.h"
#include "engine/options.h"

namespace shale::engine {

struct JobContext {
  const EngineOptions* options = nullptr;
  std::function<uint64_t()> new_file_number;      // called from several threads
  const std::atomic<bool>* stop = nullptr;        // the store is closing: give up with 57P01
  const std::atomic<bool>* cancel = nullptr;      // may be null: give up with 57014
  std::atomic<uint64_t>* entries_read = nullptr;  // may be null: counts on as the job goes
  IoRateLimiter* limiter = nullptr;               // null: no limit
};

struct JobResult {
  Status status;
  std::vector<TableMetadata> tables;           // written; after an error, to be deleted
  std::vector<ValueFileMetadata> value_files;  // likewise
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;        // value files included
  uint64_t value_bytes_written = 0;  // of those
  uint64_t value_bytes_moved = 0;    // from one place to another
  uint64_t entries_read = 0;
  uint64_t entries_dropped = 0;

  // Takes over what a job on the next share of the same compaction has done.
  void Append(JobResult next);
};

// Nothing writes to the memtable any more, and all in it is durable in the log or published; the
// last batch may be about to be.
JobResult RunFlush(const JobContext& context, const MemTable& memtable,
                   const LiveSnapshots& snapshots);

// The share of a compaction whose keys lie in [begin, end), empty: unbounded. Jobs on different
// shares run side by side; their tables, in the order of the shares, are the compaction's.
JobResult RunCompaction(const JobContext& context, const Compaction& compaction,
                        const LiveSnapshots& snapshots, const KeyRange& share = {});

// Cuts a compaction into at most so many shares of about equal input, none much smaller than a
// table.
std::vector<KeyRange> SplitCompaction(const Compaction& compaction, int shares_max,
                                      uint64_t table_bytes);

}  // namespace shale::engine
