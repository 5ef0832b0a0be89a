// Tables of which nothing is left: each lies wholly in ranges that were deleted after all that it
// holds was written, and no snapshot sees it as it was before. They can be dropped unread: what
// they hid in deeper levels is hidden by the same deletions.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engine/format/range_tombstone.h"
#include "engine/lsm/snapshot_list.h"
#include "engine/lsm/version.h"

namespace shale::engine {

// With their levels. The tombstones are of this version's tables: of those and no others it is
// known that they are newer than what lies below them, in the last level whatever its sequence
// numbers say (version_cleaner.h).
std::vector<std::pair<int, std::shared_ptr<TableFile>>> FindCoveredTables(
    const Version& version, const RangeTombstoneList& tombstones, const LiveSnapshots& snapshots);

}  // namespace shale::engine
