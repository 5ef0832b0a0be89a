#include "engine/txn/compact_holds.h"

#include <algorithm>
#include <new>
#include <utility>

#include "engine/base/check.h"

namespace shale::engine::internal {
namespace {

constexpr size_t kWordsMin = 64;

}  // namespace

size_t CompactHolds::PlaceOf(uint64_t fingerprint) const {
  size_t place = HomeOf(fingerprint);
  while (words_[place] != 0 && words_[place] >> kFingerprintShift != fingerprint) {
    place = After(place);
  }
  return place;
}

std::optional<CompactHolds::Hold> CompactHolds::Find(uint64_t hash) const {
  if (words_.empty()) return std::nullopt;
  const uint64_t word = words_[PlaceOf(FingerprintOf(hash))];
  if (word == 0) return std::nullopt;
  return Hold{SlotOf(word), ModeOf(word)};
}

// At most three quarters full: a search that finds nothing looks at eight words, a hold takes
// between eleven and thirteen bytes.
bool CompactHolds::AddWord(uint64_t word) {
  if ((count_ + 1) * 4 > words_.size() * 3) Resize(words_.size() * 5 / 4 + kWordsMin);
  uint64_t& place = words_[PlaceOf(word >> kFingerprintShift)];
  if (place != 0) return false;
  place = word;
  ++count_;
  return true;
}

std::vector<uint64_t> CompactHolds::ReplaceWords(std::vector<uint64_t> words) {
  words_.swap(words);
  words_at_.store(reinterpret_cast<uintptr_t>(words_.data()), std::memory_order_relaxed);
  size_.store(words_.size(), std::memory_order_relaxed);
  return words;
}

void CompactHolds::Resize(size_t size) {
  for (uint64_t word : ReplaceWords(std::vector<uint64_t>(size))) {
    if (word != 0) words_[PlaceOf(word >> kFingerprintShift)] = word;
  }
}

// Words that follow without a gap move up, unless that would put one before its home.
void CompactHolds::RemoveAt(size_t place) {
  auto distance = [this](size_t from, size_t to) {
    return to >= from ? to - from : to + words_.size() - from;
  };
  size_t hole = place;
  for (size_t next = After(place); words_[next] != 0; next = After(next)) {
    if (distance(HomeOf(words_[next] >> kFingerprintShift), next) < distance(hole, next)) continue;
    words_[hole] = words_[next];
    hole = next;
  }
  words_[hole] = 0;
  --count_;
}

void CompactHolds::Remove(uint64_t hash) {
  const size_t place = PlaceOf(FingerprintOf(hash));
  DCHECK(words_[place] != 0);
  RemoveAt(place);
}

// What moves up over the end has been looked at.
void CompactHolds::RemoveSlot(uint16_t slot) {
  const bool has_others = std::ranges::any_of(
      words_, [slot](uint64_t word) { return word != 0 && SlotOf(word) != slot; });
  if (!has_others) {
    ReplaceWords({});
    count_ = 0;
    return;
  }
  for (size_t place = 0; place < words_.size(); ++place) {
    while (words_[place] != 0 && SlotOf(words_[place]) == slot) RemoveAt(place);
  }
  if (count_ * 4 < words_.size()) {
    try {
      Resize(count_ * 4 / 3 + kWordsMin);
    } catch (const std::bad_alloc&) {  // then it stays as large
    }
  }
}

void CompactHolds::AppendStored(uint16_t slot, uint16_t shard,
                                std::vector<uint64_t>* stored) const {
  for (uint64_t word : words_) {
    if (word == 0 || SlotOf(word) != slot) continue;
    stored->push_back((word & ~kSlotMask) | (uint64_t{shard} << kSlotShift));
  }
}

}  // namespace shale::engine::internal
