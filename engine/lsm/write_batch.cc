#include "engine/lsm/write_batch.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/lsm/version_edit.h"

namespace shale::engine {
namespace {

// Writers count in the lower bits and seldom change the upper ones, which mostly find room in the
// type: each transaction has a marker.
constexpr int kMarkerLowBits = 40;
constexpr uint64_t kMarkerLowMask = (uint64_t{1} << kMarkerLowBits) - 1;
constexpr size_t kMarkerBytesMax = 1 + 6 + 4;
constexpr uint8_t kShortMarker = 128;

}  // namespace

std::string* WriteBatch::Room(size_t bytes) {
  if (chunks_.empty() || IsIngestChunk(chunks_.back()) ||
      chunks_.back().size() + bytes > kChunkBytes) {
    chunks_.emplace_back();
    // A small transaction pays for what it writes, a row and its marker perhaps; the second chunk
    // shows that it is a large one.
    chunks_.back().reserve(chunks_.size() > 1 ? std::max(kChunkBytes, bytes)
                                              : bytes + kMarkerBytesMax);
  }
  return &chunks_.back();
}

void WriteBatch::Append(BatchOperation type, std::string_view key, std::string_view value) {
  constexpr size_t kLengthsMax = 1 + 5 + 10;
  std::string* chunk = Room(kLengthsMax + key.size() + value.size());
  size_t before = chunk->size();
  chunk->push_back(static_cast<char>(type));
  PutLengthPrefixed(chunk, key);
  if (type != BatchOperation::kDelete) PutLengthPrefixed(chunk, value);
  bytes_ += chunk->size() - before;
  ++count_;
  key_bytes_max_ = std::max(key_bytes_max_, key.size());
  value_bytes_max_ = std::max(value_bytes_max_, value.size());
}

void WriteBatch::Put(std::string_view key, std::string_view value) {
  Append(BatchOperation::kPut, key, value);
}

void WriteBatch::Delete(std::string_view key) { Append(BatchOperation::kDelete, key, {}); }

void WriteBatch::DeleteRange(std::string_view begin, std::string_view end) {
  if (!end.empty() && begin >= end) return;
  Append(BatchOperation::kDeleteRange, begin, end);
}

void WriteBatch::Mark(uint64_t marker) {
  std::string* chunk = Room(kMarkerBytesMax);
  size_t before = chunk->size();
  const uint64_t upper = marker >> kMarkerLowBits;
  const bool is_short = upper < kShortMarker;
  chunk->push_back(static_cast<char>(is_short ? kShortMarker + upper
                                              : static_cast<uint64_t>(BatchOperation::kMarker)));
  PutVarint64(chunk, marker & kMarkerLowMask);
  if (!is_short) PutVarint64(chunk, upper);
  bytes_ += chunk->size() - before;
  ++count_;
}

uint64_t WriteBatch::MarkerOf(const Operation& operation) {
  ByteReader reader(operation.key);
  const uint8_t type = reader.ReadByte();
  const uint64_t low = reader.ReadVarint64();
  const uint64_t upper = type < kShortMarker ? reader.ReadVarint64() : type - kShortMarker;
  return low | upper << kMarkerLowBits;
}

void WriteBatch::Ingest(SortedRun run) {
  if (run.empty()) return;
  CHECK(run_.empty());
  std::vector<std::string> described(1);
  std::string table_bytes;
  for (const TableMetadata& table : run.tables()) {
    table_bytes.clear();
    EncodeTable(table, &table_bytes);
    if (described.back().size() + table_bytes.size() > kChunkBytes) described.emplace_back();
    described.back().push_back(static_cast<char>(BatchOperation::kIngest));
    PutLengthPrefixed(&described.back(), table_bytes);
    ++count_;
  }
  for (const std::string& chunk : described) bytes_ += chunk.size();
  chunks_.insert(chunks_.begin(), std::make_move_iterator(described.begin()),
                 std::make_move_iterator(described.end()));
  run_ = std::move(run);
}

Result<TableMetadata> WriteBatch::IngestedTable(const Operation& operation,
                                                SequenceNumber sequence) {
  ByteReader reader(operation.key);
  TableMetadata table;
  if (!DecodeTable(&reader, &table) || !reader.AtEnd() || table.range_tombstones != 0) {
    return Error(sqlstate::kDataCorrupted, "a logged table does not decode");
  }
  table.is_run = true;
  table.sequence_min = sequence;
  table.sequence_max = sequence;
  return table;
}

void WriteBatch::Clear() { *this = WriteBatch(); }

std::vector<std::string> WriteBatch::TakeChunks() { return std::exchange(chunks_, {}); }

bool WriteBatch::Next(std::string_view* chunk, Operation* operation, Status* status) {
  if (chunk->empty()) return false;
  ByteReader reader(*chunk);
  uint8_t type = reader.ReadByte();
  const bool is_short_marker = type >= kShortMarker;
  if (is_short_marker) type = static_cast<uint8_t>(BatchOperation::kMarker);
  operation->type = static_cast<BatchOperation>(type);
  if (operation->type == BatchOperation::kMarker) {
    (void)reader.ReadVarint64();
    if (!is_short_marker) (void)reader.ReadVarint64();
    operation->key = chunk->substr(0, chunk->size() - reader.rest().size());
  } else {
    operation->key = reader.ReadLengthPrefixed();
  }
  operation->value = {};
  bool known = type >= static_cast<uint8_t>(BatchOperation::kPut) &&
               type <= static_cast<uint8_t>(BatchOperation::kMarker);
  bool has_value =
      operation->type == BatchOperation::kPut || operation->type == BatchOperation::kDeleteRange;
  if (has_value) operation->value = reader.ReadLengthPrefixed();
  if (!known || !reader.ok()) {
    *status = Error(sqlstate::kDataCorrupted, "a logged batch does not decode");
    return false;
  }
  *chunk = reader.rest();
  return true;
}

}  // namespace shale::engine
