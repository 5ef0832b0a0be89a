// IndexBuilder: collects a table's index and filters while its data blocks are written, cut into
// partitions (table_format.h) that the table builder writes behind the data.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/table/block_builder.h"
#include "engine/table/bloom_filter.h"
#include "engine/table/table_format.h"

namespace shale::engine {

class IndexBuilder {
 public:
  struct Partition {
    std::string last_key;  // of its last index entry
    std::string index;     // payloads
    std::string filter;    // empty: none
    uint64_t data_offset = 0;
  };

  // A partition ends where one more data block would make its index take more memory than this, or
  // its filter more than four times as much.
  IndexBuilder(size_t partition_bytes, double bloom_bits_per_key);

  // The user key of an entry of the data block being built.
  void AddKey(std::string_view user_key) { filter_.Add(user_key); }
  // The block is finished: `separator` is its index entry's key.
  void AddBlock(std::string_view separator, BlockHandle handle);
  // After the last block.
  void Finish();

  const std::vector<Partition>& partitions() const { return partitions_; }
  // Of all payloads, the top index among them.
  size_t EstimatedBytes() const;

 private:
  void EndPartition(std::string_view last_key);

  const size_t partition_bytes_;
  BlockBuilder index_;
  BloomFilterBuilder filter_;
  size_t filter_bytes_ = 0;  // of the partition's, when the last block was added
  std::vector<Partition> partitions_;
  size_t finished_bytes_ = 0;  // of partitions_
  uint64_t data_offset_ = 0;   // of the partition being built
  std::string last_separator_;
  std::string handle_bytes_;  // reused
};

}  // namespace shale::engine
