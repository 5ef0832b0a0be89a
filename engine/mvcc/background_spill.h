// BackgroundSpill: a full write buffer on its way to sorted runs, on another thread, while its
// transaction fills the next one. The transaction reads the buffer, which nobody changes any more,
// until the runs are there.
//
// Threads: Run is called on one of them, once; all else belongs to the transaction's coroutine.
// What is waiting for `done` resumes after Run has written its last. Private to engine/mvcc.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/status.h"
#include "engine/lsm/lsm_store.h"
#include "engine/lsm/run_stack.h"
#include "engine/txn/write_buffer.h"

namespace shale::engine {

// What was written to the buffer behind one horizon up to another: a run, and the ranges deleted.
// Where `stop` becomes true before it is finished, 57014. Blocks.
Result<SortedRun> WriteRun(LsmStore& lsm, WriteBuffer& writes, uint64_t after, uint64_t up_to,
                           std::vector<KeyRange>* deleted, const std::atomic<bool>* stop = nullptr);

class BackgroundSpill {
 public:
  // The buffer deletes no ranges, and no savepoint lies within it (CanSpill). It goes on top of
  // `below`, which may be null. The store outlives Run.
  BackgroundSpill(LsmStore& lsm, std::shared_ptr<WriteBuffer> buffer,
                  std::shared_ptr<const RunStack> below)
      : lsm_(lsm), buffer_(std::move(buffer)), below_(std::move(below)) {}
  static bool CanSpill(const WriteBuffer& buffer) {
    return !buffer.has_range_deletes() && buffer.StatesToKeep().size() == 1;
  }

  // Blocks.
  void Run();
  // Nobody wants the runs any more: Run ends soon, with an error.
  void Abandon() { abandoned_.store(true, std::memory_order_relaxed); }

  const std::shared_ptr<WriteBuffer>& buffer() const { return buffer_; }
  // Whether reads as of the horizon, a savepoint's or the newest, see what the buffer says.
  bool IsSeenAt(uint64_t horizon) const { return horizon > buffer_->base(); }
  Event& done() { return done_; }
  // Of one that is done: what takes the place of the buffer and of the stack below it.
  const Result<std::shared_ptr<const RunStack>>& stack() const { return *stack_; }

 private:
  Result<std::shared_ptr<const RunStack>> Write();

  LsmStore& lsm_;
  const std::shared_ptr<WriteBuffer> buffer_;
  const std::shared_ptr<const RunStack> below_;
  std::atomic<bool> abandoned_{false};
  std::optional<Result<std::shared_ptr<const RunStack>>> stack_;
  Event done_;
};

}  // namespace shale::engine
