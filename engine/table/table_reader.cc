#include "engine/table/table_reader.h"

#include <algorithm>
#include <utility>

#include "engine/crypto/keyring.h"
#include "engine/table/bloom_filter.h"
#include "engine/table/metadata.h"
#include "engine/table/table_digest.h"
#include "engine/table/table_iterator.h"
#include "engine/table/table_search.h"

namespace shale::engine {

Result<std::shared_ptr<TableReader>> TableReader::Open(std::unique_ptr<BlobReader> blob,
                                                       uint64_t file_number, BlockCache* cache,
                                                       const Keyring* keyring,
                                                       SequenceNumber run_sequence) {
  auto reader = std::make_shared<TableReader>(PrivateTag(), std::move(blob), file_number, cache,
                                              run_sequence);
  RETURN_IF_ERROR(reader->Load(keyring));
  return reader;
}

TableReader::TableReader(PrivateTag, std::unique_ptr<BlobReader> blob, uint64_t file_number,
                         BlockCache* cache, SequenceNumber run_sequence)
    : blob_(std::move(blob)),
      file_number_(file_number),
      run_sequence_(run_sequence),
      cache_(cache) {}

TableReader::~TableReader() {
  if (cache_ == nullptr) return;
  if (reserved_bytes_ > 0) cache_->Release(reserved_bytes_);
  if (pinned_bytes_ > 0) cache_->ReleasePinned(pinned_bytes_);
}

Status TableReader::Load(const Keyring* keyring) {
  uint64_t file_bytes = blob_->size();
  if (file_bytes < sizeof(TableHeader) + sizeof(TableFooter)) {
    return Damaged(file_bytes, "file too short for a table");
  }
  RETURN_IF_ERROR(CheckHeader(keyring));
  TableFooter footer;
  blocks_end_ = file_bytes - sizeof(TableFooter);
  RETURN_IF_ERROR(ReadFooter(&footer));

  BlockHandle metadata_handle{footer.metadata_offset, footer.metadata_bytes};
  BlockPin metadata_block;
  RETURN_IF_ERROR(ReadBlock(BlockKind::kMetadata, metadata_handle, &metadata_block));
  MetadataBlock metadata;
  RETURN_IF_ERROR(
      DecodeMetadata(metadata_block->payload(), file_name(), metadata_handle.offset, &metadata));
  properties_ = std::move(metadata.properties);
  properties_.file_bytes = file_bytes;
  bool is_run = properties_.sequence_min == kRunSequence &&
                properties_.sequence_max == kRunSequence && !metadata.tombstones;
  if (run_sequence_ != 0 && !is_run) {
    return Damaged(metadata_handle.offset, "sequence numbers of its own in a table of a run");
  }

  RETURN_IF_ERROR(LoadTopIndex(metadata.top_index));
  data_end_ = blocks_end_;
  if (partition_count() > 0) {
    const PartitionHandles& first = partitions().front();
    data_end_ =
        std::min(blocks_end_, first.has_filter() ? first.filter.offset : first.index.offset);
  }
  size_t memory_bytes =
      sizeof(TableReader) + top_index_.memory_bytes() + partition_count() * sizeof(PinnedPartition);
  if (metadata.tombstones) {
    RETURN_IF_ERROR(LoadTombstones(*metadata.tombstones));
    memory_bytes += tombstones_->memory_bytes();
  }
  if (cache_ != nullptr) cache_->Reserve(memory_bytes);
  reserved_bytes_ = memory_bytes;
  return Status::Ok();
}

Status TableReader::CheckHeader(const Keyring* keyring) {
  TableHeader header;
  RETURN_IF_ERROR(blob_->Read(0, sizeof(header), reinterpret_cast<char*>(&header)));
  if (header.magic != kTableMagic) return Damaged(0, "not a table: wrong magic");
  if (header.checksum != HeaderChecksum(header, file_number_)) {
    return Damaged(0, "header checksum mismatch");
  }
  uint32_t version = header.version & ~kTableEncrypted;
  if (version < kTableVersionMin || version > kTableVersion) {
    return Error(sqlstate::kFeatureNotSupported,
                 "table file \"{}\" has format version {}, this server reads versions {} to {}",
                 file_name(), version, kTableVersionMin, kTableVersion);
  }
  if ((header.version & kTableEncrypted) == 0) {
    return keyring == nullptr ? Status::Ok() : PlainFileInEncryptedStore(file_name());
  }
  if (keyring == nullptr) return EncryptedFileInPlainStore(file_name());
  std::string sealed_header(sizeof(TableHeader) + kEnvelopeBytes, '\0');
  RETURN_IF_ERROR(blob_->Read(0, sealed_header.size(), sealed_header.data()));
  FileIdentity identity{FileKind::kTable, file_number_};
  ASSIGN_OR_RETURN(opener_, keyring->OpenFile(identity, sealed_header, file_name()));
  return Status::Ok();
}

Status TableReader::ReadFooter(TableFooter* footer) const {
  RETURN_IF_ERROR(blob_->Read(blocks_end_, sizeof(*footer), reinterpret_cast<char*>(footer)));
  if (footer->magic != kTableMagic) return Damaged(blocks_end_, "footer with wrong magic");
  if (footer->checksum != FooterChecksum(*footer, file_number_, blocks_end_)) {
    return Damaged(blocks_end_, "footer checksum mismatch");
  }
  if (footer->file_number != file_number_) {
    return Damaged(blocks_end_, "footer of another file");
  }
  if (footer->version < kTableVersionMin || footer->version > kTableVersion ||
      (footer->flags & ~kTableHasReferences) != 0) {
    return Error(
        sqlstate::kFeatureNotSupported,
        "table file \"{}\" has format version {} with flags {}, which this server does not "
        "read",
        file_name(), footer->version, footer->flags);
  }
  return Status::Ok();
}

Status TableReader::LoadTopIndex(BlockHandle handle) {
  BlockPin block;
  RETURN_IF_ERROR(ReadBlock(BlockKind::kTopIndex, handle, &block));
  if (!top_index_.Load(block->payload())) {
    return Damaged(handle.offset, "malformed top index block");
  }
  pinned_partitions_ = std::make_unique<PinnedPartition[]>(partition_count());
  return Status::Ok();
}

Status TableReader::LoadTombstones(BlockHandle handle) {
  BlockPin block;
  RETURN_IF_ERROR(ReadBlock(BlockKind::kRangeTombstones, handle, &block));
  BlockCursor cursor;
  std::vector<RangeTombstone> tombstones;
  bool sound = cursor.Open(block->payload());
  if (sound) {
    for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) {
      sound = sound && KeyType(cursor.key()) == ValueType::kRangeDeletion;
      tombstones.push_back({std::string(UserKey(cursor.key())), std::string(cursor.value()),
                            KeySequence(cursor.key())});
    }
    tombstones_ = RangeTombstoneList::Build(std::move(tombstones));
  }
  if (!sound || cursor.damaged() || tombstones_ == nullptr) {
    return Damaged(handle.offset, "malformed range tombstone block");
  }
  return Status::Ok();
}

Status TableReader::CheckHandle(BlockHandle handle) const {
  // Each comparison is safe from overflow by the one before.
  if (handle.offset < sizeof(TableHeader) || handle.offset > blocks_end_ ||
      handle.bytes > blocks_end_ - handle.offset ||
      blocks_end_ - handle.offset - handle.bytes < sizeof(BlockTrailer) ||
      handle.bytes > kBlockBytesMax + kSealTagBytes) {
    return Damaged(handle.offset, "reference beyond the file's blocks");
  }
  return Status::Ok();
}

Status TableReader::ReadBlock(BlockKind kind, BlockHandle handle, BlockPin* block) const {
  RETURN_IF_ERROR(CheckHandle(handle));
  size_t stored_bytes = handle.bytes + sizeof(BlockTrailer);
  auto stored = Block::Make(stored_bytes);
  RETURN_IF_ERROR(blob_->Read(handle.offset, stored_bytes, stored->data()));
  return DecodeBlock(PlaceOf(kind, handle.offset), std::move(stored), block);
}

Status TableReader::LoadBlock(BlockKind kind, BlockHandle handle, ReadTier tier, bool fill_cache,
                              BlockPin* block) const {
  block->reset();
  if (cache_ != nullptr) {
    *block = cache_->Lookup(kind, file_number_, handle.offset);
    if (*block != nullptr) return Status::Ok();
  }
  if (tier == ReadTier::kCacheOnly) return Status::Ok();
  RETURN_IF_ERROR(ReadBlock(kind, handle, block));
  if (cache_ != nullptr && fill_cache) cache_->Insert(file_number_, handle.offset, *block);
  return Status::Ok();
}

Result<bool> TableReader::LoadFilter(size_t partition, ReadTier tier, BlockPin* pin,
                                     BloomFilter* filter) {
  PinnedPartition& pinned = pinned_partitions_[partition];
  if (pinned.has_filter.load(std::memory_order_acquire)) {
    *filter = pinned.filter;
    return true;
  }
  BlockHandle handle = partitions()[partition].filter;
  RETURN_IF_ERROR(LoadBlock(BlockKind::kFilter, handle, tier, /*fill_cache=*/true, pin));
  if (*pin == nullptr) return false;
  if (!filter->Open((*pin)->payload())) return Damaged(handle.offset, "malformed filter block");
  TryPin(&pinned.has_filter, handle.offset, *pin, [&] { pinned.filter = *filter; });
  return true;
}

Result<bool> TableReader::LoadIndex(size_t partition, ReadTier tier, BlockPin* pin,
                                    std::string_view* index) {
  *index = PinnedIndex(partition);
  if (!index->empty()) return true;
  BlockHandle handle = partitions()[partition].index;
  RETURN_IF_ERROR(LoadBlock(BlockKind::kIndex, handle, tier, /*fill_cache=*/true, pin));
  if (*pin == nullptr) return false;
  *index = (*pin)->payload();
  PinnedPartition& pinned = pinned_partitions_[partition];
  TryPin(&pinned.has_index, handle.offset, *pin, [&] { pinned.index = *index; });
  return true;
}

template <typename Publish>
void TableReader::TryPin(std::atomic<bool>* is_pinned, uint64_t offset, const BlockPin& block,
                         Publish publish) {
  if (cache_ == nullptr || !cache_->ReservePinned(block->memory_bytes())) return;
  {
    std::lock_guard lock(pin_mutex_);
    if (!is_pinned->load(std::memory_order_relaxed)) {
      pinned_.push_back(block);
      pinned_bytes_ += block->memory_bytes();
      publish();
      is_pinned->store(true, std::memory_order_release);
      cache_->Erase(file_number_, offset);  // counted twice otherwise
      return;
    }
  }
  cache_->ReleasePinned(block->memory_bytes());
}

size_t TableReader::FindPartition(const PointTarget& target) const {
  size_t partition = FindPartition(target.internal_key());
  if (partition < partition_count()) {
    const PinnedPartition& pinned = pinned_partitions_[partition];
    if (pinned.has_filter.load(std::memory_order_acquire)) pinned.filter.Prefetch(target.hash());
  }
  return partition;
}

void TableReader::Get(const PointTarget& target, ReadTier tier, PointLookup* lookup,
                      std::optional<size_t> partition) {
  TableSearch search;
  if (search.Begin(this, &target, tier, lookup, partition)) search.Finish();
}

std::unique_ptr<InternalIterator> TableReader::NewIterator(TableIteratorOptions options) {
  return std::make_unique<TableIterator>(shared_from_this(), options);
}

uint64_t TableReader::ApproximateOffset(std::string_view internal_key) {
  size_t partition = FindPartition(internal_key);
  if (partition == partition_count()) return data_end_;
  BlockPin pin;
  std::string_view payload;
  BlockCursor index;
  BlockHandle handle;
  Result<bool> loaded = LoadIndex(partition, ReadTier::kCacheOnly, &pin, &payload);
  if (loaded.ok() && *loaded && index.Open(payload)) {
    index.SeekToRestart(index.CountRestartsBefore(internal_key));
    if (index.Valid() && DecodeBlockHandle(index.value(), &handle)) return handle.offset;
  }
  return partitions()[partition].data_offset;
}

Status TableReader::AppendBlockKeys(std::string_view first, std::string_view last,
                                    std::vector<std::string>* user_keys) {
  for (size_t partition = FindPartition(first); partition < partition_count(); ++partition) {
    BlockPin pin;
    std::string_view payload;
    BlockCursor index;
    RETURN_IF_ERROR(LoadIndex(partition, ReadTier::kBlocking, &pin, &payload).status());
    if (!index.Open(payload)) {
      return Damaged(partitions()[partition].index.offset, "malformed index block");
    }
    for (index.Seek(first); index.Valid(); index.Next()) {
      if (!last.empty() && CompareInternalKeys(index.key(), last) >= 0) return Status::Ok();
      user_keys->emplace_back(UserKey(index.key()));
    }
    if (index.damaged()) {
      return Damaged(partitions()[partition].index.offset, "malformed index block");
    }
  }
  return Status::Ok();
}

void TableReader::AppendPartitionKeys(std::string_view first, std::string_view last,
                                      std::vector<std::string>* user_keys) const {
  for (size_t partition = FindPartition(first); partition < partition_count(); ++partition) {
    const std::string_view key = top_index_.end_key(partition);
    if (!last.empty() && CompareInternalKeys(key, last) >= 0) return;
    user_keys->emplace_back(UserKey(key));
  }
}

Status TableReader::VerifyDigest(uint64_t digest) const {
  return engine::VerifyDigest(blob_.get(), "table", digest);
}

void TableReader::EraseFromCache() {
  if (cache_ == nullptr) return;
  for (size_t i = 0; i < partition_count(); ++i) {
    const PartitionHandles& handles = partitions()[i];
    BlockPin pin;
    std::string_view payload = PinnedIndex(i);
    if (payload.empty()) {
      pin = cache_->Lookup(BlockKind::kIndex, file_number_, handles.index.offset);
      if (pin != nullptr) payload = pin->payload();
    }
    BlockCursor index;
    BlockHandle handle;
    if (index.Open(payload)) {
      for (index.SeekToFirst(); index.Valid(); index.Next()) {
        if (DecodeBlockHandle(index.value(), &handle)) cache_->Erase(file_number_, handle.offset);
      }
    }
    cache_->Erase(file_number_, handles.index.offset);
    if (handles.has_filter()) cache_->Erase(file_number_, handles.filter.offset);
  }
}

}  // namespace shale::engine
