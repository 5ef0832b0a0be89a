// The write-ahead log's format, version 4. Version 3 had neither groups nor compression; in version
// 2 each record spelt out all its numbers, 48 bytes in front of the payload. All integers
// little-endian; varints are those of engine/base/coding.h.
//
// A segment is a log of Storage named wal-<log number, 20 digits>. It starts with a header, then
// records follow without gap; the segment ends in zeros or anything at all, which the torn-tail
// rule (wal_recovery.h) tells from records.
//
//   segment header   offset size
//                         0    8  magic "SHALEWAL"
//                         8    4  format version, 4
//                        12    4  flags: 1 encrypted; a reader refuses others
//                        16    8  log number
//                        24    8  LSN of the segment's first record
//                        32    8  LSN known durable when the header was written
//                        40    8  checksum of bytes 0..39
//                        48   96  envelope (engine/crypto/envelope_format.h), if encrypted
//   record           offset size
//                         0    4  checksum of bytes 4..end, its low half
//                         4    1  tag: bits 0..1 type: 1 batch data, 2 the same compressed, 3 time
//                                  with bit 4, mark (no payload) without;
//                                  4 first, 8 last of its batch, 16 last of its chunk (batch data);
//                                  32 has a sequence number, 64 the segment is new, 128 a group
//                                  (with 4, 8 and 16 only)
//                         5 1..4  payload length, as stored, varint
//                           1..   what was known durable when the record was written, varint:
//                                  how many bytes before the record the durable part of the
//                                  segment ended; in a new segment, none of which was known
//                                  durable: the LSN up to which the log was
//                           0..   sequence number, varint, with tag bit 32: of the batch; of mark
//                                  and time, which always have it, the last one assigned before
//                             n  payload
//   group            size
//                    1..2  number of batches, varint; their sequence numbers follow each other
//                    2..   lengths of their chunks, a column (engine/base/packed_column.h)
//                       n  the chunks, one for each batch
//
// A reader counts what a record does not say. LSNs number records, from 1, without gap over all
// segments. The first record of a batch without a sequence number has the one after the last before
// it in its segment (from 0 at the segment's beginning), further records of a batch have the first
// one's.
//
// Checksums are XXH3-64 seeded with ChecksumSeed(log number, offset of header or record), so bytes
// that were copied to another place or another segment fail too.
//
// A compressed payload is the length of the plain one, varint, and an LZ4 block.
//
// In an encrypted segment a payload, compressed first, is stored sealed with the segment's data
// key: AES-256-GCM ciphertext and 16 bytes of tag. The nonce is the record's offset, associated
// data are the record's bytes from 4 up to the payload besides kind, number and offset. A crash
// leaves records whose checksum fails, which the torn-tail rule judges without any key; a record
// whose checksum holds and which does not authenticate was forged (XX001). A segment is written
// once, in order, and never again after a failed append, so no offset is sealed twice; the writer
// forgets the key to make sure.
//
// A time record's payload is 8 bytes: microseconds since 1970, when it was written. One comes
// before the first batch of a segment and before a batch that is written kWalTimeIntervalUs or more
// after the last one: every batch between two of them was committed between their times, or up to
// that interval later. It never stands within a batch.
//
// A batch is the records from one with tag bit 4 to one with tag bit 8; its chunks
// (engine/lsm/write_batch.h) are split into payloads of at most kWalPayloadBytesMax. Small batches
// that are appended together share a record, a group: they are found all or none, as those who
// committed them were told together. A record of unknown type in a segment of a known version is
// damage. A segment of a later version is refused, never skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/packed_column.h"
#include "engine/base/status.h"
#include "engine/crypto/envelope_format.h"

namespace shale::engine {

inline constexpr std::string_view kWalMagic = "SHALEWAL";
inline constexpr uint32_t kWalFormatVersion = 4;
inline constexpr size_t kWalSegmentHeaderBytes = 48;
inline constexpr size_t kWalEncryptedHeaderBytes = kWalSegmentHeaderBytes + kEnvelopeBytes;
// In front of a record's payload: checksum, tag, and varints of a byte, or of all they may take.
inline constexpr size_t kWalRecordHeaderBytesMin = 4 + 1 + 2 * 1;
inline constexpr size_t kWalRecordHeaderBytesMax = 4 + 1 + 4 + 2 * 10;
inline constexpr size_t kWalPayloadBytesMax = 128 << 10;  // when writing
inline constexpr size_t kWalPayloadBytesReadable =
    16 << 20;  // when recovering: a sane bound, not the limit

inline constexpr uint64_t kWalTimeIntervalUs = 10'000;

enum class WalRecordType : uint8_t { kBatch, kMark, kTime };
inline constexpr uint32_t kWalSegmentEncrypted = 1;
// Of a record's tag.
inline constexpr uint8_t kWalFirstOfBatch = 4;
inline constexpr uint8_t kWalLastOfBatch = 8;
inline constexpr uint8_t kWalLastOfChunk = 16;
inline constexpr uint8_t kWalHasSequence = 32;
inline constexpr uint8_t kWalNewSegment = 64;
inline constexpr uint8_t kWalGroup = 128;

struct WalSegmentHeader {
  uint64_t log_number = 0;
  uint64_t first_lsn = 0;
  uint64_t durable_lsn = 0;
  bool encrypted = false;  // then the envelope follows
};

struct WalRecord {
  WalRecordType type = WalRecordType::kBatch;
  uint8_t flags = 0;           // the tag but for the type
  bool is_compressed = false;  // the payload of a batch's
  uint64_t log_number = 0;
  uint64_t lsn = 0;  // counted by WalReader
  // Up to where the segment was known durable, and, in a new one, where that is 0, the log.
  uint64_t durable_offset = 0;
  uint64_t durable_lsn = 0;
  uint64_t sequence = 0;      // where the record has none: counted by WalReader
  std::string_view payload;   // of a parsed one: as stored; from WalReader: plain, of one batch
  uint64_t stored_bytes = 0;  // of a parsed one: what it takes in the log
};

// Appends the compressed payload. False, and nothing appended, where that saves less than an
// eighth.
bool CompressWalPayload(std::string_view payload, std::string* out);
// The payload of a record that is compressed becomes the plain one, in *buffer; false where it does
// not decompress.
bool DecompressWalRecord(WalRecord* record, std::string* buffer);

inline constexpr size_t kWalGroupBatchesMax = 4096;

// As the payload of a group: batches of these lengths, whose chunks lie one after another.
void AppendWalGroup(std::span<const uint64_t> lengths, std::string_view chunks, std::string* out);
// Gives the chunks out. The payload must outlive it.
class WalGroup {
 public:
  // False where the payload is no group.
  bool Open(std::string_view payload);
  bool empty() const { return next_ == count_; }
  // Of a group that is not empty.
  std::string_view Next();

 private:
  size_t count_ = 0;
  size_t next_ = 0;
  PackedColumn lengths_;
  std::string_view chunks_;  // from the next one on
};

// Of a time record: its payload, 0 where that is not one.
uint64_t WalTimeOf(const WalRecord& record);

// "wal-00000000000000000007", and back; nothing where the name is no segment's.
std::string WalSegmentName(uint64_t log_number);
std::optional<uint64_t> ParseWalSegmentName(std::string_view name);

// Bytes that a payload takes in the log, as stored, at most: sealing adds kSealTagBytes.
constexpr uint64_t WalRecordBytesMax(uint64_t payload_bytes) {
  return kWalRecordHeaderBytesMax + payload_bytes;
}

void AppendWalSegmentHeader(const WalSegmentHeader& header, std::string* out);
// Appends the record as it stands at `offset` of its segment, sealed where there is a sealer. Of
// the flags, the one of a new segment follows from durable_offset.
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
// Whether the kWalRecordHeaderBytesMin bytes may be a record's first ones. Cheap, for searches;
// false for zeros.
bool MayBeWalRecord(const char* bytes);
// Of the bytes from a record's supposed start.
WalParse ParseWalRecord(std::string_view bytes, uint64_t log_number, uint64_t offset,
                        WalRecord* record, size_t* bytes_needed);
// The parsed record's payload becomes the opened one, in *buffer; false where it does not
// authenticate. `bytes` begin with the record.
bool OpenWalRecord(const FileOpener& opener, std::string_view bytes, uint64_t offset,
                   WalRecord* record, std::string* buffer);

}  // namespace shale::engine
