#include "engine/lsm/version.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace shale::engine {
namespace {

// Of tables' indexes, for each key asked for.
constexpr size_t kPartitionsPerSplitKey = 2;

// A run comes behind the rest of its batch, which the memtable before it ends with.
bool NewerFirst(const std::shared_ptr<TableFile>& a, const std::shared_ptr<TableFile>& b) {
  const TableMetadata& x = a->metadata();
  const TableMetadata& y = b->metadata();
  if (x.sequence_max != y.sequence_max) return x.sequence_max > y.sequence_max;
  if (x.is_run != y.is_run) return x.is_run;
  return x.number > y.number;
}

bool KeyOrder(const std::shared_ptr<TableFile>& a, const std::shared_ptr<TableFile>& b) {
  return CompareUserKeys(a->metadata().range.smallest, b->metadata().range.smallest) < 0;
}

// Null where there is none of that number.
std::shared_ptr<TableFile> FindNumber(const TableFiles& files, uint64_t number) {
  auto found = std::ranges::find(files, number, [](const auto& file) { return file->number(); });
  return found == files.end() ? nullptr : *found;
}

}  // namespace

size_t FindFile(TableSpan files, std::string_view user_key) {
  auto found = std::partition_point(files.begin(), files.end(), [&](const auto& file) {
    return file->metadata().range.Before(user_key);
  });
  return found - files.begin();
}

const LiveValueFile* Version::FindValueFile(uint64_t number) const {
  auto found =
      std::partition_point(value_files.begin(), value_files.end(),
                           [&](const LiveValueFile& live) { return live.file->number() < number; });
  return found != value_files.end() && found->file->number() == number ? &*found : nullptr;
}

Result<ValueFile*> Version::FindValueFile(std::string_view encoded,
                                          ValueReference* reference) const {
  if (!DecodeValueReference(encoded, reference)) {
    return Error(sqlstate::kDataCorrupted, "a table holds a malformed reference to a value");
  }
  const LiveValueFile* live = FindValueFile(reference->file_number);
  if (live != nullptr) return live->file.get();
  return Error(sqlstate::kDataCorrupted, "a table refers to value file \"{}\", which is not there",
               ValueFileName(reference->file_number));
}

double Version::StaleValueBytes(const TableMetadata& table) const {
  if (!has_stale_values) return 0;
  double bytes = 0;
  for (const ValueUse& use : table.values) {
    const LiveValueFile* live = FindValueFile(use.file_number);
    if (live == nullptr || !live->stale()) continue;
    double share = static_cast<double>(use.bytes) / static_cast<double>(live->referenced_bytes);
    bytes += share * static_cast<double>(live->garbage_bytes());
  }
  return bytes;
}

TableSpan OverlappingOf(const TableFiles& files, const UserKeyRange& range) {
  auto begin = files.begin() + static_cast<ptrdiff_t>(FindFile(files, range.smallest));
  if (range.end == UserKeyRange::End::kUnbounded) return {begin, files.end()};
  auto end = std::partition_point(
      begin, files.end(), [&](const auto& file) { return file->metadata().range.Overlaps(range); });
  return {begin, end};
}

TableFiles Version::Overlapping(int level, const UserKeyRange& range) const {
  if (level > 0) {
    TableSpan found = OverlappingOf(levels[level], range);
    return {found.begin(), found.end()};
  }
  TableFiles found;
  for (const auto& file : levels[0]) {
    if (file->metadata().range.Overlaps(range)) found.push_back(file);
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
      // Values count as if they lay evenly behind the table's keys.
      uint64_t value_bytes = file->metadata().value_bytes();
      double table_bytes = static_cast<double>(std::max<uint64_t>(1, file->metadata().bytes));
      std::shared_ptr<TableReader> reader = file->kept_reader();
      if (reader == nullptr) {
        bytes += file->metadata().bytes + value_bytes;
        continue;
      }
      uint64_t from = reader->ApproximateOffset(first);
      uint64_t to = range.end == UserKeyRange::End::kUnbounded ? file->metadata().bytes
                                                               : reader->ApproximateOffset(last);
      uint64_t part = to > from ? to - from : 0;
      bytes += part;
      if (value_bytes > 0) {
        bytes += static_cast<uint64_t>(static_cast<double>(value_bytes) *
                                       std::min(1.0, static_cast<double>(part) / table_bytes));
      }
    }
  }
  return bytes;
}

// Where there are many times as many parts of the tables' indexes, those will do: of a large range
// the keys of all blocks would take seconds, and much memory.
Result<std::vector<std::string>> Version::SplitKeys(const UserKeyRange& range, size_t count) const {
  std::vector<std::string> keys;
  const std::string first = MakeInternalKey(range.smallest, kTrailerMax);
  const std::string last = range.end == UserKeyRange::End::kUnbounded
                               ? std::string()
                               : MakeInternalKey(range.largest, kTrailerMax);
  std::vector<std::shared_ptr<TableReader>> readers;
  for (const TableFiles& files : levels) {
    for (const auto& file : files) {
      if (!file->metadata().range.Overlaps(range)) continue;
      ASSIGN_OR_RETURN(std::shared_ptr<TableReader> reader, file->Open());
      reader->AppendPartitionKeys(first, last, &keys);
      readers.push_back(std::move(reader));
    }
  }
  if (keys.size() / kPartitionsPerSplitKey < count) {
    keys.clear();
    for (const auto& reader : readers) {
      RETURN_IF_ERROR(reader->AppendBlockKeys(first, last, &keys));
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  if (keys.size() <= count) return keys;
  std::vector<std::string> parts;
  parts.reserve(count);
  for (size_t i = 0; i < count; ++i) parts.push_back(std::move(keys[i * keys.size() / count]));
  return parts;
}

VersionEdit Version::ToEdit() const {
  VersionEdit edit;
  for (const LiveValueFile& live : value_files) {
    edit.added_value_files.push_back(live.file->metadata());
  }
  for (int level = 0; level < kLevels; ++level) {
    for (const auto& file : levels[level]) edit.added.emplace_back(level, file->metadata());
  }
  return edit;
}

Result<std::shared_ptr<const Version>> Version::Apply(const VersionEdit& edit,
                                                      const TableContext* context,
                                                      const TableFiles& known) const {
  auto next = std::make_shared<Version>(*this);
  // A table that only changes its level keeps its object, and with it its reader.
  TableFiles removed;
  for (const auto& [level, number] : edit.removed) {
    TableFiles& files = next->levels[level];
    auto found = std::find_if(files.begin(), files.end(),
                              [&](const auto& file) { return file->number() == number; });
    if (found == files.end()) {
      return Error(sqlstate::kDataCorrupted, "table {} is removed from level {} but is not there",
                   number, level);
    }
    removed.push_back(*found);
    files.erase(found);
  }
  for (const auto& [level, metadata] : edit.added) {
    std::shared_ptr<TableFile> there = FindNumber(removed, metadata.number);
    if (there == nullptr) there = FindNumber(known, metadata.number);
    if (there == nullptr) there = std::make_shared<TableFile>(metadata, context);
    next->levels[level].push_back(std::move(there));
  }
  std::sort(next->levels[0].begin(), next->levels[0].end(), NewerFirst);
  for (int level = 1; level < kLevels; ++level) {
    std::sort(next->levels[level].begin(), next->levels[level].end(), KeyOrder);
  }
  next->has_range_tombstones = std::ranges::any_of(next->levels, [](const TableFiles& files) {
    return std::ranges::any_of(
        files, [](const auto& file) { return file->metadata().range_tombstones > 0; });
  });
  RETURN_IF_ERROR(next->CollectValueFiles(*this, edit, removed, context));
  RETURN_IF_ERROR(next->CheckInvariants());
  return std::shared_ptr<const Version>(std::move(next));
}

Status Version::CollectValueFiles(const Version& previous, const VersionEdit& edit,
                                  const TableFiles& removed, const TableContext* context) {
  value_files.clear();
  has_stale_values = false;
  std::map<uint64_t, uint64_t> referenced;
  for (const LiveValueFile& live : previous.value_files) {
    referenced[live.file->number()] = live.referenced_bytes;
  }
  for (const auto& file : removed) {
    for (const ValueUse& use : file->metadata().values) referenced[use.file_number] -= use.bytes;
  }
  for (const auto& [level, table] : edit.added) {
    for (const ValueUse& use : table.values) referenced[use.file_number] += use.bytes;
  }
  std::erase_if(referenced, [](const auto& entry) { return entry.second == 0; });
  for (const ValueFileMetadata& file : edit.added_value_files) {
    if (referenced.contains(file.number)) continue;
    return Error(sqlstate::kDataCorrupted, "value file {} is added, but no table refers to it",
                 file.number);
  }
  for (const auto& [number, bytes] : referenced) {
    std::shared_ptr<ValueFile> file;
    if (const LiveValueFile* live = previous.FindValueFile(number)) {
      file = live->file;
    } else {
      auto added = std::ranges::find(edit.added_value_files, number, &ValueFileMetadata::number);
      if (added != edit.added_value_files.end())
        file = std::make_shared<ValueFile>(*added, context);
    }
    if (file == nullptr) {
      return Error(sqlstate::kDataCorrupted, "a table refers to value file {}, which is not there",
                   number);
    }
    if (bytes > file->metadata().record_bytes) {
      return Error(sqlstate::kDataCorrupted,
                   "tables refer to {} bytes of value file {}, which has {}", bytes, number,
                   file->metadata().record_bytes);
    }
    value_files.push_back({std::move(file), bytes});
    has_stale_values = has_stale_values || value_files.back().stale();
  }
  return Status::Ok();
}

Status Version::CheckValueFiles() const {
  std::map<uint64_t, uint64_t> referenced;
  for (const TableFiles& files : levels) {
    for (const auto& file : files) {
      for (const ValueUse& use : file->metadata().values) referenced[use.file_number] += use.bytes;
    }
  }
  for (const LiveValueFile& live : value_files) {
    if (referenced[live.file->number()] != live.referenced_bytes) {
      return Error(sqlstate::kDataCorrupted,
                   "tables refer to {} bytes of value file {}, the version counts {}",
                   referenced[live.file->number()], live.file->number(), live.referenced_bytes);
    }
  }
  if (referenced.size() == value_files.size()) return Status::Ok();
  return Error(sqlstate::kDataCorrupted, "tables refer to {} value files, the version has {}",
               referenced.size(), value_files.size());
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
      // Tables of one flush share sequence numbers, but no keys; a run and the last batch of the
      // memtable before it likewise.
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
