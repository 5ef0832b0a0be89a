// Random numbers: Random for everything that a test must be able to replay from a seed,
// SecureRandom for keys, nonces and salts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace shale {

// xoshiro256** (Blackman and Vigna, 2018), seeded through SplitMix64. Not thread-safe; not for
// secrets. Satisfies std::uniform_random_bit_generator.
class Random {
 public:
  using result_type = uint64_t;

  explicit Random(uint64_t seed) {
    for (uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15;
      uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
      word = mixed ^ (mixed >> 31);
    }
  }

  uint64_t Next() {
    uint64_t result = RotateLeft(state_[1] * 5, 7) * 9;
    uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = RotateLeft(state_[3], 45);
    return result;
  }

  // 0 .. bound - 1, evenly (Lemire, 2019); bound is not 0.
  uint64_t Uniform(uint64_t bound) {
    __uint128_t product = static_cast<__uint128_t>(Next()) * bound;
    if (static_cast<uint64_t>(product) < bound) {
      uint64_t threshold = (0 - bound) % bound;
      while (static_cast<uint64_t>(product) < threshold) {
        product = static_cast<__uint128_t>(Next()) * bound;
      }
    }
    return static_cast<uint64_t>(product >> 64);
  }
  // 0 <= x < 1.
  double UniformDouble() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  // True once in n times on average; n is not 0.
  bool OneIn(uint64_t n) { return Uniform(n) == 0; }

  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return UINT64_MAX; }
  uint64_t operator()() { return Next(); }

 private:
  static uint64_t RotateLeft(uint64_t value, int bits) {
    return (value << bits) | (value >> (64 - bits));
  }

  uint64_t state_[4];
};

// Bytes from the kernel's generator (getrandom); aborts where the kernel has none. Thread-safe.
void FillSecureRandom(char* buffer, size_t length);
std::string SecureRandomBytes(size_t length);
uint64_t SecureRandom64();

}  // namespace shale
