// REINDEX CONCURRENTLY, in steps with a transaction each:
//
//   1. publish a twin of each index as one that is built, and await who may write without it
//   2. add the rows that are there to the twins
//   3. let each index and its twin change entries, and await who may read the old ones still, which
//      are written all the while, also by who may meet those who check their keys against them
//   4. let nobody write the old ones, and await who does still; their keys are checked no more
//   5. drop the twins with what is left of them
//
// A lock of the session's keeps out other changes of the table throughout. What fails leaves the
// twins, invalid, for DROP INDEX: "..._ccnew" up to the third step, then "..._ccold".
#include "catalog/keys.h"
#include "sql/exec/build_concurrently.h"
#include "sql/session/session_impl.h"

namespace shale::sql {

Task<Result<std::string>> SessionImpl::RunReindexConcurrently(const ast::Reindex& command,
                                                              Portal* portal, ReplySink& sink) {
  CO_RETURN_IF_ERROR(PreventInTransactionBlock("REINDEX CONCURRENTLY"));
  if (lock_session_ == nullptr) {
    co_return NotSupported("REINDEX CONCURRENTLY by this storage engine");
  }
  transaction_.EnsureBegun();
  if (transaction_.read_only()) {
    co_return Error(sqlstate::kReadOnlySqlTransaction,
                    "cannot execute {} in a read-only transaction", CommandName(command));
  }
  CO_RETURN_IF_ERROR(StartDdlStep());
  const auto view = CatalogView();
  DdlContext context = MakeDdlContext(*view, portal, sink);
  auto start = ddl::StartConcurrentReindex(command, context);
  auto started = co_await start;
  if (!started.ok()) co_return std::move(started).status();
  if (started->pairs.empty()) co_return std::string("REINDEX");

  const std::string key = catalog::TableLockKey(catalog_->database(), started->table);
  auto lock = lock_session_->Lock(key, LockOptionsOf(engine::LockMode::kTableShareUpdateExclusive));
  auto locked = co_await lock;
  if (!locked.ok()) co_return std::move(locked).status();
  auto replace = ReplaceEntries(*started, portal, sink);
  Status replaced = co_await replace;
  lock_session_->Unlock(key, engine::LockMode::kTableShareUpdateExclusive);
  if (!replaced.ok()) co_return replaced;
  co_return std::string("REINDEX");
}

Task<Status> SessionImpl::ReplaceEntries(const ddl::ConcurrentReindex& reindex, Portal* portal,
                                         ReplySink& sink) {
  auto commit = transaction_.Commit();
  Status status = co_await commit;
  if (!status.ok()) co_return status;
  auto await_unaware = AwaitUsers(reindex.table, TableUse::kWrites);
  status = co_await await_unaware;
  if (!status.ok()) co_return status;

  for (const ddl::ConcurrentReindex::Pair& pair : reindex.pairs) {
    auto snapshot = catalog().snapshot();
    auto build =
        BuildConcurrently(snapshot->FindTable(reindex.table), snapshot->FindIndex(pair.twin),
                          lock_session_.get(), &portal->context);
    status = co_await build;
    if (!status.ok()) co_return status;
  }

  auto swap = RunReindexStep(&ddl::SwapEntries, reindex, portal, sink);
  status = co_await swap;
  if (!status.ok()) co_return status;
  auto await_readers = AwaitUsers(reindex.table, TableUse::kAny);
  status = co_await await_readers;
  if (!status.ok()) co_return status;

  auto kill = RunReindexStep(&ddl::KillTwins, reindex, portal, sink);
  status = co_await kill;
  if (!status.ok()) co_return status;
  auto await_writers = AwaitUsers(reindex.table, TableUse::kWrites);
  status = co_await await_writers;
  if (!status.ok()) co_return status;

  auto drop = RunReindexStep(&ddl::DropTwins, reindex, portal, sink);
  status = co_await drop;
  co_return status;
}

Task<Status> SessionImpl::RunReindexStep(ReindexStep step, const ddl::ConcurrentReindex& reindex,
                                         Portal* portal, ReplySink& sink) {
  CO_RETURN_IF_ERROR(StartDdlStep());
  const auto view = CatalogView();
  DdlContext context = MakeDdlContext(*view, portal, sink);
  auto run = step(reindex, context);
  Status status = co_await run;
  if (!status.ok()) co_return status;
  auto commit = transaction_.Commit();
  status = co_await commit;
  co_return status;
}

}  // namespace shale::sql
