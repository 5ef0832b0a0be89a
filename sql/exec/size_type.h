// Copying values by their size alone: operators move values without looking at them.
#pragma once

#include <cstdint>

#include "sql/vector/vector.h"

namespace shale::sql {

struct Bytes16 {
  uint64_t low = 0;
  uint64_t high = 0;
};

// Calls function with a value of a type that has the kind's size.
template <typename Function>
void WithSizeType(catalog::PhysicalKind kind, Function function) {
  switch (ValueBytes(kind)) {
    case 1:
      return function(uint8_t{});
    case 2:
      return function(uint16_t{});
    case 4:
      return function(uint32_t{});
    case 8:
      return function(uint64_t{});
    default:
      return function(Bytes16{});
  }
}

}  // namespace shale::sql
