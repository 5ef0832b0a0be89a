#include "engine/base/executor.h"

#include <pthread.h>

#include <utility>

#include "engine/base/check.h"
#include "engine/base/cleanup.h"

namespace shale {
namespace {

thread_local Executor* current_executor = nullptr;

}  // namespace

Executor& Executor::Current() {
  static InlineExecutor inline_executor;
  return current_executor != nullptr ? *current_executor : inline_executor;
}

Executor::Scope::Scope(Executor& executor) : previous_(current_executor) {
  current_executor = &executor;
}

Executor::Scope::~Scope() { current_executor = previous_; }

void Event::Set() noexcept {
  // The waiter publishes its handle before it moves the state to kWaiting, so whoever sees kWaiting
  // here sees the handle too, and is the only one who will resume it.
  int previous = state_.exchange(kSet, std::memory_order_acq_rel);
  CHECK(previous != kSet);
  if (previous == kWaiting) {
    auto handle = handle_;
    executor_->Post([handle] { handle.resume(); });
  }
}

bool Event::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  executor_ = &Executor::Current();
  int expected = kEmpty;
  return state_.compare_exchange_strong(expected, kWaiting, std::memory_order_acq_rel);
}

ThreadPool::ThreadPool(std::string name, int thread_count) {
  CHECK(thread_count > 0);
  Cleanup stop([this] { Stop(); });  // those that did start
  threads_.reserve(thread_count);
  for (int i = 0; i < thread_count; ++i) {
    threads_.emplace_back([this] { Run(); });
    pthread_setname_np(threads_.back().native_handle(), name.substr(0, 15).c_str());
  }
  std::move(stop).Cancel();
}

ThreadPool::~ThreadPool() { Stop(); }

void ThreadPool::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadPool::Post(std::move_only_function<void()> function) {
  // Notifies under the lock: what was posted may lead to the pool's destruction, which waits for
  // the lock, before this thread would get to it.
  std::lock_guard lock(mutex_);
  queue_.push_back(std::move(function));
  wake_.notify_one();
}

size_t ThreadPool::queue_length() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

void ThreadPool::Run() {
  Scope scope(*this);
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;  // stopping, and drained
    auto function = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    function();
    function = nullptr;
    lock.lock();
  }
}

}  // namespace shale
