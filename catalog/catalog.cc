#include "catalog/catalog.h"

#include <algorithm>
#include <utility>

#include "catalog/cluster.h"
#include "catalog/comments_format.h"
#include "catalog/constraint_format.h"
#include "catalog/function_format.h"
#include "catalog/key_codec.h"
#include "catalog/keys.h"
#include "catalog/statistics_format.h"
#include "catalog/types/row_types.h"
#include "catalog/verify_foreign_key.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

Status VerifyForeignKeys(const CatalogSnapshot& snapshot) {
  for (const auto& [oid, table] : snapshot.tables()) {
    for (const ForeignKeyDesc& key : table->foreign_keys) {
      const TableRef referenced = snapshot.FindTable(key.referenced_table);
      RETURN_IF_ERROR(VerifyForeignKey(*table, key, referenced.get()));
    }
  }
  return Status::Ok();
}

bool HasColumn(const TableDesc& table, int column) {
  return column >= 0 && static_cast<size_t>(column) < table.columns.size() &&
         !table.columns[static_cast<size_t>(column)].dropped;
}

// XX001 for an index that its table cannot have.
Status CheckIndex(const CatalogSnapshot& loaded, const IndexDesc& index) {
  const TableRef table = loaded.FindTable(index.table_oid);
  bool fits = table != nullptr;
  for (size_t i = 0; fits && i < index.keys.size(); ++i) {
    const IndexKey& key = index.keys[i];
    fits = CanBeKey(key.type.oid) && key.expression_sql.empty() == (key.column >= 0);
    if (!fits || key.column < 0) continue;
    fits = HasColumn(*table, key.column) &&
           table->columns[static_cast<size_t>(key.column)].type.oid == key.type.oid;
  }
  for (size_t i = 0; fits && i < index.include.size(); ++i) {
    fits = HasColumn(*table, index.include[i]);
  }
  if (fits) return Status::Ok();
  return Error(sqlstate::kDataCorrupted, "catalog record of index \"{}\" does not fit its table",
               index.name);
}

engine::ScanOptions ScanRecords(std::string prefix) {
  engine::ScanOptions options;
  options.range = PrefixRange(std::move(prefix));
  return options;
}

// Types of attributes may be younger than those that have them.
Status CheckAttributes(const CatalogChanges& types) {
  for (const CatalogChange& change : types) {
    for (const TypeAttribute& attribute : std::get<TypeRef>(change.object)->attributes) {
      if (attribute.dropped || FindDescribedType(attribute.type.oid) != nullptr) continue;
      return Status(sqlstate::kDataCorrupted, "damaged catalog record");
    }
  }
  return Status::Ok();
}

// Makes the row types known: records, and values in them, have those of relations that are read
// later.
Status FindRelations(Oid database, engine::KvTransaction* transaction) {
  for (ObjectKind kind : {ObjectKind::kTable, ObjectKind::kView}) {
    const std::string prefix = RecordPrefix(database, kind);
    auto cursor = transaction->Scan(ScanRecords(prefix));
    while (true) {
      auto page = BlockingWait(cursor->NextPage());
      if (!page.ok()) return std::move(page).status();
      if (page->empty()) break;
      for (const engine::KeyValue& record : *page) {
        if (record.key.size() != prefix.size() + 4) {
          return Status(sqlstate::kDataCorrupted, "damaged catalog record key");
        }
        RegisterRelation(LoadBigEndian32(record.key.data() + prefix.size()));
      }
    }
  }
  return Status::Ok();
}

// Makes the types known that columns have, before tables are read.
Status LoadTypes(Oid database, engine::KvTransaction* transaction, CatalogChanges* changes) {
  auto cursor = transaction->Scan(ScanRecords(RecordPrefix(database, ObjectKind::kType)));
  while (true) {
    auto page = BlockingWait(cursor->NextPage());
    if (!page.ok()) return std::move(page).status();
    if (page->empty()) return CheckAttributes(*changes);
    for (const engine::KeyValue& record : *page) {
      ASSIGN_OR_RETURN(TypeDesc type, DecodeType(record.value));
      if (!RegisterType(type)) {
        return Status(sqlstate::kDataCorrupted, "damaged catalog record");
      }
      const Oid oid = type.oid;
      changes->push_back(
          {ObjectKind::kType, oid, std::make_shared<const TypeDesc>(std::move(type))});
    }
  }
}

}  // namespace

std::shared_ptr<const CatalogSnapshot> Catalog::snapshot() const {
  std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

void Catalog::Install(std::shared_ptr<const CatalogSnapshot> snapshot) {
  uint64_t version = snapshot->version();
  {
    std::lock_guard lock(snapshot_mutex_);
    snapshot_.swap(snapshot);  // the one before goes without the mutex
  }
  version_.store(version, std::memory_order_release);
}

Result<std::shared_ptr<const CatalogSnapshot>> Catalog::At(
    engine::KvTransaction* transaction) const {
  CatalogChanges changes;
  std::map<Oid, std::string> constraints;  // records, by table
  RETURN_IF_ERROR(FindRelations(database_, transaction));
  RETURN_IF_ERROR(LoadTypes(database_, transaction, &changes));
  const std::string prefix = RecordPrefix(database_);
  auto cursor = transaction->Scan(ScanRecords(prefix));
  while (true) {
    auto page = BlockingWait(cursor->NextPage());
    if (!page.ok()) return std::move(page).status();
    if (page->empty()) break;
    for (const engine::KeyValue& record : *page) {
      if (record.key.size() != prefix.size() + 5) {
        return Status(sqlstate::kDataCorrupted, "damaged catalog record key");
      }
      auto kind = static_cast<ObjectKind>(record.key[prefix.size()]);
      Oid oid = LoadBigEndian32(record.key.data() + prefix.size() + 1);
      if (kind == ObjectKind::kSchema) {
        ASSIGN_OR_RETURN(SchemaDesc schema, DecodeSchema(record.value));
        changes.push_back({kind, oid, std::make_shared<const SchemaDesc>(std::move(schema))});
      } else if (kind == ObjectKind::kTable) {
        ASSIGN_OR_RETURN(TableDesc table, DecodeTable(record.value));
        changes.push_back({kind, oid, std::make_shared<const TableDesc>(std::move(table))});
      } else if (kind == ObjectKind::kSequence) {
        ASSIGN_OR_RETURN(SequenceDesc sequence, DecodeSequence(record.value));
        changes.push_back({kind, oid, std::make_shared<const SequenceDesc>(std::move(sequence))});
      } else if (kind == ObjectKind::kConstraints) {
        constraints.emplace(oid, record.value);
      } else if (kind == ObjectKind::kIndex) {
        ASSIGN_OR_RETURN(IndexDesc index, DecodeIndex(record.value));
        changes.push_back({kind, oid, std::make_shared<const IndexDesc>(std::move(index))});
      } else if (kind == ObjectKind::kView) {
        ASSIGN_OR_RETURN(ViewDesc view, DecodeView(record.value));
        changes.push_back({kind, oid, std::make_shared<const ViewDesc>(std::move(view))});
      } else if (kind == ObjectKind::kType) {
        continue;  // LoadTypes
      } else if (kind == ObjectKind::kFunction) {
        ASSIGN_OR_RETURN(FunctionDesc function, DecodeFunction(record.value));
        changes.push_back({kind, oid, std::make_shared<const FunctionDesc>(std::move(function))});
      } else if (kind == ObjectKind::kStatistics) {
        ASSIGN_OR_RETURN(TableStatistics statistics, DecodeStatistics(record.value));
        changes.push_back(
            {kind, oid, std::make_shared<const TableStatistics>(std::move(statistics))});
      } else if (kind == ObjectKind::kComment) {
        ASSIGN_OR_RETURN(ObjectComments comments, DecodeComments(record.value));
        changes.push_back({kind, oid, std::make_shared<const ObjectComments>(std::move(comments))});
      } else {
        return Status(sqlstate::kDataCorrupted, "catalog record of an unknown kind");
      }
    }
  }
  cursor.reset();

  // Of before there were any, or of a time when they were others: the past has the list of now.
  auto empty =
      std::make_shared<const CatalogSnapshot>(database_)->WithDatabases(cluster_->databases());
  // Before the database was made it had what it was to have at first.
  if (changes.empty()) return empty->With(Cluster::FirstSchemas(), 1, 0);
  // Schemas are all there now, so that their names can be filled in.
  auto loaded = empty->With(changes, 1, 0);
  for (CatalogChange& change : changes) {
    auto fill = [&](auto description) {
      SchemaRef schema = loaded->FindSchema(description.schema_oid);
      if (schema) description.schema_name = schema->name;
      return std::make_shared<const decltype(description)>(std::move(description));
    };
    if (change.kind == ObjectKind::kTable) {
      TableDesc table = *std::get<TableRef>(change.object);
      auto record = constraints.find(change.oid);
      if (record != constraints.end()) {
        RETURN_IF_ERROR(DecodeConstraints(record->second, &table));
      }
      change.object = fill(std::move(table));
    } else if (change.kind == ObjectKind::kSequence) {
      change.object = fill(*std::get<SequenceRef>(change.object));
    } else if (change.kind == ObjectKind::kView) {
      change.object = fill(*std::get<ViewRef>(change.object));
    } else if (change.kind == ObjectKind::kType) {
      change.object = fill(*std::get<TypeRef>(change.object));
    } else if (change.kind == ObjectKind::kFunction) {
      change.object = fill(*std::get<FunctionRef>(change.object));
    } else if (change.kind == ObjectKind::kIndex) {
      RETURN_IF_ERROR(CheckIndex(*loaded, *std::get<IndexRef>(change.object)));
    }
  }
  auto complete = empty->With(changes, 1, 0);
  RETURN_IF_ERROR(VerifyForeignKeys(*complete));
  return complete;
}

std::function<void(engine::SequenceNumber)> Catalog::PublisherOf(CatalogChanges changes) {
  return [this, changes = std::move(changes)](engine::SequenceNumber sequence) {
    cluster_->Publish(this, changes, sequence, nullptr);
  };
}

void Catalog::Apply(CatalogChanges changes, engine::SequenceNumber sequence) {
  auto current = snapshot();
  for (CatalogChange& change : changes) {
    if (change.kind == ObjectKind::kIndex) {
      const IndexRef& index = std::get<IndexRef>(change.object);
      IndexRef old = current->FindIndex(change.oid);
      if (index != nullptr &&
          (old == nullptr || old->storage_id != index->storage_id || old->state != index->state)) {
        auto complete = std::make_shared<IndexDesc>(*index);
        complete->readable_from = sequence;
        change.object = IndexRef(std::move(complete));
      }
    }
    // A restarted sequence goes on from what this commit stored, not from what was leased before.
    if (change.kind == ObjectKind::kSequence && (current->FindSequence(change.oid) != nullptr ||
                                                 std::get<SequenceRef>(change.object) == nullptr)) {
      ForgetSequence(change.oid);
    }
  }
  // A commit that has written nothing, of temporary objects only, has no place of its own.
  sequence = std::max<engine::SequenceNumber>(sequence, current->sequence());
  auto changed = current->With(changes, current->version() + 1, sequence);
  ForgetRowIds(changes, *current, *changed);
  Install(std::move(changed));
}

// The numbers of a temporary table's rows go with the table.
void Catalog::ForgetRowIds(const CatalogChanges& changes, const CatalogSnapshot& before,
                           const CatalogSnapshot& after) {
  for (const CatalogChange& change : changes) {
    if (change.kind != ObjectKind::kTable) continue;
    const TableRef now = after.FindTable(change.oid);
    for (const TableRef& table :
         {std::get<TableRef>(change.object), before.FindTable(change.oid)}) {
      if (table == nullptr || !IsTemporaryStorage(table->storage_id)) continue;
      if (now != nullptr && now->storage_id == table->storage_id) continue;
      numbers_->ForgetRowIds(table->storage_id);
    }
  }
}

}  // namespace shale::catalog
