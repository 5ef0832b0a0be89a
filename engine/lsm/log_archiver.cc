#include "engine/lsm/log_archiver.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/coding.h"
#include "engine/base/log.h"
#include "engine/lsm/backup_format.h"
#include "engine/lsm/checkpoint.h"
#include "engine/lsm/ingest_records.h"
#include "engine/wal/wal_reader.h"

namespace shale::engine {
namespace {

constexpr size_t kArchivePieceBytes = 1 << 20;
constexpr std::string_view kEmptyArchiveHint =
    "Start with an empty log archive, and make a new backup.";

// The offset behind the last record before end_lsn.
struct SegmentEnd {
  uint64_t offset = 0;
  uint64_t next_lsn = 0;
  bool closed = false;  // the last record is a mark
  std::vector<TableMetadata> ingested;
};

Result<SegmentEnd> FindSegmentEnd(WalReader* reader, uint64_t end_lsn) {
  SegmentEnd end{.offset = reader->offset(), .next_lsn = reader->header()->first_lsn};
  IngestRecords ingests;
  while (end.next_lsn < end_lsn) {
    WalRecord record;
    ASSIGN_OR_RETURN(bool valid, reader->Next(&record));
    if (!valid) break;
    RETURN_IF_ERROR(ingests.Add(record));
    end = {.offset = reader->offset(),
           .next_lsn = reader->next_lsn(),
           .closed = record.type == WalRecordType::kMark};
  }
  end.ingested = ingests.tables();
  return end;
}

Status CopyStart(LogReader* from, uint64_t length, BlobWriter* to) {
  std::string buffer;
  for (uint64_t offset = 0; offset < length; offset += buffer.size()) {
    buffer.resize(std::min<uint64_t>(kArchivePieceBytes, length - offset));
    ASSIGN_OR_RETURN(size_t count, from->Read(offset, buffer.size(), buffer.data()));
    if (count != buffer.size()) {
      return Error(sqlstate::kDataCorrupted, "could not read {} bytes at offset {} of \"{}\"",
                   buffer.size(), offset, from->name());
    }
    RETURN_IF_ERROR(to->Append(buffer));
  }
  return to->Finish();
}

}  // namespace

LogArchiver::~LogArchiver() { CHECK(thread_ == nullptr); }

Status LogArchiver::Start(uint64_t next_file_number) {
  if (archive_ == nullptr) return Status::Ok();
  ASSIGN_OR_RETURN(std::vector<StorageItem> blobs, archive_->ListBlobs());
  RETURN_IF_ERROR(CheckOwner(blobs.empty()));
  for (const StorageItem& blob : blobs) {
    auto number = ParseWalSegmentName(blob.name);
    if (!number) continue;
    if (*number >= next_file_number) {
      return Error(sqlstate::kObjectNotInPrerequisiteState,
                   "the log archive holds segment \"{}\", which this store has not written",
                   blob.name)
          .Detail("The store is an older copy of the one that wrote it.")
          .Hint(std::string(kEmptyArchiveHint));
    }
    done_.insert(*number);
  }
  RETURN_IF_ERROR(NoteUnarchivedTables());
  thread_ = std::make_unique<ThreadPool>("lsm-archive", 1);
  return Status::Ok();
}

// What recovery dropped of the last segment, or a later one voided, is noted too, until the segment
// is archived.
Status LogArchiver::NoteUnarchivedTables() {
  ASSIGN_OR_RETURN(std::vector<Segment> segments, Segments());
  for (const Segment& segment : segments) {
    if (segment.end_lsn == 0 || MayDelete(segment.number)) continue;
    ASSIGN_OR_RETURN(std::unique_ptr<WalReader> reader,
                     WalReader::Open(storage_, segment.number, keyring_));
    ASSIGN_OR_RETURN(SegmentEnd end, FindSegmentEnd(reader.get(), segment.end_lsn));
    NoteIngested(segment.number, end.ingested);
  }
  return Status::Ok();
}

void LogArchiver::NoteIngested(uint64_t log_number, const std::vector<TableMetadata>& tables) {
  if (archive_ == nullptr || tables.empty()) return;
  std::lock_guard lock(mutex_);
  for (const TableMetadata& table : tables) ingested_[table.number] = log_number;
}

bool LogArchiver::MayDeleteTable(uint64_t number) const {
  if (archive_ == nullptr) return true;
  std::lock_guard lock(mutex_);
  return !ingested_.contains(number);
}

// A restored store counts its files anew: numbers alone do not tell its segments from those of the
// future that it left.
Status LogArchiver::CheckOwner(bool empty) {
  ASSIGN_OR_RETURN(uint64_t id, StoreIdOf(storage_));
  std::string name(kStoreIdRegister);
  ASSIGN_OR_RETURN(RegisterValue owner, archive_->ReadRegister(name));
  std::string own;
  PutFixed64(&own, id);
  if (owner.version != 0 && owner.bytes == own) return Status::Ok();
  if (owner.version == 0 && empty) return archive_->CompareAndSet(name, 0, own);
  return Error(sqlstate::kObjectNotInPrerequisiteState, "the log archive is another store's")
      .Detail("It may be that of the store from which this one was restored.")
      .Hint(std::string(kEmptyArchiveHint));
}

void LogArchiver::Schedule(std::function<void()> on_archived) {
  if (thread_ == nullptr || scheduled_.exchange(true)) return;
  thread_->Post([this, on_archived = std::move(on_archived)] {
    scheduled_.store(false);
    RunAndReport(on_archived);
  });
}

void LogArchiver::Stop() {
  if (thread_ == nullptr) return;
  thread_.reset();
  RunAndReport([] {});
}

void LogArchiver::RunAndReport(const std::function<void()>& on_archived) {
  Result<bool> archived = Run();
  if (!archived.ok()) {
    failures_.fetch_add(1);
    LogWarning("archiving the log: {}", archived.status().ToString());
    return;
  }
  if (*archived) on_archived();
}

bool LogArchiver::MayDelete(uint64_t log_number) const {
  if (archive_ == nullptr) return true;
  std::lock_guard lock(mutex_);
  return done_.contains(log_number);
}

// From the newest on, so that the header behind each is known.
Result<std::vector<LogArchiver::Segment>> LogArchiver::Segments() const {
  ASSIGN_OR_RETURN(std::vector<StorageItem> logs, storage_->ListLogs());
  std::vector<uint64_t> numbers;
  for (const StorageItem& log : logs) {
    if (auto number = ParseWalSegmentName(log.name)) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  std::vector<Segment> segments;
  std::optional<uint64_t> later_first_lsn;
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    ASSIGN_OR_RETURN(std::unique_ptr<WalReader> reader,
                     WalReader::Open(storage_, *number, keyring_));
    bool used = reader->header().has_value();
    if (later_first_lsn || used) {
      segments.push_back({*number, used ? later_first_lsn.value_or(UINT64_MAX) : 0});
    }
    if (used) later_first_lsn = reader->header()->first_lsn;
  }
  std::ranges::reverse(segments);
  return segments;
}

Result<bool> LogArchiver::Run() {
  ASSIGN_OR_RETURN(std::vector<Segment> segments, Segments());
  // Before a segment that needs a key which the archive's keyring may lack.
  if (keyring_ != nullptr) RETURN_IF_ERROR(CopyKeyring(storage_, archive_));
  bool any = false;
  for (const Segment& segment : segments) {
    if (MayDelete(segment.number)) continue;
    bool copied = false;
    if (segment.end_lsn > 0) {
      RETURN_IF_ERROR(Archive(segment.number, segment.end_lsn, &copied));
      if (!copied) break;
      segments_archived_.fetch_add(1);
    }
    any = true;
    std::lock_guard lock(mutex_);
    done_.insert(segment.number);
    std::erase_if(ingested_, [&](const auto& entry) { return entry.second <= segment.number; });
  }
  return any;
}

// end_lsn UINT64_MAX: no later segment is in use, so only a closed one is finished.
Status LogArchiver::Archive(uint64_t number, uint64_t end_lsn, bool* copied) {
  std::string name = WalSegmentName(number);
  ASSIGN_OR_RETURN(std::unique_ptr<WalReader> reader, WalReader::Open(storage_, number, keyring_));
  ASSIGN_OR_RETURN(SegmentEnd end, FindSegmentEnd(reader.get(), end_lsn));
  if (end_lsn == UINT64_MAX) {
    if (!end.closed) return Status::Ok();
  } else if (end.next_lsn < end_lsn) {
    return Error(sqlstate::kDataCorrupted,
                 "write-ahead log \"{}\" is damaged at offset {}: record {} is missing or invalid",
                 reader->name(), end.offset, end.next_lsn);
  }
  for (const TableMetadata& table : end.ingested) {
    RETURN_IF_ERROR(CopyTable(storage_, archive_, table));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<LogReader> from, storage_->OpenLog(name));
  ASSIGN_OR_RETURN(std::unique_ptr<BlobWriter> to, archive_->CreateBlob(name));
  RETURN_IF_ERROR(CopyStart(from.get(), end.offset, to.get()));
  *copied = true;
  return Status::Ok();
}

}  // namespace shale::engine
