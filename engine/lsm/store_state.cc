#include "engine/lsm/store_state.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/clock.h"
#include "engine/lsm/level_shape.h"

namespace shale::engine {

void StoreState::Start(std::shared_ptr<MemTable> memtable, LogStart log_start,
                       std::shared_ptr<const Version> version) {
  std::lock_guard lock(mutex_);
  active_ = {std::move(memtable), log_start, 1, {}};
  SetVersion(std::move(version));
  InstallView();
}

// Gives the one before.
std::shared_ptr<const Version> StoreState::SetVersion(std::shared_ptr<const Version> version) {
  debt_bytes_ = LevelShape::Of(*version, options_).debt_bytes;
  return std::exchange(version_, std::move(version));
}

WritePressure StoreState::PressureNow() const {
  return {.level0_files = static_cast<int>(version_->levels[0].size()),
          .debt_bytes = debt_bytes_,
          .frozen_memtables = static_cast<int>(frozen_.size()),
          .active_bytes = active_.memtable->empty() ? 0 : active_.memtable->memory_bytes()};
}

void StoreState::InstallView() {
  auto view = std::make_unique<ReadView>();
  view->layers.reserve(1 + frozen_.size());
  view->layers.push_back({active_.memtable, {}});
  for (auto frozen = frozen_.rbegin(); frozen != frozen_.rend(); ++frozen) {
    view->layers.push_back({frozen->memtable, frozen->run});
  }
  view->version = version_;
  free_bytes_.store(controller_.FreeBytes(PressureNow()), std::memory_order_release);
  views_.Install(std::move(view));
}

// A lookup finds a reader only while it holds a view. With another view in force, those that hold
// one of the views before are all that can have found the readers taken; they end soon.
void StoreState::CloseExcessTables(OpenTables* open_tables) {
  std::vector<std::shared_ptr<const void>> readers = open_tables->TakeExcess();
  if (readers.empty()) return;
  {
    std::lock_guard lock(mutex_);
    InstallView();
  }
  views_.ReclaimAll();
}

void StoreState::SwitchMemTable(LogStart log_start, TableFiles run) {
  auto memtable = MemTable::Create(options_.memtable_bytes_max);
  {
    std::lock_guard lock(mutex_);
    uint64_t id = active_.id + 1;
    active_.run = std::move(run);
    frozen_.push_back(std::move(active_));
    active_ = {std::move(memtable), log_start, id, {}};
    InstallView();
  }
  views_.Reclaim();
}

// The price is charged once. Whatever changes while its payment is waited for may lift it.
Result<StoreState::Room> StoreState::WaitForRoom(uint64_t bytes) {
  bool charged = false;
  bool stopped = false;
  int64_t waiting_since = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    RETURN_IF_ERROR(health_->WriteStatus());
    WritePressure pressure = PressureNow();
    int64_t now = SystemClock().MonotonicNanos();
    int64_t wait = 0;
    if (controller_.MustStop(pressure)) {
      RETURN_IF_ERROR(health_->StallStatus());
      if (!std::exchange(stopped, true)) statistics_->write_stops.Add();
      if (waiting_since == 0) waiting_since = now;
      changed_.wait(lock);
      continue;
    }
    double price = controller_.NanosPerByte(pressure);
    if (price == 0) {
      throttle_.Forgive();
    } else if (!std::exchange(charged, true)) {
      wait = throttle_.Charge(bytes, price, now);
      if (wait > 0) statistics_->write_slowdowns.Add();
    } else {
      wait = throttle_.Remaining(now);
    }
    if (wait == 0) {
      if (waiting_since != 0) statistics_->write_stall_nanos.Add(now - waiting_since);
      bool full = pressure.active_bytes >= options_.memtable_bytes_max;
      return full ? Room::kSwitch : Room::kGoOn;
    }
    if (waiting_since == 0) waiting_since = now;
    changed_.wait_for(lock, std::chrono::nanoseconds(wait));
  }
}

Status StoreState::WaitForRoomToFreeze() {
  bool stopped = false;
  std::unique_lock lock(mutex_);
  while (true) {
    RETURN_IF_ERROR(health_->WriteStatus());
    if (static_cast<int>(frozen_.size()) < options_.immutable_memtables_max &&
        static_cast<int>(version_->levels[0].size()) < options_.level0_stop_files) {
      return Status::Ok();
    }
    RETURN_IF_ERROR(health_->StallStatus());
    if (!std::exchange(stopped, true)) statistics_->write_stops.Add();
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
    previous = SetVersion(std::move(version));
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
    version = SetVersion(std::move(version));
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

WritePressure StoreState::write_pressure() const {
  std::lock_guard lock(mutex_);
  return PressureNow();
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
