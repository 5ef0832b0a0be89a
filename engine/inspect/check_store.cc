#include "engine/inspect/check_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/lsm/backup_format.h"
#include "engine/lsm/encryption.h"
#include "engine/lsm/log_replay.h"
#include "engine/lsm/manifest_format.h"
#include "engine/lsm/table_check.h"
#include "engine/lsm/version_set.h"
#include "engine/lsm/write_batch.h"
#include "engine/wal/wal_reader.h"

namespace shale::engine {
namespace {

class StoreCheck {
 public:
  explicit StoreCheck(const EngineOptions& options)
      : options_(options),
        obsolete_([] {}),
        context_{.storage = options.storage, .cache = nullptr, .obsolete = &obsolete_},
        versions_(options_, &context_) {}

  CheckReport Run() {
    Status status = RunParts();
    if (!status.ok()) report_.problems.push_back(std::move(status));
    std::ranges::sort(report_.orphans);
    return std::move(report_);
  }

 private:
  // Problems that do not keep the rest from being judged go to the report.
  Status RunParts() {
    ASSIGN_OR_RETURN(blobs_, options_.storage->ListBlobs());
    ASSIGN_OR_RETURN(logs_, options_.storage->ListLogs());
    for (const StorageItem& log : logs_) {
      if (auto number = ParseWalSegmentName(log.name)) segments_.insert(*number);
    }
    ASSIGN_OR_RETURN(RegisterValue root,
                     options_.storage->ReadRegister(std::string(kRootRegister)));
    if (root.version == 0) return CheckEmpty();
    ASSIGN_OR_RETURN(keyring_, OpenStoreKeyring(options_));
    options_.keyring = keyring_.get();
    context_.keyring = keyring_.get();
    RETURN_IF_ERROR(versions_.Recover().status());
    Note(versions_.recovered_version()->CheckInvariants());
    Note(versions_.recovered_version()->CheckValueFiles());
    CheckTables();
    Note(CheckLog());
    CollectOrphans();
    return Status::Ok();
  }

  void Note(Status status) {
    if (!status.ok()) report_.problems.push_back(std::move(status));
  }

  // Without a root register only the remains of a creation that crashed may be there.
  Status CheckEmpty() {
    auto refuse = [](const std::string& name) {
      return Error(sqlstate::kDataCorrupted, "register \"{}\" is missing, but \"{}\" exists",
                   kRootRegister, name);
    };
    for (const StorageItem& blob : blobs_) {
      if (ParseTableName(blob.name) || ParseValueFileName(blob.name)) return refuse(blob.name);
    }
    for (uint64_t number : segments_) {
      ASSIGN_OR_RETURN(auto reader, WalReader::Open(options_.storage, number));
      if (reader->header()) return refuse(reader->name());
    }
    return Status::Ok();
  }

  void CheckTables() {
    const Version& version = *versions_.recovered_version();
    std::set<std::string> blobs;
    for (const StorageItem& blob : blobs_) blobs.insert(blob.name);
    // What is missing is named once, not by each table that refers to it.
    bool all_values_there = true;
    for (const LiveValueFile& live : version.value_files) {
      ValueFile& file = *live.file;
      bool there = NoteIfMissing("value file", ValueFileName(file.number()), blobs);
      all_values_there = all_values_there && there;
      if (there) Note(CheckValueFile(&file));
      ++report_.value_files;
      report_.value_bytes += file.metadata().bytes;
      report_.value_garbage_bytes += live.garbage_bytes();
    }
    for (const TableFiles& files : version.levels) {
      for (const auto& file : files) {
        if (NoteIfMissing("table", TableName(file->number()), blobs)) {
          Status status = CheckTableFile(version, file.get());
          if (all_values_there || !status.Is(sqlstate::kUndefinedFile)) Note(std::move(status));
        }
        CountTable(file->metadata());
      }
    }
  }

  // True where it is there.
  bool NoteIfMissing(std::string_view kind, const std::string& name,
                     const std::set<std::string>& blobs) {
    if (blobs.contains(name)) return true;
    Note(Error(sqlstate::kDataCorrupted, "{} \"{}\" is missing", kind, name)
             .Detail(fmt::format("Manifest \"{}\" names it.",
                                 ManifestName(versions_.manifest_number()))));
    return false;
  }

  void CheckIngested(const TableMetadata& table) {
    TableFile file(table, &context_);
    Status status = CheckTableFile(*versions_.recovered_version(), &file);
    if (status.Is(sqlstate::kUndefinedFile)) {
      status = Error(sqlstate::kDataCorrupted, "table \"{}\" is missing", TableName(table.number))
                   .Detail("The write-ahead log names it.");
    }
    Note(std::move(status));
    CountTable(table);
  }

  void CountTable(const TableMetadata& table) {
    ++report_.tables;
    report_.table_bytes += table.bytes;
    report_.table_entries += table.entries;
  }

  Status CheckLog() {
    report_.last_sequence = versions_.last_sequence();
    ASSIGN_OR_RETURN(WalRecoveryResult log,
                     ReplayStoreLog(options_, versions_, segments_,
                                    [this](SequenceNumber sequence, auto chunks) {
                                      return CheckBatch(sequence, chunks);
                                    }));
    report_.log_records = log.record_count;
    report_.log_batches = log.batch_count;
    report_.closed_clean = log.ended_clean;
    report_.last_sequence = std::max(report_.last_sequence, log.last_sequence);
    return Status::Ok();
  }

  Status CheckBatch(SequenceNumber sequence, const std::vector<std::string>& chunks) {
    for (const std::string& chunk : chunks) {
      std::string_view rest = chunk;
      WriteBatch::Operation operation;
      Status status;
      while (WriteBatch::Next(&rest, &operation, &status)) {
        ++report_.log_operations;
        if (operation.type != BatchOperation::kIngest) continue;
        ASSIGN_OR_RETURN(TableMetadata table, WriteBatch::IngestedTable(operation, sequence));
        CheckIngested(table);
        ingested_.insert(TableName(table.number));
      }
      RETURN_IF_ERROR(status);
    }
    return Status::Ok();
  }

  void CollectOrphans() {
    std::set<std::string> live{ManifestName(versions_.manifest_number()),
                               BackupName(versions_.manifest_number())};
    live.merge(ingested_);
    for (const TableFiles& files : versions_.recovered_version()->levels) {
      for (const auto& file : files) live.insert(TableName(file->number()));
    }
    for (const LiveValueFile& file : versions_.recovered_version()->value_files) {
      live.insert(ValueFileName(file.file->number()));
    }
    for (auto number = segments_.lower_bound(versions_.log_start().log_number);
         number != segments_.end(); ++number) {
      live.insert(WalSegmentName(*number));
      ++report_.log_segments;
    }
    for (const std::vector<StorageItem>* items : {&blobs_, &logs_}) {
      for (const StorageItem& item : *items) {
        if (!live.contains(item.name)) report_.orphans.push_back(item.name);
      }
    }
  }

  EngineOptions options_;
  std::unique_ptr<Keyring> keyring_;  // null: a plain store
  ObsoleteFiles obsolete_;
  TableContext context_;
  VersionSet versions_;
  std::vector<StorageItem> blobs_;
  std::vector<StorageItem> logs_;
  std::set<uint64_t> segments_;
  std::set<std::string> ingested_;  // tables that only the log names
  CheckReport report_;
};

}  // namespace

CheckReport CheckStore(const EngineOptions& options) { return StoreCheck(options).Run(); }

std::string DescribeCheck(const CheckReport& report) {
  std::string text = fmt::format(
      "tables: {}, with {} bytes and {} entries\n"
      "log: {} segments, {} records, {} batches with {} operations, {}\n"
      "last sequence number: {}\n",
      report.tables, report.table_bytes, report.table_entries, report.log_segments,
      report.log_records, report.log_batches, report.log_operations,
      report.closed_clean ? "closed" : "not closed: the next start recovers it",
      report.last_sequence);
  if (report.value_files > 0) {
    text += fmt::format("value files: {}, with {} bytes, {} of them garbage\n", report.value_files,
                        report.value_bytes, report.value_garbage_bytes);
  }
  for (const std::string& orphan : report.orphans) {
    text += fmt::format("not referred to, the next start removes it: {}\n", orphan);
  }
  for (const Status& problem : report.problems) {
    text += fmt::format("PROBLEM: {}\n", problem.message());
    if (!problem.error().detail.empty()) text += fmt::format("  {}\n", problem.error().detail);
  }
  text += report.ok() ? "no problem found\n"
                      : fmt::format("problems found: {}\n", report.problems.size());
  return text;
}

}  // namespace shale::engine
