// LsmTransaction: its snapshot, shared and not, SERIALIZABLE, and what others are told of it by id.
#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/out_of_memory.h"
#include "engine/mvcc/lsm_transaction.h"
#include "engine/mvcc/shared_snapshot.h"

namespace shale::engine {

void LsmTransaction::RefreshSnapshot() {
  CHECK(!ended_ && tracked_ == nullptr);
  MoveSnapshot();
}

void LsmTransaction::MoveSnapshot() {
  if (shared_ == nullptr) {
    snapshot_.Refresh(locks_.released_early());
  } else {
    snapshot_ = store_.lsm_->AcquireSnapshot(locks_.released_early());
    shared_.reset();
  }
  snapshot_is_ahead_ = snapshot() > store_.lsm_->visible_sequence();
}

Status LsmTransaction::AwaitSnapshot() {
  if (!MustAwait()) return Status::Ok();
  InlineExecutor here;  // the caller's may have no other thread
  Executor::Scope scope(here);
  return BlockingWait(store_.lsm_->AwaitVisible(snapshot()));
}

void LsmTransaction::ReleaseSnapshot() {
  snapshot_.Release();
  shared_.reset();
}

// The hold itself goes over to what is shared: a second one, taken beside it, could be missed by
// those who look for holds (snapshot_list.h).
Result<std::shared_ptr<const SharedSnapshot>> LsmTransaction::ShareSnapshot() try {
  CHECK(!ended_);
  RETURN_IF_ERROR(AwaitSnapshot());
  if (shared_ == nullptr) {
    auto shared = std::make_shared<LsmSharedSnapshot>();
    shared->Take(std::move(snapshot_));
    shared_ = std::move(shared);
  }
  return shared_;
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Status LsmTransaction::UseSnapshot(std::shared_ptr<const SharedSnapshot> snapshot) {
  CHECK(!ended_ && tracked_ == nullptr);
  shared_ = std::move(snapshot);
  snapshot_.Release();
  snapshot_is_ahead_ = false;
  return Status::Ok();
}

Status LsmTransaction::ShowId() try {
  if (!is_logged_) store_.log_.Enter(id_);
  is_logged_ = true;
  return Status::Ok();
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Result<SnapshotDescription> LsmTransaction::DescribeSnapshot() try {
  CHECK(!ended_);
  RETURN_IF_ERROR(AwaitSnapshot());
  std::optional<SnapshotDescription> description = store_.log_.Describe(snapshot());
  if (!description) {
    return Error(sqlstate::kSnapshotTooOld, "snapshot too old")
        .Detail("Too many transactions have been committed since it was taken to list them.");
  }
  std::erase(description->running, id_);
  return *std::move(description);
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

void LsmTransaction::Track(const SerializableOptions& options) {
  read_only_ = read_only_ || options.read_only;
  if (options.snapshot != nullptr) {
    shared_ = options.snapshot;
    snapshot_.Release();
    snapshot_is_ahead_ = false;
  }
  tracked_ = std::make_unique<SerializableTransaction>(
      store_.conflicts_,
      SerializableTransaction::Options{.id = id_,
                                       .read_only = read_only_,
                                       .savepoints = marks_.size(),
                                       .snapshot_of = options.snapshot_of},
      [this, imported = options.snapshot != nullptr] {
        if (!imported) MoveSnapshot();
        return snapshot();
      });
}

Async<Status> LsmTransaction::StartSerializable(const SerializableOptions& options) try {
  CHECK(!ended_ && tracked_ == nullptr);
  Track(options);
  if (Status started = tracked_->start_status(); !started.ok()) {
    tracked_.reset();
    return started;
  }
  if (!options.read_only || !options.deferrable) return Status::Ok();
  return AwaitSafe(tracked_->AwaitSafeSnapshot(options.cancel));
} catch (const std::bad_alloc&) {
  tracked_.reset();
  return OutOfMemory();
}

// Whose wait is cancelled has not begun.
Task<Status> LsmTransaction::AwaitSafe(Async<Status> wait) {
  Status status = co_await wait;
  if (!status.ok()) tracked_.reset();
  co_return status;
}

}  // namespace shale::engine
