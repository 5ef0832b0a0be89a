// What a committed batch does to the memtable.
#pragma once

#include <string>
#include <vector>

#include "engine/lsm/dead_runs.h"
#include "engine/lsm/table_metadata.h"
#include "engine/lsm/write_batch.h"
#include "engine/memtable/memtable.h"

namespace shale::engine {

struct AppliedBatch {
  std::vector<TableMetadata> run;  // tables that it ingests, in key order
  uint64_t marker = 0;             // 0: none
};

// Puts a batch's operations into the memtable, giving its memory back chunk by chunk; its puts are
// noted.
Status ApplyBatch(std::vector<std::string> chunks, SequenceNumber sequence, MemTable* memtable,
                  DeadRuns* dead_runs, AppliedBatch* applied);
// A marker becomes a row.
void ApplyOperation(const WriteBatch::Operation& operation, SequenceNumber sequence,
                    MemTable* memtable);

}  // namespace shale::engine
