// What MemoryFileSystem keeps of a file's bytes: blocks that copies of the contents share until one
// of them is written. Not thread-safe; copies may be used by different threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "engine/env/memory_file_system.h"

namespace shale::engine {

class MemoryContents {
 public:
  static constexpr size_t kBlockBytes = MemoryFileSystem::kBlockBytes;
  using Block = std::array<char, kBlockBytes>;
  using BlockPointer = std::shared_ptr<Block>;  // null: zeros

  uint64_t size() const { return size_; }
  size_t block_count() const { return blocks_.size(); }
  // Null also beyond the end.
  BlockPointer block(size_t index) const {
    return index < blocks_.size() ? blocks_[index] : nullptr;
  }

  size_t Read(uint64_t offset, size_t length, char* buffer) const;
  void Write(uint64_t offset, std::string_view bytes);
  // Grows with zeros, or cuts off; what comes back after a cut are zeros.
  void Resize(uint64_t size);
  // Makes the block the same as another contents' one; the size must cover it.
  void SetBlock(size_t index, BlockPointer block) { blocks_[index] = std::move(block); }
  Block& MutableBlock(size_t index);

 private:
  uint64_t size_ = 0;
  std::vector<BlockPointer> blocks_;  // as many as size_ needs; zero behind size_
};

// A file: what readers see, and what is on disk.
struct MemoryFileState {
  MemoryContents current;
  MemoryContents disk;
  // Blocks that the next sync brings to disk.
  std::set<size_t> dirty;

  void Write(uint64_t offset, std::string_view bytes);
  void Resize(uint64_t size);
  void Sync();

  // Contents after a crash, by the rules in memory_file_system.h; all_data: as if synced.
  MemoryContents Crash(const CrashOptions& options, Random& random, bool all_data) const;
};

}  // namespace shale::engine
