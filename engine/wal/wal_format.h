// The write-ahead log's format, version 2: version 1 had no ingest operations in its batches. All
// integers little-endian.
//
// A segment is a log of Storage named wal-<log number, 20 digits>. It starts with a header, then
// records follow, each at an offset that is a multiple of 8; the segment ends in zeros or anything
// at all, which the torn-tail rule (wal_recovery.h) tells from records.
//
//   segment header   offset size
//                         0    8  magic "SHALEWAL"
//                         8    4  format version, 2
//                        12    4  flags: 1 encrypted; a reader refuses others
//                        16    8  log number
//                        24    8  LSN of the segment's first record
//                        32    8  LSN known durable when the header was written
//                        40    8  checksum of bytes 0..39
//                        48   96  envelope (engine/crypto/envelope_format.h), if encrypted
//   record           offset size
//                         0    8  checksum of bytes 8..47+length
//                         8    4  payload length, as stored
//                        12    1  type: 1 batch data, 2 mark (no payload), 3 time
//                        13    1  flags: 1 first, 2 last of its batch, 4 last of its chunk
//                        14    2  zero
//                        16    8  log number
//                        24    8  LSN: counts records, from 1, without gap over all segments
//                        32    8  LSN known durable when the record was written
//                        40    8  sequence number of the batch; of mark and time: the last one
//                                  assigned before
//                        48    n  payload; zeros up to the next multiple of 8
//
// Checksums are XXH3-64 seeded with ChecksumSeed(log number, offset of header or record), so bytes
// that were copied to another place or another segment fail too.
//
// In an encrypted segment a payload is stored sealed with the segment's data key: AES-256-GCM
// ciphertext and 16 bytes of tag. The nonce is the record's offset, associated data are the
// record's bytes 8..47 besides kind, number and offset. A crash leaves records whose checksum
// fails, which the torn-tail rule judges without any key; a record whose checksum holds and which
// does not authenticate was forged (XX001). A segment is written once, in order, and never again
// after a failed append, so no offset is sealed twice; the writer forgets the key to make sure.
//
// A time record's payload is 8 bytes: microseconds since 1970, when it was written. One comes
// before the first batch of a segment and before a batch that is written kWalTimeIntervalUs or more
// after the last one: every batch between two of them was committed between their times, or up to
// that interval later. It never stands within a batch.
//
// A batch is the records from one with flag 1 to one with flag 2; its chunks
// (engine/lsm/write_batch.h) are split into payloads of at most kWalPayloadBytesMax. A record of
// unknown type in a segment of a known version is damage. A segment of a later version is refused,
// never skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/crypto/envelope_format.h"

namespace shale::engine {

inline constexpr std::string_view kWalMagic = "SHALEWAL";
inline constexpr uint32_t kWalFormatVersion = 2;
inline constexpr size_t kWalSegmentHeaderBytes = 48;
inline constexpr size_t kWalEncryptedHeaderBytes = kWalSegmentHeaderBytes + kEnvelopeBytes;
inline constexpr size_t kWalRecordHeaderBytes = 48;
inline constexpr size_t kWalAlignment = 8;
inline constexpr size_t kWalPayloadBytesMax = 128 << 10;  // when writing
inline constexpr size_t kWalPayloadBytesReadable =
    16 << 20;  // when recovering: a sane bound, not the limit

inline constexpr uint64_t kWalTimeIntervalUs = 10'000;

enum class WalRecordType : uint8_t { kBatch = 1, kMark = 2, kTime = 3 };
inline constexpr uint32_t kWalSegmentEncrypted = 1;
inline constexpr uint8_t kWalFirstOfBatch = 1;
inline constexpr uint8_t kWalLastOfBatch = 2;
inline constexpr uint8_t kWalLastOfChunk = 4;

struct WalSegmentHeader {
  uint64_t log_number = 0;
  uint64_t first_lsn = 0;
  uint64_t durable_lsn = 0;
  bool encrypted = false;  // then the envelope follows
};

struct WalRecord {
  WalRecordType type = WalRecordType::kBatch;
  uint8_t flags = 0;
  uint64_t log_number = 0;
  uint64_t lsn = 0;
  uint64_t durable_lsn = 0;
  uint64_t sequence = 0;
  std::string_view payload;   // of a parsed one: as stored
  uint64_t stored_bytes = 0;  // of a parsed one: what it takes in the log
};

// Of a time record: its payload, 0 where that is not one.
uint64_t WalTimeOf(const WalRecord& record);

// "wal-00000000000000000007", and back; nothing where the name is no segment's.
std::string WalSegmentName(uint64_t log_number);
std::optional<uint64_t> ParseWalSegmentName(std::string_view name);

// Bytes that a payload takes in the log, as stored: sealing adds kSealTagBytes.
constexpr uint64_t WalRecordBytes(uint64_t payload_bytes) {
  return (kWalRecordHeaderBytes + payload_bytes + kWalAlignment - 1) / kWalAlignment *
         kWalAlignment;
}

void AppendWalSegmentHeader(const WalSegmentHeader& header, std::string* out);
// Appends the record as it stands at `offset` of its segment, sealed where there is a sealer.
void AppendWalRecord(const WalRecord& record, uint64_t offset, std::string* out,
                     FileSealer* sealer = nullptr);

enum class WalParse {
  kValid,
  kInvalid,   // no record of this log at this offset
  kNeedMore,  // may be one: *bytes_needed tells how many bytes from its start decide it
};

// Of the first kWalSegmentHeaderBytes. kInvalid where the checksum fails; a valid header of another
// version or number gives an error.
Result<WalParse> ParseWalSegmentHeader(std::string_view bytes, uint64_t log_number,
                                       const std::string& file_name, WalSegmentHeader* header);
// Of the bytes from a record's supposed start.
WalParse ParseWalRecord(std::string_view bytes, uint64_t log_number, uint64_t offset,
                        WalRecord* record, size_t* bytes_needed);
// The parsed record's payload becomes the opened one, in *buffer; false where it does not
// authenticate. `bytes` begin with the record.
bool OpenWalRecord(const FileOpener& opener, std::string_view bytes, uint64_t offset,
                   WalRecord* record, std::string* buffer);

}  // namespace shale::engine
