// The keyring: the store's keys, sealed by the master key, in the register "keyring". Version 1,
// little-endian.
//
//   offset size field
//        0    8 magic "SHALKEYS"
//        8    4 format version, 1
//       12    4 length of the sealed body, n
//       16   16 id of the master key (SecretKey::id)
//       32   12 nonce, random and fresh at each writing
//       44    4 zero
//       48    n body, AES-256-GCM under the master key, bytes 0..47 as associated data; its last 16
//               bytes are the tag
//     48+n    8 checksum (XXH3-64, seed 0) of all before
//
//   body: one entry per generation of store keys, ascending, the last one is in use
//        0    4 generation, from 1
//        4    4 zero
//        8    8 created, microseconds since 1970, UTC
//       16    8 first file number: files of lower numbers use older generations
//       24   32 store key
//
// The checksum tells damage from a wrong master key, the id a wrong master key from a forgery. As
// all generations are sealed together, none can be left out or brought back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/crypto/aes.h"

namespace shale::engine {

inline constexpr std::string_view kKeyringMagic = "SHALKEYS";
inline constexpr std::string_view kKeyringRegister = "keyring";
inline constexpr uint32_t kKeyringVersion = 1;
inline constexpr size_t kKeyringHeaderBytes = 48;
inline constexpr size_t kGenerationBytes = 56;
inline constexpr size_t kGenerationsMax = 1000;  // when writing

struct StoreKey {
  uint32_t generation = 0;
  uint64_t created_us = 0;
  uint64_t first_file_number = 0;
  SecretKey key;
};

// At least one key, generations ascending.
std::string EncodeKeyring(const std::vector<StoreKey>& keys, const SecretKey& master_key,
                          const RandomSource& random);
// The id of the master key that sealed it. XX001 for damage, 0A000 for a later version.
Result<std::string> KeyringMasterKeyId(std::string_view bytes);
// XX001 for damage and forgery, 0A000 for a later version, 28000 for the wrong master key.
Result<std::vector<StoreKey>> DecodeKeyring(std::string_view bytes, const SecretKey& master_key);

}  // namespace shale::engine
