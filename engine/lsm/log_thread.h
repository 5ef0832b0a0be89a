// LogThread: the one thread through which all writes go, in the order of their queueing:
//
//   queue -> number -> append -> sync -> memtable -> publish -> wake the writers
//
// All that has queued up while it was busy is one group: one append and, where somebody asked for
// it, one sync. With an empty queue a write starts at once; nothing ever waits for company. A
// group's batches become visible one by one in their order, after the sync (batches at its head
// that ask for none: before).
//
// Only this thread changes the log, the active memtable and the visible sequence.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "engine/base/executor.h"
#include "engine/kv_store.h"
#include "engine/lsm/health.h"
#include "engine/lsm/log_segments.h"
#include "engine/lsm/lsm_statistics.h"
#include "engine/lsm/store_state.h"
#include "engine/lsm/write_batch.h"
#include "engine/wal/wal_writer.h"

namespace shale::engine {

// A queued write; lives in its coroutine until done is set.
struct WriteRequest {
  WriteBatch batch;
  bool sync = true;
  std::function<void(SequenceNumber)> on_publish;
  // Instead of writing: freezes the active memtable, unless it is empty, and sets memtable_id to
  // the newest one that was frozen.
  bool switch_memtable = false;

  CommitResult result;
  uint64_t memtable_id = 0;
  Event done;

  WriteRequest* next = nullptr;  // in the queue
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
    std::function<void()> on_switch;      // a memtable waits to be flushed
    std::function<void()> on_log_growth;  // a segment should be prepared
  };

  // The writer has its first segment; visible is the last sequence given out.
  LogThread(Parts parts, std::unique_ptr<WalWriter> log);
  // Stop must have been called.
  ~LogThread();

  // Thread-safe. The request comes back through its event.
  void Submit(WriteRequest* request);
  // Does what is queued, closes the log and ends the thread. Nothing may be submitted after.
  void Stop();

  // Of the segment being written.
  uint64_t log_number() const { return log_number_.load(std::memory_order_relaxed); }
  // Of the last record synced.
  uint64_t durable_lsn() const { return durable_lsn_.load(std::memory_order_relaxed); }

 private:
  using Group = std::span<WriteRequest* const>;

  void Run();
  std::vector<WriteRequest*> WaitForRequests();
  void Process(const std::vector<WriteRequest*>& requests);
  void ProcessSwitch(WriteRequest* request);
  void ProcessGroup(Group group);
  // Until the group may be written: health, memtable, segment.
  Status MakeRoom(uint64_t log_bytes);
  Status SwitchMemTable();
  Status StartSegment(uint64_t bytes);
  Status Sync();
  void HandleFailedAppend(Group group, const Status& error);
  // Applies and publishes, in order, and completes the requests.
  void Publish(Group group);
  void Fail(Group group, CommitOutcome outcome, const Status& status);
  void Poison(Group group, const Status& error);
  void ProbeForRoom();

  const Parts parts_;
  std::unique_ptr<WalWriter> log_;
  SequenceNumber last_sequence_;      // given out
  bool segment_void_ = false;         // its end is unknown: the next append needs a new segment
  int64_t unsynced_since_nanos_ = 0;  // of the oldest batch applied but not synced; 0: none
  std::atomic<uint64_t> log_number_{0};
  std::atomic<uint64_t> durable_lsn_{0};

  std::atomic<WriteRequest*> queue_{nullptr};  // newest first
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> stopping_{false};
  std::mutex wake_mutex_;
  std::condition_variable wake_;
  std::thread thread_;
};

// Puts a batch's operations into the memtable, giving its memory back chunk by chunk.
Status ApplyBatch(std::vector<std::string> chunks, SequenceNumber sequence, MemTable* memtable);

}  // namespace shale::engine
