// Goal: no false negatives, and about the false positives that the bits allow. Method: count.
#include "engine/table/bloom_filter.h"

#include <gtest/gtest.h>

namespace shale::engine {
namespace {

double FalsePositiveRate(double bits_per_key, int keys) {
  BloomFilterBuilder builder(bits_per_key);
  for (int i = 0; i < keys; ++i) builder.Add("key" + std::to_string(i));
  std::string payload = builder.Finish();
  EXPECT_EQ(payload.size(), builder.EstimatedBytes());
  BloomFilter filter;
  EXPECT_TRUE(filter.Open(payload));
  for (int i = 0; i < keys; ++i) EXPECT_TRUE(filter.MayContain("key" + std::to_string(i)));
  int positives = 0;
  for (int i = 0; i < 20000; ++i) {
    positives += filter.MayContain("other" + std::to_string(i)) ? 1 : 0;
  }
  return positives / 20000.0;
}

TEST(BloomFilter, FindsWhatItHoldsAndLittleElse) {
  EXPECT_LT(FalsePositiveRate(10, 10000), 0.015);
  EXPECT_LT(FalsePositiveRate(20, 10000), 0.002);
  EXPECT_LT(FalsePositiveRate(5, 10000), 0.12);
  EXPECT_LT(FalsePositiveRate(1, 10000), 0.8);
  EXPECT_LT(FalsePositiveRate(10, 1), 0.01);
}

TEST(BloomFilter, AnAbsentFilterContainsEverything) {
  BloomFilter filter;
  EXPECT_TRUE(filter.MayContain("anything"));
  BloomFilterBuilder none(0);
  none.Add("key");
  EXPECT_TRUE(none.empty());
}

TEST(BloomFilter, MalformedPayloadsAreRefused) {
  BloomFilterBuilder builder(10);
  builder.Add("key");
  std::string payload = builder.Finish();
  BloomFilter filter;
  EXPECT_FALSE(filter.Open(""));
  EXPECT_FALSE(filter.Open(payload.substr(1)));
  for (size_t i = kBloomLineBytes; i < payload.size(); ++i) {
    if (i == kBloomLineBytes + 4) continue;  // another number of probes is well formed
    std::string damaged = payload;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    EXPECT_FALSE(BloomFilter().Open(damaged)) << i;
  }
}

}  // namespace
}  // namespace shale::engine
