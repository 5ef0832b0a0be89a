// RocksDB as its own documents advise for a general workload, and its pessimistic TransactionDB.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/statistics.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/transaction.h>
#include <rocksdb/utilities/transaction_db.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/engine/store.h"

namespace shale::bench {
namespace {

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

void Check(const rocksdb::Status& status) {
  if (!status.ok()) Fail("RocksDB: " + status.ToString());
}

rocksdb::Options MakeOptions(const StoreOptions& options) {
  rocksdb::Options made;
  made.create_if_missing = true;
  made.write_buffer_size = options.memtable_bytes;
  made.max_write_buffer_number = 3;
  made.level_compaction_dynamic_level_bytes = true;
  made.max_background_jobs = options.background_threads;
  made.compression = rocksdb::kLZ4Compression;
  made.bottommost_compression = rocksdb::kZSTD;
  made.max_open_files = -1;
  made.statistics = rocksdb::CreateDBStatistics();
  made.statistics->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);
  rocksdb::BlockBasedTableOptions table;
  table.block_size = options.block_bytes;
  table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(options.bloom_bits_per_key));
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  made.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return made;
}

class RocksDbStore : public Store {
 public:
  explicit RocksDbStore(const StoreOptions& options)
      : directory_(options.directory), options_(MakeOptions(options)) {}
  void Open() {
    rocksdb::DB* db = nullptr;
    Check(rocksdb::DB::Open(options_, directory_, &db));
    db_.reset(db);
  }
  ~RocksDbStore() override {
    if (snapshot_ != nullptr) db_->ReleaseSnapshot(snapshot_);
  }

  void Put(std::string_view key, std::string_view value, bool synced) override {
    Check(db_->Put(Durability(synced), ToSlice(key), ToSlice(value)));
  }
  void Delete(std::string_view key) override { Check(db_->Delete({}, ToSlice(key))); }
  int64_t Get(std::string_view key) override {
    rocksdb::PinnableSlice value;
    rocksdb::Status status =
        db_->Get(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), ToSlice(key), &value);
    if (status.IsNotFound()) return -1;
    Check(status);
    return static_cast<int64_t>(value.size());
  }
  int Seek(std::string_view key, int rows) override {
    std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator({}));
    int count = 0;
    for (iterator->Seek(ToSlice(key)); iterator->Valid() && count < rows; iterator->Next()) {
      seen_ += iterator->key().size() + iterator->value().size();
      ++count;
    }
    Check(iterator->status());
    return count;
  }
  uint64_t Scan(bool reverse, const RowFunction& on_row) override {
    std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator({}));
    uint64_t count = 0;
    for (reverse ? iterator->SeekToLast() : iterator->SeekToFirst(); iterator->Valid();
         reverse ? iterator->Prev() : iterator->Next()) {
      on_row(ToView(iterator->key()), ToView(iterator->value()));
      ++count;
    }
    Check(iterator->status());
    return count;
  }
  void BulkLoad(const RowSource& next) override {
    std::vector<std::string> files;
    std::string_view key;
    std::string_view value;
    bool more = next(&key, &value);
    while (more) {
      rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options_);
      files.push_back(directory_ + "/bulk" + std::to_string(files.size()) + ".sst");
      Check(writer.Open(files.back()));
      do {
        Check(writer.Put(ToSlice(key), ToSlice(value)));
        more = next(&key, &value);
      } while (more && writer.FileSize() < options_.target_file_size_base);
      Check(writer.Finish());
      bulk_bytes_ += writer.FileSize();
    }
    rocksdb::IngestExternalFileOptions ingest;
    ingest.move_files = true;
    Check(db_->IngestExternalFile(files, ingest));
  }
  void Settle() override {
    Check(db_->Flush({}));
    while (Property("rocksdb.compaction-pending") + Property("rocksdb.num-running-compactions") +
               Property("rocksdb.num-running-flushes") >
           0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  void Compact() override { Check(db_->CompactRange({}, nullptr, nullptr)); }
  void HoldSnapshot() override { snapshot_ = db_->GetSnapshot(); }
  uint64_t BytesWritten() override {
    return options_.statistics->getTickerCount(rocksdb::WAL_FILE_BYTES) +
           options_.statistics->getTickerCount(rocksdb::FLUSH_WRITE_BYTES) +
           options_.statistics->getTickerCount(rocksdb::COMPACT_WRITE_BYTES) + bulk_bytes_;
  }
  uint64_t TableEntries() override {
    rocksdb::TablePropertiesCollection tables;
    Check(db_->GetPropertiesOfAllTables(&tables));
    uint64_t entries = 0;
    for (const auto& [name, properties] : tables) entries += properties->num_entries;
    return entries;
  }

 protected:
  uint64_t Property(const char* name) {
    uint64_t value = 0;
    if (!db_->GetIntProperty(name, &value)) Fail(std::string("RocksDB knows no ") + name);
    return value;
  }
  static rocksdb::WriteOptions Durability(bool synced) {
    rocksdb::WriteOptions options;
    options.sync = synced;
    return options;
  }

  const std::string directory_;
  const rocksdb::Options options_;
  std::unique_ptr<rocksdb::DB> db_;
  uint64_t bulk_bytes_ = 0;  // of files that the store took over
  const rocksdb::Snapshot* snapshot_ = nullptr;
  static inline thread_local uint64_t seen_ = 0;
};

class RocksDbTransactionsStore : public RocksDbStore {
 public:
  using RocksDbStore::RocksDbStore;
  void Open() {
    rocksdb::TransactionDB* db = nullptr;
    Check(rocksdb::TransactionDB::Open(options_, {}, directory_, &db));
    db_.reset(db);
    transactions_ = db;
  }

  void Put(std::string_view key, std::string_view value, bool synced) override {
    std::unique_ptr<rocksdb::Transaction> transaction = Begin(synced);
    Check(transaction->Put(ToSlice(key), ToSlice(value)));
    Check(transaction->Commit());
  }
  void Delete(std::string_view key) override {
    std::unique_ptr<rocksdb::Transaction> transaction = Begin(false);
    Check(transaction->Delete(ToSlice(key)));
    Check(transaction->Commit());
  }
  int64_t Get(std::string_view key) override {
    std::unique_ptr<rocksdb::Transaction> transaction = Begin(false);
    rocksdb::PinnableSlice value;
    rocksdb::ReadOptions options;
    transaction->SetSnapshot();
    options.snapshot = transaction->GetSnapshot();
    rocksdb::Status status =
        transaction->Get(options, db_->DefaultColumnFamily(), ToSlice(key), &value);
    int64_t bytes = status.IsNotFound() ? -1 : static_cast<int64_t>(value.size());
    if (bytes >= 0) Check(status);
    Check(transaction->Commit());
    return bytes;
  }

 private:
  std::unique_ptr<rocksdb::Transaction> Begin(bool synced) {
    return std::unique_ptr<rocksdb::Transaction>(
        transactions_->BeginTransaction(Durability(synced)));
  }

  rocksdb::TransactionDB* transactions_ = nullptr;
};

}  // namespace

std::unique_ptr<Store> OpenRocksDb(const StoreOptions& options) {
  auto store = std::make_unique<RocksDbStore>(options);
  store->Open();
  return store;
}

std::unique_ptr<Store> OpenRocksDbTransactions(const StoreOptions& options) {
  auto store = std::make_unique<RocksDbTransactionsStore>(options);
  store->Open();
  return store;
}

}  // namespace shale::bench
