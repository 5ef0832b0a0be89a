// Replaces operator new by one that fails where a test asks for it. Part of one binary only.
#pragma once

#include <cstddef>

namespace shale {

// While it lives, this thread's allocation with this number (from 1) fails, once.
class FailAllocation {
 public:
  explicit FailAllocation(int number);
  ~FailAllocation();
  FailAllocation(const FailAllocation&) = delete;
  FailAllocation& operator=(const FailAllocation&) = delete;
  // False: there were not as many.
  bool happened() const;
};

// While it lives, allocations of so many bytes and more fail on all threads but this one.
class FailLargeAllocationsElsewhere {
 public:
  explicit FailLargeAllocationsElsewhere(size_t bytes_min);
  ~FailLargeAllocationsElsewhere();
  FailLargeAllocationsElsewhere(const FailLargeAllocationsElsewhere&) = delete;
  FailLargeAllocationsElsewhere& operator=(const FailLargeAllocationsElsewhere&) = delete;
};

// The largest single allocation of any thread since the last call.
size_t TakeLargestAllocation();

}  // namespace shale
