#include "engine/lsm/write_batch.h"

#include <algorithm>
#include <utility>

#include "engine/base/coding.h"

namespace shale::engine {

std::string* WriteBatch::Room(size_t bytes) {
  if (chunks_.empty() || chunks_.back().size() + bytes > kChunkBytes) {
    chunks_.emplace_back();
    // A small transaction pays for what it writes; the second chunk shows that it is a large one.
    if (chunks_.size() > 1) chunks_.back().reserve(std::max(kChunkBytes, bytes));
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

void WriteBatch::Clear() { *this = WriteBatch(); }

std::vector<std::string> WriteBatch::TakeChunks() && {
  std::vector<std::string> chunks = std::move(chunks_);
  Clear();
  return chunks;
}

bool WriteBatch::Next(std::string_view* chunk, Operation* operation, Status* status) {
  if (chunk->empty()) return false;
  ByteReader reader(*chunk);
  uint8_t type = reader.ReadByte();
  operation->type = static_cast<BatchOperation>(type);
  operation->key = reader.ReadLengthPrefixed();
  operation->value = {};
  bool known = type >= static_cast<uint8_t>(BatchOperation::kPut) &&
               type <= static_cast<uint8_t>(BatchOperation::kDeleteRange);
  if (operation->type != BatchOperation::kDelete) operation->value = reader.ReadLengthPrefixed();
  if (!known || !reader.ok()) {
    *status = Error(sqlstate::kDataCorrupted, "a logged batch does not decode");
    return false;
  }
  *chunk = reader.rest();
  return true;
}

}  // namespace shale::engine
