// Metrics: counters, gauges and latency histograms that cost a relaxed atomic add. Readers see each
// number exactly, but not several at one moment. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace shale {

// Only grows.
class Counter {
 public:
  void Add(uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// A counter that all threads add to all the time: each adds to one of several cache lines, so that
// they seldom wait for each other's.
class BusyCounter {
 public:
  void Add(uint64_t amount = 1) {
    shards_[ThreadShard()].value.fetch_add(amount, std::memory_order_relaxed);
  }
  uint64_t value() const {
    uint64_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  static constexpr size_t kShards = 8;
  struct alignas(64) Shard {
    std::atomic<uint64_t> value{0};
  };
  static size_t ThreadShard() {
    static std::atomic<size_t> threads_seen{0};
    thread_local const size_t shard = threads_seen.fetch_add(1) % kShards;
    return shard;
  }

  std::array<Shard, kShards> shards_;
};

// Goes up and down.
class Gauge {
 public:
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(int64_t amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Counts values in buckets whose width grows with the value: each power of two has eight, so a
// percentile is at most 12.5% above the true one. Any unit; nanoseconds by custom.
class Histogram {
 public:
  void Record(uint64_t value) {
    buckets_[BucketOf(value)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
    uint64_t seen = max_.load(std::memory_order_relaxed);
    while (value > seen && !max_.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
  }

  uint64_t count() const;
  uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }
  uint64_t max() const { return max_.load(std::memory_order_relaxed); }
  // The value that the given percentage of values (0 to 100) does not exceed, rounded up to its
  // bucket's end but never above max(); 0 of an empty histogram.
  uint64_t Percentile(double percent) const;

  static constexpr int kSubBucketBits = 3;
  static constexpr size_t kSubBuckets = size_t{1} << kSubBucketBits;
  static constexpr size_t kBuckets = (64 - kSubBucketBits + 1) * kSubBuckets;

  // Values below eight have a bucket each; above, the bucket is the power of two and the three bits
  // behind the leading one.
  static constexpr size_t BucketOf(uint64_t value) {
    if (value < kSubBuckets) return value;
    int shift = std::bit_width(value) - 1 - kSubBucketBits;
    return (static_cast<size_t>(shift + 1) << kSubBucketBits) +
           ((value >> shift) & (kSubBuckets - 1));
  }
  // The largest value of the bucket.
  static constexpr uint64_t BucketEnd(size_t bucket) {
    if (bucket < kSubBuckets) return bucket;
    int shift = static_cast<int>(bucket >> kSubBucketBits) - 1;
    uint64_t start = (kSubBuckets + (bucket & (kSubBuckets - 1))) << shift;
    return start + ((uint64_t{1} << shift) - 1);
  }

 private:
  std::array<std::atomic<uint64_t>, kBuckets> buckets_{};
  std::atomic<uint64_t> sum_{0};
  std::atomic<uint64_t> max_{0};
};

}  // namespace shale
