#include "engine/memtable/concurrent_arena.h"

#include <algorithm>

namespace shale::engine {

ConcurrentArena::Block::Block(size_t block_size) : size(block_size) {
  if (block_size >= kHugePageBytes) {
    pages = PageMemory(block_size);
    bytes = pages.data();
  } else {
    heap = std::make_unique_for_overwrite<char[]>(block_size);
    bytes = heap.get();
  }
}

ConcurrentArena::Block* ConcurrentArena::AddBlock(size_t size) {
  blocks_.push_back(std::make_unique<Block>(size));
  bytes_allocated_.fetch_add(size + sizeof(Block), std::memory_order_relaxed);
  return blocks_.back().get();
}

char* ConcurrentArena::AllocateLarge(size_t bytes) {
  std::lock_guard lock(mutex_);
  return AddBlock(bytes)->bytes;
}

char* ConcurrentArena::AllocateSlow(size_t bytes, Block* full) {
  std::lock_guard lock(mutex_);
  Block* current = current_.load(std::memory_order_relaxed);
  if (current != full) {
    // Somebody brought a new block meanwhile.
    size_t start = current->used.fetch_add(bytes, std::memory_order_relaxed);
    if (start + bytes <= current->size) return current->bytes + start;
  }
  Block* block = AddBlock(next_block_bytes_);
  next_block_bytes_ = std::min(next_block_bytes_ * 2, block_bytes_max_);
  block->used.store(bytes, std::memory_order_relaxed);
  current_.store(block, std::memory_order_release);
  return block->bytes;
}

}  // namespace shale::engine
