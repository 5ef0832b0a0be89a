// Version: which tables make up the store at one moment; immutable, shared by readers, replaced as
// a whole.
//
//   level 0     memtables as they were flushed, newest first; ranges may overlap, sequence ranges
//   do not level 1..6  each ordered by key, ranges disjoint, about level_multiplier times larger
//   than the one before
//
// For any key, what a level holds is newer than what deeper levels hold (README, L1).
#pragma once

#include <array>
#include <memory>

#include "engine/format/point_lookup.h"
#include "engine/lsm/table_file.h"
#include "engine/lsm/version_edit.h"

namespace shale::engine {

class Version {
 public:
  std::array<TableFiles, kLevels> levels;

  // The newest version of the key up to the snapshot, over all levels. In tier kCacheOnly within a
  // ReadViews::Guard.
  void Get(std::string_view user_key, SequenceNumber snapshot, ReadTier tier,
           PointLookup* lookup) const;

  TableFiles Overlapping(int level, const UserKeyRange& range) const;
  bool OverlapsBelow(int level, const UserKeyRange& range) const;
  uint64_t LevelBytes(int level) const;
  // The deepest level that holds a table; 0 in an empty store.
  int DeepestLevel() const;
  uint64_t ApproximateBytes(const UserKeyRange& range) const;
  VersionEdit ToEdit() const;

  // This version changed by the edit; XX001 where the edit does not fit or the result breaks an
  // invariant. The tables removed are not marked obsolete.
  Result<std::shared_ptr<const Version>> Apply(const VersionEdit& edit,
                                               const TableContext* context) const;
  // The structural invariants: order, disjointness, sequence ranges of level 0.
  Status CheckInvariants() const;
};

// Level `level`'s file that may hold the key (level 1 and deeper): its index, or files.size().
size_t FindFile(const TableFiles& files, std::string_view user_key);

}  // namespace shale::engine
