#include "engine/lsm/checkpoint.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/checksum.h"
#include "engine/base/clock.h"
#include "engine/base/coding.h"
#include "engine/base/log.h"
#include "engine/lsm/backup_format.h"
#include "engine/lsm/manifest.h"
#include "engine/lsm/manifest_format.h"
#include "engine/table/table_digest.h"
#include "engine/table/table_reader.h"
#include "engine/wal/wal_writer.h"

namespace shale::engine {
namespace {

// The target has one writer at a time and no server, so its epoch never needs to rise; the server
// that is started in its place begins with the next one.
constexpr uint64_t kTargetEpoch = 1;

class CheckpointWriter {
 public:
  CheckpointWriter(const CheckpointJob& job, VersionSet::Captured captured)
      : job_(job), captured_(std::move(captured)) {}

  Result<BackupSummary> Run() {
    ASSIGN_OR_RETURN(next_.store_id, StoreIdOf(job_.source));
    RETURN_IF_ERROR(ReadTarget());
    RETURN_IF_ERROR(RemoveUnneeded(previous_));
    // Keys are added to it and none goes, so the earlier backup opens with it too.
    if (job_.keyring != nullptr) RETURN_IF_ERROR(CopyKeyring(job_.source, job_.target));
    RETURN_IF_ERROR(TakeFiles());
    RETURN_IF_ERROR(WriteLogSegment());
    RETURN_IF_ERROR(WriteDescriptions());
    RETURN_IF_ERROR(job_.target->CompareAndSet(std::string(kRootRegister), root_version_,
                                               EncodeRoot(next_.manifest_number)));
    // The backup stands. What cannot be removed now goes with the next one.
    Status removed = RemoveUnneeded(next_);
    if (!removed.ok()) LogWarning("tidying a backup: {}", removed.ToString());
    return summary_;
  }

 private:
  Status ReadTarget() {
    std::string mark(kBackupRegister);
    ASSIGN_OR_RETURN(RegisterValue marked, job_.target->ReadRegister(mark));
    ASSIGN_OR_RETURN(RegisterValue root, job_.target->ReadRegister(std::string(kRootRegister)));
    root_version_ = root.version;
    if (marked.version == 0) {
      ASSIGN_OR_RETURN(std::vector<StorageItem> blobs, job_.target->ListBlobs());
      ASSIGN_OR_RETURN(std::vector<StorageItem> logs, job_.target->ListLogs());
      if (root.version != 0 || !blobs.empty() || !logs.empty()) {
        return Error(sqlstate::kObjectNotInPrerequisiteState,
                     "the target of the backup holds files that are no backup")
            .Hint("Choose an empty directory, or one with an earlier backup.");
      }
      return job_.target->CompareAndSet(mark, 0, "");
    }
    ASSIGN_OR_RETURN(std::optional<BackupDescription> previous, ReadBackup(job_.target));
    if (!previous) return Status::Ok();
    previous_ = *std::move(previous);
    if (previous_.store_id == next_.store_id) return Status::Ok();
    return AnotherStore(BackupName(previous_.manifest_number));
  }

  // All but the files of this backup; of an empty one: everything.
  Status RemoveUnneeded(const BackupDescription& kept) {
    ASSIGN_OR_RETURN(std::vector<StorageItem> blobs, job_.target->ListBlobs());
    for (const StorageItem& blob : blobs) {
      auto number = ParseTableName(blob.name);
      if (!number) number = ParseValueFileName(blob.name);
      const BackupFile* file = number ? kept.Find(*number) : nullptr;
      bool needed = number ? file != nullptr && file->Name() == blob.name
                           : blob.name == BackupName(kept.manifest_number);
      if (!needed) RETURN_IF_ERROR(job_.target->DeleteBlob(blob.name));
    }
    ASSIGN_OR_RETURN(std::vector<StorageItem> logs, job_.target->ListLogs());
    for (const StorageItem& log : logs) {
      bool needed = log.name == ManifestName(kept.manifest_number) ||
                    log.name == WalSegmentName(kept.log_start.log_number);
      if (!needed) RETURN_IF_ERROR(job_.target->DeleteLog(log.name));
    }
    return Status::Ok();
  }

  static Status AnotherStore(const std::string& name) {
    return Error(sqlstate::kObjectNotInPrerequisiteState,
                 "the target holds the backup of another store")
        .Detail(fmt::format("Its \"{}\" is not the one to be backed up.", name))
        .Hint("Choose another directory.");
  }

  Status TakeFiles() {
    for (const TableFiles& level : captured_.version->levels) {
      for (const auto& file : level) {
        const TableMetadata& table = file->metadata();
        RETURN_IF_ERROR(TakeFile(
            {.number = table.number, .bytes = table.bytes, .fingerprint = TableFingerprint(table)},
            table.digest));
      }
    }
    for (const LiveValueFile& live : captured_.version->value_files) {
      const ValueFileMetadata& values = live.file->metadata();
      RETURN_IF_ERROR(TakeFile({.number = values.number,
                                .bytes = values.bytes,
                                .fingerprint = ValueFileFingerprint(values),
                                .kind = BackupFile::Kind::kValues},
                               values.digest));
    }
    std::ranges::sort(next_.files, {}, &BackupFile::number);
    return Status::Ok();
  }

  // The digest is the manifest's.
  Status TakeFile(BackupFile file, uint64_t digest) {
    ++summary_.files;
    summary_.bytes += file.bytes;
    if (const BackupFile* there = previous_.Find(file.number)) {
      if (there->bytes != file.bytes || there->fingerprint != file.fingerprint ||
          there->kind != file.kind) {
        return AnotherStore(file.Name());
      }
      ++summary_.files_kept;
      next_.files.push_back(*there);
      return Status::Ok();
    }
    std::string name = file.Name();
    ASSIGN_OR_RETURN(std::unique_ptr<BlobReader> from, job_.source->OpenBlob(name));
    Status shared = job_.link ? job_.target->ShareBlob(*job_.source, name)
                              : Status(sqlstate::kFeatureNotSupported, "not asked for");
    if (shared.ok()) {
      ASSIGN_OR_RETURN(file.digest, DigestBlob(from.get(), [](auto) { return Status::Ok(); }));
      ++summary_.files_linked;
    } else {
      if (!shared.Is(sqlstate::kFeatureNotSupported)) return shared;
      ASSIGN_OR_RETURN(file.digest, Copy(from.get(), name));
      ++summary_.files_copied;
      summary_.bytes_copied += file.bytes;
    }
    RETURN_IF_ERROR(Verify(file, digest));
    next_.files.push_back(file);
    return Status::Ok();
  }

  Result<uint64_t> Copy(BlobReader* from, const std::string& name) {
    ASSIGN_OR_RETURN(std::unique_ptr<BlobWriter> to, job_.target->CreateBlob(name));
    ASSIGN_OR_RETURN(uint64_t digest,
                     DigestBlob(from, [&](std::string_view piece) { return to->Append(piece); }));
    RETURN_IF_ERROR(to->Finish());
    return digest;
  }

  // That the source was sound, and what was written is: damage must not replace a good backup.
  Status Verify(const BackupFile& file, uint64_t digest) {
    ASSIGN_OR_RETURN(std::unique_ptr<BlobReader> blob, job_.target->OpenBlob(file.Name()));
    bool is_table = file.kind == BackupFile::Kind::kTable;
    if (blob->size() != file.bytes) {
      return Error(sqlstate::kDataCorrupted,
                   "{} \"{}\" is damaged at offset {}: it has {} bytes, the manifest says {}",
                   is_table ? "table" : "value file", blob->name(),
                   std::min(blob->size(), file.bytes), blob->size(), file.bytes);
    }
    // What of a value file is no garbage is not known here: it is verified as a whole.
    if (!is_table) return VerifyDigest(blob.get(), "value", digest);
    ASSIGN_OR_RETURN(std::shared_ptr<TableReader> reader,
                     TableReader::Open(std::move(blob), file.number, nullptr, job_.keyring));
    return reader->Verify();
  }

  // Empty but for the mark of a log that was closed: replay begins and ends here.
  Status WriteLogSegment() {
    next_.sequence = captured_.edit.last_sequence.value_or(0);
    next_.log_start = captured_.edit.log_start.value_or(LogStart{});
    summary_.sequence = next_.sequence;
    if (next_.log_start.log_number == previous_.log_start.log_number) {
      if (next_.log_start.first_lsn == previous_.log_start.first_lsn) return Status::Ok();
      return AnotherStore(WalSegmentName(next_.log_start.log_number));
    }
    ASSIGN_OR_RETURN(
        auto segment,
        job_.target->CreateLog(WalSegmentName(next_.log_start.log_number), kTargetEpoch, 0));
    WalWriter writer(kTargetEpoch, next_.log_start.first_lsn, job_.keyring);
    writer.StartSegment(next_.log_start.log_number, std::move(segment), 0);
    return writer.Close(next_.sequence);
  }

  Status WriteDescriptions() {
    next_.manifest_number = std::max(job_.manifest, previous_.manifest_number + 1);
    next_.made_us = job_.made_us;
    VersionEdit edit = captured_.edit;
    edit.next_file_number = std::max(edit.next_file_number.value_or(0), next_.manifest_number + 1);
    // What is known of later times and versions does not hold here.
    std::erase_if(edit.time_marks,
                  [this](const TimeMark& mark) { return mark.sequence > next_.sequence; });
    edit.history_floor = std::min(edit.history_floor.value_or(0), next_.sequence);
    // Nothing behind the start was taken along.
    edit.durable_lsn = next_.log_start.first_lsn - 1;
    ASSIGN_OR_RETURN(auto manifest,
                     ManifestWriter::Create(job_.target, kTargetEpoch, next_.manifest_number, edit,
                                            job_.keyring));
    ASSIGN_OR_RETURN(auto blob, job_.target->CreateBlob(BackupName(next_.manifest_number)));
    RETURN_IF_ERROR(blob->Append(EncodeBackup(next_)));
    return blob->Finish();
  }

  const CheckpointJob job_;
  const VersionSet::Captured captured_;
  uint64_t root_version_ = 0;
  BackupDescription previous_;  // numbers 0: none
  BackupDescription next_;
  BackupSummary summary_;
};

}  // namespace

Result<BackupSummary> WriteCheckpoint(const CheckpointJob& job, VersionSet::Captured captured) {
  return CheckpointWriter(job, std::move(captured)).Run();
}

// Unique enough: nobody makes two stores at the same nanosecond of two clocks.
Result<uint64_t> StoreIdOf(Storage* storage) {
  std::string name(kStoreIdRegister);
  ASSIGN_OR_RETURN(RegisterValue stored, storage->ReadRegister(name));
  if (stored.version == 0) {
    std::string clocks;
    PutFixed64(&clocks, static_cast<uint64_t>(SystemClock().WallMicros()));
    PutFixed64(&clocks, static_cast<uint64_t>(SystemClock().MonotonicNanos()));
    PutFixed64(&stored.bytes, Checksum(clocks));
    RETURN_IF_ERROR(storage->CompareAndSet(name, 0, stored.bytes));
  }
  ByteReader reader(stored.bytes);
  uint64_t id = reader.ReadFixed64();
  if (reader.AtEnd()) return id;
  return Error(sqlstate::kDataCorrupted, "register \"{}\" is damaged: it holds no id", name);
}

Status CopyKeyring(Storage* source, Storage* target) {
  std::string name(kKeyringRegister);
  ASSIGN_OR_RETURN(RegisterValue keyring, source->ReadRegister(name));
  if (keyring.version == 0) return Status::Ok();
  ASSIGN_OR_RETURN(RegisterValue there, target->ReadRegister(name));
  if (there.version != 0 && there.bytes == keyring.bytes) return Status::Ok();
  return target->CompareAndSet(name, there.version, keyring.bytes);
}

Status CopyTable(Storage* source, Storage* target, const TableMetadata& table) {
  std::string name = TableName(table.number);
  Result<std::unique_ptr<BlobReader>> there = target->OpenBlob(name);
  if (there.ok()) return VerifyDigest(there->get(), "table", table.digest);
  if (!there.status().Is(sqlstate::kUndefinedFile)) return there.status();
  ASSIGN_OR_RETURN(std::unique_ptr<BlobReader> from, source->OpenBlob(name));
  ASSIGN_OR_RETURN(std::unique_ptr<BlobWriter> to, target->CreateBlob(name));
  StreamingChecksum digest;
  ASSIGN_OR_RETURN(uint64_t in_pieces, DigestBlob(from.get(), [&](std::string_view piece) {
                     digest.Update(piece);
                     return to->Append(piece);
                   }));
  (void)in_pieces;
  if (from->size() != table.bytes || digest.Value() != table.digest) {
    return Error(sqlstate::kDataCorrupted,
                 "table \"{}\" is damaged at offset 0: it is not the one that the log names",
                 from->name());
  }
  return to->Finish();
}

Result<uint64_t> DigestBlob(BlobReader* blob,
                            const std::function<Status(std::string_view piece)>& each) {
  std::string buffer(std::min<uint64_t>(kBackupPieceBytes, blob->size()), '\0');
  uint64_t digest = 0;
  for (uint64_t offset = 0; offset < blob->size(); offset += buffer.size()) {
    size_t length = std::min<uint64_t>(buffer.size(), blob->size() - offset);
    RETURN_IF_ERROR(blob->Read(offset, length, buffer.data()));
    std::string_view piece(buffer.data(), length);
    digest = ExtendDigest(digest, piece);
    RETURN_IF_ERROR(each(piece));
  }
  return digest;
}

}  // namespace shale::engine
