// CompactionPicker: which tables to merge next. Decides on metadata alone; does no I/O.
//
// A level's score is how far it is beyond its size (level 0: its number of files); the level with
// the highest score of at least 1 is compacted into the next: all of level 0, or from a deeper
// level one table, round robin over the key space. Tables rich in tombstones are compacted when
// nothing is oversized, until they reach the last level that holds data below them. Tables in a
// running compaction are left alone, and so is what overlaps them.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "engine/lsm/version.h"
#include "engine/options.h"

namespace shale::engine {

struct Compaction {
  std::shared_ptr<const Version> version;  // picked from
  int level = 0;                           // of the upper inputs
  int output_level = 1;
  TableFiles upper;  // in the level's order
  TableFiles lower;  // of output_level, in key order; empty where both levels are the same
  // One table that nothing in the output level overlaps: it changes its level, unread.
  bool trivial_move = false;

  UserKeyRange range() const;  // of all inputs
  uint64_t input_bytes() const;
};

class CompactionPicker {
 public:
  explicit CompactionPicker(const EngineOptions& options) : options_(options) {}

  // The most urgent compaction; nothing where no level needs any, or all that do are busy. Marks
  // nothing.
  std::optional<Compaction> Pick(std::shared_ptr<const Version> version);
  // All of the level's tables that overlap the range, into output_level (the next, or the same: a
  // rewrite in place). Nothing where there are none. Not for use while other compactions run.
  std::optional<Compaction> PickRange(std::shared_ptr<const Version> version, int level,
                                      int output_level, const UserKeyRange& range) const;

  // At least 1 where the level wants compacting.
  double Score(const Version& version, int level) const;
  uint64_t LevelBytesMax(int level) const;
  bool NeedsCompaction(const Version& version) const;

 private:
  std::optional<Compaction> PickLevel0(std::shared_ptr<const Version> version) const;
  std::optional<Compaction> PickBySize(std::shared_ptr<const Version> version, int level);
  std::optional<Compaction> PickByTombstones(std::shared_ptr<const Version> version) const;
  // The compaction of one table into the next level; nothing where something is busy.
  std::optional<Compaction> Of(std::shared_ptr<const Version> version, int level,
                               const std::shared_ptr<TableFile>& file) const;

  const EngineOptions& options_;
  std::array<std::string, kLevels>
      resume_after_;  // per level: smallest key of the table picked last
};

}  // namespace shale::engine
