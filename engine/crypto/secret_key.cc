#include "engine/crypto/secret_key.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <cstring>

#include "engine/base/cleanup.h"

namespace shale::engine {
namespace {

constexpr std::string_view kIdPrefix = "shale key id\n";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

SecretKey::SecretKey(std::string_view bytes) {
  CHECK(bytes.size() == kSecretKeyBytes);
  std::memcpy(bytes_.data(), bytes.data(), bytes.size());
}

SecretKey::~SecretKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

SecretKey SecretKey::Generate(const RandomSource& random) {
  SecretKey key;
  random(key.bytes_.data(), key.bytes_.size());
  return key;
}

Result<SecretKey> SecretKey::Parse(std::string_view contents, std::string_view source) {
  if (contents.size() == kSecretKeyBytes) return SecretKey(contents);
  std::string_view digits = contents;
  if (digits.ends_with('\n')) digits.remove_suffix(1);
  if (digits.ends_with('\r')) digits.remove_suffix(1);
  SecretKey key;
  bool well_formed = digits.size() == 2 * kSecretKeyBytes;
  for (size_t i = 0; well_formed && i < kSecretKeyBytes; ++i) {
    int high = HexDigit(digits[2 * i]);
    int low = HexDigit(digits[2 * i + 1]);
    well_formed = high >= 0 && low >= 0;
    key.bytes_[i] = static_cast<char>(high * 16 + low);
  }
  if (!well_formed) {
    return Error(sqlstate::kConfigFileError,
                 "encryption key file \"{}\" holds no key: 64 hexadecimal digits or 32 raw bytes "
                 "are needed",
                 source)
        .Hint("A key can be made with: openssl rand -hex 32");
  }
  return key;
}

std::string SecretKey::id() const {
  std::string input(kIdPrefix);
  input += bytes();
  Cleanup wipe([&input] { Wipe(&input); });
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest);
  return std::string(reinterpret_cast<const char*>(digest), kKeyIdBytes);
}

bool SecretKey::operator==(const SecretKey& other) const {
  return CRYPTO_memcmp(bytes_.data(), other.bytes_.data(), bytes_.size()) == 0;
}

void Wipe(std::string* secret) {
  OPENSSL_cleanse(secret->data(), secret->size());
  secret->clear();
}

}  // namespace shale::engine
