#include "engine/wal/wal_format.h"

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
std::string_view AssociatedOf(std::string_view record) {
  return record.substr(8, kWalRecordHeaderBytes - 8);
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
  DCHECK(offset % kWalAlignment == 0);
  CHECK(record.payload.size() <= kWalPayloadBytesReadable);
  size_t start = out->size();
  size_t stored_bytes = record.payload.size() + (sealer == nullptr ? 0 : kSealTagBytes);
  PutFixed64(out, 0);
  PutFixed32(out, static_cast<uint32_t>(stored_bytes));
  out->push_back(static_cast<char>(record.type));
  out->push_back(static_cast<char>(record.flags));
  PutFixed16(out, 0);
  PutFixed64(out, record.log_number);
  PutFixed64(out, record.lsn);
  PutFixed64(out, record.durable_lsn);
  PutFixed64(out, record.sequence);
  if (sealer == nullptr) {
    out->append(record.payload);
  } else {
    out->resize(start + kWalRecordHeaderBytes + stored_bytes);
    char* sealed = out->data() + start + kWalRecordHeaderBytes;
    sealer->Seal(offset, AssociatedOf(std::string_view(*out).substr(start)), record.payload,
                 sealed);
  }
  uint64_t checksum =
      KeyedChecksum(std::string_view(*out).substr(start + 8), record.log_number, offset);
  std::memcpy(out->data() + start, &checksum, sizeof(checksum));
  out->resize(start + WalRecordBytes(stored_bytes), '\0');
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

WalParse ParseWalRecord(std::string_view bytes, uint64_t log_number, uint64_t offset,
                        WalRecord* record, size_t* bytes_needed) {
  if (bytes.size() < kWalRecordHeaderBytes) {
    *bytes_needed = kWalRecordHeaderBytes;
    return WalParse::kNeedMore;
  }
  // The log number is the cheapest thing that tells garbage and zeros from records.
  if (LoadFixed<uint64_t>(bytes.data() + 16) != log_number) return WalParse::kInvalid;
  uint32_t length = LoadFixed<uint32_t>(bytes.data() + 8);
  if (length > kWalPayloadBytesReadable) return WalParse::kInvalid;
  if (bytes.size() < kWalRecordHeaderBytes + length) {
    *bytes_needed = kWalRecordHeaderBytes + length;
    return WalParse::kNeedMore;
  }
  std::string_view covered = bytes.substr(8, kWalRecordHeaderBytes - 8 + length);
  if (LoadFixed<uint64_t>(bytes.data()) != KeyedChecksum(covered, log_number, offset)) {
    return WalParse::kInvalid;
  }
  uint8_t type = static_cast<uint8_t>(bytes[12]);
  if (type < static_cast<uint8_t>(WalRecordType::kBatch) ||
      type > static_cast<uint8_t>(WalRecordType::kTime)) {
    return WalParse::kInvalid;
  }
  record->type = static_cast<WalRecordType>(type);
  record->flags = static_cast<uint8_t>(bytes[13]);
  record->log_number = log_number;
  record->lsn = LoadFixed<uint64_t>(bytes.data() + 24);
  record->durable_lsn = LoadFixed<uint64_t>(bytes.data() + 32);
  record->sequence = LoadFixed<uint64_t>(bytes.data() + 40);
  record->payload = bytes.substr(kWalRecordHeaderBytes, length);
  record->stored_bytes = WalRecordBytes(length);
  return WalParse::kValid;
}

bool OpenWalRecord(const FileOpener& opener, std::string_view bytes, uint64_t offset,
                   WalRecord* record, std::string* buffer) {
  if (record->payload.size() < kSealTagBytes) return false;
  buffer->resize(record->payload.size());
  if (!opener.Open(offset, AssociatedOf(bytes), record->payload, buffer->data())) return false;
  record->payload = std::string_view(*buffer).substr(0, record->payload.size() - kSealTagBytes);
  return true;
}

uint64_t WalTimeOf(const WalRecord& record) {
  return record.payload.size() == 8 ? LoadFixed<uint64_t>(record.payload.data()) : 0;
}

}  // namespace shale::engine
