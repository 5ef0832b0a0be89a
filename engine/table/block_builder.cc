#include "engine/table/block_builder.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/format/internal_key.h"

namespace shale::engine {

void BlockBuilder::Reset() {
  keys_.clear();
  values_.clear();
  restarts_.clear();
  last_key_.clear();
  entries_since_restart_ = restart_interval_;
}

void BlockBuilder::Add(std::string_view key, std::string_view value) {
  size_t shared = 0;
  bool restart = entries_since_restart_ == restart_interval_;
  auto offset = static_cast<uint32_t>(keys_.size());
  if (!restart) {
    shared =
        CommonPrefixBytes(key.data(), last_key_.data(), std::min(key.size(), last_key_.size()));
  }
  PutVarint32(&keys_, static_cast<uint32_t>(shared));
  PutVarint32(&keys_, static_cast<uint32_t>(key.size() - shared));
  PutVarint32(&keys_, static_cast<uint32_t>(value.size()));
  if (restart) {
    restarts_.push_back({offset, static_cast<uint32_t>(values_.size()),
                         static_cast<uint32_t>(keys_.size()),
                         static_cast<uint32_t>(UserKey(key).size())});
    entries_since_restart_ = 0;
  }
  keys_.append(key.substr(shared));
  values_.append(value);
  last_key_.resize(shared);
  last_key_.append(key.substr(shared));
  ++entries_since_restart_;
}

std::string_view BlockBuilder::Finish() {
  const auto keys_bytes = static_cast<uint32_t>(keys_.size());
  const size_t whole_bytes = bytes();
  keys_.reserve(whole_bytes);
  keys_.append(values_);
  const size_t tail_offset = keys_.size();
  keys_.resize(whole_bytes);
  StoreBlockTail(keys_.data(), keys_bytes, restarts_, keys_.data() + tail_offset);
  return keys_;
}

void StoreBlockTail(const char* entries, uint32_t entries_bytes,
                    std::span<const BlockRestart> restarts, char* out) {
  auto user_key = [entries](const BlockRestart& restart) {
    return std::string_view(entries + restart.key_offset, restart.user_key_bytes);
  };
  auto store = [&out](uint32_t number) {
    std::memcpy(out, &number, sizeof(number));
    out += sizeof(number);
  };
  size_t common = 0;
  if (!restarts.empty()) {
    // Keys ascend: what the first and the last begin with, all do.
    std::string_view first = user_key(restarts.front());
    std::string_view last = user_key(restarts.back());
    common = CommonPrefixBytes(first.data(), last.data(), std::min(first.size(), last.size()));
  }
  for (const BlockRestart& restart : restarts) store(RestartPrefix(user_key(restart), common));
  for (const BlockRestart& restart : restarts) store(restart.offset);
  for (const BlockRestart& restart : restarts) store(restart.value_offset);
  store(entries_bytes);
  store(static_cast<uint32_t>(common));
  store(static_cast<uint32_t>(restarts.size()));
}

}  // namespace shale::engine
