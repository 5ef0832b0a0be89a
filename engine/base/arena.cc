#include "engine/base/arena.h"

#include <algorithm>

namespace shale {
namespace {
constexpr size_t kBlockBytesMax = 256 << 10;
}  // namespace

char* Arena::AllocateSlow(size_t bytes, size_t alignment) {
  size_t needed = bytes + alignment;
  bool own_block = needed > block_size_ / 4;
  size_t size = own_block ? needed : block_size_;
  blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
  bytes_allocated_ += size;
  char* block = blocks_.back().bytes.get();
  uintptr_t start = (reinterpret_cast<uintptr_t>(block) + alignment - 1) & ~(alignment - 1);
  if (!own_block) {
    next_ = reinterpret_cast<char*>(start + bytes);
    end_ = block + size;
    block_size_ = std::min(block_size_ * 2, kBlockBytesMax);
  }
  return reinterpret_cast<char*>(start);
}

void Arena::Reset() {
  if (blocks_.empty()) return;
  auto keep = std::find_if(blocks_.begin(), blocks_.end(),
                           [](const Block& block) { return block.size <= kBlockBytesMax; });
  if (keep == blocks_.end()) {
    blocks_.clear();
    next_ = end_ = nullptr;
    bytes_allocated_ = 0;
    return;
  }
  std::swap(*keep, blocks_.front());
  blocks_.resize(1);
  next_ = blocks_.front().bytes.get();
  end_ = next_ + blocks_.front().size;
  bytes_allocated_ = blocks_.front().size;
}

}  // namespace shale
