// ValueFile: one value file of the store: its metadata, its reader while somebody needs it, and its
// end. Versions share it; when the last version lets go of a file that no table refers to any more,
// its name goes to ObsoleteFiles and a background thread deletes the file. Thread-safe.
//
// ValueScan: reads values of one version, one or one after another.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "engine/format/point_lookup.h"
#include "engine/lsm/open_tables.h"
#include "engine/lsm/table_file.h"
#include "engine/lsm/value_metadata.h"
#include "engine/table/value_file_reader.h"

namespace shale::engine {

class Version;

class ValueFile final : public OpenFile {
 public:
  ValueFile(ValueFileMetadata metadata, const TableContext* context)
      : metadata_(metadata), context_(context) {}
  ~ValueFile();
  ValueFile(const ValueFile&) = delete;
  ValueFile& operator=(const ValueFile&) = delete;

  const ValueFileMetadata& metadata() const { return metadata_; }
  uint64_t number() const { return metadata_.number; }

  // The reader, opened where needed. Blocks.
  Result<std::shared_ptr<ValueFileReader>> Open();
  // Null where there is none.
  BlockCache* cache() const { return context_->cache; }

  // No version to come refers to it: the file goes when this object does.
  void MarkObsolete() {
    context_->obsolete->Doom(ValueFileName(number()));
    obsolete_.store(true, std::memory_order_relaxed);
  }

  // For OpenTables. Nobody finds the reader but through Open, and keeps it then.
  bool TakeUse() override { return used_.exchange(false, std::memory_order_relaxed); }
  std::shared_ptr<const void> Close() override;

 private:
  const ValueFileMetadata metadata_;
  const TableContext* const context_;
  std::atomic<bool> obsolete_{false};
  std::atomic<bool> used_{false};
  std::mutex open_mutex_;
  std::shared_ptr<ValueFileReader> reader_;  // guarded by open_mutex_
};

// One thread at a time.
class ValueScan {
 public:
  struct Options {
    bool use_cache = true;  // values that it has are not read
    bool fill_cache = true;
    size_t readahead_bytes = 0;  // where values lie side by side; 0: never
  };
  // The version outlives it.
  ValueScan(const Version* version, Options options) : version_(version), options_(options) {}

  // The value of a reference as a table holds it. Null: it would block. XX001 where there is no
  // such value.
  Status Read(std::string_view reference, ReadTier tier, BlockPin* value);

 private:
  const Version* const version_;
  const Options options_;
  std::shared_ptr<ValueFileReader> reader_;  // of the file read last, which ahead_ is over
  std::optional<Readahead> ahead_;
};

}  // namespace shale::engine
