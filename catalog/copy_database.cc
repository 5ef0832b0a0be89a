// CREATE DATABASE: what a template has, written once more. Objects keep their OIDs, which are of
// their database; storage ids are of the whole store, so that tables and indexes take new ones.
#include <set>
#include <utility>

#include "catalog/catalog_changes.h"
#include "catalog/cluster.h"
#include "catalog/keys.h"
#include "catalog/type_uses.h"

namespace shale::catalog {
namespace {

// Of what lies in a schema of some session's temporary objects, or is such a schema, or ends with
// one of them.
bool IsTemporaryChange(const CatalogChange& change, const CatalogSnapshot& snapshot) {
  if (change.kind == ObjectKind::kFunction) {
    return EndsWithSession(*std::get<FunctionRef>(change.object), snapshot);
  }
  return std::visit(
      [&](const auto& object) {
        if constexpr (requires { object->schema_name; }) {
          return IsTemporarySchema(object->schema_name);
        } else if constexpr (requires { object->schema_oid; }) {
          const SchemaRef schema = snapshot.FindSchema(object->schema_oid);
          return schema != nullptr && IsTemporarySchema(schema->name);
        } else if constexpr (requires { object->name; }) {
          return IsTemporarySchema(object->name);
        } else {
          return false;
        }
      },
      change.object);
}

// The number after all that a table's rows have, or may have, is where the copy's go on.
Task<Status> CopyCounter(uint32_t from, uint32_t to, engine::KvTransaction* transaction) {
  engine::PinnedBytes stored;
  engine::SequenceNumber sequence;
  const std::string key = RowCounterKey(from);
  auto found = co_await transaction->GetLatest(key, &stored, &sequence);
  if (!found.ok()) co_return std::move(found).status();
  if (!*found) co_return Status::Ok();
  co_return transaction->Put(RowCounterKey(to), stored.view());
}

}  // namespace

Task<Status> Cluster::CopyRows(uint32_t from, uint32_t to, engine::KvTransaction* transaction,
                               const Check& check) {
  engine::ScanOptions options;
  options.range = RowRange(from);
  options.latest = true;
  auto cursor = transaction->Scan(std::move(options));
  std::string key;
  while (true) {
    auto page = co_await cursor->NextPage();
    if (!page.ok()) co_return std::move(page).status();
    if (page->empty()) co_return Status::Ok();
    CO_RETURN_IF_ERROR(check());
    for (const engine::KeyValue& row : *page) {
      key.clear();
      AppendRowPrefix(to, &key);
      key += row.key.substr(kRowPrefixBytes);
      CO_RETURN_IF_ERROR(transaction->Put(key, row.value));
    }
    Status room = co_await transaction->MakeRoom();
    if (!room.ok()) co_return room;
  }
}

Task<Status> Cluster::CopyStorage(CatalogChanges* changes, engine::KvTransaction* transaction,
                                  const Check& check) {
  for (CatalogChange& change : *changes) {
    const bool is_table = change.kind == ObjectKind::kTable;
    if (!is_table && change.kind != ObjectKind::kIndex) continue;
    auto allocate = numbers_.AllocateStorageId({});
    auto allocated = co_await allocate;
    if (!allocated.ok()) co_return std::move(allocated).status();
    const uint32_t fresh = *allocated;
    uint32_t old;
    if (is_table) {
      TableDesc table = *std::get<TableRef>(change.object);
      old = std::exchange(table.storage_id, fresh);
      table.indexes.clear();  // the snapshot attaches their copies
      change.object = std::make_shared<const TableDesc>(std::move(table));
    } else {
      IndexDesc index = *std::get<IndexRef>(change.object);
      old = std::exchange(index.storage_id, fresh);
      index.readable_from = 0;
      change.object = std::make_shared<const IndexDesc>(std::move(index));
    }
    auto copy = CopyRows(old, fresh, transaction, check);
    Status copied = co_await copy;
    if (!copied.ok()) co_return copied;
    if (!is_table) continue;
    auto count = CopyCounter(old, fresh, transaction);
    Status counted = co_await count;
    if (!counted.ok()) co_return counted;
  }
  co_return Status::Ok();
}

Task<Result<CatalogRef>> Cluster::CopyDatabase(CatalogRef original, Oid copy,
                                               engine::KvTransaction* transaction,
                                               const Check& check) {
  const std::shared_ptr<const CatalogSnapshot> content = original->snapshot();
  CatalogChanges changes = content->AsChanges();
  // Comments and statistics have no schema of their own: they go with what they are about.
  std::set<Oid> left_out;
  for (const CatalogChange& change : changes) {
    if (IsTemporaryChange(change, *content)) left_out.insert(change.oid);
  }
  std::erase_if(changes,
                [&](const CatalogChange& change) { return left_out.contains(change.oid); });
  auto storage = CopyStorage(&changes, transaction, check);
  Status copied = co_await storage;
  if (!copied.ok()) co_return copied;
  for (const CatalogChange& change : changes) {
    CO_RETURN_IF_ERROR(
        transaction->Put(RecordKey(copy, change.kind, change.oid), EncodeObject(change)));
    const std::string constraints = EncodeConstraintsOf(change);
    if (!constraints.empty()) {
      CO_RETURN_IF_ERROR(
          transaction->Put(RecordKey(copy, ObjectKind::kConstraints, change.oid), constraints));
    }
    if (change.kind != ObjectKind::kSequence) continue;
    const SequenceRef& sequence = std::get<SequenceRef>(change.object);
    auto read = original->ReadSequence(sequence, nullptr);
    auto progress = co_await read;
    if (!progress.ok()) co_return std::move(progress).status();
    CO_RETURN_IF_ERROR(transaction->Put(SequenceKey(copy, *sequence), EncodeProgress(*progress)));
  }
  co_return MakeCatalog(copy, CatalogSnapshot(copy).With(changes, 1, 0));
}

}  // namespace shale::catalog
