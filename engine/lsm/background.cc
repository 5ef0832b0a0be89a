#include "engine/lsm/background.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/sync_point.h"
#include "engine/lsm/run_placement.h"
#include "engine/wal/wal_format.h"

namespace shale::engine {
namespace {

constexpr std::chrono::seconds kWatchInterval(1);

}  // namespace

Background::Background(const BackgroundParts& parts, const std::atomic<SequenceNumber>* visible)
    : context_(parts),
      parts_(context_.parts()),
      visible_(visible),
      flush_pool_(std::make_unique<ThreadPool>("lsm-flush", 1)),
      compactor_(&context_) {}

void Background::Start() {
  NoteTime();
  watcher_ = std::thread([this] { Watch(); });
  pthread_setname_np(watcher_.native_handle(), "lsm-watch");
}

Background::~Background() { CHECK(flush_pool_ == nullptr); }

void Background::Stop() {
  {
    // Behind this nobody posts any more.
    std::lock_guard lock(post_mutex_);
    context_.Stop();
  }
  {
    std::lock_guard lock(watch_mutex_);
    watch_.notify_all();
  }
  if (watcher_.joinable()) watcher_.join();
  compactor_.Stop();
  flush_pool_.reset();
}

void Background::Post(std::function<void()> function) {
  std::lock_guard lock(post_mutex_);
  if (!context_.stopping()) flush_pool_->Post(std::move(function));
}

void Background::ScheduleFlush() {
  if (flush_scheduled_.exchange(true)) return;
  Post([this] { FlushAll(); });
}

void Background::SchedulePrepareSegment() {
  // Where it fails, the log thread finds out for itself when it needs the segment.
  Post([this] { (void)parts_.segments->Prepare().ok(); });
}

void Background::ScheduleTidying() {
  if (tidying_scheduled_.exchange(true)) return;
  Post([this] {
    tidying_scheduled_.store(false);
    parts_.state->CloseExcessTables(parts_.open_tables);
    DeleteObsoleteFiles();
  });
}

void Background::ScheduleArchiving() {
  parts_.archiver->Schedule([this] { ScheduleTidying(); });
}

void Background::NoteTime() {
  int64_t now = SystemClock().WallMicros();
  parts_.versions->time_marks().Note({.sequence = visible_->load(), .wall_micros = now});
}

// What nobody announces: the passing of time, and snapshots that were given back.
void Background::Watch() {
  std::unique_lock lock(watch_mutex_);
  while (!watch_.wait_for(lock, kWatchInterval, [this] { return context_.stopping(); })) {
    NoteTime();
    compactor_.ScheduleIfNeeded();
    // Before it looks at anything it makes sure that there are range tombstones at all.
    Post([this] { compactor_.DropCovered(); });
  }
}

void Background::FlushAll() {
  flush_scheduled_.store(false);
  int retries = 0;
  while (!context_.stopping()) {
    Outcome outcome = FlushOne();
    if (outcome == Outcome::kNothingToDo || outcome == Outcome::kGiveUp) return;
    if (outcome == Outcome::kDone) {
      retries = 0;
      continue;
    }
    // Room may come from what waits to be deleted.
    DeleteObsoleteFiles();
    if (!context_.WaitToRetry(&retries)) return;
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
  const LoggedMemTable& flushed = work->memtable;
  LiveSnapshots snapshots = context_.SnapshotsToClean();
  JobResult job = RunFlush(context_.job_context(), *flushed.memtable, snapshots);
  Status status = job.status;
  bool deletes_ranges = false;
  VersionEdit edit{.last_sequence = flushed.memtable->sequence_max(),
                   .log_start = work->next_log_start,
                   .history_floor = snapshots.visible};
  Cleanup release([this] { compactor_.ReleaseLevels(); });
  if (status.ok()) status = PlaceRun(flushed, &edit);
  if (status.ok()) {
    SHALE_SYNC_POINT("flush:before_edit");
    for (TableMetadata& table : job.tables) {
      deletes_ranges = deletes_ranges || table.range_tombstones > 0;
      edit.added.emplace_back(0, std::move(table));
    }
    edit.added_value_files = std::move(job.value_files);
    status = parts_.versions->LogAndApply(
        std::move(edit),
        [&](auto version) {
          // Who waits for the flush finds it counted.
          parts_.statistics->flushes.Add();
          parts_.statistics->flush_bytes_written.Add(job.bytes_written);
          parts_.statistics->value_bytes_written.Add(job.value_bytes_written);
          parts_.state->InstallFlushed(flushed.id, std::move(version));
        },
        flushed.run);
  } else {
    context_.Discard(job);
  }
  if (!status.ok()) {
    Outcome outcome = context_.HandleError(Health::Activity::kFlush, status);
    parts_.state->FailFlushWaiters(status);
    return outcome;
  }
  parts_.health->Recovered(Health::Activity::kFlush);
  parts_.state->Wake();
  for (uint64_t number : parts_.segments->TakeBelow(work->next_log_start.log_number)) {
    parts_.obsolete->Add({ObsoleteFiles::File::Kind::kLog, WalSegmentName(number)});
  }
  // By now the segment that follows has a header, most likely.
  ScheduleArchiving();
  if (deletes_ranges) compactor_.DropCovered();
  std::move(release).Invoke();
  compactor_.Schedule();
  return Outcome::kDone;
}

Status Background::PlaceRun(const LoggedMemTable& flushed, VersionEdit* edit) {
  if (flushed.run.empty()) return Status::Ok();
  std::shared_ptr<const Version> version = parts_.state->version();
  auto tombstones = flushed.memtable->range_tombstones();
  std::vector<Compactor::LevelWish> wishes;
  for (const auto& file : flushed.run) {
    const UserKeyRange& range = file->metadata().range;
    auto entries = flushed.memtable->NewIterator();
    ASSIGN_OR_RETURN(bool in_memtable, HoldsAnyOf(entries.get(), tombstones.get(), range));
    ASSIGN_OR_RETURN(int level_max, DeepestLevelAbove(*version, range));
    wishes.push_back({in_memtable ? 0 : level_max, range});
  }
  std::vector<int> levels = compactor_.ClaimLevels(wishes);
  for (size_t i = 0; i < levels.size(); ++i) {
    edit->added.emplace_back(levels[i], flushed.run[i]->metadata());
  }
  edit->last_sequence =
      std::max(edit->last_sequence.value_or(0), flushed.run.front()->metadata().sequence_max);
  return Status::Ok();
}

void Background::Pause() {
  flush_mutex_.lock();
  compactor_.Pause();
}

void Background::Resume() {
  compactor_.Resume();
  flush_mutex_.unlock();
}

void Background::DeleteObsoleteFiles() {
  std::lock_guard lock(tidying_mutex_);
  for (ObsoleteFiles::File& file : parts_.obsolete->Take()) {
    std::optional<uint64_t> segment = ParseWalSegmentName(file.name);
    std::optional<uint64_t> table = ParseTableName(file.name);
    if ((segment && !parts_.archiver->MayDelete(*segment)) ||
        (table && !parts_.archiver->MayDeleteTable(*table))) {
      parts_.obsolete->PutBack(std::move(file));
      continue;
    }
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
