// KeyFilter: what a hash join that gives rows with a partner alone knows of the rows on its left
// before they are made: the hashes of the keys that have one. Whoever makes the rows may leave the
// others out, early and without decoding them; the join asks all that it is given all the same.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace shale::sql {

class HashJoinTable;

struct KeyFilter {
  std::shared_ptr<const HashJoinTable> table;  // built
  std::vector<uint32_t>
      slots;  // of the keys, among the columns of the operator that it is given to

  // Whether all keys are among the first columns.
  bool IsWithin(size_t columns) const {
    return std::ranges::all_of(slots, [columns](uint32_t slot) { return slot < columns; });
  }
};

}  // namespace shale::sql
