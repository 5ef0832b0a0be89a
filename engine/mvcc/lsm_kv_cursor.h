// The cursor of LsmTransaction: the snapshot's rows merged with the transaction's own writes.
// Private to engine/mvcc.
//
// Where the transaction has written nothing in the range, the LSM cursor's pages go out as they
// are, pinned and uncopied. Otherwise a page is a merge of views into the LSM cursor's page, a page
// of what the transaction has spilled, and the write buffer; it ends where one of those pages does,
// since the next one would invalidate it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/kv_store.h"
#include "engine/lsm/lsm_store.h"
#include "engine/lsm/run_stack.h"
#include "engine/mvcc/background_spill.h"
#include "engine/txn/write_buffer.h"

namespace shale::engine {

class LsmKvCursor : public KvCursor {
 public:
  // The transaction's own writes, as far as the scan sees them.
  struct OwnWrites {
    std::shared_ptr<WriteBuffer> buffer;
    uint64_t horizon;                         // in the buffer
    std::shared_ptr<const RunStack> spilled;  // null: nothing
    // In place of those runs, once it is done, where the scan sees any of it; else null.
    std::shared_ptr<BackgroundSpill> spilling;
  };
  LsmKvCursor(LsmStore& lsm, OwnWrites own, SequenceNumber snapshot, ScanOptions options);
  Async<Result<std::span<const KeyValue>>> NextPage() override;

 private:
  using Page = Result<std::span<const KeyValue>>;

  // Rows that come in pages.
  struct Source {
    std::unique_ptr<LsmCursor> cursor;
    std::span<const KeyValue> page;  // what is left of it
    bool done = true;
    bool must_fill() const { return page.empty() && !done; }
  };

  // Sets own_, and what goes with it, where the scan sees writes of its transaction.
  void FindOwn(OwnWrites own);
  bool HasOwn() const;
  // One whose next page is needed, or null.
  Source* SourceToFill();
  Async<Page> NextOf(Source* source);
  // Takes the source's page; false on its error, which goes to *status.
  static bool Take(Source* source, Page page, Status* status);
  // Merges into page_ until it is full or a source's page is used up. True: the page is to be
  // handed out.
  bool Merge();
  // Below zero where a comes before b in the scan's order.
  int Compare(std::string_view a, std::string_view b) const {
    int order = a.compare(b);
    return options_.reverse ? -order : order;
  }
  void AppendOwn();
  void AppendSpilled(const KeyValue& row);
  void AppendCommitted(const KeyValue& row);
  void Append(const KeyValue& row);
  Task<Page> FillLater(Source* source, Async<Page> next);
  Task<Page> NextPageAfterSpill();
  Status OpenSpilled();

  LsmStore& lsm_;
  ScanOptions options_;
  // As it was, if the transaction goes on in another; null where own_ is: it may be large by then.
  std::shared_ptr<WriteBuffer> writes_;
  std::unique_ptr<WriteBuffer::Iterator> own_;  // null: nothing written here
  Source committed_;
  Source spilled_;
  std::shared_ptr<BackgroundSpill> spilling_;  // what spilled_ waits for; null: nothing
  KeyRange deleted_;  // an own range delete that the last committed row lay in; empty: none
  std::vector<KeyValue> page_;
  size_t page_bytes_ = 0;
};

// A cursor whose snapshot is ahead of what is visible: gives nothing before that has caught up.
class AwaitingCursor : public KvCursor {
 public:
  AwaitingCursor(LsmStore& lsm, SequenceNumber snapshot, std::unique_ptr<KvCursor> cursor)
      : lsm_(lsm), snapshot_(snapshot), cursor_(std::move(cursor)) {}
  Async<Result<std::span<const KeyValue>>> NextPage() override;

 private:
  Task<Result<std::span<const KeyValue>>> FirstPage();

  LsmStore& lsm_;
  const SequenceNumber snapshot_;
  const std::unique_ptr<KvCursor> cursor_;
  bool is_visible_ = false;
};

}  // namespace shale::engine
