// BlockBuilder: lays entries out as a sorted block with prefix compression, see table_format.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shale::engine {

class BlockBuilder {
 public:
  // A key is stored whole at every restart_interval-th entry.
  explicit BlockBuilder(int restart_interval) : restart_interval_(restart_interval) { Reset(); }

  // Keys come in ascending order; the builder does not compare them.
  void Add(std::string_view key, std::string_view value);
  // The payload; valid until the next Reset. Nothing but Reset may follow.
  std::string_view Finish();
  void Reset();

  bool empty() const { return buffer_.empty(); }
  // Of the payload, if finished now.
  size_t bytes() const { return buffer_.size() + (restarts_.size() + 1) * sizeof(uint32_t); }

 private:
  const int restart_interval_;
  std::string buffer_;
  std::vector<uint32_t> restarts_;
  std::string last_key_;
  int entries_since_restart_ = 0;
};

}  // namespace shale::engine
