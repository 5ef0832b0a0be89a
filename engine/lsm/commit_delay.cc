#include "engine/lsm/commit_delay.h"

#include <algorithm>
#include <chrono>

namespace shale::engine {
namespace {

// What a wait costs beside the time: threads are put to sleep and woken, while the disk rests.
constexpr int64_t kWaitNanos = 200'000;

}  // namespace

void CommitDelay::NoteArrival() {
  if (arrived_.fetch_add(1) + 1 != expected_.load()) return;
  all_back_at_.store(clock_.MonotonicNanos());
  // Who waits says so before it looks for the last time at who has arrived: one sees the other.
  if (!waiting_.load()) return;
  std::lock_guard lock(mutex_);
  all_are_back_.notify_one();
}

void CommitDelay::NoteSync(int64_t started, int64_t ended, size_t writers) {
  const int64_t nanos = ended - started;
  sync_nanos_ = last_sync_nanos_ == 0 ? nanos : std::min(nanos, last_sync_nanos_);
  last_sync_nanos_ = nanos;
  has_waited_ = false;
  if (writers == 0) return;
  if (expected_.load() > 0) {
    const int64_t back_at = all_back_at_.load();
    // Some are still away: it takes longer than that.
    const int64_t sample = back_at != 0 ? back_at - let_go_at_ : 2 * (ended - let_go_at_);
    return_nanos_ = return_nanos_ == 0 ? sample : (3 * return_nanos_ + sample) / 4;
  }
  let_go_at_ = ended;
  expected_.store(writers - writers / 32);
  all_back_at_.store(0);
  arrived_.store(0);
}

int64_t CommitDelay::Deadline() const {
  const bool is_worth_it = return_nanos_ > 0 && return_nanos_ + kWaitNanos < sync_nanos_ / 4 * 3;
  if (has_waited_ || !is_worth_it || AllAreBack()) return 0;
  const int64_t deadline = let_go_at_ + std::clamp(2 * return_nanos_, sync_nanos_ / 8, sync_nanos_);
  return deadline > clock_.MonotonicNanos() ? deadline : 0;
}

bool CommitDelay::WaitForCompany() {
  const int64_t deadline = Deadline();
  if (deadline == 0) return false;
  const std::chrono::nanoseconds wait(deadline - clock_.MonotonicNanos());
  std::unique_lock lock(mutex_);
  waiting_.store(true);
  all_are_back_.wait_for(lock, wait, [this] { return AllAreBack(); });
  waiting_.store(false);
  has_waited_ = true;
  return true;
}

}  // namespace shale::engine
