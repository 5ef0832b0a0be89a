#include "engine/lsm/table_jobs.h"

#include <array>
#include <utility>

#include "engine/lsm/level_iterator.h"
#include "engine/lsm/table_output.h"
#include "engine/lsm/version_cleaner.h"
#include "engine/table/merging_iterator.h"

namespace shale::engine {
namespace {

constexpr size_t kJobReadaheadBytes = 512 << 10;
constexpr uint64_t kEntriesBetweenStopChecks = 1024;

Status WriteTables(const JobContext& context, VersionCleaner* cleaner, TableOutput* output) {
  uint64_t count = 0;
  for (cleaner->SeekToFirst(); cleaner->Valid(); cleaner->Next()) {
    if (++count % kEntriesBetweenStopChecks == 0 && context.stop->load()) {
      return Error(sqlstate::kAdminShutdown, "the store is closing");
    }
    RETURN_IF_ERROR(output->Add(cleaner->key(), cleaner->value()));
  }
  RETURN_IF_ERROR(cleaner->status());
  return output->Finish();
}

JobResult RunJob(const JobContext& context, InternalIterator* input,
                 std::shared_ptr<const RangeTombstoneList> tombstones,
                 const LiveSnapshots& snapshots, const OlderDataBelow& older_below,
                 Compression compression) {
  std::vector<RangeTombstone> kept;
  if (tombstones != nullptr) kept = CleanTombstones(*tombstones, snapshots, older_below);
  TableOutput output(*context.options, compression, std::move(kept), context.new_file_number);
  VersionCleaner cleaner(input, std::move(tombstones), &snapshots, older_below);
  JobResult result;
  result.status = WriteTables(context, &cleaner, &output);
  result.tables = output.tables();
  result.bytes_written = output.bytes_written();
  result.entries_dropped = cleaner.entries_dropped();
  return result;
}

Status OpenAll(const TableFiles& files,
               std::vector<std::shared_ptr<const RangeTombstoneList>>* tombstones) {
  for (const auto& file : files) {
    if (file->metadata().range_tombstones == 0) continue;
    ASSIGN_OR_RETURN(TableReader * reader, file->Open());
    tombstones->push_back(reader->range_tombstones());
  }
  return Status::Ok();
}

}  // namespace

JobResult RunFlush(const JobContext& context, const MemTable& memtable,
                   const LiveSnapshots& snapshots) {
  auto input = memtable.NewIterator();
  auto older_below = [](const UserKeyRange&) { return true; };
  return RunJob(context, input.get(), memtable.range_tombstones(), snapshots, older_below,
                context.options->compression);
}

JobResult RunCompaction(const JobContext& context, const Compaction& compaction,
                        const LiveSnapshots& snapshots) {
  std::vector<std::shared_ptr<const RangeTombstoneList>> lists;
  JobResult result;
  result.status = OpenAll(compaction.upper, &lists);
  if (result.status.ok()) result.status = OpenAll(compaction.lower, &lists);
  if (!result.status.ok()) return result;

  TableIteratorOptions read{.fill_cache = false, .readahead_bytes = kJobReadaheadBytes};
  std::vector<std::unique_ptr<InternalIterator>> inputs;
  if (compaction.level == 0) {
    for (const auto& file : compaction.upper) inputs.push_back(NewLevelIterator({file}, read));
  } else {
    inputs.push_back(NewLevelIterator(compaction.upper, read));
  }
  if (!compaction.lower.empty()) inputs.push_back(NewLevelIterator(compaction.lower, read));
  auto input = NewMergingIterator(std::move(inputs));

  const Version& version = *compaction.version;
  auto older_below = [&](const UserKeyRange& range) {
    return version.OverlapsBelow(compaction.output_level, range);
  };
  // Data that will be rewritten soon is packed fast, data that has come to rest is packed tight.
  bool last = compaction.output_level >= 2 && compaction.output_level >= version.DeepestLevel();
  Compression compression =
      last ? context.options->bottom_compression : context.options->compression;
  result = RunJob(context, input.get(), RangeTombstoneList::Merge(lists), snapshots, older_below,
                  compression);
  result.bytes_read = compaction.input_bytes();
  return result;
}

}  // namespace shale::engine
