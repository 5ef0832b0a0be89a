// LevelShape: how large the levels of a version should be, which of them level 0 is merged into,
// and how much work compaction is behind. A pure function of the version and the options.
//
// Sizes are set from the last level up (Dong et al., "Optimizing Space Amplification in RocksDB",
// CIDR 2017): the last level is as large as its data, each one above it level_multiplier times
// smaller, up to the base level, the first whose size is at most level_base_bytes. Levels between 0
// and the base level stay empty. So about 1 / level_multiplier of the data lies above the last
// level, however much there is, and obsolete versions cannot take more than that for long.
#pragma once

#include <array>
#include <cstdint>

#include "engine/lsm/version.h"
#include "engine/options.h"

namespace shale::engine {

struct LevelShape {
  static constexpr int kLastLevel = kLevels - 1;

  // What level 0 is merged into, or passes by; the last level while that is small. Never below a
  // level that holds tables (invariant L1).
  int base_level = kLastLevel;
  // Of the levels from base_level to the last but one; 0 elsewhere.
  std::array<uint64_t, kLevels> bytes_max{};
  // About how many bytes compactions must read and write until every level fits.
  uint64_t debt_bytes = 0;
  // At least 1 where level 0 is to be merged into the base level.
  double level0_score = 0;

  static LevelShape Of(const Version& version, const EngineOptions& options);
};

}  // namespace shale::engine
