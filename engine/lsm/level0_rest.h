// Level0Rest: whether tables still come to level 0, seen by looking at it every second: none has
// come for some times as long as it took the last one, within bounds; or, much sooner, whether they
// come slower than before.
#pragma once

#include <cstdint>

#include "engine/lsm/version.h"

namespace shale::engine {

class Level0Rest {
 public:
  void Look(const Version& version);
  bool IsResting(const Version& version) const;
  bool IsCalm(const Version& version) const;

 private:
  static constexpr int kIntervals = 4;
  static constexpr int kCalmIntervals = 2;
  static constexpr int kLooksMin = 5;
  static constexpr int kLooksMax = 60;

  uint64_t newest_ = 0;
  int looks_ = 0;     // since it has come
  int interval_ = 0;  // between it and the one before
};

}  // namespace shale::engine
