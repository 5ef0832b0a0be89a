// Recovery: from what a storage holds to a store that can run: root register, manifest, tables,
// write-ahead log.
//
//   1 read the root register and the manifest it names; none: create a new store
//   2 check that every table and log segment the manifest needs is there
//   3 replay the log into a memtable (log_applier.h); what exceeds one memtable goes to tables, and
//     then all of it does
//   4 write a new manifest with the result and point the root register to it
//   5 delete what nothing refers to
//
// Tables are not opened: a lookup that needs one does that. What there is to replay is bounded by
// the memtables that were not flushed (1 + immutable_memtables_max of memtable_bytes_max, and the
// batch that overfilled the last one): flushes are the log's checkpoints.
//
// Nothing is deleted or voided before step 4 is durable, so recovery can crash at any point and run
// again.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/status.h"
#include "engine/lsm/log_segments.h"
#include "engine/lsm/table_file.h"
#include "engine/lsm/version_set.h"
#include "engine/memtable/memtable.h"
#include "engine/options.h"
#include "engine/wal/wal_writer.h"

namespace shale::engine {

struct RecoveredStore {
  std::shared_ptr<MemTable> memtable;
  LogStart log_start;  // of the memtable
  SequenceNumber last_sequence = 0;
  std::unique_ptr<WalWriter> log;  // in a new segment
};

// The version set is new; afterwards it holds the recovered version. Blocks.
Result<RecoveredStore> Recover(const EngineOptions& options, VersionSet* versions,
                               LogSegments* segments, ObsoleteFiles* obsolete);

}  // namespace shale::engine
