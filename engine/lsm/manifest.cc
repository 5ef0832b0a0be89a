#include "engine/lsm/manifest.h"

#include <utility>

#include "engine/lsm/manifest_format.h"

namespace shale::engine {
namespace {

Status Damage(const LogReader& log, uint64_t offset, std::string_view what) {
  return Error(sqlstate::kDataCorrupted, "manifest \"{}\" is damaged at offset {}: {}", log.name(),
               offset, what);
}

Result<std::string> ReadAll(LogReader* log) {
  std::string bytes(log->size(), '\0');
  size_t length = 0;
  while (length < bytes.size()) {
    ASSIGN_OR_RETURN(size_t got, log->Read(length, bytes.size() - length, bytes.data() + length));
    if (got == 0) break;
    length += got;
  }
  bytes.resize(length);
  return bytes;
}

// Parses the records of one manifest, opening them where it is encrypted.
class RecordReader {
 public:
  RecordReader(const LogReader& log, std::string_view bytes, uint64_t number,
               std::unique_ptr<FileOpener> opener)
      : log_(log), bytes_(bytes), number_(number), opener_(std::move(opener)) {}

  // False where there is no valid record. The payload is valid until the next call.
  Result<bool> ReadAt(uint64_t offset, ManifestRecord* record) {
    if (offset >= bytes_.size()) return false;
    std::string_view rest = bytes_.substr(offset);
    if (!ParseManifestRecord(rest, number_, offset, record)) return false;
    if (opener_ == nullptr || OpenManifestRecord(*opener_, rest, offset, record, &opened_)) {
      return true;
    }
    return Damage(log_, offset, "an edit does not authenticate");
  }

  // A valid record behind an invalid one: the invalid one had been synced.
  Result<bool> HasRecordBehind(uint64_t offset) {
    ManifestRecord record;
    for (; offset < bytes_.size(); offset += kManifestAlignment) {
      ASSIGN_OR_RETURN(bool valid, ReadAt(offset, &record));
      if (valid) return true;
    }
    return false;
  }

 private:
  const LogReader& log_;
  const std::string_view bytes_;
  const uint64_t number_;
  const std::unique_ptr<FileOpener> opener_;
  std::string opened_;
};

Result<std::unique_ptr<FileOpener>> OpenManifestFile(std::string_view bytes, uint64_t number,
                                                     const LogReader& log, const Keyring& keyring) {
  if (bytes.size() < kManifestEncryptedHeaderBytes) {
    return Damage(log, bytes.size(), "it ends within its header");
  }
  return keyring.OpenFile({FileKind::kManifest, number},
                          bytes.substr(0, kManifestEncryptedHeaderBytes), log.name());
}

}  // namespace

Status VisitManifest(LogReader* log, uint64_t number, const Keyring* keyring,
                     const ManifestVisitor& visitor, uint64_t* end) {
  ASSIGN_OR_RETURN(std::string contents, ReadAll(log));
  std::string_view bytes = contents;
  ASSIGN_OR_RETURN(bool encrypted, ParseManifestHeader(bytes, number, log->name()));
  uint64_t offset = kManifestHeaderBytes;
  std::unique_ptr<FileOpener> opener;
  if (encrypted) {
    if (keyring == nullptr) return EncryptedFileInPlainStore(log->name());
    ASSIGN_OR_RETURN(opener, OpenManifestFile(bytes, number, *log, *keyring));
    offset = kManifestEncryptedHeaderBytes;
  } else if (keyring != nullptr) {
    return PlainFileInEncryptedStore(log->name());
  }
  RecordReader reader(*log, bytes, number, std::move(opener));
  uint64_t edits = 0;
  ManifestRecord record;
  while (true) {
    ASSIGN_OR_RETURN(bool valid, reader.ReadAt(offset, &record));
    if (!valid) break;
    VersionEdit edit;
    if (record.edit_number != edits + 1) {
      return Damage(*log, offset, "an edit is missing or out of order");
    }
    if (!VersionEdit::Decode(record.payload, &edit)) {
      return Damage(*log, offset, "an edit does not decode");
    }
    visitor(offset, edit);
    ++edits;
    offset += record.stored_bytes;
  }
  *end = offset;
  if (edits == 0) return Damage(*log, offset, "the first edit is invalid");
  ASSIGN_OR_RETURN(bool record_behind, reader.HasRecordBehind(offset + kManifestAlignment));
  if (record_behind) return Damage(*log, offset, "an edit is invalid");
  return Status::Ok();
}

Result<std::vector<VersionEdit>> ReadManifest(Storage* storage, uint64_t number,
                                              const Keyring* keyring) {
  ASSIGN_OR_RETURN(auto log, storage->OpenLog(ManifestName(number)));
  std::vector<VersionEdit> edits;
  uint64_t end = 0;
  RETURN_IF_ERROR(VisitManifest(
      log.get(), number, keyring,
      [&edits](uint64_t, const VersionEdit& edit) { edits.push_back(edit); }, &end));
  return edits;
}

Result<std::unique_ptr<ManifestWriter>> ManifestWriter::Create(Storage* storage, uint64_t epoch,
                                                               uint64_t number,
                                                               const VersionEdit& first_edit,
                                                               Keyring* keyring) {
  ASSIGN_OR_RETURN(auto log, storage->CreateLog(ManifestName(number), epoch, 0));
  std::unique_ptr<ManifestWriter> writer(new ManifestWriter(std::move(log), epoch, number));
  std::string header;
  AppendManifestHeader(number, keyring != nullptr, &header);
  if (keyring != nullptr) {
    writer->sealer_ = keyring->StartFile({FileKind::kManifest, number}, &header);
  }
  RETURN_IF_ERROR(writer->Write(first_edit, std::move(header)));
  return writer;
}

Status ManifestWriter::Append(const VersionEdit& edit) { return Write(edit, std::string()); }

Status ManifestWriter::Write(const VersionEdit& edit, std::string buffer) {
  std::string payload;
  edit.Encode(&payload);
  AppendManifestRecord(number_, {.edit_number = ++edit_number_, .payload = payload},
                       length_ + buffer.size(), &buffer, sealer_.get());
  RETURN_IF_ERROR(log_->Append(epoch_, length_, buffer));
  length_ += buffer.size();
  return log_->Sync();
}

}  // namespace shale::engine
