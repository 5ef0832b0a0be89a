// NumericAccumulator: the running state of sum, avg, variance and stddev over numeric, and over
// the integer types whose sums are numeric.
//
// Sums stay in 128 bits while they fit and all scales seen are alike; the rest goes to a wide sum.
// What was added may be taken out again and states may be merged (parallel and partial aggregates).
// Not thread-safe; movable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog {

class NumericAccumulator {
 public:
  // Variance and stddev need with_squares; it costs a multiplication per value.
  explicit NumericAccumulator(bool with_squares = false);
  ~NumericAccumulator();
  NumericAccumulator(NumericAccumulator&&) noexcept;
  NumericAccumulator& operator=(NumericAccumulator&&) noexcept;

  void Add(std::string_view number);
  void AddInt64(int64_t value) {
    __int128 sum;
    if (with_squares_ || scale_ != 0 ||
        __builtin_add_overflow(sum_, static_cast<__int128>(value), &sum)) [[unlikely]] {
      AddScaled(value, 0);
      return;
    }
    sum_ = sum;
    ++count_;
  }
  // Adds what the other has seen.
  void Merge(const NumericAccumulator& other);

  // Values added, NaN and infinities among them.
  int64_t count() const { return count_; }

  // Of at least one value (sum, average, and the population forms) or two (the sample forms).
  Result<std::string_view> Sum(Arena* arena) const;
  Result<std::string_view> Average(Arena* arena) const;
  Result<std::string_view> Variance(bool sample, Arena* arena) const;
  Result<std::string_view> StandardDeviation(bool sample, Arena* arena) const;

  // The whole state as bytes, to be spilled and read back.
  void Serialize(std::string* out) const;
  static Result<NumericAccumulator> Deserialize(std::string_view bytes);

  size_t bytes_used() const;

 private:
  struct Wide;  // sums beyond 128 bits, and squares

  void AddScaled(__int128 value, int scale);
  Wide& wide();
  Result<std::string_view> Spread(bool sample, bool root, Arena* arena) const;

  __int128 sum_ = 0;
  int scale_ = 0;  // of sum_, and the greatest scale seen
  bool with_squares_;
  int64_t count_ = 0;
  int64_t nan_count_ = 0;
  int64_t infinity_count_ = 0;
  int64_t minus_infinity_count_ = 0;
  std::unique_ptr<Wide> wide_;
};

}  // namespace shale::catalog
