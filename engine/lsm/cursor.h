// The store's cursor: merges memtables and tables of one ReadView and filters by snapshot. See
// LsmCursor.
#pragma once

#include <memory>

#include "engine/base/executor.h"
#include "engine/lsm/dead_runs.h"
#include "engine/lsm/lsm_statistics.h"
#include "engine/lsm/lsm_store.h"
#include "engine/lsm/read_view.h"
#include "engine/lsm/run_stack.h"

namespace shale::engine {

struct CursorContext {
  Executor* io_executor = nullptr;  // null: waits on the caller's thread
  LsmStatistics* statistics = nullptr;
  DeadRuns* dead_runs = nullptr;  // of the store; null: none
  size_t dead_run_entries = 32;   // see EngineOptions
};

// The view was taken while the snapshot was held.
std::unique_ptr<LsmCursor> NewLsmCursor(CursorContext context, ReadViewReference view,
                                        SequenceNumber snapshot, CursorOptions options);

// Of what a writer has not committed yet. Deleted keys that no later range deletion covers are rows
// too (IsDeletedRow).
std::unique_ptr<LsmCursor> NewLsmCursor(CursorContext context,
                                        std::shared_ptr<const RunStack> stack,
                                        CursorOptions options);

}  // namespace shale::engine
