// Keys and random bytes that are the same in every run, and hexadecimal.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/random.h"
#include "engine/crypto/secret_key.h"

namespace shale::engine {

inline SecretKey TestKey(uint64_t seed) {
  Random random(seed);
  std::string bytes;
  for (size_t i = 0; i < kSecretKeyBytes; ++i) bytes += static_cast<char>(random.Next());
  return SecretKey(bytes);
}

// The same bytes from the same seed. One thread at a time.
inline RandomSource TestRandom(uint64_t seed) {
  auto random = std::make_shared<Random>(seed);
  return [random](char* buffer, size_t length) {
    for (size_t i = 0; i < length; ++i) buffer[i] = static_cast<char>(random->Next());
  };
}

inline std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

inline std::string ToHex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned char byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace shale::engine
