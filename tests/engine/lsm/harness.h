// What the tests of the LSM store share: option sets that shrink constants, stores on file systems
// in memory, blocking calls, a model of the contents, and a scripted workload whose every prefix is
// known.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/random.h"
#include "engine/crypto/secret_key.h"
#include "engine/env/file_system.h"
#include "engine/env/local_storage.h"
#include "engine/lsm/lsm_store.h"

namespace shale::engine {

using Contents = std::map<std::string, std::string>;

// Under a sanitizer a run costs several times more: sweeps take a part of their points there, and
// all of them in the other builds.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// What scripts/torture sets SHALE_TORTURE to: how many times longer than in scripts/test a sweep
// is; 1 without it.
int TortureFactor();

// Option sets by number, without storage: from all constants tiny to the defaults, and from
// kOptionSets on as many as anybody wants, drawn at random by their number.
inline constexpr int kOptionSets = 8;
EngineOptions OptionSet(int number);
// Every rare path is common: 64-byte blocks, 4 KiB memtables, 2-table levels.
EngineOptions TinyOptions();

// The key of what is encrypted.
std::shared_ptr<const SecretKey> TestMasterKey();

// A store on a file system's directory "/data". Destroyed: closed in order.
class TestStore {
 public:
  // The file system outlives it.
  static Result<std::unique_ptr<TestStore>> Open(FileSystem& file_system, EngineOptions options);
  ~TestStore();

  LsmStore& operator*() { return *store_; }
  LsmStore* operator->() { return store_.get(); }
  LocalStorage& storage() { return *storage_; }

 private:
  std::unique_ptr<LocalStorage> storage_;
  std::unique_ptr<LsmStore> store_;
};

// An executor that runs posts at once, as a plain thread does, but may not block, as a loop: reads
// that miss the cache go to the I/O executor. In force on this thread while the scope lives.
class LoopScope {
 public:
  LoopScope();

 private:
  Executor::Scope scope_;
};

// Blocking forms of the store's calls. Reads behave as on a plain thread and as on a loop, by
// turns.
CommitResult Write(LsmStore& store, WriteBatch batch, bool sync = true);
Status Put(LsmStore& store, const std::string& key, const std::string& value);
Result<std::optional<std::string>> Get(LsmStore& store, const std::string& key,
                                       SequenceNumber snapshot);
// Of many keys at once, in their order; *from_memory counts those that memory answered.
Result<std::vector<std::optional<std::string>>> GetTogether(LsmStore& store,
                                                            const std::vector<std::string>& keys,
                                                            SequenceNumber snapshot,
                                                            size_t* from_memory);
Status Flush(LsmStore& store);
Status CompactRange(LsmStore& store, KeyRange range = {});
// Rows in the cursor's order.
Result<std::vector<std::pair<std::string, std::string>>> Scan(LsmStore& store,
                                                              SequenceNumber snapshot,
                                                              CursorOptions options);
// All of what is visible now, read forward; checked to be the same read backward.
Result<Contents> ReadAll(LsmStore& store);
double StatisticOf(LsmStore& store, const std::string& name);

// One transaction of the workload.
struct ScriptedBatch {
  struct Operation {
    BatchOperation type;
    std::string key;
    std::string value;
  };
  std::vector<Operation> operations;
  bool sync = true;
  // Most of the points, those in ascending order, go into a sorted run.
  bool as_run = false;

  void ApplyTo(Contents* contents) const;
};

// A batch whose run cannot be built is refused.
CommitResult Write(LsmStore& store, const ScriptedBatch& batch, bool sync = true);

// The i-th transaction (from 1) of the workload of a seed: puts, deletions, range deletions, now
// and then a big one, some with a sorted run. Each also writes its number under kCounterKey, so
// contents tell which prefix they are, and a marker of its own under MarkerKey(i).
inline constexpr const char* kCounterKey = "counter";
std::string MarkerKey(int number);
ScriptedBatch Scripted(uint64_t seed, int number);

// The contents after each prefix of the workload.
class ScriptedHistory {
 public:
  ScriptedHistory(uint64_t seed, int count);
  const Contents& After(int number) const { return contents_[number]; }
  const ScriptedBatch& batch(int number) const { return batches_[number]; }
  int count() const { return static_cast<int>(contents_.size()) - 1; }

 private:
  std::vector<Contents> contents_;
  std::vector<ScriptedBatch> batches_;  // [0] is empty
};

// The number under kCounterKey, 0 where there is none.
int CounterOf(const Contents& contents);

// A disk that lies: passes all on, but forgets syncs of files. For negative controls.
std::unique_ptr<FileSystem> NewLyingFileSystem(FileSystem& base);

}  // namespace shale::engine
