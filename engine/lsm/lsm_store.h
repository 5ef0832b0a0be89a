// LsmStore: a durable, ordered, versioned map of byte strings: log-structured merge tree with a
// write-ahead log, on Storage. Knows nothing of transactions and locks; engine/mvcc builds those on
// it.
//
// Every batch written has one sequence number; a snapshot is a sequence number and sees the batches
// up to it. Reads take a snapshot, never a lock. Writes are queued to the log thread, which appends
// and syncs all that has queued up while it was busy with one call each (group commit), applies the
// group to the memtable and publishes it in order.
//
// Thread-safe throughout, but one cursor belongs to one coroutine. Calls that return Async never
// block a thread that has an executor (executor.h): what memory holds is answered at once, the rest
// from EngineOptions::io_executor, and the coroutine resumes on the executor it came from. A plain
// thread, which would only wait, reads the disk itself. Calls without Async that touch the disk say
// "blocks".
//
// Errors: 53100 disk full and 58030 I/O error when writes are refused (see Health), 40003 for a
// commit whose fate is unknown, XX001 damage found, naming file and offset, 54000 a key or value
// beyond its limit.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/base/task.h"
#include "engine/kv_store.h"
#include "engine/lsm/snapshot_list.h"
#include "engine/lsm/write_batch.h"
#include "engine/options.h"

namespace shale::engine {

class RunStack;

struct WriteOptions {
  bool sync = true;  // false: acknowledged when applied, synced within commit_delay_off_us
  // With sync: others wait for on_applied, so the batch is to be appended on this thread if it can.
  bool others_wait = false;
  // With sync: runs at most once, on any thread, when the batch's order is fixed but it is not yet
  // durable, nor visible. Whoever goes on from what it has written must take snapshots at or after
  // its sequence number (README.md, L15). Short and non-blocking.
  std::function<void(SequenceNumber)> on_applied = {};
};

struct CursorOptions {
  KeyRange range;            // an empty end: no upper bound
  bool reverse = false;      // descending
  bool keys_only = false;    // values may be left empty
  bool values_only = false;  // keys may be left empty
  size_t page_rows_max = 1024;
  size_t first_page_rows = 0;       // see ScanOptions
  size_t page_bytes_max = 1 << 20;  // a page ends with the row that reaches it
};

// A scan of one snapshot, newest visible version of each key, deleted keys left out. Pins what it
// reads: tables and memtables it began with stay until it is destroyed, so the snapshot itself need
// be held only while the cursor is made. Must not outlive the store.
class LsmCursor {
 public:
  virtual ~LsmCursor() = default;
  // The next rows in order; the views stay valid until the next call. A page may be shorter than
  // asked for where more would mean waiting for the disk; only an empty page is the end.
  virtual Async<Result<std::span<const KeyValue>>> NextPage() = 0;
  // Goes on at `key` (the first key at or after it, or at or before it when reverse), which lies in
  // the range and not before the position reached. Valid between pages.
  virtual void SkipTo(std::string_view key) = 0;
};

// The value of a row that stands for a deleted key, told by its address (cursors of a RunStack).
inline constexpr char kDeletedMark = 0;
inline constexpr std::string_view kDeletedRow(&kDeletedMark, 0);
inline bool IsDeletedRow(const KeyValue& row) { return row.value.data() == kDeletedRow.data(); }

// What a RunStack says of a key: kAbsent: nothing, what is committed counts.
enum class StackAnswer : uint8_t { kAbsent, kValue, kDeleted };

// One of several keys asked for together; key, value and found outlive the call.
struct KeyGet {
  std::string_view key;
  PinnedBytes* value;
  bool* found;
  bool is_open = true;  // not answered yet
};

class LsmStore {
 public:
  // Opens or creates the store in options.storage and recovers it. Blocks.
  static Result<std::unique_ptr<LsmStore>> Open(const EngineOptions& options);
  // Waits for queued writes and running work, seals the log. No call may run or follow. Blocks.
  virtual ~LsmStore() = default;

  // The newest sequence that new snapshots see.
  virtual SequenceNumber visible_sequence() const = 0;
  // Of those that are held, or the newest.
  virtual SequenceNumber oldest_snapshot() const = 0;
  // At what is visible now, or at a later sequence number that on_applied has told of: what is read
  // there counts once that is visible (AwaitVisible).
  virtual Snapshot AcquireSnapshot(SequenceNumber at_least = 0) = 0;
  // Until the sequence number, which was given out, is visible. 58030 where it will never be, as
  // its log could not be synced.
  virtual Async<Status> AwaitVisible(SequenceNumber sequence) = 0;
  // A snapshot of the past, at a sequence number within EngineOptions::version_retention_seconds or
  // at least after the last clean-up. 72000 beyond, 22023 in the future.
  virtual Result<Snapshot> AcquireSnapshotAt(SequenceNumber sequence) = 0;
  // What was visible at the time, to about a second, or a thousandth part of the retention where
  // that is more: of the newest mark up to it. 72000 for a time before the oldest mark. After a
  // crash, what was committed since the last mark on disk counts from the restart on.
  virtual Result<SequenceNumber> SequenceAt(int64_t wall_micros) = 0;
  // Of the oldest mark whose sequence number AcquireSnapshotAt gives; nothing: there is none.
  virtual std::optional<int64_t> OldestReadableTime() = 0;

  // The newest version of the key at or before the snapshot, which the caller holds (sequence() of
  // a held Snapshot). False: absent or deleted; *version is then the sequence of the deletion, or
  // 0. *version may also be 0 where every snapshot, present or to come, sees the version found.
  // Key, value and version must live until the call is done. version may be null.
  virtual Async<Result<bool>> Get(std::string_view key, SequenceNumber snapshot, PinnedBytes* value,
                                  SequenceNumber* version = nullptr) = 0;
  // The same of many keys, as far as memory has their answers: side by side, which takes a fraction
  // of the time of one after the other. Those that stay open are for GetFromDisk.
  virtual void GetFromMemory(std::span<KeyGet> gets, SequenceNumber snapshot) = 0;
  // As Get, of a key that memory lacks.
  virtual Async<Result<bool>> GetFromDisk(std::string_view key, SequenceNumber snapshot,
                                          PinnedBytes* value,
                                          SequenceNumber* version = nullptr) = 0;
  // The same in what is visible now, or at_least; takes a snapshot of its own.
  virtual Async<Result<bool>> GetLatest(std::string_view key, PinnedBytes* value,
                                        SequenceNumber* version = nullptr,
                                        SequenceNumber at_least = 0) = 0;
  virtual std::unique_ptr<LsmCursor> NewCursor(SequenceNumber snapshot, CursorOptions options) = 0;

  // Commits the batch atomically, with the run that it carries, whose sync is never put off.
  // on_publish runs once if it commits, on the log thread, after the order is fixed and before any
  // snapshot sees it; short and non-blocking. Outcome kUnknown (40003): the batch may or may not be
  // found after the next open, and is not visible now. kConflict is used for definite failure:
  // nothing was written, status says why (53100, 58030, 54000). An empty batch commits at once,
  // with sequence 0.
  virtual Async<CommitResult> Write(WriteBatch&& batch, WriteOptions options,
                                    std::function<void(SequenceNumber)> on_publish = {}) = 0;

  // Whether a batch that carried the marker (WriteBatch::Mark) was committed. Answers for the last
  // kCommitMarkerSlots batches; may be false of earlier ones.
  virtual Async<Result<bool>> WasCommitted(uint64_t marker) = 0;

  // For writing many keys at once: what it finishes goes into a batch (WriteBatch::Ingest).
  // Thread-safe; a writer and its run must be gone before the store is.
  virtual std::unique_ptr<RunWriter> NewRunWriter() = 0;

  // A RunStack with one more layer, see there; may merge layers. Blocks.
  virtual Result<std::shared_ptr<const RunStack>> Push(std::shared_ptr<const RunStack> below,
                                                       std::span<const KeyRange> deleted,
                                                       SortedRun run) = 0;
  // What the stack has of a key or range; Get's contract else. The stack and the arguments must
  // live until the call is done; the cursor keeps the stack. Rows may be deleted ones.
  virtual Async<Result<StackAnswer>> Get(const RunStack& stack, std::string_view key,
                                         PinnedBytes* value) = 0;
  virtual std::unique_ptr<LsmCursor> NewCursor(std::shared_ptr<const RunStack> stack,
                                               CursorOptions options) = 0;
  // The stack as one run in which each key is once. Blocks; the stack must not be read any more.
  virtual Result<SortedRun> MergeRuns(std::shared_ptr<const RunStack> stack) = 0;

  // Writes the memtable as of now to tables.
  virtual Async<Status> Flush() = 0;
  // Flushes and rewrites [begin, end) into the last level, dropping what no snapshot sees. An empty
  // end: no upper bound.
  virtual Async<Status> CompactRange(KeyRange range, CancelToken* cancel = nullptr) = 0;
  // See KvStore.
  virtual std::vector<CompactionProgress> Compactions() = 0;
  virtual Status CancelCompaction(uint64_t id) = 0;
  virtual uint64_t ApproximateBytes(const KeyRange& range) = 0;
  virtual Result<std::vector<std::string>> SplitKeys(const KeyRange& range, size_t count) = 0;

  // Makes a new store key, which new files use from now on; log and manifest go over to it at once,
  // tables as they are compacted. 55000 where the store is not encrypted, 40003 where it is unknown
  // whether there is a new key: then nothing uses it.
  virtual Async<Status> RotateEncryptionKey() = 0;
  // From now on the store opens with this master key only. Rewrites no file. 40003: with this one
  // or the one before.
  virtual Async<Status> ChangeMasterKey(const SecretKey& master_key) = 0;

  virtual std::vector<Statistic> Statistics() = 0;
  // Ok, or why writes are refused: 53100 (resumes by itself once there is room), 58030, XX001.
  virtual Status Health() = 0;

  // Verifies the whole store against the invariants of README.md: every table's blocks, checksums
  // and key order, level overlap, manifest against directory, no orphan files. Reads and writes go
  // on meanwhile; flushes and compactions wait while the directory is listed. Blocks.
  virtual Status CheckConsistency() = 0;

  // Flushes, and copies the store as of then into the target, which is empty or holds an earlier
  // checkpoint (checkpoint.h); reads and writes go on. The target opens as a store. Blocks.
  virtual Result<BackupSummary> Checkpoint(Storage* target, bool link) = 0;
};

}  // namespace shale::engine
