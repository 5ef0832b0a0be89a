// Numbers: OIDs, storage ids and row ids, leased from stored counters in blocks that are durable
// before the first of them is given out. One for all databases, so that none is given twice.
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "catalog/schema.h"
#include "engine/base/task.h"
#include "engine/kv_store.h"

namespace shale::catalog {

class Numbers {
 public:
  // The store outlives it.
  explicit Numbers(engine::KvStore* store) : store_(store) {}

  // As Catalog's of the same names.
  Async<Result<Oid>> AllocateOid();
  Async<Result<uint32_t>> AllocateStorageId(std::string_view schema_name);
  Async<Result<uint64_t>> AllocateRowIds(uint32_t storage_id, uint64_t count);
  // Of a temporary table's storage: its numbers are nowhere but in memory.
  void ForgetRowIds(uint32_t storage_id);

 private:
  // A block of numbers [next, end) taken from a stored counter.
  struct Lease {
    uint64_t next = 0;
    uint64_t end = 0;
    uint64_t block = 0;  // size of the last block, grows with use
  };
  Async<Result<uint64_t>> Allocate(std::string key, uint64_t count, uint64_t first,
                                   uint64_t block_max);
  Task<Result<uint64_t>> Refill(std::string key, uint64_t count, uint64_t first,
                                uint64_t block_max);

  engine::KvStore* const store_;
  std::mutex mutex_;
  std::unordered_map<std::string, Lease> leases_;  // guarded by mutex_
};

}  // namespace shale::catalog
