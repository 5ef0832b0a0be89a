#include "engine/lsm/version_cleaner.h"

#include <utility>

namespace shale::engine {
namespace {

constexpr SequenceNumber kNothingNewer = kSequenceMax + 1;

}  // namespace

VersionCleaner::VersionCleaner(BatchMerger* input,
                               std::shared_ptr<const RangeTombstoneList> tombstones,
                               const LiveSnapshots* snapshots, OlderDataBelow older_below,
                               bool to_last_level)
    : input_(input),
      tombstones_(std::move(tombstones)),
      snapshots_(snapshots),
      older_below_(std::move(older_below)),
      to_last_level_(to_last_level) {}

void VersionCleaner::Start() {
  has_key_ = false;
  fragment_ = 0;
  input_->Start();
  FindKept();
}

void VersionCleaner::Next() {
  input_->Next();
  FindKept();
}

void VersionCleaner::FindKept() {
  for (; input_->Valid(); input_->Next()) {
    ++entries_read_;
    if (Keep(input_->key())) {
      valid_ = true;
      ++kept_of_key_;
      key_ = input_->key();
      if (to_last_level_ && snapshots_->AllSee(KeySequence(key_))) {
        aged_key_.assign(user_key_);
        PutFixed64(&aged_key_, PackTrailer(0, KeyType(key_)));
        key_ = aged_key_;
      }
      return;
    }
    ++entries_dropped_;
  }
  valid_ = false;
}

bool VersionCleaner::Keep(std::string_view internal_key) {
  std::string_view user_key = UserKey(internal_key);
  if (!has_key_ || user_key != user_key_) {
    has_key_ = true;
    user_key_.assign(user_key);
    next_newer_ = kNothingNewer;
    kept_of_key_ = 0;
  }
  SequenceNumber version = KeySequence(internal_key);
  SequenceNumber hidden_at = std::min(next_newer_, LowestTombstoneAbove(version));
  next_newer_ = version;
  if (hidden_at != kNothingNewer && !snapshots_->Sees(version, hidden_at)) return false;
  if (KeyType(internal_key) != ValueType::kDeletion || !snapshots_->AllSee(version)) return true;
  return older_below_({user_key_, user_key_, UserKeyRange::End::kInclusive});
}

SequenceNumber VersionCleaner::LowestTombstoneAbove(SequenceNumber version) {
  if (tombstones_ == nullptr) return kNothingNewer;
  while (fragment_ < tombstones_->fragment_count() &&
         !BelowRangeEnd(user_key_, tombstones_->fragment(fragment_).end)) {
    ++fragment_;
  }
  if (fragment_ == tombstones_->fragment_count()) return kNothingNewer;
  RangeTombstoneList::Fragment fragment = tombstones_->fragment(fragment_);
  if (CompareUserKeys(user_key_, fragment.begin) < 0) return kNothingNewer;
  SequenceNumber lowest = kNothingNewer;
  for (SequenceNumber sequence : fragment.sequences) {
    if (sequence <= version) break;
    lowest = sequence;
  }
  return lowest;
}

std::vector<RangeTombstone> CleanTombstones(const RangeTombstoneList& tombstones,
                                            const LiveSnapshots& snapshots,
                                            const OlderDataBelow& older_below) {
  std::vector<RangeTombstone> kept;
  for (size_t i = 0; i < tombstones.fragment_count(); ++i) {
    RangeTombstoneList::Fragment fragment = tombstones.fragment(i);
    UserKeyRange range = UserKeyRange::Of({std::string(fragment.begin), std::string(fragment.end)});
    bool older = older_below(range);
    SequenceNumber next_newer = kNothingNewer;
    for (SequenceNumber sequence : fragment.sequences) {
      bool seen = next_newer == kNothingNewer || snapshots.Sees(sequence, next_newer);
      next_newer = sequence;
      if (!seen || (!older && snapshots.AllSee(sequence))) continue;
      kept.push_back({range.smallest, range.largest, sequence});
    }
  }
  return kept;
}

}  // namespace shale::engine
