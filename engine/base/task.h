// Task<T> and Async<T>: the coroutines that statements are made of.
//
// A Task is lazy: it starts when awaited and resumes its awaiter when done (symmetric transfer). It
// has one owner and one awaiter. Task<T> carries values or Status as its T; exceptions are not part
// of our code, and one that escapes a library into a coroutine aborts.
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

#include <atomic>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "engine/base/check.h"

namespace shale {

template <typename T = void>
class Task;

namespace internal {

struct TaskPromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      return handle.promise().continuation;
    }
    void await_resume() noexcept {}
  };

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
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
      handle.promise().continuation = awaiting;
      return handle;
    }
    T await_resume() { return handle.promise().Take(); }
  };
  Awaiter operator co_await() const noexcept { return Awaiter{handle_}; }

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
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
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

// Runs a task to its end on this thread and others it moves to, blocking the caller. For tests,
// tools and start-up; never on a loop thread.
template <typename T>
T BlockingWait(Task<T> task) {
  std::atomic<bool> done{false};
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
  auto run = [](Task<T> inner, std::atomic<bool>* finished, auto* out) -> DetachedTask {
    if constexpr (std::is_void_v<T>) {
      co_await inner;
      out->emplace(true);
    } else {
      T value = co_await inner;
      out->emplace(std::move(value));
    }
    finished->store(true, std::memory_order_release);
    finished->notify_all();
  };
  run(std::move(task), &done, &result);
  done.wait(false, std::memory_order_acquire);
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
