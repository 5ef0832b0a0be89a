#include "engine/table/block.h"

#include <new>

#include "engine/base/check.h"

namespace shale::engine {
namespace {

// Of the allocator, beside what was asked for.
constexpr size_t kAllocationOverhead = 32;

// Gives std::allocate_shared room for the block's bytes, aligned, behind the object that it makes,
// which begins with the counts and ends with the block.
template <typename Counted>
struct BlockAllocator {
  static constexpr size_t kAlignment = Block::kCacheLineBytes;
  using value_type = Counted;

  explicit BlockAllocator(size_t block_bytes) : bytes(block_bytes) {}
  template <typename Other>
  explicit BlockAllocator(const BlockAllocator<Other>& other) : bytes(other.bytes) {}

  Counted* allocate(size_t) {
    return static_cast<Counted*>(
        ::operator new (sizeof(Counted) + kAlignment + bytes, std::align_val_t{kAlignment}));
  }
  void deallocate(Counted* object, size_t) {
    ::operator delete (object, std::align_val_t{kAlignment});
  }
  bool operator==(const BlockAllocator&) const { return true; }

  size_t bytes;
};

}  // namespace

Block::Block(PrivateTag, size_t bytes) : size_(static_cast<uint32_t>(bytes)), capacity_(bytes) {}

std::shared_ptr<Block> Block::Make(size_t bytes) {
  CHECK(bytes <= UINT32_MAX);
  return std::allocate_shared<Block>(BlockAllocator<Block>(bytes), PrivateTag(), bytes);
}

size_t Block::memory_bytes() const { return capacity_ + 2 * kCacheLineBytes + kAllocationOverhead; }

}  // namespace shale::engine
