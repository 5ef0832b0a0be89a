#include "engine/memtable/skip_list.h"

#include <bit>

namespace shale::engine {

int RandomSkipListHeight() {
  // A counter stepped by the golden ratio and mixed (splitmix64); threads start apart by the
  // address of their counter. Balance is all that is asked of it: answers never depend on heights.
  thread_local uint64_t counter = reinterpret_cast<uintptr_t>(&counter);
  counter += 0x9e3779b97f4a7c15;
  uint64_t bits = counter;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  bits ^= bits >> 31;
  int height = 1 + std::countr_zero(bits | uint64_t{1} << 62) / 2;
  return height < kSkipListHeightMax ? height : kSkipListHeightMax;
}

}  // namespace shale::engine
