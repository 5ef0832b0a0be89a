#include "engine/format/range_tombstone.h"

#include <algorithm>
#include <map>
#include <queue>
#include <utility>

namespace shale::engine {
namespace {

// Order of range ends, where empty means the end of all keys.
bool EndLess(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return !a.empty() && b.empty();
  return CompareUserKeys(a, b) < 0;
}

// Sequence numbers of the tombstones open at the sweep's position, with how often each is open.
using ActiveSequences = std::map<SequenceNumber, int, std::greater<>>;

}  // namespace

// A sweep over the begins in key order; a queue gives the open tombstone that ends first.
//   1. Before moving to a begin, close what ends up to it, emitting a fragment at each distinct
//   end.
//   2. Emit the fragment from the last position to the begin, open the tombstone.
//   3. At the end, close all that is open.
std::shared_ptr<const RangeTombstoneList> RangeTombstoneList::Build(
    std::vector<RangeTombstone> tombstones) {
  std::erase_if(tombstones, [](const RangeTombstone& tombstone) {
    return !tombstone.end.empty() && CompareUserKeys(tombstone.begin, tombstone.end) >= 0;
  });
  if (tombstones.empty()) return nullptr;
  std::sort(tombstones.begin(), tombstones.end(),
            [](const RangeTombstone& a, const RangeTombstone& b) { return a.begin < b.begin; });

  auto list = std::shared_ptr<RangeTombstoneList>(new RangeTombstoneList);
  ActiveSequences active;
  std::string_view
      position;              // where the open fragment begins; meaningful while something is active
  bool reached_end = false;  // an unbounded fragment has been emitted: it is the last

  auto emit = [&](std::string_view end) {
    if (active.empty() || reached_end || (!end.empty() && position == end)) return;
    reached_end = end.empty();
    auto same_sequences = [&](const Stored& stored) {
      return stored.sequence_count == active.size() &&
             std::equal(
                 active.begin(), active.end(), list->sequences_.begin() + stored.first_sequence,
                 [](const auto& open, SequenceNumber sequence) { return open.first == sequence; });
    };
    if (!list->fragments_.empty() && list->fragments_.back().end == position &&
        !list->fragments_.back().end.empty() && same_sequences(list->fragments_.back())) {
      list->fragments_.back().end = end;
    } else {
      uint32_t first = static_cast<uint32_t>(list->sequences_.size());
      for (const auto& [sequence, count] : active) list->sequences_.push_back(sequence);
      list->fragments_.push_back(
          {std::string(position), std::string(end), first, static_cast<uint32_t>(active.size())});
    }
    position = end;
  };

  auto ends_later = [](const RangeTombstone* a, const RangeTombstone* b) {
    return EndLess(b->end, a->end);
  };
  std::priority_queue<const RangeTombstone*, std::vector<const RangeTombstone*>,
                      decltype(ends_later)>
      open(ends_later);
  auto close_first = [&] {
    const RangeTombstone* first = open.top();
    emit(first->end);
    open.pop();
    auto entry = active.find(first->sequence);
    if (--entry->second == 0) active.erase(entry);
  };

  for (const RangeTombstone& tombstone : tombstones) {
    while (!open.empty() && !open.top()->end.empty() &&
           CompareUserKeys(open.top()->end, tombstone.begin) <= 0) {
      close_first();
    }
    // An unbounded end is written as empty, a begin never is one: an empty begin is the first key,
    // where nothing can be open before.
    if (!active.empty() && position != tombstone.begin) emit(tombstone.begin);
    position = tombstone.begin;
    ++active[tombstone.sequence];
    open.push(&tombstone);
  }
  while (!open.empty()) close_first();

  auto [min, max] = std::minmax_element(list->sequences_.begin(), list->sequences_.end());
  list->sequence_min_ = *min;
  list->sequence_max_ = *max;
  list->memory_bytes_ = sizeof(RangeTombstoneList) + list->fragments_.capacity() * sizeof(Stored) +
                        list->sequences_.capacity() * sizeof(SequenceNumber);
  for (const Stored& stored : list->fragments_) {
    list->memory_bytes_ += stored.begin.capacity() + stored.end.capacity();
  }
  return list;
}

std::shared_ptr<const RangeTombstoneList> RangeTombstoneList::Merge(
    std::span<const std::shared_ptr<const RangeTombstoneList>> lists) {
  std::shared_ptr<const RangeTombstoneList> only;
  std::vector<RangeTombstone> all;
  int count = 0;
  for (const auto& list : lists) {
    if (list == nullptr) continue;
    ++count;
    only = list;
  }
  if (count <= 1) return only;
  for (const auto& list : lists) {
    if (list == nullptr) continue;
    std::vector<RangeTombstone> tombstones = list->ToTombstones();
    all.insert(all.end(), std::make_move_iterator(tombstones.begin()),
               std::make_move_iterator(tombstones.end()));
  }
  return Build(std::move(all));
}

RangeTombstoneList::Fragment RangeTombstoneList::fragment(size_t index) const {
  const Stored& stored = fragments_[index];
  return {stored.begin, stored.end,
          std::span(sequences_).subspan(stored.first_sequence, stored.sequence_count)};
}

size_t RangeTombstoneList::FindFragment(std::string_view user_key) const {
  auto found = std::partition_point(
      fragments_.begin(), fragments_.end(),
      [&](const Stored& stored) { return !BelowRangeEnd(user_key, stored.end); });
  return found - fragments_.begin();
}

namespace {

SequenceNumber LargestUpTo(std::span<const SequenceNumber> descending, SequenceNumber snapshot) {
  auto found = std::lower_bound(descending.begin(), descending.end(), snapshot, std::greater<>());
  return found == descending.end() ? 0 : *found;
}

}  // namespace

SequenceNumber RangeTombstoneList::CoveringSequence(std::string_view user_key,
                                                    SequenceNumber snapshot) const {
  size_t index = FindFragment(user_key);
  if (index == fragments_.size() || CompareUserKeys(fragments_[index].begin, user_key) > 0) {
    return 0;
  }
  return LargestUpTo(fragment(index).sequences, snapshot);
}

std::vector<RangeTombstone> RangeTombstoneList::ToTombstones() const {
  std::vector<RangeTombstone> tombstones;
  tombstones.reserve(sequences_.size());
  for (size_t i = 0; i < fragments_.size(); ++i) {
    Fragment piece = fragment(i);
    for (SequenceNumber sequence : piece.sequences) {
      tombstones.push_back({std::string(piece.begin), std::string(piece.end), sequence});
    }
  }
  return tombstones;
}

SequenceNumber RangeTombstoneCursor::CoveringSequence(std::string_view user_key) {
  if (list_ == nullptr) return 0;
  if (positioned_ && CompareUserKeys(current_begin_, user_key) <= 0 &&
      BelowRangeEnd(user_key, current_end_)) {
    return current_answer_;
  }
  positioned_ = true;
  size_t index = list_->FindFragment(user_key);
  bool inside = false;
  if (index < list_->fragment_count()) {
    RangeTombstoneList::Fragment next = list_->fragment(index);
    inside = CompareUserKeys(next.begin, user_key) <= 0;
    if (inside) {
      current_begin_ = next.begin;
      current_end_ = next.end;
      current_answer_ = LargestUpTo(next.sequences, snapshot_);
    } else {
      current_end_ = next.begin;
    }
  } else {
    current_end_ = {};
  }
  if (!inside) {
    current_begin_ = index == 0 ? std::string_view() : list_->fragment(index - 1).end;
    current_answer_ = 0;
  }
  return current_answer_;
}

}  // namespace shale::engine
