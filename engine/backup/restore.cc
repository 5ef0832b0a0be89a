#include "engine/backup/restore.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/lsm/backup_format.h"
#include "engine/lsm/checkpoint.h"
#include "engine/lsm/ingest_records.h"
#include "engine/lsm/manifest_format.h"
#include "engine/wal/wal_reader.h"
#include "engine/wal/wal_writer.h"

namespace shale::engine {
namespace {

// That of a store that was never opened; the first start takes the next one.
constexpr uint64_t kRestoreEpoch = 1;

class RestoreRun {
 public:
  explicit RestoreRun(const RestoreJob& job) : job_(job) {}

  Result<RestoreSummary> Run() {
    RETURN_IF_ERROR(CheckTargetIsEmpty());
    ASSIGN_OR_RETURN(std::optional<BackupDescription> backup, ReadBackup(job_.backup));
    if (!backup) {
      return Error(sqlstate::kObjectNotInPrerequisiteState, "there is no whole backup");
    }
    backup_ = *std::move(backup);
    summary_.sequence = backup_.sequence;
    RETURN_IF_ERROR(CheckMoment());
    RETURN_IF_ERROR(TakeKeyring());
    RETURN_IF_ERROR(CopyFiles());
    RETURN_IF_ERROR(CopyLog());
    RETURN_IF_ERROR(PutInForce());
    RETURN_IF_ERROR(CheckResult());
    return summary_;
  }

 private:
  Status CheckTargetIsEmpty() {
    ASSIGN_OR_RETURN(RegisterValue root, job_.target->ReadRegister(std::string(kRootRegister)));
    ASSIGN_OR_RETURN(std::vector<StorageItem> blobs, job_.target->ListBlobs());
    ASSIGN_OR_RETURN(std::vector<StorageItem> logs, job_.target->ListLogs());
    if (root.version == 0 && blobs.empty() && logs.empty()) return Status::Ok();
    return Error(sqlstate::kObjectNotInPrerequisiteState,
                 "the directory to restore into is not empty");
  }

  Status CheckMoment() {
    if (job_.until_sequence && *job_.until_sequence < backup_.sequence) {
      return Error(sqlstate::kInvalidParameterValue,
                   "the backup holds commits up to sequence number {}, beyond {}", backup_.sequence,
                   *job_.until_sequence)
          .Hint("Restore from an older backup.");
    }
    if (job_.until_us && *job_.until_us < backup_.made_us) {
      return Error(sqlstate::kInvalidParameterValue,
                   "the backup was made {:.3f} s after the moment to restore",
                   static_cast<double>(backup_.made_us - *job_.until_us) / 1e6)
          .Hint("Restore from an older backup.");
    }
    bool moment = job_.until_sequence || job_.until_us;
    if (moment && job_.archive == nullptr) {
      return Error(sqlstate::kInvalidParameterValue,
                   "restoring a moment after the backup needs archived log segments");
    }
    return Status::Ok();
  }

  // The archive's has the keys of later segments too.
  Status TakeKeyring() {
    RETURN_IF_ERROR(CopyKeyring(job_.backup, job_.target));
    if (job_.archive != nullptr) RETURN_IF_ERROR(CopyKeyring(job_.archive, job_.target));
    ASSIGN_OR_RETURN(bool encrypted, Keyring::Exists(job_.target));
    if (encrypted && job_.master_key == nullptr) {
      return Error(sqlstate::kObjectNotInPrerequisiteState,
                   "the backup is encrypted, but no encryption key was given");
    }
    if (!encrypted && job_.master_key != nullptr) {
      return Error(sqlstate::kObjectNotInPrerequisiteState,
                   "the backup is not encrypted, but an encryption key was given");
    }
    if (!encrypted) return Status::Ok();
    ASSIGN_OR_RETURN(keyring_,
                     Keyring::Open({.storage = job_.target, .master_key = *job_.master_key}));
    return Status::Ok();
  }

  Status CopyFiles() {
    for (const BackupFile& file : backup_.files) {
      std::string name = file.Name();
      ASSIGN_OR_RETURN(std::unique_ptr<BlobReader> from, job_.backup->OpenBlob(name));
      ASSIGN_OR_RETURN(std::unique_ptr<BlobWriter> to, job_.target->CreateBlob(name));
      ASSIGN_OR_RETURN(uint64_t digest, DigestBlob(from.get(), [&](std::string_view piece) {
                         return to->Append(piece);
                       }));
      if (from->size() != file.bytes || digest != file.digest) {
        return Error(sqlstate::kDataCorrupted,
                     "{} \"{}\" is damaged at offset 0: it is not what was backed up",
                     file.kind == BackupFile::Kind::kTable ? "table" : "value file", from->name())
            .Detail("Its digest differs from that in the description of the backup.");
      }
      RETURN_IF_ERROR(to->Finish());
      ++summary_.files;
      summary_.bytes += file.bytes;
    }
    return Status::Ok();
  }

  // A log of the target with these bytes.
  Status WriteLog(const std::string& name, std::string_view bytes) {
    ASSIGN_OR_RETURN(std::unique_ptr<LogWriter> log,
                     job_.target->CreateLog(name, kRestoreEpoch, 0));
    RETURN_IF_ERROR(log->Append(kRestoreEpoch, 0, bytes));
    RETURN_IF_ERROR(log->Sync());
    return log->Seal();
  }

  Status CopyLog() {
    uint64_t start = backup_.log_start.log_number;
    std::vector<uint64_t> archived;
    if (job_.archive != nullptr) {
      ASSIGN_OR_RETURN(std::vector<StorageItem> blobs, job_.archive->ListBlobs());
      for (const StorageItem& blob : blobs) {
        auto number = ParseWalSegmentName(blob.name);
        if (number && *number >= start) archived.push_back(*number);
      }
      std::ranges::sort(archived);
    }
    if (archived.empty() || archived.front() != start) {
      // Nothing was logged in it; a next one then begins with the same record.
      RETURN_IF_ERROR(CopyBackupSegment(start));
    }
    next_lsn_ = backup_.log_start.first_lsn;
    bool reached = false;
    for (uint64_t number : archived) {
      ASSIGN_OR_RETURN(reached, CopySegment(number));
      if (reached) break;
    }
    if (job_.until_sequence && !reached && summary_.sequence < *job_.until_sequence) {
      return Error(sqlstate::kInvalidParameterValue,
                   "the archived log ends at sequence number {}, before {}", summary_.sequence,
                   *job_.until_sequence);
    }
    return Status::Ok();
  }

  Status CopyBackupSegment(uint64_t number) {
    std::string name = WalSegmentName(number);
    ASSIGN_OR_RETURN(std::unique_ptr<LogReader> from, job_.backup->OpenLog(name));
    std::string bytes(from->size(), '\0');
    ASSIGN_OR_RETURN(size_t count, from->Read(0, bytes.size(), bytes.data()));
    bytes.resize(count);
    return WriteLog(name, bytes);
  }

  // True where the moment lies in it: it was cut there, and no further one is needed.
  Result<bool> CopySegment(uint64_t number) {
    std::string name = WalSegmentName(number);
    ASSIGN_OR_RETURN(std::unique_ptr<BlobReader> from, job_.archive->OpenBlob(name));
    std::string bytes;
    bytes.reserve(from->size());
    auto append = [&bytes](std::string_view piece) {
      bytes += piece;
      return Status::Ok();
    };
    ASSIGN_OR_RETURN(uint64_t digest, DigestBlob(from.get(), append));
    (void)digest;  // each record has its checksum
    RETURN_IF_ERROR(WriteLog(name, bytes));
    IngestRecords ingests;
    ASSIGN_OR_RETURN(std::optional<Cut> cut, FindMoment(number, &ingests));
    for (const TableMetadata& table : ingests.tables()) {
      RETURN_IF_ERROR(CopyTable(job_.archive, job_.target, table));
      ++summary_.files;
      summary_.bytes += table.bytes;
    }
    ++summary_.log_segments;
    if (!cut) return false;
    RETURN_IF_ERROR(job_.target->DeleteLog(name));
    RETURN_IF_ERROR(WriteLog(name, std::string_view(bytes).substr(0, cut->offset)));
    if (!cut->batches.empty()) RETURN_IF_ERROR(WriteBatches(number + 1, *cut));
    return true;
  }

  // Where a segment is cut: at its first record behind the moment. Of a group, its batches before
  // the moment are kept.
  struct Cut {
    uint64_t offset;
    uint64_t lsn;
    SequenceNumber sequence = 0;  // of the first of the batches
    std::vector<std::string> batches;
  };

  // In a segment of their own: nothing may be sealed a second time at an offset of the archived
  // one.
  Status WriteBatches(uint64_t number, const Cut& cut) {
    ASSIGN_OR_RETURN(std::unique_ptr<LogWriter> log,
                     job_.target->CreateLog(WalSegmentName(number), kRestoreEpoch, 0));
    WalWriter writer(kRestoreEpoch, cut.lsn, keyring_.get());
    writer.StartSegment(number, std::move(log), 0);
    writer.AddTime(summary_.last_time_us, cut.sequence - 1);
    SequenceNumber sequence = cut.sequence;
    for (const std::string& batch : cut.batches) {
      RETURN_IF_ERROR(writer.Add(sequence++, {batch}));
    }
    return writer.Close(sequence - 1);
  }

  // Nothing where the segment has none behind the moment. Gives the records before it to ingests.
  Result<std::optional<Cut>> FindMoment(uint64_t number, IngestRecords* ingests) {
    ASSIGN_OR_RETURN(std::unique_ptr<WalReader> reader,
                     WalReader::Open(job_.target, number, keyring_.get()));
    if (!reader->header()) {
      return Error(sqlstate::kDataCorrupted, "archived log segment \"{}\" is damaged at offset 0",
                   WalSegmentName(number));
    }
    if (reader->header()->first_lsn != next_lsn_) {
      return Error(sqlstate::kUndefinedFile, "a log segment before \"{}\" is not archived",
                   WalSegmentName(number))
          .Detail(fmt::format("It begins with record {}, and record {} is wanted.",
                              reader->header()->first_lsn, next_lsn_));
    }
    std::vector<std::string> of_group;  // those of its batches that were read
    while (true) {
      uint64_t offset = reader->offset();
      WalRecord record;
      ASSIGN_OR_RETURN(bool valid, reader->Next(&record));
      if (!valid) break;
      next_lsn_ = reader->next_lsn();
      if (record.type == WalRecordType::kTime) {
        uint64_t time_us = WalTimeOf(record);
        if (job_.until_us && time_us > *job_.until_us)
          return std::optional(Cut{offset, record.lsn});
        summary_.last_time_us = time_us;
      }
      if (record.type != WalRecordType::kBatch) continue;
      if (job_.until_sequence && record.sequence > *job_.until_sequence) {
        return std::optional(
            Cut{offset, record.lsn, record.sequence - of_group.size(), std::move(of_group)});
      }
      RETURN_IF_ERROR(ingests->Add(record));
      if ((record.flags & kWalLastOfBatch) != 0) {
        summary_.sequence = std::max(summary_.sequence, record.sequence);
      }
      if (reader->offset() > offset) {
        of_group.clear();
      } else {
        of_group.emplace_back(record.payload);
      }
    }
    ASSIGN_OR_RETURN(std::unique_ptr<LogReader> whole,
                     job_.target->OpenLog(WalSegmentName(number)));
    // What the archiver writes is valid to its last byte.
    if (reader->offset() != whole->size()) {
      return Error(sqlstate::kDataCorrupted, "archived log segment \"{}\" is damaged at offset {}",
                   WalSegmentName(number), reader->offset());
    }
    return std::optional<Cut>();
  }

  Status PutInForce() {
    std::string name = ManifestName(backup_.manifest_number);
    ASSIGN_OR_RETURN(std::unique_ptr<LogReader> from, job_.backup->OpenLog(name));
    std::string bytes(from->size(), '\0');
    ASSIGN_OR_RETURN(size_t count, from->Read(0, bytes.size(), bytes.data()));
    bytes.resize(count);
    RETURN_IF_ERROR(WriteLog(name, bytes));
    return job_.target->CompareAndSet(std::string(kRootRegister), 0,
                                      EncodeRoot(backup_.manifest_number));
  }

  Status CheckResult() {
    EngineOptions options;
    options.storage = job_.target;
    options.master_key = job_.master_key;
    CheckReport report = CheckStore(options);
    if (!report.ok()) return report.problems.front();
    if (report.last_sequence == summary_.sequence) return Status::Ok();
    return Error(sqlstate::kDataCorrupted,
                 "the restored store ends at sequence number {}, the log that was copied at {}",
                 report.last_sequence, summary_.sequence);
  }

  const RestoreJob& job_;
  BackupDescription backup_;
  std::unique_ptr<Keyring> keyring_;  // null: not encrypted
  uint64_t next_lsn_ = 0;             // of the first record of the next archived segment
  RestoreSummary summary_;
};

}  // namespace

Result<RestoreSummary> Restore(const RestoreJob& job) { return RestoreRun(job).Run(); }

}  // namespace shale::engine
