// The two ciphers that encryption at rest is made of, by OpenSSL's EVP:
//
//   AES-256-GCM (NIST SP 800-38D)   seals bytes: encrypts them and appends a 16-byte tag that
//   proves
//                                   that they, the nonce and the associated data are unchanged
//   AES key wrap (RFC 3394)         wraps keys: deterministic, no nonce, with its own integrity
//   check
//
// GCM breaks when a nonce is used twice under one key: who seals says why that cannot be. A failure
// of OpenSSL itself (no memory) ends the process.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/crypto/secret_key.h"

struct evp_cipher_ctx_st;

namespace shale::engine {

inline constexpr size_t kNonceBytes = 12;
inline constexpr size_t kSealTagBytes = 16;  // what sealing adds
inline constexpr size_t kWrapBytes = 8;      // what wrapping adds
using Nonce = std::array<uint8_t, kNonceBytes>;

// What is authenticated with the sealed bytes without being among them, in two parts so that no
// caller must join them.
struct AssociatedData {
  std::string_view first;
  std::string_view second;
};

// One key, expanded once. No call allocates. One thread at a time.
class AesGcm {
 public:
  enum class Use { kSeal, kOpen };
  AesGcm(const SecretKey& key, Use use);
  ~AesGcm();
  AesGcm(const AesGcm&) = delete;
  AesGcm& operator=(const AesGcm&) = delete;

  // Writes plain.size() + kSealTagBytes bytes to out, which may be where plain is.
  void Seal(const Nonce& nonce, AssociatedData associated, std::string_view plain, char* out);
  // False where the bytes were not sealed with this key, nonce and associated data; out is then
  // garbage. Writes sealed.size() - kSealTagBytes bytes to out, which may be where sealed is.
  bool Open(const Nonce& nonce, AssociatedData associated, std::string_view sealed, char* out);

 private:
  evp_cipher_ctx_st* const context_;
  const uint64_t key_mark_;  // tells keys apart for the observer
};

// plain is a multiple of 8 bytes, at least 16.
std::string WrapKey(const SecretKey& wrapping_key, std::string_view plain);
// False where the bytes were not wrapped with this key.
bool UnwrapKey(const SecretKey& wrapping_key, std::string_view wrapped, std::string* plain);

// For tests: told of every sealing of the process, on the thread that seals.
class SealObserver {
 public:
  virtual ~SealObserver() = default;
  // key_mark is the same for the same key, and different for different ones but for chance.
  virtual void OnSeal(uint64_t key_mark, const Nonce& nonce) = 0;
};
// Null: nobody. The observer outlives its being set and every sealing begun meanwhile.
void SetSealObserver(SealObserver* observer);

}  // namespace shale::engine
