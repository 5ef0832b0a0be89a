// Goal: the nanoseconds of the engine's reads when nothing waits for a disk. Method: Google
// Benchmark over one table, its parts and a whole store of 1 M keys of 16 bytes with values of 100
// bytes, asked in random order; all blocks are in the cache.
//
//   engine_micro [--benchmark_filter=REGEX]
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/executor.h"
#include "engine/base/random.h"
#include "engine/env/local_storage.h"
#include "engine/lsm/lsm_store.h"
#include "engine/table/bloom_filter.h"
#include "engine/table/table_builder.h"
#include "engine/table/table_reader.h"

namespace shale::engine {
namespace {

constexpr uint64_t kKeys = 1'000'000;
constexpr size_t kCacheBytes = 1 << 30;
constexpr uint64_t kTableNumber = 1;

// The number spread over all of 64 bits, twice; every second number is absent from tables and
// stores.
std::string KeyOf(uint64_t number) {
  uint64_t mixed = number * 0x9e3779b97f4a7c15;
  std::string key;
  PutBigEndian64(&key, mixed);
  PutBigEndian64(&key, ~mixed);
  return key;
}
std::string PresentKey(uint64_t i) { return KeyOf(2 * i); }
std::string AbsentKey(uint64_t i) { return KeyOf(2 * i + 1); }

// Keys in the order they are asked for, made beforehand: hundreds of thousands, so that what is
// asked for is not in the processor's caches.
const std::vector<std::string>& Questions(bool present) {
  auto make = [](bool of_present) {
    Random random(1);
    std::vector<std::string> keys;
    for (int i = 0; i < 400'000; ++i) {
      uint64_t number = random.Uniform(kKeys);
      keys.push_back(of_present ? PresentKey(number) : AbsentKey(number));
    }
    return keys;
  };
  static const std::vector<std::string> presents = make(true);
  static const std::vector<std::string> absents = make(false);
  return present ? presents : absents;
}

// Compresses to about a half, as the values of db_bench do.
std::string ValueOf(uint64_t i) {
  Random random(i);
  std::string value;
  while (value.size() < 50) PutFixed64(&value, random.Next());
  value.resize(50);
  return value + value;
}

// A directory of its own, gone at exit.
class Scratch {
 public:
  Scratch()
      : path_(std::filesystem::temp_directory_path() /
              ("shale-engine-micro-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  std::string Directory(const std::string& name) const { return path_ / name; }

 private:
  const std::filesystem::path path_;
};
const Scratch& TheScratch() {
  static const Scratch scratch;
  return scratch;
}

struct TableUnderTest {
  TableUnderTest() : cache(kCacheBytes) {
    storage = *OpenLocalStorage(PosixFileSystem(), TheScratch().Directory("table"));
    std::vector<std::string> keys;
    for (uint64_t i = 0; i < kKeys; ++i) keys.push_back(PresentKey(i));
    std::sort(keys.begin(), keys.end());
    auto writer = *storage->CreateBlob("table");
    TableBuilder builder({.file_number = kTableNumber}, writer.get());
    for (uint64_t i = 0; i < kKeys; ++i) {
      CHECK(builder.Add(MakeInternalKey(keys[i], 1, ValueType::kValue), ValueOf(i)).ok());
    }
    CHECK(builder.Finish().ok());
    auto blob = storage->OpenBlob("table");
    CHECK(blob.ok());
    auto opened = TableReader::Open(std::move(*blob), kTableNumber, &cache);
    CHECK(opened.ok());
    table = *opened;
    PointLookup lookup;
    for (uint64_t i = 0; i < kKeys; ++i) {
      table->Get({keys[i], 5}, ReadTier::kBlocking, &lookup);
      CHECK(lookup.outcome == LookupOutcome::kFound);
    }
  }
  static TableUnderTest& Get() {
    static TableUnderTest table;
    return table;
  }

  BlockCache cache;
  std::unique_ptr<LocalStorage> storage;
  std::shared_ptr<TableReader> table;
};

void GetFromTable(benchmark::State& state, bool present) {
  TableReader& table = *TableUnderTest::Get().table;
  const auto& keys = Questions(present);
  size_t i = static_cast<size_t>(state.thread_index()) * 1000;
  PointLookup lookup;
  for (auto _ : state) {
    table.Get({keys[i++ % keys.size()], 5}, ReadTier::kCacheOnly, &lookup);
    CHECK((lookup.outcome == LookupOutcome::kFound) == present);
  }
}
void TableGetHit(benchmark::State& state) { GetFromTable(state, true); }
void TableGetMiss(benchmark::State& state) { GetFromTable(state, false); }
BENCHMARK(TableGetHit)->ThreadRange(1, 2);
BENCHMARK(TableGetMiss)->ThreadRange(1, 2);

void TableSeek(benchmark::State& state) {
  auto iterator = TableUnderTest::Get().table->NewIterator();
  iterator->set_read_tier(ReadTier::kCacheOnly);
  const auto& keys = Questions(true);
  size_t i = 0;
  for (auto _ : state) {
    iterator->Seek(MakeInternalKey(keys[i++ % keys.size()], kTrailerMax));
    CHECK(iterator->Valid());
  }
}
BENCHMARK(TableSeek);

void TableNext(benchmark::State& state) {
  auto iterator = TableUnderTest::Get().table->NewIterator();
  iterator->SeekToFirst();
  for (auto _ : state) {
    benchmark::DoNotOptimize(iterator->value().data());
    iterator->Next();
    if (!iterator->Valid()) iterator->SeekToFirst();
  }
}
BENCHMARK(TableNext);

void TablePrev(benchmark::State& state) {
  auto iterator = TableUnderTest::Get().table->NewIterator();
  iterator->SeekToLast();
  for (auto _ : state) {
    benchmark::DoNotOptimize(iterator->value().data());
    iterator->Prev();
    if (!iterator->Valid()) iterator->SeekToLast();
  }
}
BENCHMARK(TablePrev);

// Of one block in the processor's caches: 70 entries, as a data block of 8 KiB has.
void BlockSeek(benchmark::State& state) {
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < 70; ++i) keys.push_back(KeyOf(i));
  std::sort(keys.begin(), keys.end());
  BlockBuilder builder(16);
  for (const std::string& key : keys) {
    builder.Add(MakeInternalKey(key, 1, ValueType::kValue), std::string(100, 'v'));
  }
  std::string payload(builder.Finish());
  BlockCursor cursor;
  size_t i = 0;
  for (auto _ : state) {
    cursor.Open(payload);
    LookupKey key(keys[i++ * 31 % keys.size()], SeekTrailer(5));
    cursor.Seek(key.internal_key());
    CHECK(cursor.Valid());
  }
}
BENCHMARK(BlockSeek);

void FilterProbe(benchmark::State& state) {
  BloomFilterBuilder builder(static_cast<double>(state.range(0)));
  for (int i = 0; i < 9000; ++i) builder.Add(PresentKey(i));
  std::string payload = builder.Finish();
  BloomFilter filter;
  CHECK(filter.Open(payload));
  const auto& keys = Questions(false);
  size_t i = 0;
  size_t positives = 0;
  for (auto _ : state) positives += filter.MayContain(keys[i++ % 1000]) ? 1 : 0;
  size_t false_positives = 0;
  for (const std::string& key : keys) false_positives += filter.MayContain(key) ? 1 : 0;
  state.counters["false_positives_%"] =
      100.0 * static_cast<double>(false_positives) / static_cast<double>(keys.size());
  benchmark::DoNotOptimize(positives);
}
BENCHMARK(FilterProbe)->Arg(10)->Arg(13)->Arg(16);

void CacheLookup(benchmark::State& state) {
  static BlockCache* const cache = [] {
    auto* made = new BlockCache(kCacheBytes);  // of the program's life
    for (uint64_t i = 0; i < 16'000; ++i) made->Insert(1, i, Block::Make(8000));
    return made;
  }();
  Random random(static_cast<uint64_t>(state.thread_index()) + 1);
  for (auto _ : state) {
    BlockPin pin = cache->Lookup(BlockKind::kData, 1, random.Uniform(16'000));
    benchmark::DoNotOptimize(pin);
  }
}
BENCHMARK(CacheLookup)->ThreadRange(1, 2);

// A store whose keys are all in tables, or all in the memtable.
class StoreUnderTest {
 public:
  explicit StoreUnderTest(bool in_tables) : io_("io", 1) {
    storage_ = *OpenLocalStorage(PosixFileSystem(),
                                 TheScratch().Directory(in_tables ? "tables" : "memtable"));
    EngineOptions options;
    options.storage = storage_.get();
    options.io_executor = &io_;
    options.block_cache_bytes = kCacheBytes;
    if (!in_tables) options.memtable_bytes_max = 1 << 30;
    store_ = *LsmStore::Open(options);
    for (uint64_t i = 0; i < kKeys;) {
      WriteBatch batch;
      for (int row = 0; row < 1000; ++row, ++i) batch.Put(PresentKey(i), ValueOf(i));
      CHECK(BlockingWait(store_->Write(std::move(batch), {.sync = false})).status.ok());
    }
    if (!in_tables) return;
    CHECK(BlockingWait(store_->CompactRange({})).ok());
    PinnedBytes value;
    for (uint64_t i = 0; i < kKeys; ++i) {
      Result<bool> found = BlockingWait(store_->GetLatest(PresentKey(i), &value));
      CHECK(found.ok() && *found);
    }
  }
  LsmStore& store() { return *store_; }

  static StoreUnderTest& InTables() {
    static StoreUnderTest store(true);
    return store;
  }
  static StoreUnderTest& InMemTable() {
    static StoreUnderTest store(false);
    return store;
  }

 private:
  ThreadPool io_;
  std::unique_ptr<LocalStorage> storage_;
  std::unique_ptr<LsmStore> store_;
};

void GetFromStore(benchmark::State& state, LsmStore& store, bool present) {
  const auto& keys = Questions(present);
  size_t i = static_cast<size_t>(state.thread_index()) * 1000;
  PinnedBytes value;
  for (auto _ : state) {
    Async<Result<bool>> got = store.GetLatest(keys[i++ % keys.size()], &value);
    // A false positive of a filter may ask for a block nobody has read yet.
    Result<bool> found = got.ready() ? std::move(got).value() : BlockingWait(std::move(got));
    CHECK(found.ok() && *found == present);
  }
}
void StoreGetHit(benchmark::State& state) {
  GetFromStore(state, StoreUnderTest::InTables().store(), true);
}
void StoreGetMiss(benchmark::State& state) {
  GetFromStore(state, StoreUnderTest::InTables().store(), false);
}
void StoreGetMemTable(benchmark::State& state) {
  GetFromStore(state, StoreUnderTest::InMemTable().store(), true);
}
BENCHMARK(StoreGetHit)->ThreadRange(1, 2);
BENCHMARK(StoreGetMiss)->ThreadRange(1, 2);
BENCHMARK(StoreGetMemTable)->ThreadRange(1, 2);

// Per key of a thousand.
void StoreGetTogether(benchmark::State& state, LsmStore& store) {
  constexpr size_t kTogether = 1000;
  const auto& keys = Questions(true);
  std::vector<PinnedBytes> values(kTogether);
  auto found = std::make_unique<bool[]>(kTogether);
  std::vector<KeyGet> gets;
  size_t next = 0;
  while (state.KeepRunningBatch(kTogether)) {
    gets.clear();
    for (size_t i = 0; i < kTogether; ++i) {
      gets.push_back({keys[next++ % keys.size()], &values[i], &found[i]});
    }
    store.GetFromMemory(gets, store.visible_sequence());
    CHECK(std::ranges::all_of(gets, [](const KeyGet& get) { return !get.is_open && *get.found; }));
  }
}
void StoreGetTogetherHit(benchmark::State& state) {
  StoreGetTogether(state, StoreUnderTest::InTables().store());
}
void StoreGetTogetherMemTable(benchmark::State& state) {
  StoreGetTogether(state, StoreUnderTest::InMemTable().store());
}
BENCHMARK(StoreGetTogetherHit);
BENCHMARK(StoreGetTogetherMemTable);

// Per row.
void StoreScan(benchmark::State& state) {
  LsmStore& store = StoreUnderTest::InTables().store();
  bool reverse = state.range(0) != 0;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  for (auto _ : state) {
    Snapshot snapshot = store.AcquireSnapshot();
    auto cursor = store.NewCursor(snapshot.sequence(), {.reverse = reverse});
    while (true) {
      auto page = BlockingWait(cursor->NextPage());
      CHECK(page.ok());
      if (page->empty()) break;
      rows += page->size();
      for (const KeyValue& row : *page) bytes += row.value.size();
    }
  }
  CHECK(rows % kKeys == 0 && bytes == rows * 100);
  state.counters["row_ns"] = benchmark::Counter(
      static_cast<double>(rows) / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(StoreScan)->Arg(0)->Arg(1)->ArgName("reverse");

// A seek and ten rows.
void StoreSeek(benchmark::State& state) {
  LsmStore& store = StoreUnderTest::InTables().store();
  const auto& keys = Questions(true);
  size_t i = 0;
  for (auto _ : state) {
    Snapshot snapshot = store.AcquireSnapshot();
    CursorOptions options{.page_rows_max = 10};
    options.range.begin = keys[i++ % keys.size()];
    auto cursor = store.NewCursor(snapshot.sequence(), std::move(options));
    auto page = BlockingWait(cursor->NextPage());
    CHECK(page.ok() && !page->empty());
  }
}
BENCHMARK(StoreSeek);

}  // namespace
}  // namespace shale::engine

BENCHMARK_MAIN();
