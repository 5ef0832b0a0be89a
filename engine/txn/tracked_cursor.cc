#include "engine/txn/tracked_cursor.h"

#include <utility>

#include "engine/base/out_of_memory.h"

namespace shale::engine {

Async<Result<std::span<const KeyValue>>> TrackedCursor::NextPage() {
  Async<Page> next = cursor_->NextPage();
  if (!next.ready()) return NoteLater(std::move(next));
  return Note(std::move(next).value());
}

Task<Result<std::span<const KeyValue>>> TrackedCursor::NoteLater(Async<Page> next) {
  Page page = co_await next;
  co_return Note(std::move(page));
}

Result<std::span<const KeyValue>> TrackedCursor::Note(Page page) try {
  if (!page.ok() || exhausted_) return page;
  KeyRange read = rest_;
  if (page->empty()) {
    RETURN_IF_ERROR(transaction_->Read(read));
    exhausted_ = true;
    return page;
  }
  std::string_view last = page->back().key;
  if (reverse_) {
    read.begin = last;
    rest_.end = last;
    exhausted_ = last.empty();
  } else {
    read.end = last;
    read.end.push_back('\0');
    rest_.begin = read.end;
  }
  RETURN_IF_ERROR(transaction_->Read(read));
  return page;
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

}  // namespace shale::engine
