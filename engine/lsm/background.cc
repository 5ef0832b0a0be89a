#include "engine/lsm/background.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/sync_point.h"
#include "engine/wal/wal_format.h"

namespace shale::engine {

Background::Background(Parts parts)
    : parts_(std::move(parts)),
      picker_(*parts_.options),
      flush_pool_(std::make_unique<ThreadPool>("lsm-flush", 1)),
      compaction_pool_(std::make_unique<ThreadPool>(
          "lsm-compact", std::max(1, parts_.options->compaction_threads))) {}

Background::~Background() { CHECK(flush_pool_ == nullptr); }

void Background::Stop() {
  {
    // Behind this nobody posts to a pool any more.
    std::lock_guard lock(post_mutex_);
    stopping_.store(true);
  }
  {
    std::lock_guard lock(retry_mutex_);
    retry_.notify_all();
  }
  {
    std::lock_guard lock(compaction_mutex_);
    compaction_done_.notify_all();
  }
  compaction_pool_.reset();
  flush_pool_.reset();
}

void Background::Post(const std::unique_ptr<ThreadPool>& pool, std::function<void()> function) {
  std::lock_guard lock(post_mutex_);
  if (!stopping_.load()) pool->Post(std::move(function));
}

void Background::ScheduleFlush() {
  if (flush_scheduled_.exchange(true)) return;
  Post(flush_pool_, [this] { FlushAll(); });
}

void Background::ScheduleCompaction() {
  int wanted = std::max(1, parts_.options->compaction_threads);
  if (compactions_scheduled_.fetch_add(1) >= wanted) {
    compactions_scheduled_.fetch_sub(1);
    return;
  }
  Post(compaction_pool_, [this] { CompactAll(); });
}

void Background::SchedulePrepareSegment() {
  // Where it fails, the log thread finds out for itself when it needs the segment.
  Post(flush_pool_, [this] { (void)parts_.segments->Prepare().ok(); });
}

void Background::ScheduleTidying() {
  if (tidying_scheduled_.exchange(true)) return;
  Post(flush_pool_, [this] {
    tidying_scheduled_.store(false);
    DeleteObsoleteFiles();
  });
}

JobContext Background::job_context() const {
  return {.options = parts_.options,
          .new_file_number = [versions = parts_.versions] { return versions->NewFileNumber(); },
          .stop = &stopping_};
}

Background::Outcome Background::HandleError(Health::Activity activity, const Status& status) {
  if (stopping_.load()) return Outcome::kGiveUp;
  parts_.health->Report(activity, status);
  parts_.state->Wake();
  return status.Is(sqlstate::kDiskFull) ? Outcome::kRetryLater : Outcome::kGiveUp;
}

bool Background::WaitToRetry(int* retries) {
  std::chrono::milliseconds wait(std::min(1000, 20 << std::min(*retries, 6)));
  ++*retries;
  std::unique_lock lock(retry_mutex_);
  return !retry_.wait_for(lock, wait, [this] { return stopping_.load(); });
}

void Background::FlushAll() {
  flush_scheduled_.store(false);
  int retries = 0;
  while (!stopping_.load()) {
    Outcome outcome = FlushOne();
    if (outcome == Outcome::kNothingToDo || outcome == Outcome::kGiveUp) return;
    if (outcome == Outcome::kDone) {
      retries = 0;
      continue;
    }
    // Room may come from what waits to be deleted.
    DeleteObsoleteFiles();
    if (!WaitToRetry(&retries)) return;
  }
}

Background::Outcome Background::FlushOne() {
  std::lock_guard flush_lock(flush_mutex_);
  if (parts_.health->failed()) {
    parts_.state->FailFlushWaiters(parts_.health->WriteStatus());
    return Outcome::kGiveUp;
  }
  auto work = parts_.state->OldestFrozen();
  if (!work) return Outcome::kNothingToDo;
  LiveSnapshots snapshots = parts_.snapshots->Collect();
  JobResult job = RunFlush(job_context(), *work->memtable.memtable, snapshots);
  Status status = job.status;
  if (status.ok()) {
    SHALE_SYNC_POINT("flush:before_edit");
    VersionEdit edit;
    for (TableMetadata& table : job.tables) edit.added.emplace_back(0, std::move(table));
    edit.log_start = work->next_log_start;
    edit.last_sequence = work->memtable.memtable->sequence_max();
    status = parts_.versions->LogAndApply(std::move(edit), [&](auto version) {
      parts_.state->InstallFlushed(work->memtable.id, std::move(version));
    });
  } else {
    Discard(job.tables);
  }
  if (!status.ok()) {
    Outcome outcome = HandleError(Health::Activity::kFlush, status);
    parts_.state->FailFlushWaiters(status);
    return outcome;
  }
  parts_.health->Recovered(Health::Activity::kFlush);
  parts_.state->Wake();
  parts_.statistics->flushes.Add();
  parts_.statistics->flush_bytes_written.Add(job.bytes_written);
  for (uint64_t number : parts_.segments->TakeBelow(work->next_log_start.log_number)) {
    parts_.obsolete->Add({ObsoleteFiles::File::Kind::kLog, WalSegmentName(number)});
  }
  ScheduleCompaction();
  return Outcome::kDone;
}

void Background::Discard(const std::vector<TableMetadata>& tables) {
  for (const TableMetadata& table : tables) {
    parts_.obsolete->Add({ObsoleteFiles::File::Kind::kBlob, TableName(table.number)});
  }
}

void Background::CompactAll() {
  compactions_scheduled_.fetch_sub(1);
  int retries = 0;
  while (!stopping_.load()) {
    Outcome outcome = CompactOne();
    if (outcome == Outcome::kNothingToDo || outcome == Outcome::kGiveUp) return;
    if (outcome == Outcome::kDone) {
      retries = 0;
    } else if (!WaitToRetry(&retries)) {
      return;
    }
  }
}

void Background::MarkBusy(const Compaction& compaction, bool busy) {
  for (const auto& file : compaction.upper) file->busy = busy;
  for (const auto& file : compaction.lower) file->busy = busy;
}

Background::Outcome Background::CompactOne() {
  std::optional<Compaction> compaction;
  {
    std::lock_guard lock(compaction_mutex_);
    if (range_compactions_ > 0 || parts_.health->failed()) return Outcome::kNothingToDo;
    compaction = picker_.Pick(parts_.state->version());
    if (!compaction) return Outcome::kNothingToDo;
    MarkBusy(*compaction, true);
    ++compactions_running_;
  }
  // What was picked may leave work for another thread.
  if (parts_.options->compaction_threads > 1) ScheduleCompaction();
  Status status = Run(*compaction);
  {
    std::lock_guard lock(compaction_mutex_);
    MarkBusy(*compaction, false);
  }
  compaction.reset();  // lets go of the inputs
  {
    std::lock_guard lock(compaction_mutex_);
    --compactions_running_;
    compaction_done_.notify_all();
  }
  if (!status.ok()) return HandleError(Health::Activity::kCompaction, status);
  parts_.health->Recovered(Health::Activity::kCompaction);
  return Outcome::kDone;
}

Status Background::Run(const Compaction& compaction) {
  if (compaction.trivial_move) {
    parts_.statistics->compaction_moves.Add();
    return ApplyCompaction(compaction, {compaction.upper.front()->metadata()});
  }
  LiveSnapshots snapshots = parts_.snapshots->Collect();
  JobResult job = RunCompaction(job_context(), compaction, snapshots);
  if (!job.status.ok()) {
    Discard(job.tables);
    return job.status;
  }
  parts_.statistics->compactions.Add();
  parts_.statistics->compaction_bytes_read.Add(job.bytes_read);
  parts_.statistics->compaction_bytes_written.Add(job.bytes_written);
  parts_.statistics->compaction_entries_dropped.Add(job.entries_dropped);
  SHALE_SYNC_POINT("compaction:before_edit");
  return ApplyCompaction(compaction, std::move(job.tables));
}

Status Background::ApplyCompaction(const Compaction& compaction,
                                   std::vector<TableMetadata> tables) {
  VersionEdit edit;
  for (const auto& file : compaction.upper) {
    edit.removed.emplace_back(compaction.level, file->number());
  }
  for (const auto& file : compaction.lower) {
    edit.removed.emplace_back(compaction.output_level, file->number());
  }
  for (TableMetadata& table : tables) {
    edit.added.emplace_back(compaction.output_level, std::move(table));
  }
  return parts_.versions->LogAndApply(
      std::move(edit), [&](auto version) { parts_.state->InstallVersion(std::move(version)); });
}

void Background::Schedule(RangeCompaction* request) {
  {
    std::lock_guard lock(compaction_mutex_);
    ++range_compactions_;
  }
  compaction_pool_->Post([this, request] {
    {
      std::unique_lock lock(compaction_mutex_);
      compaction_done_.wait(
          lock, [&] { return compactions_running_ == 0 && !range_compaction_running_; });
      range_compaction_running_ = true;
    }
    request->status = parts_.health->StallStatus();
    if (request->status.ok()) request->status = CompactRange(request->range);
    if (!request->status.ok() && !request->status.Is(sqlstate::kDiskFull)) {
      HandleError(Health::Activity::kCompaction, request->status);
    }
    {
      std::lock_guard lock(compaction_mutex_);
      range_compaction_running_ = false;
      --range_compactions_;
      compaction_done_.notify_all();
    }
    ScheduleCompaction();
    request->done.Set();
  });
}

Status Background::CompactRange(const UserKeyRange& range) {
  int deepest = std::max(1, parts_.state->version()->DeepestLevel());
  uint64_t first_new_number = parts_.versions->NewFileNumber();
  for (int level = 0; level < deepest; ++level) {
    auto compaction = picker_.PickRange(parts_.state->version(), level, level + 1, range);
    if (compaction) RETURN_IF_ERROR(Run(*compaction));
  }
  // What was in the last level already and has not been merged with anything is rewritten in place.
  std::shared_ptr<const Version> version = parts_.state->version();
  for (const auto& file : version->Overlapping(deepest, range)) {
    if (file->number() >= first_new_number) continue;
    auto compaction =
        picker_.PickRange(parts_.state->version(), deepest, deepest, file->metadata().range);
    if (compaction) RETURN_IF_ERROR(Run(*compaction));
  }
  return Status::Ok();
}

void Background::Pause() {
  flush_mutex_.lock();
  std::unique_lock lock(compaction_mutex_);
  ++range_compactions_;
  compaction_done_.wait(lock,
                        [&] { return compactions_running_ == 0 && !range_compaction_running_; });
  range_compaction_running_ = true;
}

void Background::Resume() {
  {
    std::lock_guard lock(compaction_mutex_);
    range_compaction_running_ = false;
    --range_compactions_;
    compaction_done_.notify_all();
  }
  flush_mutex_.unlock();
  ScheduleCompaction();
}

void Background::DeleteObsoleteFiles() {
  std::lock_guard lock(tidying_mutex_);
  for (ObsoleteFiles::File& file : parts_.obsolete->Take()) {
    Storage& storage = *parts_.options->storage;
    Status status = file.kind == ObsoleteFiles::File::Kind::kBlob ? storage.DeleteBlob(file.name)
                                                                  : storage.DeleteLog(file.name);
    if (status.ok() || status.Is(sqlstate::kUndefinedFile)) {
      parts_.statistics->files_deleted.Add();
      continue;
    }
    LogWarning("could not delete \"{}\": {}", file.name, status.ToString());
    parts_.obsolete->PutBack(std::move(file));
  }
}

}  // namespace shale::engine
