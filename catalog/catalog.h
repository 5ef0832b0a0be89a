// Catalog: the schemas, tables and sequences of a database, stored in the engine itself under
// system keys and changed in the same transactions as rows, so DDL is transactional.
//
// One Catalog per database, made by the Cluster (cluster.h); thread-safe. A transaction that
// changes the catalog keeps a CatalogTransaction beside its KvTransaction: reads see its own
// changes, savepoints roll them back, and its commit publishes them to everybody at the commit's
// place in the order.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "catalog/catalog_format.h"
#include "catalog/numbers.h"
#include "catalog/snapshot.h"
#include "engine/base/task.h"
#include "engine/kv_store.h"

namespace shale::catalog {

class Cluster;

class Catalog {
 public:
  Oid database() const { return database_; }
  Cluster& cluster() const { return *cluster_; }

  // What is committed now.
  std::shared_ptr<const CatalogSnapshot> snapshot() const;
  // As it was when the transaction's snapshot was taken, which may be long ago. Blocks.
  Result<std::shared_ptr<const CatalogSnapshot>> At(engine::KvTransaction* transaction) const;
  // Whether the snapshot, of this catalog, is what is committed now: cheaper than asking for it.
  bool IsCurrent(const CatalogSnapshot& snapshot) const {
    return snapshot.version() == version_.load(std::memory_order_acquire);
  }
  engine::KvStore* store() const { return store_; }

  // What the commit of a prepared transaction is to run: makes its changes everybody's.
  std::function<void(engine::SequenceNumber)> PublisherOf(CatalogChanges changes);
  // Of a transaction that is rolled back: progress of sequences that only it has known may have
  // been undone with its writes, so their leases must not go on.
  void ForgetSequences(const CatalogChanges& changes);

  // Fresh numbers, never handed out before, not even before a crash. Mostly at once (leased in
  // blocks).
  Async<Result<Oid>> AllocateOid() { return numbers_->AllocateOid(); }
  // For a table or index in the schema of this name: those of temporary ones are numbers apart.
  Async<Result<uint32_t>> AllocateStorageId(std::string_view schema_name = {}) {
    return numbers_->AllocateStorageId(schema_name);
  }
  // `count` successive hidden row ids of the table stored under storage_id; gives the first.
  Async<Result<uint64_t>> AllocateRowIds(uint32_t storage_id, uint64_t count) {
    return numbers_->AllocateRowIds(storage_id, count);
  }

  // --- sequences: values are outside transactions, as in PostgreSQL ---
  // `transaction` below is the caller's own where it has created or altered the sequence itself, so
  // that nobody else can see it yet; otherwise null.

  // A value from the lease in memory, or nothing where the lease is used up.
  std::optional<int64_t> TryNextValue(const SequenceDesc& sequence);
  // Makes up to `count` more values available in memory, at least one; durable before it returns.
  // 2200H at the sequence's end.
  Async<Status> LeaseSequence(SequenceRef sequence, uint64_t count,
                              engine::KvTransaction* transaction);
  // setval and RESTART; durable and visible to all at once, but for a given transaction.
  Async<Status> SetSequenceValue(SequenceRef sequence, SequenceProgress progress,
                                 engine::KvTransaction* transaction);
  // last_value and is_called, as SELECT FROM the sequence shows.
  Async<Result<SequenceProgress>> ReadSequence(SequenceRef sequence,
                                               engine::KvTransaction* transaction);

 private:
  friend class CatalogTransaction;
  friend class Cluster;
  Catalog(Cluster* cluster, engine::KvStore* store, Numbers* numbers, Oid database)
      : cluster_(cluster), store_(store), numbers_(numbers), database_(database) {}
  // The snapshot that these changes of it make. The caller holds Cluster's publish mutex.
  void Apply(CatalogChanges changes, engine::SequenceNumber sequence);
  void Install(std::shared_ptr<const CatalogSnapshot> snapshot);
  std::string KeyOf(const SequenceDesc& sequence) const;

  Task<Status> RefillSequence(SequenceRef sequence, uint64_t count,
                              engine::KvTransaction* transaction);
  Task<Status> StoreProgress(SequenceRef sequence, SequenceProgress progress,
                             engine::KvTransaction* transaction);
  Task<Result<SequenceProgress>> LoadProgress(SequenceRef sequence,
                                              engine::KvTransaction* transaction);
  void ForgetSequence(Oid oid);
  void ForgetRowIds(const CatalogChanges& changes, const CatalogSnapshot& before,
                    const CatalogSnapshot& after);

  // `count` values from `next` on are stored as used and not yet handed out; `progress` is what the
  // sequence shows.
  struct SequenceLease {
    int64_t next = 0;
    uint64_t count = 0;
    uint64_t block = 0;  // size of the last lease, grows with use
    SequenceProgress progress;
  };

  Cluster* const cluster_;
  engine::KvStore* const store_;
  Numbers* const numbers_;
  const Oid database_;
  // No std::atomic<std::shared_ptr>: that of GCC 12 lets go of its lock too weakly after a load
  // (the reader's access is not ordered before the next writer's), which TSan reports.
  mutable std::mutex snapshot_mutex_;
  std::shared_ptr<const CatalogSnapshot> snapshot_;  // guarded by snapshot_mutex_
  std::atomic<uint64_t> version_{0};                 // of snapshot_; changed after it
  std::mutex lease_mutex_;
  std::unordered_map<Oid, SequenceLease> sequence_leases_;  // guarded by lease_mutex_
};

using CatalogRef = std::shared_ptr<Catalog>;

// The catalog as one transaction sees and changes it. Same threading as its KvTransaction.
//
// Set and Drop only record and write: checks (duplicate names, dependencies, locks) are the
// caller's, who holds the locks that make them stand: NameLockKey for a name taken, TableLockKey in
// kTableAccessExclusive for a table changed. What is in a temporary schema, and the schema, is
// recorded and published like everything else, and not written: it ends with the process.
class CatalogTransaction {
 public:
  CatalogTransaction(Catalog* catalog, engine::KvTransaction* transaction);
  // Of a transaction that reads the past: sees what was then, and changes nothing.
  CatalogTransaction(Catalog* catalog, engine::KvTransaction* transaction,
                     std::shared_ptr<const CatalogSnapshot> past);

  // The newest committed catalog with own changes over it. Stable between calls of Refresh.
  const std::shared_ptr<const CatalogSnapshot>& view() const { return view_; }
  // At each statement's start (READ COMMITTED) and after waiting for a lock.
  void Refresh();
  // What is committed, as of the last Refresh: without own changes.
  const CatalogSnapshot& committed() const { return *base_; }

  Status SetSchema(SchemaDesc schema);
  Status SetTable(TableDesc table);
  Status SetSequence(SequenceDesc sequence);
  // Its table is set already.
  Status SetIndex(IndexDesc index);
  Status SetView(ViewDesc view);
  // Its OIDs are fresh, or its own already: it is registered (types/user_type.h).
  Status SetType(TypeDesc type);
  Status SetFunction(FunctionDesc function);
  // Of a table that is set already, which keeps them until it is dropped. The caller holds
  // TableLockKey in kTableShareUpdateExclusive or more.
  Status SetStatistics(TableStatistics statistics);
  // In place of those that the object has; without texts: it has none any more. They are dropped
  // with the object, its column or its constraint.
  Status SetComments(ObjectComments comments);
  Status DropSchema(Oid oid);
  // All relations in the schema.
  Status DropRelationsIn(Oid schema);
  // Also deletes the rows, and the indexes; owned sequences are dropped by the caller.
  Status DropTable(Oid oid);
  Status DropSequence(Oid oid);
  // Also deletes the entries.
  Status DropIndex(Oid oid);
  Status DropFunction(Oid oid);
  // Of a materialized one the table goes with it.
  Status DropView(Oid oid);
  Status DropType(Oid oid);
  // Of the list of databases. One that is dropped is not the transaction's own, and nobody uses it;
  // all that is in it goes.
  Status SetDatabase(DatabaseDesc database);
  // `content` is what CopyDatabase has made for it.
  Status CreateDatabase(DatabaseDesc database, CatalogRef content);
  Status DropDatabase(Oid oid);
  const CatalogChanges& changes() const { return changes_; }

  // To be called with the KvTransaction's own savepoint calls.
  size_t change_count() const { return changes_.size(); }
  void RollbackChanges(size_t change_count);

  // The transaction through which the sequence's values must be leased because nobody else sees the
  // sequence yet; null: none.
  engine::KvTransaction* SequenceWriter(Oid sequence) const;

  // What KvTransaction::Commit is to run on publish: makes the changes everybody's.
  std::function<void(engine::SequenceNumber)> Publisher();

 private:
  // Of an object in the schema.
  Status Write(ObjectKind kind, Oid oid, Oid schema, std::string_view record);
  Status Remove(ObjectKind kind, Oid oid, Oid schema);
  bool IsTemporary(Oid schema) const;
  // The schema of what can have comments; kInvalidOid of what is in none.
  Oid SchemaOf(Oid object) const;
  Status DropComments(Oid object, Oid schema);
  // Of the columns and constraints that the table has no more.
  Status DropCommentsBetween(const TableDesc& before, const TableDesc& after);
  void Record(CatalogChange change);

  Catalog* catalog_;
  engine::KvTransaction* transaction_;
  bool is_past_ = false;
  std::shared_ptr<const CatalogSnapshot> base_;
  std::shared_ptr<const CatalogSnapshot> view_;
  CatalogChanges changes_;
  CatalogRef created_;  // of a database; null: none
};

}  // namespace shale::catalog
