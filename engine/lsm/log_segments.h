// LogSegments: new segments for the write-ahead log, one prepared ahead in the background so that
// the log thread does not wait for file creation in the middle of commits. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "engine/base/status.h"
#include "engine/env/storage.h"
#include "engine/options.h"

namespace shale::engine {

class LogSegments {
 public:
  struct Segment {
    uint64_t number = 0;
    std::unique_ptr<LogWriter> writer;
    uint64_t size_hint = 0;
  };

  LogSegments(const EngineOptions& options, std::function<uint64_t()> new_file_number)
      : options_(options), new_file_number_(std::move(new_file_number)) {}

  // The prepared segment, or a new one, for at least so many bytes. Blocks. 53100 where there is no
  // room.
  Result<Segment> Take(uint64_t bytes);
  // Prepares a segment unless there is one. Blocks.
  Status Prepare();

  // Deletes the prepared segment, so that a closed store has none that is of no use. Blocks.
  void DropPrepared();

  // Segments on disk, of this run and (NoteSegment) of earlier ones.
  void NoteSegment(uint64_t number);
  std::vector<uint64_t> numbers() const;
  // Forgets those below the number, and gives them: to be deleted.
  std::vector<uint64_t> TakeBelow(uint64_t number);

 private:
  Result<Segment> Create(uint64_t size_hint);
  // Create with the mutex released, but no other creation beside it: numbers must ascend in the
  // order of use.
  Result<Segment> CreateAlone(std::unique_lock<std::mutex>* lock, uint64_t size_hint);

  const EngineOptions& options_;
  const std::function<uint64_t()> new_file_number_;
  mutable std::mutex mutex_;
  std::condition_variable created_;
  std::set<uint64_t> numbers_;       // guarded by mutex_
  std::optional<Segment> prepared_;  // guarded by mutex_
  bool creating_ = false;            // guarded by mutex_
};

}  // namespace shale::engine
