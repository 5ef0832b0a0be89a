// OpenTables: which files of tables and values have an open reader, and which of those to close
// when there are more than the limit. A reader holds a file descriptor and its table's top index.
//
// Approximately least lately used: files stand in a queue; the one in front is closed unless it was
// used since it was there last, in which case it goes to the back. A use is one store to a flag of
// the file, so lookups take no lock. Opening never waits: beyond the limit the owner is told, who
// takes the excess readers and lets go of them once no lookup can be inside one
// (StoreState::CloseExcessTables). Thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace shale::engine {

class OpenFile;

class OpenTables {
 public:
  // on_excess runs on the thread that opened one too many; short and non-blocking.
  OpenTables(size_t count_max, std::function<void()> on_excess)
      : count_max_(count_max), on_excess_(std::move(on_excess)) {}

  using Place = std::list<OpenFile*>::iterator;

  // For a file that has been opened and may be closed from now on; and one that ends.
  void Add(OpenFile* file);
  void Remove(OpenFile* file);

  // Closes files until the limit holds. The readers may still be in use by lookups that began
  // before.
  std::vector<std::shared_ptr<const void>> TakeExcess();

  size_t count() const;

 private:
  const size_t count_max_;
  const std::function<void()> on_excess_;
  mutable std::mutex mutex_;    // before the files' own
  std::list<OpenFile*> queue_;  // guarded by mutex_
};

// What OpenTables knows of a file.
class OpenFile {
 public:
  virtual ~OpenFile() = default;
  // Whether it was used since this was called last.
  virtual bool TakeUse() = 0;
  // Gives up the reader; lookups that began before may still be in it.
  virtual std::shared_ptr<const void> Close() = 0;

 private:
  friend class OpenTables;
  std::optional<OpenTables::Place> place_;  // in the queue; guarded by its mutex
};

}  // namespace shale::engine
