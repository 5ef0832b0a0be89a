// RowSet: the rows of a batch that something is computed for, in ascending order.
#pragma once

#include <cstdint>

namespace shale::sql {

// A null selection means rows 0 .. count-1.
struct RowSet {
  const uint16_t* selection = nullptr;
  uint32_t count = 0;
  uint32_t operator[](uint32_t index) const {
    return selection != nullptr ? selection[index] : index;
  }
};

}  // namespace shale::sql
