#include "engine/wal/wal_reader.h"

#include <algorithm>

#include "engine/base/coding.h"

namespace shale::engine {

Result<std::unique_ptr<WalReader>> WalReader::Open(Storage* storage, uint64_t log_number,
                                                   const Keyring* keyring) {
  ASSIGN_OR_RETURN(auto log, storage->OpenLog(WalSegmentName(log_number)));
  std::unique_ptr<WalReader> reader(new WalReader(std::move(log), log_number));
  RETURN_IF_ERROR(reader->ReadHeader(keyring));
  return reader;
}

Status WalReader::ReadHeader(const Keyring* keyring) {
  ASSIGN_OR_RETURN(std::string_view bytes, Window(0, kWalEncryptedHeaderBytes));
  WalSegmentHeader header;
  ASSIGN_OR_RETURN(WalParse parse, ParseWalSegmentHeader(bytes, log_number_, name(), &header));
  if (parse != WalParse::kValid) return Status::Ok();
  next_lsn_ = header.first_lsn;
  if (!header.encrypted) {
    if (keyring != nullptr) return PlainFileInEncryptedStore(name());
    header_ = header;
    offset_ = kWalSegmentHeaderBytes;
    return Status::Ok();
  }
  if (keyring == nullptr) return EncryptedFileInPlainStore(name());
  // A torn envelope makes a torn header; an intact one that is not authentic is an attack.
  bytes = bytes.substr(0, kWalEncryptedHeaderBytes);
  Envelope envelope;
  if (ParseEnvelope(bytes.substr(kWalSegmentHeaderBytes), &envelope) == EnvelopeState::kDamaged) {
    return Status::Ok();
  }
  ASSIGN_OR_RETURN(opener_, keyring->OpenFile({FileKind::kLog, log_number_}, bytes, name()));
  header_ = header;
  offset_ = kWalEncryptedHeaderBytes;
  return Status::Ok();
}

Result<std::string_view> WalReader::Window(uint64_t offset, size_t length) {
  bool inside = offset >= window_offset_ && offset + length <= window_offset_ + window_.size();
  if (!inside) {
    size_t wanted = std::max(length, kWindowBytes);
    if (offset >= reader_->size()) return std::string_view();
    wanted = std::min<uint64_t>(wanted, reader_->size() - offset);
    window_.resize(wanted);
    ASSIGN_OR_RETURN(size_t got, reader_->Read(offset, wanted, window_.data()));
    window_.resize(got);
    window_offset_ = offset;
  }
  return std::string_view(window_).substr(offset - window_offset_);
}

Result<bool> WalReader::ParseAt(uint64_t offset, size_t payload_bytes_max, WalRecord* record) {
  size_t length = kWalRecordHeaderBytesMax;
  while (true) {
    ASSIGN_OR_RETURN(std::string_view bytes, Window(offset, length));
    size_t needed = 0;
    WalParse parse = ParseWalRecord(bytes, log_number_, offset, record, &needed);
    if (parse == WalParse::kValid) {
      // Where the header is damaged there is no key; the record is a proof all the same.
      if (opener_ == nullptr || OpenWalRecord(*opener_, bytes, offset, record, &opened_)) {
        return true;
      }
      return Error(sqlstate::kDataCorrupted,
                   "write-ahead log \"{}\" does not authenticate at offset {}", name(), offset);
    }
    if (parse == WalParse::kInvalid) return false;
    if (bytes.size() >= needed || offset + needed > reader_->size()) return false;
    if (needed > kWalRecordHeaderBytesMax + payload_bytes_max) return false;
    if (needed <= length) return false;  // the segment ended before its size
    length = needed;
  }
}

Result<bool> WalReader::Next(WalRecord* record) {
  if (!header_.has_value()) return false;
  const bool within_group = !group_.empty();
  if (within_group) {
    ++current_.sequence;
  } else {
    ASSIGN_OR_RETURN(bool valid, ParseAt(offset_, kWalPayloadBytesReadable, &current_));
    if (!valid) return false;
    current_.lsn = next_lsn_;
    Count(&current_);
    bool decodes = !current_.is_compressed || DecompressWalRecord(&current_, &decompressed_);
    if (decodes && (current_.flags & kWalGroup) != 0) decodes = group_.Open(current_.payload);
    if (!decodes) {
      return Error(sqlstate::kDataCorrupted,
                   "write-ahead log \"{}\" is damaged at offset {}: a record does not decode",
                   name(), offset_);
    }
  }
  *record = current_;
  if ((current_.flags & kWalGroup) != 0) record->payload = group_.Next();
  last_sequence_ = current_.sequence;
  if (group_.empty()) {
    ++next_lsn_;
    offset_ += current_.stored_bytes;
  }
  return true;
}

void WalReader::Count(WalRecord* record) const {
  if ((record->flags & kWalHasSequence) != 0) return;
  bool is_first = (record->flags & kWalFirstOfBatch) != 0;
  record->sequence = is_first ? last_sequence_ + 1 : last_sequence_;
}

// Something of the segment is known durable at the latest when the header is, so behind a header
// that is not valid any such word is a proof; without one, what was known of the segments before
// counts.
Result<bool> WalReader::FindProof(uint64_t lsn, uint64_t* proof_offset) {
  if (header_.has_value() && header_->durable_lsn >= lsn) {
    *proof_offset = 0;
    return true;
  }
  // Garbage may look like the beginning of a long record, which would be read for nothing.
  constexpr size_t kPayloadBytesMax = kWalPayloadBytesMax + kSealTagBytes;
  const uint64_t missing_offset = header_.has_value() ? offset_ : 0;
  uint64_t offset = std::max<uint64_t>(offset_, kWalSegmentHeaderBytes);
  while (offset + kWalRecordHeaderBytesMin <= reader_->size()) {
    ASSIGN_OR_RETURN(std::string_view bytes, Window(offset, kWalRecordHeaderBytesMin));
    if (bytes.size() < kWalRecordHeaderBytesMin) return false;
    const size_t candidates = bytes.size() - kWalRecordHeaderBytesMin + 1;
    size_t i = 0;
    while (i < candidates && !MayBeWalRecord(bytes.data() + i)) ++i;
    offset += i;
    if (i == candidates) continue;
    WalRecord record;
    Result<bool> parsed = ParseAt(offset, kPayloadBytesMax, &record);
    // Garbage may pass for a record by its checksum; it does not authenticate then.
    if (!parsed.ok() && !parsed.status().Is(sqlstate::kDataCorrupted)) return parsed.status();
    bool valid = parsed.ok() && *parsed;
    bool is_new = valid && record.durable_offset == 0;
    if (valid && (is_new ? record.durable_lsn >= lsn : record.durable_offset > missing_offset)) {
      *proof_offset = offset;
      return true;
    }
    offset += valid ? record.stored_bytes : 1;
  }
  return false;
}

}  // namespace shale::engine
