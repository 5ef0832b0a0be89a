// Gate: counts work in flight, so that shutdown can refuse new work and wait for the old.
//
//   std::optional<Gate::Pass> pass = gate.Enter();
//   if (!pass) return ShuttingDown();
//   ... the work; the pass may move into a coroutine and leaves when it is destroyed
//
//   co_await gate.Close();      // or gate.CloseAndWait() where blocking is allowed
//
// Thread-safe. The gate may be destroyed once Close has completed (after Seastar's gate).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "engine/base/executor.h"
#include "engine/base/task.h"

namespace shale {

class Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  class [[nodiscard]] Pass {
   public:
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      if (this != &other) {
        if (gate_ != nullptr) gate_->Leave();
        gate_ = std::exchange(other.gate_, nullptr);
      }
      return *this;
    }
    ~Pass() {
      if (gate_ != nullptr) gate_->Leave();
    }

   private:
    friend class Gate;
    explicit Pass(Gate* gate) : gate_(gate) {}
    Gate* gate_;
  };

  // Nothing once the gate is closed.
  std::optional<Pass> Enter();

  // Refuses new work at once and completes when the last pass has left. At most one call of Close
  // or CloseAndWait per gate.
  Task<void> Close();
  void CloseAndWait();

  bool closed() const { return (state_.load(std::memory_order_acquire) & kClosedBit) != 0; }
  uint64_t in_flight() const { return state_.load(std::memory_order_acquire) & ~kClosedBit; }

 private:
  void Leave();

  static constexpr uint64_t kClosedBit = uint64_t{1} << 63;
  std::atomic<uint64_t> state_{0};  // passes out, and kClosedBit
  Event drained_;                   // set by the last to leave a closed gate
};

}  // namespace shale
