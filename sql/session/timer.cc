#include "sql/session/timer.h"

namespace shale::sql {

TimerService::TimerService() : thread_([this] { Run(); }) {}

TimerService::~TimerService() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

uint64_t TimerService::Schedule(std::chrono::milliseconds delay, std::function<void()> function) {
  Time time = std::chrono::steady_clock::now() + delay;
  std::lock_guard lock(mutex_);
  uint64_t id = next_id_++;
  pending_.emplace(std::pair(time, id), std::move(function));
  times_.emplace(id, time);
  changed_.notify_all();
  return id;
}

void TimerService::Cancel(uint64_t id) {
  std::unique_lock lock(mutex_);
  auto found = times_.find(id);
  if (found != times_.end()) {
    pending_.erase({found->second, id});
    times_.erase(found);
    return;
  }
  changed_.wait(lock, [&] { return running_id_ != id; });
}

void TimerService::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (pending_.empty()) {
      changed_.wait(lock);
      continue;
    }
    auto first = pending_.begin();
    Time time = first->first.first;
    if (std::chrono::steady_clock::now() < time) {
      changed_.wait_until(lock, time);
      continue;
    }
    auto function = std::move(first->second);
    running_id_ = first->first.second;
    times_.erase(running_id_);
    pending_.erase(first);
    lock.unlock();
    function();
    lock.lock();
    running_id_ = 0;
    changed_.notify_all();
  }
}

}  // namespace shale::sql
