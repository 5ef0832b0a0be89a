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
#include "engine/lsm/value_file.h"
#include "engine/lsm/version_edit.h"

namespace shale::engine {

struct LiveValueFile {
  std::shared_ptr<ValueFile> file;
  uint64_t referenced_bytes = 0;  // by all tables

  uint64_t garbage_bytes() const { return file->metadata().record_bytes - referenced_bytes; }
  // More than half of it is garbage: compactions move values away from it.
  bool stale() const { return garbage_bytes() > referenced_bytes; }
};

class Version {
 public:
  std::array<TableFiles, kLevels> levels;
  // By number; those that some table refers to.
  std::vector<LiveValueFile> value_files;
  bool has_stale_values = false;      // some of them are stale
  bool has_range_tombstones = false;  // some table has

  // The newest version of the key up to the snapshot, over all levels. In tier kCacheOnly within a
  // ReadViews::Guard.
  void Get(std::string_view user_key, SequenceNumber snapshot, ReadTier tier,
           PointLookup* lookup) const;

  // The same, kCacheOnly, of those of the keys that are open. They are looked up side by side, a
  // step of each in turn, so that the processor waits for the memory of several at once
  // (table_search.h). A value that lies apart gives kWouldBlock.
  void Get(std::span<KeyLookup> keys, SequenceNumber snapshot) const;

  // The file of a reference as a table holds it, which is decoded too; XX001 where there is none.
  Result<ValueFile*> FindValueFile(std::string_view encoded, ValueReference* reference) const;
  // Null where the version has none of that number.
  const LiveValueFile* FindValueFile(uint64_t number) const;
  // What rewriting the table, and with it the values that it has in stale files, would free in the
  // end: its share of their garbage.
  double StaleValueBytes(const TableMetadata& table) const;

  TableFiles Overlapping(int level, const UserKeyRange& range) const;
  bool OverlapsBelow(int level, const UserKeyRange& range) const;
  uint64_t LevelBytes(int level) const;
  // The deepest level that holds a table; 0 in an empty store.
  int DeepestLevel() const;
  uint64_t ApproximateBytes(const UserKeyRange& range) const;
  // Where data blocks end, thinned out evenly to at most `count`, ascending. Blocks.
  Result<std::vector<std::string>> SplitKeys(const UserKeyRange& range, size_t count) const;
  VersionEdit ToEdit() const;

  // This version changed by the edit; XX001 where the edit does not fit or the result breaks an
  // invariant. The tables removed are not marked obsolete. Tables added that are among the known
  // ones keep their objects, and with them their readers.
  Result<std::shared_ptr<const Version>> Apply(const VersionEdit& edit, const TableContext* context,
                                               const TableFiles& known = {}) const;
  // The structural invariants: order, disjointness, sequence ranges of level 0.
  Status CheckInvariants() const;
  // That value_files are counted rightly: all tables are asked again.
  Status CheckValueFiles() const;

 private:
  // Get but for following a reference.
  void Find(std::string_view user_key, SequenceNumber snapshot, ReadTier tier,
            PointLookup* lookup) const;
  // Sets value_files: those of the version before and those added, as far as a table refers to
  // them.
  Status CollectValueFiles(const Version& previous, const VersionEdit& edit,
                           const TableFiles& removed, const TableContext* context);
};

// As Version::Get over tables in key order, which do not overlap: a level, or a run. False: the
// lookup is over, for better or worse.
bool GetFromLevel(const TableFiles& files, std::string_view user_key, SequenceNumber snapshot,
                  ReadTier tier, PointLookup* lookup);

// Those of such tables that overlap the range: a part of `files`.
TableSpan OverlappingOf(const TableFiles& files, const UserKeyRange& range);

// Level `level`'s file that may hold the key (level 1 and deeper): its index, or files.size().
size_t FindFile(TableSpan files, std::string_view user_key);

}  // namespace shale::engine
