// LogThread: the one way by which writes go, in the order of their turns:
//
//   queue -> number -> append -> memtable -> sync -> publish -> wake the writers
//
// All that has queued up while the log thread was busy is one group: one append and, where somebody
// asked for it, one sync. With an empty queue a write starts at once; a sync waits for company
// only where that makes all sooner (CommitDelay). Batches become visible one by one in their order,
// after the sync (those that ask for none, and come after none that does: before).
//
// A write that asks for no sync takes its turn on its caller's thread (TryWrite): append to the
// system's page cache, memtable, publish; no thread is woken. It waits a moment for whoever has the
// turn. What would have to wait longer (for room, a new segment, a sync, after any failure) goes
// through the queue.
//
// A write that others wait for is appended on its caller's thread likewise, and beside a sync that
// is under way (TryAppend). Its order is fixed then, and its writer lets others go on from what it
// has written; it becomes visible, and comes back to its writer, after the next sync.
//
// A batch with a sorted run is a group of its own: its record says which tables become part of the
// store, and the memtable that its other operations went to is frozen with those tables on top, so
// that the next one is newer than they are. What may fail is done before the append: a batch that
// is durable is always published.
//
// Who has the turn, and nobody else, changes the log, the active memtable's contents and the
// visible sequence. Switching memtables and segments is the log thread's alone, under its turn, and
// only once all that was applied is visible. Its syncs run without the turn, beside appends.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/executor.h"
#include "engine/kv_store.h"
#include "engine/lsm/commit_delay.h"
#include "engine/lsm/commit_markers.h"
#include "engine/lsm/dead_runs.h"
#include "engine/lsm/health.h"
#include "engine/lsm/log_archiver.h"
#include "engine/lsm/log_segments.h"
#include "engine/lsm/log_turn.h"
#include "engine/lsm/lsm_statistics.h"
#include "engine/lsm/store_state.h"
#include "engine/lsm/visible_waiters.h"
#include "engine/lsm/write_batch.h"
#include "engine/wal/wal_writer.h"

namespace shale::engine {

// A queued write; lives in its coroutine until done is set.
struct WriteRequest {
  WriteBatch batch;
  bool sync = true;
  std::function<void(SequenceNumber)> on_publish;
  // Runs on the log thread, without the turn, when whoever comes later in the log may go on from
  // what the batch has written, unless it is durable already.
  std::function<void(SequenceNumber)> on_applied;
  // Instead of writing: freezes the active memtable, unless it is empty, and sets memtable_id to
  // the newest one that was frozen.
  bool switch_memtable = false;

  CommitResult result;
  uint64_t memtable_id = 0;
  Event done;

  // Set by TryWrite where the append found the disk full: the log thread finds out what became of
  // it.
  Status append_error;
  uint64_t marker = 0;           // of the batch, once it is applied
  WriteRequest* next = nullptr;  // in the queue, or in a list
};

// First in, first out. Takes no memory.
class RequestList {
 public:
  bool empty() const { return first_ == nullptr; }
  void Push(WriteRequest* request) {
    request->next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = request;
    last_ = request;
  }
  WriteRequest* first() const { return first_; }
  size_t Count() const {
    size_t count = 0;
    for (const WriteRequest* each = first_; each != nullptr; each = each->next) ++count;
    return count;
  }
  RequestList TakeAll() { return std::exchange(*this, RequestList()); }

 private:
  WriteRequest* first_ = nullptr;
  WriteRequest* last_ = nullptr;
};

class LogThread {
 public:
  struct Parts {
    const EngineOptions* options = nullptr;
    StoreState* state = nullptr;
    Health* health = nullptr;
    LogSegments* segments = nullptr;
    LsmStatistics* statistics = nullptr;
    std::atomic<SequenceNumber>* visible = nullptr;
    CommitMarkers* markers = nullptr;
    DeadRuns* dead_runs = nullptr;
    VisibleWaiters* waiters = nullptr;
    const TableContext* tables = nullptr;  // of tables that become part of the store
    LogArchiver* archiver = nullptr;
    std::function<void()> on_switch;      // a memtable waits to be flushed
    std::function<void()> on_log_growth;  // a segment should be prepared
  };

  // The writer has its first segment; visible is the last sequence given out.
  LogThread(Parts parts, std::unique_ptr<WalWriter> log);
  // Stop must have been called.
  ~LogThread();

  // Thread-safe. The request comes back through its event.
  void Submit(WriteRequest* request);
  // Thread-safe. Writes the request, which asks for no sync, on this thread if that needs no
  // waiting: true, and the result is set. False: it is to be submitted.
  bool TryWrite(WriteRequest* request);
  // Thread-safe. Appends and applies the request, which asks for a sync, on this thread if that
  // needs no waiting: true, it comes back through its event, and *applied is its sequence number,
  // or 0 where it has failed. False: it is to be submitted.
  bool TryAppend(WriteRequest* request, SequenceNumber* applied);
  // Does what is queued, closes the log and ends the thread. Nothing may be submitted after.
  void Stop();

  // Of the segment being written.
  uint64_t log_number() const { return log_number_.load(std::memory_order_relaxed); }
  // Of the last record synced.
  uint64_t durable_lsn() const { return durable_lsn_.load(std::memory_order_relaxed); }

 private:
  using Group = std::span<WriteRequest* const>;

  void Run();
  void Wake();
  std::vector<WriteRequest*> WaitForRequests();
  // When what is not synced must be, in nanoseconds from now; not above 0: it is due.
  int64_t NanosUntilSyncIsDue() const;

  // All that follows, with the turn.
  bool CanAppendAtOnce(uint64_t log_bytes) const;
  // False: it is to be submitted.
  bool AppendAtOnce(WriteRequest* request);
  void Process(const std::vector<WriteRequest*>& requests);
  void ProcessSwitch(WriteRequest* request);
  void ProcessGroup(Group group);
  void ProcessRun(WriteRequest* request);
  // Until the group may be written: health, memtable, segment.
  Status MakeRoom(uint64_t log_bytes);
  bool SegmentIsFull(uint64_t log_bytes) const;
  Status SwitchMemTable(TableFiles run = {});
  Status StartSegment(uint64_t bytes);
  // What can fail of it where nothing is unsynced.
  Status TakeNextSegment(uint64_t bytes);
  Status AppendGroup(Group group);
  // False: it could not, and the group has its answer.
  bool AppendOrFail(Group group);
  Status Sync();
  Status SyncOrPoison();
  void NoteUnsynced();
  // Of a sync that covers so many writers, before they hear of it.
  void NoteSynced(int64_t started_nanos, size_t writers);
  // After a full disk: what was appended is void. The log thread goes on in ResolveFailedAppend.
  void RewindLog();
  void ResolveFailedAppend(Group group, const Status& error);
  // Gives the tables of the batch's run.
  TableFiles Apply(WriteRequest* request);
  // Of what was applied: at once, or after the sync that it asks for or that comes before it.
  void Publish(WriteRequest* request);
  // Its writer is known to have committed.
  void NoteMarker(WriteRequest* request);
  void MakeVisible(WriteRequest* request);
  void MakeVisible(const RequestList& requests);
  // After the sync of all that was appended.
  void PublishAwaiting();
  bool all_is_visible() const { return awaiting_.empty() && syncing_.empty(); }
  void Fail(Group group, CommitOutcome outcome, const Status& status);
  static void Fail(WriteRequest* request, CommitOutcome outcome, const Status& status);
  void Poison(Group group, const Status& error);
  // Without memory: of the request, part may be in the log or in the memtable.
  void PoisonOutOfMemory(WriteRequest* request) noexcept;
  void WakeToFail();
  void ProbeForRoom();

  // Without the turn, but for moments.
  void SyncBesideWriters();
  // Of what it has appended itself: the others' writers go on by themselves.
  void TellApplied();
  static void Complete(const RequestList& requests);

  const Parts parts_;
  LogTurn turn_;
  std::unique_ptr<WalWriter> log_;  // guarded by turn_
  SequenceNumber last_sequence_;    // given out; guarded by turn_
  bool failed_ = false;             // nothing more is appended or synced; guarded by turn_
  Status unknown_outcome_;          // of a request that memory ran out for; guarded by turn_
  // What StartSegment goes on in; guarded by turn_.
  std::optional<LogSegments::Segment> next_segment_;
  // Applied, in their order, and not visible: those that a sync now under way covers, and the rest.
  // Guarded by turn_; syncing_ changes on the log thread only.
  RequestList syncing_;
  RequestList awaiting_;
  std::vector<WriteRequest*> untold_;  // of these, whose on_applied is to run; the log thread's
  bool segment_void_ = false;          // its end is unknown: the next append needs a new segment;
                                       // guarded by turn_
  std::atomic<int64_t> unsynced_since_nanos_{0};  // of the oldest batch applied but not synced; 0:
                                                  // none
  std::atomic<bool> must_sync_{false};            // something awaits it
  CommitDelay commit_delay_;
  std::atomic<uint64_t> log_number_{0};
  std::atomic<uint64_t> durable_lsn_{0};

  std::atomic<WriteRequest*> queue_{nullptr};  // newest first
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> stopping_{false};
  std::mutex wake_mutex_;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace shale::engine
