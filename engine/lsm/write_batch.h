// WriteBatch: the writes of one transaction, committed together under one sequence number.
//
// A batch keeps its operations encoded, in chunks of about a megabyte, in the very form that the
// log writes and the memtable reads; a batch of hundreds of megabytes is moved, never copied, and
// gives its memory back chunk by chunk while it is applied. Not thread-safe.
//
// A batch may carry a sorted run (sorted_run.h): tables finished beforehand, which become part of
// the store with it. The log then holds what describes them, not what they hold.
//
// Order does not matter within a batch: range deletions apply to what was committed before the
// batch, never to the batch's own puts, those in a run included, and each key is put or deleted at
// most once (checked in debug builds by whoever applies the batch).
//
// Encoding of an operation (see engine/FORMAT.md, write-ahead log):
//   type u8 | key length varint | key | put: value length varint, value; range: end length varint,
//   end; ingest: the key is the table's description (EncodeTable), with sequence numbers 0
//   type u8 | marker: its lower 40 bits varint, the upper 24 varint; where those are below 128,
//   they are in the type instead: 128 and more
// Ingest operations come first, in chunks with nothing else: who looks for them only need look at
// the beginning of a batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/lsm/sorted_run.h"

namespace shale::engine {

enum class BatchOperation : uint8_t {
  kPut = 1,
  kDelete = 2,
  kDeleteRange = 3,
  kIngest = 4,
  kMarker = 5
};

class WriteBatch {
 public:
  static constexpr size_t kChunkBytes = 1 << 20;

  void Put(std::string_view key, std::string_view value);
  void Delete(std::string_view key);
  // Deletes every key in [begin, end); an empty end: no upper bound. Empty ranges are ignored.
  void DeleteRange(std::string_view begin, std::string_view end);
  // By what its writer knows the batch (commit_markers.h); not 0, and at most once per batch.
  void Mark(uint64_t marker);
  // The run's tables, at most once per batch; an empty run is ignored. They are deleted with the
  // batch unless that was committed.
  void Ingest(SortedRun run);

  bool empty() const { return count_ == 0; }
  SortedRun& run() { return run_; }
  const SortedRun& run() const { return run_; }
  uint64_t count() const { return count_; }
  // Encoded, over all chunks.
  size_t bytes() const { return bytes_; }
  // Of the longest key and value, for the checking of limits.
  size_t key_bytes_max() const { return key_bytes_max_; }
  size_t value_bytes_max() const { return value_bytes_max_; }
  void Clear();

  // What a visitor of operations gets; the views live as long as the chunk they point into.
  struct Operation {
    BatchOperation type;
    std::string_view key;    // or the begin of a range, the description of a table, a marker's form
    std::string_view value;  // or the end of a range
  };

  // The encoded chunks; an operation never crosses from one to the next.
  const std::vector<std::string>& chunks() const { return chunks_; }
  std::vector<std::string> TakeChunks();
  // Reads one operation off the front of an encoded chunk. False at its end or, with *status set,
  // where the bytes are no operation.
  static bool Next(std::string_view* chunk, Operation* operation, Status* status);

  // True for a chunk of ingest operations.
  static bool IsIngestChunk(std::string_view chunk) {
    return !chunk.empty() && chunk[0] == static_cast<char>(BatchOperation::kIngest);
  }
  static uint64_t MarkerOf(const Operation& operation);
  // What an ingest operation describes, of a batch with this sequence number (0: not known yet).
  static Result<TableMetadata> IngestedTable(const Operation& operation, SequenceNumber sequence);

 private:
  std::string* Room(size_t bytes);
  void Append(BatchOperation type, std::string_view key, std::string_view value);

  std::vector<std::string> chunks_;
  SortedRun run_;
  uint64_t count_ = 0;
  size_t bytes_ = 0;
  size_t key_bytes_max_ = 0;
  size_t value_bytes_max_ = 0;
};

}  // namespace shale::engine
