#include "engine/table/table_iterator.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

#include "engine/base/give_way.h"

namespace shale::engine {
namespace {

// A table's partitions lie one behind the other, and are a hundredth of its data.
constexpr size_t kIndexReadaheadBytesMax = 64 << 10;

}  // namespace

TableIterator::TableIterator(std::shared_ptr<TableReader> table, TableIteratorOptions options)
    : table_(std::move(table)),
      options_(options),
      index_ahead_(table_->blob_.get(), table_->data_end_, table_->blocks_end_,
                   std::min(options.readahead_bytes, kIndexReadaheadBytesMax)),
      data_ahead_(table_->blob_.get(), sizeof(TableHeader), table_->data_end_,
                  options.readahead_bytes) {}

void TableIterator::BeginSeek() {
  ClearFailure();
  pending_ = Pending::kNone;
}

void TableIterator::SetIndexDamaged() {
  SetFailed(
      table_->Damaged(table_->partitions()[partition_].index.offset, "malformed index block"));
}

void TableIterator::Publish() {
  if (data_.Valid()) {
    SetAtDataCursor();
  } else {
    // Blocks are never empty, and steps beyond their ends are taken before.
    SetFailed(table_->Damaged(handle_.offset, "malformed data block"));
  }
}

void TableIterator::SetAtDataCursor() {
  if (table_->run_sequence_ == 0) return SetValid(data_.key(), data_.value());
  shown_key_.assign(UserKey(data_.key()));
  PutFixed64(&shown_key_, PackTrailer(table_->run_sequence_, KeyType(data_.key())));
  SetValid(shown_key_, data_.value());
}

std::string_view TableIterator::StoredKey(std::string_view internal_key) {
  SequenceNumber run_sequence = table_->run_sequence_;
  if (run_sequence == 0 || internal_key.empty()) return internal_key;
  uint64_t trailer = Trailer(internal_key);
  SequenceNumber sequence = TrailerSequence(trailer);
  if (sequence == run_sequence) {
    trailer = PackTrailer(kRunSequence, TrailerType(trailer));
  } else {
    trailer = sequence > run_sequence ? kTrailerMax : 0;
  }
  stored_key_.assign(UserKey(internal_key));
  PutFixed64(&stored_key_, trailer);
  return stored_key_;
}

void TableIterator::ShowKeys(EntryBatch* batch, size_t first) const {
  if (table_->run_sequence_ == 0) return;
  std::string_view block = block_->payload();
  for (size_t i = first; i < batch->size(); ++i) {
    std::string_view key = batch->entries()[i].key;
    bool in_block = std::less_equal<>()(block.data(), key.data()) &&
                    std::less<>()(key.data(), block.data() + block.size());
    if (in_block) key = batch->arena().Copy(key);
    uint64_t trailer = PackTrailer(table_->run_sequence_, KeyType(key));
    // The arena's bytes, which nobody else has seen yet.
    std::memcpy(const_cast<char*>(key.data() + key.size() - kTrailerBytes), &trailer,
                kTrailerBytes);
    if (in_block) batch->ReplaceKey(i, key);
  }
}

// Bytes read ahead are at hand also for who must not wait.
Status TableIterator::Load(BlockKind kind, BlockHandle handle, Readahead* ahead, BlockPin* block) {
  const size_t stored_bytes = handle.bytes + sizeof(BlockTrailer);
  RETURN_IF_ERROR(table_->LoadBlock(kind, handle, ReadTier::kCacheOnly, false, block));
  if (*block == nullptr && ahead->enabled()) {
    RETURN_IF_ERROR(table_->CheckHandle(handle));
    bool at_hand = ahead->Has(handle.offset, stored_bytes);
    if (!at_hand && read_tier_ == ReadTier::kBlocking) {
      ASSIGN_OR_RETURN(at_hand, ahead->Read(handle.offset, stored_bytes));
    }
    if (at_hand) {
      RETURN_IF_ERROR(DecodeBlock(table_->PlaceOf(kind, handle.offset),
                                  ahead->Bytes(handle.offset, stored_bytes), block));
      if (table_->cache_ != nullptr && options_.fill_cache) {
        table_->cache_->Insert(table_->file_number_, handle.offset, *block);
      }
      if (options_.gives_way) GiveWay();
    }
  }
  if (*block == nullptr && read_tier_ == ReadTier::kBlocking) {
    RETURN_IF_ERROR(table_->ReadBlock(kind, handle, block));
    if (table_->cache_ != nullptr && options_.fill_cache) {
      table_->cache_->Insert(table_->file_number_, handle.offset, *block);
    }
  }
  if (*block != nullptr) ahead->Use(handle.offset, stored_bytes);
  return Status::Ok();
}

bool TableIterator::LoadPartition(size_t partition) {
  if (partition == partition_ && !index_.damaged()) return true;
  BlockHandle handle = table_->partitions()[partition].index;
  BlockPin pin;
  std::string_view payload = table_->PinnedIndex(partition);
  if (payload.empty()) {
    Status status = Load(BlockKind::kIndex, handle, &index_ahead_, &pin);
    if (!status.ok()) {
      SetFailed(std::move(status));
      return false;
    }
    if (pin == nullptr) {
      SetWouldBlock();
      return false;
    }
    payload = pin->payload();
  }
  partition_ = partition;
  if (!index_.Open(payload)) {
    partition_ = SIZE_MAX;
    index_.Close();
    index_block_.reset();
    SetFailed(table_->Damaged(handle.offset, "malformed index block"));
    return false;
  }
  index_block_ = std::move(pin);
  return true;
}

bool TableIterator::LoadBlock() {
  // Partitions are never empty, and steps beyond their ends lead into others.
  BlockHandle handle;
  if (!index_.Valid() || !DecodeBlockHandle(index_.value(), &handle)) {
    SetIndexDamaged();
    return false;
  }
  if (block_ != nullptr && handle == handle_ && !data_.damaged()) return true;

  BlockPin block;
  Status status = Load(BlockKind::kData, handle, &data_ahead_, &block);
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

void TableIterator::Seek(std::string_view internal_key) {
  internal_key = StoredKey(internal_key);
  BeginSeek();
  size_t partition = table_->FindPartition(internal_key);
  if (partition == table_->partition_count()) return SetEnd();
  if (!LoadPartition(partition)) return;
  index_.SeekToRestart(index_.CountRestartsBefore(internal_key));
  if (!LoadBlock()) return;
  data_.Seek(internal_key);
  if (data_.Valid() || data_.damaged()) return Publish();
  // The key lies between the block's last key and its index entry. Would-block in there is left by
  // seeking again.
  EnterNextBlock();
  pending_ = Pending::kNone;
}

void TableIterator::SeekForPrev(std::string_view internal_key) {
  internal_key = StoredKey(internal_key);
  BeginSeek();
  size_t partition = table_->FindPartition(internal_key);
  if (partition == table_->partition_count()) return SeekToLast();
  if (!LoadPartition(partition)) return;
  index_.SeekToRestart(index_.CountRestartsBefore(internal_key));
  if (!LoadBlock()) return;
  data_.SeekForPrev(internal_key);
  if (data_.Valid() || data_.damaged()) return Publish();
  EnterPreviousBlock();
  pending_ = Pending::kNone;
}

void TableIterator::SeekToFirst() {
  BeginSeek();
  if (table_->partition_count() == 0) return SetEnd();
  if (!LoadPartition(0)) return;
  index_.SeekToFirst();
  if (!LoadBlock()) return;
  data_.SeekToFirst();
  Publish();
}

void TableIterator::SeekToLast() {
  BeginSeek();
  if (table_->partition_count() == 0) return SetEnd();
  if (!LoadPartition(table_->partition_count() - 1)) return;
  index_.SeekToLast();
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
  if (pending_ == Pending::kNone) {
    bool last = !index_.has_next();
    if (last && partition_ + 1 == table_->partition_count()) return SetEnd();
    if (!last) index_.Next();
    pending_ = last ? Pending::kNextPartition : Pending::kNextBlock;
  }
  if (pending_ == Pending::kNextPartition) {
    if (!LoadPartition(partition_ + 1)) return;
    index_.SeekToFirst();
    pending_ = Pending::kNextBlock;
  }
  if (!LoadBlock()) return;
  pending_ = Pending::kNone;
  data_.SeekToFirst();
  Publish();
}

void TableIterator::EnterPreviousBlock() {
  if (pending_ == Pending::kNone) {
    bool first = !index_.has_prev();
    if (first && partition_ == 0) return SetEnd();
    if (!first) index_.Prev();
    pending_ = first ? Pending::kPreviousPartition : Pending::kPreviousBlock;
  }
  if (pending_ == Pending::kPreviousPartition) {
    if (!LoadPartition(partition_ - 1)) return;
    index_.SeekToLast();
    pending_ = Pending::kPreviousBlock;
  }
  if (!LoadBlock()) return;
  pending_ = Pending::kNone;
  data_.SeekToLast();
  Publish();
}

void TableIterator::AppendRun(std::string_view limit, EntryBatch* batch) {
  DCHECK(Valid());
  limit = StoredKey(limit);
  // Below a limit beyond the block's end no key needs comparing.
  if (!limit.empty() && CompareInternalKeys(index_.key(), limit) < 0) limit = {};
  batch->AddPin(block_);
  size_t first = batch->size();
  data_.AppendRun(limit, batch);
  ShowKeys(batch, first);
  SetAtDataCursor();
}

bool TableIterator::AppendPlainRun(std::string_view limit, SequenceNumber snapshot,
                                   EntryBatch* batch) {
  DCHECK(Valid());
  if (table_->run_sequence_ > snapshot) return false;
  limit = StoredKey(limit);
  if (!limit.empty() && CompareInternalKeys(index_.key(), limit) >= 0) return false;
  if (!data_.AppendPlainRun(snapshot, batch)) return false;
  batch->AddPin(block_);
  SetAtDataCursor();
  return true;
}

void TableIterator::AppendRunBackward(std::string_view limit, EntryBatch* batch) {
  DCHECK(Valid());
  batch->AddPin(block_);
  size_t first = batch->size();
  data_.AppendRunBackward(StoredKey(limit), batch);
  ShowKeys(batch, first);
  SetAtDataCursor();
}

}  // namespace shale::engine
