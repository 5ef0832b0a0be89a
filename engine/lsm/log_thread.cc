#include "engine/lsm/log_thread.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "engine/base/cleanup.h"
#include "engine/base/clock.h"
#include "engine/base/sync_point.h"
#include "engine/lsm/apply_batch.h"

namespace shale::engine {
namespace {

constexpr uint64_t kGroupBytesMax = 8 << 20;
constexpr int64_t kProbeIntervalNanos = 100'000'000;
constexpr uint64_t kInlineBytesMax = 64 << 10;  // a larger write is worth a thread's waking

}  // namespace

LogThread::LogThread(Parts parts, std::unique_ptr<WalWriter> log)
    : parts_(std::move(parts)),
      log_(std::move(log)),
      last_sequence_(parts_.visible->load()),
      unknown_outcome_(
          Error(sqlstate::kStatementCompletionUnknown, "the outcome of the commit is unknown")
              .Detail("Memory ran out while it was written.")) {
  log_number_.store(log_->log_number());
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "lsm-log");
}

LogThread::~LogThread() { CHECK(!thread_.joinable()); }

void LogThread::Submit(WriteRequest* request) {
  const bool will_sync = request->sync && !request->switch_memtable;
  WriteRequest* head = queue_.load(std::memory_order_relaxed);
  do {
    request->next = head;
  } while (!queue_.compare_exchange_weak(head, request));
  if (will_sync) commit_delay_.NoteArrival();
  Wake();
}

// The thread says that it sleeps before it looks for the last time at what it waits for: one of
// both sees the other.
void LogThread::Wake() {
  if (!sleeping_.load()) return;
  std::lock_guard lock(wake_mutex_);
  wake_.notify_one();
}

bool LogThread::TryWrite(WriteRequest* request) {
  DCHECK(!request->sync && !request->switch_memtable && request->batch.run().empty());
  // This may be the log thread, in a coroutine that it has resumed within its turn.
  if (std::this_thread::get_id() == thread_.get_id()) return false;
  auto nobody_waits = [this] { return queue_.load(std::memory_order_relaxed) == nullptr; };
  if (!turn_.TakeSoon(nobody_waits)) return false;
  Cleanup turn([this] { turn_.GiveBack(); });
  if (queue_.load(std::memory_order_relaxed) != nullptr || !all_is_visible()) return false;
  return AppendAtOnce(request);
}

// Those who have queued up may be overtaken: each is another transaction, and nobody has heard yet
// that it committed.
bool LogThread::TryAppend(WriteRequest* request, SequenceNumber* applied) {
  DCHECK(request->sync && !request->switch_memtable && request->batch.run().empty());
  if (std::this_thread::get_id() == thread_.get_id()) return false;
  if (!turn_.TakeSoon([] { return true; })) return false;
  {
    Cleanup turn([this] { turn_.GiveBack(); });
    if (!AppendAtOnce(request)) return false;
    *applied = failed_ ? 0 : request->result.sequence;
  }
  commit_delay_.NoteArrival();
  Wake();
  return true;
}

bool LogThread::AppendAtOnce(WriteRequest* request) {
  uint64_t log_bytes =
      WalWriter::kTimeRecordBytes + WalWriter::EncodedBytes(request->batch.chunks());
  if (!CanAppendAtOnce(log_bytes)) return false;
  try {
    Group group(&request, 1);
    Status status = AppendGroup(group);
    if (!status.ok() && status.Is(sqlstate::kDiskFull)) {
      RewindLog();
      request->append_error = std::move(status);
      return false;
    }
    if (!status.ok()) {
      Poison(group, status);
      return true;
    }
    Apply(request);
  } catch (const std::bad_alloc&) {
    PoisonOutOfMemory(request);
    return true;
  }
  Publish(request);
  return true;
}

bool LogThread::CanAppendAtOnce(uint64_t log_bytes) const {
  return !segment_void_ && log_bytes <= kInlineBytesMax && !SegmentIsFull(log_bytes) &&
         parts_.state->HasRoom() && parts_.health->WriteStatus().ok();
}

void LogThread::Stop() {
  stopping_.store(true);
  Wake();
  thread_.join();
}

int64_t LogThread::NanosUntilSyncIsDue() const {
  int64_t limit = static_cast<int64_t>(parts_.options->commit_delay_off_us) * 1000;
  return unsynced_since_nanos_.load() + limit - SystemClock().MonotonicNanos();
}

std::vector<WriteRequest*> LogThread::WaitForRequests() {
  WriteRequest* newest = queue_.exchange(nullptr);
  if (newest == nullptr && !must_sync_.load()) {
    std::unique_lock lock(wake_mutex_);
    sleeping_.store(true);
    bool unsynced = unsynced_since_nanos_.load() != 0;
    auto ready = [&] {
      return queue_.load() != nullptr || stopping_.load() || must_sync_.load() ||
             (!unsynced && unsynced_since_nanos_.load() != 0);
    };
    std::optional<int64_t> wait_nanos;
    if (unsynced) wait_nanos = NanosUntilSyncIsDue();
    if (parts_.health->lacks_space(Health::Activity::kLog)) {
      wait_nanos = std::min(wait_nanos.value_or(kProbeIntervalNanos), kProbeIntervalNanos);
    }
    if (wait_nanos) {
      wake_.wait_for(lock, std::chrono::nanoseconds(*wait_nanos), ready);
    } else {
      wake_.wait(lock, ready);
    }
    sleeping_.store(false);
    newest = queue_.exchange(nullptr);
  }
  std::vector<WriteRequest*> requests;
  for (; newest != nullptr; newest = newest->next) requests.push_back(newest);
  std::reverse(requests.begin(), requests.end());
  return requests;
}

void LogThread::Run() {
  while (true) {
    std::vector<WriteRequest*> requests = WaitForRequests();
    if (!requests.empty()) {
      LogTurn::Own turn(&turn_);
      Process(requests);
    } else if (stopping_.load() && !must_sync_.load()) {
      break;
    }
    TellApplied();
    // Those that have come meanwhile are to be in the sync.
    if (must_sync_.load() && commit_delay_.WaitForCompany()) continue;
    bool is_due = unsynced_since_nanos_.load() != 0 && NanosUntilSyncIsDue() <= 0;
    if (is_due || must_sync_.load()) SyncBesideWriters();
    if (parts_.health->lacks_space(Health::Activity::kLog)) ProbeForRoom();
  }
  LogTurn::Own turn(&turn_);
  if (parts_.health->failed() || segment_void_) return;
  Status status = log_->Close(last_sequence_);
  if (!status.ok()) return Poison({}, status);
  durable_lsn_.store(log_->durable_lsn(), std::memory_order_relaxed);
}

// Only the log thread replaces the segment, so it stays while this thread is here. One that has
// become void is synced within the turn: nothing is appended to it any more.
void LogThread::SyncBesideWriters() {
  WalWriter::End begun{};
  {
    LogTurn::Own turn(&turn_);
    must_sync_.store(false);
    unsynced_since_nanos_.store(0);
    if (failed_) return Poison({}, parts_.health->WriteStatus());
    if (segment_void_) {
      if (!awaiting_.empty()) (void)SyncOrPoison();
      return;
    }
    begun = log_->BeginSync();
    syncing_ = awaiting_.TakeAll();
  }
  SHALE_SYNC_POINT("log_thread:applied");
  int64_t started = SystemClock().MonotonicNanos();
  Status status = log_->SyncSegment();
  RequestList done;
  {
    LogTurn::Own turn(&turn_);
    if (!status.ok()) return Poison({}, status);
    log_->EndSync(begun);
    NoteSynced(started, syncing_.Count());
    MakeVisible(syncing_);
    done = syncing_.TakeAll();
  }
  Complete(done);
}

void LogThread::TellApplied() {
  for (WriteRequest* request : untold_) request->on_applied(request->result.sequence);
  untold_.clear();
}

void LogThread::Complete(const RequestList& requests) {
  for (WriteRequest* request = requests.first(); request != nullptr;) {
    std::exchange(request, request->next)->done.Set();
  }
}

void LogThread::Process(const std::vector<WriteRequest*>& requests) {
  size_t begin = 0;
  while (begin < requests.size()) {
    if (requests[begin]->switch_memtable) {
      ProcessSwitch(requests[begin++]);
      continue;
    }
    if (!requests[begin]->append_error.ok()) {
      ResolveFailedAppend(Group(requests).subspan(begin, 1), requests[begin]->append_error);
      ++begin;
      continue;
    }
    if (!requests[begin]->batch.run().empty()) {
      ProcessRun(requests[begin++]);
      continue;
    }
    size_t end = begin;
    uint64_t bytes = 0;
    while (end < requests.size() && !requests[end]->switch_memtable &&
           requests[end]->append_error.ok() && requests[end]->batch.run().empty()) {
      bytes += requests[end]->batch.bytes();
      if (end > begin && bytes > kGroupBytesMax) break;
      ++end;
    }
    ProcessGroup(Group(requests).subspan(begin, end - begin));
    begin = end;
  }
}

void LogThread::ProcessSwitch(WriteRequest* request) {
  Status status = parts_.health->WriteStatus();
  if (status.ok() && !parts_.state->active().empty()) status = SwitchMemTable();
  request->memtable_id = parts_.state->active_id() - 1;
  request->result.status = std::move(status);
  request->done.Set();
}

Status LogThread::MakeRoom(uint64_t log_bytes) {
  RETURN_IF_ERROR(parts_.health->WriteStatus());
  if (!parts_.state->HasRoom()) {
    if (!awaiting_.empty()) RETURN_IF_ERROR(SyncOrPoison());  // whatever the wait takes
    LogTurn::LongWait wait(&turn_);
    ASSIGN_OR_RETURN(StoreState::Room room, parts_.state->WaitForRoom(log_bytes));
    if (room == StoreState::Room::kSwitch) return SwitchMemTable();
  }
  if (SegmentIsFull(log_bytes) || segment_void_) return StartSegment(log_bytes);
  return Status::Ok();
}

bool LogThread::SegmentIsFull(uint64_t log_bytes) const {
  uint64_t segment_bytes = log_->segment_bytes();
  return segment_bytes > kWalSegmentHeaderBytes &&
         segment_bytes + log_bytes > parts_.options->log_segment_bytes;
}

// Nothing of the new segment's group has reached the log when this fails.
Status LogThread::StartSegment(uint64_t bytes) {
  if (log_->has_unsynced()) RETURN_IF_ERROR(SyncOrPoison());
  RETURN_IF_ERROR(TakeNextSegment(bytes));
  log_->StartSegment(next_segment_->number, std::move(next_segment_->writer),
                     next_segment_->size_hint);
  log_number_.store(next_segment_->number, std::memory_order_relaxed);
  next_segment_.reset();
  segment_void_ = false;
  parts_.on_log_growth();
  return Status::Ok();
}

Status LogThread::TakeNextSegment(uint64_t bytes) {
  if (next_segment_) return Status::Ok();
  LogTurn::LongWait wait(&turn_);
  Result<LogSegments::Segment> segment = parts_.segments->Take(bytes);
  if (!segment.ok()) {
    parts_.health->Report(Health::Activity::kLog, segment.status());
    return parts_.health->WriteStatus();
  }
  next_segment_ = *std::move(segment);
  return Status::Ok();
}

Status LogThread::SwitchMemTable(TableFiles run) {
  RETURN_IF_ERROR(StartSegment(0));
  CHECK(all_is_visible());
  parts_.markers->AddRows(&parts_.state->active());
  parts_.state->SwitchMemTable({.log_number = log_->log_number(), .first_lsn = log_->next_lsn()},
                               std::move(run));
  parts_.on_switch();
  return Status::Ok();
}

Status LogThread::Sync() {
  LogTurn::LongWait wait(&turn_);
  int64_t started = SystemClock().MonotonicNanos();
  RETURN_IF_ERROR(log_->Sync());
  unsynced_since_nanos_.store(0);
  NoteSynced(started, awaiting_.Count());
  PublishAwaiting();
  return Status::Ok();
}

Status LogThread::SyncOrPoison() {
  Status status = Sync();
  if (status.ok()) return status;
  Poison({}, status);
  return parts_.health->WriteStatus();
}

void LogThread::PublishAwaiting() {
  must_sync_.store(false);
  untold_.clear();
  RequestList done = awaiting_.TakeAll();
  MakeVisible(done);
  Complete(done);
}

void LogThread::NoteSynced(int64_t started_nanos, size_t writers) {
  const int64_t now = SystemClock().MonotonicNanos();
  parts_.statistics->wal_syncs.Add();
  parts_.statistics->wal_sync_nanos.Record(now - started_nanos);
  commit_delay_.NoteSync(started_nanos, now, writers);
  durable_lsn_.store(log_->durable_lsn(), std::memory_order_relaxed);
}

// The first one sets the log thread's alarm.
void LogThread::NoteUnsynced() {
  if (unsynced_since_nanos_.load(std::memory_order_relaxed) != 0) return;
  unsynced_since_nanos_.store(SystemClock().MonotonicNanos());
  Wake();
}

Status LogThread::AppendGroup(Group group) {
  uint64_t appended_before = log_->bytes_appended_total();
  SequenceNumber sequence = last_sequence_;
  log_->AddTime(static_cast<uint64_t>(SystemClock().WallMicros()), sequence);
  // The disk takes longer than that, and writes less.
  log_->set_compresses(
      std::ranges::any_of(group, [](const WriteRequest* request) { return request->sync; }));
  for (WriteRequest* request : group) {
    request->result.sequence = ++sequence;
    RETURN_IF_ERROR(log_->Add(sequence, request->batch.chunks()));
  }
  RETURN_IF_ERROR(log_->Append());
  last_sequence_ = sequence;
  parts_.statistics->wal_bytes.Add(log_->bytes_appended_total() - appended_before);
  parts_.statistics->wal_groups.Add();
  parts_.statistics->wal_group_batches.Record(group.size());
  return Status::Ok();
}

bool LogThread::AppendOrFail(Group group) {
  Status status = AppendGroup(group);
  if (status.ok()) return true;
  if (status.Is(sqlstate::kDiskFull)) {
    RewindLog();
    ResolveFailedAppend(group, status);
  } else {
    Poison(group, status);
  }
  return false;
}

void LogThread::ProcessGroup(Group group) {
  uint64_t log_bytes = WalWriter::kTimeRecordBytes;
  for (const WriteRequest* request : group) {
    log_bytes += WalWriter::EncodedBytes(request->batch.chunks());
  }
  Status status = MakeRoom(log_bytes);
  if (!status.ok()) return Fail(group, CommitOutcome::kConflict, status);

  if (!AppendOrFail(group)) return;
  SHALE_SYNC_POINT("log_thread:appended");

  for (WriteRequest* request : group) CHECK(Apply(request).empty());
  for (WriteRequest* request : group) Publish(request);
}

// 1. Room for one more frozen memtable, and for the record. 2. The segment that the log goes on in
// behind the record. 3. Append and sync. From here on nothing can fail.
void LogThread::ProcessRun(WriteRequest* request) {
  LogTurn::LongWait wait(&turn_);
  Group group(&request, 1);
  uint64_t log_bytes =
      WalWriter::kTimeRecordBytes + WalWriter::EncodedBytes(request->batch.chunks());
  Status status;
  if (!awaiting_.empty()) status = SyncOrPoison();  // whatever the wait takes
  if (status.ok()) status = parts_.state->WaitForRoomToFreeze();
  if (status.ok() && (SegmentIsFull(log_bytes) || segment_void_)) status = StartSegment(log_bytes);
  if (status.ok()) status = TakeNextSegment(0);
  if (!status.ok()) return Fail(group, CommitOutcome::kConflict, status);

  if (!AppendOrFail(group)) return;
  SHALE_SYNC_POINT("log_thread:run_appended");
  status = Sync();
  if (!status.ok()) return Poison(group, status);

  parts_.statistics->ingests.Add();
  parts_.statistics->ingested_tables.Add(request->batch.run().tables().size());
  parts_.statistics->ingested_bytes.Add(request->batch.run().bytes());
  TableFiles run = Apply(request);
  NoteMarker(request);
  Status switched = SwitchMemTable(std::move(run));
  CHECK(switched.ok());
  MakeVisible(request);
  request->done.Set();
}

TableFiles LogThread::Apply(WriteRequest* request) {
  WriteBatch& batch = request->batch;
  parts_.statistics->batches.Add();
  parts_.statistics->batch_operations.Add(batch.count());
  parts_.statistics->batch_bytes.Add(batch.bytes());
  AppliedBatch applied;
  Status status = ApplyBatch(batch.TakeChunks(), request->result.sequence, &parts_.state->active(),
                             parts_.dead_runs, &applied);
  CHECK(status.ok());  // it was encoded by WriteBatch
  request->marker = applied.marker;
  if (applied.run.empty()) return {};
  parts_.archiver->NoteIngested(log_->log_number(), applied.run);
  batch.run().Adopt();
  TableFiles run;
  for (TableMetadata& table : applied.run) {
    run.push_back(std::make_shared<TableFile>(std::move(table), parts_.tables));
  }
  return run;
}

void LogThread::Publish(WriteRequest* request) {
  if (request->sync || !all_is_visible()) {
    awaiting_.Push(request);
    if (request->on_applied) untold_.push_back(request);
    must_sync_.store(true);
    return;
  }
  NoteUnsynced();
  MakeVisible(request);
  request->done.Set();
}

void LogThread::NoteMarker(WriteRequest* request) {
  const uint64_t marker = std::exchange(request->marker, 0);
  if (marker != 0) parts_.markers->Note(request->result.sequence, marker);
}

void LogThread::MakeVisible(WriteRequest* request) {
  SequenceNumber sequence = request->result.sequence;
  NoteMarker(request);
  if (request->on_publish) request->on_publish(sequence);
  parts_.visible->store(sequence);
}

void LogThread::MakeVisible(const RequestList& requests) {
  if (requests.empty()) return;
  for (WriteRequest* request = requests.first(); request != nullptr; request = request->next) {
    MakeVisible(request);
  }
  parts_.waiters->Wake();
}

}  // namespace shale::engine
