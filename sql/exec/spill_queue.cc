#include "sql/exec/spill_queue.h"

namespace shale::sql {

Result<bool> SpillQueue::NextPartition() {
  reader_.reset();
  current_.reset();
  if (open_ != nullptr) {
    RETURN_IF_ERROR(open_->Finish());
    for (uint32_t i = 0; i < kSpillPartitions; ++i) {
      std::unique_ptr<SpillFile> file = open_->Take(i);
      if (file->row_count() > 0 || empty_ == Empty::kCounted)
        waiting_.push_back({std::move(file), open_->level() + 1});
    }
    open_.reset();
  }
  if (waiting_.empty()) return false;
  current_ = std::move(waiting_.back().file);
  level_ = waiting_.back().level;
  waiting_.pop_back();
  reader_ = std::make_unique<SpillReader>(current_.get());
  return true;
}

}  // namespace shale::sql
