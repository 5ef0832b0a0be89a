// RunPlacement: into which level the tables of a sorted run go when they become part of the
// version. The deeper the better: in the last level nothing will rewrite them.
//
// A run is newer than all that is stored when it is installed, so a table of it may lie below no
// level that holds anything in its range (README, L1), and beside no table whose range overlaps its
// own (L2). What lies above a level is looked for among entries: ranges of level-0 tables span most
// of the key space. What is found stays true: data only moves down, and only flushes, the caller's,
// bring new data.
#pragma once

#include "engine/base/status.h"
#include "engine/format/internal_iterator.h"
#include "engine/format/range_tombstone.h"
#include "engine/lsm/version.h"
#include "engine/options.h"

namespace shale::engine {

// Whether a point entry or range tombstone lies in the range. The list may be null. Blocks where
// the iterator does.
Result<bool> HoldsAnyOf(InternalIterator* entries, const RangeTombstoneList* tombstones,
                        const UserKeyRange& range);

// The same of a table. Blocks.
Result<bool> HoldsAnyOf(TableFile* file, const UserKeyRange& range);

// The deepest level above all data of the range: 6 where there is none, 0 where level 0 has some.
// Blocks.
Result<int> DeepestLevelAbove(const Version& version, const UserKeyRange& range);

// The deepest level that takes a table with this range, not below level_max: one that is in use,
// where no table overlaps it. 0: none does, and level 0 always can.
int DeepestLevelWithRoom(const Version& version, const EngineOptions& options, int level_max,
                         const UserKeyRange& range);

}  // namespace shale::engine
