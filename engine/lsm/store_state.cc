#include "engine/lsm/store_state.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/clock.h"

namespace shale::engine {

void StoreState::Start(std::shared_ptr<MemTable> memtable, LogStart log_start,
                       std::shared_ptr<const Version> version) {
  std::lock_guard lock(mutex_);
  active_ = {std::move(memtable), log_start, 1};
  version_ = std::move(version);
  InstallView();
}

void StoreState::InstallView() {
  auto view = std::make_unique<ReadView>();
  view->memtables.reserve(1 + frozen_.size());
  view->memtables.push_back(active_.memtable);
  for (auto frozen = frozen_.rbegin(); frozen != frozen_.rend(); ++frozen) {
    view->memtables.push_back(frozen->memtable);
  }
  view->version = version_;
  pressed_.store(static_cast<int>(version_->levels[0].size()) >= options_.level0_slowdown_files,
                 std::memory_order_release);
  views_.Install(std::move(view));
}

void StoreState::SwitchMemTable(LogStart log_start) {
  auto memtable = MemTable::Create();
  {
    std::lock_guard lock(mutex_);
    uint64_t id = active_.id + 1;
    frozen_.push_back(std::move(active_));
    active_ = {std::move(memtable), log_start, id};
    InstallView();
  }
  views_.Reclaim();
}

Result<StoreState::Room> StoreState::WaitForRoom() {
  bool slowed_down = false;
  int64_t stalled_at = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    RETURN_IF_ERROR(health_->WriteStatus());
    int level0_files = static_cast<int>(version_->levels[0].size());
    const MemTable& memtable = *active_.memtable;
    bool full = !memtable.empty() && memtable.memory_bytes() >= options_.memtable_bytes_max;
    bool memtables_stop =
        full && static_cast<int>(frozen_.size()) >= options_.immutable_memtables_max;
    bool level0_stop = level0_files >= options_.level0_stop_files;
    if (!memtables_stop && !level0_stop) {
      if (level0_files < options_.level0_slowdown_files || slowed_down) {
        if (stalled_at != 0) {
          statistics_->write_stall_nanos.Add(SystemClock().MonotonicNanos() - stalled_at);
        }
        return full ? Room::kSwitch : Room::kGoOn;
      }
      // The nearer to the stop, the longer: compaction gets time before it is needed for good.
      slowed_down = true;
      statistics_->write_slowdowns.Add();
      if (stalled_at == 0) stalled_at = SystemClock().MonotonicNanos();
      changed_.wait_for(
          lock, std::chrono::milliseconds(1 + level0_files - options_.level0_slowdown_files));
      continue;
    }
    RETURN_IF_ERROR(health_->StallStatus());
    if (stalled_at == 0) {
      stalled_at = SystemClock().MonotonicNanos();
      statistics_->write_stops.Add();
    }
    changed_.wait(lock);
  }
}

std::optional<StoreState::FlushWork> StoreState::OldestFrozen() {
  std::lock_guard lock(mutex_);
  if (frozen_.empty()) return std::nullopt;
  const LoggedMemTable& next = frozen_.size() > 1 ? frozen_[1] : active_;
  return FlushWork{frozen_.front(), next.log_start};
}

void StoreState::InstallFlushed(uint64_t memtable_id, std::shared_ptr<const Version> version) {
  LoggedMemTable flushed;
  std::shared_ptr<const Version> previous;
  std::vector<FlushWaiter*> completed;
  {
    std::lock_guard lock(mutex_);
    CHECK(!frozen_.empty() && frozen_.front().id == memtable_id);
    flushed = std::move(frozen_.front());
    frozen_.pop_front();
    previous = std::exchange(version_, std::move(version));
    InstallView();
    completed = TakeCompletedWaiters();
    changed_.notify_all();
  }
  for (FlushWaiter* waiter : completed) waiter->done.Set();
  views_.ReclaimAll();
}

void StoreState::InstallVersion(std::shared_ptr<const Version> version) {
  {
    std::lock_guard lock(mutex_);
    std::swap(version_, version);
    InstallView();
    changed_.notify_all();
  }
  views_.ReclaimAll();
}

void StoreState::AddFlushWaiter(FlushWaiter* waiter) {
  std::vector<FlushWaiter*> completed;
  {
    std::lock_guard lock(mutex_);
    flush_waiters_.push_back(waiter);
    completed = TakeCompletedWaiters();
  }
  for (FlushWaiter* done : completed) done->done.Set();
}

std::vector<FlushWaiter*> StoreState::TakeCompletedWaiters() {
  uint64_t oldest = frozen_.empty() ? active_.id : frozen_.front().id;
  std::vector<FlushWaiter*> completed;
  std::erase_if(flush_waiters_, [&](FlushWaiter* waiter) {
    if (waiter->memtable_id >= oldest) return false;
    completed.push_back(waiter);
    return true;
  });
  return completed;
}

void StoreState::FailFlushWaiters(const Status& status) {
  std::vector<FlushWaiter*> waiters;
  {
    std::lock_guard lock(mutex_);
    waiters = std::exchange(flush_waiters_, {});
  }
  for (FlushWaiter* waiter : waiters) {
    waiter->status = status;
    waiter->done.Set();
  }
}

std::shared_ptr<const Version> StoreState::version() const {
  std::lock_guard lock(mutex_);
  return version_;
}

uint64_t StoreState::active_id() const {
  std::lock_guard lock(mutex_);
  return active_.id;
}

size_t StoreState::frozen_count() const {
  std::lock_guard lock(mutex_);
  return frozen_.size();
}

size_t StoreState::memtable_bytes() const {
  std::lock_guard lock(mutex_);
  size_t bytes = active_.memtable->memory_bytes();
  for (const LoggedMemTable& frozen : frozen_) bytes += frozen.memtable->memory_bytes();
  return bytes;
}

void StoreState::Wake() {
  std::lock_guard lock(mutex_);
  changed_.notify_all();
}

}  // namespace shale::engine
