#include "engine/table/table_builder.h"

#include <algorithm>
#include <utility>

#include "engine/crypto/keyring.h"
#include "engine/table/block.h"
#include "engine/table/metadata.h"

namespace shale::engine {
namespace {

// The shortest internal key at or after `last` and before `next`: an index entry need not hold
// whole keys. Up to the first byte that tells the two apart, the next key's beginning lies between
// them.
std::string Separator(std::string_view last, std::string_view next) {
  std::string_view low = UserKey(last);
  std::string_view high = UserKey(next);
  auto [at_low, at_high] = std::ranges::mismatch(low, high);
  const size_t bytes = at_high - high.begin() + 1;
  if (bytes >= high.size() || bytes >= low.size()) return std::string(last);
  return MakeInternalKey(high.substr(0, bytes), kTrailerMax);
}

template <typename T>
std::string_view BytesOf(const T& structure) {
  return {reinterpret_cast<const char*>(&structure), sizeof(T)};
}

}  // namespace

TableBuilder::TableBuilder(const TableBuilderOptions& options, BlobWriter* writer)
    : options_(options),
      writer_(writer),
      encoder_(options.file_number),
      data_block_(std::max(options.restart_interval, 1)),
      index_(std::max<size_t>(options.index_partition_bytes, 1), options.bloom_bits_per_key) {
  properties_.created_us = options.created_us;
  properties_.compression = options.compression;
}

TableBuilder::~TableBuilder() = default;

Status TableBuilder::Append(std::string_view bytes) {
  RETURN_IF_ERROR(writer_->Append(bytes));
  offset_ += bytes.size();
  digest_.Update(bytes);
  return Status::Ok();
}

Status TableBuilder::WriteHeader() {
  TableHeader header{kTableMagic, kTableVersion, 0};
  if (options_.keyring != nullptr) header.version |= kTableEncrypted;
  header.checksum = HeaderChecksum(header, options_.file_number);
  std::string bytes(BytesOf(header));
  if (options_.keyring != nullptr) {
    FileIdentity identity{FileKind::kTable, options_.file_number};
    encoder_.set_sealer(options_.keyring->StartFile(identity, &bytes));
  }
  return Append(bytes);
}

Status TableBuilder::Add(std::string_view internal_key, std::string_view value) {
  CHECK(internal_key.size() >= kTrailerBytes);
  ValueType type = KeyType(internal_key);
  CHECK(type == ValueType::kValue || type == ValueType::kDeletion ||
        type == ValueType::kValueReference);
  CHECK(properties_.entries == 0 || CompareInternalKeys(last_key_, internal_key) < 0);
  if (internal_key.size() + value.size() > kTableEntryBytesMax) {
    return Error(sqlstate::kProgramLimitExceeded, "table entry of {} bytes exceeds the limit of {}",
                 internal_key.size() + value.size(), kTableEntryBytesMax);
  }
  if (DataBlockIsFull(internal_key, value)) {
    RETURN_IF_ERROR(FlushDataBlock());
    AddIndexEntry(internal_key);
  }
  if (properties_.entries == 0) properties_.smallest = internal_key;
  data_block_.Add(internal_key, value);
  index_.AddKey(UserKey(internal_key));
  last_key_ = internal_key;
  ++properties_.entries;
  if (type == ValueType::kDeletion) ++properties_.deletions;
  has_references_ = has_references_ || type == ValueType::kValueReference;
  properties_.raw_key_bytes += internal_key.size();
  properties_.raw_value_bytes += value.size();
  NoteSequence(KeySequence(internal_key));
  return Status::Ok();
}

// A block that is well short of its size takes the entry that is too much for it: what compressing
// a block costs beside its bytes weighs more than memory that is not filled.
bool TableBuilder::DataBlockIsFull(std::string_view next_key, std::string_view next_value) const {
  if (data_block_.empty()) return false;
  const size_t bytes_max = Block::BytesIn(options_.block_bytes);
  return data_block_.bytes() >= bytes_max - bytes_max / 16 &&
         data_block_.BytesWith(next_key, next_value) > bytes_max;
}

void TableBuilder::AddRangeTombstone(RangeTombstone tombstone) {
  if (!tombstone.end.empty() && CompareUserKeys(tombstone.begin, tombstone.end) >= 0) return;
  NoteSequence(tombstone.sequence);
  tombstone_bytes_ += tombstone.begin.size() + tombstone.end.size() + 2 * kTrailerBytes;
  tombstones_.push_back(std::move(tombstone));
}

void TableBuilder::NoteSequence(SequenceNumber sequence) {
  properties_.sequence_min = std::min(properties_.sequence_min, sequence);
  properties_.sequence_max = std::max(properties_.sequence_max, sequence);
}

Status TableBuilder::FlushDataBlock() {
  RETURN_IF_ERROR(
      WriteBlock(BlockKind::kData, data_block_.Finish(), options_.compression, &flushed_handle_));
  data_block_.Reset();
  ++properties_.data_blocks;
  properties_.data_bytes += flushed_handle_.bytes + sizeof(BlockTrailer);
  return Status::Ok();
}

void TableBuilder::AddIndexEntry(std::string_view next_key) {
  index_.AddBlock(next_key.empty() ? last_key_ : Separator(last_key_, next_key), flushed_handle_);
}

Status TableBuilder::WriteBlock(BlockKind kind, std::string_view raw, Compression compression,
                                BlockHandle* handle) {
  if (raw.size() > kBlockBytesMax) {
    return Error(sqlstate::kProgramLimitExceeded, "table block of {} bytes exceeds the limit of {}",
                 raw.size(), kBlockBytesMax);
  }
  if (offset_ == 0) RETURN_IF_ERROR(WriteHeader());
  BlockEncoder::Encoded encoded = encoder_.Encode(kind, raw, compression, offset_);
  *handle = {offset_, encoded.payload.size()};
  RETURN_IF_ERROR(Append(encoded.payload));
  return Append(BytesOf(encoded.trailer));
}

Status TableBuilder::WriteTombstones(BlockHandle* handle) {
  std::shared_ptr<const RangeTombstoneList> list =
      RangeTombstoneList::Build(std::move(tombstones_));
  BlockBuilder block(options_.restart_interval);
  for (const RangeTombstone& tombstone : list->ToTombstones()) {
    block.Add(MakeInternalKey(tombstone.begin, tombstone.sequence, ValueType::kRangeDeletion),
              tombstone.end);
    ++properties_.range_tombstones;
  }
  // Bounds must enclose what the tombstones hide, not only what the table holds.
  RangeTombstoneList::Fragment first = list->fragment(0);
  RangeTombstoneList::Fragment last = list->fragment(list->fragment_count() - 1);
  std::string smallest =
      MakeInternalKey(first.begin, first.sequences.front(), ValueType::kRangeDeletion);
  if (properties_.entries == 0 || CompareInternalKeys(smallest, properties_.smallest) < 0) {
    properties_.smallest = smallest;
  }
  if (last.end.empty()) {
    properties_.largest_unbounded = true;
    properties_.largest.clear();
  } else {
    std::string largest = MakeInternalKey(last.end, kTrailerMax);
    if (properties_.entries == 0 || CompareInternalKeys(largest, properties_.largest) > 0) {
      properties_.largest = largest;
    }
  }
  return WriteBlock(BlockKind::kRangeTombstones, block.Finish(), options_.compression, handle);
}

Result<TableProperties> TableBuilder::Finish() {
  CHECK(!empty());
  if (!data_block_.empty()) {
    RETURN_IF_ERROR(FlushDataBlock());
    AddIndexEntry({});
  }
  properties_.largest = last_key_;

  MetadataBlock metadata;
  RETURN_IF_ERROR(WriteSearchBlocks(&metadata));
  metadata.properties = properties_;
  BlockHandle metadata_handle;
  RETURN_IF_ERROR(WriteBlock(BlockKind::kMetadata, EncodeMetadata(metadata), Compression::kNone,
                             &metadata_handle));
  RETURN_IF_ERROR(WriteFooter(metadata_handle));
  RETURN_IF_ERROR(writer_->Finish());
  properties_.file_bytes = offset_;
  properties_.digest = digest_.Value();
  return properties_;
}

Status TableBuilder::WriteSearchBlocks(MetadataBlock* metadata) {
  index_.Finish();
  const auto& partitions = index_.partitions();
  std::vector<PartitionHandles> handles(partitions.size());
  for (size_t i = 0; i < partitions.size(); ++i) {
    handles[i].data_offset = partitions[i].data_offset;
    if (partitions[i].filter.empty()) continue;
    // Filter bits do not compress.
    RETURN_IF_ERROR(WriteBlock(BlockKind::kFilter, partitions[i].filter, Compression::kNone,
                               &handles[i].filter));
    properties_.filter_bytes += handles[i].filter.bytes + sizeof(BlockTrailer);
  }
  if (!tombstones_.empty()) RETURN_IF_ERROR(WriteTombstones(&metadata->tombstones.emplace()));
  BlockBuilder top(1);
  std::string value;
  for (size_t i = 0; i < partitions.size(); ++i) {
    RETURN_IF_ERROR(WriteBlock(BlockKind::kIndex, partitions[i].index, options_.compression,
                               &handles[i].index));
    properties_.index_bytes += handles[i].index.bytes + sizeof(BlockTrailer);
    value.clear();
    AppendPartitionHandles(&value, handles[i]);
    top.Add(partitions[i].last_key, value);
  }
  properties_.partitions = partitions.size();
  RETURN_IF_ERROR(
      WriteBlock(BlockKind::kTopIndex, top.Finish(), options_.compression, &metadata->top_index));
  properties_.index_bytes += metadata->top_index.bytes + sizeof(BlockTrailer);
  return Status::Ok();
}

Status TableBuilder::WriteFooter(BlockHandle metadata_handle) {
  TableFooter footer{.metadata_offset = metadata_handle.offset,
                     .metadata_bytes = metadata_handle.bytes,
                     .file_number = options_.file_number,
                     .version = kTableVersion,
                     .flags = has_references_ ? kTableHasReferences : 0,
                     .checksum = 0,
                     .magic = kTableMagic};
  footer.checksum = FooterChecksum(footer, options_.file_number, offset_);
  return Append(BytesOf(footer));
}

uint64_t TableBuilder::EstimatedFileBytes() const {
  return offset_ + data_block_.bytes() + index_.EstimatedBytes() + tombstone_bytes_ +
         sizeof(TableFooter);
}

}  // namespace shale::engine
