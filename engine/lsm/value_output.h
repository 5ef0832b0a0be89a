// ValueOutput: decides, entry by entry, whether the value that a flush or compaction writes goes
// into the table or apart, and writes the value files. Blocks. One thread.
//
// A value of at least EngineOptions::value_separation_bytes goes apart. A reference that the input
// has already is carried as it is, its value unread, unless the value has to move: its file is
// stale (version.h), its file's key is older than the store key in use, or it would not go apart
// today.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/env/storage.h"
#include "engine/lsm/io_rate_limiter.h"
#include "engine/lsm/version.h"
#include "engine/options.h"
#include "engine/table/value_file_builder.h"

namespace shale::engine {

// Whether a compaction moves the values that the table has in this file.
bool MustMoveValues(const EngineOptions& options, const LiveValueFile& file);

struct ValueOutputOptions {
  const EngineOptions* engine = nullptr;
  const Version* version = nullptr;  // of the input's references; null: it has none
  Compression compression = Compression::kNone;
  uint64_t file_bytes_max = 0;
  std::function<uint64_t()> new_file_number;
  IoRateLimiter* limiter = nullptr;  // null: no limit
  IoPriority priority = IoPriority::kCompaction;
};

class ValueOutput {
 public:
  explicit ValueOutput(ValueOutputOptions options);
  ~ValueOutput();

  // Makes of an input's entry the output's; what it sets stays valid until the next call.
  Status Place(std::string_view* internal_key, std::string_view* value);
  Status Finish();

  // Finished so far; after an error, those that must be deleted.
  const std::vector<ValueFileMetadata>& files() const { return files_; }
  uint64_t bytes_written() const;
  // Of values that were moved from one place to another.
  uint64_t bytes_moved() const { return bytes_moved_; }

 private:
  bool GoesApart(uint64_t value_bytes) const;
  // Writes the value apart and sets *value to its reference.
  Status WriteApart(std::string_view* value);
  Status FinishFile();

  const ValueOutputOptions options_;
  ValueScan scan_;
  std::vector<ValueFileMetadata> files_;
  uint64_t number_ = 0;  // of the file being written
  std::unique_ptr<BlobWriter> blob_;
  std::unique_ptr<ValueFileBuilder> builder_;
  std::string key_;  // of the entry placed last, where it was changed
  std::string reference_;
  BlockPin moved_;
  uint64_t bytes_moved_ = 0;
};

}  // namespace shale::engine
