// Store: what the engine benchmark measures, once for each engine. Every implementation does the
// same work for one call: same durability, compression, filter bits, block size, cache and threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace shale::bench {

struct StoreOptions {
  std::string directory;
  size_t cache_bytes = 64 << 20;
  size_t memtable_bytes = 64 << 20;
  size_t block_bytes = 8 << 10;
  double bloom_bits_per_key = 12;
  int background_threads = 2;
};

// Failures end the benchmark: all calls exit with a message where the engine reports an error.
// Thread-safe, except where one says otherwise.
class Store {
 public:
  virtual ~Store() = default;

  // One write, committed alone. synced: acknowledged when durable; else when it is in the log.
  virtual void Put(std::string_view key, std::string_view value, bool synced) = 0;
  virtual void Delete(std::string_view key) = 0;
  // Bytes of the value; -1 where the key is absent.
  virtual int64_t Get(std::string_view key) = 0;
  // Reads up to `rows` rows from the key on, keys and values; gives how many there were.
  virtual int Seek(std::string_view key, int rows) = 0;
  // All rows in order or in reverse; calls on each, gives how many.
  using RowFunction = std::function<void(std::string_view key, std::string_view value)>;
  virtual uint64_t Scan(bool reverse, const RowFunction& on_row) = 0;
  // Sorted rows into an empty store, durable at the end. next gives false at the end.
  using RowSource = std::function<bool(std::string_view* key, std::string_view* value)>;
  virtual void BulkLoad(const RowSource& next) = 0;

  // Writes memtables out and waits until background work has nothing left to do.
  virtual void Settle() = 0;
  // Brings everything into the last level.
  virtual void Compact() = 0;
  // Held at this moment until the store closes: what an open snapshot costs.
  virtual void HoldSnapshot() = 0;
  // Bytes that the engine wrote since it was opened: log, tables, manifest.
  virtual uint64_t BytesWritten() = 0;
  // Versions of keys, deletions too, in the tables.
  virtual uint64_t TableEntries() = 0;
};

// Exits with the message.
[[noreturn]] void Fail(const std::string& message);

std::unique_ptr<Store> OpenShale(const StoreOptions& options);
std::unique_ptr<Store> OpenShaleTransactions(const StoreOptions& options);
std::unique_ptr<Store> OpenRocksDb(const StoreOptions& options);
std::unique_ptr<Store> OpenRocksDbTransactions(const StoreOptions& options);
// A log and nothing else: each Put is one append and one fdatasync. Writes only.
std::unique_ptr<Store> OpenBareLog(const StoreOptions& options);

}  // namespace shale::bench
