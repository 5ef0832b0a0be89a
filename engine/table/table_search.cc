#include "engine/table/table_search.h"

#include <utility>

#include "engine/table/bloom_filter.h"

namespace shale::engine {
namespace {

constexpr int kIndexTailLines = 2;

void FetchTail(std::string_view payload) {
  const char* last = payload.data() + payload.size() - 1;
  for (int i = 0; i < kIndexTailLines; ++i) __builtin_prefetch(last - i * 64);
}

}  // namespace

bool TableSearch::Begin(TableReader* table, const PointTarget* target, ReadTier tier,
                        PointLookup* lookup, std::optional<size_t> partition) {
  lookup->outcome = LookupOutcome::kAbsent;
  lookup->pin.reset();
  if (table->run_sequence_ > target->snapshot()) return false;
  covering_ = table->tombstones_ == nullptr
                  ? 0
                  : table->tombstones_->CoveringSequence(target->user_key(), target->snapshot());
  if (covering_ > 0) {  // unless a newer point is found
    lookup->outcome = LookupOutcome::kDeleted;
    lookup->sequence = covering_;
  }
  partition_ = partition ? *partition : table->FindPartition(*target);
  if (partition_ >= table->partition_count()) return false;
  table_ = table;
  target_ = target;
  tier_ = tier;
  lookup_ = lookup;
  next_ = Next::kFilter;
  return true;
}

bool TableSearch::Step() {
  switch (next_) {
    case Next::kFilter:
      if (!TestFilter()) return false;
      FetchTail(payload_);
      next_ = Next::kIndex;
      return true;
    case Next::kIndex:
      if (!OpenIndex()) return false;
      next_ = Next::kEntry;
      return true;
    case Next::kEntry:
      if (!ReadIndexEntry()) return false;
      if (table_->cache_ != nullptr)
        table_->cache_->FetchBucket(table_->file_number_, handle_.offset);
      next_ = Next::kBucket;
      return true;
    case Next::kBucket:
      if (table_->cache_ != nullptr)
        table_->cache_->FetchBlock(table_->file_number_, handle_.offset);
      next_ = Next::kBlock;
      return true;
    case Next::kBlock:
      if (!LoadBlock()) return false;
      next_ = Next::kSeek;
      return true;
    case Next::kSeek:
      if (!OpenBlock()) return false;
      next_ = Next::kRow;
      return true;
    case Next::kRow:
      ReadRow();
      if (lookup_->outcome == LookupOutcome::kFound) __builtin_prefetch(lookup_->value.data());
      return false;
  }
  return false;
}

void TableSearch::Finish() {
  if (!TestFilter()) return;
  thread_local BlockCursor cursor;  // keeps its key buffer: a lookup allocates nothing
  cursor_ = &cursor;
  if (OpenIndex() && ReadIndexEntry() && LoadBlock() && OpenBlock()) ReadRow();
}

bool TableSearch::Done() {
  pin_.reset();
  return false;
}

bool TableSearch::Fail(Status status) {
  lookup_->outcome = LookupOutcome::kFailed;
  lookup_->status = std::move(status);
  return Done();
}

inline bool TableSearch::CanGoOn(const Result<bool>& loaded) {
  if (loaded.ok() && *loaded) [[likely]]
    return true;
  if (!loaded.ok()) return Fail(loaded.status());
  lookup_->outcome = LookupOutcome::kWouldBlock;
  return Done();
}

bool TableSearch::TestFilter() {
  if (table_->partitions()[partition_].has_filter()) {
    BloomFilter filter;
    if (!CanGoOn(table_->LoadFilter(partition_, tier_, &pin_, &filter))) return false;
    if (!filter.MayContainHash(target_->hash())) return Done();
  }
  return CanGoOn(table_->LoadIndex(partition_, tier_, &pin_, &payload_));
}

bool TableSearch::OpenIndex() {
  const bool sound = cursor_->Open(payload_);
  cursor_->PrepareSeek(target_->internal_key());
  if (sound) return true;
  return Fail(
      table_->Damaged(table_->partitions()[partition_].index.offset, "malformed index block"));
}

bool TableSearch::ReadIndexEntry() {
  cursor_->FinishSeek(target_->internal_key());
  // The top index leads to partitions that reach the key.
  if (cursor_->Valid() && DecodeBlockHandle(cursor_->value(), &handle_)) return true;
  return Fail(
      table_->Damaged(table_->partitions()[partition_].index.offset, "malformed index block"));
}

bool TableSearch::LoadBlock() {
  Status status = table_->LoadBlock(BlockKind::kData, handle_, tier_, /*fill_cache=*/true, &pin_);
  if (!status.ok()) return Fail(std::move(status));
  return CanGoOn(pin_ != nullptr);
}

bool TableSearch::OpenBlock() {
  const bool sound = cursor_->Open(pin_->payload());
  cursor_->PrepareSeek(target_->internal_key());
  return sound || Fail(table_->Damaged(handle_.offset, "malformed data block"));
}

void TableSearch::ReadRow() {
  cursor_->FinishSeek(target_->internal_key());
  if (cursor_->damaged()) {
    Fail(table_->Damaged(handle_.offset, "malformed data block"));
    return;
  }
  // An index entry is at or after every key of its block and before the next block's first key, so
  // the key's versions up to the snapshot begin here or nowhere.
  if (!cursor_->Valid() || UserKey(cursor_->key()) != target_->user_key()) {
    Done();
    return;
  }
  const SequenceNumber sequence =
      table_->run_sequence_ != 0 ? table_->run_sequence_ : KeySequence(cursor_->key());
  if (covering_ > sequence) {
    Done();
    return;
  }
  lookup_->sequence = sequence;
  switch (const ValueType type = KeyType(cursor_->key())) {
    case ValueType::kValue:
    case ValueType::kValueReference:
      lookup_->outcome = LookupOutcome::kFound;
      lookup_->is_reference = type == ValueType::kValueReference;
      lookup_->value = cursor_->value();
      lookup_->pin = std::move(pin_);
      break;
    case ValueType::kDeletion:
      lookup_->outcome = LookupOutcome::kDeleted;
      Done();
      break;
    default:
      Fail(table_->Damaged(handle_.offset, "entry of unknown type"));
  }
}

}  // namespace shale::engine
