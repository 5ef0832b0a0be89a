// Snapshots that outlive a statement: those that several transactions read at, and what is to be
// told of one: which transactions it shows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shale::engine {

using SequenceNumber = uint64_t;

// A snapshot that whoever holds it can read at: one that a transaction shares, or one of the past.
// Thread-safe; must be gone before the store is.
class SharedSnapshot {
 public:
  virtual ~SharedSnapshot() = default;
  virtual SequenceNumber sequence() const = 0;
};

// What a snapshot shows, by ids of transactions: those below `next` that have committed, but for
// those listed, which ran then or have committed later.
struct SnapshotDescription {
  uint64_t next = 0;
  std::vector<uint64_t> running;  // ascending
};

enum class TransactionFate : uint8_t {
  kRunning,
  kCommitted,
  kRolledBack,
  kUnknown,  // it ended too long ago
  kFuture,   // the id has not been given out
};

// What a serializable transaction has read, as it is remembered: a range of keys, of one key
// [key, key + zero byte). An empty end: no upper bound.
struct PredicateRead {
  uint64_t transaction = 0;
  std::string begin;
  std::string end;
};

}  // namespace shale::engine
