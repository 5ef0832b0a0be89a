// The wait of a deferrable transaction for a snapshot in which nothing can go wrong: until all that
// wrote when it was taken have ended, none of them with a conflict out to something that the
// snapshot shows.
#include <utility>

#include "engine/txn/conflict_tracker.h"

namespace shale::engine {

Async<Status> SerializableTransaction::AwaitSafeSnapshot(CancelToken* cancel) {
  if (node_ == nullptr) return Status::Ok();
  return AwaitSafeSnapshotLater(cancel);
}

Task<Status> SerializableTransaction::AwaitSafeSnapshotLater(CancelToken* cancel) {
  while (node_ != nullptr) {
    SafeSnapshotWait wait;
    if (StartWait(&wait)) {
      if (cancel != nullptr) cancel->Register([this, &wait] { CancelWait(&wait); });
      co_await wait.done;
      if (cancel != nullptr) cancel->Unregister();
      if (wait.cancelled) co_return cancel->reason();
    }
    bool is_unsafe = false;
    {
      std::lock_guard lock(tracker_.mutex_);
      ReleaseIfSafe();
      is_unsafe = node_ != nullptr && node_->unsafe_snapshot;
    }
    if (is_unsafe) {
      End();
      start_status_ = Begin(0);
    }
  }
  co_return Status::Ok();
}

bool SerializableTransaction::StartWait(SafeSnapshotWait* wait) {
  std::lock_guard lock(tracker_.mutex_);
  if (node_->safe_snapshot || node_->unsafe_snapshot) return false;
  node_->wait = wait;
  return true;
}

// It may be on its way to be woken already, which is as good.
void SerializableTransaction::CancelWait(SafeSnapshotWait* wait) {
  {
    std::lock_guard lock(tracker_.mutex_);
    if (node_->wait != wait) return;
    node_->wait = nullptr;
    wait->cancelled = true;
  }
  wait->done.Set();
}

}  // namespace shale::engine
