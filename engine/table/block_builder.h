// BlockBuilder: lays entries out as a sorted block with prefix compression, see table_format.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/coding.h"
#include "engine/table/table_format.h"

namespace shale::engine {

// An entry whose key is stored whole.
struct BlockRestart {
  uint32_t offset;        // of the entry
  uint32_t value_offset;  // among the values
  uint32_t key_offset;    // of its key
  uint32_t user_key_bytes;
};

// What a sorted block has behind its values: restarts.size() * kRestartBytes +
// kSortedBlockTailBytes bytes. The entries lie at `entries`.
void StoreBlockTail(const char* entries, uint32_t entries_bytes,
                    std::span<const BlockRestart> restarts, char* out);

class BlockBuilder {
 public:
  // A key is stored whole at every restart_interval-th entry.
  explicit BlockBuilder(int restart_interval) : restart_interval_(restart_interval) { Reset(); }

  // Internal keys in ascending order; the builder does not compare them.
  void Add(std::string_view key, std::string_view value);
  // The payload; valid until the next Reset. Nothing but Reset may follow.
  std::string_view Finish();
  void Reset();

  bool empty() const { return keys_.empty(); }
  // Of the payload with this entry as its last one, at most.
  size_t BytesWith(std::string_view key, std::string_view value) const {
    size_t lengths = 1 + VarintBytes(key.size()) + VarintBytes(value.size());
    return bytes() + lengths + key.size() + value.size() + kRestartBytes;
  }
  // Of the payload, if finished now.
  size_t bytes() const {
    return keys_.size() + values_.size() + restarts_.size() * kRestartBytes + kSortedBlockTailBytes;
  }

 private:
  const int restart_interval_;
  std::string keys_;  // the entries; the whole payload once finished
  std::string values_;
  std::vector<BlockRestart> restarts_;
  std::string last_key_;
  int entries_since_restart_ = 0;
};

}  // namespace shale::engine
