#include "engine/table/block.h"

#include <new>

namespace shale::engine {
namespace {

constexpr std::align_val_t kBlockAlignment{64};
// Of the allocator, for the two allocations of a block and its control block.
constexpr size_t kAllocationOverhead = 64 + 48;

}  // namespace

Block::Block(size_t bytes)
    : bytes_(static_cast<char*>(::operator new(bytes == 0 ? 1 : bytes, kBlockAlignment))),
      size_(bytes),
      capacity_(bytes) {}

Block::~Block() { ::operator delete(bytes_, kBlockAlignment); }

size_t Block::memory_bytes() const { return capacity_ + sizeof(Block) + kAllocationOverhead; }

}  // namespace shale::engine
