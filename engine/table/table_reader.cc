#include "engine/table/table_reader.h"

#include <utility>

#include "engine/crypto/keyring.h"
#include "engine/table/block_codec.h"
#include "engine/table/metadata.h"
#include "engine/table/table_iterator.h"

namespace shale::engine {

Result<std::shared_ptr<TableReader>> TableReader::Open(std::unique_ptr<BlobReader> blob,
                                                       uint64_t file_number, BlockCache* cache,
                                                       const Keyring* keyring) {
  auto reader = std::make_shared<TableReader>(PrivateTag(), std::move(blob), file_number, cache);
  RETURN_IF_ERROR(reader->Load(keyring));
  return reader;
}

TableReader::TableReader(PrivateTag, std::unique_ptr<BlobReader> blob, uint64_t file_number,
                         BlockCache* cache)
    : blob_(std::move(blob)), file_number_(file_number), cache_(cache) {}

TableReader::~TableReader() {
  if (cache_ != nullptr && reserved_bytes_ > 0) cache_->Release(reserved_bytes_);
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

  RETURN_IF_ERROR(ReadBlock(BlockKind::kIndex, metadata.index, &index_));
  BlockCursor index;
  if (!index.Open(index_->payload()) || !index_search_.Build(&index)) {
    return Damaged(metadata.index.offset, "malformed index block");
  }
  index_offset_ = metadata.index.offset;
  size_t memory_bytes = index_->memory_bytes() + index_search_.memory_bytes();
  if (metadata.filter) {
    RETURN_IF_ERROR(ReadBlock(BlockKind::kFilter, *metadata.filter, &filter_block_));
    if (!filter_.Open(filter_block_->payload())) {
      return Damaged(metadata.filter->offset, "malformed filter block");
    }
    memory_bytes += filter_block_->memory_bytes();
  }
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
  if (version != kTableVersion) {
    return Error(sqlstate::kFeatureNotSupported,
                 "table file \"{}\" has format version {}, this server reads version {}",
                 file_name(), version, kTableVersion);
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
  if (footer->version != kTableVersion || footer->flags != 0) {
    return Error(
        sqlstate::kFeatureNotSupported,
        "table file \"{}\" has format version {} with flags {}, which this server does not "
        "read",
        file_name(), footer->version, footer->flags);
  }
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
  auto stored = std::make_shared<Block>(stored_bytes);
  RETURN_IF_ERROR(blob_->Read(handle.offset, stored_bytes, stored->data()));
  return DecodeBlock({file_name(), file_number_, handle.offset, kind, opener_.get()},
                     std::move(stored), block);
}

Status TableReader::LoadDataBlock(BlockHandle handle, ReadTier tier, bool fill_cache,
                                  BlockPin* block) {
  if (cache_ != nullptr) {
    *block = cache_->Lookup(BlockKind::kData, file_number_, handle.offset);
    if (*block != nullptr) return Status::Ok();
  }
  if (tier == ReadTier::kCacheOnly) return Status::Ok();
  RETURN_IF_ERROR(ReadBlock(BlockKind::kData, handle, block));
  if (cache_ != nullptr && fill_cache) cache_->Insert(file_number_, handle.offset, *block);
  return Status::Ok();
}

namespace {

// Cursors of point lookups keep their key buffers, so that a lookup allocates nothing.
struct LookupCursors {
  BlockCursor index;
  BlockCursor data;
};
LookupCursors& ThreadLookupCursors() {
  thread_local LookupCursors cursors;
  return cursors;
}

void Fail(PointLookup* lookup, Status status) {
  lookup->outcome = LookupOutcome::kFailed;
  lookup->status = std::move(status);
}

}  // namespace

void TableReader::Get(std::string_view user_key, SequenceNumber snapshot, ReadTier tier,
                      PointLookup* lookup) {
  lookup->outcome = LookupOutcome::kAbsent;
  lookup->pin.reset();
  SequenceNumber covering =
      tombstones_ == nullptr ? 0 : tombstones_->CoveringSequence(user_key, snapshot);
  if (covering > 0) {  // unless a newer point is found
    lookup->outcome = LookupOutcome::kDeleted;
    lookup->sequence = covering;
  }
  if (!filter_.MayContain(user_key)) return;

  LookupKey target(user_key, SeekTrailer(snapshot));
  auto& [index, data] = ThreadLookupCursors();
  BlockHandle handle;
  index.Open(index_->payload());
  index_search_.Seek(target.internal_key(), &index);
  if (index.damaged()) return Fail(lookup, Damaged(index_offset_, "malformed index block"));
  if (!index.Valid()) return;
  if (!DecodeBlockHandle(index.value(), &handle)) {
    return Fail(lookup, Damaged(index_offset_, "malformed index entry"));
  }

  BlockPin block;
  Status status = LoadDataBlock(handle, tier, /*fill_cache=*/true, &block);
  if (!status.ok()) return Fail(lookup, std::move(status));
  if (block == nullptr) {
    lookup->outcome = LookupOutcome::kWouldBlock;
    return;
  }
  bool sound = data.Open(block->payload());
  data.Seek(target.internal_key());
  if (!sound || data.damaged()) {
    return Fail(lookup, Damaged(handle.offset, "malformed data block"));
  }
  // An index entry is at or after every key of its block and before the next block's first key, so
  // the key's versions up to the snapshot begin here or nowhere.
  if (!data.Valid() || UserKey(data.key()) != user_key) return;
  SequenceNumber sequence = KeySequence(data.key());
  if (covering > sequence) return;
  switch (KeyType(data.key())) {
    case ValueType::kValue:
      lookup->outcome = LookupOutcome::kFound;
      lookup->value = data.value();
      lookup->pin = std::move(block);
      break;
    case ValueType::kDeletion:
      lookup->outcome = LookupOutcome::kDeleted;
      break;
    default:
      return Fail(lookup, Damaged(handle.offset, "entry of unknown type"));
  }
  lookup->sequence = sequence;
}

std::unique_ptr<InternalIterator> TableReader::NewIterator(TableIteratorOptions options) {
  return std::make_unique<TableIterator>(shared_from_this(), options);
}

uint64_t TableReader::ApproximateOffset(std::string_view internal_key) const {
  BlockCursor index;
  BlockHandle handle;
  index.Open(index_->payload());
  index_search_.Seek(internal_key, &index);
  if (!index.Valid() || !DecodeBlockHandle(index.value(), &handle)) {
    return sizeof(TableHeader) + properties_.data_bytes;
  }
  return handle.offset;
}

Status TableReader::Verify() {
  BlockCursor index;
  BlockCursor data;
  std::string last_key;
  uint64_t entries = 0;
  index.Open(index_->payload());
  for (index.SeekToFirst(); index.Valid(); index.Next()) {
    BlockHandle handle;
    if (!DecodeBlockHandle(index.value(), &handle)) {
      return Damaged(index_offset_, "malformed index entry");
    }
    BlockPin block;
    RETURN_IF_ERROR(ReadBlock(BlockKind::kData, handle, &block));
    bool sound = data.Open(block->payload());
    for (data.SeekToFirst(); data.Valid(); data.Next()) {
      bool known_type =
          KeyType(data.key()) == ValueType::kValue || KeyType(data.key()) == ValueType::kDeletion;
      bool ordered = entries == 0 || CompareInternalKeys(last_key, data.key()) < 0;
      sound = sound && known_type && ordered;
      last_key = data.key();
      ++entries;
    }
    if (!sound || data.damaged() || CompareInternalKeys(last_key, index.key()) > 0) {
      return Damaged(handle.offset, "malformed or disordered data block");
    }
  }
  if (index.damaged()) return Damaged(index_offset_, "malformed index block");
  if (entries != properties_.entries) return Damaged(index_offset_, "wrong number of entries");
  return Status::Ok();
}

void TableReader::EraseFromCache() {
  if (cache_ == nullptr) return;
  BlockCursor index;
  BlockHandle handle;
  index.Open(index_->payload());
  for (index.SeekToFirst(); index.Valid(); index.Next()) {
    if (DecodeBlockHandle(index.value(), &handle)) cache_->Erase(file_number_, handle.offset);
  }
}

}  // namespace shale::engine
