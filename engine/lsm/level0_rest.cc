#include "engine/lsm/level0_rest.h"

#include <algorithm>
#include <utility>

namespace shale::engine {
namespace {

uint64_t NewestOfLevel0(const Version& version) {
  uint64_t newest = 0;
  for (const auto& file : version.levels[0]) newest = std::max(newest, file->number());
  return newest;
}

}  // namespace

void Level0Rest::Look(const Version& version) {
  uint64_t newest = NewestOfLevel0(version);
  if (newest == newest_) {
    if (looks_ < kLooksMax) ++looks_;
    return;
  }
  interval_ = std::exchange(looks_, 0);
  newest_ = newest;
}

bool Level0Rest::IsResting(const Version& version) const {
  return looks_ >= std::clamp(kIntervals * interval_, kLooksMin, kLooksMax) &&
         newest_ == NewestOfLevel0(version);
}

// A look comes up to one too late, and another one where the last table came just after it.
bool Level0Rest::IsCalm(const Version& version) const {
  return looks_ >= kCalmIntervals * (interval_ + 1) && newest_ == NewestOfLevel0(version);
}

}  // namespace shale::engine
