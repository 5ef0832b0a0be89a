// The statistics that /v1/stats shows of the store.
#include <initializer_list>
#include <utility>

#include "engine/lsm/lsm_store_impl.h"

namespace shale::engine {

std::vector<Statistic> LsmStoreImpl::Statistics() {
  std::vector<Statistic> list;
  auto add = [&](std::string name, double value) { list.push_back({std::move(name), value}); };
  auto add_counters = [&](std::initializer_list<std::pair<const char*, const Counter*>> counters) {
    for (const auto& [name, counter] : counters) {
      add(name, static_cast<double>(counter->value()));
    }
  };

  std::shared_ptr<const Version> version = state_->version();
  uint64_t files = 0;
  uint64_t bytes = 0;
  uint64_t entries = 0;
  for (int level = 0; level < kLevels; ++level) {
    uint64_t level_bytes = version->LevelBytes(level);
    add(fmt::format("lsm.level{}.files", level), version->levels[level].size());
    add(fmt::format("lsm.level{}.bytes", level), level_bytes);
    files += version->levels[level].size();
    bytes += level_bytes;
    for (const auto& file : version->levels[level]) entries += file->metadata().entries;
  }
  uint64_t value_bytes = 0;
  uint64_t value_garbage_bytes = 0;
  for (const LiveValueFile& live : version->value_files) {
    value_bytes += live.file->metadata().bytes;
    value_garbage_bytes += live.garbage_bytes();
  }
  add("lsm.values.files", version->value_files.size());
  add("lsm.values.bytes", value_bytes);
  add("lsm.values.garbage_bytes", value_garbage_bytes);
  WritePressure pressure = state_->write_pressure();
  add("lsm.compaction.debt_bytes", pressure.debt_bytes);
  add("lsm.compaction.running", background_->compactor().Running().size());
  add("lsm.write.pressure", WriteController(options_).Pressure(pressure));
  add("lsm.history_floor", snapshots_.history_floor());
  add("lsm.files", files);
  add("lsm.files_open", open_tables_.count());
  add("lsm.bytes", bytes);
  add("lsm.entries", entries);
  add("lsm.memtable.bytes", state_->memtable_bytes());
  add("lsm.memtable.frozen", state_->frozen_count());
  add("lsm.sequence", visible_.load());
  add("lsm.snapshots", snapshots_.live_count());

  uint64_t older_key_tables = 0;
  uint64_t newest_key_from = keyring_ == nullptr ? 0 : keyring_->first_file_number();
  for (const TableFiles& level : version->levels) {
    for (const auto& file : level) older_key_tables += file->number() < newest_key_from;
  }
  uint64_t older_key_value_files = 0;
  for (const LiveValueFile& live : version->value_files) {
    older_key_value_files += live.file->number() < newest_key_from;
  }
  add("encryption.enabled", keyring_ == nullptr ? 0 : 1);
  add("encryption.key_generation", keyring_ == nullptr ? 0 : keyring_->generation());
  add("encryption.tables_with_older_keys", older_key_tables);
  add("encryption.value_files_with_older_keys", older_key_value_files);

  BlockCache::Counters data = cache_.counters(BlockKind::kData);
  add("cache.bytes", cache_.bytes_used());
  add("cache.bytes_max", cache_.bytes_max());
  add("cache.hits", data.hits);
  add("cache.misses", data.misses);
  add("cache.evictions", cache_.evictions());
  for (const auto& [name, kind] :
       {std::pair{"index", BlockKind::kIndex}, std::pair{"filter", BlockKind::kFilter},
        std::pair{"values", BlockKind::kValue}}) {
    BlockCache::Counters counters = cache_.counters(kind);
    add(fmt::format("cache.{}.hits", name), counters.hits);
    add(fmt::format("cache.{}.misses", name), counters.misses);
  }

  const LsmStatistics& s = statistics_;
  add("lsm.gets", s.gets.value());
  add_counters({{"lsm.gets_waited", &s.gets_waited},
                {"lsm.cursor.pages", &s.cursor_pages},
                {"lsm.cursor.pages_waited", &s.cursor_pages_waited},
                {"lsm.cursor.rows", &s.cursor_rows},
                {"lsm.cursor.runs_skipped", &s.cursor_runs_skipped},
                {"lsm.batches", &s.batches},
                {"lsm.batch.operations", &s.batch_operations},
                {"lsm.batch.bytes", &s.batch_bytes},
                {"wal.bytes", &s.wal_bytes},
                {"wal.syncs", &s.wal_syncs},
                {"wal.groups", &s.wal_groups},
                {"lsm.write.slowdowns", &s.write_slowdowns},
                {"lsm.write.stops", &s.write_stops},
                {"lsm.ingests", &s.ingests},
                {"lsm.ingested_tables", &s.ingested_tables},
                {"lsm.ingested_bytes", &s.ingested_bytes},
                {"lsm.flushes", &s.flushes},
                {"lsm.flush.bytes_written", &s.flush_bytes_written},
                {"lsm.compactions", &s.compactions},
                {"lsm.compaction.moves", &s.compaction_moves},
                {"lsm.compaction.bytes_read", &s.compaction_bytes_read},
                {"lsm.compaction.bytes_written", &s.compaction_bytes_written},
                {"lsm.compaction.shares", &s.compaction_shares},
                {"lsm.compaction.entries_read", &s.compaction_entries_read},
                {"lsm.compaction.entries_dropped", &s.compaction_entries_dropped},
                {"lsm.values.bytes_written", &s.value_bytes_written},
                {"lsm.values.bytes_moved", &s.value_bytes_moved},
                {"lsm.tables_dropped", &s.tables_dropped},
                {"lsm.files_deleted", &s.files_deleted}});
  uint64_t groups = s.wal_groups.value();
  add("wal.group_batches_mean",
      groups == 0 ? 0 : static_cast<double>(s.wal_group_batches.sum()) / groups);
  add("wal.group_batches_max", s.wal_group_batches.max());
  add("wal.sync_us_p50", s.wal_sync_nanos.Percentile(50) / 1000.0);
  add("wal.sync_us_p99", s.wal_sync_nanos.Percentile(99) / 1000.0);
  add("lsm.write.stall_ms", s.write_stall_nanos.value() / 1e6);
  if (options_.log_archive != nullptr) {
    add("wal.archive.segments", archiver_.segments_archived());
    add("wal.archive.failures", archiver_.failures());
  }
  return list;
}

}  // namespace shale::engine
