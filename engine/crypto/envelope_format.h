// The envelope: how an encrypted file carries its data key. Version 1, little-endian. It stands
// right behind the file's own header, whose format says where that ends.
//
//   offset size field
//        0    8 magic "SHALENVE"
//        8    4 format version, 1
//       12    4 generation of the store key that wraps the data key
//       16   56 AES key wrap (RFC 3394) under that store key of
//                 data key (32) | file number (8) | file kind (1) | zero (7)
//       72   16 GCM tag under the data key, nonce of place 0, of no bytes with the file's own
//       header
//               and bytes 0..71 as associated data
//       88    8 checksum (XXH3-64, seed 0) of bytes 0..87
//
// The checksum tells a torn or damaged envelope from a forged one. The wrapped number and kind tell
// the file that the key was made for: another file of the same store in its place is found out
// before any block is read. The tag authenticates the file's own header.
//
// Places in the file (the nonces of its pieces) are above 0, which is the header's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/crypto/file_cipher.h"

namespace shale::engine {

inline constexpr std::string_view kEnvelopeMagic = "SHALENVE";
inline constexpr uint32_t kEnvelopeVersion = 1;
inline constexpr size_t kEnvelopeBytes = 96;
inline constexpr size_t kWrappedKeyBytes = 56;

struct Envelope {
  uint32_t generation = 0;
  std::string_view wrapped;  // kWrappedKeyBytes
  std::string_view tag;
};

// The key as it is wrapped, and back; false where it is not wrapped by this store key.
std::string WrapDataKey(const SecretKey& store_key, const SecretKey& data_key,
                        FileIdentity identity);
bool UnwrapDataKey(const SecretKey& store_key, std::string_view wrapped, std::string* data_key,
                   FileIdentity* identity);

// Appends an envelope to the file's own header, which is all that *header holds. The sealer is new.
void AppendEnvelope(std::string_view wrapped, FileSealer* sealer, std::string* header);

enum class EnvelopeState { kDamaged, kUnknownVersion, kIntact };
// Of exactly kEnvelopeBytes; views into them.
EnvelopeState ParseEnvelope(std::string_view bytes, Envelope* envelope);
// True where the tag holds for a file's own header and its envelope, which `header` ends with.
bool EnvelopeHolds(const FileOpener& opener, std::string_view header, const Envelope& envelope);

}  // namespace shale::engine
