#include "engine/table/block_builder.h"

#include <algorithm>

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
  size_t common = 0;
  if (!restarts_.empty()) {
    // Keys ascend: what the first and the last begin with, all do.
    std::string_view first = UserKeyAt(restarts_.front());
    std::string_view last = UserKeyAt(restarts_.back());
    common = CommonPrefixBytes(first.data(), last.data(), std::min(first.size(), last.size()));
  }
  auto keys_bytes = static_cast<uint32_t>(keys_.size());
  keys_.reserve(bytes());
  keys_.append(values_);
  for (const Restart& restart : restarts_) {
    PutFixed32(&keys_, RestartPrefix(UserKeyAt(restart), common));
  }
  for (const Restart& restart : restarts_) PutFixed32(&keys_, restart.offset);
  for (const Restart& restart : restarts_) PutFixed32(&keys_, restart.value_offset);
  PutFixed32(&keys_, keys_bytes);
  PutFixed32(&keys_, static_cast<uint32_t>(common));
  PutFixed32(&keys_, static_cast<uint32_t>(restarts_.size()));
  return keys_;
}

}  // namespace shale::engine
