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

Result<bool> WalReader::ParseAt(uint64_t offset, WalRecord* record) {
  size_t length = kWalRecordHeaderBytes;
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
    if (needed <= length) return false;  // the segment ended before its size
    length = needed;
  }
}

Result<bool> WalReader::Next(WalRecord* record) {
  if (!header_.has_value()) return false;
  ASSIGN_OR_RETURN(bool valid, ParseAt(offset_, record));
  if (valid) offset_ += record->stored_bytes;
  return valid;
}

Result<bool> WalReader::FindProof(uint64_t lsn, uint64_t* proof_offset) {
  if (header_.has_value() && header_->durable_lsn >= lsn) {
    *proof_offset = 0;
    return true;
  }
  uint64_t offset = std::max<uint64_t>(offset_, kWalSegmentHeaderBytes);
  while (offset + kWalRecordHeaderBytes <= reader_->size()) {
    ASSIGN_OR_RETURN(std::string_view bytes, Window(offset, kWalRecordHeaderBytes));
    if (bytes.size() < kWalRecordHeaderBytes) return false;
    // Most of what is searched is zeros: look for the log number before parsing.
    size_t candidates = (bytes.size() - kWalRecordHeaderBytes) / kWalAlignment + 1;
    size_t i = 0;
    while (i < candidates &&
           LoadFixed<uint64_t>(bytes.data() + i * kWalAlignment + 16) != log_number_) {
      ++i;
    }
    offset += i * kWalAlignment;
    if (i == candidates) continue;
    WalRecord record;
    ASSIGN_OR_RETURN(bool valid, ParseAt(offset, &record));
    if (valid && record.durable_lsn >= lsn) {
      *proof_offset = offset;
      return true;
    }
    offset += valid ? record.stored_bytes : kWalAlignment;
  }
  return false;
}

}  // namespace shale::engine
