// VersionCleaner: what a flush or compaction keeps of its input. Walks entries in the order of
// internal keys and leaves out every version that no snapshot, present or to come, can see, and
// every tombstone that hides nothing any more. Blocks where its input does. One thread.
//
// The rule, for a version committed at s of a key whose next newer version, or the oldest range
// tombstone above s that covers it, was committed at n: it is kept if some snapshot lies in [s, n).
// A deletion that every snapshot sees goes too where nothing older of the key exists outside the
// input.
//
// In the last level a version that every snapshot sees is kept as of sequence number 0: which one
// it had, nobody can ask any more, and zeros take no room once compressed. It is the key's only
// such version, and what hid older data from it is dropped together with them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/format/range_tombstone.h"
#include "engine/lsm/batch_merger.h"
#include "engine/lsm/snapshot_list.h"
#include "engine/lsm/table_metadata.h"

namespace shale::engine {

// Whether older data of the range may exist below the input's level, outside the input.
using OlderDataBelow = std::function<bool(const UserKeyRange& range)>;

class VersionCleaner {
 public:
  // input and snapshots outlive it; tombstones may be null. Asks older_below with ascending ranges.
  VersionCleaner(BatchMerger* input, std::shared_ptr<const RangeTombstoneList> tombstones,
                 const LiveSnapshots* snapshots, OlderDataBelow older_below,
                 bool to_last_level = false);

  void Start();
  void Next();
  bool Valid() const { return valid_; }
  std::string_view key() const { return key_; }
  std::string_view value() const { return input_->value(); }
  // No newer version of the key was kept.
  bool is_first_of_key() const { return kept_of_key_ == 1; }
  const Status& status() const { return input_->status(); }

  uint64_t entries_read() const { return entries_read_; }
  uint64_t entries_dropped() const { return entries_dropped_; }

 private:
  // From the input's position on, to the first entry that is kept.
  void FindKept();
  bool Keep(std::string_view internal_key);
  // The lowest tombstone above the version that covers the current key; kSequenceMax + 1: none.
  SequenceNumber LowestTombstoneAbove(SequenceNumber version);

  BatchMerger* const input_;
  const std::shared_ptr<const RangeTombstoneList> tombstones_;
  const LiveSnapshots* const snapshots_;
  const OlderDataBelow older_below_;
  const bool to_last_level_;
  bool valid_ = false;
  bool has_key_ = false;
  std::string_view key_;           // kept
  std::string aged_key_;           // where it differs from the input's
  std::string user_key_;           // of the versions being looked at
  SequenceNumber next_newer_ = 0;  // of the key
  uint64_t kept_of_key_ = 0;
  size_t fragment_ = 0;  // first tombstone fragment that ends above user_key_
  uint64_t entries_read_ = 0;
  uint64_t entries_dropped_ = 0;
};

// The tombstones that a flush or compaction keeps, by the same rule.
std::vector<RangeTombstone> CleanTombstones(const RangeTombstoneList& tombstones,
                                            const LiveSnapshots& snapshots,
                                            const OlderDataBelow& older_below);

}  // namespace shale::engine
