// The conflict matrices of LockMode, as PostgreSQL's manual gives them (section 13.3), as bit
// masks.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "engine/kv_store.h"

namespace shale::engine {

using LockModeMask = uint32_t;  // bit i: LockMode i
inline constexpr int kLockModeCount = 17;

constexpr LockModeMask MaskOf(LockMode mode) {
  return static_cast<LockModeMask>(1u << static_cast<unsigned>(mode));
}

namespace internal {
template <typename... Modes>
constexpr LockModeMask MaskOfAll(Modes... modes) {
  return static_cast<LockModeMask>((0u | ... | MaskOf(modes)));
}

using enum LockMode;
inline constexpr LockModeMask kConflicts[kLockModeCount] = {
    // Rows.
    MaskOfAll(kUpdate, kForUpdate),
    MaskOfAll(kNoKeyUpdate, kUpdate, kForNoKeyUpdate, kForUpdate),
    MaskOfAll(kShare, kNoKeyUpdate, kUpdate, kForNoKeyUpdate, kForUpdate, kPresence),
    MaskOfAll(kKeyShare, kShare, kNoKeyUpdate, kUpdate, kForNoKeyUpdate, kForUpdate, kPresence),
    // Tables.
    MaskOfAll(kTableAccessExclusive),
    MaskOfAll(kTableExclusive, kTableAccessExclusive),
    MaskOfAll(kTableShare, kTableShareRowExclusive, kTableExclusive, kTableAccessExclusive),
    MaskOfAll(kTableShareUpdateExclusive, kTableShare, kTableShareRowExclusive, kTableExclusive,
              kTableAccessExclusive),
    MaskOfAll(kTableRowExclusive, kTableShareUpdateExclusive, kTableShareRowExclusive,
              kTableExclusive, kTableAccessExclusive),
    MaskOfAll(kTableRowExclusive, kTableShareUpdateExclusive, kTableShare, kTableShareRowExclusive,
              kTableExclusive, kTableAccessExclusive),
    MaskOfAll(kTableRowShare, kTableRowExclusive, kTableShareUpdateExclusive, kTableShare,
              kTableShareRowExclusive, kTableExclusive, kTableAccessExclusive),
    MaskOfAll(kTableAccessShare, kTableRowShare, kTableRowExclusive, kTableShareUpdateExclusive,
              kTableShare, kTableShareRowExclusive, kTableExclusive, kTableAccessExclusive),
    // Advisory.
    MaskOfAll(kAdvisoryExclusive),
    MaskOfAll(kAdvisoryShare, kAdvisoryExclusive),
    // Rows again.
    MaskOfAll(kShare, kNoKeyUpdate, kUpdate, kForNoKeyUpdate, kForUpdate),
    MaskOfAll(kKeyShare, kShare, kNoKeyUpdate, kUpdate, kForNoKeyUpdate, kForUpdate),
    MaskOfAll(kNoKeyUpdate, kUpdate),
};
}  // namespace internal

// The modes that another transaction may not hold beside this one.
constexpr LockModeMask ConflictsOf(LockMode mode) {
  return internal::kConflicts[static_cast<unsigned>(mode)];
}

// True when a holder of the modes gains nothing from the mode: each conflict of it is one already.
// Advisory modes are given back one by one, so that each must be held for itself.
constexpr bool Covers(LockModeMask held, LockMode mode) {
  if (IsAdvisoryMode(mode)) return (held & MaskOf(mode)) != 0;
  while (held != 0) {
    auto one = static_cast<LockMode>(std::countr_zero(held));
    if ((ConflictsOf(mode) & ~ConflictsOf(one)) == 0) return true;
    held &= held - 1;
  }
  return false;
}

// As error details name it: PostgreSQL's name of a table or advisory mode, the locking clause of a
// row strength.
constexpr std::string_view LockModeName(LockMode mode) {
  constexpr std::string_view kNames[kLockModeCount] = {
      "FOR KEY SHARE",     "FOR SHARE",
      "FOR NO KEY UPDATE", "FOR UPDATE",
      "AccessShareLock",   "RowShareLock",
      "RowExclusiveLock",  "ShareUpdateExclusiveLock",
      "ShareLock",         "ShareRowExclusiveLock",
      "ExclusiveLock",     "AccessExclusiveLock",
      "ShareLock",         "ExclusiveLock",
      "FOR NO KEY UPDATE", "FOR UPDATE",
      "presence"};
  return kNames[static_cast<unsigned>(mode)];
}

}  // namespace shale::engine
