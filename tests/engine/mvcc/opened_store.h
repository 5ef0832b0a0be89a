// A store on a file system for the tests of engine/mvcc, one-row transactions, and a loop.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/executor.h"
#include "engine/env/local_storage.h"
#include "engine/mvcc/lsm_kv_store.h"
#include "engine/options.h"

namespace shale::engine {

// An executor that must not block, as the server's loops.
class InlineLoop : public Executor {
 public:
  void Post(std::move_only_function<void()> function) override { function(); }
};

// A store on the file system, which outlives it.
class OpenedStore {
 public:
  explicit OpenedStore(FileSystem& files, EngineOptions options = {}) : io_("mvcc-test-io", 2) {
    Result<std::unique_ptr<LocalStorage>> storage = OpenLocalStorage(files, "/data");
    if (!storage.ok()) ADD_FAILURE() << storage.status().ToString();
    storage_ = std::move(*storage);
    options.storage = storage_.get();
    options.io_executor = &io_;
    options.block_cache_bytes = 1 << 20;
    Result<std::unique_ptr<LsmKvStore>> store = LsmKvStore::Open(options);
    if (!store.ok()) ADD_FAILURE() << store.status().ToString();
    store_ = std::move(*store);
  }
  LsmKvStore& operator*() { return *store_; }
  LsmKvStore* operator->() { return store_.get(); }

 private:
  ThreadPool io_;
  std::unique_ptr<LocalStorage> storage_;
  std::unique_ptr<LsmKvStore> store_;
};

inline CommitResult PutOne(LsmKvStore& store, std::string_view key, std::string_view value,
                           uint64_t* id = nullptr) {
  std::unique_ptr<KvTransaction> transaction = store.Begin({});
  if (id != nullptr) *id = transaction->id();
  EXPECT_TRUE(transaction->Put(key, value).ok());
  return BlockingWait(transaction->Commit());
}

inline std::optional<std::string> GetOne(LsmKvStore& store, std::string_view key) {
  std::unique_ptr<KvTransaction> transaction = store.Begin({});
  PinnedBytes value;
  Result<bool> found = BlockingWait(transaction->Get(key, &value));
  EXPECT_TRUE(found.ok());
  if (!found.ok() || !*found) return std::nullopt;
  return std::string(value.view());
}

inline bool WasCommitted(LsmKvStore& store, uint64_t id) {
  Result<bool> answer = BlockingWait(store.WasCommitted(id));
  EXPECT_TRUE(answer.ok());
  return answer.ok() && *answer;
}

}  // namespace shale::engine
