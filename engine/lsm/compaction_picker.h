// CompactionPicker: which tables to merge next. Decides on metadata alone; does no I/O.
//
// A level's score is how far it is beyond its size (LevelShape, for level 0 also), tables in
// running compactions not counted. The level with the highest score of at least 1 is compacted: all
// of level 0 into the base level (further down where it meets nothing there and little below: rows
// that come in key order are merged once), or of a deeper level what is cheapest, the table with
// the least data to rewrite in the next level for its own size, together with its neighbours that
// would rewrite the same. Garbage makes a table count for more than its bytes.
//
// When nothing is oversized, level 0 is merged where its deletions hide much of what is stored, or
// where nothing has come for a while that it could wait for. Deletions go through all levels at
// once where that is not too much: what is left is written once, not once on each level. Then
// tables rich in garbage are compacted: above the last level that holds data they move down to meet
// what they hide; in it they are rewritten in place, once no snapshot needs the garbage any more.
// Tables of any level whose values lie in value files that are mostly garbage are rewritten in
// place too, where that frees at least their own size: bytes written for each freed are then two at
// most, and what such files hold in vain is less than what tables take. Tables in a running
// compaction are left alone, and so is what overlaps them.
#pragma once

#include <memory>
#include <optional>

#include "engine/lsm/compaction.h"
#include "engine/lsm/level_shape.h"
#include "engine/lsm/snapshot_list.h"
#include "engine/lsm/version.h"
#include "engine/options.h"

namespace shale::engine {

class CompactionPicker {
 public:
  explicit CompactionPicker(const EngineOptions& options) : options_(options) {}

  // The most urgent compaction; nothing where no level needs any, or all that do are busy. Marks
  // nothing. at_rest: no table has come to level 0 for a while.
  std::optional<Compaction> Pick(std::shared_ptr<const Version> version,
                                 const LiveSnapshots& snapshots, bool at_rest = false) const;

  // The first piece, in key order, of what must be merged to move the range out of the level and
  // into the next one that is in use, or, in_place, to rewrite it where it is: some whole tables.
  // *busy where some of them are in a running compaction. Level 0 is one piece. Nothing where there
  // is nothing.
  struct RangePiece {
    std::optional<Compaction> compaction;
    bool busy = false;
  };
  RangePiece PickRange(std::shared_ptr<const Version> version, int level, bool in_place,
                       const UserKeyRange& range) const;

  // At least 1 where the level wants compacting.
  double Score(const Version& version, const LevelShape& shape, int level) const;
  // Whether Pick would find something were nothing busy.
  bool NeedsCompaction(const Version& version, const LiveSnapshots& snapshots,
                       bool at_rest = false) const;

 private:
  bool ShouldTidy(const Version& version, bool at_rest) const;  // level 0, before its size asks
  std::optional<Compaction> PickLevel0(std::shared_ptr<const Version> version,
                                       const LevelShape& shape) const;
  // Level 0 and what it meets in all levels, into the deepest that holds data; nothing where its
  // deletions do not ask for it or that is too much for one compaction.
  std::optional<Compaction> PickThrough(std::shared_ptr<const Version> version) const;
  std::optional<Compaction> PickBySize(std::shared_ptr<const Version> version,
                                       const LevelShape& shape, int level) const;
  std::optional<Compaction> PickByGarbage(std::shared_ptr<const Version> version,
                                          const LevelShape& shape,
                                          const LiveSnapshots& snapshots) const;
  // Of one table into the next level; nothing where something is busy.
  std::optional<Compaction> Of(std::shared_ptr<const Version> version, const LevelShape& shape,
                               int level, const std::shared_ptr<TableFile>& file) const;
  void AddNeighbours(Compaction* compaction) const;
  void AddMoves(Compaction* compaction, uint64_t bytes_wanted) const;
  bool MayMove(const Compaction& compaction) const;

  const EngineOptions& options_;
};

// Whether compacting the table, into the next level or where it is if it is in the deepest one that
// holds data, would give space back or bring tombstones nearer to what they hide: it is rich in
// garbage, and none of these snapshots needs that.
bool IsReclaimable(const TableMetadata& table, const LiveSnapshots& snapshots, bool is_deepest);

}  // namespace shale::engine
