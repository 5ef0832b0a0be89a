#include "engine/table/index_builder.h"

#include <utility>

#include "engine/table/block.h"

namespace shale::engine {
namespace {

// About what a partition needs beside its payloads: trailers and the top index entry.
constexpr size_t kPartitionOverhead = 2 * sizeof(BlockTrailer) + 48;

}  // namespace

IndexBuilder::IndexBuilder(size_t partition_bytes, double bloom_bits_per_key)
    : partition_bytes_(partition_bytes), index_(1), filter_(bloom_bits_per_key) {}

void IndexBuilder::AddBlock(std::string_view separator, BlockHandle handle) {
  if (index_.empty()) data_offset_ = handle.offset;
  handle_bytes_.clear();
  AppendBlockHandle(&handle_bytes_, handle);
  index_.Add(separator, handle_bytes_);
  last_separator_ = separator;
  // One more block would bring about as much as this one.
  size_t filter_bytes = filter_.EstimatedBytes();
  size_t filter_bytes_next = 2 * filter_bytes - std::exchange(filter_bytes_, filter_bytes);
  if (index_.BytesWith(separator, handle_bytes_) > Block::BytesIn(partition_bytes_) ||
      filter_bytes_next > Block::BytesIn(4 * partition_bytes_)) {
    EndPartition(separator);
  }
}

void IndexBuilder::Finish() {
  if (!index_.empty()) EndPartition(last_separator_);
}

void IndexBuilder::EndPartition(std::string_view last_key) {
  Partition partition{.last_key = std::string(last_key),
                      .index = std::string(index_.Finish()),
                      .filter = filter_.empty() ? std::string() : filter_.Finish(),
                      .data_offset = data_offset_};
  finished_bytes_ += partition.last_key.size() + partition.index.size() + partition.filter.size() +
                     kPartitionOverhead;
  partitions_.push_back(std::move(partition));
  index_.Reset();
  filter_.Reset();
  filter_bytes_ = 0;
}

size_t IndexBuilder::EstimatedBytes() const {
  return finished_bytes_ + index_.bytes() + filter_.EstimatedBytes() + last_separator_.size() +
         kPartitionOverhead;
}

}  // namespace shale::engine
