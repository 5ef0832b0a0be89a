// VACUUM and ANALYZE. Old versions are dropped by compaction as it goes, so VACUUM has little to do
// by hand: VACUUM FULL compacts the tables' key ranges whole, plain VACUUM flushes what is in
// memory. ANALYZE makes the tables' statistics anew (sql/stats).
#include <algorithm>
#include <cmath>

#include "catalog/keys.h"
#include "engine/base/clock.h"
#include "sql/session/session_impl.h"
#include "sql/stats/analyze.h"

namespace shale::sql {
namespace {

constexpr double kPageBytes = 8192;  // what is told in pages is counted in PostgreSQL's

Result<std::vector<int>> PositionsOf(const catalog::TableDesc& table,
                                     ast::List<std::string_view> names) {
  std::vector<int> positions;
  for (std::string_view name : names) {
    const int position = table.FindColumn(name);
    if (position < 0) {
      return Error(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist",
                   name, table.name);
    }
    if (std::ranges::find(positions, position) != positions.end()) {
      return Error(sqlstate::kDuplicateColumn,
                   "column \"{}\" of relation \"{}\" appears more than once", name, table.name);
    }
    positions.push_back(position);
  }
  return positions;
}

}  // namespace

Task<Status> SessionImpl::AnalyzeOne(catalog::TableRef given, ast::List<std::string_view> columns,
                                     const ast::Vacuum& command, Portal* portal, ReplySink& sink) {
  engine::LockOptions options = LockOptionsOf(engine::LockMode::kTableShareUpdateExclusive);
  if (command.skip_locked) options.wait = engine::LockWait::kSkipLocked;
  auto lock = transaction_.transaction()->Lock(
      catalog::TableLockKey(catalog_->database(), given->oid), options);
  auto outcome = co_await lock;
  if (!outcome.ok()) co_return std::move(outcome).status();
  if (*outcome == engine::LockOutcome::kSkipped) {
    Warn(sqlstate::kLockNotAvailable,
         fmt::format("skipping analyze of \"{}\" --- lock not available", given->name));
    co_return Status::Ok();
  }
  transaction_.RefreshCatalog();
  catalog::TableRef table = CatalogView()->FindTable(given->oid);
  if (table == nullptr) co_return Status::Ok();  // dropped while its lock was waited for
  auto safe = transaction_.AwaitSafeSnapshot(&cancel_);
  Status awaited = co_await safe;
  if (!awaited.ok()) co_return awaited;
  CO_RETURN_IF_ERROR(transaction_.StartStatement());
  FillContext(portal);
  if (command.verbose) {
    sink.Notice("INFO", ErrorFields{.sqlstate = sqlstate::kSuccess,
                                    .message = fmt::format("analyzing \"{}.{}\"",
                                                           table->schema_name, table->name)});
  }
  AnalyzeOptions analysis;
  CO_ASSIGN_OR_RETURN(analysis.columns, PositionsOf(*table, columns));
  analysis.target = settings_.fields().default_statistics_target;
  analysis.seed = static_cast<uint64_t>(SystemClock().MonotonicNanos());
  auto analyze = AnalyzeTable(table, std::move(analysis), &portal->context);
  auto summary = co_await analyze;
  if (!summary.ok()) co_return std::move(summary).status();
  const catalog::TableStatistics& found = summary->statistics;
  if (command.verbose) {
    double pages = std::ceil(static_cast<double>(found.bytes) / kPageBytes);
    if (found.rows > 0) pages = std::max(pages, 1.0);  // what is in memory yet has no bytes
    sink.Notice(
        "INFO",
        ErrorFields{.sqlstate = sqlstate::kSuccess,
                    .message = fmt::format(
                        "\"{}\": scanned {:.0f} of {:.0f} pages, containing {:.0f} live rows and "
                        "0 dead rows; {} rows in sample, {:.0f} estimated total rows",
                        table->name, pages, pages, found.rows, summary->sampled_rows, found.rows)});
  }
  table_changes().Forget(table->oid);
  co_return transaction_.catalog_transaction()->SetStatistics(std::move(summary->statistics));
}

Task<Result<std::string>> SessionImpl::RunVacuum(const ast::Vacuum& command, Portal* portal,
                                                 ReplySink& sink) {
  std::string_view name = command.vacuum ? "VACUUM" : "ANALYZE";
  if (command.vacuum) CO_RETURN_IF_ERROR(PreventInTransactionBlock(name));
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();
  auto view = CatalogView();
  BindContext context = MakeBindContext(*portal->statement, *view);
  std::vector<catalog::TableRef> tables;
  std::vector<ast::List<std::string_view>> columns;
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
    auto found = ResolveTable(context, wanted.table);
    if (!found.ok()) {
      // PostgreSQL looks these names up without telling where they are.
      ErrorFields error = found.status().error();
      error.position = 0;
      co_return Status(std::move(error));
    }
    catalog::TableRef table = std::move(*found);
    CO_RETURN_IF_ERROR(PositionsOf(*table, wanted.columns).status());
    tables.push_back(std::move(table));
    columns.push_back(wanted.columns);
  }
  if (command.tables.empty()) {
    for (const auto& [oid, table] : view->tables()) {
      const bool is_others =
          catalog::IsTemporarySchema(table->schema_name) && table->schema_oid != temporary_.schema;
      if (!is_others) tables.push_back(table);
    }
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
  columns.resize(tables.size());
  for (size_t i = 0; command.analyze && i < tables.size(); ++i) {
    auto analyze = AnalyzeOne(tables[i], columns[i], command, portal, sink);
    Status analyzed = co_await analyze;
    if (!analyzed.ok()) co_return analyzed;
  }
  co_return std::string(name);
}

}  // namespace shale::sql
