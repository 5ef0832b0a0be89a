#include "sql/session/auto_analyze.h"

#include <algorithm>

#include "catalog/keys.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "sql/stats/analyze.h"

namespace shale::sql {

AutoAnalyze::AutoAnalyze(catalog::Cluster* cluster, CountsOfDatabases* counts,
                         AutoAnalyzeOptions options)
    : cluster_(cluster), counts_(counts), options_(options), thread_([this] { Run(); }) {}

AutoAnalyze::~AutoAnalyze() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  cancel_.Cancel(Status(sqlstate::kAdminShutdown, "the server is shutting down"));
  thread_.join();
}

void AutoAnalyze::Run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (stop_.wait_for(lock, options_.interval, [this] { return stopping_; })) return;
    }
    for (const catalog::CatalogRef& catalog : cluster_->catalogs()) AnalyzeChanged(*catalog);
  }
}

void AutoAnalyze::AnalyzeChanged(catalog::Catalog& catalog) {
  const auto view = catalog.snapshot();
  TableChanges& changes = counts_->Of(catalog.database())->table_changes;
  for (const auto& [oid, rows] : changes.All()) {
    if (cancel_.cancelled()) return;
    const catalog::TableRef table = view->FindTable(oid);
    // Those of a temporary one are for its session to make.
    if (table == nullptr || catalog::IsTemporarySchema(table->schema_name)) {
      changes.Forget(oid);
      continue;
    }
    const double known = table->statistics != nullptr ? table->statistics->rows : 0;
    if (static_cast<double>(rows) <= options_.threshold + options_.scale_factor * known) continue;
    Status analyzed = Analyze(catalog, table);
    if (!analyzed.ok() && !cancel_.cancelled() &&
        analyzed.sqlstate() != sqlstate::kLockNotAvailable) {
      LogError("could not analyze \"{}.{}\" by itself: {}", table->schema_name, table->name,
               analyzed.ToString());
    }
  }
}

Status AutoAnalyze::Analyze(catalog::Catalog& catalog, const catalog::TableRef& given) {
  auto transaction = catalog.store()->Begin({});
  engine::LockOptions lock;
  lock.mode = engine::LockMode::kTableShareUpdateExclusive;
  lock.wait = engine::LockWait::kNoWait;
  lock.cancel = &cancel_;
  const catalog::Oid database = catalog.database();
  RETURN_IF_ERROR(
      BlockingWait(transaction->Lock(catalog::TableLockKey(database, given->oid), lock)).status());
  // As a session would: whoever drops or copies the database waits, or has gone first.
  lock.mode = engine::LockMode::kTableRowExclusive;
  RETURN_IF_ERROR(
      BlockingWait(transaction->Lock(catalog::DatabaseLockKey(database), lock)).status());
  if (cluster_->Find(database) == nullptr) return Status::Ok();
  catalog::CatalogTransaction changes(&catalog, transaction.get());
  const catalog::TableRef table = changes.view()->FindTable(given->oid);
  if (table == nullptr) return Status::Ok();
  // Rows must not be older than the description that they are read by.
  do {
    transaction->RefreshSnapshot();
  } while (transaction->snapshot() < changes.view()->sequence());

  counts_->Of(database)->table_changes.Forget(table->oid);
  ExecutionContext context;
  context.transaction = transaction.get();
  context.catalog = &catalog;
  context.catalog_transaction = &changes;
  context.cancel = &cancel_;
  context.workers = options_.workers;
  AnalyzeOptions analysis;
  analysis.target = options_.target;
  analysis.seed = static_cast<uint64_t>(SystemClock().MonotonicNanos());
  ASSIGN_OR_RETURN(AnalyzeSummary summary,
                   BlockingWait(AnalyzeTable(table, std::move(analysis), &context)));
  RETURN_IF_ERROR(changes.SetStatistics(std::move(summary.statistics)));
  auto committed = BlockingWait(transaction->Commit({}, changes.Publisher()));
  return committed.outcome == engine::CommitOutcome::kCommitted ? Status::Ok() : committed.status;
}

}  // namespace shale::sql
