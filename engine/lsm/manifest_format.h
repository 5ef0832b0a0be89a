// The manifest's format, version 2, and the root register's. All integers little-endian.
//
// A manifest is a log of Storage named manifest-<number, 20 digits>: a header, then version edits.
// The first edit describes the whole store, each further one changes it. The register "root" names
// the manifest in force; a new manifest counts from the moment the register names it.
//
//   header           offset size
//                         0    8  magic "SHALEMAN"
//                         8    4  format version, 2
//                        12    4  flags: 1 encrypted; a reader refuses others
//                        16    8  manifest number
//                        24    8  checksum of bytes 0..23
//                        32   96  envelope (engine/crypto/envelope_format.h), if encrypted
//   record           offset size
//                         0    8  checksum of bytes 8..23+length
//                         8    4  payload length, as stored
//                        12    4  zero
//                        16    8  edit number: 1, 2, ... in this manifest
//                        24    n  payload: a VersionEdit; zeros up to the next multiple of 8
//   payload          fields, each a tag byte and its contents
//                         1  next file number
//                         2  last sequence number
//                         3  log number, first LSN: where replay of the write-ahead log starts
//                         4  removed table: level u8, number
//                         5  added table: level u8, number, bytes, digest u64 (of the whole
//                            file), entries, deletions, range tombstones, hidden versions, sequence
//                            min, sequence max, smallest user key, largest user key, end u8 (0
//                            inclusive, 1 exclusive, 2 unbounded)
//                         6  durable LSN: the write-ahead log up to it was synced
//                         7  history floor: versions that only snapshots before this sequence
//                            number see may have been dropped
//                         8  time mark: sequence number, microseconds since 1970 when it was the
//                            last one published
//                         9  added table of a sorted run: as 5; all of its entries have the
//                            sequence number that is min and max, not the one they are stored with
//                    other numbers are varints, keys length-prefixed
//   root register    offset size
//                         0    8  magic "SHALROOT"
//                         8    4  format version, 2
//                        12    4  zero
//                        16    8  manifest number
//                        24    8  checksum of bytes 0..23
//
// Checksums are XXH3-64 seeded with ChecksumSeed(manifest number, offset), the register's with
// ChecksumSeed(0, 0).
//
// In an encrypted manifest a payload is stored sealed with the manifest's data key: AES-256-GCM
// ciphertext and 16 bytes of tag. The nonce is the record's offset, associated data are the
// record's bytes 8..23 besides kind, number and offset. A record whose checksum holds and which
// does not authenticate was forged (XX001), not torn. The root register tells only a number and is
// not encrypted.
//
// Torn tail. Each edit is synced before the next is written, so an invalid record with a valid one
// behind it is damage (XX001). An invalid last record was never acted on and is dropped: what it
// would have removed is still there. Were it acted on and damaged later, files that the edits
// before it name would be missing, which recovery checks. An unknown tag is refused, never skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/crypto/envelope_format.h"

namespace shale::engine {

inline constexpr std::string_view kManifestMagic = "SHALEMAN";
inline constexpr std::string_view kRootMagic = "SHALROOT";
inline constexpr std::string_view kRootRegister = "root";
inline constexpr uint32_t kManifestFormatVersion = 2;
inline constexpr uint32_t kManifestEncrypted = 1;
inline constexpr size_t kManifestHeaderBytes = 32;
inline constexpr size_t kManifestEncryptedHeaderBytes = kManifestHeaderBytes + kEnvelopeBytes;
inline constexpr size_t kManifestRecordHeaderBytes = 24;
inline constexpr size_t kManifestAlignment = 8;
inline constexpr size_t kManifestPayloadBytesReadable = 1 << 30;

struct ManifestRecord {
  uint64_t edit_number = 0;
  std::string_view payload;   // of a parsed one: as stored
  uint64_t stored_bytes = 0;  // of a parsed one: what it takes in the manifest
};

std::string ManifestName(uint64_t number);
std::optional<uint64_t> ParseManifestName(std::string_view name);

constexpr uint64_t ManifestRecordBytes(uint64_t payload_bytes) {
  return (kManifestRecordHeaderBytes + payload_bytes + kManifestAlignment - 1) /
         kManifestAlignment * kManifestAlignment;
}

// Without its envelope.
void AppendManifestHeader(uint64_t manifest_number, bool encrypted, std::string* out);
// Sealed where there is a sealer.
void AppendManifestRecord(uint64_t manifest_number, const ManifestRecord& record, uint64_t offset,
                          std::string* out, FileSealer* sealer = nullptr);

// Of the whole manifest's bytes; gives whether it is encrypted. XX001 naming file and offset, 0A000
// for a later version.
Result<bool> ParseManifestHeader(std::string_view bytes, uint64_t manifest_number,
                                 const std::string& file_name);
// Of the bytes from a record's supposed start on; false where there is no valid one.
bool ParseManifestRecord(std::string_view bytes, uint64_t manifest_number, uint64_t offset,
                         ManifestRecord* record);
// The parsed record's payload becomes the opened one, in *buffer; false where it does not
// authenticate. `bytes` begin with the record.
bool OpenManifestRecord(const FileOpener& opener, std::string_view bytes, uint64_t offset,
                        ManifestRecord* record, std::string* buffer);

std::string EncodeRoot(uint64_t manifest_number);
Result<uint64_t> DecodeRoot(std::string_view bytes);

}  // namespace shale::engine
