#include "sql/exec/ddl/concurrent_reindex.h"

#include <utility>

#include "catalog/keys.h"
#include "sql/exec/ddl/index_internal.h"

namespace shale::sql::ddl {
namespace {

constexpr engine::LockMode kReindexMode = engine::LockMode::kTableShareUpdateExclusive;

// The indexes that the command means; none where they are but the primary key, which is its table.
Task<Result<std::vector<catalog::IndexRef>>> LockIndexes(const ast::Reindex& command,
                                                         DdlContext& context) {
  std::vector<catalog::IndexRef> indexes;
  if (!command.is_table) {
    auto lock = LockIndexByName(command.name, kReindexMode, context);
    auto found = co_await lock;
    if (!found.ok()) co_return std::move(found).status();
    if (found->index != nullptr) indexes.push_back(found->index);
    co_return indexes;
  }
  auto lock = LockTableToReindex(command.name, kReindexMode, context);
  auto table = co_await lock;
  if (!table.ok()) co_return std::move(table).status();
  for (const catalog::IndexRef& index : (*table)->indexes) {
    if (index->state == catalog::IndexState::kValid) {
      indexes.push_back(index);
    } else {
      Warn(context,
           fmt::format("cannot reindex invalid index \"{}.{}\" concurrently, skipping",
                       (*table)->schema_name, index->name),
           sqlstate::kFeatureNotSupported);
    }
  }
  if (indexes.empty() && (*table)->primary_key.empty()) {
    Notice(context, fmt::format("table \"{}\" has no indexes that can be reindexed concurrently",
                                (*table)->name));
  }
  co_return indexes;
}

}  // namespace

Task<Result<ConcurrentReindex>> StartConcurrentReindex(const ast::Reindex& command,
                                                       DdlContext& context) {
  auto lock = LockIndexes(command, context);
  auto indexes = co_await lock;
  if (!indexes.ok()) co_return std::move(indexes).status();
  ConcurrentReindex reindex;
  for (const catalog::IndexRef& index : *indexes) {
    reindex.table = index->table_oid;
    catalog::IndexDesc twin = *index;
    twin.name = ChooseName(context, index->schema_oid, index->name, "", "ccnew", {});
    twin.constraint_oid = catalog::kInvalidOid;
    twin.primary = false;
    twin.state = catalog::IndexState::kBuilding;
    auto add = AddIndex(std::move(twin), /*is_constraint=*/false, context);
    auto added = co_await add;
    if (!added.ok()) co_return std::move(added).status();
    reindex.pairs.push_back({.index = index->oid, .twin = *added});
  }
  co_return reindex;
}

Task<Status> SwapEntries(const ConcurrentReindex& reindex, DdlContext& context) {
  auto lock = LockTable(context, reindex.table, kReindexMode);
  Status locked = co_await lock;
  if (!locked.ok()) co_return locked;
  for (const ConcurrentReindex::Pair& pair : reindex.pairs) {
    catalog::IndexDesc index = *View(context).FindIndex(pair.index);
    catalog::IndexDesc twin = *View(context).FindIndex(pair.twin);
    twin.name = ChooseName(context, index.schema_oid, index.name, "", "ccold", {});
    auto lock_name = LockName(context, index.schema_oid, twin.name);
    locked = co_await lock_name;
    if (!locked.ok()) co_return locked;
    std::swap(index.storage_id, twin.storage_id);
    index.state = catalog::IndexState::kValid;
    twin.state = catalog::IndexState::kRetired;
    CO_RETURN_IF_ERROR(Changes(context).SetIndex(std::move(twin)));
    CO_RETURN_IF_ERROR(Changes(context).SetIndex(std::move(index)));
  }
  co_return Status::Ok();
}

Task<Status> KillTwins(const ConcurrentReindex& reindex, DdlContext& context) {
  auto lock = LockTable(context, reindex.table, kReindexMode);
  Status locked = co_await lock;
  if (!locked.ok()) co_return locked;
  for (const ConcurrentReindex::Pair& pair : reindex.pairs) {
    catalog::IndexRef index = View(context).FindIndex(pair.index);
    catalog::IndexDesc twin = *View(context).FindIndex(pair.twin);
    // What has been read of the old entries is changed in the new ones alone from here on.
    CO_RETURN_IF_ERROR(context.execution->transaction->CarryReads(
        catalog::RowRange(twin.storage_id), catalog::RowRange(index->storage_id)));
    twin.state = catalog::IndexState::kDead;
    CO_RETURN_IF_ERROR(Changes(context).SetIndex(std::move(twin)));
  }
  co_return Status::Ok();
}

Task<Status> DropTwins(const ConcurrentReindex& reindex, DdlContext& context) {
  auto lock = LockTable(context, reindex.table, kReindexMode);
  Status locked = co_await lock;
  if (!locked.ok()) co_return locked;
  for (const ConcurrentReindex::Pair& pair : reindex.pairs) {
    catalog::IndexRef twin = View(context).FindIndex(pair.twin);
    auto lock_name = LockName(context, twin->schema_oid, twin->name);
    locked = co_await lock_name;
    if (!locked.ok()) co_return locked;
    CO_RETURN_IF_ERROR(Changes(context).DropIndex(twin->oid));
  }
  co_return Status::Ok();
}

}  // namespace shale::sql::ddl
