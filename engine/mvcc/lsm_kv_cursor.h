// The cursor of LsmTransaction: the snapshot's rows merged with the transaction's own writes.
// Private to engine/mvcc.
//
// Where the transaction has written nothing in the range, the LSM cursor's pages go out as they
// are, pinned and uncopied. Otherwise a page is a merge of views into the LSM cursor's page and the
// write buffer; it ends where the LSM page does, since the next one would invalidate it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/kv_store.h"
#include "engine/lsm/lsm_store.h"
#include "engine/txn/write_buffer.h"

namespace shale::engine {

class LsmKvCursor : public KvCursor {
 public:
  LsmKvCursor(LsmStore& lsm, WriteBuffer& writes, SequenceNumber snapshot, ScanOptions options);
  Async<Result<std::span<const KeyValue>>> NextPage() override;

 private:
  using Page = Result<std::span<const KeyValue>>;

  bool HasOwn() const;
  Async<Page> NextCommitted();
  // Takes the LSM cursor's page; false on its error, which goes to *status.
  bool TakeCommitted(Page page, Status* status);
  // Merges into page_ until it is full or the LSM page is used up. True: the page is to be handed
  // out.
  bool Merge();
  void AppendOwn();
  Task<Page> FillLater(Async<Page> next);

  const ScanOptions options_;
  std::unique_ptr<LsmCursor> committed_;
  std::unique_ptr<WriteBuffer::Iterator> own_;  // null: nothing written here
  std::span<const KeyValue> committed_page_;    // what is left of it
  bool committed_done_ = false;
  KeyRange deleted_;  // an own range delete that the last committed row lay in; empty: none
  std::vector<KeyValue> page_;
  size_t page_bytes_ = 0;
};

}  // namespace shale::engine
