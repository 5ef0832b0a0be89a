// Background: the threads that move data down: one flushes memtables and tidies up, others compact
// (Compactor), and one looks every second for what has come up unnoticed. Nobody waits for them but
// writers short of room and callers of Flush and CompactRange.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/base/executor.h"
#include "engine/lsm/background_context.h"
#include "engine/lsm/compactor.h"

namespace shale::engine {

class Background {
 public:
  // visible: the store's visible sequence.
  Background(const BackgroundParts& parts, const std::atomic<SequenceNumber>* visible);
  ~Background();
  // Once, when all that the parts call is there.
  void Start();

  // Thread-safe; return at once. After Stop they do nothing.
  void ScheduleFlush();
  void SchedulePrepareSegment();
  void ScheduleTidying();
  void ScheduleArchiving();
  Compactor& compactor() { return compactor_; }

  // Keeps all of it from running, having waited for what does, until Resume by the same thread: for
  // the verifier. Blocks.
  void Pause();
  void Resume();

  // Gives up what is running and ends the threads.
  void Stop();
  // Deletes what nothing refers to any more; what cannot be deleted now is kept for the next time.
  // Blocks.
  void DeleteObsoleteFiles();

 private:
  using Outcome = BackgroundContext::Outcome;

  void FlushAll();
  Outcome FlushOne();
  // Adds the run of what is flushed to the edit, which has the memtable's tables.
  Status PlaceRun(const LoggedMemTable& flushed, VersionEdit* edit);
  void Watch();
  void NoteTime();
  void Post(std::function<void()> function);

  BackgroundContext context_;
  const BackgroundParts& parts_;
  const std::atomic<SequenceNumber>* const visible_;
  std::mutex post_mutex_;  // orders posts and the stop
  std::atomic<bool> flush_scheduled_{false};
  std::atomic<bool> tidying_scheduled_{false};

  std::mutex flush_mutex_;    // held by a running flush; before all others
  std::mutex tidying_mutex_;  // held while files are deleted

  std::unique_ptr<ThreadPool> flush_pool_;
  Compactor compactor_;  // behind the other pool: it must be stopped once it is made
  std::mutex watch_mutex_;
  std::condition_variable watch_;
  std::thread watcher_;
};

}  // namespace shale::engine
