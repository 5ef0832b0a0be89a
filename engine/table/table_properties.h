// TableProperties: what a table file says of itself in its metadata block, and what its builder
// reports.
#pragma once

#include <cstdint>
#include <string>

#include "engine/format/internal_key.h"
#include "engine/options.h"

namespace shale::engine {

struct TableProperties {
  uint64_t entries = 0;    // point entries, deletions included
  uint64_t deletions = 0;  // point deletions
  uint64_t range_tombstones = 0;
  uint64_t raw_key_bytes = 0;  // of internal keys, before prefix compression
  uint64_t raw_value_bytes = 0;
  uint64_t data_blocks = 0;
  uint64_t partitions = 0;  // of index and filter
  uint64_t data_bytes = 0;  // on disk, with trailers
  uint64_t filter_bytes = 0;
  uint64_t index_bytes = 0;
  uint64_t file_bytes = 0;  // the whole file; not stored in it
  uint64_t digest = 0;  // of all of its bytes (table_digest.h); not stored in it, 0 from a reader
  uint64_t created_us = 0;  // microseconds since 1970, UTC
  SequenceNumber sequence_min = kSequenceMax;
  SequenceNumber sequence_max = 0;
  Compression compression = Compression::kNone;

  // Internal keys that enclose all point entries and range tombstones. A range tombstone that ends
  // beyond the last point makes `largest` the key (end, kTrailerMax), which no entry has: user key
  // `end` itself is not in the table then (see LargestIsExclusive).
  std::string smallest;
  std::string largest;
  // A range tombstone without upper bound: `largest` is meaningless and empty, the table reaches to
  // the end.
  bool largest_unbounded = false;

  bool LargestIsExclusive() const { return !largest.empty() && Trailer(largest) == kTrailerMax; }
};

}  // namespace shale::engine
