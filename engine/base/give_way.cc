#include "engine/base/give_way.h"

#include <cstdint>
#include <thread>

#include "engine/base/clock.h"
#include "engine/base/executor.h"

namespace shale {
namespace {

constexpr int64_t kLongNanos = 500'000;
constexpr int64_t kPauseFactor = 16;

}  // namespace

void GiveWay() {
  thread_local int64_t not_before = 0;
  if (!Executor::Current().may_block()) return;
  int64_t before = SystemClock().MonotonicNanos();
  if (before < not_before) return;
  std::this_thread::yield();
  int64_t after = SystemClock().MonotonicNanos();
  if (after - before > kLongNanos) not_before = after + kPauseFactor * (after - before);
}

}  // namespace shale
