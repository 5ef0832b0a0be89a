// WorkShares: work of one statement that is parted among threads of the worker pool.
//
// A share does its part step by step, each some tens of microseconds of work; what is left to do
// all shares take from one place, so that none has much of it when the others have come to the end.
// The statement's own thread does the first share, and whoever else has a thread the others:
//
//   Status status = co_await RunShares(workers, {&own, &second, &third}, true);
//
// Other statements: a share on a thread of the pool goes to the end of the pool's queue after each
// millisecond, behind whatever waits there. The statement does not wait for shares in the queue:
// when nothing is left of its own, it goes on with them itself. So a busy pool only means that the
// statement's own thread does more, and a statement holds one thread for long, as without shares.
#pragma once

#include <span>

#include "engine/base/executor.h"
#include "engine/base/status.h"
#include "engine/base/task.h"

namespace shale::sql {

class WorkShare {
 public:
  enum class Progress : uint8_t { kMore, kEnded, kAllEnded };  // the last one: no share goes on
  virtual ~WorkShare() = default;
  // On any thread, one at a time.
  virtual Async<Result<Progress>> Step() = 0;
};

// All shares to their ends, or to the first error, which it gives then. With the end nothing of the
// shares is in use any more. leads: the first one is done by the calling thread, which else only
// waits.
Task<Status> RunShares(Executor* workers, std::span<WorkShare* const> shares, bool leads);

}  // namespace shale::sql
