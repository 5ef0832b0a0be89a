// TableBuilder: writes one table file from entries in ascending order. One thread at a time.
//
//   TableBuilder builder(options, writer.get());
//   RETURN_IF_ERROR(builder.Add(internal_key, value));
//   ASSIGN_OR_RETURN(TableProperties properties, builder.Finish());
//
// After an error nothing but destruction is allowed; the unfinished blob is its owner's to drop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/checksum.h"
#include "engine/base/status.h"
#include "engine/env/storage.h"
#include "engine/format/internal_key.h"
#include "engine/format/range_tombstone.h"
#include "engine/options.h"
#include "engine/table/block_builder.h"
#include "engine/table/block_codec.h"
#include "engine/table/index_builder.h"
#include "engine/table/table_format.h"
#include "engine/table/table_properties.h"

namespace shale::engine {

class Keyring;
struct MetadataBlock;

struct TableBuilderOptions {
  uint64_t file_number = 0;  // part of every checksum: the reader must name the same
  Compression compression = Compression::kLz4;
  // A data block takes about so much memory, uncompressed.
  size_t block_bytes = 8 << 10;
  int restart_interval = 16;  // at least 1
  size_t index_partition_bytes =
      4 << 10;                     // of an index block; its filter takes up to four times that
  double bloom_bits_per_key = 10;  // 0: no filter
  uint64_t created_us = 0;
  Keyring* keyring = nullptr;  // of an encrypted store; outlives the builder
};

class TableBuilder {
 public:
  // The writer is empty and outlives the builder.
  TableBuilder(const TableBuilderOptions& options, BlobWriter* writer);
  TableBuilder(const TableBuilder&) = delete;
  TableBuilder& operator=(const TableBuilder&) = delete;
  ~TableBuilder();

  // Point entries (kValue, kDeletion, kValueReference), each above the last one added; 54000 beyond
  // kTableEntryBytesMax.
  Status Add(std::string_view internal_key, std::string_view value);
  // In any order, between any Adds. An empty range is ignored.
  void AddRangeTombstone(RangeTombstone tombstone);

  // Writes what is left and makes the blob durable (BlobWriter::Finish). At least one point or
  // tombstone must have been added.
  Result<TableProperties> Finish();

  bool empty() const { return properties_.entries == 0 && tombstones_.empty(); }
  uint64_t entries() const { return properties_.entries; }
  // About what the file would have if finished now: for cutting outputs at a size.
  uint64_t EstimatedFileBytes() const;

 private:
  Status Append(std::string_view bytes);
  Status WriteHeader();
  Status WriteBlock(BlockKind kind, std::string_view raw, Compression compression,
                    BlockHandle* handle);
  bool DataBlockIsFull(std::string_view next_key, std::string_view next_value) const;
  Status FlushDataBlock();
  // The index entry of the block flushed last; next_key is the first key behind it, empty at the
  // end.
  void AddIndexEntry(std::string_view next_key);
  Status WriteTombstones(BlockHandle* handle);
  // Filters, tombstones, index, top index.
  Status WriteSearchBlocks(MetadataBlock* metadata);
  Status WriteFooter(BlockHandle metadata_handle);
  void NoteSequence(SequenceNumber sequence);

  const TableBuilderOptions options_;
  BlobWriter* const writer_;
  uint64_t offset_ = 0;  // bytes written
  BlockEncoder encoder_;
  BlockBuilder data_block_;
  IndexBuilder index_;
  StreamingChecksum digest_;  // of all bytes written
  std::vector<RangeTombstone> tombstones_;
  size_t tombstone_bytes_ = 0;  // about, in the file
  std::string last_key_;
  BlockHandle flushed_handle_;
  bool has_references_ = false;
  TableProperties properties_;
};

}  // namespace shale::engine
