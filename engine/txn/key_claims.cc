#include "engine/txn/key_claims.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace shale::engine {
namespace {

// The end of the range that holds this key and all before it.
std::string JustAfter(std::string_view key) {
  std::string end(key);
  end.push_back('\0');
  return end;
}

bool EndsLater(const KeyRange& a, const KeyRange& b) {
  return a.end.empty() || (!b.end.empty() && a.end > b.end);
}

// Makes `hull` cover the range too.
void Extend(KeyRange* hull, const KeyRange& range) {
  if (range.begin < hull->begin) hull->begin = range.begin;
  if (EndsLater(range, *hull)) hull->end = range.end;
}

// Whether `end` is the first key after all that start with the prefix.
bool IsPrefixEnd(std::string_view prefix, std::string_view end) {
  size_t last = prefix.find_last_not_of('\xff');
  return last != std::string_view::npos && end.size() == last + 1 &&
         end.substr(0, last) == prefix.substr(0, last) &&
         static_cast<uint8_t>(end[last]) == static_cast<uint8_t>(prefix[last]) + 1;
}

}  // namespace

std::string_view ClaimGroupOf(const KeyRange& range) {
  if (range.begin.size() < kClaimGroupBytes || range.end.empty()) return {};
  std::string_view group = std::string_view(range.begin).substr(0, kClaimGroupBytes);
  return range.end.starts_with(group) || IsPrefixEnd(group, range.end) ? group : std::string_view();
}

bool ClaimSet::Covers(std::string_view key) const {
  return std::any_of(ranges_.rbegin(), ranges_.rend(),
                     [&](const RangeRef& range) { return RangeContains(range.claim->range, key); });
}

bool KeyClaims::AddKey(ClaimSet* set, std::string_view key) {
  if (set->Covers(key)) return false;
  auto point = points_.lower_bound(key);
  if (point == points_.end() || point->first != key) {
    point = points_.emplace_hint(point, std::string(key), std::vector<ClaimSet*>());
  } else if (std::find(point->second.rbegin(), point->second.rend(), set) != point->second.rend()) {
    return false;
  }
  try {
    point->second.push_back(set);
    set->points_.push_back(point);
  } catch (...) {
    std::erase(point->second, set);
    if (point->second.empty()) points_.erase(point);
    throw;
  }
  ++size_;
  return true;
}

void KeyClaims::AddRange(ClaimSet* set, const KeyRange& range) {
  if (!range.end.empty() && range.begin >= range.end) return;
  if (!set->ranges_.empty()) {
    const ClaimSet::RangeRef& last = set->ranges_.back();
    KeyRange& claimed = last.claim->range;
    KeyRange hull = claimed;
    bool touches =
        RangesOverlap(claimed, range) || claimed.end == range.begin || range.end == claimed.begin;
    Extend(&hull, range);
    std::string_view group = last.group->first;
    if (touches && (group.empty() || ClaimGroupOf(hull) == group)) {
      claimed = std::move(hull);
      return;
    }
  }
  auto group = ranges_.try_emplace(std::string(ClaimGroupOf(range))).first;
  group->second.push_front({range, set});
  try {
    set->ranges_.push_back({group, group->second.begin()});
  } catch (...) {
    group->second.pop_front();
    throw;
  }
  ++size_;
}

void KeyClaims::RemovePoint(ClaimSet* set, PointClaims::iterator point) {
  std::vector<ClaimSet*>& sets = point->second;
  auto found = std::find(sets.begin(), sets.end(), set);
  DCHECK(found != sets.end());
  *found = sets.back();
  sets.pop_back();
  if (sets.empty()) points_.erase(point);
  --size_;
}

void KeyClaims::RemoveRange(const ClaimSet::RangeRef& range) {
  range.group->second.erase(range.claim);
  if (range.group->second.empty()) ranges_.erase(range.group);
  --size_;
}

void KeyClaims::RollbackTo(ClaimSet* set, const ClaimSet::Mark& mark) {
  if (mark.coarsenings != set->coarsenings_) return;
  while (set->points_.size() > mark.points) {
    RemovePoint(set, set->points_.back());
    set->points_.pop_back();
  }
  while (set->ranges_.size() > mark.ranges) {
    RemoveRange(set->ranges_.back());
    set->ranges_.pop_back();
  }
}

void KeyClaims::Coarsen(ClaimSet* set, size_t ranges_max) {
  std::map<std::string, KeyRange, std::less<>> hulls;
  auto add = [&hulls](std::string_view group, KeyRange range) {
    auto [hull, is_new] = hulls.try_emplace(std::string(group), range);
    if (!is_new) Extend(&hull->second, range);
  };
  for (const auto& point : set->points_) {
    std::string_view key = point->first;
    std::string_view group = key.substr(0, kClaimGroupBytes);
    if (group.size() < kClaimGroupBytes) group = {};
    add(group, {std::string(key), JustAfter(key)});
  }
  for (const auto& range : set->ranges_) add(range.group->first, range.claim->range);
  if (hulls.size() > ranges_max) {
    KeyRange all = hulls.begin()->second;
    for (const auto& [group, hull] : hulls) Extend(&all, hull);
    hulls = {{std::string(ClaimGroupOf(all)), std::move(all)}};
  }
  // The new claims stand before the old ones go.
  ClaimSet coarse(set->owner_);
  try {
    for (const auto& [group, hull] : hulls) AddRange(&coarse, hull);
  } catch (...) {
    Clear(&coarse);
    throw;
  }
  Clear(set);
  set->ranges_ = std::move(coarse.ranges_);
  for (const auto& range : set->ranges_) range.claim->set = set;
  ++set->coarsenings_;
}

void KeyClaims::CopySince(const ClaimSet& from, const ClaimSet::Mark& mark, KeyClaims* index,
                          ClaimSet* into) {
  if (from.coarsenings_ != mark.coarsenings) return;
  for (size_t i = mark.points; i < from.points_.size(); ++i) {
    index->AddKey(into, from.points_[i]->first);
  }
  for (size_t i = mark.ranges; i < from.ranges_.size(); ++i) {
    index->AddRange(into, from.ranges_[i].claim->range);
  }
}

std::vector<KeyRange> KeyClaims::RangesOf(const ClaimSet& set) {
  std::vector<KeyRange> ranges;
  for (const auto& point : set.points_) ranges.push_back({point->first, point->first + '\0'});
  for (const ClaimSet::RangeRef& range : set.ranges_) ranges.push_back(range.claim->range);
  return ranges;
}

void KeyClaims::Merge(ClaimSet* from, ClaimSet* into) {
  into->points_.reserve(into->points_.size() + from->points_.size());
  into->ranges_.reserve(into->ranges_.size() + from->ranges_.size());
  for (const auto& point : from->points_) {
    std::vector<ClaimSet*>& sets = point->second;
    bool has_both = std::find(sets.begin(), sets.end(), into) != sets.end();
    if (has_both) {
      RemovePoint(from, point);
    } else {
      *std::find(sets.begin(), sets.end(), from) = into;
      into->points_.push_back(point);
    }
  }
  for (const auto& range : from->ranges_) {
    range.claim->set = into;
    into->ranges_.push_back(range);
  }
  from->points_.clear();
  from->ranges_.clear();
}

}  // namespace shale::engine
