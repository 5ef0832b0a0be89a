// Channel: the bytes of one client's socket: what has arrived, what is still to be sent, one timer,
// and one coroutine that waits for any of these to change.
//
// A client that closed only its writing side looks like one that is gone, until something is sent:
// then the latter answers with a reset. So the channel waits for a while after the end of file, and
// takes the connection for broken once nothing has been sent for so long.
//
// All of it is touched on the loop's thread only (W1). It knows nothing of messages. The owner
// awaits Close() before it destroys the channel.
#pragma once

#include <uv.h>

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/task.h"
#include "wire/loop.h"

namespace shale::wire {

class Channel : private Loop::Deferred {
 public:
  // The handle is connected already.
  Channel(Loop* loop, std::unique_ptr<uv_tcp_t> socket);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Begins to read. on_lost is called once, when the connection breaks; not at an end of file as
  // such.
  void Start(std::function<void()> on_lost);

  // "127.0.0.1"; empty where unknown.
  const std::string& peer() const { return peer_; }
  bool peer_is_loopback() const { return peer_is_loopback_; }

  // Appends what has arrived to *input; gives whether there was anything.
  bool Take(std::string* input);
  bool has_arrived() const { return !arrived_.empty(); }

  // Sends it before the loop waits, together with another channel's where there is one; much is
  // sent at once. *output is empty afterwards.
  void Send(std::string* output);
  // Sends at once what there is, as far as the socket takes it.
  void Flush();
  // Gives back the memory of buffers that are empty.
  void FreeBuffers();
  size_t unsent_bytes() const { return sending_.size() + queued_.size(); }

  // The client sends nothing more, but may still read.
  bool at_end() const { return at_end_; }
  // Broken: nothing comes or goes any more.
  bool lost() const { return lost_; }

  // One timer: when it runs out, timed_out() is true until the next StartTimer or StopTimer.
  void StartTimer(uint64_t timeout_ms);
  void StopTimer();
  bool timed_out() const { return timed_out_; }

  // Awaitable: suspends until bytes have come or gone, the timer has run out or Wake is called.
  // There may be no reason at all: the coroutine looks at what it waits for, and waits again.
  auto Wait() { return Suspension{this}; }
  void Wake();

  // Closes the handles and waits until libuv has let go of them.
  Task<void> Close();

 private:
  struct Suspension {
    Channel* channel;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) noexcept { channel->waiting_ = handle; }
    void await_resume() noexcept {}
  };

  void Run() override;  // deferred Flush
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(socket_.get()); }
  void UpdateReading();
  void OnRead(ssize_t count, const char* bytes);
  void WriteQueued();
  void OnWritten(int status);
  void Lose();
  void WatchEnd();

  Loop* const loop_;
  std::unique_ptr<uv_tcp_t> socket_;
  uv_timer_t timer_;
  uv_timer_t end_timer_;  // runs from the end of file on
  uv_write_t write_request_;
  std::function<void()> on_lost_;
  std::string peer_;
  bool peer_is_loopback_ = false;

  std::string arrived_;
  std::string sending_;  // handed to libuv; empty: no write in flight
  std::string queued_;   // to be handed over when that write is done, or the loop is about to wait
  bool deferred_ = false;
  std::coroutine_handle<> waiting_;
  bool reading_ = false;
  bool at_end_ = false;
  bool lost_ = false;
  bool timed_out_ = false;
  uint64_t sent_bytes_ = 0;
  uint64_t sent_bytes_checked_ = 0;  // at the end timer's last look
  int open_handles_ = 3;             // the socket and the timers
};

}  // namespace shale::wire
