#include "tests/engine/allocation/fail_allocation.h"

#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/base/check.h"

namespace shale {
namespace {

constinit thread_local int allocations_left = 0;  // before the one that fails; 0: none does
constinit thread_local bool has_failed = false;
constinit thread_local bool spared = false;
std::atomic<size_t> fails_from_bytes{0};  // 0: none does
std::atomic<size_t> largest_bytes{0};

bool MustFail(size_t bytes) {
  size_t largest = largest_bytes.load(std::memory_order_relaxed);
  while (bytes > largest && !largest_bytes.compare_exchange_weak(largest, bytes)) {
  }
  if (allocations_left > 0 && --allocations_left == 0) return has_failed = true;
  size_t from = fails_from_bytes.load(std::memory_order_relaxed);
  return from > 0 && bytes >= from && !spared;
}

void* Allocate(size_t bytes, size_t alignment) {
  if (MustFail(bytes)) return nullptr;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(bytes);
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void* AllocateOrThrow(size_t bytes, size_t alignment) {
  if (void* memory = Allocate(bytes, alignment)) return memory;
  throw std::bad_alloc();
}

}  // namespace

FailAllocation::FailAllocation(int number) {
  CHECK(number > 0);
  has_failed = false;
  allocations_left = number;
}
FailAllocation::~FailAllocation() { allocations_left = 0; }
bool FailAllocation::happened() const { return has_failed; }

FailLargeAllocationsElsewhere::FailLargeAllocationsElsewhere(size_t bytes_min) {
  spared = true;
  fails_from_bytes.store(bytes_min);
}
FailLargeAllocationsElsewhere::~FailLargeAllocationsElsewhere() {
  fails_from_bytes.store(0);
  spared = false;
}

size_t TakeLargestAllocation() { return largest_bytes.exchange(0); }

}  // namespace shale

void* operator new(size_t bytes) { return shale::AllocateOrThrow(bytes, 1); }
void* operator new[](size_t bytes) { return shale::AllocateOrThrow(bytes, 1); }
void* operator new(size_t bytes, std::align_val_t alignment) {
  return shale::AllocateOrThrow(bytes, static_cast<size_t>(alignment));
}
void* operator new[](size_t bytes, std::align_val_t alignment) {
  return shale::AllocateOrThrow(bytes, static_cast<size_t>(alignment));
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return shale::Allocate(bytes, 1);
}
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept {
  return shale::Allocate(bytes, 1);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
