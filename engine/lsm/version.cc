#include "engine/lsm/version.h"

#include <algorithm>
#include <unordered_set>

namespace shale::engine {
namespace {

// False: the lookup is decided, for better or worse.
bool GoOn(std::string_view user_key, SequenceNumber snapshot, ReadTier tier, TableFile* file,
          PointLookup* lookup) {
  if (tier == ReadTier::kCacheOnly) {
    TableReader* reader = file->reader();
    if (reader == nullptr) {
      lookup->outcome = LookupOutcome::kWouldBlock;
      return false;
    }
    reader->Get(user_key, snapshot, tier, lookup);
  } else {
    Result<std::shared_ptr<TableReader>> opened = file->Open();
    if (!opened.ok()) {
      lookup->outcome = LookupOutcome::kFailed;
      lookup->status = opened.status();
      return false;
    }
    (*opened)->Get(user_key, snapshot, tier, lookup);
  }
  return lookup->outcome == LookupOutcome::kAbsent;
}

bool NewerFirst(const std::shared_ptr<TableFile>& a, const std::shared_ptr<TableFile>& b) {
  const TableMetadata& x = a->metadata();
  const TableMetadata& y = b->metadata();
  if (x.sequence_max != y.sequence_max) return x.sequence_max > y.sequence_max;
  return x.number > y.number;
}

bool KeyOrder(const std::shared_ptr<TableFile>& a, const std::shared_ptr<TableFile>& b) {
  return CompareUserKeys(a->metadata().range.smallest, b->metadata().range.smallest) < 0;
}

}  // namespace

size_t FindFile(const TableFiles& files, std::string_view user_key) {
  auto found = std::partition_point(files.begin(), files.end(), [&](const auto& file) {
    return file->metadata().range.Before(user_key);
  });
  return found - files.begin();
}

void Version::Get(std::string_view user_key, SequenceNumber snapshot, ReadTier tier,
                  PointLookup* lookup) const {
  lookup->outcome = LookupOutcome::kAbsent;
  for (const auto& file : levels[0]) {
    if (!file->metadata().range.Contains(user_key)) continue;
    if (!GoOn(user_key, snapshot, tier, file.get(), lookup)) return;
  }
  for (int level = 1; level < kLevels; ++level) {
    const TableFiles& files = levels[level];
    if (files.empty()) continue;
    size_t index = FindFile(files, user_key);
    if (index == files.size()) continue;
    // It ends at or after the key.
    if (CompareUserKeys(files[index]->metadata().range.smallest, user_key) > 0) continue;
    if (!GoOn(user_key, snapshot, tier, files[index].get(), lookup)) return;
  }
}

TableFiles Version::Overlapping(int level, const UserKeyRange& range) const {
  TableFiles found;
  const TableFiles& files = levels[level];
  for (size_t i = level == 0 ? 0 : FindFile(files, range.smallest); i < files.size(); ++i) {
    if (files[i]->metadata().range.Overlaps(range)) {
      found.push_back(files[i]);
    } else if (level > 0) {
      break;
    }
  }
  return found;
}

bool Version::OverlapsBelow(int level, const UserKeyRange& range) const {
  for (int deeper = level + 1; deeper < kLevels; ++deeper) {
    const TableFiles& files = levels[deeper];
    size_t index = FindFile(files, range.smallest);
    if (index < files.size() && files[index]->metadata().range.Overlaps(range)) return true;
  }
  return false;
}

uint64_t Version::LevelBytes(int level) const {
  uint64_t bytes = 0;
  for (const auto& file : levels[level]) bytes += file->metadata().bytes;
  return bytes;
}

int Version::DeepestLevel() const {
  for (int level = kLevels - 1; level > 0; --level) {
    if (!levels[level].empty()) return level;
  }
  return 0;
}

uint64_t Version::ApproximateBytes(const UserKeyRange& range) const {
  uint64_t bytes = 0;
  std::string first = MakeInternalKey(range.smallest, kTrailerMax);
  std::string last = MakeInternalKey(range.largest, kTrailerMax);
  for (const TableFiles& files : levels) {
    for (const auto& file : files) {
      if (!file->metadata().range.Overlaps(range)) continue;
      std::shared_ptr<TableReader> reader = file->kept_reader();
      if (reader == nullptr) {
        bytes += file->metadata().bytes;
        continue;
      }
      uint64_t from = reader->ApproximateOffset(first);
      uint64_t to = range.end == UserKeyRange::End::kUnbounded ? file->metadata().bytes
                                                               : reader->ApproximateOffset(last);
      bytes += to > from ? to - from : 0;
    }
  }
  return bytes;
}

VersionEdit Version::ToEdit() const {
  VersionEdit edit;
  for (int level = 0; level < kLevels; ++level) {
    for (const auto& file : levels[level]) edit.added.emplace_back(level, file->metadata());
  }
  return edit;
}

Result<std::shared_ptr<const Version>> Version::Apply(const VersionEdit& edit,
                                                      const TableContext* context) const {
  auto next = std::make_shared<Version>(*this);
  // A table that only changes its level keeps its object, and with it its reader.
  TableFiles moved;
  for (const auto& [level, number] : edit.removed) {
    TableFiles& files = next->levels[level];
    auto found = std::find_if(files.begin(), files.end(),
                              [&](const auto& file) { return file->number() == number; });
    if (found == files.end()) {
      return Error(sqlstate::kDataCorrupted, "table {} is removed from level {} but is not there",
                   number, level);
    }
    moved.push_back(*found);
    files.erase(found);
  }
  for (const auto& [level, metadata] : edit.added) {
    auto found = std::find_if(moved.begin(), moved.end(),
                              [&](const auto& file) { return file->number() == metadata.number; });
    next->levels[level].push_back(
        found != moved.end() ? *found : std::make_shared<TableFile>(metadata, context));
  }
  std::sort(next->levels[0].begin(), next->levels[0].end(), NewerFirst);
  for (int level = 1; level < kLevels; ++level) {
    std::sort(next->levels[level].begin(), next->levels[level].end(), KeyOrder);
  }
  RETURN_IF_ERROR(next->CheckInvariants());
  return std::shared_ptr<const Version>(std::move(next));
}

Status Version::CheckInvariants() const {
  std::unordered_set<uint64_t> numbers;
  for (int level = 0; level < kLevels; ++level) {
    const TableFiles& files = levels[level];
    for (size_t i = 0; i < files.size(); ++i) {
      const TableMetadata& table = files[i]->metadata();
      if (!numbers.insert(table.number).second) {
        return Error(sqlstate::kDataCorrupted, "table {} is in the store twice", table.number);
      }
      if (i == 0) continue;
      const TableMetadata& previous = files[i - 1]->metadata();
      if (level > 0 && !previous.range.Before(table.range.smallest)) {
        return Error(sqlstate::kDataCorrupted, "tables {} and {} of level {} overlap",
                     previous.number, table.number, level);
      }
      // Tables of one flush share sequence numbers, but no keys.
      if (level == 0 && previous.sequence_min < table.sequence_max &&
          previous.range.Overlaps(table.range)) {
        return Error(sqlstate::kDataCorrupted,
                     "tables {} and {} of level 0 overlap in keys and sequence numbers",
                     previous.number, table.number);
      }
    }
  }
  return Status::Ok();
}

}  // namespace shale::engine
