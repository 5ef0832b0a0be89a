// PreparedTransactions: a store's transactions that are prepared (two-phase commit), by name.
//
// Who prepares one reserves the name, makes the transaction durable and adds it; who ends one takes
// it, ends it and removes it. Knows nothing of storage. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/kv_store.h"

namespace shale::engine {

class PreparedTransactions {
 public:
  // Nobody else gets the name from now on. 42710 where somebody has it.
  Status Reserve(PreparedTransaction info);
  // Of a reserved name: it is there for all.
  void Add(std::string_view name, std::unique_ptr<KvTransaction> transaction);
  struct Taken {
    KvTransaction* transaction = nullptr;
    std::string_view payload;
  };
  // The transaction, for the caller alone until it calls Return or Remove. 42704 where there is
  // none of the name, 55000 where somebody else ends it.
  Result<Taken> Take(std::string_view name);
  void Return(std::string_view name);
  // Of a reserved or taken one: name and transaction are gone.
  void Remove(std::string_view name);

  std::vector<PreparedTransaction> List() const;
  size_t size() const;
  void Clear();

 private:
  struct Entry {
    PreparedTransaction info;
    std::unique_ptr<KvTransaction> transaction;  // null: reserved
    bool taken = false;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  mutable std::mutex mutex_;
  Entries entries_;  // guarded by mutex_
};

}  // namespace shale::engine
