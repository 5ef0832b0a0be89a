#include "engine/format/internal_iterator.h"

#include <utility>

namespace shale::engine {

void InternalIterator::AppendEntry(EntryBatch* batch) const {
  DCHECK(Valid());
  std::string_view kept_key = batch->arena().Copy(key_);
  std::shared_ptr<const void> pin = PinValue();
  std::string_view kept_value = pin != nullptr ? value_ : batch->arena().Copy(value_);
  batch->AddPin(std::move(pin));
  batch->Add(kept_key, kept_value);
}

namespace {

class EmptyIterator final : public InternalIterator {
 public:
  explicit EmptyIterator(Status status) : failure_(std::move(status)) { Fail(); }

  void Seek(std::string_view) override { Fail(); }
  void SeekForPrev(std::string_view) override { Fail(); }
  void SeekToFirst() override { Fail(); }
  void SeekToLast() override { Fail(); }
  void Next() override {}
  void Prev() override {}

 private:
  void Fail() {
    if (!failure_.ok()) SetFailed(failure_);
  }

  const Status failure_;
};

}  // namespace

std::unique_ptr<InternalIterator> NewEmptyIterator(Status status) {
  return std::make_unique<EmptyIterator>(std::move(status));
}

}  // namespace shale::engine
