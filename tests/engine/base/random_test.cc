// Goal: seeded numbers replay and are even, checksums depend on every byte and the seed, clocks
// run. Method: by example, published vectors and counts.
#include "engine/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "engine/base/checksum.h"
#include "engine/base/cleanup.h"
#include "engine/base/clock.h"

namespace shale {
namespace {

TEST(Random, ReplaysFromItsSeed) {
  Random a(42);
  Random b(42);
  Random c(43);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    uint64_t value = a.Next();
    EXPECT_EQ(value, b.Next());
    differs |= value != c.Next();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, IsEven) {
  Random random(7);
  std::array<int, 10> counts{};
  for (int i = 0; i < 100'000; ++i) ++counts[random.Uniform(10)];
  for (int count : counts) EXPECT_NEAR(count, 10'000, 500);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    double value = random.UniformDouble();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 100'000, 0.5, 0.01);
  EXPECT_EQ(random.Uniform(1), 0u);
}

TEST(SecureRandom, DoesNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(seen.insert(SecureRandomBytes(16)).second);
  EXPECT_EQ(SecureRandomBytes(0), "");
  EXPECT_EQ(SecureRandomBytes(1000).size(), 1000u);
  EXPECT_NE(SecureRandom64(), SecureRandom64());
}

TEST(Checksum, IsXxh3) {
  // XXH3_64bits of nothing, from the reference implementation's self test.
  EXPECT_EQ(Checksum(""), 0x2d06800538d394c2u);
  EXPECT_EQ(Checksum32(""), 0x38d394c2u);
}

TEST(Checksum, DependsOnEveryBitAndTheSeed) {
  std::string bytes(300, 'a');
  uint64_t whole = Checksum(bytes, ChecksumSeed(1, 0));
  for (size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string damaged = bytes;
    damaged[i / 8] ^= static_cast<char>(1 << (i % 8));
    EXPECT_NE(Checksum(damaged, ChecksumSeed(1, 0)), whole);
  }
  std::set<uint64_t> seeds;
  for (uint64_t file = 0; file < 50; ++file) {
    for (uint64_t offset = 0; offset < 50 * 4096; offset += 4096) {
      EXPECT_TRUE(seeds.insert(ChecksumSeed(file, offset)).second);
    }
  }
}

TEST(Clock, SystemClockRuns) {
  int64_t before = SystemClock().MonotonicNanos();
  EXPECT_GE(SystemClock().MonotonicNanos(), before);
  EXPECT_GT(SystemClock().WallMicros(), 1'600'000'000'000'000);
}

TEST(Clock, ManualClockMovesWhenTold) {
  ManualClock clock;
  int64_t wall = clock.WallMicros();
  EXPECT_EQ(clock.WallMicros(), wall);
  clock.AdvanceMicros(5);
  EXPECT_EQ(clock.WallMicros(), wall + 5);
  EXPECT_EQ(clock.MonotonicNanos(), 5000);
  clock.SetWallMicros(10);
  EXPECT_EQ(clock.WallMicros(), 10);
  EXPECT_EQ(clock.MonotonicNanos(), 5000);
}

TEST(Cleanup, RunsUnlessCancelled) {
  int runs = 0;
  {
    Cleanup cleanup([&runs] { ++runs; });
  }
  EXPECT_EQ(runs, 1);
  {
    Cleanup cleanup([&runs] { ++runs; });
    std::move(cleanup).Cancel();
  }
  EXPECT_EQ(runs, 1);
  {
    Cleanup cleanup([&runs] { ++runs; });
    std::move(cleanup).Invoke();
    EXPECT_EQ(runs, 2);
  }
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace shale
