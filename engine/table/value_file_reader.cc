#include "engine/table/value_file_reader.h"

#include <utility>

#include "engine/crypto/keyring.h"
#include "engine/table/table_digest.h"

namespace shale::engine {

Result<std::shared_ptr<ValueFileReader>> ValueFileReader::Open(std::unique_ptr<BlobReader> blob,
                                                               uint64_t file_number,
                                                               const Keyring* keyring) {
  std::shared_ptr<ValueFileReader> reader(new ValueFileReader(std::move(blob), file_number));
  RETURN_IF_ERROR(reader->Load(keyring));
  return reader;
}

Status ValueFileReader::Load(const Keyring* keyring) {
  ValueFileHeader header;
  if (blob_->size() < sizeof(header)) return Damaged(blob_->size(), "file ends within its header");
  RETURN_IF_ERROR(blob_->Read(0, sizeof(header), reinterpret_cast<char*>(&header)));
  if (header.magic != kValueFileMagic) return Damaged(0, "not a value file: wrong magic");
  if (header.checksum != ValueFileHeaderChecksum(header, file_number_)) {
    return Damaged(0, "header checksum mismatch");
  }
  uint32_t version = header.version & ~kValueFileEncrypted;
  if (version != kValueFileVersion || header.reserved != 0) {
    return Error(sqlstate::kFeatureNotSupported,
                 "value file \"{}\" has format version {} with flags {}, this server reads "
                 "version {}",
                 blob_->name(), version, header.reserved, kValueFileVersion);
  }
  if (header.file_number != file_number_) return Damaged(0, "header of another file");
  records_begin_ = sizeof(header);
  if ((header.version & kValueFileEncrypted) == 0) {
    return keyring == nullptr ? Status::Ok() : PlainFileInEncryptedStore(blob_->name());
  }
  if (keyring == nullptr) return EncryptedFileInPlainStore(blob_->name());
  std::string sealed_header(sizeof(header) + kEnvelopeBytes, '\0');
  if (blob_->size() < sealed_header.size()) {
    return Damaged(blob_->size(), "file ends within its header");
  }
  RETURN_IF_ERROR(blob_->Read(0, sealed_header.size(), sealed_header.data()));
  FileIdentity identity{FileKind::kValues, file_number_};
  ASSIGN_OR_RETURN(opener_, keyring->OpenFile(identity, sealed_header, blob_->name()));
  records_begin_ = sealed_header.size();
  return Status::Ok();
}

Status ValueFileReader::Read(const ValueReference& reference, Readahead* ahead,
                             BlockPin* value) const {
  uint64_t size = blob_->size();
  // Each comparison is safe from overflow by the one before.
  if (reference.offset < records_begin_ || reference.offset > size ||
      reference.payload_bytes > kBlockBytesMax + kSealTagBytes ||
      reference.payload_bytes > size - reference.offset ||
      size - reference.offset - reference.payload_bytes < kValueRecordOverhead) {
    return Damaged(reference.offset, "reference beyond the file's records");
  }
  uint64_t payload_offset = reference.offset + sizeof(ValueRecordHead);
  size_t stored_bytes = reference.payload_bytes + sizeof(BlockTrailer);
  BlockPlace place{blob_->name(), file_number_, payload_offset, BlockKind::kValue, opener_.get()};
  bool at_hand = false;
  if (ahead != nullptr) {
    // Whole records: they then lie side by side.
    at_hand = ahead->Has(reference.offset, reference.record_bytes());
    if (!at_hand) {
      ASSIGN_OR_RETURN(at_hand, ahead->Read(reference.offset, reference.record_bytes()));
    }
    ahead->Use(reference.offset, reference.record_bytes());
  }
  if (at_hand) {
    RETURN_IF_ERROR(DecodeBlock(place, ahead->Bytes(payload_offset, stored_bytes), value));
  } else {
    auto stored = Block::Make(stored_bytes);
    RETURN_IF_ERROR(blob_->Read(payload_offset, stored_bytes, stored->data()));
    RETURN_IF_ERROR(DecodeBlock(place, std::move(stored), value));
  }
  if ((*value)->size() == reference.value_bytes) return Status::Ok();
  value->reset();
  return Damaged(reference.offset, "value of another size than its reference says");
}

Status ValueFileReader::VisitAll(const Visitor& visitor) const {
  constexpr size_t kReadaheadBytes = 256 << 10;
  Readahead ahead(blob_.get(), records_begin_, blob_->size(), kReadaheadBytes);
  for (uint64_t offset = records_begin_; offset < blob_->size();) {
    ValueRecordHead head;
    if (blob_->size() - offset < sizeof(head)) return Damaged(offset, "file ends within a record");
    RETURN_IF_ERROR(blob_->Read(offset, sizeof(head), reinterpret_cast<char*>(&head)));
    if (head.checksum != ValueRecordHeadChecksum(head, file_number_, offset)) {
      return Damaged(offset, "record head checksum mismatch");
    }
    ValueReference reference{.file_number = file_number_,
                             .offset = offset,
                             .payload_bytes = head.payload_bytes,
                             .value_bytes = 0};
    if (blob_->size() - offset < reference.record_bytes()) {
      return Damaged(offset, "file ends within a record");
    }
    BlockTrailer trailer;
    RETURN_IF_ERROR(blob_->Read(offset + reference.record_bytes() - sizeof(trailer),
                                sizeof(trailer), reinterpret_cast<char*>(&trailer)));
    reference.value_bytes = trailer.raw_bytes;
    BlockPin value;
    RETURN_IF_ERROR(Read(reference, &ahead, &value));
    RETURN_IF_ERROR(visitor(reference, *value));
    offset += reference.record_bytes();
  }
  return Status::Ok();
}

Status ValueFileReader::VerifyDigest(uint64_t digest) const {
  return engine::VerifyDigest(blob_.get(), "value", digest);
}

}  // namespace shale::engine
