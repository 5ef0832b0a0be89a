// Clock: the one source of time, so that a test can hold it still or replay a run.
#pragma once

#include <atomic>
#include <cstdint>

namespace shale {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Microseconds since 1970-01-01 00:00:00 UTC; may jump when the machine's clock is set.
  virtual int64_t WallMicros() = 0;
  // Nanoseconds since some fixed moment; never goes back. For durations and deadlines.
  virtual int64_t MonotonicNanos() = 0;
};

// The machine's clocks. Never destroyed.
Clock& SystemClock();

// A clock that moves only when told to.
class ManualClock : public Clock {
 public:
  // 2001-01-01 00:00:00 UTC unless told otherwise.
  explicit ManualClock(int64_t wall_micros = 978'307'200'000'000) : wall_micros_(wall_micros) {}

  int64_t WallMicros() override { return wall_micros_.load(std::memory_order_acquire); }
  int64_t MonotonicNanos() override { return monotonic_nanos_.load(std::memory_order_acquire); }

  // Moves both clocks on.
  void AdvanceMicros(int64_t micros) {
    wall_micros_.fetch_add(micros, std::memory_order_acq_rel);
    monotonic_nanos_.fetch_add(micros * 1000, std::memory_order_acq_rel);
  }
  // Moves the wall clock alone, as an operator would.
  void SetWallMicros(int64_t micros) { wall_micros_.store(micros, std::memory_order_release); }

 private:
  std::atomic<int64_t> wall_micros_;
  std::atomic<int64_t> monotonic_nanos_{0};
};

}  // namespace shale
