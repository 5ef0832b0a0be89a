// ConcurrentArena: memory for skip list nodes; allocation is one atomic addition. Freed all at
// once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/base/page_memory.h"

namespace shale::engine {

// Thread-safe. Every allocation is aligned to 8 bytes.
class ConcurrentArena {
 public:
  // block_bytes_max bounds growth: the first block is 16 KiB, each next one twice the last up to
  // it.
  explicit ConcurrentArena(size_t block_bytes_max = kHugePageBytes)
      : block_bytes_max_(block_bytes_max) {}
  ConcurrentArena(const ConcurrentArena&) = delete;
  ConcurrentArena& operator=(const ConcurrentArena&) = delete;

  char* Allocate(size_t bytes) {
    bytes = (bytes + 7) & ~size_t{7};
    if (bytes > kLargeBytes) return AllocateLarge(bytes);
    Block* block = current_.load(std::memory_order_acquire);
    if (block != nullptr) {
      // Whoever overruns the block leaves its rest, less than kLargeBytes, unused.
      size_t start = block->used.fetch_add(bytes, std::memory_order_relaxed);
      if (start + bytes <= block->size) return block->bytes + start;
    }
    return AllocateSlow(bytes, block);
  }

  // Blocks taken from the system, with what they do not use yet.
  size_t bytes_allocated() const { return bytes_allocated_.load(std::memory_order_relaxed); }

 private:
  // Larger requests get blocks of their own.
  static constexpr size_t kLargeBytes = 4 << 10;

  struct Block {
    explicit Block(size_t block_size);
    char* bytes;
    size_t size;
    std::atomic<size_t> used{0};
    // Who owns the bytes: small blocks come from the heap, large ones from the system.
    std::unique_ptr<char[]> heap;
    PageMemory pages;
  };

  // full: the block that the caller found too small, or null.
  char* AllocateSlow(size_t bytes, Block* full);
  char* AllocateLarge(size_t bytes);
  Block* AddBlock(size_t size);  // under mutex_

  const size_t block_bytes_max_;
  std::atomic<Block*> current_{nullptr};
  std::atomic<size_t> bytes_allocated_{0};
  std::mutex mutex_;
  size_t next_block_bytes_ = 16 << 10;          // guarded by mutex_
  std::vector<std::unique_ptr<Block>> blocks_;  // guarded by mutex_
};

}  // namespace shale::engine
