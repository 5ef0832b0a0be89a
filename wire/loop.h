// Loop: one libuv event loop on a thread of its own, and the executor of everything that happens on
// it.
//
// Handles of the loop are touched on its thread only. Post is thread-safe; what is posted runs in
// order. A post from the loop's own thread runs after the callback that made it.
#pragma once

#include <uv.h>

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/status.h"

namespace shale::wire {

class Loop : public Executor {
 public:
  // Something small that is better done for several at once.
  class Deferred {
   public:
    virtual void Run() = 0;

   protected:
    ~Deferred() = default;
  };

  explicit Loop(std::string name);
  // Stops and joins. All handles of others on the loop must be closed by then.
  ~Loop() override;

  void Post(std::move_only_function<void()> function) override;
  // Runs the function on the loop and waits for it; not from the loop's thread.
  void RunAndWait(std::function<void()> function);

  // Runs it with others, before the loop waits the next time at the latest, in the order of the
  // calls. On the loop's thread.
  void Defer(Deferred* deferred);
  // It will not run.
  void Undefer(Deferred* deferred);

  uv_loop_t* handle() { return &loop_; }
  // Scratch for reads: one at a time, consumed within the read's callback.
  char* read_buffer() { return read_buffer_.data(); }
  size_t read_buffer_bytes() const { return read_buffer_.size(); }

 private:
  void Drain();
  void RunDeferred();

  uv_loop_t loop_;
  uv_async_t wake_;
  uv_prepare_t before_waiting_;
  std::vector<Deferred*> deferred_;
  std::vector<Deferred*> running_;  // taken from deferred_; null: done or undeferred
  std::vector<char> read_buffer_;
  std::mutex mutex_;
  std::vector<std::move_only_function<void()>> queue_;  // guarded by mutex_
  bool stopping_ = false;                               // guarded by mutex_
  std::thread thread_;
};

}  // namespace shale::wire
