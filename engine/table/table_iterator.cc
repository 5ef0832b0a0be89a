#include "engine/table/table_iterator.h"

#include <algorithm>
#include <utility>

#include "engine/table/block_codec.h"

namespace shale::engine {

TableIterator::TableIterator(std::shared_ptr<TableReader> table, TableIteratorOptions options)
    : table_(std::move(table)), options_(options) {
  index_.Open(table_->index_->payload());
}

void TableIterator::BeginSeek() {
  ClearFailure();
  pending_ = Pending::kNone;
}

void TableIterator::SetIndexEnd() {
  if (index_.damaged()) {
    SetFailed(table_->Damaged(table_->index_offset_, "malformed index block"));
  } else {
    SetEnd();
  }
}

void TableIterator::Publish() {
  if (data_.Valid()) {
    SetValid(data_.key(), data_.value());
  } else {
    // Blocks are never empty, and steps beyond their ends are taken before.
    SetFailed(table_->Damaged(handle_.offset, "malformed data block"));
  }
}

bool TableIterator::LoadBlock() {
  BlockHandle handle;
  if (!DecodeBlockHandle(index_.value(), &handle)) {
    SetFailed(table_->Damaged(table_->index_offset_, "malformed index entry"));
    return false;
  }
  if (block_ != nullptr && handle == handle_ && !data_.damaged()) return true;

  BlockPin block;
  Status status;
  if (options_.readahead_bytes > 0 && read_tier_ == ReadTier::kBlocking) {
    status = ReadAhead(handle, &block);
  } else {
    status = table_->LoadDataBlock(handle, read_tier_, options_.fill_cache, &block);
  }
  if (!status.ok()) {
    SetFailed(std::move(status));
    return false;
  }
  if (block == nullptr) {
    SetWouldBlock();
    return false;
  }
  if (!data_.Open(block->payload())) {
    data_.Close();
    block_.reset();
    SetFailed(table_->Damaged(handle.offset, "malformed data block"));
    return false;
  }
  block_ = std::move(block);
  handle_ = handle;
  return true;
}

// A block that begins where the last one read ended is read together with what follows.
Status TableIterator::ReadAhead(BlockHandle handle, BlockPin* block) {
  RETURN_IF_ERROR(table_->LoadDataBlock(handle, ReadTier::kCacheOnly, false, block));
  RETURN_IF_ERROR(table_->CheckHandle(handle));
  uint64_t end = handle.offset + handle.bytes + sizeof(BlockTrailer);
  bool sequential = handle.offset == last_read_end_;
  last_read_end_ = end;
  if (*block != nullptr) return Status::Ok();

  bool ahead = handle.offset >= ahead_offset_ && end <= ahead_offset_ + ahead_bytes_;
  if (!ahead && (!sequential || end - handle.offset > options_.readahead_bytes)) {
    return table_->LoadDataBlock(handle, ReadTier::kBlocking, options_.fill_cache, block);
  }
  if (!ahead) {
    if (ahead_ == nullptr) {
      ahead_ = std::make_unique_for_overwrite<char[]>(options_.readahead_bytes);
    }
    ahead_bytes_ = 0;
    size_t bytes =
        std::min<uint64_t>(options_.readahead_bytes, table_->blocks_end_ - handle.offset);
    RETURN_IF_ERROR(table_->blob_->Read(handle.offset, bytes, ahead_.get()));
    ahead_offset_ = handle.offset;
    ahead_bytes_ = bytes;
  }
  std::string_view stored(ahead_.get() + (handle.offset - ahead_offset_), end - handle.offset);
  BlockPlace place{table_->file_name(), table_->file_number_, handle.offset, BlockKind::kData,
                   table_->opener_.get()};
  RETURN_IF_ERROR(DecodeBlock(place, stored, block));
  if (table_->cache_ != nullptr && options_.fill_cache) {
    table_->cache_->Insert(table_->file_number_, handle.offset, *block);
  }
  return Status::Ok();
}

void TableIterator::Seek(std::string_view internal_key) {
  BeginSeek();
  table_->index_search_.Seek(internal_key, &index_);
  if (!index_.Valid()) return SetIndexEnd();
  if (!LoadBlock()) return;
  data_.Seek(internal_key);
  if (data_.Valid() || data_.damaged()) return Publish();
  // The key lies between the block's last key and its index entry. Would-block in there is left by
  // seeking again.
  EnterNextBlock();
  pending_ = Pending::kNone;
}

void TableIterator::SeekForPrev(std::string_view internal_key) {
  BeginSeek();
  table_->index_search_.Seek(internal_key, &index_);
  if (index_.damaged()) return SetIndexEnd();
  if (!index_.Valid()) return SeekToLast();
  if (!LoadBlock()) return;
  data_.SeekForPrev(internal_key);
  if (data_.Valid() || data_.damaged()) return Publish();
  EnterPreviousBlock();
  pending_ = Pending::kNone;
}

void TableIterator::SeekToFirst() {
  BeginSeek();
  index_.SeekToFirst();
  if (!index_.Valid()) return SetIndexEnd();
  if (!LoadBlock()) return;
  data_.SeekToFirst();
  Publish();
}

void TableIterator::SeekToLast() {
  BeginSeek();
  index_.SeekToLast();
  if (!index_.Valid()) return SetIndexEnd();
  if (!LoadBlock()) return;
  data_.SeekToLast();
  Publish();
}

void TableIterator::Next() {
  if (pending_ == Pending::kNone && data_.has_next()) {
    data_.Next();
    return Publish();
  }
  EnterNextBlock();
}

void TableIterator::Prev() {
  if (pending_ == Pending::kNone && data_.has_prev()) {
    data_.Prev();
    return Publish();
  }
  EnterPreviousBlock();
}

void TableIterator::EnterNextBlock() {
  if (pending_ != Pending::kNextBlock) {
    index_.Next();
    if (!index_.Valid()) return SetIndexEnd();
  }
  pending_ = Pending::kNextBlock;
  if (!LoadBlock()) return;
  pending_ = Pending::kNone;
  data_.SeekToFirst();
  Publish();
}

void TableIterator::EnterPreviousBlock() {
  if (pending_ != Pending::kPreviousBlock) {
    index_.Prev();
    if (!index_.Valid()) return SetIndexEnd();
  }
  pending_ = Pending::kPreviousBlock;
  if (!LoadBlock()) return;
  pending_ = Pending::kNone;
  data_.SeekToLast();
  Publish();
}

void TableIterator::AppendRun(std::string_view limit, EntryBatch* batch) {
  DCHECK(Valid());
  // Below a limit beyond the block's end no key needs comparing.
  if (!limit.empty() && CompareInternalKeys(index_.key(), limit) < 0) limit = {};
  batch->AddPin(block_);
  data_.AppendRun(limit, batch);
  SetValid(data_.key(), data_.value());
}

}  // namespace shale::engine
