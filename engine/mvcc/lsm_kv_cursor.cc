#include "engine/mvcc/lsm_kv_cursor.h"

#include <string>
#include <utility>

#include "engine/base/out_of_memory.h"
#include "engine/mvcc/reserved_keys.h"

namespace shale::engine {
namespace {

ScanOptions WithoutReserved(ScanOptions options) {
  if (options.range.end.empty() || IsReserved(options.range.end)) {
    options.range.end = kReservedBegin;
  }
  return options;
}

}  // namespace

LsmKvCursor::LsmKvCursor(LsmStore& lsm, WriteBuffer& writes, SequenceNumber snapshot,
                         ScanOptions options)
    : options_(WithoutReserved(std::move(options))) {
  if (options_.range.begin >= options_.range.end) {
    committed_done_ = true;
    return;
  }
  committed_ = lsm.NewCursor(snapshot, {.range = options_.range,
                                        .reverse = options_.reverse,
                                        .keys_only = options_.keys_only,
                                        .page_rows_max = options_.page_rows_max,
                                        .page_bytes_max = options_.page_bytes_max});
  if (writes.empty()) return;
  own_ = std::make_unique<WriteBuffer::Iterator>(writes);
  if (options_.reverse) {
    own_->SeekLast(options_.range.end);
  } else {
    own_->SeekFirst(options_.range.begin);
  }
  if (!HasOwn() && !writes.has_range_deletes()) own_ = nullptr;
}

Async<Result<std::span<const KeyValue>>> LsmKvCursor::NextPage() try {
  if (committed_ == nullptr) return Page(std::span<const KeyValue>());
  if (own_ == nullptr) return committed_->NextPage();
  page_.clear();
  page_bytes_ = 0;
  while (true) {
    if (committed_page_.empty() && !committed_done_) {
      Async<Page> next = NextCommitted();
      if (!next.ready()) return FillLater(std::move(next));
      Status status;
      if (!TakeCommitted(std::move(next).value(), &status)) return Page(std::move(status));
    }
    if (Merge()) return Page(std::span<const KeyValue>(page_));
  }
} catch (const std::bad_alloc&) {
  return Page(OutOfMemory());
}

Task<Result<std::span<const KeyValue>>> LsmKvCursor::FillLater(Async<Page> next) {
  while (true) {
    Page page = co_await next;
    Status status;
    if (!TakeCommitted(std::move(page), &status)) co_return std::move(status);
    if (Merge()) co_return std::span<const KeyValue>(page_);
    next = NextCommitted();
  }
}

// Whole pages of rows that the transaction has deleted by a range are skipped, not read.
Async<Result<std::span<const KeyValue>>> LsmKvCursor::NextCommitted() {
  KeyRange deleted = std::exchange(deleted_, {});
  if (!deleted.begin.empty() || !deleted.end.empty()) {
    const KeyRange& range = options_.range;
    bool to_the_end = options_.reverse ? deleted.begin <= range.begin
                                       : deleted.end.empty() || deleted.end >= range.end;
    if (to_the_end) return Page(std::span<const KeyValue>());
    committed_->SkipTo(options_.reverse ? deleted.begin : deleted.end);
  }
  return committed_->NextPage();
}

bool LsmKvCursor::TakeCommitted(Page page, Status* status) {
  if (!page.ok()) {
    *status = std::move(page).status();
    return false;
  }
  committed_page_ = *page;
  committed_done_ = committed_page_.empty();
  return true;
}

bool LsmKvCursor::HasOwn() const {
  if (!own_->valid()) return false;
  return options_.reverse ? own_->key() >= options_.range.begin : own_->key() < options_.range.end;
}

bool LsmKvCursor::Merge() {
  while (page_.size() < options_.page_rows_max && page_bytes_ < options_.page_bytes_max) {
    if (committed_page_.empty()) {
      if (!committed_done_) return !page_.empty();
      if (!HasOwn()) return true;
      AppendOwn();
      continue;
    }
    const KeyValue& row = committed_page_.front();
    if (HasOwn()) {
      int order = own_->key().compare(row.key);
      if (order == 0) committed_page_ = committed_page_.subspan(1);
      if (order == 0 || (order < 0) != options_.reverse) {
        AppendOwn();
        continue;
      }
    }
    const KeyRange* deleted = own_->CoveringRange(row.key);
    if (deleted == nullptr) {
      page_.push_back(row);
      page_bytes_ += row.key.size() + row.value.size();
    } else if (committed_page_.size() == 1 && (!options_.reverse || row.key > deleted->begin)) {
      deleted_ = *deleted;
    }
    committed_page_ = committed_page_.subspan(1);
  }
  return true;
}

void LsmKvCursor::AppendOwn() {
  if (!own_->deleted()) {
    page_.push_back({own_->key(), own_->value()});
    page_bytes_ += own_->key().size() + own_->value().size();
  }
  options_.reverse ? own_->Previous() : own_->Next();
}

}  // namespace shale::engine
