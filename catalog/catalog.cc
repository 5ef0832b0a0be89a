#include "catalog/catalog.h"

#include <algorithm>
#include <utility>

#include "catalog/comments_format.h"
#include "catalog/constraint_format.h"
#include "catalog/function_format.h"
#include "catalog/key_codec.h"
#include "catalog/keys.h"
#include "catalog/statistics_format.h"
#include "catalog/verify_foreign_key.h"
#include "engine/base/coding.h"
#include "engine/base/log.h"

namespace shale::catalog {
namespace {

constexpr std::string_view kOidCounter = "oid";
constexpr std::string_view kStorageCounter = "storage";
constexpr uint64_t kNumberBlockMin = 64;
constexpr uint64_t kOidBlockMax = 1024;
constexpr uint64_t kRowIdBlockMax = 1 << 20;

engine::TransactionOptions InternalTransaction() { return {}; }

std::string RowIdCounter(uint32_t storage_id) {
  std::string name = "row";
  PutBigEndian32(&name, storage_id);
  return CounterKey(name);
}

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
  options.range.begin = std::move(prefix);
  options.range.end = PrefixEnd(options.range.begin);
  return options;
}

// Types of attributes may be younger than those that have them.
Status CheckAttributes(const CatalogChanges& types) {
  for (const CatalogChange& change : types) {
    for (const TypeAttribute& attribute : std::get<TypeRef>(change.object)->attributes) {
      if (attribute.dropped || FindType(attribute.type.oid) != nullptr) continue;
      return Status(sqlstate::kDataCorrupted, "damaged catalog record");
    }
  }
  return Status::Ok();
}

// Makes the types known that columns have, before tables are read.
Status LoadTypes(engine::KvTransaction* transaction, CatalogChanges* changes) {
  std::string prefix = RecordKey(ObjectKind::kType, kInvalidOid);
  prefix.resize(prefix.size() - sizeof(Oid));
  auto cursor = transaction->Scan(ScanRecords(std::move(prefix)));
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

Result<std::unique_ptr<Catalog>> Catalog::Open(engine::KvStore* store) {
  std::unique_ptr<Catalog> catalog(new Catalog(store));
  RETURN_IF_ERROR(catalog->Load());
  return catalog;
}

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

Result<std::shared_ptr<const CatalogSnapshot>> Catalog::At(engine::KvTransaction* transaction) {
  CatalogChanges changes;
  std::map<Oid, std::string> constraints;  // records, by table
  RETURN_IF_ERROR(LoadTypes(transaction, &changes));
  auto cursor = transaction->Scan(ScanRecords(std::string(1, kRecordFamily)));
  while (true) {
    auto page = BlockingWait(cursor->NextPage());
    if (!page.ok()) return std::move(page).status();
    if (page->empty()) break;
    for (const engine::KeyValue& record : *page) {
      if (record.key.size() != 6) {
        return Status(sqlstate::kDataCorrupted, "damaged catalog record key");
      }
      auto kind = static_cast<ObjectKind>(record.key[1]);
      Oid oid = LoadBigEndian32(record.key.data() + 2);
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

  auto empty = std::make_shared<const CatalogSnapshot>();
  if (changes.empty()) return empty;
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

Status Catalog::Load() {
  auto transaction = store_->Begin(InternalTransaction());
  ASSIGN_OR_RETURN(std::shared_ptr<const CatalogSnapshot> stored, At(transaction.get()));
  const bool is_new = stored->schemas().empty();
  Install(std::move(stored));
  if (!is_new) {
    // It takes space, and nothing else: no storage id is used again.
    Status deleted = DeleteTemporary();
    if (!deleted.ok()) LogError("could not delete temporary tables: {}", deleted.ToString());
    return Status::Ok();
  }
  CatalogTransaction creation(this, transaction.get());
  RETURN_IF_ERROR(creation.SetSchema({kPgCatalogSchemaOid, "pg_catalog"}));
  RETURN_IF_ERROR(creation.SetSchema({kPublicSchemaOid, "public"}));
  RETURN_IF_ERROR(creation.SetSchema({kInformationSchemaOid, "information_schema"}));
  auto committed = BlockingWait(transaction->Commit({}, creation.Publisher()));
  return committed.status;
}

// What the sessions of an earlier process have left, who had no time to drop it.
Status Catalog::DeleteTemporary() {
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

std::function<void(engine::SequenceNumber)> Catalog::PublisherOf(CatalogChanges changes) {
  return [this, changes = std::move(changes)](engine::SequenceNumber sequence) {
    Publish(changes, sequence);
  };
}

void Catalog::Publish(CatalogChanges changes, engine::SequenceNumber sequence) {
  std::lock_guard lock(publish_mutex_);
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

namespace {

// Those above are of row types.
Result<Oid> AsOid(Result<uint64_t> number) {
  if (!number.ok()) return std::move(number).status();
  if (*number >= kRelationOidMax) {
    return Status(sqlstate::kProgramLimitExceeded, "all OIDs of this server have been given out");
  }
  return static_cast<Oid>(*number);
}

}  // namespace

Async<Result<Oid>> Catalog::AllocateOid() {
  auto numbers = AllocateNumbers(CounterKey(kOidCounter), 1, kFirstUserOid, kOidBlockMax);
  if (numbers.ready()) return AsOid(std::move(numbers).value());
  auto wait = [](Async<Result<uint64_t>> pending) -> Task<Result<Oid>> {
    auto number = co_await pending;
    co_return AsOid(std::move(number));
  };
  return wait(std::move(numbers));
}

Async<Result<uint32_t>> Catalog::AllocateStorageId(std::string_view schema_name) {
  auto wait = [](Async<Result<uint64_t>> pending, uint32_t mark) -> Task<Result<uint32_t>> {
    auto number = co_await pending;
    if (!number.ok()) co_return std::move(number).status();
    co_return static_cast<uint32_t>(*number) | mark;
  };
  return wait(AllocateNumbers(CounterKey(kStorageCounter), 1, 1, kOidBlockMax),
              IsTemporarySchema(schema_name) ? kTemporaryStorage : 0);
}

Async<Result<uint64_t>> Catalog::AllocateRowIds(uint32_t storage_id, uint64_t count) {
  std::string key = RowIdCounter(storage_id);
  if (IsTemporaryStorage(storage_id)) {
    std::lock_guard lock(lease_mutex_);
    Lease& lease = leases_[key];
    lease.next = std::max<uint64_t>(lease.next, 1);
    return Result<uint64_t>(std::exchange(lease.next, lease.next + count));
  }
  return AllocateNumbers(std::move(key), count, 1, kRowIdBlockMax);
}

// The numbers of a temporary table's rows are nowhere but in memory, and go with the table.
void Catalog::ForgetRowIds(const CatalogChanges& changes, const CatalogSnapshot& before,
                           const CatalogSnapshot& after) {
  for (const CatalogChange& change : changes) {
    if (change.kind != ObjectKind::kTable) continue;
    const TableRef now = after.FindTable(change.oid);
    for (const TableRef& table :
         {std::get<TableRef>(change.object), before.FindTable(change.oid)}) {
      if (table == nullptr || !IsTemporaryStorage(table->storage_id)) continue;
      if (now != nullptr && now->storage_id == table->storage_id) continue;
      std::lock_guard lock(lease_mutex_);
      leases_.erase(RowIdCounter(table->storage_id));
    }
  }
}

Async<Result<uint64_t>> Catalog::AllocateNumbers(std::string key, uint64_t count, uint64_t first,
                                                 uint64_t block_max) {
  {
    std::lock_guard lock(lease_mutex_);
    Lease& lease = leases_[key];
    if (lease.end - lease.next >= count) {
      uint64_t number = lease.next;
      lease.next += count;
      return Result<uint64_t>(number);
    }
  }
  return RefillNumbers(std::move(key), count, first, block_max);
}

Task<Result<uint64_t>> Catalog::RefillNumbers(std::string key, uint64_t count, uint64_t first,
                                              uint64_t block_max) {
  auto transaction = store_->Begin(InternalTransaction());
  auto locked = co_await transaction->Lock(key, {});
  if (!locked.ok()) co_return std::move(locked).status();

  uint64_t block;
  {
    // Somebody else may have refilled the lease while this one waited for the lock.
    std::lock_guard lock(lease_mutex_);
    Lease& lease = leases_[key];
    if (lease.end - lease.next >= count) {
      uint64_t number = lease.next;
      lease.next += count;
      co_return number;
    }
    lease.block = std::clamp(lease.block * 2, std::min(kNumberBlockMin, block_max), block_max);
    block = std::max(lease.block, count);
  }

  engine::PinnedBytes stored;
  engine::SequenceNumber sequence;
  auto found = co_await transaction->GetLatest(key, &stored, &sequence);
  if (!found.ok()) co_return std::move(found).status();
  uint64_t next = first;
  if (*found) {
    if (stored.view().size() != sizeof(uint64_t)) {
      co_return Status(sqlstate::kDataCorrupted, "damaged counter record");
    }
    next = LoadFixed<uint64_t>(stored.view().data());
  }
  std::string value;
  PutFixed64(&value, next + block);
  CO_RETURN_IF_ERROR(transaction->Put(key, value));
  uint64_t number = 0;
  // Before the lock on the counter is released: whoever refills next must find these numbers.
  auto install = [this, &key, &number, next, block, count](engine::SequenceNumber) {
    std::lock_guard lock(lease_mutex_);
    Lease& lease = leases_[key];
    // What was left of the old lease continues into the new one.
    if (lease.end != next) lease.next = next;
    lease.end = next + block;
    number = lease.next;
    lease.next += count;
  };
  auto commit = transaction->Commit({}, install);
  auto committed = co_await commit;
  if (committed.outcome != engine::CommitOutcome::kCommitted) co_return committed.status;
  co_return number;
}

}  // namespace shale::catalog
