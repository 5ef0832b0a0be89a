// What a compaction costs per entry: the same tables merged by Shale's job and by RocksDB.
//
//   compaction_rate [entries] [value bytes]
//
// Four tables of random keys over one large one, the shape of a level-0 compaction, on a memory
// file system (Shale) and RocksDB's, without compression, one thread each. Prints nanoseconds of
// processor time per entry read.
#include <fmt/core.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <time.h>

#include <cstdlib>
#include <string>

#include "engine/base/check.h"
#include "engine/base/random.h"
#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "engine/lsm/lsm_store.h"

namespace shale::engine {
namespace {

double ProcessSeconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::string KeyOf(uint64_t number) { return fmt::format("{:016}", number); }

// Calls put for the large table's entries, then for each small one's, with flush after each table.
template <typename Put, typename Flush>
void Fill(uint64_t entries, Put put, Flush flush) {
  for (uint64_t i = 0; i < entries; ++i) put(KeyOf(i * 2));
  flush();
  Random random(1);
  for (int table = 0; table < 4; ++table) {
    for (uint64_t i = 0; i < entries / 10; ++i) put(KeyOf(random.Uniform(entries * 2)));
    flush();
  }
}

void Report(const char* name, double seconds, uint64_t entries) {
  fmt::print("{:8} {:8.1f} ns per entry read\n", name,
             seconds * 1e9 / static_cast<double>(entries));
}

void Shale(uint64_t entries, size_t value_bytes) {
  MemoryFileSystem disk;
  auto storage = OpenLocalStorage(disk, "/data");
  CHECK(storage.ok());
  EngineOptions options;
  options.storage = storage->get();
  options.memtable_bytes_max = size_t{4} << 30;
  options.table_bytes_max = size_t{256} << 20;
  options.compression = Compression::kNone;
  options.bottom_compression = Compression::kNone;
  options.level0_compaction_files = 100;
  options.level0_slowdown_files = 100;
  options.level0_stop_files = 200;
  options.level_base_bytes = size_t{64} << 30;
  options.compaction_threads = 1;
  auto store = LsmStore::Open(options);
  CHECK(store.ok());
  std::string value(value_bytes, 'v');
  WriteBatch batch;
  auto write = [&] {
    CHECK(BlockingWait((*store)->Write(std::move(batch), {.sync = false})).status.ok());
    batch = WriteBatch();
  };
  double flush_seconds = 0;
  Fill(
      entries,
      [&](const std::string& key) {
        batch.Put(key, value);
        if (batch.bytes() > 1 << 20) write();
      },
      [&] {
        write();
        double begin = ProcessSeconds();
        CHECK(BlockingWait((*store)->Flush()).ok());
        flush_seconds += ProcessSeconds() - begin;
      });
  Report("flush", flush_seconds, entries + entries / 10 * 4);
  double begin = ProcessSeconds();
  CHECK(BlockingWait((*store)->CompactRange({})).ok());
  Report("shale", ProcessSeconds() - begin, entries + entries / 10 * 4);
}

void RocksDb(uint64_t entries, size_t value_bytes) {
  std::unique_ptr<rocksdb::Env> env(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  rocksdb::Options options;
  options.env = env.get();
  options.create_if_missing = true;
  options.write_buffer_size = size_t{4} << 30;
  options.target_file_size_base = size_t{256} << 20;
  options.compression = rocksdb::kNoCompression;
  options.disable_auto_compactions = true;
  options.level0_slowdown_writes_trigger = 100;
  options.level0_stop_writes_trigger = 200;
  options.max_background_jobs = 1;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = 8 << 10;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* opened = nullptr;
  CHECK(rocksdb::DB::Open(options, "/db", &opened).ok());
  std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  std::string value(value_bytes, 'v');
  double flush_seconds = 0;
  Fill(
      entries, [&](const std::string& key) { CHECK(db->Put(write, key, value).ok()); },
      [&] {
        double begin = ProcessSeconds();
        CHECK(db->Flush({}).ok());
        flush_seconds += ProcessSeconds() - begin;
      });
  Report("flush", flush_seconds, entries + entries / 10 * 4);
  double begin = ProcessSeconds();
  CHECK(db->CompactRange({}, nullptr, nullptr).ok());
  Report("rocksdb", ProcessSeconds() - begin, entries + entries / 10 * 4);
  db.reset();
}

}  // namespace
}  // namespace shale::engine

int main(int argc, char** argv) {
  uint64_t entries = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2'000'000;
  size_t value_bytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100;
  shale::engine::Shale(entries, value_bytes);
  shale::engine::RocksDb(entries, value_bytes);
}
