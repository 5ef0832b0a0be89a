#include "engine/lsm/level_shape.h"

#include <algorithm>

namespace shale::engine {
namespace {

// Of the base level's bytes, what makes merging level 0 worth while.
constexpr double kLevel0Share = 0.75;
// A base level much smaller than what level 0 brings at once would only be on the way.
constexpr uint64_t kBaseShare = 4;

double Ratio(uint64_t a, uint64_t b) {
  return static_cast<double>(a) / static_cast<double>(std::max<uint64_t>(1, b));
}

double Level0Score(const Version& version, int base_level, const EngineOptions& options) {
  size_t count = version.levels[0].size();
  uint64_t bytes = version.LevelBytes(0);
  double by_count = Ratio(count, options.level0_compaction_files);
  double by_bytes = Ratio(bytes, options.level_base_bytes);
  // Whatever it is set to, writers need not wait for what is not due.
  int count_max = std::min({options.level0_compaction_files_max, options.level0_slowdown_files,
                            options.level0_stop_files});
  if (static_cast<int>(count) >= count_max || by_bytes >= 1) return std::max(by_count, by_bytes);
  // An empty base level may be passed by (CompactionPicker).
  int held = base_level;
  while (held < LevelShape::kLastLevel && version.levels[held].empty()) ++held;
  return std::min(by_count, Ratio(bytes, version.LevelBytes(held)) / kLevel0Share);
}

// Follows what is too much down through the levels: what one level hands on is merged there with
// its share of that level, and may make that one too large in turn.
uint64_t DebtBytes(const Version& version, const LevelShape& shape) {
  uint64_t level0_bytes = version.LevelBytes(0);
  bool level0_due = shape.level0_score >= 1;
  double handed_on = level0_due ? static_cast<double>(level0_bytes) : 0;
  double debt = handed_on;
  if (level0_due) debt += static_cast<double>(version.LevelBytes(shape.base_level));
  for (int level = shape.base_level; level < LevelShape::kLastLevel; ++level) {
    double bytes = static_cast<double>(version.LevelBytes(level)) + handed_on;
    double excess = bytes - static_cast<double>(shape.bytes_max[level]);
    handed_on = 0;
    if (excess <= 0) continue;
    handed_on = excess;
    debt += excess * (1 + static_cast<double>(version.LevelBytes(level + 1)) / bytes);
  }
  return static_cast<uint64_t>(debt);
}

}  // namespace

// 1. The largest level stands for the last one's size to come: data moves down.
// 2. Going up from the last level, sizes shrink by the multiplier until one is at most
//    level_base_bytes: the base level.
// 3. A level above it that still holds tables becomes the base level, of the smallest size that
//    makes sense, until it has drained.
LevelShape LevelShape::Of(const Version& version, const EngineOptions& options) {
  LevelShape shape;
  uint64_t largest = 0;
  int first_held = kLastLevel;
  for (int level = kLastLevel; level > 0; --level) {
    if (version.levels[level].empty()) continue;
    largest = std::max(largest, version.LevelBytes(level));
    first_held = level;
  }
  uint64_t multiplier = std::max(2, options.level_multiplier);
  uint64_t base_max = std::max<uint64_t>(1, options.level_base_bytes);
  uint64_t smallest = std::max<uint64_t>(1, base_max / kBaseShare);
  std::array<uint64_t, kLevels> size{};
  size[kLastLevel] = largest;
  while (shape.base_level > 1 && size[shape.base_level] > base_max) {
    size[shape.base_level - 1] = std::max(smallest, size[shape.base_level] / multiplier);
    --shape.base_level;
  }
  for (; shape.base_level > first_held; --shape.base_level) {
    size[shape.base_level - 1] = smallest;
  }
  for (int level = shape.base_level; level < kLastLevel; ++level) {
    shape.bytes_max[level] = size[level];
  }
  shape.level0_score = Level0Score(version, shape.base_level, options);
  shape.debt_bytes = DebtBytes(version, shape);
  return shape;
}

}  // namespace shale::engine
