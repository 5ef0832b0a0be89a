#include "engine/base/gate.h"

#include "engine/base/check.h"

namespace shale {

Gate::~Gate() { CHECK(in_flight() == 0); }

std::optional<Gate::Pass> Gate::Enter() {
  // A compare-and-set, not an add and its undoing: a late comer must never make the count of a
  // closed gate reach zero a second time.
  uint64_t state = state_.load(std::memory_order_relaxed);
  do {
    if ((state & kClosedBit) != 0) return std::nullopt;
  } while (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel));
  return Pass(this);
}

void Gate::Leave() {
  uint64_t previous = state_.fetch_sub(1, std::memory_order_acq_rel);
  DCHECK((previous & ~kClosedBit) > 0);
  // Only the last one of a closed gate gets here, and Close waits for it: the gate is still alive.
  if (previous == (kClosedBit | 1)) drained_.Set();
}

Task<void> Gate::Close() {
  uint64_t previous = state_.fetch_or(kClosedBit, std::memory_order_acq_rel);
  CHECK((previous & kClosedBit) == 0);
  if (previous != 0) co_await drained_;
}

void Gate::CloseAndWait() { BlockingWait(Close()); }

}  // namespace shale
