// Goal: writers are slowed smoothly: prices grow with pressure without steps, waits add up to the
// rate asked for, and background I/O keeps its limit with flushes first.
#include "engine/lsm/write_controller.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/lsm/io_rate_limiter.h"

namespace shale::engine {
namespace {

TEST(WriteController, NoPressureNoPrice) {
  EngineOptions options;
  WriteController controller(options);
  EXPECT_EQ(controller.NanosPerByte({}), 0);
  EXPECT_EQ(controller.NanosPerByte({.level0_files = options.level0_slowdown_files - 1,
                                     .debt_bytes = options.compaction_debt_slowdown_bytes,
                                     .frozen_memtables = options.immutable_memtables_max - 1,
                                     .active_bytes = options.memtable_bytes_max}),
            0);
}

TEST(WriteController, PricesGrowWithoutSteps) {
  EngineOptions options;
  WriteController controller(options);
  auto check = [&](auto state_at) {
    double before = 0;
    double fastest = 1e9 / static_cast<double>(options.write_rate_bytes_max);
    double slowest = 1e9 / static_cast<double>(options.write_rate_bytes_min);
    for (int i = 0; i <= 1000; ++i) {
      double price = controller.NanosPerByte(state_at(i / 1000.0));
      ASSERT_GE(price, before) << i;
      ASSERT_LE(price, std::max(fastest * 1.01, before * 1.01)) << i;
      before = price;
    }
    EXPECT_NEAR(before, slowest, slowest / 100);
  };
  check([&](double x) {
    double from = static_cast<double>(options.compaction_debt_slowdown_bytes);
    double to = static_cast<double>(options.compaction_debt_stop_bytes);
    return WritePressure{.debt_bytes = static_cast<uint64_t>(from + x * (to - from))};
  });
  check([&](double x) {
    return WritePressure{
        .frozen_memtables = options.immutable_memtables_max,
        .active_bytes = static_cast<size_t>(x * static_cast<double>(options.memtable_bytes_max))};
  });
  double before = 0;
  for (int files = 0; files <= options.level0_stop_files; ++files) {
    double price = controller.NanosPerByte({.level0_files = files});
    EXPECT_GE(price, before);
    EXPECT_EQ(price > 0, files >= options.level0_slowdown_files) << files;
    EXPECT_EQ(controller.MustStop({.level0_files = files}), files == options.level0_stop_files);
    before = price;
  }
}

TEST(WriteController, TellsHowMuchIsFree) {
  EngineOptions options;
  WriteController controller(options);
  for (int frozen = 0; frozen <= options.immutable_memtables_max; ++frozen) {
    WritePressure state{.frozen_memtables = frozen};
    state.active_bytes = controller.FreeBytes(state);
    EXPECT_GT(state.active_bytes, 0u);
    EXPECT_EQ(controller.NanosPerByte(state), 0);
    if (frozen < options.immutable_memtables_max) continue;
    state.active_bytes += options.memtable_bytes_max / 100;
    EXPECT_GT(controller.NanosPerByte(state), 0);
  }
  EXPECT_EQ(controller.FreeBytes({.level0_files = options.level0_slowdown_files}), 0u);
}

TEST(WriteController, StopsWhereThereIsNoRoom) {
  EngineOptions options;
  WriteController controller(options);
  EXPECT_FALSE(controller.MustStop({.frozen_memtables = options.immutable_memtables_max}));
  EXPECT_FALSE(controller.MustStop({.active_bytes = options.memtable_bytes_max}));
  EXPECT_TRUE(controller.MustStop({.frozen_memtables = options.immutable_memtables_max,
                                   .active_bytes = options.memtable_bytes_max}));
}

// Writers of 1 KiB at 10 MB/s, each waiting as told and a little longer: no wait is long, and the
// rate is kept.
TEST(WriteThrottle, WaitsAddUpToTheRate) {
  WriteThrottle throttle;
  int64_t now = 1'000'000'000;
  int64_t begin = now;
  int64_t longest = 0;
  constexpr int kWrites = 10'000;
  for (int i = 0; i < kWrites; ++i) {
    int64_t wait = throttle.Charge(1024, 100, now);
    longest = std::max(longest, wait);
    if (wait > 0) now += wait + 50'000;
    EXPECT_EQ(throttle.Remaining(now), 0);
    now += 1000;
  }
  double seconds = static_cast<double>(now - begin) / 1e9;
  EXPECT_NEAR(kWrites * 1024 / seconds, 10e6, 1e6);
  EXPECT_LT(longest, 1'000'000);
}

TEST(WriteThrottle, OneWriteWaitsNotForEver) {
  WriteThrottle throttle;
  EXPECT_LE(throttle.Charge(1 << 30, 1000, 5'000'000), 100'000'000);
  EXPECT_LE(throttle.Charge(1 << 30, 1000, 5'000'000), 100'000'000);
  throttle.Forgive();
  EXPECT_EQ(throttle.Remaining(5'000'000), 0);
}

TEST(IoRateLimiter, KeepsTheRate) {
  constexpr uint64_t kRate = 20'000'000;
  IoRateLimiter limiter(kRate);
  int64_t begin = SystemClock().MonotonicNanos();
  for (int i = 0; i < 100; ++i) limiter.Take(60'000, IoPriority::kCompaction);
  double seconds = static_cast<double>(SystemClock().MonotonicNanos() - begin) / 1e9;
  // 6 MB, of which a tenth of a second's 2 MB are there at the beginning.
  EXPECT_GT(seconds, 0.18);
  EXPECT_GT(limiter.waited_nanos(), 100'000'000u);
}

TEST(IoRateLimiter, FlushesGoFirst) {
  IoRateLimiter limiter(1'000'000);
  limiter.Take(250'000, IoPriority::kFlush);  // overdrawn for about 150 ms
  std::atomic<int> order{0};
  int flush = 0;
  int compaction = 0;
  std::thread compacting([&] {
    limiter.Take(1, IoPriority::kCompaction);
    compaction = ++order;
  });
  std::thread flushing([&] {
    limiter.Take(100'000, IoPriority::kFlush);
    flush = ++order;
  });
  compacting.join();
  flushing.join();
  EXPECT_EQ(flush, 1);
  EXPECT_EQ(compaction, 2);
}

TEST(IoRateLimiter, StopEndsWaits) {
  IoRateLimiter limiter(1);
  limiter.Take(1'000'000, IoPriority::kCompaction);
  std::thread waiting([&] { limiter.Take(1, IoPriority::kCompaction); });
  limiter.Stop();
  waiting.join();
}

}  // namespace
}  // namespace shale::engine
