// Task<T> and Async<T>: the coroutines that statements are made of.
//
// A Task is lazy: it starts when awaited and resumes its awaiter when done. It has one owner and
// one awaiter. A loop may await any number of tasks that never suspend: the stack does not grow
// with them. Task<T> carries values or Status as its T; exceptions are not part of our code, and
// one that escapes a library into a coroutine aborts.
//
// An Async<T> is what calls return that mostly finish at once: either the value itself, without any
// allocation, or the Task that will bring it. Code that is no coroutine asks ready() and takes
// value().
//
//   Async<Status> Read(...);
//   Status status = co_await Read(...);
//
// g++ 12 miscompiles some temporaries inside co_await expressions: await into a named variable, and
// let a coroutine take its arguments by value or by references that outlive it, never a capturing
// lambda that dies before it.
//
// Threads: a coroutine runs wherever it is resumed; see executor.h for moving between threads.
#pragma once

#include <condition_variable>
#include <coroutine>
#include <exception>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "engine/base/check.h"

namespace shale {

template <typename T = void>
class Task;

namespace internal {

// How a finished task gets back to its awaiter without growing the stack. Symmetric transfer would
// need tail calls, which compilers omit without optimization and under sanitizers. Instead the
// awaiter starts the task by a plain call and leaves a StartScope on its stack:
//
//   - the task ends inside that call: it marks the scope, the call returns, the awaiter goes on
//   - the task suspends: the call returns, the awaiter stays suspended, and whoever resumes the
//   task to
//     its end later resumes the awaiter from there
//
// Which of the two it is, the end of the task knows: it is inside the call exactly when its scope
// is the innermost one of this thread. Both the scope's address and the promise's are compared, as
// either alone may be in use again for another task.
struct StartScope {
  const void* promise;
  StartScope* outer;
  bool finished = false;
};
inline constinit thread_local StartScope* innermost_start_scope = nullptr;

struct TaskPromiseBase {
  std::coroutine_handle<> continuation;
  const StartScope* start_scope = nullptr;

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      TaskPromiseBase& promise = handle.promise();
      StartScope* scope = innermost_start_scope;
      if (scope != nullptr && scope == promise.start_scope && scope->promise == &promise) {
        scope->finished = true;
        return;
      }
      promise.continuation.resume();  // may destroy this task's frame
    }
    void await_resume() noexcept {}
  };

  // Runs the task for the awaiting coroutine; gives whether that has to wait. When it has to,
  // either frame may be gone by now.
  bool Start(std::coroutine_handle<> task, std::coroutine_handle<> awaiting) noexcept {
    StartScope scope{this, innermost_start_scope};
    continuation = awaiting;
    start_scope = &scope;
    innermost_start_scope = &scope;
    task.resume();
    innermost_start_scope = scope.outer;
    return !scope.finished;
  }

  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { std::terminate(); }
};

template <typename T>
struct TaskPromise : TaskPromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <typename U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T Take() {
    DCHECK(value.has_value());
    return std::move(*value);
  }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object();
  void return_void() {}
  void Take() {}
};

}  // namespace internal

template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = internal::TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool valid() const { return handle_ != nullptr; }

  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return handle.done(); }
    bool await_suspend(std::coroutine_handle<> awaiting) noexcept {
      return handle.promise().Start(handle, awaiting);
    }
    T await_resume() { return handle.promise().Take(); }
  };
  Awaiter operator co_await() const noexcept {
    DCHECK(handle_ != nullptr);
    return Awaiter{handle_};
  }

 private:
  Handle handle_ = nullptr;
};

namespace internal {
template <typename T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}
}  // namespace internal

// A value that is there already, or the task that brings it.
template <typename T>
class [[nodiscard]] Async {
 public:
  Async(T value) : value_(std::move(value)) {}     // NOLINT: implicit on purpose
  Async(Task<T> task) : task_(std::move(task)) {}  // NOLINT: implicit on purpose
  Async(Async&&) noexcept = default;
  Async& operator=(Async&&) noexcept = default;

  bool ready() const { return value_.has_value(); }
  // Of a ready one only.
  T&& value() && {
    CHECK(ready());
    return std::move(*value_);
  }

  struct Awaiter {
    Async& async;
    bool await_ready() const noexcept { return async.ready(); }
    bool await_suspend(std::coroutine_handle<> awaiting) noexcept {
      return async.task_.operator co_await().await_suspend(awaiting);
    }
    T await_resume() {
      if (async.ready()) return std::move(*async.value_);
      return async.task_.operator co_await().await_resume();
    }
  };
  Awaiter operator co_await() && noexcept { return Awaiter{*this}; }
  Awaiter operator co_await() & noexcept { return Awaiter{*this}; }

 private:
  std::optional<T> value_;
  Task<T> task_;
};

// Starts a task that nobody awaits; its frame frees itself at the end. For the roots of work: a
// connection's loop, a background job. Whoever spawns one keeps what it refers to alive, by a gate.
struct DetachedTask {
  struct promise_type {
    DetachedTask get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

inline DetachedTask Spawn(Task<void> task) { co_await task; }

namespace internal {
// One thread waits until another has called Notify; then it may destroy the signal at once.
class BlockingSignal {
 public:
  void Notify() {
    std::lock_guard lock(mutex_);
    notified_ = true;
    changed_.notify_one();  // under the lock: the waiter destroys the signal as soon as it has it
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return notified_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool notified_ = false;  // guarded by mutex_
};
}  // namespace internal

// Runs a task to its end on this thread and others it moves to, blocking the caller. The task's
// frame is gone when this returns. For tests, tools and start-up; never on a loop thread.
template <typename T>
T BlockingWait(Task<T> task) {
  internal::BlockingSignal done;
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
  auto run = [](Task<T> inner, internal::BlockingSignal* signal, auto* out) -> DetachedTask {
    if constexpr (std::is_void_v<T>) {
      co_await inner;
      out->emplace(true);
    } else {
      T value = co_await inner;
      out->emplace(std::move(value));
    }
    inner = Task<T>();
    signal->Notify();
  };
  run(std::move(task), &done, &result);
  done.Wait();
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

template <typename T>
T BlockingWait(Async<T> async) {
  if (async.ready()) return std::move(async).value();
  auto run = [](Async<T> inner) -> Task<T> {
    T value = co_await inner;
    co_return value;
  };
  return BlockingWait(run(std::move(async)));
}

}  // namespace shale
