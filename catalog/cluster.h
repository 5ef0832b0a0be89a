// Cluster: the databases of a store: their list, and a catalog for each.
//
// One per process; thread-safe. What a transaction changes in its database's catalog and in the
// list is published in one step (Publish); all catalogs show the same list.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/numbers.h"
#include "engine/base/status.h"
#include "engine/base/task.h"
#include "engine/kv_store.h"

namespace shale::catalog {

class Cluster {
 public:
  // Reads what is stored, or makes the first databases (template0, template1, postgres and the
  // default one, each with the schemas pg_catalog, public and information_schema) in an empty
  // store; in one from before there were databases all there is becomes the default one's. Deletes
  // what temporary tables have left. Blocks; XX001 where records are damaged, 0A000 where a newer
  // format was written.
  static Result<std::unique_ptr<Cluster>> Open(engine::KvStore* store);

  engine::KvStore* store() const { return store_; }
  std::shared_ptr<const DatabaseMap> databases() const;
  // Null: there is none of the OID, or of the name.
  CatalogRef Find(Oid database) const;
  DatabaseRef FindDatabase(std::string_view name) const;
  std::vector<CatalogRef> catalogs() const;

  // Makes the changes of a transaction of the database everybody's; within its commit. `created`
  // belongs to a database that the changes add; null: they add none.
  void Publish(Catalog* catalog, const CatalogChanges& changes, engine::SequenceNumber sequence,
               CatalogRef created);

  // Writes, in the transaction, a copy of all that the database has (but temporary objects) as that
  // of a database with a fresh OID; gives its catalog, which is nobody's until
  // CatalogTransaction::CreateDatabase. Nobody uses the original meanwhile. Long work.
  Task<Result<CatalogRef>> CopyDatabase(CatalogRef original, Oid copy,
                                        engine::KvTransaction* transaction,
                                        engine::CancelToken* cancel);

 private:
  explicit Cluster(engine::KvStore* store) : store_(store), numbers_(store) {}
  Status Load();
  Result<std::shared_ptr<const DatabaseMap>> LoadDatabases(engine::KvTransaction* transaction);
  // Into a store that has no list of them.
  Status CreateDatabases(engine::KvTransaction* transaction);
  Status DeleteTemporary();
  // With that content, or (null) with none.
  CatalogRef MakeCatalog(Oid database, std::shared_ptr<const CatalogSnapshot> content);
  // As the name says, of a storage that somebody else has into a fresh one.
  Task<Status> CopyRows(uint32_t from, uint32_t to, engine::KvTransaction* transaction,
                        engine::CancelToken* cancel);
  // Gives the tables and indexes among the changes storage ids of their own, with copies of the
  // rows.
  Task<Status> CopyStorage(CatalogChanges* changes, engine::KvTransaction* transaction,
                           engine::CancelToken* cancel);

  engine::KvStore* const store_;
  Numbers numbers_;
  std::mutex publish_mutex_;  // orders publications
  mutable std::mutex mutex_;  // taken within the other
  std::shared_ptr<const DatabaseMap> databases_ =
      std::make_shared<DatabaseMap>();  // guarded by mutex_
  std::map<Oid, CatalogRef> catalogs_;  // guarded by mutex_
};

}  // namespace shale::catalog
