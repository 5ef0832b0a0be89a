// EngineOptions: what an engine is opened with. Tests shrink the constants so that rare paths
// become common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

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
  int immutable_memtables_max = 2;  // writers slow down beyond, then wait
  size_t block_bytes = 8 << 10;     // uncompressed target
  int restart_interval = 16;        // keys between full keys in a block
  size_t block_cache_bytes = 256 << 20;
  double bloom_bits_per_key = 10;
  Compression compression = Compression::kLz4;          // upper levels
  Compression bottom_compression = Compression::kZstd;  // last level
  size_t table_bytes_max = 64 << 20;                    // of one output table
  size_t level_base_bytes = 256 << 20;  // size of level 1; each next one is level_multiplier larger
  int level_multiplier = 10;
  int level0_compaction_files = 4;
  int level0_slowdown_files = 12;
  int level0_stop_files = 24;
  int compaction_threads = 1;
  size_t log_segment_bytes = 64 << 20;
  size_t key_bytes_max = 64 << 10;
  size_t value_bytes_max = 1 << 30;
  size_t transaction_bytes_max = size_t{4} << 30;
  uint64_t commit_delay_off_us =
      200'000;  // synchronous_commit = off: synced at the latest after this
};

}  // namespace shale::engine
