// PointLookup: what one source (a memtable, a table) knows of one user key at one snapshot.
#pragma once

#include <memory>
#include <string_view>

#include "engine/format/internal_key.h"

namespace shale::engine {

// How far a read may go. kCacheOnly answers from memory or reports would-block, cheaply and without
// allocation; the caller then repeats the call with kBlocking on a thread that may wait for a disk.
enum class ReadTier : uint8_t { kCacheOnly, kBlocking };

enum class LookupOutcome : uint8_t {
  kAbsent,      // this source says nothing of the key: ask the next older one
  kFound,       // value, sequence
  kDeleted,     // by a point or range tombstone with this sequence: older sources need not be asked
  kWouldBlock,  // kCacheOnly, and the cache lacks a block
  kFailed,      // status: XX001 damage, or what the disk said
};

// Reusable; every lookup sets the outcome, and the other fields as the outcome says.
struct PointLookup {
  LookupOutcome outcome = LookupOutcome::kAbsent;
  SequenceNumber sequence = 0;
  std::string_view value;
  // Of kFound: value is not the value but a reference to it, which the table's owner resolves.
  bool is_reference = false;
  // Keeps value valid. Null where the source's owner does that: a memtable's reader holds the
  // memtable.
  std::shared_ptr<const void> pin;
  Status status;
};

// One of several keys that are looked up side by side.
struct KeyLookup {
  std::string_view user_key;
  PointLookup lookup;

  // No source that was asked so far knows the key.
  bool is_open() const { return lookup.outcome == LookupOutcome::kAbsent; }
};

}  // namespace shale::engine
