// A Bloom filter over the user keys of a table's partition, in blocks of one cache line: a query
// touches one line.
//
// After Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters" (2007). Payload:
//   line (64 bytes)* | number of lines (4) | probes per key (1) | zero (3)
// A key's XXH3-64 chooses the line with its upper half; the lower half, multiplied onwards by the
// golden ratio, gives with its upper 9 bits one bit of the line per probe. Bit i is bit i % 8 of
// byte i / 8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/checksum.h"

namespace shale::engine {

inline constexpr size_t kBloomLineBytes = 64;
inline constexpr size_t kBloomTailBytes = 8;

// The hash of a user key, for builder and reader.
inline uint64_t BloomHash(std::string_view user_key) { return Checksum(user_key); }

class BloomFilterBuilder {
 public:
  // bits_per_key 0 makes no filter.
  explicit BloomFilterBuilder(double bits_per_key) : bits_per_key_(bits_per_key) {}

  // Equal keys in a row count once.
  void Add(std::string_view user_key);
  bool empty() const { return hashes_.empty(); }
  size_t EstimatedBytes() const;
  std::string Finish() const;
  // As new.
  void Reset() { hashes_.clear(); }

 private:
  const double bits_per_key_;
  std::vector<uint64_t> hashes_;
};

// Reads a payload, which must outlive it.
class BloomFilter {
 public:
  BloomFilter() = default;  // contains everything
  // False where the payload is malformed.
  bool Open(std::string_view payload);

  // False: no such key was added. Never wrong about that.
  bool MayContain(std::string_view user_key) const { return MayContainHash(BloomHash(user_key)); }
  bool MayContainHash(uint64_t hash) const;
  // Begins to fetch what MayContainHash will read.
  void Prefetch(uint64_t hash) const;

 private:
  const char* lines_ = nullptr;
  uint32_t line_count_ = 0;
  uint32_t probes_ = 0;
};

}  // namespace shale::engine
