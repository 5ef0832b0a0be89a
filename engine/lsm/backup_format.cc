#include "engine/lsm/backup_format.h"

#include <algorithm>
#include <memory>

#include "engine/base/checksum.h"
#include "engine/base/coding.h"
#include "engine/lsm/manifest_format.h"
#include "engine/wal/numbered_name.h"

namespace shale::engine {
namespace {

constexpr std::string_view kBackupPrefix = "backup-";
// What the smallest file takes: a wrong count cannot make a reader reserve more than the file has.
constexpr size_t kFileBytesMin = 18;

Status BackupDamage(const std::string& file_name, uint64_t offset, std::string_view what) {
  return Error(sqlstate::kDataCorrupted, "backup description \"{}\" is damaged at offset {}: {}",
               file_name, offset, what);
}

}  // namespace

const BackupFile* BackupDescription::Find(uint64_t number) const {
  auto found = std::ranges::lower_bound(files, number, {}, &BackupFile::number);
  return found != files.end() && found->number == number ? &*found : nullptr;
}

std::string BackupName(uint64_t manifest_number) {
  return NumberedName(kBackupPrefix, manifest_number);
}

std::optional<uint64_t> ParseBackupName(std::string_view name) {
  return ParseNumberedName(kBackupPrefix, name);
}

std::string BackupFile::Name() const {
  return kind == Kind::kTable ? TableName(number) : ValueFileName(number);
}

std::string EncodeBackup(const BackupDescription& description) {
  bool with_kinds = std::ranges::any_of(description.files, [](const BackupFile& file) {
    return file.kind != BackupFile::Kind::kTable;
  });
  std::string bytes(kBackupMagic);
  PutFixed32(&bytes, with_kinds ? 2 : 1);
  PutFixed32(&bytes, 0);
  PutFixed64(&bytes, description.manifest_number);
  PutFixed64(&bytes, description.sequence);
  PutFixed64(&bytes, description.made_us);
  PutFixed64(&bytes, description.log_start.log_number);
  PutFixed64(&bytes, description.log_start.first_lsn);
  PutFixed64(&bytes, description.store_id);
  PutFixed32(&bytes, static_cast<uint32_t>(description.files.size()));
  PutFixed32(&bytes, 0);
  for (const BackupFile& file : description.files) {
    PutVarint64(&bytes, file.number);
    PutVarint64(&bytes, file.bytes);
    PutFixed64(&bytes, file.digest);
    PutFixed64(&bytes, file.fingerprint);
    if (with_kinds) bytes.push_back(static_cast<char>(file.kind));
  }
  PutFixed64(&bytes, Checksum(bytes, ChecksumSeed(description.manifest_number, 0)));
  return bytes;
}

Result<BackupDescription> DecodeBackup(std::string_view bytes, const std::string& file_name) {
  if (bytes.size() < kBackupHeaderBytes + 8 || !bytes.starts_with(kBackupMagic)) {
    return BackupDamage(file_name, 0, "it does not begin as one");
  }
  BackupDescription description;
  ByteReader reader(bytes.substr(kBackupMagic.size(), bytes.size() - kBackupMagic.size() - 8));
  uint32_t version = reader.ReadFixed32();
  (void)reader.ReadFixed32();
  description.manifest_number = reader.ReadFixed64();
  uint64_t seed = ChecksumSeed(description.manifest_number, 0);
  std::string_view covered = bytes.substr(0, bytes.size() - 8);
  if (LoadFixed<uint64_t>(bytes.data() + covered.size()) != Checksum(covered, seed)) {
    return BackupDamage(file_name, 0, "its checksum does not match");
  }
  if (version == 0 || version > kBackupFormatVersion) {
    return Error(sqlstate::kFeatureNotSupported,
                 "backup description \"{}\" has format version {}, this server knows version {}",
                 file_name, version, kBackupFormatVersion);
  }
  description.sequence = reader.ReadFixed64();
  description.made_us = reader.ReadFixed64();
  description.log_start.log_number = reader.ReadFixed64();
  description.log_start.first_lsn = reader.ReadFixed64();
  description.store_id = reader.ReadFixed64();
  uint32_t count = reader.ReadFixed32();
  (void)reader.ReadFixed32();
  if (count > reader.rest().size() / kFileBytesMin) {
    return BackupDamage(file_name, 64, "it names more files than it describes");
  }
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    BackupFile file;
    file.number = reader.ReadVarint64();
    file.bytes = reader.ReadVarint64();
    file.digest = reader.ReadFixed64();
    file.fingerprint = reader.ReadFixed64();
    uint8_t kind = version == 1 ? 0 : reader.ReadByte();
    if (kind > static_cast<uint8_t>(BackupFile::Kind::kValues)) {
      return BackupDamage(file_name, kBackupHeaderBytes, "it names a file of an unknown kind");
    }
    file.kind = static_cast<BackupFile::Kind>(kind);
    if (i > 0 && file.number <= description.files.back().number) {
      return BackupDamage(file_name, kBackupHeaderBytes, "its files are out of order");
    }
    description.files.push_back(file);
  }
  if (!reader.AtEnd()) return BackupDamage(file_name, kBackupHeaderBytes, "it does not decode");
  return description;
}

uint64_t TableFingerprint(const TableMetadata& table) {
  VersionEdit edit;
  edit.added.emplace_back(0, table);
  std::string bytes;
  edit.Encode(&bytes);
  return Checksum(bytes);
}

uint64_t ValueFileFingerprint(const ValueFileMetadata& file) {
  VersionEdit edit;
  edit.added_value_files.push_back(file);
  std::string bytes;
  edit.Encode(&bytes);
  return Checksum(bytes);
}

uint64_t ExtendDigest(uint64_t digest, std::string_view piece) { return Checksum(piece, digest); }

Result<std::optional<BackupDescription>> ReadBackup(Storage* storage) {
  ASSIGN_OR_RETURN(RegisterValue root, storage->ReadRegister(std::string(kRootRegister)));
  if (root.version == 0) return std::optional<BackupDescription>();
  ASSIGN_OR_RETURN(uint64_t manifest, DecodeRoot(root.bytes));
  Result<std::unique_ptr<BlobReader>> blob = storage->OpenBlob(BackupName(manifest));
  if (!blob.ok()) {
    if (!blob.status().Is(sqlstate::kUndefinedFile)) return std::move(blob).status();
    return Error(sqlstate::kObjectNotInPrerequisiteState, "a store is there that is no backup")
        .Detail(fmt::format("Its manifest is \"{}\", and there is no \"{}\".",
                            ManifestName(manifest), BackupName(manifest)))
        .Hint("A backup in whose place a server was started is one no more.");
  }
  std::string bytes((*blob)->size(), '\0');
  RETURN_IF_ERROR((*blob)->Read(0, bytes.size(), bytes.data()));
  ASSIGN_OR_RETURN(BackupDescription description, DecodeBackup(bytes, (*blob)->name()));
  if (description.manifest_number != manifest) {
    return BackupDamage((*blob)->name(), 16, "it carries the number of another one");
  }
  return std::optional<BackupDescription>(std::move(description));
}

}  // namespace shale::engine
