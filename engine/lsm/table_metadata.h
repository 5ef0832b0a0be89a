// TableMetadata: what the manifest records of a table file, and the questions about key ranges that
// versions and compactions ask of it. A table's range is in user keys: a table holds every version
// of the keys it covers at its level (invariant L2), so internal keys are not needed to tell tables
// of a level apart.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/format/internal_key.h"
#include "engine/lsm/value_metadata.h"

namespace shale::engine {

// A range of user keys: [smallest, largest], or [smallest, largest) or without upper bound.
struct UserKeyRange {
  std::string smallest;
  std::string largest;
  enum class End : uint8_t { kInclusive = 0, kExclusive = 1, kUnbounded = 2 } end = End::kInclusive;

  // True where the whole range lies before the key.
  bool Before(std::string_view key) const {
    if (end == End::kUnbounded) return false;
    int order = CompareUserKeys(largest, key);
    return order < 0 || (order == 0 && end == End::kExclusive);
  }
  bool Contains(std::string_view key) const {
    return CompareUserKeys(smallest, key) <= 0 && !Before(key);
  }
  bool Overlaps(const UserKeyRange& other) const {
    return !Before(other.smallest) && !other.Before(smallest);
  }
  // Grows so that it covers the other one too.
  void Extend(const UserKeyRange& other) {
    if (CompareUserKeys(other.smallest, smallest) < 0) smallest = other.smallest;
    if (EndsBefore(other)) {
      largest = other.largest;
      end = other.end;
    }
  }
  bool EndsBefore(const UserKeyRange& other) const {
    if (end == End::kUnbounded || other.end == End::kUnbounded) return end != End::kUnbounded;
    int order = CompareUserKeys(largest, other.largest);
    return order < 0 || (order == 0 && end == End::kExclusive && other.end == End::kInclusive);
  }

  // [begin, end) of the store's interface, where an empty end is no upper bound.
  static UserKeyRange Of(const KeyRange& range) {
    return {range.begin, range.end, range.end.empty() ? End::kUnbounded : End::kExclusive};
  }
};

struct TableMetadata {
  uint64_t number = 0;
  uint64_t bytes = 0;
  uint64_t digest = 0;  // of the whole file, engine/table/table_digest.h
  uint64_t entries = 0;
  uint64_t deletions = 0;
  uint64_t range_tombstones = 0;
  uint64_t hidden = 0;  // entries of which the table holds a newer version
  SequenceNumber sequence_min = 0;
  SequenceNumber sequence_max = 0;
  // A table of a sorted run (sorted_run.h): its entries are stored with kRunSequence, and all have
  // sequence_max, which is sequence_min too; 0 until the run is committed.
  bool is_run = false;
  UserKeyRange range;
  std::vector<ValueUse> values;  // ascending file numbers; empty: all values are in the table

  // Tables whose tombstones outnumber a quarter of their entries are worth compacting for
  // themselves.
  bool rich_in_tombstones() const { return range_tombstones > 0 || deletions * 4 > entries; }
  // The same of versions kept for snapshots.
  bool rich_in_hidden() const { return hidden * 4 > entries; }
  // Of the values that it refers to.
  uint64_t value_bytes() const {
    uint64_t bytes = 0;
    for (const ValueUse& use : values) bytes += use.bytes;
    return bytes;
  }
  // What readers of the table show in place of kRunSequence.
  SequenceNumber run_sequence() const { return is_run ? sequence_max : 0; }
};

// "table-00000000000000000007", and back; nothing where the name is no table's.
std::string TableName(uint64_t number);
std::optional<uint64_t> ParseTableName(std::string_view name);

}  // namespace shale::engine
