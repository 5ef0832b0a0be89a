// Range tombstones: DELETE of a whole key range as one record, kept apart from point entries.
//
// A tombstone (begin, end, sequence) hides every version in [begin, end) whose sequence number is
// strictly below its own: a batch that deletes a range and then writes into it, all under one
// sequence number, keeps what it wrote. (A batch that wrote first and deleted then drops those
// writes before it commits.)
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/format/internal_key.h"

namespace shale::engine {

struct RangeTombstone {
  std::string begin;
  std::string end;  // exclusive; empty: no upper bound
  SequenceNumber sequence = 0;

  bool operator==(const RangeTombstone&) const = default;
};

// True where user_key < end, or end is unbounded.
inline bool BelowRangeEnd(std::string_view user_key, std::string_view end) {
  return end.empty() || CompareUserKeys(user_key, end) < 0;
}

// Tombstones cut at each other's bounds into fragments that do not overlap, in key order, each with
// the sequence numbers of the tombstones that cover it. Immutable, so freely shared between
// threads.
class RangeTombstoneList {
 public:
  struct Fragment {
    std::string_view begin;
    std::string_view end;  // empty: no upper bound; only the last fragment may have that
    std::span<const SequenceNumber> sequences;  // descending, distinct, at least one
  };

  // Tombstones in any order; empty ranges are ignored. Null when nothing is left.
  static std::shared_ptr<const RangeTombstoneList> Build(std::vector<RangeTombstone> tombstones);
  // All of the lists' tombstones in one; null ones are skipped. Null when nothing is left.
  static std::shared_ptr<const RangeTombstoneList> Merge(
      std::span<const std::shared_ptr<const RangeTombstoneList>> lists);

  RangeTombstoneList(const RangeTombstoneList&) = delete;
  RangeTombstoneList& operator=(const RangeTombstoneList&) = delete;

  // The largest sequence number, at most snapshot, of a tombstone that covers the key; 0: none. A
  // version with a smaller sequence number is deleted for that snapshot.
  SequenceNumber CoveringSequence(std::string_view user_key, SequenceNumber snapshot) const;

  size_t fragment_count() const { return fragments_.size(); }
  Fragment fragment(size_t index) const;
  // The first fragment whose end lies above the key; fragment_count() when none.
  size_t FindFragment(std::string_view user_key) const;

  // One tombstone per fragment and sequence number, in key order, then newest first.
  std::vector<RangeTombstone> ToTombstones() const;
  SequenceNumber sequence_min() const { return sequence_min_; }
  SequenceNumber sequence_max() const { return sequence_max_; }
  size_t memory_bytes() const { return memory_bytes_; }

 private:
  struct Stored {
    std::string begin;
    std::string end;
    uint32_t first_sequence;  // index into sequences_
    uint32_t sequence_count;
  };

  RangeTombstoneList() = default;

  std::vector<Stored> fragments_;
  std::vector<SequenceNumber> sequences_;
  SequenceNumber sequence_min_ = 0;
  SequenceNumber sequence_max_ = 0;
  size_t memory_bytes_ = 0;
};

// CoveringSequence for keys asked in an order (either direction), at amortized constant cost. The
// list must outlive it, or be null (nothing is covered).
class RangeTombstoneCursor {
 public:
  RangeTombstoneCursor() = default;
  RangeTombstoneCursor(const RangeTombstoneList* list, SequenceNumber snapshot)
      : list_(list), snapshot_(snapshot) {}

  SequenceNumber CoveringSequence(std::string_view user_key);
  // The user key up to which (exclusively) the last answer holds going forward; empty: for ever.
  std::string_view answer_end() const { return current_end_; }

 private:
  const RangeTombstoneList* list_ = nullptr;
  SequenceNumber snapshot_ = 0;
  bool positioned_ = false;
  std::string_view current_begin_;  // of the fragment or gap of the last answer
  std::string_view current_end_;
  SequenceNumber current_answer_ = 0;
};

}  // namespace shale::engine
