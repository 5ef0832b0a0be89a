#include "engine/lsm/lsm_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/coding.h"
#include "engine/base/log.h"
#include "engine/base/out_of_memory.h"
#include "engine/lsm/checkpoint.h"
#include "engine/lsm/cursor.h"
#include "engine/lsm/encryption.h"
#include "engine/lsm/lsm_store_impl.h"
#include "engine/lsm/recovery.h"

namespace shale::engine {
namespace {

// Keys looked up together, within one guard of the view, which is to be short.
constexpr size_t kGetsTogether = 128;

// What a lookup found, as Get's answer.
Result<bool> Answer(PointLookup* lookup, const std::shared_ptr<MemTable>* source,
                    PinnedBytes* value, SequenceNumber* version) {
  if (lookup->outcome == LookupOutcome::kFailed) return std::move(lookup->status);
  bool found = lookup->outcome == LookupOutcome::kFound;
  if (version != nullptr) {
    *version = lookup->outcome == LookupOutcome::kAbsent ? 0 : lookup->sequence;
  }
  if (!found) return false;
  std::shared_ptr<const void> pin = std::move(lookup->pin);
  if (source != nullptr) pin = *source;
  value->Pin(lookup->value, std::move(pin));
  return true;
}

}  // namespace

Result<std::unique_ptr<LsmStore>> LsmStore::Open(const EngineOptions& options) try {
  CHECK(options.storage != nullptr);
  ASSIGN_OR_RETURN(std::unique_ptr<Keyring> keyring, OpenStoreKeyring(options));
  EngineOptions with_keyring = options;
  with_keyring.keyring = keyring.get();
  auto store = std::make_unique<LsmStoreImpl>(with_keyring, std::move(keyring));
  RETURN_IF_ERROR(store->Open());
  return std::unique_ptr<LsmStore>(std::move(store));
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

LsmStoreImpl::LsmStoreImpl(const EngineOptions& options, std::unique_ptr<Keyring> keyring)
    : keyring_(std::move(keyring)),
      options_(options),
      cache_(options.block_cache_bytes),
      obsolete_([this] {
        if (background_ != nullptr) background_->ScheduleTidying();
      }),
      open_tables_(options.open_tables_max,
                   [this] {
                     if (background_ != nullptr) background_->ScheduleTidying();
                   }),
      table_context_{.storage = options.storage,
                     .cache = &cache_,
                     .obsolete = &obsolete_,
                     .open_tables = &open_tables_,
                     .keyring = keyring_.get()},
      versions_(options_, &table_context_),
      segments_(options_, [this] { return versions_.NewFileNumber(); }),
      archiver_(options.storage, options.log_archive, keyring_.get()),
      snapshots_(&visible_),
      waiters_(&visible_) {
  state_.emplace(options_, &health_, &statistics_);
}

Status LsmStoreImpl::Open() {
  ASSIGN_OR_RETURN(RecoveredStore recovered, Recover(options_, &versions_, &segments_, &obsolete_));
  RETURN_IF_ERROR(archiver_.Start(versions_.next_file_number()));
  visible_.store(recovered.last_sequence);
  snapshots_.RaiseHistoryFloor(versions_.history_floor());
  state_->Start(std::move(recovered.memtable), recovered.log_start, versions_.recovered_version());
  background_ = std::make_unique<Background>(BackgroundParts{.options = &options_,
                                                             .state = &*state_,
                                                             .health = &health_,
                                                             .versions = &versions_,
                                                             .snapshots = &snapshots_,
                                                             .segments = &segments_,
                                                             .archiver = &archiver_,
                                                             .obsolete = &obsolete_,
                                                             .open_tables = &open_tables_,
                                                             .statistics = &statistics_},
                                             &visible_);
  log_thread_ = std::make_unique<LogThread>(
      LogThread::Parts{.options = &options_,
                       .state = &*state_,
                       .health = &health_,
                       .segments = &segments_,
                       .statistics = &statistics_,
                       .visible = &visible_,
                       .markers = &markers_,
                       .dead_runs = &dead_runs_,
                       .waiters = &waiters_,
                       .tables = &table_context_,
                       .archiver = &archiver_,
                       .on_switch = [this] { background_->ScheduleFlush(); },
                       .on_log_growth =
                           [this] {
                             background_->SchedulePrepareSegment();
                             background_->ScheduleArchiving();
                           }},
      std::move(recovered.log));
  background_->Start();
  background_->ScheduleArchiving();
  background_->ScheduleTidying();
  background_->SchedulePrepareSegment();
  background_->compactor().Schedule();
  return Status::Ok();
}

LsmStoreImpl::~LsmStoreImpl() {
  if (log_thread_ != nullptr) log_thread_->Stop();
  if (background_ != nullptr) background_->Stop();
  archiver_.Stop();
  if (log_thread_ != nullptr && !health_.failed()) {
    // From the manifest the next open knows where the log must reach. Without it, only the log
    // itself tells.
    VersionEdit edit{.durable_lsn = log_thread_->durable_lsn()};
    Status status = versions_.LogAndApply(std::move(edit), [](auto) {});
    if (!status.ok()) LogWarning("closing the store: {}", status.ToString());
  }
  state_.reset();
  if (background_ == nullptr) return;
  segments_.DropPrepared();
  background_->DeleteObsoleteFiles();
}

Async<Result<bool>> LsmStoreImpl::Get(std::string_view key, SequenceNumber snapshot,
                                      PinnedBytes* value, SequenceNumber* version) try {
  statistics_.gets.Add();
  {
    PointLookup lookup;
    const std::shared_ptr<MemTable>* source = nullptr;
    ReadViews::Guard view(state_->views());
    view->Get(key, snapshot, ReadTier::kCacheOnly, &lookup, &source);
    if (lookup.outcome != LookupOutcome::kWouldBlock) {
      return Answer(&lookup, source, value, version);
    }
  }
  return GetFromDisk(key, snapshot, value, version);
} catch (const std::bad_alloc&) {
  return Result<bool>(OutOfMemory());
}

void LsmStoreImpl::GetFromMemory(std::span<KeyGet> gets, SequenceNumber snapshot) {
  statistics_.gets.Add(gets.size());
  while (!gets.empty()) {
    std::array<KeyLookup, kGetsTogether> lookups;
    const std::span<KeyGet> group = gets.first(std::min(gets.size(), lookups.size()));
    gets = gets.subspan(group.size());
    for (size_t i = 0; i < group.size(); ++i) lookups[i].user_key = group[i].key;
    {
      ReadViews::Guard view(state_->views());
      view->Get(std::span(lookups).first(group.size()), snapshot);
    }
    for (size_t i = 0; i < group.size(); ++i) {
      PointLookup& lookup = lookups[i].lookup;
      if (lookup.outcome == LookupOutcome::kWouldBlock) continue;
      Result<bool> answer = Answer(&lookup, nullptr, group[i].value, nullptr);
      group[i].is_open = !answer.ok();
      if (answer.ok()) *group[i].found = *answer;
    }
  }
}

Async<Result<bool>> LsmStoreImpl::GetFromDisk(std::string_view key, SequenceNumber snapshot,
                                              PinnedBytes* value, SequenceNumber* version) try {
  if (!options_.io_executor || Executor::Current().may_block()) {
    statistics_.gets_waited.Add();
    return GetBlocking(key, snapshot, value, version);
  }
  return GetWaiting(key, snapshot, value, version);
} catch (const std::bad_alloc&) {
  return Result<bool>(OutOfMemory());
}

Result<bool> LsmStoreImpl::GetBlocking(std::string_view key, SequenceNumber snapshot,
                                       PinnedBytes* value, SequenceNumber* version) try {
  ReadViewReference view = state_->views().Acquire();
  PointLookup lookup;
  const std::shared_ptr<MemTable>* source = nullptr;
  view->Get(key, snapshot, ReadTier::kBlocking, &lookup, &source);
  return Answer(&lookup, source, value, version);
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Task<Result<bool>> LsmStoreImpl::GetWaiting(std::string_view key, SequenceNumber snapshot,
                                            PinnedBytes* value, SequenceNumber* version) {
  statistics_.gets_waited.Add();
  Executor& home = Executor::Current();
  co_await ResumeOn(*options_.io_executor);
  Result<bool> answer = GetBlocking(key, snapshot, value, version);
  co_await ResumeOn(home);
  co_return answer;
}

Async<Result<bool>> LsmStoreImpl::GetLatest(std::string_view key, PinnedBytes* value,
                                            SequenceNumber* version, SequenceNumber at_least) try {
  Snapshot snapshot = snapshots_.Acquire(at_least);
  Async<Result<bool>> answer = Get(key, snapshot.sequence(), value, version);
  if (answer.ready()) return answer;
  // The task that was made has not started: the one that keeps the snapshot takes its place.
  return GetLatestWaiting(std::move(snapshot), key, value, version);
} catch (const std::bad_alloc&) {
  return Result<bool>(OutOfMemory());
}

Task<Result<bool>> LsmStoreImpl::GetLatestWaiting(Snapshot snapshot, std::string_view key,
                                                  PinnedBytes* value, SequenceNumber* version) {
  Result<bool> answer = co_await GetWaiting(key, snapshot.sequence(), value, version);
  co_return answer;
}

std::unique_ptr<LsmCursor> LsmStoreImpl::NewCursor(SequenceNumber snapshot, CursorOptions options) {
  CursorContext context{.io_executor = options_.io_executor,
                        .statistics = &statistics_,
                        .dead_runs = options_.dead_run_entries > 0 ? &dead_runs_ : nullptr,
                        .dead_run_entries = options_.dead_run_entries};
  return NewLsmCursor(context, state_->views().Acquire(), snapshot, std::move(options));
}

Status LsmStoreImpl::CheckLimits(const WriteBatch& batch) const {
  if (batch.key_bytes_max() > options_.key_bytes_max) {
    return Error(sqlstate::kProgramLimitExceeded, "key size {} exceeds the maximum of {} bytes",
                 batch.key_bytes_max(), options_.key_bytes_max);
  }
  if (batch.value_bytes_max() > options_.value_bytes_max) {
    return Error(sqlstate::kProgramLimitExceeded, "value size {} exceeds the maximum of {} bytes",
                 batch.value_bytes_max(), options_.value_bytes_max);
  }
  if (batch.bytes() > options_.transaction_bytes_max) {
    return Error(sqlstate::kProgramLimitExceeded,
                 "transaction size {} exceeds the maximum of {} bytes", batch.bytes(),
                 options_.transaction_bytes_max);
  }
  return Status::Ok();
}

Async<CommitResult> LsmStoreImpl::Write(WriteBatch&& batch, WriteOptions options,
                                        std::function<void(SequenceNumber)> on_publish) try {
  if (batch.empty()) return CommitResult{};
  Status status = CheckLimits(batch);
  if (status.ok()) status = health_.WriteStatus();
  if (!status.ok()) {
    return CommitResult{.outcome = CommitOutcome::kConflict, .status = std::move(status)};
  }
  WriteRequest request;
  request.batch = std::move(batch);
  request.sync = options.sync;
  request.on_publish = std::move(on_publish);
  bool at_once = !options.sync && request.batch.run().empty();
  if (at_once && log_thread_->TryWrite(&request)) return std::move(request.result);
  return WriteQueued(std::move(request.batch), std::move(options), std::move(request.on_publish),
                     std::move(request.append_error));
} catch (const std::bad_alloc&) {
  return CommitResult{.outcome = CommitOutcome::kConflict, .status = OutOfMemory()};
}

Task<CommitResult> LsmStoreImpl::WriteQueued(WriteBatch batch, WriteOptions options,
                                             std::function<void(SequenceNumber)> on_publish,
                                             Status append_error) {
  WriteRequest request;
  request.batch = std::move(batch);
  request.sync = options.sync;
  request.on_publish = std::move(on_publish);
  request.append_error = std::move(append_error);
  SequenceNumber applied = 0;
  if (options.others_wait && options.sync && request.batch.run().empty() &&
      log_thread_->TryAppend(&request, &applied)) {
    if (applied != 0 && options.on_applied) options.on_applied(applied);
  } else {
    request.on_applied = std::move(options.on_applied);
    log_thread_->Submit(&request);
  }
  co_await request.done;
  co_return std::move(request.result);
}

Async<Result<bool>> LsmStoreImpl::WasCommitted(uint64_t marker) {
  if (markers_.Contains(marker)) return Result<bool>(true);
  return FindMarker(marker);
}

Task<Result<bool>> LsmStoreImpl::FindMarker(uint64_t marker) {
  Snapshot snapshot = AcquireSnapshot(0);
  CursorOptions options;
  options.range = {std::string(kCommitMarkersBegin), std::string(kCommitMarkersEnd)};
  auto cursor = NewCursor(snapshot.sequence(), std::move(options));
  while (true) {
    Result<std::span<const KeyValue>> page = co_await cursor->NextPage();
    if (!page.ok()) co_return std::move(page).status();
    if (page->empty()) co_return false;
    for (const KeyValue& row : *page) {
      ByteReader reader(row.value);
      if (reader.ReadFixed64() == marker && reader.AtEnd()) co_return true;
    }
  }
}

std::unique_ptr<RunWriter> LsmStoreImpl::NewRunWriter() {
  return std::make_unique<RunWriter>(
      options_, [this] { return versions_.NewFileNumber(); }, &obsolete_);
}

Result<std::shared_ptr<const RunStack>> LsmStoreImpl::Push(std::shared_ptr<const RunStack> below,
                                                           std::span<const KeyRange> deleted,
                                                           SortedRun run) {
  auto stack = RunStack::Push(std::move(below), deleted, std::move(run), &table_context_);
  while (auto layers = stack->LayersToMerge()) {
    ASSIGN_OR_RETURN(SortedRun merged, WriteMerged(std::move(layers)));
    stack = stack->ReplaceLayers(std::move(merged), &table_context_);
  }
  return stack;
}

Result<StackAnswer> LsmStoreImpl::GetFromStack(const RunStack& stack, std::string_view key,
                                               ReadTier tier, PointLookup* lookup,
                                               PinnedBytes* value) {
  const std::shared_ptr<MemTable>* source = nullptr;
  stack.view().Get(key, kSequenceMax, tier, lookup, &source);
  if (lookup->outcome == LookupOutcome::kDeleted) return StackAnswer::kDeleted;
  ASSIGN_OR_RETURN(bool found, Answer(lookup, source, value, nullptr));
  return found ? StackAnswer::kValue : StackAnswer::kAbsent;
}

Async<Result<StackAnswer>> LsmStoreImpl::Get(const RunStack& stack, std::string_view key,
                                             PinnedBytes* value) {
  PointLookup lookup;
  {
    // Readers that it finds stay open as long as any view is held.
    ReadViews::Guard guard(state_->views());
    auto answer = GetFromStack(stack, key, ReadTier::kCacheOnly, &lookup, value);
    if (lookup.outcome != LookupOutcome::kWouldBlock) return answer;
  }
  if (!options_.io_executor || Executor::Current().may_block()) {
    return GetFromStack(stack, key, ReadTier::kBlocking, &lookup, value);
  }
  return GetFromStackWaiting(stack, key, value);
}

Task<Result<StackAnswer>> LsmStoreImpl::GetFromStackWaiting(const RunStack& stack,
                                                            std::string_view key,
                                                            PinnedBytes* value) {
  Executor& home = Executor::Current();
  co_await ResumeOn(*options_.io_executor);
  PointLookup lookup;
  auto answer = GetFromStack(stack, key, ReadTier::kBlocking, &lookup, value);
  co_await ResumeOn(home);
  co_return answer;
}

std::unique_ptr<LsmCursor> LsmStoreImpl::NewCursor(std::shared_ptr<const RunStack> stack,
                                                   CursorOptions options) {
  CursorContext context{.io_executor = options_.io_executor, .statistics = &statistics_};
  return NewLsmCursor(context, std::move(stack), std::move(options));
}

Result<SortedRun> LsmStoreImpl::MergeRuns(std::shared_ptr<const RunStack> stack) {
  if (std::optional<SortedRun> whole = stack->TakeRun()) return *std::move(whole);
  return WriteMerged(std::move(stack));
}

Result<SortedRun> LsmStoreImpl::WriteMerged(std::shared_ptr<const RunStack> stack) {
  std::unique_ptr<RunWriter> writer = NewRunWriter();
  // Without an executor to wait on, each page is there when the call returns.
  std::unique_ptr<LsmCursor> cursor =
      NewLsmCursor({.statistics = &statistics_}, std::move(stack), CursorOptions());
  while (true) {
    ASSIGN_OR_RETURN(std::span<const KeyValue> page, BlockingWait(cursor->NextPage()));
    if (page.empty()) return writer->Finish();
    for (const KeyValue& row : page) {
      RETURN_IF_ERROR(IsDeletedRow(row) ? writer->Delete(row.key)
                                        : writer->Put(row.key, row.value));
    }
  }
}

Async<Status> LsmStoreImpl::Flush() { return FlushQueued(); }

Task<Status> LsmStoreImpl::FlushQueued() {
  WriteRequest request;
  request.switch_memtable = true;
  log_thread_->Submit(&request);
  co_await request.done;
  if (!request.result.status.ok()) co_return std::move(request.result.status);
  FlushWaiter waiter;
  waiter.memtable_id = request.memtable_id;
  state_->AddFlushWaiter(&waiter);
  background_->ScheduleFlush();
  co_await waiter.done;
  co_return std::move(waiter.status);
}

Async<Status> LsmStoreImpl::CompactRange(KeyRange range, CancelToken* cancel) {
  return CompactQueued(std::move(range), cancel);
}

Task<Status> LsmStoreImpl::CompactQueued(KeyRange range, CancelToken* cancel) {
  Status status = co_await FlushQueued();
  if (!status.ok()) co_return status;
  RangeCompaction request;
  request.range = UserKeyRange::Of(range);
  Compactor& compactor = background_->compactor();
  if (cancel != nullptr) cancel->Register([&] { compactor.Cancel(&request); });
  compactor.Schedule(&request);
  co_await request.done;
  if (cancel != nullptr) {
    cancel->Unregister();
    if (request.status.Is(sqlstate::kQueryCanceled) && cancel->cancelled()) {
      request.status = cancel->reason();
    }
  }
  co_return std::move(request.status);
}

Result<SequenceNumber> LsmStoreImpl::SequenceAt(int64_t wall_micros) {
  if (wall_micros >= SystemClock().WallMicros()) return visible_sequence();
  std::optional<TimeMark> mark = versions_.time_marks().At(wall_micros);
  if (mark) return mark->sequence;
  return Error(sqlstate::kSnapshotTooOld, "snapshot too old")
      .Detail("Nothing is known of what was visible at that time.")
      .Hint("How far back can be read is set by version_retention.");
}

std::optional<int64_t> LsmStoreImpl::OldestReadableTime() {
  const SequenceNumber floor = snapshots_.history_floor();
  std::optional<TimeMark> mark = versions_.time_marks().OldestFrom(floor);
  if (!mark) return std::nullopt;
  return mark->wall_micros;
}

// On a thread of an executor too: its queue may be served by this thread alone, so nothing that is
// waited for here may go through it.
Status LsmStoreImpl::FlushBlocking() {
  class Inline : public Executor {
    void Post(std::move_only_function<void()> function) override { function(); }
  };
  Inline here;
  Executor::Scope scope(here);
  return BlockingWait(FlushQueued());
}

Result<BackupSummary> LsmStoreImpl::Checkpoint(Storage* target, bool link) {
  RETURN_IF_ERROR(FlushBlocking());
  uint64_t manifest_number = versions_.NewFileNumber();
  VersionSet::Captured captured = versions_.Capture();
  // Not before any commit that is in the tables.
  uint64_t now_us = static_cast<uint64_t>(SystemClock().WallMicros());
  return WriteCheckpoint({.source = options_.storage,
                          .target = target,
                          .link = link,
                          .keyring = keyring_.get(),
                          .manifest = manifest_number,
                          .made_us = now_us},
                         std::move(captured));
}

uint64_t LsmStoreImpl::ApproximateBytes(const KeyRange& range) {
  ReadViewReference view = state_->views().Acquire();
  return view->version->ApproximateBytes(UserKeyRange::Of(range));
}

Result<std::vector<std::string>> LsmStoreImpl::SplitKeys(const KeyRange& range, size_t count) {
  ReadViewReference view = state_->views().Acquire();
  return view->version->SplitKeys(UserKeyRange::Of(range), count);
}

}  // namespace shale::engine
