#include "engine/lsm/covered_tables.h"

namespace shale::engine {
namespace {

// Whether some deletion of the fragment is newer than all of the table and seen by every snapshot
// that sees anything of it.
bool Deletes(const RangeTombstoneList::Fragment& fragment, const TableMetadata& table,
             const LiveSnapshots& snapshots) {
  SequenceNumber oldest_newer = 0;
  for (SequenceNumber sequence : fragment.sequences) {
    if (sequence <= table.sequence_max) break;
    oldest_newer = sequence;
  }
  return oldest_newer != 0 && !snapshots.Sees(table.sequence_min, oldest_newer);
}

bool EndsWithin(const UserKeyRange& range, std::string_view end) {
  if (end.empty()) return true;
  switch (range.end) {
    case UserKeyRange::End::kInclusive:
      return CompareUserKeys(range.largest, end) < 0;
    case UserKeyRange::End::kExclusive:
      return CompareUserKeys(range.largest, end) <= 0;
    case UserKeyRange::End::kUnbounded:
      return false;
  }
  return false;
}

bool IsCovered(const TableMetadata& table, const RangeTombstoneList& tombstones,
               const LiveSnapshots& snapshots) {
  std::string_view reached = table.range.smallest;
  for (size_t i = tombstones.FindFragment(reached); i < tombstones.fragment_count(); ++i) {
    RangeTombstoneList::Fragment fragment = tombstones.fragment(i);
    if (CompareUserKeys(fragment.begin, reached) > 0) return false;
    if (!Deletes(fragment, table, snapshots)) return false;
    if (EndsWithin(table.range, fragment.end)) return true;
    reached = fragment.end;
  }
  return false;
}

}  // namespace

std::vector<std::pair<int, std::shared_ptr<TableFile>>> FindCoveredTables(
    const Version& version, const RangeTombstoneList& tombstones, const LiveSnapshots& snapshots) {
  std::vector<std::pair<int, std::shared_ptr<TableFile>>> covered;
  for (int level = 0; level < kLevels; ++level) {
    for (const auto& file : version.levels[level]) {
      if (file->metadata().sequence_max >= tombstones.sequence_max()) continue;
      if (IsCovered(file->metadata(), tombstones, snapshots)) covered.emplace_back(level, file);
    }
  }
  return covered;
}

}  // namespace shale::engine
