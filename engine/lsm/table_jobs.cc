#include "engine/lsm/table_jobs.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "engine/base/out_of_memory.h"
#include "engine/lsm/batch_merger.h"
#include "engine/lsm/level_iterator.h"
#include "engine/lsm/table_output.h"
#include "engine/lsm/value_output.h"
#include "engine/lsm/version_cleaner.h"

namespace shale::engine {
namespace {

constexpr size_t kJobReadaheadBytes = 512 << 10;
constexpr uint64_t kEntriesBetweenChecks = 1024;

// Whether older data of ranges asked for in ascending order exists below a level: a place in each
// deeper level that only moves on.
class OlderBelow {
 public:
  OlderBelow(const Version& version, int level) : version_(version), level_(level) {}

  bool operator()(const UserKeyRange& range) {
    for (int deeper = level_ + 1; deeper < kLevels; ++deeper) {
      const TableFiles& files = version_.levels[deeper];
      size_t& place = places_[deeper];
      while (place < files.size() && files[place]->metadata().range.Before(range.smallest)) {
        ++place;
      }
      if (place < files.size() && files[place]->metadata().range.Overlaps(range)) return true;
    }
    return false;
  }

 private:
  const Version& version_;
  const int level_;
  std::array<size_t, kLevels> places_{};
};

Status CheckStopped(const JobContext& context) {
  if (context.stop->load(std::memory_order_relaxed)) {
    return Error(sqlstate::kAdminShutdown, "the store is closing");
  }
  if (context.cancel != nullptr && context.cancel->load(std::memory_order_relaxed)) {
    return Error(sqlstate::kQueryCanceled, "the compaction was cancelled");
  }
  return Status::Ok();
}

// values: null where there are none to be written or read apart.
Status WriteTables(const JobContext& context, VersionCleaner* cleaner, ValueOutput* values,
                   TableOutput* output) try {
  uint64_t count = 0;
  uint64_t counted = 0;
  for (cleaner->Start(); cleaner->Valid(); cleaner->Next()) {
    if (++count % kEntriesBetweenChecks == 0) {
      RETURN_IF_ERROR(CheckStopped(context));
      if (context.entries_read != nullptr) {
        context.entries_read->fetch_add(cleaner->entries_read() - counted,
                                        std::memory_order_relaxed);
        counted = cleaner->entries_read();
      }
    }
    std::string_view key = cleaner->key();
    std::string_view value = cleaner->value();
    if (values != nullptr) RETURN_IF_ERROR(values->Place(&key, &value));
    RETURN_IF_ERROR(output->Add(key, value, cleaner->is_first_of_key()));
  }
  RETURN_IF_ERROR(cleaner->status());
  if (values != nullptr) RETURN_IF_ERROR(values->Finish());
  return output->Finish();
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

JobResult RunJob(const JobContext& context, BatchMerger* input,
                 std::shared_ptr<const RangeTombstoneList> tombstones,
                 const LiveSnapshots& snapshots, const OlderDataBelow& older_below,
                 TableOutputOptions options, const Version* references, bool to_last_level) {
  std::vector<RangeTombstone> kept;
  if (tombstones != nullptr) {
    OlderDataBelow ascending = older_below;  // each walk over the key space has one of its own
    kept = CleanTombstones(*tombstones, snapshots, ascending);
  }
  options.engine = context.options;
  options.new_file_number = context.new_file_number;
  options.limiter = context.limiter;
  std::optional<ValueOutput> values;
  if (references != nullptr || options.engine->value_separation_bytes > 0) {
    values.emplace(ValueOutputOptions{.engine = options.engine,
                                      .version = references,
                                      .compression = options.compression,
                                      .file_bytes_max = options.table_bytes_max,
                                      .new_file_number = options.new_file_number,
                                      .limiter = options.limiter,
                                      .priority = options.priority});
  }
  TableOutput output(std::move(options), std::move(kept));
  VersionCleaner cleaner(input, std::move(tombstones), &snapshots, older_below, to_last_level);
  JobResult result;
  result.status = WriteTables(context, &cleaner, values ? &*values : nullptr, &output);
  result.tables = output.tables();
  result.bytes_written = output.bytes_written();
  if (values) {
    result.value_files = values->files();
    result.value_bytes_written = values->bytes_written();
    result.value_bytes_moved = values->bytes_moved();
    result.bytes_written += result.value_bytes_written;
  }
  result.entries_read = cleaner.entries_read();
  result.entries_dropped = cleaner.entries_dropped();
  return result;
}

Status OpenAll(const TableFiles& files,
               std::vector<std::shared_ptr<const RangeTombstoneList>>* tombstones) {
  for (const auto& file : files) {
    if (file->metadata().range_tombstones == 0) continue;
    ASSIGN_OR_RETURN(auto reader, file->Open());
    tombstones->push_back(reader->range_tombstones());
  }
  return Status::Ok();
}

bool HasReferences(const Compaction& compaction) {
  auto refers = [](const auto& file) { return !file->metadata().values.empty(); };
  return std::ranges::any_of(compaction.inputs(), [&](const auto& input) {
    return std::ranges::any_of(*input.second, refers);
  });
}

// Entries of so many bytes in memory, half as many on disk, are small: packed blocks of them are
// compressed tightly as fast as in any way.
constexpr uint64_t kSmallEntryBytes = 256;

Compression CompressionOfFlush(const EngineOptions& options, const MemTable& memtable) {
  const bool small = memtable.memory_bytes() < kSmallEntryBytes * memtable.entry_count();
  return small && options.compression != Compression::kNone ? options.bottom_compression
                                                            : options.compression;
}

Compression CompressionOf(const EngineOptions& options, const Compaction& compaction) {
  if (compaction.to_last_level()) return options.bottom_compression;
  if (options.compression == Compression::kNone) return options.compression;
  const bool small = compaction.input_bytes() < kSmallEntryBytes / 2 * compaction.input_entries();
  return small || compaction.tight ? options.bottom_compression : options.compression;
}

// What a tail has beyond half as much again as what was seen.
constexpr size_t kTailPartitions = 2;

// By how much the writers who fill memtables one after the other with rows in key order fall behind
// each other: the most that a table of level 0, older ones last, has from the first key of the next
// one on, in partitions. Below half of a table.
Result<size_t> FindLag(const TableFiles& level0) {
  size_t lag = 0;
  for (size_t i = 1; i < level0.size(); ++i) {
    ASSIGN_OR_RETURN(std::shared_ptr<TableReader> older, level0[i]->Open());
    const size_t shared = older->PartitionsFrom(level0[i - 1]->metadata().range.smallest);
    lag = std::max(lag, std::min(shared, older->partition_count() / 2));
  }
  return lag;
}

// Where several writers add rows in key order, what one memtable ends with and the next begins with
// lie mixed at their edge, so the next compaction of level 0 rewrites the table that this one ends
// with. The tail that they may share goes to a table of its own, and the rest stays as it is.
// Empty: the data does not grow at its end, or the tables meet nowhere.
Result<std::string> FindTail(const Compaction& compaction) {
  if (compaction.level != 0 || compaction.upper.size() < 2) return std::string();
  auto ends_before = [](const auto& a, const auto& b) {
    return CompareUserKeys(a->metadata().range.largest, b->metadata().range.largest) < 0;
  };
  auto is_unbounded = [](const auto& file) {
    return file->metadata().range.end == UserKeyRange::End::kUnbounded;
  };
  if (std::ranges::any_of(compaction.upper, is_unbounded)) return std::string();
  const auto& last = *std::ranges::max_element(compaction.upper, ends_before);
  ASSIGN_OR_RETURN(std::shared_ptr<TableReader> reader, last->Open());
  ASSIGN_OR_RETURN(const size_t lag, FindLag(compaction.upper));
  const std::string_view tail = reader->TailKey(lag + lag / 2 + kTailPartitions);
  auto is_before = [&](const auto& file) { return file->metadata().range.Before(tail); };
  for (const TableFiles* files : {&compaction.lower, &compaction.beside}) {
    if (!std::ranges::all_of(*files, is_before)) return std::string();
  }
  auto meets_last = [&](const auto& file) {
    return file != last && file->metadata().range.Overlaps(last->metadata().range);
  };
  const bool mixed = std::ranges::any_of(compaction.upper, meets_last);
  return mixed ? std::string(tail) : std::string();
}

// Of a share of the compaction: tables count where they begin, which is near enough.
uint64_t EntriesOf(const Compaction& compaction, const UserKeyRange& share) {
  uint64_t entries = 0;
  for (const auto& [level, files] : compaction.inputs()) {
    for (const auto& file : *files) {
      const TableMetadata& table = file->metadata();
      if (share.Contains(table.range.smallest)) entries += table.entries;
    }
  }
  return entries;
}

// All keys between two have as much in common as those.
size_t SharedPrefixBytes(const UserKeyRange& range) {
  if (range.end == UserKeyRange::End::kUnbounded) return 0;
  auto [a, b] = std::ranges::mismatch(range.smallest, range.largest);
  return a - range.smallest.begin();
}

}  // namespace

void JobResult::Append(JobResult next) {
  if (status.ok()) status = std::move(next.status);
  tables.insert(tables.end(), std::make_move_iterator(next.tables.begin()),
                std::make_move_iterator(next.tables.end()));
  value_files.insert(value_files.end(), next.value_files.begin(), next.value_files.end());
  bytes_read += next.bytes_read;
  bytes_written += next.bytes_written;
  value_bytes_written += next.value_bytes_written;
  value_bytes_moved += next.value_bytes_moved;
  entries_read += next.entries_read;
  entries_dropped += next.entries_dropped;
}

JobResult RunFlush(const JobContext& context, const MemTable& memtable,
                   const LiveSnapshots& snapshots) {
  std::vector<std::unique_ptr<InternalIterator>> inputs;
  inputs.push_back(memtable.NewIterator());
  BatchMerger input(std::move(inputs), {});
  auto older_below = [](const UserKeyRange&) { return true; };
  const EngineOptions& options = *context.options;
  // One table, as a rule: how many there are in level 0 says how many memtables are.
  TableOutputOptions output{
      .compression = CompressionOfFlush(options, memtable),
      .bloom_bits_per_key = FilterBitsPerKey(options, kLevels),
      .table_bytes_max = std::max(options.table_bytes_max, options.memtable_bytes_max),
      .priority = IoPriority::kFlush};
  return RunJob(context, &input, memtable.range_tombstones(), snapshots, older_below,
                std::move(output), nullptr, false);
}

JobResult RunCompaction(const JobContext& context, const Compaction& compaction,
                        const LiveSnapshots& snapshots, const KeyRange& share) {
  UserKeyRange range = UserKeyRange::Of(share);
  std::vector<std::shared_ptr<const RangeTombstoneList>> lists;
  JobResult result;
  TableIteratorOptions read{.fill_cache = false, .readahead_bytes = kJobReadaheadBytes};
  std::vector<std::unique_ptr<InternalIterator>> inputs;
  for (const auto& [level, all] : compaction.inputs()) {
    result.status = OpenAll(*all, &lists);
    if (!result.status.ok()) return result;
    if (level > 0) {
      TableSpan files = OverlappingOf(*all, range);
      if (!files.empty()) inputs.push_back(NewLevelIterator(files, read));
      continue;
    }
    for (const auto& file : *all) {
      if (!file->metadata().range.Overlaps(range)) continue;
      inputs.push_back(NewLevelIterator(TableSpan(&file, 1), read));
    }
  }
  UserKeyRange inputs_range = compaction.range();
  BatchMerger input(std::move(inputs), share, SharedPrefixBytes(inputs_range));

  const Version& version = *compaction.version;
  int levels_below = version.DeepestLevel() - compaction.output_level;
  TableOutputOptions output{.compression = CompressionOf(*context.options, compaction),
                            .bloom_bits_per_key = FilterBitsPerKey(*context.options, levels_below),
                            .table_bytes_max = context.options->table_bytes_max,
                            .share = share,
                            .beside = compaction.beside,
                            .entries_expected = EntriesOf(compaction, range)};
  Result<std::string> tail = FindTail(compaction);
  if (!tail.ok()) {
    result.status = tail.status();
    return result;
  }
  output.tail = *std::move(tail);
  if (compaction.output_level + 1 < kLevels) {
    output.grandparents = version.Overlapping(compaction.output_level + 1, inputs_range);
  }
  return RunJob(context, &input, RangeTombstoneList::Merge(lists), snapshots,
                OlderBelow(version, compaction.output_level), std::move(output),
                HasReferences(compaction) ? &version : nullptr, compaction.to_last_level());
}

// Tables begin where their keys do: cutting there, where so many bytes of tables begin before, is
// near enough.
std::vector<KeyRange> SplitCompaction(const Compaction& compaction, int shares_max,
                                      uint64_t table_bytes) {
  uint64_t total = compaction.input_bytes();
  uint64_t shares = std::min<uint64_t>(
      std::max(1, shares_max), std::max<uint64_t>(1, total / std::max<uint64_t>(1, table_bytes)));
  std::vector<std::pair<std::string, uint64_t>> begins;
  for (const auto& [level, files] : compaction.inputs()) {
    for (const auto& file : *files) {
      begins.emplace_back(file->metadata().range.smallest, file->metadata().bytes);
    }
  }
  std::sort(begins.begin(), begins.end());
  std::vector<KeyRange> result(1);
  uint64_t before = 0;
  for (const auto& [key, bytes] : begins) {
    bool wanted = result.size() < shares && before * shares >= total * result.size();
    if (wanted && key > result.back().begin) {
      result.back().end = key;
      result.push_back({.begin = key, .end = {}});
    }
    before += bytes;
  }
  return result;
}

}  // namespace shale::engine
