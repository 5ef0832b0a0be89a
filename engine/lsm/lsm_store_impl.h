// The store's parts and how they are put together; see README.md for the picture.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "engine/base/out_of_memory.h"
#include "engine/crypto/keyring.h"
#include "engine/lsm/background.h"
#include "engine/lsm/dead_runs.h"
#include "engine/lsm/log_archiver.h"
#include "engine/lsm/log_thread.h"
#include "engine/lsm/lsm_store.h"
#include "engine/table/block_cache.h"

namespace shale::engine {

class LsmStoreImpl : public LsmStore {
 public:
  // options.keyring is the keyring, null for a plain store.
  LsmStoreImpl(const EngineOptions& options, std::unique_ptr<Keyring> keyring);
  ~LsmStoreImpl() override;

  // Recovers and starts the threads. Once, before anything else. Blocks.
  Status Open();

  SequenceNumber visible_sequence() const override { return visible_.load(); }
  SequenceNumber oldest_snapshot() const override { return snapshots_.Collect().sequences.front(); }
  Snapshot AcquireSnapshot(SequenceNumber at_least) override {
    return snapshots_.Acquire(at_least);
  }
  Async<Status> AwaitVisible(SequenceNumber sequence) override try {
    return waiters_.Await(sequence);
  } catch (const std::bad_alloc&) {
    return OutOfMemory();
  }
  Result<Snapshot> AcquireSnapshotAt(SequenceNumber sequence) override {
    return snapshots_.AcquireAt(sequence);
  }
  Result<SequenceNumber> SequenceAt(int64_t wall_micros) override;
  std::optional<int64_t> OldestReadableTime() override;
  Async<Result<bool>> Get(std::string_view key, SequenceNumber snapshot, PinnedBytes* value,
                          SequenceNumber* version) override;
  void GetFromMemory(std::span<KeyGet> gets, SequenceNumber snapshot) override;
  Async<Result<bool>> GetFromDisk(std::string_view key, SequenceNumber snapshot, PinnedBytes* value,
                                  SequenceNumber* version) override;
  Async<Result<bool>> GetLatest(std::string_view key, PinnedBytes* value, SequenceNumber* version,
                                SequenceNumber at_least) override;
  std::unique_ptr<LsmCursor> NewCursor(SequenceNumber snapshot, CursorOptions options) override;
  Async<CommitResult> Write(WriteBatch&& batch, WriteOptions options,
                            std::function<void(SequenceNumber)> on_publish) override;
  std::unique_ptr<RunWriter> NewRunWriter() override;
  Result<std::shared_ptr<const RunStack>> Push(std::shared_ptr<const RunStack> below,
                                               std::span<const KeyRange> deleted,
                                               SortedRun run) override;
  Async<Result<StackAnswer>> Get(const RunStack& stack, std::string_view key,
                                 PinnedBytes* value) override;
  std::unique_ptr<LsmCursor> NewCursor(std::shared_ptr<const RunStack> stack,
                                       CursorOptions options) override;
  Result<SortedRun> MergeRuns(std::shared_ptr<const RunStack> stack) override;
  Async<Status> Flush() override;
  Async<Status> CompactRange(KeyRange range, CancelToken* cancel) override;
  std::vector<CompactionProgress> Compactions() override {
    return background_->compactor().Running();
  }
  Status CancelCompaction(uint64_t id) override { return background_->compactor().Cancel(id); }
  uint64_t ApproximateBytes(const KeyRange& range) override;
  Result<std::vector<std::string>> SplitKeys(const KeyRange& range, size_t count) override;
  Async<Status> RotateEncryptionKey() override;
  Async<Status> ChangeMasterKey(const SecretKey& master_key) override;
  std::vector<Statistic> Statistics() override;
  Async<Result<bool>> WasCommitted(uint64_t marker) override;
  Status Health() override { return health_.WriteStatus(); }
  Status CheckConsistency() override;
  Result<BackupSummary> Checkpoint(Storage* target, bool link) override;

 private:
  Result<bool> GetBlocking(std::string_view key, SequenceNumber snapshot, PinnedBytes* value,
                           SequenceNumber* version);
  // On the I/O executor.
  Task<Result<bool>> GetWaiting(std::string_view key, SequenceNumber snapshot, PinnedBytes* value,
                                SequenceNumber* version);
  Task<Result<bool>> GetLatestWaiting(Snapshot snapshot, std::string_view key, PinnedBytes* value,
                                      SequenceNumber* version);
  Task<CommitResult> WriteQueued(WriteBatch batch, WriteOptions options,
                                 std::function<void(SequenceNumber)> on_publish,
                                 Status append_error);
  Result<StackAnswer> GetFromStack(const RunStack& stack, std::string_view key, ReadTier tier,
                                   PointLookup* lookup, PinnedBytes* value);
  Task<Result<StackAnswer>> GetFromStackWaiting(const RunStack& stack, std::string_view key,
                                                PinnedBytes* value);
  Task<Result<bool>> FindMarker(uint64_t marker);
  // What a cursor gives of the stack. Blocks.
  Result<SortedRun> WriteMerged(std::shared_ptr<const RunStack> stack);
  Status CheckLimits(const WriteBatch& batch) const;
  Status CheckTables();
  Status CheckFiles();
  Task<Status> FlushQueued();
  Status FlushBlocking();
  Task<Status> CompactQueued(KeyRange range, CancelToken* cancel);
  Task<Status> RotateEncryptionKeyWaiting();
  Task<Status> ChangeMasterKeyWaiting(SecretKey master_key);

  const std::unique_ptr<Keyring> keyring_;  // null in a plain store
  const EngineOptions options_;
  shale::engine::Health health_;
  LsmStatistics statistics_;
  BlockCache cache_;
  ObsoleteFiles obsolete_;
  OpenTables open_tables_;
  TableContext table_context_;
  VersionSet versions_;
  LogSegments segments_;
  LogArchiver archiver_;
  CommitMarkers markers_;
  DeadRuns dead_runs_;
  std::atomic<SequenceNumber> visible_{0};
  SnapshotList snapshots_;
  VisibleWaiters waiters_;
  std::optional<StoreState> state_;         // emptied before what tables need goes
  std::unique_ptr<Background> background_;  // null before Open
  std::unique_ptr<LogThread> log_thread_;   // likewise
};

}  // namespace shale::engine
