// TableOutput: writes a run of entries in key order as one or more tables, cut between user keys
// (all versions of a key go into one table), with range tombstones clipped to each table's share of
// the key space. Blocks.
//
// A table ends when it has reached its size. It ends before, at an edge between tables of the level
// below the one it is for (its grandparents), when it is half full, or overlaps ten times its size
// there: tables that end where others do rewrite less when they move on. It ends before a key that
// it is told, where what comes next to the level is about to begin. The last one takes what is left
// up to half a table more: a small one would be rewritten with whatever comes next to it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/env/storage.h"
#include "engine/format/range_tombstone.h"
#include "engine/lsm/io_rate_limiter.h"
#include "engine/lsm/table_file.h"
#include "engine/options.h"
#include "engine/table/table_builder.h"

namespace shale::engine {

// The bits of a table's filters, levels_below its level: of those that hold data.
double FilterBitsPerKey(const EngineOptions& options, int levels_below);

struct TableOutputOptions {
  const EngineOptions* engine = nullptr;
  Compression compression = Compression::kNone;
  double bloom_bits_per_key = 0;
  uint64_t table_bytes_max = 0;
  KeyRange share;                 // of the key space; an empty end: no upper bound
  TableFiles grandparents;        // in key order
  TableFiles beside;              // in key order: no table's keys lie on both sides of one of them
  std::string tail;               // a table ends before this key; empty: there is none
  uint64_t entries_expected = 0;  // about; 0: not known
  std::function<uint64_t()> new_file_number;
  IoRateLimiter* limiter = nullptr;  // null: no limit
  IoPriority priority = IoPriority::kCompaction;
};

class TableOutput {
 public:
  // tombstones in any order. Tables finished stay on disk, whatever comes after, until somebody
  // deletes them.
  TableOutput(TableOutputOptions options, std::vector<RangeTombstone> tombstones);
  ~TableOutput();

  // is_first_of_key: no newer version of the key was added.
  Status Add(std::string_view internal_key, std::string_view value, bool is_first_of_key);
  Status Finish();

  // Finished so far, in key order; after an error, those that must be deleted.
  const std::vector<TableMetadata>& tables() const { return tables_; }
  uint64_t bytes_written() const;

 private:
  Status OpenTable();
  // Ends the current table's share of the key space at `end`; empty: no upper bound.
  Status FinishTable(std::string_view end);
  // Counts what the table being built refers to.
  Status NoteReference(std::string_view encoded);
  std::vector<RangeTombstone> ClippedTombstones(std::string_view end) const;

  // Whether the table being built should end before the key.
  bool ShouldCut(std::string_view user_key);
  bool PassGrandparents(std::string_view user_key);
  bool PassBeside(std::string_view user_key);
  bool PassTail(std::string_view user_key);
  // Whether what is left to come, as far as that is known, is too little for a table of its own.
  bool NearsItsEnd() const;

  const TableOutputOptions options_;
  const std::vector<RangeTombstone> tombstones_;
  std::vector<TableMetadata> tables_;
  uint64_t number_ = 0;                      // of the table being built
  uint64_t entries_ = 0;                     // in it
  uint64_t entries_before_ = 0;              // in those finished
  uint64_t hidden_ = 0;                      // entries in it
  std::map<uint64_t, uint64_t> value_uses_;  // bytes that it refers to, by value file
  uint64_t raw_bytes_to_look_ = 0;           // until its size is looked at again
  uint64_t estimated_bytes_ = 0;             // its size when that was done last
  uint64_t grandparents_overlapped_bytes_ = 0;
  std::unique_ptr<BlobWriter> blob_;
  std::unique_ptr<TableBuilder> builder_;
  std::string share_begin_;  // of the table being built or to come
  size_t grandparent_ = 0;   // the first that does not lie before the last key
  size_t beside_ = 0;        // likewise
  bool in_tail_ = false;
};

}  // namespace shale::engine
