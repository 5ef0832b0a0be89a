#include "engine/txn/timer.h"

namespace shale::engine {

Timer::~Timer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Timer::Entry Timer::Schedule(TimePoint due, std::function<void()> function) {
  std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  Entry entry{due, next_number_++};
  entries_.emplace(entry, std::move(function));
  if (entries_.begin()->first == entry) changed_.notify_all();
  return entry;
}

void Timer::Cancel(const Entry& entry) {
  std::lock_guard lock(mutex_);
  entries_.erase(entry);
}

void Timer::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (entries_.empty()) {
      changed_.wait(lock);
      continue;
    }
    auto first = entries_.begin();
    TimePoint due = first->first.due;
    if (std::chrono::steady_clock::now() < due) {
      changed_.wait_until(lock, due);
      continue;
    }
    auto function = std::move(first->second);
    entries_.erase(first);
    lock.unlock();
    function();
    lock.lock();
  }
}

}  // namespace shale::engine
