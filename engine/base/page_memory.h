// PageMemory: zeroed memory of whole pages, straight from the system, on huge pages where there are
// any. For what is large and read at random: with pages of 4 KiB each such read misses the TLB too,
// which in a virtual machine costs more than the read itself.
#pragma once

#include <cstddef>
#include <utility>

namespace shale {

inline constexpr size_t kHugePageBytes = 2 << 20;

// Freed with the object. Movable.
class PageMemory {
 public:
  PageMemory() = default;
  // Throws std::bad_alloc, as operator new does. From kHugePageBytes on it is aligned to them.
  explicit PageMemory(size_t bytes);
  PageMemory(PageMemory&& other) noexcept { *this = std::move(other); }
  PageMemory& operator=(PageMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~PageMemory();

  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  char* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace shale
