// EngineOptions: what an engine is opened with. Tests shrink the constants so that rare paths
// become common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/status.h"

namespace shale {
class Executor;
class Clock;
}  // namespace shale

namespace shale::engine {

class Keyring;
class SecretKey;
class Storage;

enum class Compression : uint8_t { kNone = 0, kLz4 = 1, kZstd = 2 };

struct EngineOptions {
  Storage* storage = nullptr;       // required by engines that persist; outlives the store
  Executor* io_executor = nullptr;  // where reads that miss the cache run; required likewise
  uint64_t owner_epoch = 1;         // fences a stale owner of the same storage

  // Encryption at rest (engine/crypto): all files of a store or none, from its creation on. Null:
  // the store is plain, and an encrypted one is refused.
  std::shared_ptr<const SecretKey> master_key;
  // The master key before it was changed to master_key: the store is taken over from it.
  std::shared_ptr<const SecretKey> old_master_key;
  // The opened store's, set by the store for its parts.
  Keyring* keyring = nullptr;

  size_t memtable_bytes_max = 64 << 20;
  int immutable_memtables_max = 2;  // with so many, writers slow down while they fill one more
  size_t block_bytes = 8 << 10;     // memory that a block takes, uncompressed
  int restart_interval = 16;        // keys between full keys in a block
  size_t index_partition_bytes = 4 << 10;  // of a part of a table's index that is cached as one
  size_t block_cache_bytes = 256 << 20;
  size_t open_tables_max = 500;    // table files open at once; passed by for moments
  double bloom_bits_per_key = 12;  // in the last level; 0: no filters
  // More of them for each level above, up to two levels: a lookup asks all levels, and those above
  // hold few keys.
  double bloom_bits_per_level = 3;
  // Of upper levels; where rows are small, or writers pause, bottom_compression there too, unless
  // this is none.
  Compression compression = Compression::kLz4;
  Compression bottom_compression = Compression::kZstd;  // last level
  size_t table_bytes_max = 64 << 20;                    // of one output table
  // Levels get their sizes from the last one up, each level_multiplier times smaller than the next,
  // the topmost in use no larger than this.
  size_t level_base_bytes = 512 << 20;
  int level_multiplier = 10;
  // Tables of level 0 are merged when there are so many and they hold nearly as much as what they
  // are merged with; when there are so many that reads suffer; or when no more have come for a
  // while.
  int level0_compaction_files = 4;
  int level0_compaction_files_max = 8;
  int level0_slowdown_files = 16;
  int level0_stop_files = 32;
  int compaction_threads = 0;  // 0: half of the machine's, at least 1, at most 8
  // From the first on, writers are slowed down, at the second to write_rate_bytes_min: bytes that
  // compactions have yet to read and write until every level has its size.
  uint64_t compaction_debt_slowdown_bytes = uint64_t{32} << 30;
  uint64_t compaction_debt_stop_bytes = uint64_t{128} << 30;
  // Per second: what slowed writers may write, from little pressure to the most.
  uint64_t write_rate_bytes_max = 256 << 20;
  uint64_t write_rate_bytes_min = 1 << 20;
  uint64_t background_rate_bytes_max = 0;  // per second, of flushes and compactions; 0: no limit
  // What was visible within this time can still be read as it was; 0: what no snapshot holds goes.
  uint64_t version_retention_seconds = 0;
  // Values of at least so many bytes are written to value files, beside the tables, so that
  // compactions need not copy them; 0: none are. May change from one opening to the next:
  // compactions then bring what they meet into the form asked for.
  size_t value_separation_bytes = 0;
  // Deleted and old ones a scan walks over before it looks for more; 0: it never looks.
  size_t dead_run_entries = 32;
  size_t log_segment_bytes = 64 << 20;
  size_t key_bytes_max = 64 << 10;
  size_t value_bytes_max = 1 << 30;
  size_t transaction_bytes_max = size_t{4} << 30;  // of its writes in memory
  // Half of it may go to disk before commit while the other half is filled.
  size_t transaction_buffer_bytes = size_t{64} << 20;
  uint64_t commit_delay_off_us =
      200'000;  // synchronous_commit = off: synced at the latest after this

  // Finished log segments are copied there before they are deleted; outlives the store. Null: they
  // are not kept.
  Storage* log_archive = nullptr;
  // Opens or creates the place of the backup with this name; empty: backups are refused. Blocks.
  std::function<Result<std::unique_ptr<Storage>>(const std::string& name)> open_backup_target;
};

}  // namespace shale::engine
