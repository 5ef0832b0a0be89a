#include "engine/table/top_index.h"

#include <algorithm>

#include "engine/base/coding.h"
#include "engine/format/internal_key.h"
#include "engine/table/block.h"

namespace shale::engine {
namespace {

uint64_t PrefixOf(std::string_view rest) {
  if (rest.size() >= sizeof(uint64_t)) return LoadBigEndian64(rest.data());
  uint64_t prefix = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    prefix |= uint64_t{static_cast<uint8_t>(rest[i])} << (56 - 8 * i);
  }
  return prefix;
}

}  // namespace

bool TopIndex::Load(std::string_view payload) {
  BlockCursor entries;
  if (!entries.Open(payload)) return false;
  const size_t count = entries.restart_count();  // each entry is one
  partitions_.reserve(count);
  key_ends_.reserve(count);
  prefixes_.reserve(count);
  for (entries.SeekToFirst(); entries.Valid(); entries.Next()) {
    bool ascends =
        partitions_.empty() || CompareInternalKeys(Key(partitions_.size() - 1), entries.key()) < 0;
    if (!ascends || !DecodePartitionHandles(entries.value(), &partitions_.emplace_back())) {
      return false;
    }
    keys_ += entries.key();
    key_ends_.push_back(static_cast<uint32_t>(keys_.size()));
  }
  if (entries.damaged()) return false;
  if (partitions_.empty()) return true;

  // What the first and the last key begin with, those between them do as well.
  std::string_view first = UserKey(Key(0));
  std::string_view last = UserKey(Key(partitions_.size() - 1));
  common_ = first.substr(0, std::ranges::mismatch(first, last).in1 - first.begin());
  for (size_t i = 0; i < partitions_.size(); ++i) {
    prefixes_.push_back(PrefixOf(UserKey(Key(i)).substr(common_.size())));
  }
  keys_.shrink_to_fit();
  return true;
}

size_t TopIndex::CountBefore(std::string_view internal_key) const {
  if (partitions_.empty()) return 0;
  std::string_view user_key = UserKey(internal_key);
  int order = CompareUserKeys(user_key.substr(0, common_.size()), common_);
  if (order != 0) return order < 0 ? 0 : partitions_.size();

  uint64_t prefix = PrefixOf(user_key.substr(common_.size()));
  size_t low = 0;
  for (size_t count = partitions_.size(); count > 1;) {
    size_t half = count / 2;
    low += prefixes_[low + half - 1] < prefix ? half : 0;
    count -= half;
  }
  low += prefixes_[low] < prefix ? 1 : 0;
  if (low == partitions_.size() || prefixes_[low] != prefix) return low;

  auto end =
      std::upper_bound(prefixes_.begin() + static_cast<ptrdiff_t>(low), prefixes_.end(), prefix);
  size_t count = end - prefixes_.begin() - low;
  while (count > 0) {
    size_t half = count / 2;
    if (CompareInternalKeys(Key(low + half), internal_key) < 0) {
      low += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return low;
}

size_t TopIndex::memory_bytes() const {
  return partitions_.capacity() * sizeof(PartitionHandles) + common_.capacity() +
         prefixes_.capacity() * sizeof(uint64_t) + keys_.capacity() +
         key_ends_.capacity() * sizeof(uint32_t);
}

}  // namespace shale::engine
