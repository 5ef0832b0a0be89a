// The value file: large values of the tables of a store, kept apart so that compactions carry a
// reference of a few bytes where they would copy the value. All integers are little-endian.
//
//   file   = header (32) | envelope (96), if encrypted | record*
//   record = head (8) | payload | block trailer (12)
//
// Header
//   offset size field
//        0    8 magic "SHALVALS"
//        8    4 format version, 2; bit 31 is set in an encrypted file
//       12    4 zero
//       16    8 file number
//       24    8 checksum of bytes 0..23, seed ChecksumSeed(file number, 0)
//
// Head of a record
//   offset size field
//        0    4 payload bytes, as stored or sealed
//        4    4 low half of the checksum of bytes 0..3, seed ChecksumSeed(file number, offset of
//               the record)
//
// Payload and trailer are those of a table's block (table_format.h), of kind BlockKind::kValue: the
// value, compressed where that helps, sealed in an encrypted file, checksummed with the file's
// number and its own offset. Whoever has a reference needs no head; heads lead through a file for
// those who have none.
//
// A reference is what a table holds in place of a value, under an internal key of type
// kValueReference:
//   file number (varint) | offset of the record (varint) | payload bytes as stored (varint) |
//   value bytes (varint)
//
// A file has no torn tail: it is finished or it is damaged. Its length and the XXH3-64 of all of
// its bytes are in the manifest. A reader's duty is that of a table's reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/table/table_format.h"

namespace shale::engine {

inline constexpr uint64_t kValueFileMagic = 0x534c41564c414853;  // "SHALVALS"
inline constexpr uint32_t kValueFileVersion = 2;
inline constexpr uint32_t kValueFileEncrypted = uint32_t{1} << 31;  // in the header's version

struct ValueFileHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t reserved;
  uint64_t file_number;
  uint64_t checksum;
};
struct ValueRecordHead {
  uint32_t payload_bytes;
  uint32_t checksum;
};
static_assert(sizeof(ValueFileHeader) == 32 && offsetof(ValueFileHeader, file_number) == 16 &&
              offsetof(ValueFileHeader, checksum) == 24);
static_assert(sizeof(ValueRecordHead) == 8);

// What a record takes besides its payload.
inline constexpr size_t kValueRecordOverhead = sizeof(ValueRecordHead) + sizeof(BlockTrailer);

struct ValueReference {
  uint64_t file_number = 0;
  uint64_t offset = 0;         // of the record
  uint64_t payload_bytes = 0;  // as stored
  uint64_t value_bytes = 0;

  // Of the whole record: what the reference keeps from being garbage.
  uint64_t record_bytes() const { return payload_bytes + kValueRecordOverhead; }
  bool operator==(const ValueReference&) const = default;
};
void AppendValueReference(std::string* out, const ValueReference& reference);
// False where the bytes are not exactly one reference to a value that may be.
bool DecodeValueReference(std::string_view bytes, ValueReference* reference);

uint64_t ValueFileHeaderChecksum(const ValueFileHeader& header, uint64_t file_number);
uint32_t ValueRecordHeadChecksum(const ValueRecordHead& head, uint64_t file_number,
                                 uint64_t offset);

// XX001: `damaged value file "NAME": WHAT at offset N`.
Status DamagedValueFile(std::string_view file_name, uint64_t offset, std::string_view what);

}  // namespace shale::engine
