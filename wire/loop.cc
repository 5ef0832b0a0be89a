#include "wire/loop.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "engine/base/check.h"

namespace shale::wire {
namespace {

constexpr size_t kReadBufferBytes = 64 << 10;
// Answers sent together. One at a time, each send pays for waking its client; all at the end,
// clients on other processors have nothing to do meanwhile.
constexpr size_t kDeferredMax = 2;

}  // namespace

Loop::Loop(std::string name) : read_buffer_(kReadBufferBytes) {
  CHECK(uv_loop_init(&loop_) == 0);
  wake_.data = this;
  CHECK(uv_async_init(&loop_, &wake_,
                      [](uv_async_t* wake) { static_cast<Loop*>(wake->data)->Drain(); }) == 0);
  before_waiting_.data = this;
  CHECK(uv_prepare_init(&loop_, &before_waiting_) == 0);
  uv_prepare_start(&before_waiting_,
                   [](uv_prepare_t* prepare) { static_cast<Loop*>(prepare->data)->RunDeferred(); });
  thread_ = std::thread([this] {
    // Signals are the main thread's; SIGPIPE, which comes to the writer, is seen as EPIPE.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    Executor::Scope scope(*this);
    uv_run(&loop_, UV_RUN_DEFAULT);
  });
  pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

Loop::~Loop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  uv_async_send(&wake_);
  thread_.join();
  CHECK(uv_loop_close(&loop_) == 0);
}

void Loop::Post(std::move_only_function<void()> function) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(function));
    if (queue_.size() > 1) return;  // the loop has been woken for the one before
  }
  uv_async_send(&wake_);
}

void Loop::RunAndWait(std::function<void()> function) {
  CHECK(&Executor::Current() != this);
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  Post([&] {
    function();
    std::lock_guard lock(mutex);
    done = true;
    changed.notify_one();
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return done; });
}

void Loop::Drain() {
  std::vector<std::move_only_function<void()>> ready;
  {
    std::lock_guard lock(mutex_);
    ready.swap(queue_);
  }
  for (auto& function : ready) function();
  bool stop;
  {
    // Whatever was posted meanwhile has woken the loop again: its first post found the queue empty.
    std::lock_guard lock(mutex_);
    stop = stopping_ && queue_.empty();
  }
  if (stop && !uv_is_closing(reinterpret_cast<uv_handle_t*>(&wake_))) {
    uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&before_waiting_), nullptr);
  }
}

void Loop::Defer(Deferred* deferred) {
  deferred_.push_back(deferred);
  if (deferred_.size() >= kDeferredMax) RunDeferred();
}

void Loop::Undefer(Deferred* deferred) {
  std::erase(deferred_, deferred);
  std::replace(running_.begin(), running_.end(), deferred, static_cast<Deferred*>(nullptr));
}

// What runs may defer and undefer.
void Loop::RunDeferred() {
  if (!running_.empty()) return;
  while (!deferred_.empty()) {
    running_.swap(deferred_);
    for (size_t i = 0; i < running_.size(); ++i) {
      if (Deferred* deferred = std::exchange(running_[i], nullptr)) deferred->Run();
    }
    running_.clear();
  }
}

}  // namespace shale::wire
