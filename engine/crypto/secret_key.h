// SecretKey: 256 bits that nobody else may know. Copies are wiped when they go; a key is never
// formatted, logged or compared in an error message: its id stands for it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale::engine {

inline constexpr size_t kSecretKeyBytes = 32;
inline constexpr size_t kKeyIdBytes = 16;

// Fills the buffer with bytes that nobody can predict.
using RandomSource = std::function<void(char* buffer, size_t length)>;

class SecretKey {
 public:
  // Exactly kSecretKeyBytes.
  explicit SecretKey(std::string_view bytes);
  SecretKey(const SecretKey& other) = default;
  SecretKey& operator=(const SecretKey& other) = default;
  ~SecretKey();

  static SecretKey Generate(const RandomSource& random);
  // Of a key file's contents: 32 raw bytes, or 64 hexadecimal digits and at most one line end.
  // F0000 for anything else; `source` names the file.
  static Result<SecretKey> Parse(std::string_view contents, std::string_view source);

  std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(bytes_.data()); }
  // Names the key without telling it: the first half of SHA-256 over a fixed text and the key.
  std::string id() const;

  bool operator==(const SecretKey& other) const;

 private:
  SecretKey() = default;

  std::array<char, kSecretKeyBytes> bytes_{};
};

// Overwrites the bytes such that the compiler cannot leave it out.
void Wipe(std::string* secret);

}  // namespace shale::engine
