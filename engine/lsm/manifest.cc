#include "engine/lsm/manifest.h"

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

// A valid record behind an invalid one: the invalid one had been synced.
bool HasRecordBehind(std::string_view bytes, uint64_t number, uint64_t offset) {
  ManifestRecord record;
  for (; offset < bytes.size(); offset += kManifestAlignment) {
    if (ParseManifestRecord(bytes.substr(offset), number, offset, &record)) return true;
  }
  return false;
}

}  // namespace

Result<std::vector<VersionEdit>> ReadManifest(Storage* storage, uint64_t number) {
  ASSIGN_OR_RETURN(auto log, storage->OpenLog(ManifestName(number)));
  ASSIGN_OR_RETURN(std::string contents, ReadAll(log.get()));
  std::string_view bytes = contents;
  RETURN_IF_ERROR(ParseManifestHeader(bytes, number, log->name()));
  std::vector<VersionEdit> edits;
  uint64_t offset = kManifestHeaderBytes;
  ManifestRecord record;
  while (offset < bytes.size() &&
         ParseManifestRecord(bytes.substr(offset), number, offset, &record)) {
    VersionEdit edit;
    if (record.edit_number != edits.size() + 1) {
      return Damage(*log, offset, "an edit is missing or out of order");
    }
    if (!VersionEdit::Decode(record.payload, &edit)) {
      return Damage(*log, offset, "an edit does not decode");
    }
    edits.push_back(std::move(edit));
    offset += ManifestRecordBytes(record.payload.size());
  }
  if (edits.empty()) return Damage(*log, offset, "the first edit is invalid");
  if (offset < bytes.size() && HasRecordBehind(bytes, number, offset + kManifestAlignment)) {
    return Damage(*log, offset, "an edit is invalid");
  }
  return edits;
}

Result<std::unique_ptr<ManifestWriter>> ManifestWriter::Create(Storage* storage, uint64_t epoch,
                                                               uint64_t number,
                                                               const VersionEdit& first_edit) {
  ASSIGN_OR_RETURN(auto log, storage->CreateLog(ManifestName(number), epoch, 0));
  std::unique_ptr<ManifestWriter> writer(new ManifestWriter(std::move(log), epoch, number));
  std::string header;
  AppendManifestHeader(number, &header);
  RETURN_IF_ERROR(writer->Write(first_edit, std::move(header)));
  return writer;
}

Status ManifestWriter::Append(const VersionEdit& edit) { return Write(edit, std::string()); }

Status ManifestWriter::Write(const VersionEdit& edit, std::string buffer) {
  std::string payload;
  edit.Encode(&payload);
  AppendManifestRecord(number_, {.edit_number = ++edit_number_, .payload = payload},
                       length_ + buffer.size(), &buffer);
  RETURN_IF_ERROR(log_->Append(epoch_, length_, buffer));
  length_ += buffer.size();
  return log_->Sync();
}

}  // namespace shale::engine
