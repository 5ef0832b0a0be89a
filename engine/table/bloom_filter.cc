#include "engine/table/bloom_filter.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/coding.h"

namespace shale::engine {
namespace {

constexpr uint32_t kGoldenRatio = 0x9e3779b9;
constexpr uint32_t kProbesMax = 24;

// What the lower half of a hash is multiplied by for each probe.
constexpr std::array<uint32_t, kProbesMax> kProbeFactors = [] {
  std::array<uint32_t, kProbesMax> factors{};
  uint32_t factor = 1;
  for (uint32_t& each : factors) each = factor *= kGoldenRatio;
  return factors;
}();

uint32_t BitOf(uint64_t hash, uint32_t probe) {
  return static_cast<uint32_t>(hash) * kProbeFactors[probe] >> 23;
}

size_t LineOf(uint64_t hash, uint32_t line_count) { return ((hash >> 32) * line_count) >> 32; }

}  // namespace

void BloomFilterBuilder::Add(std::string_view user_key) {
  if (bits_per_key_ <= 0) return;
  uint64_t hash = BloomHash(user_key);
  if (hashes_.empty() || hashes_.back() != hash) hashes_.push_back(hash);
}

namespace {

uint32_t LineCount(size_t keys, double bits_per_key) {
  double lines = std::ceil(static_cast<double>(keys) * bits_per_key / (8 * kBloomLineBytes));
  return static_cast<uint32_t>(std::clamp(lines, 1.0, 1e9 / kBloomLineBytes));
}

}  // namespace

size_t BloomFilterBuilder::EstimatedBytes() const {
  if (hashes_.empty()) return 0;
  return LineCount(hashes_.size(), bits_per_key_) * kBloomLineBytes + kBloomTailBytes;
}

std::string BloomFilterBuilder::Finish() const {
  uint32_t line_count = LineCount(hashes_.size(), bits_per_key_);
  // ln 2 * bits per key minimizes false positives in a plain filter; lines fill unevenly, so a
  // little fewer.
  auto probes = static_cast<uint32_t>(
      std::clamp(std::lround(bits_per_key_ * 0.6), long{1}, static_cast<long>(kProbesMax)));
  std::string payload(size_t{line_count} * kBloomLineBytes, '\0');
  for (uint64_t hash : hashes_) {
    char* line = payload.data() + LineOf(hash, line_count) * kBloomLineBytes;
    for (uint32_t i = 0; i < probes; ++i) {
      uint32_t bit = BitOf(hash, i);
      line[bit / 8] = static_cast<char>(line[bit / 8] | 1 << bit % 8);
    }
  }
  PutFixed32(&payload, line_count);
  payload.push_back(static_cast<char>(probes));
  payload.append(3, '\0');
  return payload;
}

bool BloomFilter::Open(std::string_view payload) {
  if (payload.size() < kBloomTailBytes + kBloomLineBytes) return false;
  const char* tail = payload.data() + payload.size() - kBloomTailBytes;
  line_count_ = LoadFixed<uint32_t>(tail);
  probes_ = static_cast<uint8_t>(tail[4]);
  bool fits =
      line_count_ > 0 && size_t{line_count_} * kBloomLineBytes + kBloomTailBytes == payload.size();
  if (!fits || probes_ == 0 || probes_ > kProbesMax || tail[5] != 0 || tail[6] != 0 ||
      tail[7] != 0) {
    return false;
  }
  lines_ = payload.data();
  return true;
}

void BloomFilter::Prefetch(uint64_t hash) const {
  if (lines_ == nullptr) return;
  __builtin_prefetch(lines_ + LineOf(hash, line_count_) * kBloomLineBytes);
}

bool BloomFilter::MayContainHash(uint64_t hash) const {
  if (lines_ == nullptr) return true;
  const char* line = lines_ + LineOf(hash, line_count_) * kBloomLineBytes;
  // All bits, whatever the first ones say: where to stop would be guessed wrong by the processor.
  uint32_t found = 1;
  for (uint32_t i = 0; i < probes_; ++i) {
    uint32_t bit = BitOf(hash, i);
    found &= static_cast<uint8_t>(line[bit / 8]) >> bit % 8;
  }
  return (found & 1) != 0;
}

}  // namespace shale::engine
