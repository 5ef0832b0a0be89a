#include "engine/lsm/compaction_picker.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace shale::engine {
namespace {

// Inputs of one compaction grow by neighbours, and pieces of a range, up to this many tables' size.
constexpr uint64_t kInputTablesMax = 25;
// A table that overlaps more of the level below its target than this would cost more there later.
constexpr uint64_t kGrandparentTablesMax = 10;
constexpr size_t kMovesMax = 32;
// Level 0 passes by a level that has nothing in its range where the next one has at most half as
// much there as it brings.
constexpr uint64_t kDescentShare = 2;
// Deletions in level 0 are not left waiting for more tables where they hide so much of what is
// stored below, and less where there are none to wait for.
constexpr double kDeletedShare = 0.4;
constexpr double kDeletedShareAtRest = 0.125;
// They are merged through all levels at once where that reads at most so many times what level 0
// takes in until writers are slowed: it is busy all that time.
constexpr uint64_t kThroughShare = 3;

bool AnyBusy(const TableFiles& files) {
  return std::any_of(files.begin(), files.end(), [](const auto& file) { return file->busy; });
}

UserKeyRange RangeOf(const TableFiles& files) {
  UserKeyRange range = files.front()->metadata().range;
  for (const auto& file : files) range.Extend(file->metadata().range);
  return range;
}

uint64_t BytesOf(const TableFiles& files) {
  uint64_t bytes = 0;
  for (const auto& file : files) bytes += file->metadata().bytes;
  return bytes;
}

bool AnyRichInTombstones(const TableFiles& files) {
  return std::any_of(files.begin(), files.end(),
                     [](const auto& file) { return file->metadata().rich_in_tombstones(); });
}

// What the table is worth to compact: each deletion and hidden version beyond the usual counts
// twice, for itself and for what it will free.
double WorthBytes(const TableMetadata& table) {
  double garbage = static_cast<double>(table.deletions + table.hidden) /
                   static_cast<double>(std::max<uint64_t>(1, table.entries));
  return static_cast<double>(table.bytes) * (1 + 2 * std::max(0.0, garbage - 0.125));
}

// Whether rewriting the table is worth its while for the values that it moves on the way.
bool FreesValues(const Version& version, const TableMetadata& table) {
  double bytes = version.StaleValueBytes(table);
  return bytes > 0 && bytes >= static_cast<double>(table.bytes);
}

bool AreDisjoint(TableFiles files) {
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return CompareUserKeys(a->metadata().range.smallest, b->metadata().range.smallest) < 0;
  });
  for (size_t i = 1; i < files.size(); ++i) {
    if (!files[i - 1]->metadata().range.Before(files[i]->metadata().range.smallest)) return false;
  }
  return true;
}

// How many deletions there are in level 0 for an entry below it.
double DeletedShare(const Version& version) {
  uint64_t deletions = 0;
  uint64_t below = 0;
  for (const auto& file : version.levels[0]) deletions += file->metadata().deletions;
  for (int level = 1; level < kLevels; ++level) {
    for (const auto& file : version.levels[level]) below += file->metadata().entries;
  }
  return static_cast<double>(deletions) / static_cast<double>(std::max<uint64_t>(1, below));
}

}  // namespace

std::vector<std::pair<int, const TableFiles*>> Compaction::inputs() const {
  std::vector<std::pair<int, const TableFiles*>> inputs = {{level, &upper}};
  int at = level;
  for (const TableFiles& files : between) inputs.emplace_back(++at, &files);
  inputs.emplace_back(output_level, &lower);
  return inputs;
}

UserKeyRange Compaction::range() const {
  UserKeyRange range = RangeOf(upper);
  for (const auto& [at, files] : inputs()) {
    if (!files->empty()) range.Extend(RangeOf(*files));
  }
  return range;
}

uint64_t Compaction::input_bytes() const {
  uint64_t bytes = 0;
  for (const auto& [at, files] : inputs()) bytes += BytesOf(*files);
  return bytes;
}

uint64_t Compaction::input_entries() const {
  uint64_t entries = 0;
  for (const auto& [at, files] : inputs()) {
    for (const auto& file : *files) entries += file->metadata().entries;
  }
  return entries;
}

size_t Compaction::input_tables() const {
  size_t tables = 0;
  for (const auto& [at, files] : inputs()) tables += files->size();
  return tables;
}

bool IsReclaimable(const TableMetadata& table, const LiveSnapshots& snapshots, bool is_deepest) {
  // Above older data a tombstone is worth moving down, whoever sees it.
  if (table.rich_in_tombstones() && (!is_deepest || snapshots.AllSee(table.sequence_max))) {
    return true;
  }
  // The table's versions hide each other: of two that no snapshot lies between nobody needs both.
  return table.rich_in_hidden() && !snapshots.Sees(table.sequence_min, table.sequence_max);
}

double CompactionPicker::Score(const Version& version, const LevelShape& shape, int level) const {
  if (level == 0) return AnyBusy(version.levels[0]) ? 0 : shape.level0_score;
  uint64_t bytes = 0;
  for (const auto& file : version.levels[level]) {
    if (!file->busy) bytes += file->metadata().bytes;
  }
  if (shape.bytes_max[level] == 0) return 0;
  return static_cast<double>(bytes) / static_cast<double>(shape.bytes_max[level]);
}

bool CompactionPicker::ShouldTidy(const Version& version, bool at_rest) const {
  int count = static_cast<int>(version.levels[0].size());
  if (at_rest && count >= options_.level0_compaction_files) return true;
  return DeletedShare(version) > (at_rest ? kDeletedShareAtRest : kDeletedShare);
}

bool CompactionPicker::NeedsCompaction(const Version& version, const LiveSnapshots& snapshots,
                                       bool at_rest) const {
  if (ShouldTidy(version, at_rest)) return true;
  LevelShape shape = LevelShape::Of(version, options_);
  int deepest = version.DeepestLevel();
  for (int level = 0; level < kLevels; ++level) {
    if (level < LevelShape::kLastLevel && Score(version, shape, level) >= 1) return true;
    if (level == 0) continue;
    for (const auto& file : version.levels[level]) {
      if (IsReclaimable(file->metadata(), snapshots, level == deepest)) return true;
      if (FreesValues(version, file->metadata())) return true;
    }
  }
  return false;
}

std::optional<Compaction> CompactionPicker::Pick(std::shared_ptr<const Version> version,
                                                 const LiveSnapshots& snapshots,
                                                 bool at_rest) const {
  LevelShape shape = LevelShape::Of(*version, options_);
  std::vector<std::pair<double, int>> scores;
  for (int level = 0; level < LevelShape::kLastLevel; ++level) {
    double score = Score(*version, shape, level);
    if (score >= 1) scores.emplace_back(score, level);
  }
  std::sort(scores.rbegin(), scores.rend());
  for (const auto& [score, level] : scores) {
    auto compaction = level == 0 ? PickLevel0(version, shape) : PickBySize(version, shape, level);
    if (compaction) return compaction;
  }
  if (ShouldTidy(*version, at_rest)) {
    if (auto compaction = PickThrough(version)) return compaction;
    if (auto compaction = PickLevel0(version, shape)) return compaction;
  }
  return PickByGarbage(version, shape, snapshots);
}

std::optional<Compaction> CompactionPicker::PickLevel0(std::shared_ptr<const Version> version,
                                                       const LevelShape& shape) const {
  const TableFiles& level0 = version->levels[0];
  if (level0.empty() || AnyBusy(level0)) return std::nullopt;
  Compaction compaction{.version = version, .level = 0, .upper = level0};
  const UserKeyRange range = RangeOf(level0);
  compaction.output_level = shape.base_level;
  compaction.lower = version->Overlapping(shape.base_level, range);
  // What comes in key order meets little on its way down, and need not stop at each level.
  while (compaction.lower.empty() && !compaction.to_last_level()) {
    TableFiles below = version->Overlapping(compaction.output_level + 1, range);
    if (AnyBusy(below) || BytesOf(below) > BytesOf(level0) / kDescentShare) break;
    ++compaction.output_level;
    compaction.lower = std::move(below);
  }
  if (AnyBusy(compaction.lower)) return std::nullopt;
  compaction.trivial_move = MayMove(compaction) && AreDisjoint(level0);
  return compaction;
}

std::optional<Compaction> CompactionPicker::PickThrough(
    std::shared_ptr<const Version> version) const {
  const TableFiles& level0 = version->levels[0];
  const int deepest = version->DeepestLevel();
  if (level0.empty() || deepest < 2 || DeletedShare(*version) <= kDeletedShareAtRest) {
    return std::nullopt;
  }
  Compaction compaction{.version = version, .level = 0, .output_level = deepest, .upper = level0};
  for (int level = 1; level < deepest; ++level) {
    compaction.between.push_back(version->Overlapping(level, compaction.range()));
  }
  compaction.lower = version->Overlapping(deepest, compaction.range());
  for (const auto& [level, files] : compaction.inputs()) {
    if (AnyBusy(*files)) return std::nullopt;
  }
  uint64_t bytes_max = kThroughShare * options_.level0_slowdown_files * options_.memtable_bytes_max;
  if (compaction.input_bytes() > bytes_max) return std::nullopt;
  return compaction;
}

// Both levels are in key order: one sweep finds each table's overlap below.
std::optional<Compaction> CompactionPicker::PickBySize(std::shared_ptr<const Version> version,
                                                       const LevelShape& shape, int level) const {
  const TableFiles& files = version->levels[level];
  const TableFiles& below = version->levels[level + 1];
  std::vector<std::pair<double, size_t>> costs;
  size_t first = 0;
  for (size_t i = 0; i < files.size(); ++i) {
    const UserKeyRange& range = files[i]->metadata().range;
    while (first < below.size() && below[first]->metadata().range.Before(range.smallest)) ++first;
    uint64_t overlap = 0;
    bool busy = files[i]->busy;
    for (size_t j = first; j < below.size() && below[j]->metadata().range.Overlaps(range); ++j) {
      overlap += below[j]->metadata().bytes;
      busy = busy || below[j]->busy;
    }
    if (busy) continue;
    costs.emplace_back(static_cast<double>(overlap) / WorthBytes(files[i]->metadata()), i);
  }
  if (costs.empty()) return std::nullopt;
  auto compaction =
      Of(version, shape, level, files[std::min_element(costs.begin(), costs.end())->second]);
  if (!compaction) return std::nullopt;
  if (compaction->trivial_move) {
    uint64_t bytes = version->LevelBytes(level);
    AddMoves(&*compaction, bytes - std::min(bytes, shape.bytes_max[level]));
  } else {
    AddNeighbours(&*compaction);
  }
  return compaction;
}

std::optional<Compaction> CompactionPicker::PickByGarbage(std::shared_ptr<const Version> version,
                                                          const LevelShape& shape,
                                                          const LiveSnapshots& snapshots) const {
  int deepest = version->DeepestLevel();
  for (int level = 1; level <= deepest; ++level) {
    for (const auto& file : version->levels[level]) {
      if (file->busy) continue;
      bool reclaimable = IsReclaimable(file->metadata(), snapshots, level == deepest);
      if (reclaimable && level < deepest) {
        if (auto compaction = Of(version, shape, level, file)) return compaction;
      } else if (reclaimable || FreesValues(*version, file->metadata())) {
        return Compaction{
            .version = version, .level = level, .output_level = level, .upper = {file}};
      }
    }
  }
  return std::nullopt;
}

std::optional<Compaction> CompactionPicker::Of(std::shared_ptr<const Version> version,
                                               const LevelShape& shape, int level,
                                               const std::shared_ptr<TableFile>& file) const {
  if (file->busy) return std::nullopt;
  Compaction compaction{
      .version = version, .level = level, .output_level = level + 1, .upper = {file}};
  compaction.lower = version->Overlapping(level + 1, file->metadata().range);
  if (AnyBusy(compaction.lower)) return std::nullopt;
  compaction.trivial_move = MayMove(compaction);
  return compaction;
}

// Garbage is dropped on the way, and what has come to rest is packed tight: neither by a move. Nor
// may a table that spans much of the level below its target go there in one piece.
bool CompactionPicker::MayMove(const Compaction& compaction) const {
  if (!compaction.lower.empty() || AnyRichInTombstones(compaction.upper)) return false;
  // A run's tables are packed as the last level's are.
  bool packed = options_.bottom_compression == options_.compression ||
                std::ranges::all_of(compaction.upper,
                                    [](const auto& file) { return file->metadata().is_run; });
  if (compaction.to_last_level() && !packed) return false;
  if (compaction.output_level == LevelShape::kLastLevel) return true;
  for (const auto& file : compaction.upper) {
    TableFiles grandparents =
        compaction.version->Overlapping(compaction.output_level + 1, file->metadata().range);
    if (BytesOf(grandparents) > kGrandparentTablesMax * options_.table_bytes_max) return false;
  }
  return true;
}

// Neighbours of the upper level whose data below is rewritten anyway.
void CompactionPicker::AddNeighbours(Compaction* compaction) const {
  if (compaction->lower.empty()) return;
  const Version& version = *compaction->version;
  TableFiles upper = version.Overlapping(compaction->level, compaction->range());
  if (upper.size() == compaction->upper.size() || AnyBusy(upper)) return;
  TableFiles lower = version.Overlapping(compaction->output_level, RangeOf(upper));
  if (lower.size() != compaction->lower.size()) return;
  if (BytesOf(upper) + BytesOf(lower) > kInputTablesMax * options_.table_bytes_max) return;
  compaction->upper = std::move(upper);
}

// Other tables that can move as well: one edit for all.
void CompactionPicker::AddMoves(Compaction* compaction, uint64_t bytes_wanted) const {
  const Version& version = *compaction->version;
  const std::shared_ptr<TableFile> first = compaction->upper.front();
  uint64_t bytes = first->metadata().bytes;
  for (const auto& file : version.levels[compaction->level]) {
    if (bytes >= bytes_wanted || compaction->upper.size() >= kMovesMax) break;
    if (file == first || file->busy) continue;
    Compaction alone{
        .version = compaction->version,
        .level = compaction->level,
        .output_level = compaction->output_level,
        .upper = {file},
        .lower = version.Overlapping(compaction->output_level, file->metadata().range)};
    if (!MayMove(alone)) continue;
    bytes += file->metadata().bytes;
    compaction->upper.push_back(file);
  }
}

CompactionPicker::RangePiece CompactionPicker::PickRange(std::shared_ptr<const Version> version,
                                                         int level, bool in_place,
                                                         const UserKeyRange& range) const {
  LevelShape shape = LevelShape::Of(*version, options_);
  TableFiles overlapping = version->Overlapping(level, range);
  if (overlapping.empty()) return {};
  int output_level = in_place ? level : level == 0 ? shape.base_level : level + 1;
  Compaction compaction{.version = version, .level = level, .output_level = output_level};
  if (level == 0) {
    // Older tables of level 0 must not stay behind above newer data.
    compaction.upper = version->levels[0];
    compaction.lower = version->Overlapping(output_level, RangeOf(compaction.upper));
  } else {
    for (const auto& file : overlapping) {
      TableFiles upper = compaction.upper;
      upper.push_back(file);
      TableFiles lower;
      if (!in_place) lower = version->Overlapping(output_level, RangeOf(upper));
      uint64_t bytes = BytesOf(upper) + BytesOf(lower);
      if (!compaction.upper.empty() && bytes > kInputTablesMax * options_.table_bytes_max) break;
      compaction.upper = std::move(upper);
      compaction.lower = std::move(lower);
    }
  }
  if (AnyBusy(compaction.upper) || AnyBusy(compaction.lower)) return {.busy = true};
  return {.compaction = std::move(compaction)};
}

}  // namespace shale::engine
