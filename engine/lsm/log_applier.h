// LogApplier: a log's batches into memtables, full memtables into tables, as fast as the machine
// allows: what an opening waits for.
//
//   Add -> pieces of a 64th of a memtable -> several threads: sort, insert into the memtable
//                                         -> one at a time: flush of the one before
//
// Insertion costs most, then flushing; reading and checking the log are cheap beside them. The
// order of insertions does not matter, since every entry carries its sequence number; that a batch
// is whole in one memtable and that memtables are flushed in their order does. A log of less than
// a piece never starts a thread.
//
// Belongs to one thread. Holds two memtables at most, and a few megabytes of the log.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/status.h"
#include "engine/kv_store.h"
#include "engine/memtable/memtable.h"
#include "engine/options.h"

namespace shale::engine {

class LogApplier {
 public:
  // Writes a full memtable to tables. Called for one after the other, the oldest first, on threads
  // of the applier or its caller; not after Finish.
  using FlushFunction = std::function<Status(const MemTable& memtable)>;

  LogApplier(const EngineOptions& options, FlushFunction flush);
  // Waits for what is running.
  ~LogApplier();

  // A batch's chunks, in commit order. An error may be that of an earlier batch. Blocks.
  Status Add(SequenceNumber sequence, std::vector<std::string> chunks);
  // Writes all that has been added to tables. Blocks.
  Status Flush();
  // Once, in the end: the last memtable, all before it being in tables. Blocks.
  Result<std::shared_ptr<MemTable>> Finish();

 private:
  struct Chunk {
    SequenceNumber sequence;
    std::string bytes;
  };
  using Piece = std::vector<Chunk>;

  Status Settle();
  Status Dispatch();
  Status SwitchMemTable();
  // Until no more than so many pieces are in work, and the first error.
  Status WaitForPieces(int in_work_max);
  Status WaitForFlush();
  static Status Apply(Piece piece, MemTable* memtable);
  // Has the pool do it.
  void Start(std::move_only_function<Status()> work, int* in_work);

  const EngineOptions& options_;
  const FlushFunction flush_;
  const size_t piece_bytes_max_;
  std::shared_ptr<MemTable> memtable_;
  Piece piece_;  // not dispatched
  size_t piece_bytes_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  int pieces_in_work_ = 0;            // guarded by mutex_
  int flushes_in_work_ = 0;           // guarded by mutex_; 0 or 1
  Status status_;                     // guarded by mutex_; the first error
  std::unique_ptr<ThreadPool> pool_;  // from the first piece on; its threads go first
};

}  // namespace shale::engine
