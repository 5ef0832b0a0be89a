#include "engine/lsm/open_tables.h"

namespace shale::engine {

void OpenTables::Add(OpenFile* file) {
  bool excess;
  {
    std::lock_guard lock(mutex_);
    if (file->place_) return;
    file->place_ = queue_.insert(queue_.end(), file);
    excess = queue_.size() > count_max_;
  }
  if (excess) on_excess_();
}

void OpenTables::Remove(OpenFile* file) {
  std::lock_guard lock(mutex_);
  if (!file->place_) return;
  queue_.erase(*file->place_);
  file->place_.reset();
}

std::vector<std::shared_ptr<const void>> OpenTables::TakeExcess() {
  std::vector<std::shared_ptr<const void>> taken;
  std::lock_guard lock(mutex_);
  // Every file is passed over at most once.
  size_t passes = queue_.size();
  while (queue_.size() > count_max_) {
    OpenFile* file = queue_.front();
    if (file->TakeUse() && passes > 0) {
      --passes;
      queue_.splice(queue_.end(), queue_, queue_.begin());
      continue;
    }
    queue_.pop_front();
    file->place_.reset();
    taken.push_back(file->Close());
  }
  return taken;
}

size_t OpenTables::count() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

}  // namespace shale::engine
