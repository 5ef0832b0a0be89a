// TableOutput: writes a run of entries in key order as one or more tables, cut between user keys
// (all versions of a key go into one table), with range tombstones clipped to each table's share of
// the key space. Blocks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/env/storage.h"
#include "engine/format/range_tombstone.h"
#include "engine/lsm/table_metadata.h"
#include "engine/options.h"
#include "engine/table/table_builder.h"

namespace shale::engine {

class TableOutput {
 public:
  // tombstones in any order. Tables finished stay on disk, whatever comes after, until somebody
  // deletes them.
  TableOutput(const EngineOptions& options, Compression compression,
              std::vector<RangeTombstone> tombstones, std::function<uint64_t()> new_file_number);
  ~TableOutput();

  Status Add(std::string_view internal_key, std::string_view value);
  Status Finish();

  // Finished so far, in key order; after an error, those that must be deleted.
  const std::vector<TableMetadata>& tables() const { return tables_; }
  uint64_t bytes_written() const;

 private:
  Status OpenTable();
  // Ends the current table's share of the key space at `end`; empty: no upper bound.
  Status FinishTable(std::string_view end);
  std::vector<RangeTombstone> ClippedTombstones(std::string_view end) const;

  const EngineOptions& options_;
  const Compression compression_;
  const std::vector<RangeTombstone> tombstones_;
  const std::function<uint64_t()> new_file_number_;
  std::vector<TableMetadata> tables_;
  uint64_t number_ = 0;  // of the table being built
  std::unique_ptr<BlobWriter> blob_;
  std::unique_ptr<TableBuilder> builder_;
  std::string share_begin_;  // of the table being built or to come
  std::string last_user_key_;
};

}  // namespace shale::engine
