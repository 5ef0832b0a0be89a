// KeyClaims: which transactions have claimed which keys: one index of what serializable
// transactions have read, another of what they have written (conflict_tracker.h).
//
//   points   key -> the sets that hold it, ordered by key
//   ranges   by group: the first kClaimGroupBytes bytes that all keys of the range share, which
//            row keys of one table do; under the empty group those that span several
//
// A set that has grown beyond a limit is coarsened: what it holds of a group becomes one range from
// its first key to its last. A coarse claim covers more, never less.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kv_store.h"

namespace shale::engine {

struct ConflictNode;
class ClaimSet;

inline constexpr size_t kClaimGroupBytes = 5;

struct RangeClaim {
  KeyRange range;
  ClaimSet* set;
};
using PointClaims = std::map<std::string, std::vector<ClaimSet*>, std::less<>>;
using RangeClaims = std::map<std::string, std::list<RangeClaim>, std::less<>>;

// What one transaction has claimed in one index, in the order of claiming.
class ClaimSet {
 public:
  explicit ClaimSet(ConflictNode* owner) : owner_(owner) {}
  ClaimSet(const ClaimSet&) = delete;
  ClaimSet& operator=(const ClaimSet&) = delete;

  ConflictNode* owner() const { return owner_; }
  size_t size() const { return points_.size() + ranges_.size(); }
  size_t range_count() const { return ranges_.size(); }
  bool Covers(std::string_view key) const;  // by a range

  // For going back: a set that was coarsened since keeps all it has.
  struct Mark {
    size_t points = 0;
    size_t ranges = 0;
    uint32_t coarsenings = 0;
  };
  Mark mark() const { return {points_.size(), ranges_.size(), coarsenings_}; }

 private:
  friend class KeyClaims;
  struct RangeRef {
    RangeClaims::iterator group;
    std::list<RangeClaim>::iterator claim;
  };

  ConflictNode* owner_;
  std::vector<PointClaims::iterator> points_;
  std::vector<RangeRef> ranges_;
  uint32_t coarsenings_ = 0;
};

class KeyClaims {
 public:
  // False where the set has it already. A failed allocation (std::bad_alloc) changes nothing.
  bool AddKey(ClaimSet* set, std::string_view key);
  // Continues the last range of the set where it touches that.
  void AddRange(ClaimSet* set, const KeyRange& range);
  void RollbackTo(ClaimSet* set, const ClaimSet::Mark& mark);
  void Clear(ClaimSet* set) { RollbackTo(set, {.coarsenings = set->coarsenings_}); }
  // One range per group, or, where there are more than `ranges_max`, one of all.
  void Coarsen(ClaimSet* set, size_t ranges_max);
  // Claims in another index what the set has claimed since the mark; nothing where it was
  // coarsened.
  static void CopySince(const ClaimSet& from, const ClaimSet::Mark& mark, KeyClaims* index,
                        ClaimSet* into);
  // What the set holds, a key as the range of itself.
  static std::vector<KeyRange> RangesOf(const ClaimSet& set);
  // Moves all that `from` holds.
  void Merge(ClaimSet* from, ClaimSet* into);

  // Calls visit(ConflictNode*) for each claim that covers the key, or overlaps the range: an owner
  // may come more than once. The claims must stay as they are meanwhile.
  template <typename Visit>
  void ForEachOwner(std::string_view key, Visit&& visit) const;
  template <typename Visit>
  void ForEachOwner(const KeyRange& range, Visit&& visit) const;

  // Of all sets.
  size_t size() const { return size_; }

 private:
  template <typename Visit>
  static void VisitGroup(const std::list<RangeClaim>& group, const KeyRange& range, Visit& visit);
  void RemovePoint(ClaimSet* set, PointClaims::iterator point);
  void RemoveRange(const ClaimSet::RangeRef& range);

  PointClaims points_;
  RangeClaims ranges_;
  size_t size_ = 0;
};

inline bool RangeContains(const KeyRange& range, std::string_view key) {
  return key >= range.begin && (range.end.empty() || key < range.end);
}
inline bool RangesOverlap(const KeyRange& a, const KeyRange& b) {
  return (a.end.empty() || b.begin < a.end) && (b.end.empty() || a.begin < b.end);
}
// The group of a range; empty: it spans several.
std::string_view ClaimGroupOf(const KeyRange& range);

template <typename Visit>
void KeyClaims::ForEachOwner(std::string_view key, Visit&& visit) const {
  if (auto point = points_.find(key); point != points_.end()) {
    for (const ClaimSet* set : point->second) visit(set->owner());
  }
  for (std::string_view name : {key.substr(0, kClaimGroupBytes), std::string_view()}) {
    auto group = ranges_.find(name);
    if (group == ranges_.end()) continue;
    for (const RangeClaim& claim : group->second) {
      if (RangeContains(claim.range, key)) visit(claim.set->owner());
    }
  }
}

template <typename Visit>
void KeyClaims::ForEachOwner(const KeyRange& range, Visit&& visit) const {
  for (auto point = points_.lower_bound(range.begin);
       point != points_.end() && RangeContains(range, point->first); ++point) {
    for (const ClaimSet* set : point->second) visit(set->owner());
  }
  std::string_view name = ClaimGroupOf(range);
  if (name.empty()) {
    for (const auto& [unused, group] : ranges_) VisitGroup(group, range, visit);
    return;
  }
  for (std::string_view either : {name, std::string_view()}) {
    auto group = ranges_.find(either);
    if (group != ranges_.end()) VisitGroup(group->second, range, visit);
  }
}

template <typename Visit>
void KeyClaims::VisitGroup(const std::list<RangeClaim>& group, const KeyRange& range,
                           Visit& visit) {
  for (const RangeClaim& claim : group) {
    if (RangesOverlap(claim.range, range)) visit(claim.set->owner());
  }
}

}  // namespace shale::engine
