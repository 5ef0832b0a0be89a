#include "engine/lsm/recovery.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <unordered_map>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/lsm/backup_format.h"
#include "engine/lsm/log_applier.h"
#include "engine/lsm/log_replay.h"
#include "engine/lsm/manifest_format.h"
#include "engine/lsm/run_placement.h"
#include "engine/lsm/table_check.h"
#include "engine/lsm/table_jobs.h"
#include "engine/lsm/write_batch.h"
#include "engine/wal/wal_reader.h"
#include "engine/wal/wal_recovery.h"

namespace shale::engine {
namespace {

class StoreRecovery {
 public:
  StoreRecovery(const EngineOptions& options, VersionSet* versions, LogSegments* segments,
                ObsoleteFiles* obsolete)
      : options_(options), versions_(versions), segments_(segments), obsolete_(obsolete) {}

  Result<RecoveredStore> Run() {
    ASSIGN_OR_RETURN(bool exists, versions_->Recover());
    ASSIGN_OR_RETURN(blobs_, options_.storage->ListBlobs());
    ASSIGN_OR_RETURN(logs_, options_.storage->ListLogs());
    NoteNumbers();
    if (exists) {
      RETURN_IF_ERROR(CheckBlobs());
      RETURN_IF_ERROR(ReplayLog());
    } else {
      RETURN_IF_ERROR(CheckEmpty());
    }
    RETURN_IF_ERROR(StartAnew(exists));
    CollectOrphans();
    return std::move(store_);
  }

 private:
  void NoteNumbers() {
    for (const StorageItem& blob : blobs_) {
      auto number = ParseTableName(blob.name);
      if (!number) number = ParseValueFileName(blob.name);
      if (number) versions_->NoteFileNumber(*number);
    }
    for (const StorageItem& log : logs_) {
      auto number = ParseWalSegmentName(log.name);
      if (number) wal_numbers_.insert(*number);
      if (!number) number = ParseManifestName(log.name);
      if (number) versions_->NoteFileNumber(*number);
    }
  }

  Status CheckBlobs() const {
    std::unordered_map<std::string, uint64_t> sizes;
    for (const StorageItem& blob : blobs_) sizes.emplace(blob.name, blob.size);
    const Version& version = *versions_->recovered_version();
    for (const TableFiles& files : version.levels) {
      for (const auto& file : files) {
        RETURN_IF_ERROR(
            CheckBlob("table", TableName(file->number()), file->metadata().bytes, sizes));
      }
    }
    for (const LiveValueFile& live : version.value_files) {
      const ValueFileMetadata& file = live.file->metadata();
      RETURN_IF_ERROR(CheckBlob("value file", ValueFileName(file.number), file.bytes, sizes));
    }
    return Status::Ok();
  }

  // That the blob is there, with the size that the manifest says.
  Status CheckBlob(std::string_view kind, const std::string& name, uint64_t bytes,
                   const std::unordered_map<std::string, uint64_t>& sizes) const {
    std::string manifest = ManifestName(versions_->manifest_number());
    auto found = sizes.find(name);
    if (found == sizes.end()) {
      return Error(sqlstate::kDataCorrupted, "{} \"{}\" is missing", kind, name)
          .Detail(fmt::format("Manifest \"{}\" names it.", manifest));
    }
    if (found->second == bytes) return Status::Ok();
    return Error(sqlstate::kDataCorrupted,
                 "{} \"{}\" is damaged at offset {}: it has {} bytes, manifest \"{}\" says {}",
                 kind, name, std::min(found->second, bytes), found->second, manifest, bytes);
  }

  // A storage without root register: nothing but the remains of a creation that crashed may be
  // there.
  Status CheckEmpty() const {
    auto refuse = [](const std::string& name) {
      return Error(sqlstate::kDataCorrupted, "register \"{}\" is missing, but \"{}\" exists",
                   kRootRegister, name);
    };
    for (const StorageItem& blob : blobs_) {
      if (ParseTableName(blob.name) || ParseValueFileName(blob.name)) return refuse(blob.name);
    }
    for (uint64_t number : wal_numbers_) {
      ASSIGN_OR_RETURN(auto reader, WalReader::Open(options_.storage, number, options_.keyring));
      if (reader->header()) return refuse(WalSegmentName(number));
    }
    return Status::Ok();
  }

  Status ReplayLog() {
    LogApplier applier(options_, [this](const MemTable& memtable) { return Flush(memtable); });
    ASSIGN_OR_RETURN(log_, ReplayStoreLog(options_, *versions_, wal_numbers_,
                                          [&](SequenceNumber sequence, auto chunks) {
                                            return Replay(sequence, std::move(chunks), &applier);
                                          }));
    ASSIGN_OR_RETURN(memtable_, applier.Finish());
    if (!log_.ended_clean && !log_.end_segment.empty()) {
      LogInfo("write-ahead log \"{}\" ends at offset {} after {} batches: it was not closed",
              log_.end_segment, log_.end_offset, log_.batch_count);
    }
    return Status::Ok();
  }

  Status Replay(SequenceNumber sequence, std::vector<std::string> chunks, LogApplier* applier) {
    std::vector<TableMetadata> run;
    while (!chunks.empty() && WriteBatch::IsIngestChunk(chunks.front())) {
      RETURN_IF_ERROR(ReadRun(chunks.front(), sequence, &run));
      chunks.erase(chunks.begin());
    }
    RETURN_IF_ERROR(applier->Add(sequence, std::move(chunks)));
    if (run.empty()) return Status::Ok();
    RETURN_IF_ERROR(applier->Flush());
    return InstallRun(std::move(run));
  }

  static Status ReadRun(std::string_view chunk, SequenceNumber sequence,
                        std::vector<TableMetadata>* run) {
    WriteBatch::Operation operation;
    Status status;
    while (WriteBatch::Next(&chunk, &operation, &status)) {
      ASSIGN_OR_RETURN(TableMetadata table, WriteBatch::IngestedTable(operation, sequence));
      run->push_back(std::move(table));
    }
    return status;
  }

  // Above what is replayed up to it, and below what follows. Its tables were durable before the
  // record that names them, so they are whole or damaged.
  Status InstallRun(std::vector<TableMetadata> run) {
    for (const TableMetadata& table : run) RETURN_IF_ERROR(CheckIngested(table));
    ASSIGN_OR_RETURN(std::shared_ptr<const Version> version, versions_->Preview(edit_));
    for (TableMetadata& table : run) {
      ASSIGN_OR_RETURN(int level_max, DeepestLevelAbove(*version, table.range));
      int level = DeepestLevelWithRoom(*version, options_, level_max, table.range);
      edit_.added.emplace_back(level, std::move(table));
    }
    return Status::Ok();
  }

  Status CheckIngested(const TableMetadata& table) const {
    TableFile file(table, versions_->table_context());
    Status status = CheckTableMetadata(&file);
    if (!status.Is(sqlstate::kUndefinedFile)) return status;
    return Error(sqlstate::kDataCorrupted, "table \"{}\" is missing", TableName(table.number))
        .Detail("The write-ahead log names it.");
  }

  // Of memtables in their order.
  Status Flush(const MemTable& memtable) {
    std::atomic<bool> never{false};
    JobContext context{.options = &options_,
                       .new_file_number = [this] { return versions_->NewFileNumber(); },
                       .stop = &never};
    SequenceNumber kept_from = std::min(
        memtable.sequence_max(), versions_->time_marks().RetainedFrom(SystemClock().WallMicros()));
    LiveSnapshots nobody{.sequences = {kept_from}, .visible = kept_from};
    edit_.history_floor = kept_from;
    JobResult job = RunFlush(context, memtable, nobody);
    RETURN_IF_ERROR(job.status);
    for (TableMetadata& table : job.tables) edit_.added.emplace_back(0, std::move(table));
    edit_.added_value_files.insert(edit_.added_value_files.end(), job.value_files.begin(),
                                   job.value_files.end());
    return Status::Ok();
  }

  Status StartAnew(bool exists) {
    // Part of the log is in tables now: then all of it must be, for the log's start is one place.
    bool keep = exists && edit_.added.empty() && !memtable_->empty();
    if (exists && !keep && !memtable_->empty()) RETURN_IF_ERROR(Flush(*memtable_));
    ASSIGN_OR_RETURN(LogSegments::Segment segment, segments_->Take(0));
    store_.last_sequence = std::max(versions_->last_sequence(), log_.last_sequence);
    store_.log = std::make_unique<WalWriter>(options_.owner_epoch, log_.next_lsn, options_.keyring);
    store_.log_start = keep ? versions_->log_start()
                            : LogStart{.log_number = segment.number, .first_lsn = log_.next_lsn};
    store_.memtable = keep ? std::move(memtable_) : MemTable::Create(options_.memtable_bytes_max);
    store_.log->StartSegment(segment.number, std::move(segment.writer), segment.size_hint);
    edit_.log_start = store_.log_start;
    edit_.last_sequence = store_.last_sequence;
    // A storage gives out only what it has made durable when a log is read.
    edit_.durable_lsn = log_.next_lsn - 1;
    return versions_->Start(edit_);
  }

  void CollectOrphans() {
    std::set<std::string> live;
    const Version& version = *versions_->recovered_version();
    for (const TableFiles& files : version.levels) {
      for (const auto& file : files) live.insert(TableName(file->number()));
    }
    for (const LiveValueFile& file : version.value_files) {
      live.insert(ValueFileName(file.file->number()));
    }
    for (const StorageItem& blob : blobs_) {
      bool ours =
          ParseTableName(blob.name) || ParseValueFileName(blob.name) || ParseBackupName(blob.name);
      if (!ours || live.contains(blob.name)) continue;
      obsolete_->Add({ObsoleteFiles::File::Kind::kBlob, blob.name});
    }
    std::string manifest = ManifestName(versions_->manifest_number());
    for (const StorageItem& log : logs_) {
      if (auto number = ParseWalSegmentName(log.name)) {
        if (*number >= store_.log_start.log_number) {
          segments_->NoteSegment(*number);
        } else {
          obsolete_->Add({ObsoleteFiles::File::Kind::kLog, log.name});
        }
      } else if (ParseManifestName(log.name) && log.name != manifest) {
        obsolete_->Add({ObsoleteFiles::File::Kind::kLog, log.name});
      }
    }
  }

  const EngineOptions& options_;
  VersionSet* const versions_;
  LogSegments* const segments_;
  ObsoleteFiles* const obsolete_;

  std::vector<StorageItem> blobs_;
  std::vector<StorageItem> logs_;
  std::set<uint64_t> wal_numbers_;
  std::shared_ptr<MemTable> memtable_;
  WalRecoveryResult log_;
  VersionEdit edit_;
  RecoveredStore store_;
};

}  // namespace

Result<RecoveredStore> Recover(const EngineOptions& options, VersionSet* versions,
                               LogSegments* segments, ObsoleteFiles* obsolete) {
  return StoreRecovery(options, versions, segments, obsolete).Run();
}

}  // namespace shale::engine
