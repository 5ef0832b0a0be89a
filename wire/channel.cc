#include "wire/channel.h"

#include <string_view>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/coding.h"

namespace shale::wire {
namespace {

constexpr size_t kArrivedBytesMax = 1 << 20;  // beyond it the socket is not read from
constexpr size_t kSendAtOnceBytes = 16 << 10;
constexpr size_t kKeptBytes = 256 << 10;  // a larger buffer is given back when it is empty
constexpr unsigned int kKeepaliveSeconds = 60;
constexpr uint64_t kSilenceTimeoutMs = 1'000;  // after an end of file

uv_buf_t BufferOf(std::string& bytes) {
  return uv_buf_init(bytes.data(), static_cast<unsigned int>(bytes.size()));
}

void Empty(std::string* bytes) {
  if (bytes->capacity() > kKeptBytes)
    std::string().swap(*bytes);
  else
    bytes->clear();
}

}  // namespace

Channel::Channel(Loop* loop, std::unique_ptr<uv_tcp_t> socket)
    : loop_(loop), socket_(std::move(socket)) {
  socket_->data = this;
  uv_timer_init(loop_->handle(), &timer_);
  timer_.data = this;
  uv_timer_init(loop_->handle(), &end_timer_);
  end_timer_.data = this;
  uv_tcp_nodelay(socket_.get(), 1);
  uv_tcp_keepalive(socket_.get(), 1, kKeepaliveSeconds);
  sockaddr_storage address;
  int length = sizeof(address);
  if (uv_tcp_getpeername(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return;
  }
  char name[64] = "";
  uv_ip_name(reinterpret_cast<sockaddr*>(&address), name, sizeof(name));
  peer_ = name;
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    peer_is_loopback_ = (ByteSwap(in.sin_addr.s_addr) >> 24) == 127;
  } else {
    peer_is_loopback_ = peer_ == "::1" || peer_.starts_with("::ffff:127.");
  }
}

Channel::~Channel() { CHECK(open_handles_ == 0); }

void Channel::Start(std::function<void()> on_lost) {
  on_lost_ = std::move(on_lost);
  UpdateReading();
}

void Channel::UpdateReading() {
  const bool want = !lost_ && !at_end_ && arrived_.size() < kArrivedBytesMax;
  if (want == reading_) return;
  reading_ = want;
  if (!want) {
    uv_read_stop(stream());
    return;
  }
  uv_read_start(
      stream(),
      [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
        Loop* loop = static_cast<Channel*>(handle->data)->loop_;
        *buffer =
            uv_buf_init(loop->read_buffer(), static_cast<unsigned int>(loop->read_buffer_bytes()));
      },
      [](uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) {
        static_cast<Channel*>(handle->data)->OnRead(count, buffer->base);
      });
}

void Channel::OnRead(ssize_t count, const char* bytes) {
  if (count == 0) return;
  if (count == UV_EOF) {
    at_end_ = true;
    WatchEnd();
  } else if (count < 0) {
    Lose();
  } else {
    arrived_.append(bytes, static_cast<size_t>(count));
  }
  UpdateReading();
  Wake();
}

void Channel::WatchEnd() {
  sent_bytes_checked_ = sent_bytes_;
  uv_timer_start(
      &end_timer_,
      [](uv_timer_t* timer) {
        auto* channel = static_cast<Channel*>(timer->data);
        // What is on its way tells soon enough whether anybody takes it.
        const bool silent =
            channel->unsent_bytes() == 0 && channel->sent_bytes_ == channel->sent_bytes_checked_;
        channel->sent_bytes_checked_ = channel->sent_bytes_;
        if (!silent) return;
        uv_timer_stop(timer);
        channel->Lose();
        channel->Wake();
      },
      kSilenceTimeoutMs, kSilenceTimeoutMs);
}

bool Channel::Take(std::string* input) {
  if (arrived_.empty()) return false;
  if (input->empty()) {
    Empty(input);
    input->swap(arrived_);
  } else {
    *input += arrived_;
    Empty(&arrived_);
  }
  UpdateReading();
  return true;
}

void Channel::Send(std::string* output) {
  if (output->empty()) return;
  if (lost_) return Empty(output);
  if (queued_.empty()) {
    queued_.swap(*output);
  } else {
    queued_ += *output;
    Empty(output);
  }
  if (!sending_.empty() || deferred_) return;
  if (queued_.size() >= kSendAtOnceBytes) return Flush();
  deferred_ = true;
  loop_->Defer(this);
}

void Channel::FreeBuffers() {
  for (std::string* buffer : {&arrived_, &sending_, &queued_}) {
    if (buffer->empty()) std::string().swap(*buffer);
  }
}

void Channel::Run() {
  deferred_ = false;
  Flush();
}

void Channel::Flush() {
  if (queued_.empty() || !sending_.empty() || lost_) return;
  uv_buf_t buffer = BufferOf(queued_);
  const int written = uv_try_write(stream(), &buffer, 1);
  if (written > 0) sent_bytes_ += static_cast<uint64_t>(written);
  if (written == static_cast<int>(queued_.size())) return Empty(&queued_);
  if (written < 0 && written != UV_EAGAIN) {
    Lose();
    return Wake();
  }
  if (written > 0) queued_.erase(0, static_cast<size_t>(written));
  WriteQueued();
}

void Channel::WriteQueued() {
  sending_.swap(queued_);
  write_request_.data = this;
  uv_buf_t buffer = BufferOf(sending_);
  const int error =
      uv_write(&write_request_, stream(), &buffer, 1, [](uv_write_t* request, int status) {
        static_cast<Channel*>(request->data)->OnWritten(status);
      });
  if (error != 0) {
    Empty(&sending_);
    Lose();
    Wake();
  }
}

void Channel::OnWritten(int status) {
  sent_bytes_ += sending_.size();
  Empty(&sending_);
  if (status != 0) Lose();
  if (!lost_ && !queued_.empty()) WriteQueued();
  Wake();
}

void Channel::Lose() {
  if (lost_) return;
  lost_ = true;
  Empty(&queued_);
  UpdateReading();
  if (on_lost_) on_lost_();
}

void Channel::StartTimer(uint64_t timeout_ms) {
  timed_out_ = false;
  uv_timer_start(
      &timer_,
      [](uv_timer_t* timer) {
        auto* channel = static_cast<Channel*>(timer->data);
        channel->timed_out_ = true;
        channel->Wake();
      },
      timeout_ms, 0);
}

void Channel::StopTimer() {
  uv_timer_stop(&timer_);
  timed_out_ = false;
}

void Channel::Wake() {
  if (waiting_) std::exchange(waiting_, nullptr).resume();
}

Task<void> Channel::Close() {
  on_lost_ = nullptr;
  lost_ = true;
  if (std::exchange(deferred_, false)) loop_->Undefer(this);
  auto closed = [](uv_handle_t* handle) {
    auto* channel = static_cast<Channel*>(handle->data);
    --channel->open_handles_;
    channel->Wake();
  };
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&end_timer_), closed);
  // A write in flight is called back before the socket's close is.
  uv_close(reinterpret_cast<uv_handle_t*>(socket_.get()), closed);
  while (open_handles_ > 0) co_await Wait();
}

}  // namespace shale::wire
