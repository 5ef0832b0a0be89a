// Compaction: one merge of tables as the picker decided on it.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/lsm/version.h"

namespace shale::engine {

struct Compaction {
  std::shared_ptr<const Version> version;  // picked from
  int level = 0;                           // of the upper inputs
  int output_level = 1;                    // the same level: a rewrite in place
  TableFiles upper;                        // in the level's order
  // Of each level between the two, from the upper one down, what overlaps those above it, in key
  // order; none where the levels follow each other.
  std::vector<TableFiles> between;
  TableFiles lower;  // of output_level, in key order; empty where both levels are the same
  // Of output_level, in key order, within the range: they hold no key between two of upper's, so
  // they stay as they are and the output goes around them.
  TableFiles beside;
  // Tables that nothing in the output level overlaps: they change their level, unread.
  bool tight = false;  // nobody waits for it: small files matter more than time
  bool trivial_move = false;

  // Where data comes to rest: it is packed tight there, not fast.
  bool to_last_level() const { return output_level == kLevels - 1; }
  // Each input with its level, from the newest data to the oldest. Valid while this is unchanged.
  std::vector<std::pair<int, const TableFiles*>> inputs() const;
  UserKeyRange range() const;  // of all inputs
  uint64_t input_bytes() const;
  uint64_t input_entries() const;
  size_t input_tables() const;
};

}  // namespace shale::engine
