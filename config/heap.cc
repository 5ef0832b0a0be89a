#include "config/heap.h"

#ifdef SHALE_MIMALLOC
#include <mimalloc.h>

#include <cstdint>
#include <fstream>
#include <limits>
#include <new>
#include <string>

#include "engine/base/page_memory.h"

namespace shale::config {
namespace {

constexpr uintptr_t kSegmentBytes = 32 << 20;  // mimalloc's, aligned to as much

// With vm.overcommit_memory = 2 memory counts as used once it is reserved.
bool IsReservingFree() {
  int mode = 2;
  std::ifstream("/proc/sys/vm/overcommit_memory") >> mode;
  return mode != 2;
}

// 0 where the system does not say.
size_t MachineMemoryBytes() {
  std::ifstream lines("/proc/meminfo");
  std::string name;
  size_t kilobytes = 0;
  while (lines >> name >> kilobytes) {
    if (name == "MemTotal:") return kilobytes << 10;
    lines.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

}  // namespace

void PlaceHeapOnHugePages() {
  size_t bytes = MachineMemoryBytes() / 2 / kSegmentBytes * kSegmentBytes;
  if (bytes == 0 || !IsReservingFree()) return;
  try {
    // The heap's as long as the process lives.
    const auto* memory = new PageMemory(bytes + kSegmentBytes);
    auto begin = (reinterpret_cast<uintptr_t>(memory->data()) + kSegmentBytes - 1) / kSegmentBytes *
                 kSegmentBytes;
    // As if not committed, so that mimalloc gives back to the system what has become free.
    mi_manage_os_memory_ex(reinterpret_cast<void*>(begin), bytes, /*is_committed=*/false,
                           /*is_large=*/false, /*is_zero=*/true, /*numa_node=*/-1,
                           /*exclusive=*/false, /*arena_id=*/nullptr);
  } catch (const std::bad_alloc&) {
    // The heap grows as it otherwise would.
  }
}

}  // namespace shale::config
#else
void shale::config::PlaceHeapOnHugePages() {}
#endif
