#include "engine/lsm/io_rate_limiter.h"

#include <algorithm>
#include <chrono>

namespace shale::engine {
namespace {

constexpr double kBurstSeconds = 0.1;

}  // namespace

IoRateLimiter::IoRateLimiter(uint64_t bytes_per_second, Clock& clock)
    : bytes_per_nano_(static_cast<double>(std::max<uint64_t>(1, bytes_per_second)) / 1e9),
      bytes_max_(static_cast<double>(bytes_per_second) * kBurstSeconds),
      clock_(clock),
      bytes_(bytes_max_),
      refilled_at_nanos_(clock.MonotonicNanos()) {}

void IoRateLimiter::Refill() {
  int64_t now = clock_.MonotonicNanos();
  double added = static_cast<double>(now - refilled_at_nanos_) * bytes_per_nano_;
  bytes_ = std::min(bytes_max_, bytes_ + added);
  refilled_at_nanos_ = now;
}

void IoRateLimiter::Take(uint64_t bytes, IoPriority priority) {
  std::unique_lock lock(mutex_);
  Refill();
  bool flush = priority == IoPriority::kFlush;
  auto must_wait = [&] { return !stopped_ && (bytes_ < 0 || (!flush && flushes_waiting_ > 0)); };
  if (must_wait()) {
    int64_t began = clock_.MonotonicNanos();
    flushes_waiting_ += flush;
    while (must_wait()) {
      auto wait = std::chrono::nanoseconds(
          std::max<int64_t>(100'000, static_cast<int64_t>(-bytes_ / bytes_per_nano_)));
      changed_.wait_for(lock, wait);
      Refill();
    }
    flushes_waiting_ -= flush;
    waited_nanos_ += clock_.MonotonicNanos() - began;
    if (flush) changed_.notify_all();
  }
  bytes_ -= static_cast<double>(bytes);
}

void IoRateLimiter::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

uint64_t IoRateLimiter::waited_nanos() const {
  std::lock_guard lock(mutex_);
  return waited_nanos_;
}

namespace {

class LimitedBlobWriter : public BlobWriter {
 public:
  LimitedBlobWriter(std::unique_ptr<BlobWriter> base, IoRateLimiter* limiter, IoPriority priority)
      : base_(std::move(base)), limiter_(limiter), priority_(priority) {}
  Status Append(std::string_view bytes) override {
    limiter_->Take(bytes.size(), priority_);
    return base_->Append(bytes);
  }
  Status Finish() override { return base_->Finish(); }

 private:
  const std::unique_ptr<BlobWriter> base_;
  IoRateLimiter* const limiter_;
  const IoPriority priority_;
};

}  // namespace

std::unique_ptr<BlobWriter> LimitBlobWriter(std::unique_ptr<BlobWriter> base,
                                            IoRateLimiter* limiter, IoPriority priority) {
  if (limiter == nullptr) return base;
  return std::make_unique<LimitedBlobWriter>(std::move(base), limiter, priority);
}

}  // namespace shale::engine
