// IoRateLimiter: keeps what flushes and compactions write within so many bytes per second.
//
// A bucket of tokens that fills at the rate, holds what a tenth of a second brings, and may be
// overdrawn by one request. Who waits gets its turn when it is not overdrawn any more; compactions
// only while no flush waits. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "engine/base/clock.h"
#include "engine/env/storage.h"

namespace shale::engine {

enum class IoPriority : uint8_t { kFlush, kCompaction };

class IoRateLimiter {
 public:
  // At least 1 byte per second.
  explicit IoRateLimiter(uint64_t bytes_per_second, Clock& clock = SystemClock());

  // Waits until the bytes may be written. Blocks.
  void Take(uint64_t bytes, IoPriority priority);
  // From now on nobody waits.
  void Stop();

  uint64_t waited_nanos() const;

 private:
  void Refill();

  const double bytes_per_nano_;
  const double bytes_max_;
  Clock& clock_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  double bytes_ = 0;
  int64_t refilled_at_nanos_ = 0;
  int flushes_waiting_ = 0;
  bool stopped_ = false;
  uint64_t waited_nanos_ = 0;
};

// A blob whose bytes are counted against the limiter, which may be null: then the blob itself.
std::unique_ptr<BlobWriter> LimitBlobWriter(std::unique_ptr<BlobWriter> base,
                                            IoRateLimiter* limiter, IoPriority priority);

}  // namespace shale::engine
