// VACUUM and ANALYZE. Old versions are dropped by compaction as it goes, and sizes are known from
// the tables themselves, so there is little to do by hand: VACUUM FULL compacts the tables' key
// ranges whole, plain VACUUM flushes what is in memory, ANALYZE checks its names.
#include "catalog/keys.h"
#include "sql/session/session_impl.h"

namespace shale::sql {

Task<Result<std::string>> SessionImpl::RunVacuum(const ast::Vacuum& command, const Portal& portal,
                                                 ReplySink& sink) {
  std::string_view name = command.vacuum ? "VACUUM" : "ANALYZE";
  if (command.vacuum) CO_RETURN_IF_ERROR(PreventInTransactionBlock(name));
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();
  auto view = CatalogView();
  BindContext context = MakeBindContext(*portal.statement, *view);
  std::vector<catalog::TableRef> tables;
  for (const ast::VacuumTable& wanted : command.tables) {
    if (FindView(context, wanted.table) != nullptr) {
      ErrorFields warning;
      warning.sqlstate = sqlstate::kWarning;
      warning.message =
          fmt::format("skipping \"{}\" --- cannot {} non-tables or special system tables",
                      wanted.table.name, command.vacuum ? "vacuum" : "analyze");
      Notice(sink, "WARNING", std::move(warning));
      continue;
    }
    CO_ASSIGN_OR_RETURN(catalog::TableRef table, ResolveTable(context, wanted.table));
    for (std::string_view column : wanted.columns) {
      if (table->FindColumn(column) < 0) {
        co_return Error(sqlstate::kUndefinedColumn,
                        "column \"{}\" of relation \"{}\" does not exist", column, table->name);
      }
    }
    tables.push_back(std::move(table));
  }
  if (command.tables.empty()) {
    for (const auto& [oid, table] : view->tables()) tables.push_back(table);
  }
  if (command.vacuum && command.full) {
    for (const catalog::TableRef& table : tables) {
      auto compact = database_->store().Compact(catalog::RowRange(table->storage_id));
      Status compacted = co_await compact;
      if (!compacted.ok()) co_return compacted;
    }
  } else if (command.vacuum && !tables.empty()) {
    auto flush = database_->store().Flush();
    Status flushed = co_await flush;
    if (!flushed.ok()) co_return flushed;
  }
  co_return std::string(name);
}

}  // namespace shale::sql
