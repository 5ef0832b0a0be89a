// TRUNCATE and LOCK TABLE. A truncated table gets a new storage id and its old rows are deleted as
// one range, so the cost does not depend on how many there are.
#include <algorithm>

#include "catalog/keys.h"
#include "sql/exec/ddl/index_internal.h"

namespace shale::sql::ddl {
namespace {

engine::LockMode ModeOf(ast::TableLockMode mode) {
  switch (mode) {
    case ast::TableLockMode::kAccessShare:
      return engine::LockMode::kTableAccessShare;
    case ast::TableLockMode::kRowShare:
      return engine::LockMode::kTableRowShare;
    case ast::TableLockMode::kRowExclusive:
      return engine::LockMode::kTableRowExclusive;
    case ast::TableLockMode::kShareUpdateExclusive:
      return engine::LockMode::kTableShareUpdateExclusive;
    case ast::TableLockMode::kShare:
      return engine::LockMode::kTableShare;
    case ast::TableLockMode::kShareRowExclusive:
      return engine::LockMode::kTableShareRowExclusive;
    case ast::TableLockMode::kExclusive:
      return engine::LockMode::kTableExclusive;
    case ast::TableLockMode::kAccessExclusive:
      break;
  }
  return engine::LockMode::kTableAccessExclusive;
}

using Oids = std::vector<catalog::Oid>;

bool Contains(const Oids& oids, catalog::Oid oid) {
  return std::find(oids.begin(), oids.end(), oid) != oids.end();
}

// Tables that refer to those that are emptied must be among them: CASCADE adds them.
Task<Status> AddReferencing(bool cascade, Oids* tables, DdlContext& context) {
  for (size_t i = 0; i < tables->size(); ++i) {
    for (const catalog::TableRef& referencing : View(context).ReferencingTables((*tables)[i])) {
      if (Contains(*tables, referencing->oid)) continue;
      if (!cascade) {
        co_return Status(sqlstate::kFeatureNotSupported,
                         "cannot truncate a table referenced in a foreign key constraint")
            .Detail(fmt::format("Table \"{}\" references \"{}\".", referencing->name,
                                View(context).FindTable((*tables)[i])->name))
            .Hint(
                fmt::format("Truncate table \"{}\" at the same time, or use TRUNCATE ... CASCADE.",
                            referencing->name));
      }
      Notice(context, fmt::format("truncate cascades to table \"{}\"", referencing->name));
      Status locked =
          co_await LockTable(context, referencing->oid, engine::LockMode::kTableAccessExclusive);
      if (!locked.ok()) co_return locked;
      catalog::TableRef current = View(context).FindTable(referencing->oid);
      if (current == nullptr) continue;
      CO_RETURN_IF_ERROR(CheckNotPending(*current, "TRUNCATE", context));
      tables->push_back(current->oid);
    }
  }
  co_return Status::Ok();
}

Task<Status> RestartSequences(catalog::Oid oid, DdlContext& context) {
  std::vector<catalog::SequenceRef> owned;
  for (const auto& [sequence_oid, sequence] : View(context).sequences()) {
    if (sequence->owner_table == oid) owned.push_back(sequence);
  }
  for (const catalog::SequenceRef& sequence : owned) {
    CO_RETURN_IF_ERROR(Changes(context).SetSequence(*sequence));
    auto set = context.execution->catalog->SetSequenceValue(sequence, {sequence->start, false},
                                                            context.execution->transaction);
    Status restarted = co_await set;
    if (!restarted.ok()) co_return restarted;
  }
  co_return Status::Ok();
}

}  // namespace

Task<Result<std::string>> TruncateTables(const ast::Truncate& command, DdlContext& context) {
  Oids tables;
  for (const ast::QualifiedName& name : command.tables) {
    if (FindSequence(Binding(context), name) != nullptr) {
      co_return Error(sqlstate::kWrongObjectType, "\"{}\" is not a table", name.name);
    }
    auto locked =
        co_await LockTableByName(context, name, engine::LockMode::kTableAccessExclusive, false);
    if (!locked.ok()) co_return std::move(locked).status();
    if (View(context).FindView((*locked)->oid) != nullptr) {
      co_return Error(sqlstate::kWrongObjectType, "\"{}\" is not a table", name.name);
    }
    CO_RETURN_IF_ERROR(CheckNotPending(**locked, "TRUNCATE", context));
    if (!Contains(tables, (*locked)->oid)) tables.push_back((*locked)->oid);
  }
  auto add = AddReferencing(command.cascade, &tables, context);
  Status complete = co_await add;
  if (!complete.ok()) co_return complete;
  for (catalog::Oid oid : tables) {
    catalog::TableDesc table = *View(context).FindTable(oid);
    auto allocate = context.execution->catalog->AllocateStorageId(table.schema_name);
    auto storage = co_await allocate;
    if (!storage.ok()) co_return std::move(storage).status();
    CO_RETURN_IF_ERROR(
        context.execution->transaction->DeleteRange(catalog::RowRange(table.storage_id)));
    CO_RETURN_IF_ERROR(context.execution->transaction->CarryReads(
        catalog::RowRange(table.storage_id), catalog::RowRange(*storage)));
    table.storage_id = *storage;
    const catalog::StatisticsRef old = table.statistics;
    CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(table)));
    if (old != nullptr && old->analyzed) {
      // What is known of the values stays; how many rows there are has to be found out.
      catalog::TableStatistics statistics = *old;
      statistics.analyzed = false;
      CO_RETURN_IF_ERROR(Changes(context).SetStatistics(std::move(statistics)));
    }
    Status emptied = co_await EmptyIndexes(oid, context);
    if (!emptied.ok()) co_return emptied;
    if (!command.restart_identity) continue;
    auto restart = RestartSequences(oid, context);
    Status restarted = co_await restart;
    if (!restarted.ok()) co_return restarted;
  }
  co_return std::string("TRUNCATE TABLE");
}

namespace {

Task<Status> LockNamed(catalog::Oid oid, std::string_view name, const ast::Lock& command,
                       DdlContext& context) {
  Status status =
      co_await LockTable(context, oid, ModeOf(command.mode),
                         command.no_wait ? engine::LockWait::kNoWait : engine::LockWait::kWait);
  if (status.Is(sqlstate::kLockNotAvailable) && command.no_wait) {
    co_return Error(sqlstate::kLockNotAvailable, "could not obtain lock on relation \"{}\"", name);
  }
  co_return status;
}

// What the views read, and what the views among that read.
Task<Status> LockBelow(catalog::Oid view_oid, const ast::Lock& command, DdlContext& context) {
  std::vector<catalog::Oid> views{view_oid};
  for (size_t i = 0; i < views.size(); ++i) {
    catalog::ViewRef view = View(context).FindView(views[i]);
    if (view == nullptr) continue;
    for (const catalog::ViewUse& use : view->uses) {
      if (use.column >= 0) continue;
      catalog::TableRef table = View(context).FindTable(use.relation);
      catalog::ViewRef below = View(context).FindView(use.relation);
      const bool is_new_view = table == nullptr && below != nullptr &&
                               std::ranges::find(views, below->oid) == views.end();
      if (is_new_view) views.push_back(below->oid);
      const bool is_table = table != nullptr && below == nullptr;
      if (!is_table && !is_new_view) continue;
      auto lock = LockNamed(use.relation, is_table ? table->name : below->name, command, context);
      Status locked = co_await lock;
      if (!locked.ok()) co_return locked;
    }
  }
  co_return Status::Ok();
}

}  // namespace

Task<Result<std::string>> LockTables(const ast::Lock& command, DdlContext& context) {
  for (const ast::QualifiedName& name : command.tables) {
    // While it waited the name may have come to mean another table.
    catalog::Oid locked = catalog::kInvalidOid;
    while (true) {
      catalog::Oid oid = catalog::kInvalidOid;
      if (catalog::ViewRef view = FindView(Binding(context), name)) {
        oid = view->oid;
      } else {
        CO_ASSIGN_OR_RETURN(catalog::TableRef table, ResolveTable(Binding(context), name));
        if (View(context).FindView(table->oid) != nullptr) {
          co_return Error(sqlstate::kWrongObjectType, "cannot lock relation \"{}\"", table->name)
              .Detail("This operation is not supported for materialized views.");
        }
        oid = table->oid;
      }
      if (oid == locked) break;
      auto lock = LockNamed(oid, name.name, command, context);
      Status status = co_await lock;
      if (!status.ok()) co_return status;
      locked = oid;
    }
    auto below = LockBelow(locked, command, context);
    Status status = co_await below;
    if (!status.ok()) co_return status;
  }
  co_return std::string("LOCK TABLE");
}

}  // namespace shale::sql::ddl
