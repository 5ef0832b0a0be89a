// TopIndex: a table's partitions by the keys that end them; in memory, laid out for lookups, which
// begin with it in every table they ask.
//
// Beside each other lie eight bytes of every key, from where the keys begin to differ: as a rule
// they decide, after a search of a few cache lines without a branch. Immutable once loaded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/table/table_format.h"

namespace shale::engine {

class TopIndex {
 public:
  // Reads a top index block's payload, once. False: it is malformed, or its keys do not ascend.
  bool Load(std::string_view payload);

  const std::vector<PartitionHandles>& partitions() const { return partitions_; }
  // How many partitions end before the internal key: the number of the one that it belongs to.
  size_t CountBefore(std::string_view internal_key) const;
  size_t memory_bytes() const;
  // The last internal key of a partition.
  std::string_view end_key(size_t partition) const { return Key(partition); }
  // The internal key behind which so many partitions follow; empty where these are all.
  std::string_view TailKey(size_t count) const {
    return partitions_.size() <= count ? std::string_view() : Key(partitions_.size() - count - 1);
  }

 private:
  std::string_view Key(size_t index) const {
    uint32_t begin = index == 0 ? 0 : key_ends_[index - 1];
    return std::string_view(keys_).substr(begin, key_ends_[index] - begin);
  }

  std::vector<PartitionHandles> partitions_;
  std::string common_;              // what all user keys begin with
  std::vector<uint64_t> prefixes_;  // of what follows that, big-endian, padded with zeros
  std::string keys_;                // internal keys, one behind the other
  std::vector<uint32_t> key_ends_;
};

}  // namespace shale::engine
