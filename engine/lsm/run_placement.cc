#include "engine/lsm/run_placement.h"

#include "engine/lsm/level_shape.h"

namespace shale::engine {

Result<bool> HoldsAnyOf(TableFile* file, const UserKeyRange& range) {
  const UserKeyRange& whole = file->metadata().range;
  if (!whole.Overlaps(range)) return false;
  // A table begins where its first entry or tombstone does.
  if (range.Contains(whole.smallest)) return true;
  ASSIGN_OR_RETURN(std::shared_ptr<TableReader> reader, file->Open());
  std::unique_ptr<InternalIterator> entries = reader->NewIterator();
  return HoldsAnyOf(entries.get(), reader->range_tombstones().get(), range);
}

Result<bool> HoldsAnyOf(InternalIterator* entries, const RangeTombstoneList* tombstones,
                        const UserKeyRange& range) {
  if (tombstones != nullptr) {
    size_t next = tombstones->FindFragment(range.smallest);
    bool overlaps =
        next < tombstones->fragment_count() && !range.Before(tombstones->fragment(next).begin);
    if (overlaps) return true;
  }
  entries->Seek(MakeInternalKey(range.smallest, kTrailerMax));
  if (entries->Valid()) return !range.Before(UserKey(entries->key()));
  RETURN_IF_ERROR(entries->status());
  return false;
}

Result<int> DeepestLevelAbove(const Version& version, const UserKeyRange& range) {
  for (int level = 0; level < kLevels; ++level) {
    for (const auto& file : version.Overlapping(level, range)) {
      ASSIGN_OR_RETURN(bool holds, HoldsAnyOf(file.get(), range));
      if (holds) return std::max(0, level - 1);
    }
  }
  return kLevels - 1;
}

int DeepestLevelWithRoom(const Version& version, const EngineOptions& options, int level_max,
                         const UserKeyRange& range) {
  int base_level = LevelShape::Of(version, options).base_level;
  for (int level = level_max; level >= base_level; --level) {
    if (version.Overlapping(level, range).empty()) return level;
  }
  return 0;
}

}  // namespace shale::engine
