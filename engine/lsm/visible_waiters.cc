#include "engine/lsm/visible_waiters.h"

#include <utility>

namespace shale::engine {

Async<Status> VisibleWaiters::Await(SequenceNumber sequence) {
  if (visible_->load() >= sequence) return Status::Ok();
  return Wait(sequence);
}

Task<Status> VisibleWaiters::Wait(SequenceNumber sequence) {
  Waiter waiter{.sequence = sequence};
  if (Add(&waiter)) co_await waiter.done;
  co_return std::move(waiter.status);
}

bool VisibleWaiters::Add(Waiter* waiter) {
  std::lock_guard lock(mutex_);
  count_.fetch_add(1);
  if (visible_->load() < waiter->sequence && failure_.ok()) {
    waiter->next = std::exchange(waiters_, waiter);
    return true;
  }
  count_.fetch_sub(1);
  if (visible_->load() < waiter->sequence) waiter->status = failure_;
  return false;
}

void VisibleWaiters::Wake() {
  if (count_.load() == 0) return;
  Waiter* done = nullptr;
  {
    std::lock_guard lock(mutex_);
    const SequenceNumber visible = visible_->load();
    for (Waiter** place = &waiters_; *place != nullptr;) {
      Waiter* waiter = *place;
      if (waiter->sequence > visible) {
        place = &waiter->next;
        continue;
      }
      *place = std::exchange(waiter->next, done);
      done = waiter;
      count_.fetch_sub(1);
    }
  }
  SetAll(done);
}

void VisibleWaiters::Fail(const Status& why) {
  Waiter* failed;
  {
    std::lock_guard lock(mutex_);
    if (!failure_.ok()) return;
    failure_ = why;
    failed = std::exchange(waiters_, nullptr);
    count_.store(0);
    for (Waiter* waiter = failed; waiter != nullptr; waiter = waiter->next) waiter->status = why;
  }
  SetAll(failed);
}

// A waiter is gone once its event is set.
void VisibleWaiters::SetAll(Waiter* waiters) {
  while (waiters != nullptr) std::exchange(waiters, waiters->next)->done.Set();
}

}  // namespace shale::engine
