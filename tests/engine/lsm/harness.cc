#include "tests/engine/lsm/harness.h"

#include <algorithm>
#include <cstdlib>

#include "engine/base/check.h"

namespace shale::engine {
namespace {

class InlineLoop : public Executor {
 public:
  void Post(std::move_only_function<void()> function) override { function(); }
};

Executor& LoopExecutor() {
  static InlineLoop loop;
  return loop;
}

bool LoopsTurn() {
  thread_local uint32_t calls = 0;
  return ++calls % 2 == 0;
}

}  // namespace

LoopScope::LoopScope() : scope_(LoopExecutor()) {}

EngineOptions TinyOptions() {
  EngineOptions options;
  options.memtable_bytes_max = 16 << 10;
  options.block_bytes = 64;
  options.restart_interval = 2;
  options.index_partition_bytes = 128;
  options.open_tables_max = 3;
  options.block_cache_bytes = 64 << 10;
  options.table_bytes_max = 2 << 10;
  options.level_base_bytes = 4 << 10;
  options.level_multiplier = 2;
  options.level0_compaction_files = 2;
  options.level0_slowdown_files = 4;
  options.level0_stop_files = 6;
  options.log_segment_bytes = 4 << 10;
  options.commit_delay_off_us = 1000;
  options.dead_run_entries = 2;
  return options;
}

std::shared_ptr<const SecretKey> TestMasterKey() {
  static const auto key = std::make_shared<const SecretKey>("the master key of all the tests.");
  return key;
}

int TortureFactor() {
  static const int factor = [] {
    const char* text = std::getenv("SHALE_TORTURE");
    return text == nullptr ? 1 : std::max(1, std::atoi(text));
  }();
  return factor;
}

namespace {

// Any mixture that is allowed; the same one for the same number.
EngineOptions RandomOptionSet(int number) {
  Random random(number);
  auto one_of = [&random](std::initializer_list<size_t> values) {
    return values.begin()[random.Uniform(values.size())];
  };
  EngineOptions options = TinyOptions();
  if (random.OneIn(2)) options.master_key = TestMasterKey();
  options.memtable_bytes_max = one_of({4 << 10, 16 << 10, 64 << 10, 1 << 20});
  options.immutable_memtables_max = static_cast<int>(one_of({1, 2, 4}));
  options.block_bytes = one_of({64, 300, 1 << 10, 4 << 10});
  options.restart_interval = static_cast<int>(one_of({1, 2, 5, 16}));
  options.block_cache_bytes = one_of({0, 16 << 10, 64 << 10, 1 << 20});
  options.bloom_bits_per_key = static_cast<double>(one_of({0, 3, 10, 20}));
  options.compression = static_cast<Compression>(random.Uniform(3));
  options.bottom_compression = static_cast<Compression>(random.Uniform(3));
  options.table_bytes_max = one_of({256, 2 << 10, 16 << 10});
  options.level_base_bytes = one_of({512, 4 << 10, 64 << 10});
  options.level_multiplier = static_cast<int>(one_of({2, 4, 10}));
  options.level0_compaction_files = static_cast<int>(one_of({1, 2, 4}));
  options.level0_slowdown_files =
      options.level0_compaction_files + static_cast<int>(one_of({0, 2, 6}));
  options.level0_stop_files = options.level0_slowdown_files + static_cast<int>(one_of({1, 4}));
  options.compaction_threads = static_cast<int>(one_of({1, 2, 3}));
  options.log_segment_bytes = one_of({4 << 10, 64 << 10, 1 << 20});
  options.commit_delay_off_us = one_of({0, 1000, 200'000});
  options.value_separation_bytes = one_of({0, 0, 1, 64, 1000});
  options.dead_run_entries = one_of({1, 2, 5, 32});
  return options;
}

}  // namespace

EngineOptions OptionSet(int number) {
  if (number >= kOptionSets) return RandomOptionSet(number);
  EngineOptions options = TinyOptions();
  switch (number) {
    case 0:
      break;
    case 1:
      options.compaction_threads = 3;
      options.block_cache_bytes = 0;
      options.value_separation_bytes = 64;
      options.master_key = TestMasterKey();
      break;
    case 2:
      options.compression = Compression::kNone;
      options.bottom_compression = Compression::kNone;
      options.bloom_bits_per_key = 0;
      break;
    case 3:
      options.immutable_memtables_max = 1;
      options.level0_compaction_files = 1;
      options.level0_slowdown_files = 1;
      options.level0_stop_files = 2;
      options.value_separation_bytes = 1;
      options.master_key = TestMasterKey();
      break;
    case 4:
      options.table_bytes_max = 256;
      options.level_base_bytes = 512;
      options.restart_interval = 1;
      options.value_separation_bytes = 20;
      break;
    case 5:
      options.memtable_bytes_max = 1 << 20;
      options.log_segment_bytes = 64 << 10;
      options.block_bytes = 4 << 10;
      options.version_retention_seconds = 3600;
      break;
    case 6:
      options.compression = Compression::kZstd;
      options.level_multiplier = 4;
      options.immutable_memtables_max = 4;
      options.master_key = TestMasterKey();
      options.compaction_threads = 2;
      options.background_rate_bytes_max = 20 << 20;
      options.value_separation_bytes = 1000;
      break;
    case 7:
      options = EngineOptions();
      options.log_segment_bytes = 1 << 20;
      options.block_cache_bytes = 8 << 20;
      break;
  }
  return options;
}

Result<std::unique_ptr<TestStore>> TestStore::Open(FileSystem& file_system, EngineOptions options) {
  auto test_store = std::make_unique<TestStore>();
  ASSIGN_OR_RETURN(test_store->storage_, OpenLocalStorage(file_system, "/data"));
  options.storage = test_store->storage_.get();
  ASSIGN_OR_RETURN(test_store->store_, LsmStore::Open(options));
  return test_store;
}

TestStore::~TestStore() {
  store_.reset();
  storage_.reset();
}

CommitResult Write(LsmStore& store, WriteBatch batch, bool sync) {
  return BlockingWait(store.Write(std::move(batch), {.sync = sync}));
}

Status Put(LsmStore& store, const std::string& key, const std::string& value) {
  WriteBatch batch;
  batch.Put(key, value);
  return Write(store, std::move(batch)).status;
}

Result<std::vector<std::optional<std::string>>> GetTogether(LsmStore& store,
                                                            const std::vector<std::string>& keys,
                                                            SequenceNumber snapshot,
                                                            size_t* from_memory) {
  std::vector<PinnedBytes> values(keys.size());
  auto found = std::make_unique<bool[]>(keys.size());
  std::vector<KeyGet> gets;
  for (size_t i = 0; i < keys.size(); ++i) gets.push_back({keys[i], &values[i], &found[i]});
  store.GetFromMemory(gets, snapshot);
  std::optional<LoopScope> loop;
  if (LoopsTurn()) loop.emplace();
  for (KeyGet& get : gets) {
    if (!get.is_open) {
      ++*from_memory;
      continue;
    }
    Result<bool> answer = BlockingWait(store.GetFromDisk(get.key, snapshot, get.value));
    if (!answer.ok()) return answer.status();
    *get.found = *answer;
  }
  std::vector<std::optional<std::string>> answers(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (found[i]) answers[i] = std::string(values[i].view());
  }
  return answers;
}

Result<std::optional<std::string>> Get(LsmStore& store, const std::string& key,
                                       SequenceNumber snapshot) {
  PinnedBytes value;
  std::optional<LoopScope> loop;
  if (LoopsTurn()) loop.emplace();
  Result<bool> found = BlockingWait(store.Get(key, snapshot, &value));
  if (!found.ok()) return found.status();
  if (!*found) return std::optional<std::string>();
  return std::optional<std::string>(value.view());
}

Status Flush(LsmStore& store) { return BlockingWait(store.Flush()); }

Status CompactRange(LsmStore& store, KeyRange range) {
  return BlockingWait(store.CompactRange(std::move(range)));
}

Result<std::vector<std::pair<std::string, std::string>>> Scan(LsmStore& store,
                                                              SequenceNumber snapshot,
                                                              CursorOptions options) {
  std::vector<std::pair<std::string, std::string>> rows;
  auto cursor = store.NewCursor(snapshot, std::move(options));
  std::optional<LoopScope> loop;
  if (LoopsTurn()) loop.emplace();
  while (true) {
    auto page = BlockingWait(cursor->NextPage());
    if (!page.ok()) return page.status();
    if (page->empty()) return rows;
    for (const KeyValue& row : *page) rows.emplace_back(row.key, row.value);
  }
}

Result<Contents> ReadAll(LsmStore& store) {
  Snapshot snapshot = store.AcquireSnapshot();
  ASSIGN_OR_RETURN(auto forward, Scan(store, snapshot.sequence(), {}));
  ASSIGN_OR_RETURN(auto backward, Scan(store, snapshot.sequence(), {.reverse = true}));
  std::reverse(backward.begin(), backward.end());
  if (forward != backward) {
    return Error(sqlstate::kInternalError, "{} rows forward, {} other rows backward",
                 forward.size(), backward.size());
  }
  Contents contents(forward.begin(), forward.end());
  if (contents.size() != forward.size()) {
    return Error(sqlstate::kInternalError, "a scan gave a key twice");
  }
  return contents;
}

double StatisticOf(LsmStore& store, const std::string& name) {
  for (const Statistic& statistic : store.Statistics()) {
    if (statistic.name == name) return statistic.value;
  }
  CHECK(false);
}

namespace {

// Every third point stays in the batch itself, so that run and memtable take turns.
Status AddAsRun(LsmStore& store, const ScriptedBatch& scripted, WriteBatch* batch) {
  std::unique_ptr<RunWriter> writer = store.NewRunWriter();
  std::string last;
  size_t points = 0;
  for (const ScriptedBatch::Operation& operation : scripted.operations) {
    if (operation.type == BatchOperation::kDeleteRange) {
      batch->DeleteRange(operation.key, operation.value);
    } else if (++points % 3 == 0 || operation.key <= last) {
      operation.type == BatchOperation::kPut ? batch->Put(operation.key, operation.value)
                                             : batch->Delete(operation.key);
    } else {
      RETURN_IF_ERROR(operation.type == BatchOperation::kPut
                          ? writer->Put(operation.key, operation.value)
                          : writer->Delete(operation.key));
      last = operation.key;
    }
  }
  ASSIGN_OR_RETURN(SortedRun run, writer->Finish());
  batch->Ingest(std::move(run));
  return Status::Ok();
}

}  // namespace

CommitResult Write(LsmStore& store, const ScriptedBatch& scripted, bool sync) {
  WriteBatch batch;
  if (scripted.as_run) {
    Status status = AddAsRun(store, scripted, &batch);
    if (!status.ok()) return {.outcome = CommitOutcome::kConflict, .status = std::move(status)};
    return Write(store, std::move(batch), sync);
  }
  for (const ScriptedBatch::Operation& operation : scripted.operations) {
    switch (operation.type) {
      case BatchOperation::kPut:
        batch.Put(operation.key, operation.value);
        break;
      case BatchOperation::kDelete:
        batch.Delete(operation.key);
        break;
      case BatchOperation::kDeleteRange:
        batch.DeleteRange(operation.key, operation.value);
        break;
      case BatchOperation::kIngest:
      case BatchOperation::kMarker:
        CHECK(false);  // as_run says it
    }
  }
  return Write(store, std::move(batch), sync);
}

void ScriptedBatch::ApplyTo(Contents* contents) const {
  for (const Operation& operation : operations) {
    if (operation.type != BatchOperation::kDeleteRange) continue;
    auto end = operation.value.empty() ? contents->end() : contents->lower_bound(operation.value);
    auto begin = contents->lower_bound(operation.key);
    if (operation.value.empty() || operation.key < operation.value) contents->erase(begin, end);
  }
  for (const Operation& operation : operations) {
    if (operation.type == BatchOperation::kPut) (*contents)[operation.key] = operation.value;
    if (operation.type == BatchOperation::kDelete) contents->erase(operation.key);
  }
}

std::string MarkerKey(int number) { return fmt::format("marker/{:06}", number); }

ScriptedBatch Scripted(uint64_t seed, int number) {
  Random random(seed * 1'000'003 + number);
  ScriptedBatch batch;
  auto key = [&] { return fmt::format("key/{:03}", random.Uniform(100)); };
  std::map<std::string, ScriptedBatch::Operation> points;
  int count = 1 + static_cast<int>(random.Uniform(5));
  size_t value_bytes = random.OneIn(20) ? 20'000 : 120;
  for (int i = 0; i < count; ++i) {
    std::string at = key();
    if (random.OneIn(4)) {
      points[at] = {BatchOperation::kDelete, at, {}};
    } else {
      std::string value = fmt::format("{}:{}:", number, i);
      value.append(random.Uniform(value_bytes), static_cast<char>('a' + random.Uniform(26)));
      points[at] = {BatchOperation::kPut, at, value};
    }
  }
  if (random.OneIn(8)) {
    std::string begin = key();
    std::string end = key();
    if (end < begin) std::swap(begin, end);
    batch.operations.push_back({BatchOperation::kDeleteRange, begin, end});
  }
  for (auto& [at, operation] : points) batch.operations.push_back(std::move(operation));
  batch.operations.push_back({BatchOperation::kPut, MarkerKey(number), std::to_string(number)});
  batch.operations.push_back({BatchOperation::kPut, kCounterKey, std::to_string(number)});
  batch.as_run = Random(seed * 31 + number).OneIn(4);
  return batch;
}

ScriptedHistory::ScriptedHistory(uint64_t seed, int count) : contents_(1), batches_(1) {
  for (int number = 1; number <= count; ++number) {
    batches_.push_back(Scripted(seed, number));
    contents_.push_back(contents_.back());
    batches_.back().ApplyTo(&contents_.back());
  }
}

int CounterOf(const Contents& contents) {
  auto counter = contents.find(kCounterKey);
  return counter == contents.end() ? 0 : std::stoi(counter->second);
}

namespace {

class LyingFile : public File {
 public:
  explicit LyingFile(std::unique_ptr<File> base) : base_(std::move(base)) {}
  Result<size_t> Read(uint64_t offset, size_t length, char* buffer) override {
    return base_->Read(offset, length, buffer);
  }
  Status Write(uint64_t offset, std::string_view bytes) override {
    return base_->Write(offset, bytes);
  }
  Status Sync() override { return Status::Ok(); }
  Status Preallocate(uint64_t size) override { return base_->Preallocate(size); }
  Status Truncate(uint64_t size) override { return base_->Truncate(size); }
  Result<uint64_t> Size() override { return base_->Size(); }

 private:
  std::unique_ptr<File> base_;
};

class LyingFileSystem : public FileSystem {
 public:
  explicit LyingFileSystem(FileSystem& base) : base_(base) {}
  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    ASSIGN_OR_RETURN(std::unique_ptr<File> file, base_.Open(path, mode));
    return std::unique_ptr<File>(std::make_unique<LyingFile>(std::move(file)));
  }
  Status Remove(const std::string& path) override { return base_.Remove(path); }
  Status Rename(const std::string& from, const std::string& to) override {
    return base_.Rename(from, to);
  }
  Status Link(const std::string& from, const std::string& to) override {
    return base_.Link(from, to);
  }
  Status CreateDirectory(const std::string& path) override { return base_.CreateDirectory(path); }
  Status SyncDirectory(const std::string& path) override { return base_.SyncDirectory(path); }
  Result<std::vector<std::string>> List(const std::string& path) override {
    return base_.List(path);
  }
  Result<bool> Exists(const std::string& path) override { return base_.Exists(path); }
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    return base_.Lock(path);
  }
  Result<uint64_t> FreeBytes(const std::string& path) override { return base_.FreeBytes(path); }

 private:
  FileSystem& base_;
};

}  // namespace

std::unique_ptr<FileSystem> NewLyingFileSystem(FileSystem& base) {
  return std::make_unique<LyingFileSystem>(base);
}

}  // namespace shale::engine
