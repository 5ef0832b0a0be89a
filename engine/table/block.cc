#include "engine/table/block.h"

#include <malloc.h>

#include <new>

#include "engine/base/check.h"

namespace shale::engine {
namespace {

// Gives std::allocate_shared room for the block's bytes, aligned, behind the object that it makes,
// which begins with the counts and ends with the block.
template <typename Counted>
struct BlockAllocator {
  static constexpr size_t kAlignment = Block::kCacheLineBytes;
  using value_type = Counted;

  BlockAllocator(size_t block_bytes, size_t* allocated_bytes)
      : bytes(block_bytes), allocated(allocated_bytes) {}
  template <typename Other>
  explicit BlockAllocator(const BlockAllocator<Other>& other)
      : bytes(other.bytes), allocated(other.allocated) {}

  Counted* allocate(size_t) {
    constexpr size_t kHead = (sizeof(Counted) + kAlignment - 1) / kAlignment * kAlignment;
    static_assert(kHead + kAlignment <= Block::kOverheadBytes);
    void* memory = ::operator new (kHead + bytes, std::align_val_t{kAlignment});
    *allocated = malloc_usable_size(memory);
    return static_cast<Counted*>(memory);
  }
  void deallocate(Counted* object, size_t) {
    ::operator delete (object, std::align_val_t{kAlignment});
  }
  bool operator==(const BlockAllocator&) const { return true; }

  size_t bytes;
  size_t* allocated;  // lives as long as the call that makes the block
};

}  // namespace

std::shared_ptr<Block> Block::Make(size_t bytes) {
  CHECK(bytes <= UINT32_MAX);
  size_t allocated = 0;
  auto block =
      std::allocate_shared<Block>(BlockAllocator<Block>(bytes, &allocated), PrivateTag(), bytes);
  block->memory_bytes_ = allocated;
  return block;
}

}  // namespace shale::engine
