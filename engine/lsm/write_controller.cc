#include "engine/lsm/write_controller.h"

#include <algorithm>
#include <cmath>

namespace shale::engine {
namespace {

// Of the last memtable that may be filled, this part costs nothing.
constexpr size_t kFreePart = 4;
// Timers are not finer than this.
constexpr int64_t kWaitNanosMin = 60'000;
// One write waits no longer, and no more is owed: short waits for all rather than a long one.
constexpr int64_t kWaitNanosMax = 100'000'000;
// What a wait that took too long, or a pause between writes, gives back at most.
constexpr int64_t kCreditNanosMax = 1'000'000;

// Where x lies between low, 0, and high, 1.
double Between(double low, double x, double high) {
  if (x <= low) return 0;
  return x >= high ? 1 : (x - low) / (high - low);
}

}  // namespace

double WriteController::Pressure(const WritePressure& state) const {
  double level0 =
      Between(options_.level0_slowdown_files - 1, state.level0_files, options_.level0_stop_files);
  double debt = Between(static_cast<double>(options_.compaction_debt_slowdown_bytes),
                        static_cast<double>(state.debt_bytes),
                        static_cast<double>(options_.compaction_debt_stop_bytes));
  double memory = 0;
  if (state.frozen_memtables >= options_.immutable_memtables_max) {
    memory = Between(static_cast<double>(options_.memtable_bytes_max / kFreePart),
                     static_cast<double>(state.active_bytes),
                     static_cast<double>(options_.memtable_bytes_max));
  }
  return std::max({level0, debt, memory});
}

double WriteController::NanosPerByte(const WritePressure& state) const {
  double pressure = Pressure(state);
  if (pressure == 0) return 0;
  auto fastest = static_cast<double>(std::max<uint64_t>(1, options_.write_rate_bytes_max));
  auto slowest = static_cast<double>(std::max<uint64_t>(1, options_.write_rate_bytes_min));
  return 1e9 / (fastest * std::pow(slowest / fastest, pressure));
}

size_t WriteController::FreeBytes(const WritePressure& state) const {
  WritePressure empty = state;
  empty.active_bytes = 0;
  if (Pressure(empty) > 0) return 0;
  bool last = state.frozen_memtables >= options_.immutable_memtables_max;
  return last ? options_.memtable_bytes_max / kFreePart : options_.memtable_bytes_max;
}

bool WriteController::MustStop(const WritePressure& state) const {
  return state.level0_files >= options_.level0_stop_files ||
         (state.frozen_memtables >= options_.immutable_memtables_max &&
          state.active_bytes >= options_.memtable_bytes_max);
}

int64_t WriteThrottle::Charge(uint64_t bytes, double nanos_per_byte, int64_t now_nanos) {
  paid_until_nanos_ = std::max(paid_until_nanos_, now_nanos - kCreditNanosMax);
  double price =
      std::min(static_cast<double>(bytes) * nanos_per_byte, static_cast<double>(kWaitNanosMax));
  paid_until_nanos_ =
      std::min(paid_until_nanos_ + static_cast<int64_t>(price), now_nanos + kWaitNanosMax);
  return Remaining(now_nanos);
}

int64_t WriteThrottle::Remaining(int64_t now_nanos) const {
  int64_t wait = paid_until_nanos_ - now_nanos;
  return wait < kWaitNanosMin ? 0 : wait;
}

}  // namespace shale::engine
