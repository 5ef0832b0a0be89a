// OpenTables: which table files have an open reader, and which of those to close when there are
// more than the limit. A reader holds a file descriptor and its table's top index.
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
#include <vector>

namespace shale::engine {

class TableFile;
class TableReader;

class OpenTables {
 public:
  // on_excess runs on the thread that opened one too many; short and non-blocking.
  OpenTables(size_t count_max, std::function<void()> on_excess)
      : count_max_(count_max), on_excess_(std::move(on_excess)) {}

  using Place = std::list<TableFile*>::iterator;

  // For TableFile, which has been opened and may be closed from now on; and which ends.
  void Add(TableFile* file);
  void Remove(TableFile* file);

  // Closes files until the limit holds. The readers may still be in use by lookups that began
  // before.
  std::vector<std::shared_ptr<TableReader>> TakeExcess();

  size_t count() const;

 private:
  const size_t count_max_;
  const std::function<void()> on_excess_;
  mutable std::mutex mutex_;     // before TableFile's
  std::list<TableFile*> queue_;  // guarded by mutex_
};

}  // namespace shale::engine
