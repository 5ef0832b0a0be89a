// TableFile: one table of the store: its metadata, its reader while somebody needs
// it, and its end. Versions share it; when the last version or reader lets go of a file that was
// compacted away, its number goes to ObsoleteFiles and a background thread deletes the file.
// Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/env/storage.h"
#include "engine/format/internal_iterator.h"
#include "engine/lsm/open_tables.h"
#include "engine/lsm/table_metadata.h"
#include "engine/table/table_reader.h"

namespace shale::engine {

class BlockCache;

// Names of blobs and logs that nothing refers to any more. Thread-safe.
class ObsoleteFiles {
 public:
  struct File {
    enum class Kind : uint8_t { kBlob, kLog } kind;
    std::string name;
  };

  // on_add runs after each Add, on the adder's thread, which may be anybody's; short and
  // non-blocking.
  explicit ObsoleteFiles(std::function<void()> on_add) : on_add_(std::move(on_add)) {}

  void Add(File file) {
    {
      std::lock_guard lock(mutex_);
      files_.push_back(std::move(file));
      doomed_.erase(files_.back().name);
    }
    on_add_();
  }
  // The same for destructors: where memory runs out the file stays, and goes when the store is
  // opened next. `name` makes the blob's name of its number.
  void AddBlob(std::string (*name)(uint64_t), uint64_t number) noexcept {
    try {
      Add({File::Kind::kBlob, name(number)});
    } catch (const std::bad_alloc&) {
    }
  }
  // Will come by Add once its last reader is gone, or unless it becomes part of the store.
  void Doom(std::string name) {
    std::lock_guard lock(mutex_);
    doomed_.insert(std::move(name));
  }
  // Somebody refers to what was doomed after all.
  void Keep(const std::string& name) {
    std::lock_guard lock(mutex_);
    doomed_.erase(name);
  }
  // All that may still be there although nothing refers to it, but for what is being deleted.
  std::set<std::string> Names() {
    std::lock_guard lock(mutex_);
    std::set<std::string> names = doomed_;
    for (const File& file : files_) names.insert(file.name);
    return names;
  }
  std::vector<File> Take() {
    std::lock_guard lock(mutex_);
    return std::exchange(files_, {});
  }
  // Back again, to be tried at the next occasion: does not call on_add.
  void PutBack(File file) {
    std::lock_guard lock(mutex_);
    files_.push_back(std::move(file));
  }

 private:
  std::function<void()> on_add_;
  std::mutex mutex_;
  std::vector<File> files_;       // guarded by mutex_
  std::set<std::string> doomed_;  // guarded by mutex_
};

// What table files need of their store; outlives them.
struct TableContext {
  Storage* storage = nullptr;
  BlockCache* cache = nullptr;
  ObsoleteFiles* obsolete = nullptr;
  OpenTables* open_tables = nullptr;  // null: readers stay open as long as their files
  const Keyring* keyring = nullptr;   // of an encrypted store
};

class TableFile final : public OpenFile {
 public:
  TableFile(TableMetadata metadata, const TableContext* context)
      : metadata_(std::move(metadata)), context_(context) {}
  ~TableFile();
  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;

  const TableMetadata& metadata() const { return metadata_; }
  uint64_t number() const { return metadata_.number; }

  // The reader, null where it is not open; without a lock. To be used only within the
  // ReadViews::Guard during which it was asked for.
  TableReader* reader() {
    if (!used_.load(std::memory_order_relaxed)) used_.store(true, std::memory_order_relaxed);
    return reader_.load(std::memory_order_acquire);
  }
  // The same to be kept.
  std::shared_ptr<TableReader> kept_reader();
  // Opens it where needed. Blocks.
  Result<std::shared_ptr<TableReader>> Open();

  // No version to come refers to it: the file goes when this object does.
  void MarkObsolete() {
    context_->obsolete->Doom(TableName(number()));
    obsolete_.store(true, std::memory_order_relaxed);
  }

  // Some compaction has it as input. Guarded by Compactor's mutex.
  bool busy = false;

  // For OpenTables.
  bool TakeUse() override { return used_.exchange(false, std::memory_order_relaxed); }
  std::shared_ptr<const void> Close() override;

 private:
  const TableMetadata metadata_;
  const TableContext* const context_;
  std::atomic<bool> obsolete_{false};
  std::atomic<bool> used_{false};
  std::atomic<TableReader*> reader_{nullptr};  // owned_reader_'s
  std::mutex open_mutex_;
  std::shared_ptr<TableReader> owned_reader_;  // guarded by open_mutex_
};

using TableFiles = std::vector<std::shared_ptr<TableFile>>;
using TableSpan = std::span<const std::shared_ptr<TableFile>>;

}  // namespace shale::engine
