#include "engine/lsm/compaction_picker.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace shale::engine {
namespace {

bool AnyBusy(const TableFiles& files) {
  return std::any_of(files.begin(), files.end(), [](const auto& file) { return file->busy; });
}

UserKeyRange RangeOf(const TableFiles& files) {
  UserKeyRange range = files.front()->metadata().range;
  for (const auto& file : files) range.Extend(file->metadata().range);
  return range;
}

}  // namespace

UserKeyRange Compaction::range() const {
  UserKeyRange range = RangeOf(upper);
  if (!lower.empty()) range.Extend(RangeOf(lower));
  return range;
}

uint64_t Compaction::input_bytes() const {
  uint64_t bytes = 0;
  for (const auto& file : upper) bytes += file->metadata().bytes;
  for (const auto& file : lower) bytes += file->metadata().bytes;
  return bytes;
}

uint64_t CompactionPicker::LevelBytesMax(int level) const {
  double bytes = static_cast<double>(options_.level_base_bytes);
  for (int i = 1; i < level; ++i) bytes *= options_.level_multiplier;
  return static_cast<uint64_t>(bytes);
}

double CompactionPicker::Score(const Version& version, int level) const {
  if (level == 0) {
    return static_cast<double>(version.levels[0].size()) / options_.level0_compaction_files;
  }
  if (level == kLevels - 1) return 0;
  return static_cast<double>(version.LevelBytes(level)) / LevelBytesMax(level);
}

bool CompactionPicker::NeedsCompaction(const Version& version) const {
  for (int level = 0; level < kLevels - 1; ++level) {
    if (Score(version, level) >= 1) return true;
    if (level == 0) continue;
    for (const auto& file : version.levels[level]) {
      if (file->metadata().rich_in_tombstones() && level < version.DeepestLevel()) return true;
    }
  }
  return false;
}

std::optional<Compaction> CompactionPicker::Pick(std::shared_ptr<const Version> version) {
  std::vector<std::pair<double, int>> scores;
  for (int level = 0; level < kLevels - 1; ++level) {
    double score = Score(*version, level);
    if (score >= 1) scores.emplace_back(score, level);
  }
  std::sort(scores.rbegin(), scores.rend());
  for (const auto& [score, level] : scores) {
    auto compaction = level == 0 ? PickLevel0(version) : PickBySize(version, level);
    if (compaction) return compaction;
  }
  return PickByTombstones(version);
}

std::optional<Compaction> CompactionPicker::PickLevel0(
    std::shared_ptr<const Version> version) const {
  const TableFiles& level0 = version->levels[0];
  if (level0.empty() || AnyBusy(level0)) return std::nullopt;
  Compaction compaction{.version = version, .level = 0, .output_level = 1, .upper = level0};
  compaction.lower = version->Overlapping(1, RangeOf(level0));
  if (AnyBusy(compaction.lower)) return std::nullopt;
  compaction.trivial_move = level0.size() == 1 && compaction.lower.empty() &&
                            !level0.front()->metadata().rich_in_tombstones();
  return compaction;
}

std::optional<Compaction> CompactionPicker::PickBySize(std::shared_ptr<const Version> version,
                                                       int level) {
  const TableFiles& files = version->levels[level];
  std::string& resume_after = resume_after_[level];
  size_t start = std::partition_point(files.begin(), files.end(),
                                      [&](const auto& file) {
                                        return file->metadata().range.smallest <= resume_after;
                                      }) -
                 files.begin();
  for (size_t i = 0; i < files.size(); ++i) {
    const auto& file = files[(start + i) % files.size()];
    auto compaction = Of(version, level, file);
    if (!compaction) continue;
    resume_after = file->metadata().range.smallest;
    return compaction;
  }
  return std::nullopt;
}

std::optional<Compaction> CompactionPicker::PickByTombstones(
    std::shared_ptr<const Version> version) const {
  int deepest = version->DeepestLevel();
  for (int level = 1; level < deepest; ++level) {
    for (const auto& file : version->levels[level]) {
      if (!file->metadata().rich_in_tombstones()) continue;
      auto compaction = Of(version, level, file);
      if (compaction) return compaction;
    }
  }
  return std::nullopt;
}

std::optional<Compaction> CompactionPicker::Of(std::shared_ptr<const Version> version, int level,
                                               const std::shared_ptr<TableFile>& file) const {
  if (file->busy) return std::nullopt;
  Compaction compaction{
      .version = version, .level = level, .output_level = level + 1, .upper = {file}};
  compaction.lower = version->Overlapping(level + 1, file->metadata().range);
  if (AnyBusy(compaction.lower)) return std::nullopt;
  compaction.trivial_move = compaction.lower.empty() && !file->metadata().rich_in_tombstones();
  return compaction;
}

std::optional<Compaction> CompactionPicker::PickRange(std::shared_ptr<const Version> version,
                                                      int level, int output_level,
                                                      const UserKeyRange& range) const {
  Compaction compaction{.version = version, .level = level, .output_level = output_level};
  compaction.upper = version->Overlapping(level, range);
  if (compaction.upper.empty()) return std::nullopt;
  // Older tables of level 0 must not stay behind above newer data.
  if (level == 0) compaction.upper = version->levels[0];
  if (output_level != level) {
    compaction.lower = version->Overlapping(output_level, RangeOf(compaction.upper));
  }
  return compaction;
}

}  // namespace shale::engine
