// How writers are slowed so that flush and compaction keep up: smoothly, by a price per byte that
// grows with what is waiting, instead of stopping them when there is no room any more.
//
// WriteController is a pure function from the store's state to a price, in nanoseconds per byte.
// Pressure, from 0 to 1, is the worst of three: level-0 tables between their slow-down and their
// stop, compaction debt between its two limits, and how full the last memtable is that may be
// filled. The rate goes down exponentially with it, from write_rate_bytes_max to
// write_rate_bytes_min: so whatever rate the background keeps up with, there is a pressure that
// gives it, and writers settle there.
//
// WriteThrottle turns prices into waits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/options.h"

namespace shale::engine {

struct WritePressure {
  int level0_files = 0;
  uint64_t debt_bytes = 0;  // LevelShape::debt_bytes
  int frozen_memtables = 0;
  size_t active_bytes = 0;  // of the memtable being filled
};

class WriteController {
 public:
  explicit WriteController(const EngineOptions& options) : options_(options) {}

  // From 0, no reason to wait, to 1.
  double Pressure(const WritePressure& state) const;
  // 0 without pressure.
  double NanosPerByte(const WritePressure& state) const;
  // The size up to which the active memtable may be filled in this state at no price.
  size_t FreeBytes(const WritePressure& state) const;
  // Nothing may be written until flush or compaction is done with something.
  bool MustStop(const WritePressure& state) const;

 private:
  const EngineOptions& options_;
};

// A token bucket in time: every byte moves the moment up to which writers have paid. One thread at
// a time.
class WriteThrottle {
 public:
  // Charges the bytes; gives how long to wait before writing on. What is too short for a wait is
  // added to the next one.
  int64_t Charge(uint64_t bytes, double nanos_per_byte, int64_t now_nanos);
  // How long is left of the wait that the last charge gave.
  int64_t Remaining(int64_t now_nanos) const;
  // There is no pressure any more.
  void Forgive() { paid_until_nanos_ = 0; }

 private:
  int64_t paid_until_nanos_ = 0;
};

}  // namespace shale::engine
