#include "engine/lsm/open_tables.h"

#include "engine/lsm/table_file.h"

namespace shale::engine {

void OpenTables::Add(TableFile* file) {
  bool excess;
  {
    std::lock_guard lock(mutex_);
    if (file->open_place) return;
    file->open_place = queue_.insert(queue_.end(), file);
    excess = queue_.size() > count_max_;
  }
  if (excess) on_excess_();
}

void OpenTables::Remove(TableFile* file) {
  std::lock_guard lock(mutex_);
  if (!file->open_place) return;
  queue_.erase(*file->open_place);
  file->open_place.reset();
}

std::vector<std::shared_ptr<TableReader>> OpenTables::TakeExcess() {
  std::vector<std::shared_ptr<TableReader>> taken;
  std::lock_guard lock(mutex_);
  // Every file is passed over at most once.
  size_t passes = queue_.size();
  while (queue_.size() > count_max_) {
    TableFile* file = queue_.front();
    if (file->TakeUse() && passes > 0) {
      --passes;
      queue_.splice(queue_.end(), queue_, queue_.begin());
      continue;
    }
    queue_.pop_front();
    file->open_place.reset();
    taken.push_back(file->Close());
  }
  return taken;
}

size_t OpenTables::count() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

}  // namespace shale::engine
