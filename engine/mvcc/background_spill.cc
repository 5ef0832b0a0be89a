#include "engine/mvcc/background_spill.h"

#include <new>
#include <string_view>

#include "engine/base/out_of_memory.h"

namespace shale::engine {

Result<SortedRun> WriteRun(LsmStore& lsm, WriteBuffer& writes, uint64_t after, uint64_t up_to,
                           std::vector<KeyRange>* deleted, const std::atomic<bool>* stop) {
  std::unique_ptr<RunWriter> writer = lsm.NewRunWriter();
  Status status;
  writes.ForEachEffectBetween(
      after, up_to, [&](const KeyRange& range) { deleted->push_back(range); },
      [&](std::string_view key, std::string_view value, bool is_delete) {
        if (!status.ok()) return;
        if (stop != nullptr && stop->load(std::memory_order_relaxed)) {
          status = Status(sqlstate::kQueryCanceled, "what was to be written has been undone");
          return;
        }
        status = is_delete ? writer->Delete(key) : writer->Put(key, value);
      });
  RETURN_IF_ERROR(status);
  return writer->Finish();
}

void BackgroundSpill::Run() {
  try {
    stack_.emplace(Write());
  } catch (const std::bad_alloc&) {
    stack_.emplace(OutOfMemory());
  }
  done_.Set();
}

Result<std::shared_ptr<const RunStack>> BackgroundSpill::Write() {
  std::vector<KeyRange> deleted;
  ASSIGN_OR_RETURN(SortedRun run, WriteRun(lsm_, *buffer_, buffer_->base(), buffer_->horizon(),
                                           &deleted, &abandoned_));
  if (run.empty()) return below_;
  return lsm_.Push(below_, deleted, std::move(run));
}

}  // namespace shale::engine
