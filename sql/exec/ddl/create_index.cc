// CREATE INDEX and REINDEX, and the filling of indexes.
#include "catalog/keys.h"
#include "catalog/type_uses.h"
#include "sql/exec/build_index.h"
#include "sql/exec/ddl/index_internal.h"
#include "sql/exec/ddl/type_internal.h"

namespace shale::sql::ddl {
namespace {

Task<Result<catalog::Oid>> DrawOid(DdlContext& context) {
  auto allocate = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate;
  co_return oid;
}

// For an index of the table.
Task<Result<uint32_t>> DrawStorage(catalog::Oid table, DdlContext& context) {
  const std::string& schema = View(context).FindTable(table)->schema_name;
  auto allocate = context.execution->catalog->AllocateStorageId(schema);
  auto storage = co_await allocate;
  co_return storage;
}

// A snapshot that is older than the entries does not see through them what it sees in the table.
uint64_t ReadableFrom(const DdlContext& context) {
  return context.execution->isolation == engine::IsolationLevel::kReadCommitted
             ? 0
             : engine::kSequenceMax;
}

// The same index without entries, under a new storage id.
Task<Status> MoveIndex(catalog::IndexRef index, DdlContext& context) {
  auto draw = DrawStorage(index->table_oid, context);
  auto storage = co_await draw;
  if (!storage.ok()) co_return std::move(storage).status();
  engine::KvTransaction& transaction = *context.execution->transaction;
  const engine::KeyRange before = catalog::RowRange(index->storage_id);
  CO_RETURN_IF_ERROR(transaction.DeleteRange(before));
  CO_RETURN_IF_ERROR(transaction.CarryReads(before, catalog::RowRange(*storage)));
  catalog::IndexDesc moved = *index;
  moved.storage_id = *storage;
  moved.state = catalog::IndexState::kValid;
  moved.readable_from = ReadableFrom(context);
  co_return Changes(context).SetIndex(std::move(moved));
}

}  // namespace

Task<Result<FoundIndex>> LockIndexByName(const ast::QualifiedName& name, engine::LockMode mode,
                                         DdlContext& context) {
  while (true) {
    CO_ASSIGN_OR_RETURN(FoundIndex found, ResolveIndex(Binding(context), name));
    const catalog::Oid table = found.table->oid;
    auto lock = LockTable(context, table, mode);
    Status locked = co_await lock;
    if (!locked.ok()) co_return locked;
    auto again = ResolveIndex(Binding(context), name);
    if (again.ok() && again->table->oid == table) co_return again;
  }
}

Task<Result<catalog::TableRef>> LockTableToReindex(const ast::QualifiedName& name,
                                                   engine::LockMode mode, DdlContext& context) {
  if (FindTable(Binding(context), name) == nullptr &&
      (FindSequence(Binding(context), name) != nullptr || FindIndex(Binding(context), name))) {
    co_return Error(sqlstate::kWrongObjectType, "\"{}\" is not a table or materialized view",
                    name.name);
  }
  auto lock = LockTableByName(context, name, mode, /*missing_ok=*/false);
  auto table = co_await lock;
  co_return table;
}

Task<Result<catalog::Oid>> AddIndex(catalog::IndexDesc index, bool is_constraint,
                                    DdlContext& context) {
  Status locked = co_await LockName(context, index.schema_oid, index.name);
  if (!locked.ok()) co_return locked;
  if (View(context).FindRelation(index.schema_oid, index.name) != catalog::kInvalidOid) {
    co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists", index.name);
  }
  if (is_constraint) {
    CO_RETURN_IF_ERROR(CheckConstraintName(*View(context).FindTable(index.table_oid), index.name));
  }
  auto use = UseTypes(catalog::TypesOf(index), context);
  Status used = co_await use;
  if (!used.ok()) co_return used;
  auto oid = co_await DrawOid(context);
  if (!oid.ok()) co_return oid;
  index.oid = *oid;
  if (is_constraint) {
    auto constraint = co_await DrawOid(context);
    if (!constraint.ok()) co_return constraint;
    index.constraint_oid = *constraint;
  }
  auto storage = co_await DrawStorage(index.table_oid, context);
  if (!storage.ok()) co_return std::move(storage).status();
  index.storage_id = *storage;
  index.readable_from = ReadableFrom(context);
  CO_RETURN_IF_ERROR(Changes(context).SetIndex(std::move(index)));
  co_return *oid;
}

Task<Status> FillIndex(catalog::Oid index, DdlContext& context) {
  catalog::IndexRef description = View(context).FindIndex(index);
  catalog::TableRef table = View(context).FindTable(description->table_oid);
  Status built = co_await BuildIndex(std::move(table), std::move(description), context.execution);
  co_return built;
}

Task<Status> RebuildIndexes(catalog::Oid table, DdlContext& context) {
  const std::vector<catalog::IndexRef> indexes = View(context).FindTable(table)->indexes;
  for (const catalog::IndexRef& index : indexes) {
    Status moved = co_await MoveIndex(index, context);
    if (!moved.ok()) co_return moved;
    Status filled = co_await FillIndex(index->oid, context);
    if (!filled.ok()) co_return filled;
  }
  co_return Status::Ok();
}

Task<Status> EmptyIndexes(catalog::Oid table, DdlContext& context) {
  const std::vector<catalog::IndexRef> indexes = View(context).FindTable(table)->indexes;
  for (const catalog::IndexRef& index : indexes) {
    Status moved = co_await MoveIndex(index, context);
    if (!moved.ok()) co_return moved;
  }
  co_return Status::Ok();
}

Task<Result<std::string>> CreateIndex(const ast::CreateIndex& command, DdlContext& context) {
  if (FindView(Binding(context), command.table) != nullptr) {
    co_return Error(sqlstate::kWrongObjectType, "cannot create index on relation \"{}\"",
                    command.table.name)
        .Detail("This operation is not supported for views.");
  }
  auto locked = co_await LockTableByName(context, command.table, engine::LockMode::kTableShare,
                                         /*missing_ok=*/false);
  if (!locked.ok()) co_return std::move(locked).status();
  CO_ASSIGN_OR_RETURN(catalog::IndexDesc index, DescribeIndex(command, *locked, context));
  if (command.if_not_exists &&
      View(context).FindRelation(index.schema_oid, index.name) != catalog::kInvalidOid) {
    Notice(context, fmt::format("relation \"{}\" already exists, skipping", index.name),
           sqlstate::kDuplicateTable);
    co_return std::string("CREATE INDEX");
  }
  auto added = co_await AddIndex(std::move(index), /*is_constraint=*/false, context);
  if (!added.ok()) co_return std::move(added).status();
  Status filled = co_await FillIndex(*added, context);
  if (!filled.ok()) co_return filled;
  co_return std::string("CREATE INDEX");
}

Task<Result<std::string>> Reindex(const ast::Reindex& command, DdlContext& context) {
  if (command.is_table) {
    auto lock = LockTableToReindex(command.name, engine::LockMode::kTableAccessExclusive, context);
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    if ((*locked)->indexes.empty() && (*locked)->primary_key.empty()) {
      Notice(context, fmt::format("table \"{}\" has no indexes to reindex", command.name.name));
    }
    Status rebuilt = co_await RebuildIndexes((*locked)->oid, context);
    if (!rebuilt.ok()) co_return rebuilt;
    co_return std::string("REINDEX");
  }
  auto lock = LockIndexByName(command.name, engine::LockMode::kTableAccessExclusive, context);
  auto found = co_await lock;
  if (!found.ok()) co_return std::move(found).status();
  if (found->index != nullptr) {  // a primary key is its table
    Status moved = co_await MoveIndex(found->index, context);
    if (!moved.ok()) co_return moved;
    Status filled = co_await FillIndex(found->index->oid, context);
    if (!filled.ok()) co_return filled;
  }
  co_return std::string("REINDEX");
}

}  // namespace shale::sql::ddl
