// Goal: histogram buckets cover every value once and percentiles err by an eighth at most. Method:
// bucket edges, and RapidCheck against sorted values.
#include "engine/base/metrics.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

namespace shale {
namespace {

TEST(BusyCounter, SumsOverThreads) {
  BusyCounter counter;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&] {
      for (int add = 0; add < 1000; ++add) counter.Add();
      counter.Add(5);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 10 * 1005u);
}

TEST(Histogram, BucketsAreContiguous) {
  EXPECT_EQ(Histogram::BucketOf(0), 0u);
  EXPECT_EQ(Histogram::BucketOf(UINT64_MAX), Histogram::kBuckets - 1);
  EXPECT_EQ(Histogram::BucketEnd(Histogram::kBuckets - 1), UINT64_MAX);
  for (size_t bucket = 0; bucket + 1 < Histogram::kBuckets; ++bucket) {
    uint64_t end = Histogram::BucketEnd(bucket);
    EXPECT_EQ(Histogram::BucketOf(end), bucket);
    EXPECT_EQ(Histogram::BucketOf(end + 1), bucket + 1);
  }
}

TEST(Histogram, PercentilesAreNearTheTrueOnes) {
  EXPECT_TRUE(rc::check([](std::vector<uint32_t> values) {
    Histogram histogram;
    uint64_t sum = 0;
    for (uint32_t value : values) {
      histogram.Record(value);
      sum += value;
    }
    RC_ASSERT(histogram.count() == values.size());
    RC_ASSERT(histogram.sum() == sum);
    if (values.empty()) {
      RC_ASSERT(histogram.Percentile(50) == 0u);
      return;
    }
    std::sort(values.begin(), values.end());
    for (double percent : {0.0, 1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
      auto rank =
          static_cast<size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
      uint64_t truth = values[std::max<size_t>(rank, 1) - 1];
      uint64_t answer = histogram.Percentile(percent);
      RC_ASSERT(answer >= truth);
      RC_ASSERT(static_cast<double>(answer) <= static_cast<double>(truth) * 1.125 + 1);
    }
    RC_ASSERT(histogram.max() == values.back());
    RC_ASSERT(histogram.Percentile(100) == values.back());
  }));
}

TEST(Metrics, CountFromManyThreads) {
  Counter counter;
  Gauge gauge;
  Histogram histogram;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        counter.Add();
        gauge.Add(i % 2 == 0 ? 3 : -3);
        histogram.Record(i);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 40'000u);
  EXPECT_EQ(gauge.value(), 0);
  EXPECT_EQ(histogram.count(), 40'000u);
  EXPECT_EQ(histogram.max(), 9'999u);
}

}  // namespace
}  // namespace shale
