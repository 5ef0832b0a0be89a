// IndexSearch: finds a key's entry in an index block by its first distinguishing bytes, laid out
// side by side: a binary search over the block itself would miss the processor's caches at every
// step.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/table/block.h"

namespace shale::engine {

// Immutable after Build; for any number of threads.
class IndexSearch {
 public:
  // False where the index is malformed. The cursor is on the index block.
  bool Build(BlockCursor* index);

  // As index->Seek(internal_key): to the first entry at or after.
  void Seek(std::string_view internal_key, BlockCursor* index) const;

  size_t memory_bytes() const {
    return prefixes_.capacity() * sizeof(uint64_t) + common_.capacity();
  }

 private:
  // The eight bytes of a user key behind the common ones, as a number in the keys' order.
  uint64_t PrefixOf(std::string_view user_key) const;

  std::string common_;              // what all user keys of the index begin with
  std::vector<uint64_t> prefixes_;  // of each entry, ascending
};

}  // namespace shale::engine
