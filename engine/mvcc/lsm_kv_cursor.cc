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

CursorOptions PagesOf(const ScanOptions& options) {
  return {.range = options.range,
          .reverse = options.reverse,
          .keys_only = options.keys_only,
          .values_only = options.values_only,
          .page_rows_max = options.page_rows_max,
          .first_page_rows = options.first_page_rows,
          .page_bytes_max = options.page_bytes_max};
}

}  // namespace

LsmKvCursor::LsmKvCursor(LsmStore& lsm, OwnWrites own, SequenceNumber snapshot, ScanOptions options)
    : lsm_(lsm), options_(WithoutReserved(std::move(options))), writes_(std::move(own.buffer)) {
  if (options_.range.begin >= options_.range.end) return;
  FindOwn(std::move(own));
  // What is merged goes by keys.
  if (own_ != nullptr) options_.values_only = false;
  committed_.cursor = lsm.NewCursor(snapshot, PagesOf(options_));
  committed_.done = false;
}

void LsmKvCursor::FindOwn(OwnWrites own) {
  if (own.spilling != nullptr) {
    spilling_ = std::move(own.spilling);
  } else if (own.spilled != nullptr) {
    spilled_.cursor = lsm_.NewCursor(std::move(own.spilled), PagesOf(options_));
    spilled_.done = false;
  } else if (writes_->empty()) {
    writes_.reset();
    return;
  }
  own_ = std::make_unique<WriteBuffer::Iterator>(*writes_, own.horizon);
  if (options_.reverse) {
    own_->SeekLast(options_.range.end);
  } else {
    own_->SeekFirst(options_.range.begin);
  }
  bool untouched =
      !HasOwn() && !writes_->has_range_deletes() && spilled_.done && spilling_ == nullptr;
  if (!untouched) return;
  own_.reset();
  writes_.reset();
}

LsmKvCursor::Source* LsmKvCursor::SourceToFill() {
  if (committed_.must_fill()) return &committed_;
  return spilled_.must_fill() ? &spilled_ : nullptr;
}

Async<Result<std::span<const KeyValue>>> LsmKvCursor::NextPage() try {
  if (committed_.cursor == nullptr) return Page(std::span<const KeyValue>());
  if (own_ == nullptr) return committed_.cursor->NextPage();
  if (spilling_ != nullptr) return NextPageAfterSpill();
  page_.clear();
  page_bytes_ = 0;
  while (true) {
    if (Source* source = SourceToFill()) {
      Async<Page> next = NextOf(source);
      if (!next.ready()) return FillLater(source, std::move(next));
      Status status;
      if (!Take(source, std::move(next).value(), &status)) return Page(std::move(status));
    } else if (Merge()) {
      return Page(std::span<const KeyValue>(page_));
    }
  }
} catch (const std::bad_alloc&) {
  return Page(OutOfMemory());
}

Task<Result<std::span<const KeyValue>>> LsmKvCursor::NextPageAfterSpill() {
  Event& done = spilling_->done();
  co_await done;
  CO_RETURN_IF_ERROR(OpenSpilled());
  Async<Page> next = NextPage();
  Page page = co_await next;
  co_return page;
}

Status LsmKvCursor::OpenSpilled() try {
  ASSIGN_OR_RETURN(std::shared_ptr<const RunStack> stack, spilling_->stack());
  spilled_.cursor = lsm_.NewCursor(std::move(stack), PagesOf(options_));
  spilled_.done = false;
  spilling_.reset();
  return Status::Ok();
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Task<Result<std::span<const KeyValue>>> LsmKvCursor::FillLater(Source* source, Async<Page> next) {
  while (true) {
    Page page = co_await next;
    Status status;
    if (!Take(source, std::move(page), &status)) co_return std::move(status);
    source = SourceToFill();
    if (source == nullptr && Merge()) co_return std::span<const KeyValue>(page_);
    if (source == nullptr) source = SourceToFill();
    next = NextOf(source);
  }
}

// Whole pages of committed rows that the transaction has deleted by a range are skipped, not read.
Async<Result<std::span<const KeyValue>>> LsmKvCursor::NextOf(Source* source) {
  if (source == &committed_) {
    KeyRange deleted = std::exchange(deleted_, {});
    if (!deleted.begin.empty() || !deleted.end.empty()) {
      const KeyRange& range = options_.range;
      bool to_the_end = options_.reverse ? deleted.begin <= range.begin
                                         : deleted.end.empty() || deleted.end >= range.end;
      if (to_the_end) return Page(std::span<const KeyValue>());
      source->cursor->SkipTo(options_.reverse ? deleted.begin : deleted.end);
    }
  }
  return source->cursor->NextPage();
}

bool LsmKvCursor::Take(Source* source, Page page, Status* status) {
  if (!page.ok()) {
    *status = std::move(page).status();
    return false;
  }
  source->page = *page;
  source->done = source->page.empty();
  return true;
}

bool LsmKvCursor::HasOwn() const {
  if (!own_->valid()) return false;
  return options_.reverse ? own_->key() >= options_.range.begin : own_->key() < options_.range.end;
}

// Of equal keys the newest write counts: the buffer's, then what was spilled, then what is
// committed.
bool LsmKvCursor::Merge() {
  while (page_.size() < options_.page_rows_max && page_bytes_ < options_.page_bytes_max) {
    if (SourceToFill() != nullptr) return !page_.empty();
    Source* source = committed_.page.empty() ? nullptr : &committed_;
    if (!spilled_.page.empty()) {
      int order =
          source == nullptr ? -1 : Compare(spilled_.page.front().key, committed_.page.front().key);
      if (order == 0) committed_.page = committed_.page.subspan(1);
      if (order <= 0) source = &spilled_;
    }
    if (HasOwn()) {
      int order = source == nullptr ? -1 : Compare(own_->key(), source->page.front().key);
      if (order == 0) source->page = source->page.subspan(1);
      if (order <= 0) {
        AppendOwn();
        continue;
      }
    }
    if (source == nullptr) return true;
    if (source == &spilled_) {
      AppendSpilled(source->page.front());
    } else {
      AppendCommitted(source->page.front());
    }
    source->page = source->page.subspan(1);
  }
  return true;
}

void LsmKvCursor::Append(const KeyValue& row) {
  page_.push_back(row);
  page_bytes_ += row.key.size() + row.value.size();
}

void LsmKvCursor::AppendOwn() {
  if (!own_->deleted()) Append({own_->key(), own_->value()});
  options_.reverse ? own_->Previous() : own_->Next();
}

void LsmKvCursor::AppendSpilled(const KeyValue& row) {
  if (!IsDeletedRow(row) && !own_->CoversSpilled(row.key)) Append(row);
}

void LsmKvCursor::AppendCommitted(const KeyValue& row) {
  const KeyRange* deleted = own_->CoveringRange(row.key);
  if (deleted == nullptr) return Append(row);
  bool last_of_page = committed_.page.size() == 1;
  if (last_of_page && (!options_.reverse || row.key > deleted->begin)) deleted_ = *deleted;
}

Async<Result<std::span<const KeyValue>>> AwaitingCursor::NextPage() try {
  if (is_visible_) return cursor_->NextPage();
  return FirstPage();
} catch (const std::bad_alloc&) {
  return Result<std::span<const KeyValue>>(OutOfMemory());
}

Task<Result<std::span<const KeyValue>>> AwaitingCursor::FirstPage() {
  Async<Status> wait = lsm_.AwaitVisible(snapshot_);
  Status awaited = co_await wait;
  if (!awaited.ok()) co_return awaited;
  is_visible_ = true;
  auto next = cursor_->NextPage();
  Result<std::span<const KeyValue>> page = co_await next;
  co_return page;
}

}  // namespace shale::engine
