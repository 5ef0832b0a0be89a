// The engines under test: the model, linked and as a plugin, and the LSM engine with shrunk and
// with normal options.
#include "engine/base/check.h"
#include "engine/base/executor.h"
#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "engine/model/model_store.h"
#include "engine/mvcc/lsm_kv_store.h"
#include "engine/options.h"
#include "engine/plugin_loader.h"
#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

class OpenMemory : public OpenStore {
 public:
  OpenMemory() : store_(EngineOptions{}) {}
  KvStore& store() override { return store_; }

 private:
  MemoryStore store_;
};

// The model, opened through the loader.
class OpenPlugin : public OpenStore {
 public:
  OpenPlugin() {
    static const Result<std::string> name =
        LoadEnginePlugin(std::string(SHALE_PLUGIN_DIR) + "/model_plugin.so");
    if (!name.ok()) ADD_FAILURE() << name.status().ToString();
    CHECK(name.ok());
    Result<std::unique_ptr<KvStore>> store = OpenEngine(*name, EngineOptions{});
    CHECK(store.ok());
    store_ = std::move(*store);
  }
  KvStore& store() override { return *store_; }

 private:
  std::unique_ptr<KvStore> store_;
};

class OpenLsm : public OpenStore {
 public:
  explicit OpenLsm(EngineOptions options) : io_("conformance-io", 2) {
    Result<std::unique_ptr<LocalStorage>> storage = OpenLocalStorage(files_, "/data");
    CHECK(storage.ok());
    storage_ = std::move(*storage);
    options.storage = storage_.get();
    options.io_executor = &io_;
    Result<std::unique_ptr<LsmKvStore>> store = LsmKvStore::Open(options);
    if (!store.ok()) ADD_FAILURE() << store.status().ToString();
    CHECK(store.ok());
    store_ = std::move(*store);
  }
  KvStore& store() override { return *store_; }

 private:
  MemoryFileSystem files_;
  ThreadPool io_;
  std::unique_ptr<LocalStorage> storage_;
  std::unique_ptr<LsmKvStore> store_;
};

// Makes what is rare common: a flush every few rows, compactions all the time, no cache to speak
// of.
EngineOptions Shrunk() {
  EngineOptions options;
  options.memtable_bytes_max = 8 << 10;
  options.block_bytes = 128;
  options.restart_interval = 2;
  options.block_cache_bytes = 4 << 10;
  options.table_bytes_max = 4 << 10;
  options.level_base_bytes = 16 << 10;
  options.level_multiplier = 3;
  options.level0_compaction_files = 2;
  options.log_segment_bytes = 16 << 10;
  options.value_separation_bytes = 100;
  return options;
}

// Transactions that keep next to nothing in memory.
EngineOptions Spilling() {
  EngineOptions options = Shrunk();
  options.transaction_buffer_bytes = 800;
  return options;
}

EngineOptions Normal() {
  EngineOptions options;
  options.block_cache_bytes = 8 << 20;
  return options;
}

}  // namespace

const std::vector<Backend>& Backends() {
  static const std::vector<Backend> backends = {
      {"Memory", [] { return std::make_unique<OpenMemory>(); }},
      {"Plugin", [] { return std::make_unique<OpenPlugin>(); }},
      {"LsmShrunk", [] { return std::make_unique<OpenLsm>(Shrunk()); }},
      {"LsmSpilling", [] { return std::make_unique<OpenLsm>(Spilling()); }},
      {"LsmNormal", [] { return std::make_unique<OpenLsm>(Normal()); }},
  };
  return backends;
}

}  // namespace shale::engine::conformance
