#include "engine/base/page_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace shale {
namespace {

char* Map(size_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) throw std::bad_alloc();
  return static_cast<char*>(data);
}

}  // namespace

PageMemory::PageMemory(size_t bytes) : bytes_(bytes) {
  if (bytes < kHugePageBytes) {
    data_ = Map(bytes);
    return;
  }
  // The system aligns to small pages: what lies beside the aligned part is given back.
  char* mapped = Map(bytes + kHugePageBytes);
  size_t before = -reinterpret_cast<uintptr_t>(mapped) % kHugePageBytes;
  data_ = mapped + before;
  if (before > 0) munmap(mapped, before);
  munmap(data_ + bytes, kHugePageBytes - before);
  // Without huge pages it works as well, only slower.
  madvise(data_, bytes, MADV_HUGEPAGE);
}

PageMemory::~PageMemory() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

}  // namespace shale
