// Executors: where coroutines run. A libuv loop, the worker pool and the I/O pool are executors.
//
//   co_await ResumeOn(*workers);   // from here on, this coroutine runs on a worker
//   co_await ResumeOn(*home);      // and back
//
// A completion that comes from another thread (a log sync, a lock grant) resumes its coroutine
// through the executor that was current where it suspended: Executor::Current().
#pragma once

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace shale {

class Executor {
 public:
  virtual ~Executor() = default;

  // Runs the function once, later, on one of this executor's threads. Thread-safe; keeps the order
  // of one caller's posts where the executor has one thread.
  virtual void Post(std::move_only_function<void()> function) = 0;
  // Whether a coroutine that runs here may wait for a disk: no other one waits for this thread.
  virtual bool may_block() const { return false; }

  // The executor whose thread this is; an InlineExecutor where none was set. Never null.
  static Executor& Current();

  // Marks this thread as the executor's while it lives.
  class Scope {
   public:
    explicit Scope(Executor& executor);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Executor* previous_;
  };
};

// Runs posts at once, on the poster's thread. Within its Scope a thread waits for a disk itself,
// rather than for other threads of its pool, which may all wait likewise.
class InlineExecutor : public Executor {
 public:
  void Post(std::move_only_function<void()> function) override { function(); }
  bool may_block() const override { return true; }
};

// Awaitable: continues on the executor's thread, always through its queue.
struct ResumeOn {
  explicit ResumeOn(Executor& executor_in) : executor(executor_in) {}
  Executor& executor;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    executor.Post([handle] { handle.resume(); });
  }
  void await_resume() noexcept {}
};

// One-shot event: one coroutine awaits, any thread sets. The awaiter resumes on the executor that
// was current where it suspended. The event must outlive the wait; Set touches it no more once the
// waiter has been posted.
class Event {
 public:
  // Thread-safe, at most once. A waiter whom the executor has no memory to queue for would wait for
  // ever: that ends the process.
  void Set() noexcept;
  bool is_set() const { return state_.load(std::memory_order_acquire) == kSet; }

  bool await_ready() const noexcept { return is_set(); }
  bool await_suspend(std::coroutine_handle<> handle);
  void await_resume() noexcept {}

 private:
  static constexpr int kEmpty = 0, kWaiting = 1, kSet = 2;
  std::atomic<int> state_{kEmpty};
  std::coroutine_handle<> handle_;
  Executor* executor_ = nullptr;
};

// A fixed number of threads that share one queue. Destruction runs what was posted, then joins.
class ThreadPool : public Executor {
 public:
  ThreadPool(std::string name, int thread_count);
  ~ThreadPool() override;
  void Post(std::move_only_function<void()> function) override;

  // Tasks waiting for a thread, for statistics and back-pressure.
  size_t queue_length() const;

 private:
  void Run();
  void Stop();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> queue_;  // guarded by mutex_
  bool stopping_ = false;                              // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace shale
