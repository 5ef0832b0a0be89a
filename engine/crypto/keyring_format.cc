#include "engine/crypto/keyring_format.h"

#include <cstring>

#include "engine/base/checksum.h"
#include "engine/base/cleanup.h"
#include "engine/base/coding.h"

namespace shale::engine {
namespace {

Status Damaged(std::string_view what, size_t offset) {
  return Error(sqlstate::kDataCorrupted, "register \"{}\" is damaged at offset {}: {}",
               kKeyringRegister, offset, what);
}

Nonce NonceAt(std::string_view bytes) {
  Nonce nonce;
  std::memcpy(nonce.data(), bytes.data() + 32, nonce.size());
  return nonce;
}

}  // namespace

std::string EncodeKeyring(const std::vector<StoreKey>& keys, const SecretKey& master_key,
                          const RandomSource& random) {
  CHECK(!keys.empty());
  std::string body;
  body.reserve(keys.size() * kGenerationBytes);  // a buffer that moves leaves secrets behind
  Cleanup wipe([&body] { Wipe(&body); });
  for (const StoreKey& key : keys) {
    PutFixed32(&body, key.generation);
    PutFixed32(&body, 0);
    PutFixed64(&body, key.created_us);
    PutFixed64(&body, key.first_file_number);
    body.append(key.key.bytes());
  }
  Nonce nonce;
  random(reinterpret_cast<char*>(nonce.data()), nonce.size());
  size_t sealed_bytes = body.size() + kSealTagBytes;
  std::string bytes(kKeyringMagic);
  PutFixed32(&bytes, kKeyringVersion);
  PutFixed32(&bytes, static_cast<uint32_t>(sealed_bytes));
  bytes += master_key.id();
  bytes.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  PutFixed32(&bytes, 0);
  CHECK(bytes.size() == kKeyringHeaderBytes);
  bytes.resize(kKeyringHeaderBytes + sealed_bytes);
  AesGcm(master_key, AesGcm::Use::kSeal)
      .Seal(nonce, {std::string_view(bytes).substr(0, kKeyringHeaderBytes), {}}, body,
            bytes.data() + kKeyringHeaderBytes);
  PutFixed64(&bytes, Checksum(bytes));
  return bytes;
}

Result<std::string> KeyringMasterKeyId(std::string_view bytes) {
  if (bytes.size() < kKeyringHeaderBytes || !bytes.starts_with(kKeyringMagic)) {
    return Damaged("it is no keyring", 0);
  }
  size_t sealed_bytes = LoadFixed<uint32_t>(bytes.data() + 12);
  if (bytes.size() != kKeyringHeaderBytes + sealed_bytes + sizeof(uint64_t)) {
    return Damaged("wrong length", 12);
  }
  std::string_view covered = bytes.substr(0, kKeyringHeaderBytes + sealed_bytes);
  if (LoadFixed<uint64_t>(bytes.data() + covered.size()) != Checksum(covered)) {
    return Damaged("checksum mismatch", covered.size());
  }
  uint32_t version = LoadFixed<uint32_t>(bytes.data() + 8);
  if (version != kKeyringVersion) {
    return Error(sqlstate::kFeatureNotSupported,
                 "register \"{}\" has format version {}, this server knows version {}",
                 kKeyringRegister, version, kKeyringVersion);
  }
  return std::string(bytes.substr(16, kKeyIdBytes));
}

Result<std::vector<StoreKey>> DecodeKeyring(std::string_view bytes, const SecretKey& master_key) {
  ASSIGN_OR_RETURN(std::string master_key_id, KeyringMasterKeyId(bytes));
  if (master_key_id != master_key.id()) {
    return Error(sqlstate::kInvalidAuthorizationSpecification,
                 "wrong encryption key: the store is encrypted under another master key");
  }
  size_t sealed_bytes = LoadFixed<uint32_t>(bytes.data() + 12);
  if (sealed_bytes < kSealTagBytes + kGenerationBytes ||
      (sealed_bytes - kSealTagBytes) % kGenerationBytes != 0) {
    return Damaged("wrong length", 12);
  }
  std::string body(sealed_bytes, '\0');
  Cleanup wipe([&body] { Wipe(&body); });
  if (!AesGcm(master_key, AesGcm::Use::kOpen)
           .Open(NonceAt(bytes), {bytes.substr(0, kKeyringHeaderBytes), {}},
                 bytes.substr(kKeyringHeaderBytes, sealed_bytes), body.data())) {
    return Damaged("it does not authenticate", kKeyringHeaderBytes);
  }
  std::vector<StoreKey> keys;
  std::string_view entries = std::string_view(body).substr(0, sealed_bytes - kSealTagBytes);
  for (; !entries.empty(); entries.remove_prefix(kGenerationBytes)) {
    StoreKey key{.generation = LoadFixed<uint32_t>(entries.data()),
                 .created_us = LoadFixed<uint64_t>(entries.data() + 8),
                 .first_file_number = LoadFixed<uint64_t>(entries.data() + 16),
                 .key = SecretKey(entries.substr(24, kSecretKeyBytes))};
    if (key.generation <= (keys.empty() ? 0 : keys.back().generation)) {
      return Damaged("generations out of order", kKeyringHeaderBytes);
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace shale::engine
