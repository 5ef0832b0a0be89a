#include "engine/table/index_search.h"

#include <algorithm>
#include <cstring>

namespace shale::engine {

bool IndexSearch::Build(BlockCursor* index) {
  prefixes_.clear();
  uint32_t count = index->restart_count();
  if (count == 0) return true;
  std::string_view first = index->RestartKey(0);
  std::string_view last = index->RestartKey(count - 1);
  if (index->damaged()) return false;
  first = UserKey(first);
  last = UserKey(last);
  auto [differs, unused] = std::mismatch(first.begin(), first.end(), last.begin(), last.end());
  common_.assign(first.begin(), differs);

  prefixes_.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    std::string_view key = index->RestartKey(i);
    if (index->damaged() || !UserKey(key).starts_with(common_)) return false;
    uint64_t prefix = PrefixOf(UserKey(key));
    if (i > 0 && prefix < prefixes_.back()) return false;
    prefixes_.push_back(prefix);
  }
  return true;
}

uint64_t IndexSearch::PrefixOf(std::string_view user_key) const {
  const char* bytes = user_key.data() + common_.size();
  size_t count = user_key.size() - common_.size();
  if (count >= sizeof(uint64_t)) return LoadBigEndian64(bytes);
  char padded[sizeof(uint64_t)] = {};
  if (count > 0) std::memcpy(padded, bytes, count);
  return LoadBigEndian64(padded);
}

// Padding with zeros keeps order but may make different keys equal: among equal prefixes whole keys
// decide.
void IndexSearch::Seek(std::string_view internal_key, BlockCursor* index) const {
  std::string_view user_key = UserKey(internal_key);
  if (index->damaged() || prefixes_.empty() || !user_key.starts_with(common_))
    return index->Seek(internal_key);
  uint64_t prefix = PrefixOf(user_key);
  auto found = std::lower_bound(prefixes_.begin(), prefixes_.end(), prefix);
  size_t low = found - prefixes_.begin();
  size_t high = low;  // the first entry known to be at or after the key
  for (size_t step = 1; high < prefixes_.size() && prefixes_[high] == prefix; step *= 2) {
    high = std::min(high + step, prefixes_.size());
  }
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    std::string_view key = index->RestartKey(static_cast<uint32_t>(middle));
    if (index->damaged()) return;
    if (CompareInternalKeys(key, internal_key) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  index->SeekToRestart(static_cast<uint32_t>(low));
}

}  // namespace shale::engine
