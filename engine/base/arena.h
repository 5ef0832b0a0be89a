// Arena: memory that is freed all at once. Blocks grow from 1 KiB to 256 KiB; a request larger than
// a quarter of a block gets a block of its own. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

namespace shale {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Never null; alignment is a power of two up to 64.
  char* Allocate(size_t bytes, size_t alignment = 1) {
    uintptr_t start = (reinterpret_cast<uintptr_t>(next_) + alignment - 1) & ~(alignment - 1);
    uintptr_t end = reinterpret_cast<uintptr_t>(end_);
    if (next_ != nullptr && start <= end && bytes <= end - start) {
      next_ = reinterpret_cast<char*>(start + bytes);
      return reinterpret_cast<char*>(start);
    }
    return AllocateSlow(bytes, alignment);
  }

  std::string_view Copy(std::string_view bytes) {
    if (bytes.empty()) return {};
    char* copy = Allocate(bytes.size());
    std::memcpy(copy, bytes.data(), bytes.size());
    return {copy, bytes.size()};
  }

  // Uninitialized room for count objects of a trivial type.
  template <typename T>
  T* AllocateArray(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return reinterpret_cast<T*>(Allocate(count * sizeof(T), alignof(T)));
  }

  // Frees everything but one block, which is used again.
  void Reset();

  size_t bytes_allocated() const { return bytes_allocated_; }

 private:
  char* AllocateSlow(size_t bytes, size_t alignment);

  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size;
  };
  std::vector<Block> blocks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t block_size_ = 1024;
  size_t bytes_allocated_ = 0;
};

}  // namespace shale
