// VisibleWaiters: who has read what is applied but not yet durable, and waits until it is.
// Thread-safe.
#pragma once

#include <atomic>
#include <mutex>

#include "engine/base/executor.h"
#include "engine/base/status.h"
#include "engine/base/task.h"
#include "engine/kv_store.h"

namespace shale::engine {

class VisibleWaiters {
 public:
  explicit VisibleWaiters(const std::atomic<SequenceNumber>* visible) : visible_(visible) {}

  // Until the sequence number, which was given out, is visible. The error of Fail where it will
  // never be.
  Async<Status> Await(SequenceNumber sequence);

  // After the visible sequence number has grown; wakes those who waited for it.
  void Wake();
  // Nothing more becomes visible; once.
  void Fail(const Status& why);

 private:
  struct Waiter {
    SequenceNumber sequence;
    Event done;
    Status status;
    Waiter* next = nullptr;
  };

  Task<Status> Wait(SequenceNumber sequence);
  // False: there is nothing to wait for.
  bool Add(Waiter* waiter);
  static void SetAll(Waiter* waiters);

  const std::atomic<SequenceNumber>* const visible_;
  // A waiter counts itself before it looks at the visible sequence number, and who raises that
  // looks for waiters after: one of both sees the other.
  std::atomic<size_t> count_{0};
  std::mutex mutex_;
  Waiter* waiters_ = nullptr;  // guarded by mutex_
  Status failure_;             // guarded by mutex_
};

}  // namespace shale::engine
