// Owners of very many locks: holds that nobody else has asked for go from entries to compact ones
// (compact_holds.h), and back, one by one, when somebody does.
//
// A slot is a number for some holds of one owner that are released together. So the holds need no
// order: a mark lies between slots.
#include <xxhash.h>

#include <algorithm>
#include <new>
#include <utility>

#include "engine/base/check.h"
#include "engine/txn/lock_entry.h"
#include "engine/txn/lock_table.h"

namespace shale::engine {

using internal::CompactHolds;
using internal::ExpandedHold;

// The last ones stay as they are, so that listings find one of each owner's.
void LockOwner::Compact(std::span<const size_t> marks) {
  constexpr size_t kKept = 64;
  if (grants_.size() <= kKept) return;
  const size_t end = grants_.size() - kKept;
  size_t kept = 0;
  for (size_t begin = 0; begin < end;) {
    size_t next = end;
    auto mark = std::ranges::upper_bound(marks, size_t{grants_[begin].number});
    if (mark != marks.end()) {
      auto above =
          std::lower_bound(grants_.begin() + static_cast<ptrdiff_t>(begin),
                           grants_.begin() + static_cast<ptrdiff_t>(end), *mark,
                           [](const Grant& grant, size_t number) { return grant.number < number; });
      next = static_cast<size_t>(above - grants_.begin());
    }
    kept = CompactRange(begin, next, kept, marks);
    begin = next;
  }
  if (kept < end) {
    std::move(grants_.begin() + static_cast<ptrdiff_t>(end), grants_.end(),
              grants_.begin() + static_cast<ptrdiff_t>(kept));
  }
  grants_.resize(kept + kKept);
  table_.FitBuckets();
  compact_at_ = grants_.size() + kCompactEach;
}

// Grants [begin, end), without a mark between them; those that stay go to `kept` and behind. A few
// are not worth a slot of their own.
size_t LockOwner::CompactRange(size_t begin, size_t end, size_t kept,
                               std::span<const size_t> marks) {
  constexpr size_t kSegmentMin = 1024;
  auto next_mark = std::ranges::upper_bound(marks, size_t{grants_[begin].number});
  const size_t from = next_mark == marks.begin() ? 0 : *std::prev(next_mark);
  const size_t to = next_mark == marks.end() ? SIZE_MAX : *next_mark;
  Segment* segment = nullptr;
  if (!segments_.empty() && segments_.back().first >= from && segments_.back().first < to) {
    segment = &segments_.back();
  } else if (end - begin >= kSegmentMin &&
             (segments_.empty() || segments_.back().first < grants_[begin].number)) {
    try {
      segments_.push_back({.first = grants_[begin].number});
      segment = &segments_.back();
      segment->slot = table_.TakeSlot(*this);
    } catch (const std::bad_alloc&) {  // then they stay as they are
    }
  }
  for (size_t i = begin; i < end; ++i) {
    const bool compact = segment != nullptr && segment->slot != 0 &&
                         table_.TryCompact(*this, grants_[i], segment->slot);
    if (compact) {
      ++segment->count;
    } else {
      grants_[kept++] = grants_[i];
    }
  }
  if (segment != nullptr && segment->count == 0) {
    if (segment->slot != 0) table_.ReleaseSlot(*this, segment->slot);
    segments_.pop_back();
  }
  return kept;
}

std::vector<std::pair<LockMode, std::string>> LockOwner::Held() const {
  std::vector<std::pair<LockMode, std::string>> held;
  held.reserve(grants_.size());
  for (const Grant& grant : grants_) held.emplace_back(grant.mode, grant.entry->key());
  if (segments_.empty()) return held;
  for (size_t i = 0; i < LockTable::kShardCount; ++i) {
    std::lock_guard lock(table_.shards_[i].mutex);
    for (const ExpandedHold& hold : table_.shards_[i].expanded) {
      if (table_.slot_owners_[hold.slot] == this) held.emplace_back(hold.mode, hold.entry->key());
    }
  }
  return held;
}

std::vector<uint64_t> LockOwner::HeldCompactly() const {
  std::vector<uint64_t> stored;
  if (segments_.empty()) return stored;
  for (uint16_t i = 0; i < LockTable::kShardCount; ++i) {
    std::lock_guard lock(table_.shards_[i].mutex);
    for (const Segment& segment : segments_) {
      table_.shards_[i].compact.AppendStored(segment.slot, i, &stored);
    }
  }
  return stored;
}

Status LockOwner::TakeCompactly(std::span<const uint64_t> stored) {
  const Status damaged(sqlstate::kDataCorrupted, "compact locks that cannot be");
  if (segments_.empty()) {
    segments_.push_back({.first = taken_});
    ++taken_;
    segments_.back().slot = table_.TakeSlot(*this);
    if (segments_.back().slot == 0) {
      segments_.pop_back();
      return Status(sqlstate::kProgramLimitExceeded, "too many owners of very many locks");
    }
  }
  Segment& segment = segments_.back();
  for (uint64_t one : stored) {
    const uint16_t shard = CompactHolds::ShardOfStored(one);
    const LockMode mode = CompactHolds::ModeOf(one);
    if (shard >= LockTable::kShardCount || static_cast<int>(mode) >= kLockModeCount ||
        !IsRowMode(mode)) {
      return damaged;
    }
    std::lock_guard lock(table_.shards_[shard].mutex);
    if (!table_.shards_[shard].compact.AddStored(one, segment.slot)) return damaged;
    ++segment.count;
    ++group().grant_count_;
  }
  return Status::Ok();
}

uint16_t LockTable::TakeSlot(LockOwner& owner) {
  std::lock_guard lock(slot_mutex_);
  if (free_slots_.empty()) return 0;
  const uint16_t slot = free_slots_.back();
  free_slots_.pop_back();
  slot_owners_[slot] = &owner;
  return slot;
}

void LockTable::ReleaseSlot(LockOwner& owner, uint16_t slot) {
  for (size_t i = 0; i < kShardCount; ++i) {
    Shard& shard = shards_[i];
    {
      std::lock_guard lock(shard.mutex);
      shard.compact.RemoveSlot(slot);
    }
    while (true) {
      LockOwner::Grant grant{};
      {
        std::lock_guard lock(shard.mutex);
        auto found = std::ranges::find(shard.expanded, slot, &ExpandedHold::slot);
        if (found == shard.expanded.end()) break;
        grant.entry = found->entry;
        grant.mode = found->mode;
        *found = shard.expanded.back();
        shard.expanded.pop_back();
      }
      Release(owner, grant);
    }
  }
  std::lock_guard lock(slot_mutex_);
  slot_owners_[slot] = nullptr;
  free_slots_.push_back(slot);  // it has been in there before
}

bool LockTable::TryCompact(LockOwner& owner, const LockOwner::Grant& grant, uint16_t slot) try {
  if (!IsRowMode(grant.mode)) return false;
  Entry* entry = grant.entry;
  Shard& shard = shards_[entry->shard];
  const uint64_t hash = XXH3_64bits(entry->key().data(), entry->key().size());
  std::lock_guard lock(shard.mutex);
  if (entry->wait != nullptr || entry->sole_modes != MaskOf(grant.mode)) return false;
  DCHECK(entry->sole_owner == &owner);
  if (!shard.compact.Add(hash, {.slot = slot, .mode = grant.mode})) return false;
  shard.DropHold(entry, &owner, grant.mode);
  shard.Remove(entry);
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

void LockTable::FitBuckets() {
  for (size_t i = 0; i < kShardCount; ++i) {
    std::lock_guard lock(shards_[i].mutex);
    shards_[i].FitBuckets();
  }
}

// Whoever will not wait leaves it compact: one who skips locked rows would expand them all. An
// owner that has come to have very many makes no more entries: a bulk load would build and drop one
// for each row.
std::optional<LockTable::Attempt> LockTable::AnswerByCompact(Shard& shard, LockOwner& owner,
                                                             uint64_t hash, LockMode mode) const {
  const uint16_t slot = IsRowMode(mode) ? owner.open_slot() : 0;
  if (slot != 0 && shard.compact.Add(hash, {.slot = slot, .mode = mode})) {
    owner.AddCompactGrant();
    NoteReleasedEarly(owner, hash);
    return Attempt::kGranted;
  }
  const auto hold = shard.compact.Find(hash);
  if (!hold) return std::nullopt;
  const LockOwner* holder = slot_owners_[hold->slot];
  if (holder == &owner && Covers(MaskOf(hold->mode), mode)) return Attempt::kHeld;
  const bool conflict = (MaskOf(hold->mode) & ConflictsOf(mode)) != 0;
  if (conflict && &holder->group() != &owner.group()) return Attempt::kConflict;
  return std::nullopt;
}

LockTable::Entry* LockTable::Expand(Shard& shard, std::string_view key, uint64_t hash) {
  const auto hold = shard.compact.Find(hash);
  if (!hold) return nullptr;
  if (shard.expanded.size() == shard.expanded.capacity()) {
    shard.expanded.reserve(std::max<size_t>(8, shard.expanded.size() * 2));
  }
  Entry* entry = shard.Insert(key, hash, static_cast<uint8_t>(ShardIndex(hash)));
  shard.AddHold(entry, slot_owners_[hold->slot], hold->mode);  // alone, so it takes no memory
  shard.expanded.push_back({entry, hold->mode, hold->slot});
  shard.compact.Remove(hash);
  return entry;
}

}  // namespace shale::engine
