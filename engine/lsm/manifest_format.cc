#include "engine/lsm/manifest_format.h"

#include "engine/base/check.h"
#include "engine/base/checksum.h"
#include "engine/base/coding.h"
#include "engine/wal/numbered_name.h"

namespace shale::engine {
namespace {

constexpr size_t kRootBytes = 32;

// The fixed part that header and root register share: magic, version, flags, number, checksum.
void AppendNumbered(std::string_view magic, uint32_t flags, uint64_t number, uint64_t seed,
                    std::string* out) {
  size_t start = out->size();
  out->append(magic);
  PutFixed32(out, kManifestFormatVersion);
  PutFixed32(out, flags);
  PutFixed64(out, number);
  PutFixed64(out, Checksum(std::string_view(*out).substr(start), seed));
}

Status CheckNumbered(std::string_view bytes, std::string_view magic, uint64_t seed,
                     std::string_view what, std::string_view name) {
  bool intact = bytes.size() >= 32 && bytes.starts_with(magic) &&
                LoadFixed<uint64_t>(bytes.data() + 24) == Checksum(bytes.substr(0, 24), seed);
  if (!intact) {
    return Error(sqlstate::kDataCorrupted, "{} \"{}\" is damaged at offset 0: invalid header", what,
                 name);
  }
  uint32_t version = LoadFixed<uint32_t>(bytes.data() + 8);
  if (version != kManifestFormatVersion) {
    return Error(sqlstate::kFeatureNotSupported,
                 "{} \"{}\" has format version {}, this server knows version {}", what, name,
                 version, kManifestFormatVersion);
  }
  return Status::Ok();
}

// What a record contributes to the authentication of its payload: its header but for the checksum.
std::string_view AssociatedOf(std::string_view record) {
  return record.substr(8, kManifestRecordHeaderBytes - 8);
}

}  // namespace

std::string ManifestName(uint64_t number) { return NumberedName("manifest-", number); }

std::optional<uint64_t> ParseManifestName(std::string_view name) {
  return ParseNumberedName("manifest-", name);
}

void AppendManifestHeader(uint64_t manifest_number, bool encrypted, std::string* out) {
  AppendNumbered(kManifestMagic, encrypted ? kManifestEncrypted : 0, manifest_number,
                 ChecksumSeed(manifest_number, 0), out);
}

void AppendManifestRecord(uint64_t manifest_number, const ManifestRecord& record, uint64_t offset,
                          std::string* out, FileSealer* sealer) {
  CHECK(record.payload.size() <= kManifestPayloadBytesReadable);
  size_t start = out->size();
  PutFixed64(out, 0);
  size_t stored_bytes = record.payload.size() + (sealer == nullptr ? 0 : kSealTagBytes);
  PutFixed32(out, static_cast<uint32_t>(stored_bytes));
  PutFixed32(out, 0);
  PutFixed64(out, record.edit_number);
  if (sealer == nullptr) {
    out->append(record.payload);
  } else {
    out->resize(start + kManifestRecordHeaderBytes + stored_bytes);
    sealer->Seal(offset, AssociatedOf(std::string_view(*out).substr(start)), record.payload,
                 out->data() + start + kManifestRecordHeaderBytes);
  }
  uint64_t checksum =
      Checksum(std::string_view(*out).substr(start + 8), ChecksumSeed(manifest_number, offset));
  std::memcpy(out->data() + start, &checksum, sizeof(checksum));
  out->resize(start + ManifestRecordBytes(stored_bytes), '\0');
}

Result<bool> ParseManifestHeader(std::string_view bytes, uint64_t manifest_number,
                                 const std::string& file_name) {
  RETURN_IF_ERROR(CheckNumbered(bytes, kManifestMagic, ChecksumSeed(manifest_number, 0), "manifest",
                                file_name));
  if (LoadFixed<uint64_t>(bytes.data() + 16) != manifest_number) {
    return Error(sqlstate::kDataCorrupted,
                 "manifest \"{}\" is damaged at offset 16: it carries the number of another one",
                 file_name);
  }
  uint32_t flags = LoadFixed<uint32_t>(bytes.data() + 12);
  if ((flags & ~kManifestEncrypted) != 0) {
    return Error(sqlstate::kFeatureNotSupported,
                 "manifest \"{}\" has flags that this server does not know", file_name);
  }
  return (flags & kManifestEncrypted) != 0;
}

bool ParseManifestRecord(std::string_view bytes, uint64_t manifest_number, uint64_t offset,
                         ManifestRecord* record) {
  if (bytes.size() < kManifestRecordHeaderBytes) return false;
  uint32_t length = LoadFixed<uint32_t>(bytes.data() + 8);
  if (length > bytes.size() - kManifestRecordHeaderBytes) return false;
  std::string_view covered = bytes.substr(8, kManifestRecordHeaderBytes - 8 + length);
  uint64_t checksum = Checksum(covered, ChecksumSeed(manifest_number, offset));
  if (LoadFixed<uint64_t>(bytes.data()) != checksum) return false;
  record->edit_number = LoadFixed<uint64_t>(bytes.data() + 16);
  record->payload = bytes.substr(kManifestRecordHeaderBytes, length);
  record->stored_bytes = ManifestRecordBytes(length);
  return true;
}

bool OpenManifestRecord(const FileOpener& opener, std::string_view bytes, uint64_t offset,
                        ManifestRecord* record, std::string* buffer) {
  if (record->payload.size() < kSealTagBytes) return false;
  buffer->resize(record->payload.size());
  if (!opener.Open(offset, AssociatedOf(bytes), record->payload, buffer->data())) return false;
  record->payload = std::string_view(*buffer).substr(0, record->payload.size() - kSealTagBytes);
  return true;
}

std::string EncodeRoot(uint64_t manifest_number) {
  std::string bytes;
  AppendNumbered(kRootMagic, 0, manifest_number, ChecksumSeed(0, 0), &bytes);
  CHECK(bytes.size() == kRootBytes);
  return bytes;
}

Result<uint64_t> DecodeRoot(std::string_view bytes) {
  RETURN_IF_ERROR(CheckNumbered(bytes, kRootMagic, ChecksumSeed(0, 0), "register", kRootRegister));
  return LoadFixed<uint64_t>(bytes.data() + 16);
}

}  // namespace shale::engine
