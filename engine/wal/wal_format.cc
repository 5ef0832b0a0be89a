#include "engine/wal/wal_format.h"

#include <lz4.h>

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/checksum.h"
#include "engine/base/coding.h"
#include "engine/wal/numbered_name.h"

namespace shale::engine {
namespace {

uint64_t KeyedChecksum(std::string_view bytes, uint64_t log_number, uint64_t offset) {
  return Checksum(bytes, ChecksumSeed(log_number, offset));
}

// What a record contributes to the authentication of its payload: its header but for the checksum.
std::string_view AssociatedOf(std::string_view record, size_t header_bytes) {
  return record.substr(sizeof(uint32_t), header_bytes - sizeof(uint32_t));
}

// LZ4 cannot expand more than this (its block format: 255 bytes a length byte).
constexpr uint64_t kLz4RatioMax = 255;

// Of a tag, bits 0..1.
constexpr uint8_t kTypeMask = 3;
constexpr uint8_t kBatchType = 1;
constexpr uint8_t kCompressedBatchType = 2;
constexpr uint8_t kOtherType = 3;
constexpr uint8_t kIsTime = 4;
constexpr uint8_t kBatchFlags = kWalFirstOfBatch | kWalLastOfBatch | kWalLastOfChunk;
constexpr uint8_t kAllFlags = kBatchFlags | kWalHasSequence | kWalNewSegment | kWalGroup;

bool IsTag(uint8_t tag) {
  static_assert((kTypeMask | kAllFlags) == 0xff);
  if ((tag & kWalGroup) != 0 && (tag & kBatchFlags) != kBatchFlags) return false;
  switch (tag & kTypeMask) {
    case kBatchType:
    case kCompressedBatchType:
      return (tag & kWalLastOfBatch) == 0 || (tag & kWalLastOfChunk) != 0;
    case kOtherType:
      return (tag & kBatchFlags & ~kIsTime) == 0 && (tag & kWalHasSequence) != 0;
    default:
      return false;
  }
}

uint8_t TagOf(const WalRecord& record) {
  const uint8_t flags = record.flags | (record.durable_offset == 0 ? kWalNewSegment : 0);
  switch (record.type) {
    case WalRecordType::kBatch:
      return flags | (record.is_compressed ? kCompressedBatchType : kBatchType);
    case WalRecordType::kTime:
      return flags | kOtherType | kIsTime;
    case WalRecordType::kMark:
      break;
  }
  return flags | kOtherType;
}

void ReadTag(uint8_t tag, WalRecord* record) {
  const uint8_t type = tag & kTypeMask;
  record->flags = tag & kAllFlags;
  record->type = WalRecordType::kBatch;
  record->is_compressed = type == kCompressedBatchType;
  if (type != kOtherType) return;
  record->type = (tag & kIsTime) != 0 ? WalRecordType::kTime : WalRecordType::kMark;
  record->flags &= ~kIsTime;
}

}  // namespace

std::string WalSegmentName(uint64_t log_number) { return NumberedName("wal-", log_number); }

std::optional<uint64_t> ParseWalSegmentName(std::string_view name) {
  return ParseNumberedName("wal-", name);
}

void AppendWalSegmentHeader(const WalSegmentHeader& header, std::string* out) {
  size_t start = out->size();
  out->append(kWalMagic);
  PutFixed32(out, kWalFormatVersion);
  PutFixed32(out, header.encrypted ? kWalSegmentEncrypted : 0);
  PutFixed64(out, header.log_number);
  PutFixed64(out, header.first_lsn);
  PutFixed64(out, header.durable_lsn);
  PutFixed64(out, KeyedChecksum(std::string_view(*out).substr(start), header.log_number, 0));
  CHECK(out->size() - start == kWalSegmentHeaderBytes);
}

void AppendWalRecord(const WalRecord& record, uint64_t offset, std::string* out,
                     FileSealer* sealer) {
  CHECK(record.payload.size() <= kWalPayloadBytesReadable && record.durable_offset <= offset);
  const bool is_new = record.durable_offset == 0;
  const uint8_t tag = TagOf(record);
  DCHECK(IsTag(tag));
  const size_t start = out->size();
  const size_t stored_bytes = record.payload.size() + (sealer == nullptr ? 0 : kSealTagBytes);
  PutFixed32(out, 0);
  out->push_back(static_cast<char>(tag));
  PutVarint64(out, stored_bytes);
  PutVarint64(out, is_new ? record.durable_lsn : offset - record.durable_offset);
  if ((tag & kWalHasSequence) != 0) PutVarint64(out, record.sequence);
  if (sealer == nullptr) {
    out->append(record.payload);
  } else {
    const size_t header_bytes = out->size() - start;
    out->resize(out->size() + stored_bytes);
    sealer->Seal(offset, AssociatedOf(std::string_view(*out).substr(start), header_bytes),
                 record.payload, out->data() + start + header_bytes);
  }
  std::string_view covered = std::string_view(*out).substr(start + sizeof(uint32_t));
  auto checksum = static_cast<uint32_t>(KeyedChecksum(covered, record.log_number, offset));
  std::memcpy(out->data() + start, &checksum, sizeof(checksum));
}

Result<WalParse> ParseWalSegmentHeader(std::string_view bytes, uint64_t log_number,
                                       const std::string& file_name, WalSegmentHeader* header) {
  if (bytes.size() < kWalSegmentHeaderBytes || !bytes.starts_with(kWalMagic)) {
    return WalParse::kInvalid;
  }
  uint64_t checksum = LoadFixed<uint64_t>(bytes.data() + 40);
  if (checksum != KeyedChecksum(bytes.substr(0, 40), log_number, 0)) return WalParse::kInvalid;
  uint32_t version = LoadFixed<uint32_t>(bytes.data() + 8);
  if (version != kWalFormatVersion) {
    return Error(sqlstate::kFeatureNotSupported,
                 "write-ahead log \"{}\" has format version {}, this server knows version {}",
                 file_name, version, kWalFormatVersion);
  }
  header->log_number = LoadFixed<uint64_t>(bytes.data() + 16);
  header->first_lsn = LoadFixed<uint64_t>(bytes.data() + 24);
  header->durable_lsn = LoadFixed<uint64_t>(bytes.data() + 32);
  uint32_t flags = LoadFixed<uint32_t>(bytes.data() + 12);
  if ((flags & ~kWalSegmentEncrypted) != 0) {
    return Error(sqlstate::kFeatureNotSupported,
                 "write-ahead log \"{}\" has flags that this server does not know", file_name);
  }
  header->encrypted = (flags & kWalSegmentEncrypted) != 0;
  if (header->log_number != log_number) return WalParse::kInvalid;
  return WalParse::kValid;
}

bool MayBeWalRecord(const char* bytes) { return IsTag(static_cast<uint8_t>(bytes[4])); }

WalParse ParseWalRecord(std::string_view bytes, uint64_t log_number, uint64_t offset,
                        WalRecord* record, size_t* bytes_needed) {
  if (bytes.size() >= kWalRecordHeaderBytesMin && !MayBeWalRecord(bytes.data())) {
    return WalParse::kInvalid;
  }
  ByteReader reader(bytes.substr(0, kWalRecordHeaderBytesMax));
  const uint32_t checksum = reader.ReadFixed32();
  const uint8_t tag = reader.ReadByte();
  const uint64_t length = reader.ReadVarint64();
  const uint64_t durable = reader.ReadVarint64();
  const uint64_t sequence = (tag & kWalHasSequence) != 0 ? reader.ReadVarint64() : 0;
  if (!reader.ok()) {
    if (bytes.size() >= kWalRecordHeaderBytesMax) return WalParse::kInvalid;
    *bytes_needed = kWalRecordHeaderBytesMax;
    return WalParse::kNeedMore;
  }
  const bool is_new = (tag & kWalNewSegment) != 0;
  if (length > kWalPayloadBytesReadable || (!is_new && durable >= offset)) {
    return WalParse::kInvalid;
  }
  const size_t header_bytes =
      std::min(bytes.size(), kWalRecordHeaderBytesMax) - reader.rest().size();
  if (bytes.size() < header_bytes + length) {
    *bytes_needed = header_bytes + length;
    return WalParse::kNeedMore;
  }
  std::string_view covered = bytes.substr(0, header_bytes + length).substr(sizeof(checksum));
  if (checksum != static_cast<uint32_t>(KeyedChecksum(covered, log_number, offset))) {
    return WalParse::kInvalid;
  }
  ReadTag(tag, record);
  record->log_number = log_number;
  record->lsn = 0;
  record->durable_offset = is_new ? 0 : offset - durable;
  record->durable_lsn = is_new ? durable : 0;
  record->sequence = sequence;
  record->payload = bytes.substr(header_bytes, length);
  record->stored_bytes = header_bytes + length;
  return WalParse::kValid;
}

bool OpenWalRecord(const FileOpener& opener, std::string_view bytes, uint64_t offset,
                   WalRecord* record, std::string* buffer) {
  if (record->payload.size() < kSealTagBytes) return false;
  buffer->resize(record->payload.size());
  const size_t header_bytes = record->stored_bytes - record->payload.size();
  std::string_view associated = AssociatedOf(bytes, header_bytes);
  if (!opener.Open(offset, associated, record->payload, buffer->data())) return false;
  record->payload = std::string_view(*buffer).substr(0, record->payload.size() - kSealTagBytes);
  return true;
}

bool CompressWalPayload(std::string_view payload, std::string* out) {
  CHECK(payload.size() <= kWalPayloadBytesReadable);
  const size_t start = out->size();
  PutVarint64(out, payload.size());
  const size_t head_bytes = out->size() - start;
  const size_t bytes_max = payload.size() - payload.size() / 8;
  out->resize(start + std::max(bytes_max, head_bytes));
  const int room = static_cast<int>(out->size() - start - head_bytes);
  const int bytes = LZ4_compress_default(payload.data(), out->data() + start + head_bytes,
                                         static_cast<int>(payload.size()), room);
  out->resize(bytes > 0 ? start + head_bytes + bytes : start);
  return bytes > 0;
}

bool DecompressWalRecord(WalRecord* record, std::string* buffer) {
  ByteReader reader(record->payload);
  const uint64_t bytes = reader.ReadVarint64();
  const std::string_view block = reader.rest();
  if (!reader.ok() || bytes > kWalPayloadBytesReadable || bytes > block.size() * kLz4RatioMax) {
    return false;
  }
  buffer->resize(bytes);
  const int got = LZ4_decompress_safe(block.data(), buffer->data(), static_cast<int>(block.size()),
                                      static_cast<int>(bytes));
  if (got < 0 || static_cast<uint64_t>(got) != bytes) return false;
  record->payload = *buffer;
  record->is_compressed = false;
  return true;
}

void AppendWalGroup(std::span<const uint64_t> lengths, std::string_view chunks, std::string* out) {
  CHECK(!lengths.empty() && lengths.size() <= kWalGroupBatchesMax);
  PutVarint64(out, lengths.size());
  AppendPackedColumn(lengths, out);
  *out += chunks;
}

bool WalGroup::Open(std::string_view payload) {
  ByteReader reader(payload);
  const uint64_t count = reader.ReadVarint64();
  if (count == 0 || count > kWalGroupBatchesMax || !lengths_.Open(count, &reader)) return false;
  chunks_ = reader.rest();
  uint64_t bytes = 0;
  for (size_t i = 0; i < count && bytes <= chunks_.size(); ++i) bytes += lengths_[i];
  if (bytes != chunks_.size()) return false;
  count_ = count;
  next_ = 0;
  return true;
}

std::string_view WalGroup::Next() {
  const uint64_t length = lengths_[next_++];
  std::string_view chunk = chunks_.substr(0, length);
  chunks_.remove_prefix(length);
  return chunk;
}

uint64_t WalTimeOf(const WalRecord& record) {
  return record.payload.size() == 8 ? LoadFixed<uint64_t>(record.payload.data()) : 0;
}

}  // namespace shale::engine
