#include "engine/lsm/compactor.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "engine/base/cleanup.h"
#include "engine/base/clock.h"
#include "engine/base/sync_point.h"
#include "engine/lsm/covered_tables.h"
#include "engine/lsm/run_placement.h"

namespace shale::engine {
namespace {

int ThreadsWanted(const EngineOptions& options) {
  if (options.compaction_threads > 0) return options.compaction_threads;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / 2, 1, 8);
}

}  // namespace

Compactor::Compactor(BackgroundContext* context)
    : context_(context),
      parts_(context->parts()),
      threads_(ThreadsWanted(*parts_.options)),
      picker_(*parts_.options),
      pool_(std::make_unique<ThreadPool>("lsm-compact", threads_)) {}

Compactor::~Compactor() { CHECK(pool_ == nullptr); }

void Compactor::Stop() {
  CHECK(context_->stopping());
  // Behind this nobody posts any more.
  { std::lock_guard lock(post_mutex_); }
  {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  pool_.reset();
}

void Compactor::Post(std::function<void()> function) {
  std::lock_guard lock(post_mutex_);
  if (!context_->stopping()) pool_->Post(std::move(function));
}

void Compactor::Schedule() {
  if (scheduled_.fetch_add(1) >= threads_) {
    scheduled_.fetch_sub(1);
    return;
  }
  Post([this] { CompactAll(); });
}

void Compactor::ScheduleIfNeeded() {
  LiveSnapshots snapshots = context_->SnapshotsNow();
  bool needed = false;
  {
    std::lock_guard lock(mutex_);
    std::shared_ptr<const Version> version = parts_.state->version();
    level0_rest_.Look(*version);
    needed = paused_ == 0 &&
             picker_.NeedsCompaction(*version, snapshots, level0_rest_.IsResting(*version));
  }
  if (needed) Schedule();
}

void Compactor::CompactAll() {
  scheduled_.fetch_sub(1);
  int retries = 0;
  while (!context_->stopping()) {
    Outcome outcome = CompactOne();
    if (outcome == Outcome::kNothingToDo || outcome == Outcome::kGiveUp) return;
    if (requests_queued_.load() > 0) return Schedule();  // behind those
    if (outcome == Outcome::kDone) {
      retries = 0;
    } else if (!context_->WaitToRetry(&retries)) {
      return;
    }
  }
}

void Compactor::MarkBusy(const Compaction& compaction, bool busy) {
  for (const auto& [level, files] : compaction.inputs()) {
    for (const auto& file : *files) file->busy = busy;
  }
  for (const auto& file : compaction.beside) file->busy = busy;
}

Compactor::JobHandle Compactor::Begin(Compaction compaction, RangeCompaction* request,
                                      uint64_t id) {
  MarkBusy(compaction, true);
  ++working_;
  Job& job = jobs_.emplace_back();
  job.id = id;
  job.compaction = std::move(compaction);
  job.request = request;
  job.started_us = SystemClock().WallMicros();
  return std::prev(jobs_.end());
}

// Whoever waits for nothing to run may rely on files being let go of as well.
void Compactor::End(JobHandle job) {
  std::list<Job> ended;
  {
    std::lock_guard lock(mutex_);
    MarkBusy(job->compaction, false);
    ended.splice(ended.begin(), jobs_, job);
  }
  ended.clear();
  std::lock_guard lock(mutex_);
  --working_;
  changed_.notify_all();
}

int Compactor::DeepestLevel() const {
  std::lock_guard lock(mutex_);
  return parts_.state->version()->DeepestLevel();
}

bool Compactor::IsBeingWritten(int level, const UserKeyRange& range) const {
  return std::ranges::any_of(claims_,
                             [&](const auto& claim) {
                               return claim.first == level && claim.second.Overlaps(range);
                             }) ||
         std::ranges::any_of(jobs_, [&](const Job& job) {
           return job.compaction.output_level == level && job.compaction.range().Overlaps(range);
         });
}

// Between two tables of its input a compaction may leave one with which another's would overlap.
bool Compactor::MeetsAnother(const Compaction& compaction) const {
  if (!compaction.trivial_move) {
    return IsBeingWritten(compaction.output_level, compaction.range());
  }
  return std::ranges::any_of(compaction.upper, [&](const auto& file) {
    return IsBeingWritten(compaction.output_level, file->metadata().range);
  });
}

std::vector<int> Compactor::ClaimLevels(const std::vector<LevelWish>& wishes) {
  std::vector<int> levels;
  std::lock_guard lock(mutex_);
  std::shared_ptr<const Version> version = parts_.state->version();
  for (const LevelWish& wish : wishes) {
    int level = DeepestLevelWithRoom(*version, *parts_.options, wish.level_max, wish.range);
    while (level > 0 && IsBeingWritten(level, wish.range)) {
      level = DeepestLevelWithRoom(*version, *parts_.options, level - 1, wish.range);
    }
    if (level > 0) claims_.emplace_back(level, wish.range);
    levels.push_back(level);
  }
  return levels;
}

void Compactor::ReleaseLevels() {
  std::lock_guard lock(mutex_);
  claims_.clear();
  changed_.notify_all();
}

Compactor::Outcome Compactor::CompactOne() {
  JobHandle job;
  {
    LiveSnapshots snapshots = context_->SnapshotsNow();
    std::lock_guard lock(mutex_);
    if (paused_ > 0 || pieces_waiting_ > 0 || parts_.health->failed()) {
      return Outcome::kNothingToDo;
    }
    std::shared_ptr<const Version> version = parts_.state->version();
    auto compaction = picker_.Pick(version, snapshots, level0_rest_.IsResting(*version));
    if (!compaction || MeetsAnother(*compaction)) {
      return Outcome::kNothingToDo;  // whoever ends looks again
    }
    compaction->tight = level0_rest_.IsCalm(*version);
    job = Begin(*std::move(compaction), nullptr, next_id_++);
  }
  // What was picked may leave work for another thread.
  if (threads_ > 1) Schedule();
  Status status = Run(&*job);
  End(job);
  if (!status.ok()) return context_->HandleError(Health::Activity::kCompaction, status);
  parts_.health->Recovered(Health::Activity::kCompaction);
  return Outcome::kDone;
}

Status Compactor::Run(Job* job) {
  const Compaction& compaction = job->compaction;
  if (compaction.trivial_move) {
    parts_.statistics->compaction_moves.Add();
    JobResult moved;
    for (const auto& file : compaction.upper) moved.tables.push_back(file->metadata());
    return Apply(compaction, std::move(moved), std::nullopt);
  }
  SetAside(job);
  LiveSnapshots snapshots = context_->SnapshotsToClean();
  JobResult result = RunShares(job, snapshots);
  if (!result.status.ok()) {
    context_->Discard(result);
    return result.status;
  }
  parts_.statistics->compactions.Add();
  parts_.statistics->compaction_bytes_read.Add(compaction.input_bytes());
  parts_.statistics->compaction_bytes_written.Add(result.bytes_written);
  parts_.statistics->value_bytes_written.Add(result.value_bytes_written);
  parts_.statistics->value_bytes_moved.Add(result.value_bytes_moved);
  parts_.statistics->compaction_entries_read.Add(result.entries_read);
  parts_.statistics->compaction_entries_dropped.Add(result.entries_dropped);
  SHALE_SYNC_POINT("compaction:before_edit");
  return Apply(compaction, std::move(result), snapshots.visible);
}

// Tables of level 0 span most of the key space, from the first SQL table written to up to the
// commit markers, and have keys in little of it. With range tombstones, which say something of all
// keys between their ends, all is merged. A small table is never set aside: it grows with what
// comes next to it, where one after the other would only become many.
void Compactor::SetAside(Job* job) try {
  const Compaction& compaction = job->compaction;
  auto has_tombstones = [](const auto& file) { return file->metadata().range_tombstones > 0; };
  for (const auto& [level, files] : compaction.inputs()) {
    if (std::ranges::any_of(*files, has_tombstones)) return;
  }
  TableFiles above = compaction.upper;
  for (const TableFiles& files : compaction.between) {
    above.insert(above.end(), files.begin(), files.end());
  }
  TableFiles lower;
  TableFiles beside;
  for (const auto& file : compaction.lower) {
    bool small = file->metadata().bytes < parts_.options->table_bytes_max / 2;
    bool touched = small || std::ranges::any_of(above, [&](const auto& newer) {
                     Result<bool> holds = HoldsAnyOf(newer.get(), file->metadata().range);
                     return !holds.ok() || *holds;  // the merge will meet the error
                   });
    (touched ? lower : beside).push_back(file);
  }
  if (beside.empty()) return;
  std::lock_guard lock(mutex_);
  job->compaction.lower = std::move(lower);
  job->compaction.beside = std::move(beside);
} catch (const std::bad_alloc&) {
  // All is merged, if there is memory for that.
}

// Whoever comes takes the next share. This thread takes shares too, and waits in the end for those
// that others have begun, never for a thread to come.
JobResult Compactor::RunShares(Job* job, const LiveSnapshots& snapshots) {
  JobContext job_context = context_->job_context();
  job_context.entries_read = &job->entries_read;
  if (job->request != nullptr) job_context.cancel = &job->request->cancelled;
  std::vector<KeyRange> shares =
      SplitCompaction(job->compaction, threads_, parts_.options->table_bytes_max);
  if (shares.size() == 1) return RunCompaction(job_context, job->compaction, snapshots);

  struct Work {
    std::atomic<size_t> next{0};
    std::atomic<bool> failed{false};
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<JobResult> results;  // guarded by mutex
    size_t finished = 0;             // guarded by mutex
  };
  auto work = std::make_shared<Work>();
  size_t count = shares.size();
  work->results.resize(count);
  // Beyond the first line that uses it, everything it refers to is waited for below.
  auto take = [work, count, &job_context, job, &snapshots, &shares] {
    for (size_t i; (i = work->next.fetch_add(1)) < count;) {
      JobResult result;
      if (!work->failed.load()) {
        result = RunCompaction(job_context, job->compaction, snapshots, shares[i]);
      }
      if (!result.status.ok()) work->failed.store(true);
      std::lock_guard lock(work->mutex);
      work->results[i] = std::move(result);
      ++work->finished;
      work->changed.notify_all();
    }
  };
  for (size_t i = 1; i < count; ++i) Post(take);
  take();
  std::unique_lock lock(work->mutex);
  work->changed.wait(lock, [&] { return work->finished == count; });
  parts_.statistics->compaction_shares.Add(count);
  JobResult whole;
  for (JobResult& result : work->results) whole.Append(std::move(result));
  return whole;
}

Status Compactor::Apply(const Compaction& compaction, JobResult result,
                        std::optional<SequenceNumber> history_floor) {
  VersionEdit edit{.history_floor = history_floor};
  for (const auto& [level, files] : compaction.inputs()) {
    for (const auto& file : *files) edit.removed.emplace_back(level, file->number());
  }
  edit.added_value_files = std::move(result.value_files);
  for (TableMetadata& table : result.tables) {
    edit.added.emplace_back(compaction.output_level, std::move(table));
  }
  return parts_.versions->LogAndApply(
      std::move(edit), [&](auto version) { parts_.state->InstallVersion(std::move(version)); });
}

// 1. The tombstones of all tables, the mutex not held: tables may have to be opened.
// 2. The tables of the same version that they cover, but those that a compaction has merged since
// or is merging: what a table of a later version holds may be newer than the tombstones.
// 3. One edit for all.
void Compactor::DropCovered() {
  {
    std::lock_guard lock(mutex_);
    if (paused_ > 0) return;
    ++working_;
  }
  Cleanup done([this] {
    std::lock_guard lock(mutex_);
    --working_;
    changed_.notify_all();
  });
  std::vector<std::shared_ptr<const RangeTombstoneList>> lists;
  std::shared_ptr<const Version> version = parts_.state->version();
  for (const TableFiles& files : version->levels) {
    for (const auto& file : files) {
      if (file->metadata().range_tombstones == 0) continue;
      Result<std::shared_ptr<TableReader>> reader = file->Open();
      if (!reader.ok()) return;  // a compaction will meet the same, and report it
      lists.push_back((*reader)->range_tombstones());
    }
  }
  auto tombstones = RangeTombstoneList::Merge(lists);
  if (tombstones == nullptr) return;
  LiveSnapshots snapshots = context_->SnapshotsToClean();
  VersionEdit edit{.history_floor = snapshots.visible};
  JobHandle job;
  {
    std::lock_guard lock(mutex_);
    if (parts_.health->failed()) return;
    Compaction drop{.version = parts_.state->version(), .output_level = 0};  // it writes nothing
    for (auto& [level, file] : FindCoveredTables(*version, *tombstones, snapshots)) {
      const TableFiles& files = drop.version->levels[level];
      if (file->busy || std::ranges::find(files, file) == files.end()) continue;
      edit.removed.emplace_back(level, file->number());
      drop.upper.push_back(std::move(file));
    }
    if (drop.upper.empty()) return;
    job = Begin(std::move(drop), nullptr, next_id_++);
  }
  parts_.statistics->tables_dropped.Add(edit.removed.size());
  Status status = parts_.versions->LogAndApply(
      std::move(edit), [&](auto version) { parts_.state->InstallVersion(std::move(version)); });
  End(job);
  if (!status.ok()) {
    context_->HandleError(Health::Activity::kCompaction, status);
  } else {
    parts_.health->Recovered(Health::Activity::kCompaction);
  }
  Schedule();
}

std::vector<CompactionProgress> Compactor::Running() const {
  std::vector<CompactionProgress> list;
  std::lock_guard lock(mutex_);
  for (const Job& job : jobs_) {
    UserKeyRange range = job.compaction.range();
    CompactionProgress progress{.id = job.id,
                                .level = job.compaction.level,
                                .output_level = job.compaction.output_level,
                                .tables = job.compaction.input_tables(),
                                .input_bytes = job.compaction.input_bytes(),
                                .started_us = job.started_us,
                                .requested = job.request != nullptr};
    uint64_t entries = job.compaction.input_entries();
    double done = entries == 0 ? 0 : static_cast<double>(job.entries_read.load()) / entries;
    progress.done_bytes = static_cast<uint64_t>(std::min(1.0, done) * progress.input_bytes);
    progress.smallest_key = range.smallest;
    progress.largest_key = range.largest;
    list.push_back(std::move(progress));
  }
  return list;
}

void Compactor::Pause() {
  std::unique_lock lock(mutex_);
  ++paused_;
  changed_.wait(lock, [&] { return working_ == 0; });
}

void Compactor::Resume() {
  {
    std::lock_guard lock(mutex_);
    --paused_;
    changed_.notify_all();
  }
  Schedule();
}

}  // namespace shale::engine
