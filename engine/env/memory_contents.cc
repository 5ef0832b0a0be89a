#include "engine/env/memory_contents.h"

#include <algorithm>
#include <cstring>

#include "engine/base/random.h"

namespace shale::engine {
namespace {

constexpr size_t kBlockBytes = MemoryContents::kBlockBytes;
constexpr size_t kSectorBytes = MemoryFileSystem::kSectorBytes;

size_t BlocksFor(uint64_t size) { return (size + kBlockBytes - 1) / kBlockBytes; }

}  // namespace

size_t MemoryContents::Read(uint64_t offset, size_t length, char* buffer) const {
  if (offset >= size_) return 0;
  length = std::min<uint64_t>(length, size_ - offset);
  for (size_t done = 0; done < length;) {
    size_t within = (offset + done) % kBlockBytes;
    size_t piece = std::min(length - done, kBlockBytes - within);
    const BlockPointer& block = blocks_[(offset + done) / kBlockBytes];
    if (block != nullptr) {
      std::memcpy(buffer + done, block->data() + within, piece);
    } else {
      std::memset(buffer + done, 0, piece);
    }
    done += piece;
  }
  return length;
}

MemoryContents::Block& MemoryContents::MutableBlock(size_t index) {
  BlockPointer& block = blocks_[index];
  if (block == nullptr) {
    block = std::make_shared<Block>();
    block->fill(0);
    return *block;
  }
  // Counted through one more reference: taking it synchronizes with the thread that gave up another
  // one, which use_count alone does not.
  BlockPointer probe = block;
  if (probe.use_count() > 2) block = std::make_shared<Block>(*probe);
  return *block;
}

void MemoryContents::Write(uint64_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  if (offset + bytes.size() > size_) Resize(offset + bytes.size());
  for (size_t done = 0; done < bytes.size();) {
    size_t within = (offset + done) % kBlockBytes;
    size_t piece = std::min(bytes.size() - done, kBlockBytes - within);
    Block& block = MutableBlock((offset + done) / kBlockBytes);
    std::memcpy(block.data() + within, bytes.data() + done, piece);
    done += piece;
  }
}

void MemoryContents::Resize(uint64_t size) {
  blocks_.resize(BlocksFor(size));
  if (size < size_ && size % kBlockBytes != 0 && blocks_.back() != nullptr) {
    Block& last = MutableBlock(blocks_.size() - 1);
    std::fill(last.begin() + static_cast<ptrdiff_t>(size % kBlockBytes), last.end(), 0);
  }
  size_ = size;
}

void MemoryFileState::Write(uint64_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  current.Write(offset, bytes);
  size_t last = (offset + bytes.size() - 1) / kBlockBytes;
  for (size_t index = offset / kBlockBytes; index <= last; ++index) dirty.insert(index);
}

void MemoryFileState::Resize(uint64_t size) {
  if (size < current.size()) {
    // The cut block has new zeros; blocks cut off whole come back as zeros if the file grows again.
    for (size_t index = size / kBlockBytes; index < BlocksFor(current.size()); ++index) {
      dirty.insert(index);
    }
  }
  current.Resize(size);
}

void MemoryFileState::Sync() {
  disk.Resize(current.size());
  for (size_t index : dirty) {
    if (index < disk.block_count()) disk.SetBlock(index, current.block(index));
  }
  dirty.clear();
}

MemoryContents MemoryFileState::Crash(const CrashOptions& options, Random& random,
                                      bool all_data) const {
  if (options.survival == CrashSurvival::kAll) return current;
  MemoryContents after = disk;
  if (all_data) {
    MemoryFileState synced = *this;
    synced.Sync();
    return std::move(synced.disk);
  }
  if (options.survival == CrashSurvival::kNone) {
    if (options.size_ahead_of_data && current.size() > disk.size()) after.Resize(current.size());
    return after;
  }

  // The size: the old one, the new one, or one on the way.
  uint64_t size = disk.size();
  if (current.size() > disk.size()) {
    uint64_t growth = current.size() - disk.size();
    size += random.OneIn(3) ? random.Uniform(growth + 1) : random.Uniform(2) * growth;
  } else if (random.OneIn(2)) {
    size = current.size();
  }
  uint64_t widest = std::max(size, disk.size());
  after.Resize(widest);

  // The blocks: with one chance for the whole file, so that nearly all and nearly none happen
  // often.
  static constexpr uint64_t kChances[] = {5, 50, 95};
  uint64_t chance = kChances[random.Uniform(3)];
  for (size_t index : dirty) {
    // Blocks cut off go with the size, not on their own.
    if (index >= std::min(after.block_count(), current.block_count())) break;
    bool reaches_new_part = (index + 1) * kBlockBytes > disk.size();
    if (reaches_new_part && size > disk.size() && !options.size_ahead_of_data) {
      after.SetBlock(index, current.block(index));
      continue;
    }
    if (options.torn_writes && random.OneIn(3)) {
      MemoryContents::BlockPointer written = current.block(index);
      MemoryContents::Block& mixed = after.MutableBlock(index);
      for (size_t start = 0; start < kBlockBytes; start += kSectorBytes) {
        if (random.Uniform(100) >= chance) continue;
        if (written != nullptr) {
          std::memcpy(mixed.data() + start, written->data() + start, kSectorBytes);
        } else {
          std::memset(mixed.data() + start, 0, kSectorBytes);
        }
      }
    } else if (random.Uniform(100) < chance) {
      after.SetBlock(index, current.block(index));
    }
  }
  // What lies behind the size is gone, whether it survived or not; the second step, where there is
  // one, clears the bytes that a surviving last block brought along.
  if (size < widest) {
    after.Resize(size);
  } else if (size % kBlockBytes != 0 && after.block(after.block_count() - 1) != nullptr) {
    MemoryContents::Block& last = after.MutableBlock(after.block_count() - 1);
    std::fill(last.begin() + static_cast<ptrdiff_t>(size % kBlockBytes), last.end(), 0);
  }
  return after;
}

}  // namespace shale::engine
