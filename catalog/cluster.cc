#include "catalog/cluster.h"

#include <algorithm>
#include <utility>

#include "catalog/comments_format.h"
#include "catalog/database_format.h"
#include "catalog/keys.h"
#include "engine/base/coding.h"
#include "engine/base/log.h"

namespace shale::catalog {
namespace {

// Databases of a new store.
std::vector<DatabaseDesc> FirstDatabases() {
  return {{.oid = kTemplate1DatabaseOid,
           .name = std::string(kTemplate1DatabaseName),
           .is_template = true,
           .comment = "default template for new databases"},
          {.oid = kTemplate0DatabaseOid,
           .name = std::string(kTemplate0DatabaseName),
           .is_template = true,
           .allows_connections = false,
           .comment = "unmodifiable empty database"},
          {.oid = kPostgresDatabaseOid,
           .name = "postgres",
           .comment = "default administrative connection database"},
          {.oid = kDefaultDatabaseOid, .name = std::string(kDefaultDatabaseName)}};
}

// Whether the database has any record.
Result<bool> HasRecords(Oid database, engine::KvTransaction* transaction) {
  auto cursor =
      transaction->Scan({.range = PrefixRange(RecordPrefix(database)), .page_rows_max = 1});
  auto page = BlockingWait(cursor->NextPage());
  if (!page.ok()) return std::move(page).status();
  return !page->empty();
}

// Where there was no list of databases, comments on them were records among others.
Status MoveComment(DatabaseDesc* database, engine::KvTransaction* transaction) {
  const std::string key = RecordKey(kDefaultDatabaseOid, ObjectKind::kComment, database->oid);
  engine::PinnedBytes record;
  engine::SequenceNumber sequence;
  auto found = BlockingWait(transaction->GetLatest(key, &record, &sequence));
  if (!found.ok()) return std::move(found).status();
  if (!*found) return Status::Ok();
  ASSIGN_OR_RETURN(ObjectComments comments, DecodeComments(record.view()));
  if (comments.class_oid != kPgDatabaseOid) return Status::Ok();
  if (auto text = comments.texts.find(0); text != comments.texts.end()) {
    database->comment = text->second;
  }
  return transaction->Delete(key);
}

}  // namespace

CatalogChanges Cluster::FirstSchemas() {
  CatalogChanges changes;
  for (const SchemaDesc& schema :
       {SchemaDesc{kPgCatalogSchemaOid, "pg_catalog"}, SchemaDesc{kPublicSchemaOid, "public"},
        SchemaDesc{kInformationSchemaOid, "information_schema"}}) {
    changes.push_back(
        {ObjectKind::kSchema, schema.oid, std::make_shared<const SchemaDesc>(schema)});
  }
  return changes;
}

Result<std::unique_ptr<Cluster>> Cluster::Open(engine::KvStore* store) {
  std::unique_ptr<Cluster> cluster(new Cluster(store));
  RETURN_IF_ERROR(cluster->Load());
  // It takes space, and nothing else: no storage id is used again.
  Status deleted = cluster->DeleteTemporary();
  if (!deleted.ok()) LogError("could not delete temporary tables: {}", deleted.ToString());
  return cluster;
}

std::shared_ptr<const DatabaseMap> Cluster::databases() const {
  std::lock_guard lock(mutex_);
  return databases_;
}

CatalogRef Cluster::Find(Oid database) const {
  std::lock_guard lock(mutex_);
  auto found = catalogs_.find(database);
  return found != catalogs_.end() ? found->second : nullptr;
}

DatabaseRef Cluster::FindDatabase(std::string_view name) const {
  const auto list = databases();
  auto found =
      std::ranges::find_if(*list, [name](const auto& entry) { return entry.second->name == name; });
  return found != list->end() ? found->second : nullptr;
}

std::vector<CatalogRef> Cluster::catalogs() const {
  std::lock_guard lock(mutex_);
  std::vector<CatalogRef> list;
  for (const auto& [oid, catalog] : catalogs_) list.push_back(catalog);
  return list;
}

CatalogRef Cluster::MakeCatalog(Oid database, std::shared_ptr<const CatalogSnapshot> content) {
  CatalogRef catalog(new Catalog(this, store_, &numbers_, database));
  catalog->Install(std::move(content));
  return catalog;
}

Status Cluster::Load() {
  auto transaction = store_->Begin({});
  ASSIGN_OR_RETURN(auto list, LoadDatabases(transaction.get()));
  if (list->empty()) {
    RETURN_IF_ERROR(CreateDatabases(transaction.get()));
    auto committed = BlockingWait(transaction->Commit());
    RETURN_IF_ERROR(committed.status);
    transaction = store_->Begin({});
    ASSIGN_OR_RETURN(list, LoadDatabases(transaction.get()));
  }
  databases_ = list;
  for (const auto& [oid, database] : *list) {
    CatalogRef catalog(new Catalog(this, store_, &numbers_, oid));
    ASSIGN_OR_RETURN(std::shared_ptr<const CatalogSnapshot> content,
                     catalog->At(transaction.get()));
    catalog->Install(std::move(content));
    catalogs_[oid] = std::move(catalog);
  }
  return Status::Ok();
}

Result<std::shared_ptr<const DatabaseMap>> Cluster::LoadDatabases(
    engine::KvTransaction* transaction) {
  auto list = std::make_shared<DatabaseMap>();
  auto cursor = transaction->Scan({.range = PrefixRange(RecordPrefix(kSharedDatabaseOid))});
  while (true) {
    auto page = BlockingWait(cursor->NextPage());
    if (!page.ok()) return std::move(page).status();
    if (page->empty()) return std::shared_ptr<const DatabaseMap>(std::move(list));
    for (const engine::KeyValue& record : *page) {
      ASSIGN_OR_RETURN(DatabaseDesc database, DecodeDatabase(record.value));
      const Oid oid = database.oid;
      if (record.key != RecordKey(kSharedDatabaseOid, ObjectKind::kDatabase, oid)) {
        return Status(sqlstate::kDataCorrupted, "damaged catalog record key");
      }
      list->emplace(oid, std::make_shared<const DatabaseDesc>(std::move(database)));
    }
  }
}

Status Cluster::CreateDatabases(engine::KvTransaction* transaction) {
  for (DatabaseDesc& database : FirstDatabases()) {
    RETURN_IF_ERROR(MoveComment(&database, transaction));
    RETURN_IF_ERROR(
        transaction->Put(RecordKey(kSharedDatabaseOid, ObjectKind::kDatabase, database.oid),
                         EncodeDatabase(database)));
    ASSIGN_OR_RETURN(const bool is_old, HasRecords(database.oid, transaction));
    if (is_old) continue;
    for (const CatalogChange& change : FirstSchemas()) {
      RETURN_IF_ERROR(transaction->Put(RecordKey(database.oid, change.kind, change.oid),
                                       EncodeSchema(*std::get<SchemaRef>(change.object))));
    }
  }
  return Status::Ok();
}

// What the sessions of an earlier process have left, who had no time to drop it.
Status Cluster::DeleteTemporary() {
  auto transaction = store_->Begin({.unsynced = &TemporaryRange()});
  auto cursor = transaction->Scan({.range = TemporaryRange(), .page_rows_max = 1});
  auto page = BlockingWait(cursor->NextPage());
  if (!page.ok()) return std::move(page).status();
  const bool is_empty = page->empty();
  cursor.reset();
  if (is_empty) return Status::Ok();
  RETURN_IF_ERROR(transaction->DeleteRange(TemporaryRange()));
  return BlockingWait(transaction->Commit()).status;
}

void Cluster::Publish(Catalog* catalog, const CatalogChanges& changes,
                      engine::SequenceNumber sequence, CatalogRef created) {
  std::lock_guard lock(publish_mutex_);
  catalog->Apply(changes, sequence);
  const bool changes_list = std::ranges::any_of(
      changes, [](const CatalogChange& change) { return change.kind == ObjectKind::kDatabase; });
  if (!changes_list) return;
  const std::shared_ptr<const DatabaseMap> list = catalog->snapshot()->databases();
  std::lock_guard members(mutex_);
  databases_ = list;
  if (created != nullptr) catalogs_[created->database()] = std::move(created);
  std::erase_if(catalogs_, [&](const auto& entry) { return !list->contains(entry.first); });
  for (const auto& [oid, other] : catalogs_) {
    if (other.get() != catalog) other->Install(other->snapshot()->WithDatabases(list));
  }
}

}  // namespace shale::catalog
