// TrackedCursor: an engine's cursor of a serializable transaction: what its pages have shown, the
// gaps between the rows included, counts as read as far as they have gone.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "engine/kv_store.h"
#include "engine/txn/conflict_tracker.h"

namespace shale::engine {

class TrackedCursor : public KvCursor {
 public:
  // The cursor goes over the options' range. The transaction must outlive this one.
  TrackedCursor(std::unique_ptr<KvCursor> cursor, const ScanOptions& options,
                SerializableTransaction* transaction)
      : cursor_(std::move(cursor)),
        reverse_(options.reverse),
        rest_(options.range),
        transaction_(transaction) {}
  Async<Result<std::span<const KeyValue>>> NextPage() override;

 private:
  using Page = Result<std::span<const KeyValue>>;

  Page Note(Page page);
  Task<Page> NoteLater(Async<Page> next);

  const std::unique_ptr<KvCursor> cursor_;
  const bool reverse_;
  KeyRange rest_;  // not read yet
  bool exhausted_ = false;
  SerializableTransaction* const transaction_;
};

}  // namespace shale::engine
